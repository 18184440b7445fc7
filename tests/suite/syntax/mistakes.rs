//! What is said about broken texts: where, in which words, with which fix.

use std::fmt::Write;

use rollout::diag::Diagnostic;

use super::{findings, tree};

/// Returns all that is said about a text.
fn told(text: &str) -> String {
    let tree = tree(text);
    let mut out = String::new();
    for it in tree.errors() {
        let place = tree.text().line_column(it.span().start);
        let _ = writeln!(out, "{}:{} {}: {}", place.line, place.column, it.code, it.message);
        let mut more = vec![("because", it.primary.text.clone()), ("help", it.help.clone().unwrap_or_default())];
        more.extend(it.fixes.iter().map(|fix| ("fix", fix.title.clone())));
        for (what, text) in more.iter().filter(|(_, text)| !text.is_empty()) {
            let _ = writeln!(out, "    {what}: {text}");
        }
    }
    out
}

/// Applies every first fix that is offered.
fn mended(text: &str) -> String {
    let tree = tree(text);
    let fixes = tree.errors().iter().filter_map(|it: &Diagnostic| it.fixes.first());
    let mut edits: Vec<_> = fixes.flat_map(|it| it.edits.clone()).collect();
    edits.sort_by_key(|it| std::cmp::Reverse(it.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
}

#[track_caller]
fn mends(broken: &str, whole: &str) {
    assert_ne!(findings(broken), Vec::<String>::new(), "in {broken}");
    assert_eq!(mended(broken), whole);
    assert_eq!(findings(whole), Vec::<String>::new(), "in {whole}");
}

#[test]
fn certain_fixes_mend_the_text() {
    mends("a = 5min, b = 10sec, c = 3hours, d = 5pct", "a = 5m, b = 10s, c = 3h, d = 5%");
    mends("a = 10 minutes", "a = 10m");
    mends("a = 1hour30min", "a = 1h30m");
    mends("wait 5 minutes", "wait 5m");
    mends("a = 5 % of b", "a = 5% of b");
    mends("a := 5", "a = 5");
    mends("a = f (5)", "a = f(5)");
    mends("stage a\n{\n  run \"x\"\n}\n", "stage a {\n  run \"x\"\n}\n");
    mends("a = { b = { c 1 }, d 2 }", "a = { b = { c = 1 }, d = 2 }");
    mends("risk 65", "risk = 65");
    mends("days mon..fri", "days = mon..fri");
    mends("a = 5mb", "a = 5MB");
    mends("a = 'x'", "a = \"x\"");
    mends("a = 1,, b = 2", "a = 1, b = 2");
    mends("a = f(1,, 2)", "a = f(1, 2)");
    mends("a = = 3", "a =  3");
    mends("timeout: 5m", "timeout = 5m");
    mends("x: site.zone", "x = site.zone");
    mends("x: int 5", "x: int = 5");
    mends("x: int == 5", "x: int = 5");
    mends("x = { a 1 }", "x = { a = 1 }");
    mends("x = f({ a 1, b: 2 })", "x = f({ a = 1, b = 2 })");
    mends("type t { a: int }", "type t = { a: int }");
    mends("x = a < b < c", "x = a < b and b < c");
    mends("x = a <b", "x = a < b");
    mends("x = a< b", "x = a < b");
    mends("x = a && b || !c", "x = a and b or not c");
    mends("x = 1; y = 2", "x = 1, y = 2");
    mends("x = 1 // one", "x = 1 # one");
    mends("x = 9:05", "x = 09:05");
    mends("x = 2026-1-2", "x = 2026-01-02");
    mends("x = \"\\d\"", "x = \"\\\\d\"");
    mends("x = f(1, g(2)\ny = 2", "x = f(1, g(2))\ny = 2");
    mends("x = [1, 2\ny = 2", "x = [1, 2]\ny = 2");
    mends("x = [1 2]", "x = [1, 2]");
    mends("a { b = 1 } c { d = 2 }", "a { b = 1 }, c { d = 2 }");
    mends("a\n  b = 1\n}\n", "a {\n  b = 1\n}\n");
    mends("a {\n  b {\n    c = 1\n\n}\n", "a {\n  b {\n    c = 1\n}\n}\n");
    mends("a = 1 }", "a = 1 ");
}

#[test]
fn what_is_missing_is_named_where_it_belongs() {
    insta::assert_snapshot!(told(
        "a =\nb = f(x = )\nc = 1 +\nd = if a\ne = if a then b\nf = if a then else b\ng = a.\nh: \ntype i =\n\
         j = ()\nk = a[]\nl = \"${}\"\nm = [f(s) for s]\nn = not (\n)\no = [-, 2]\n= 3\nand 4\n"
    ));
}

#[test]
fn what_is_unexpected_is_named() {
    insta::assert_snapshot!(told(
        "a = 1 2\na = b = c\na = f(b c)\na = f(= 3)\na = [b = 3]\na = (1, 2)\na = (1 2)\na { b } c\na = \"${b c}\"\n\
         a = b not in c\na = b where c\na = 1..2..3\na: list<a, b>\na = if b { c }\nif a { b = 1 }\na ? b\n"
    ));
}

#[test]
fn characters_and_quotes_are_named() {
    insta::assert_snapshot!(told(
        "a = \"b\nc = 'd'\ne = don't\nf = “g”\nh = $HOME\ni = 5 %\nj = `k`\nl = a @ b\nm = \"n ${o\"\np = \"\\q\"\n\
         q = 7foo\nr = 2026-12-24T22:00\ns = 25:1:1\nt = \"a\u{0}\"\nu = \u{0}\nv = r\"w\nx = \"\"\"\n  y\nz = 1\n"
    ));
}

#[test]
fn brackets_are_named_with_their_partners() {
    insta::assert_snapshot!(told(
        "a {\n  b = [1, 2\n  c = f(3\n  d {\n    e = 1\n\n  f = 2)\n}\ng = 1 }\nh\n  i = 1\n}\nj { k = 1\nl = 2\n"
    ));
}

#[test]
fn a_mistake_breaks_its_entry_and_no_other() {
    let text = "a = \nb { c = , d = 1 }\ne = { f = }\ng = 1";
    let tree = tree(text);
    let broken: Vec<bool> = tree.entries().map(|it| it.is_broken()).collect();
    assert_eq!(broken, [true, false, true, false]);
    let body = tree.entries().nth(1).and_then(|it| it.body()).expect("the second entry has a body");
    let broken: Vec<bool> = body.entries().map(|it| it.is_broken()).collect();
    assert_eq!(broken, [true, false]);
}

#[test]
fn at_most_a_hundred_findings_are_told() {
    assert_eq!(findings(&"a =\n".repeat(1000)).len(), 100);
}

#[test]
fn odd_indentation_is_no_mistake() {
    let flat = "a {\nb {\nc = [\n1,\n2\n]\n}\n}\nd = 1\n";
    let wild = "a {\n      b {\n  c = f(\nd,\n e)\n        }\n    }\n  d =\n 1\n";
    for text in [flat, wild] {
        assert_eq!(findings(text), Vec::<String>::new(), "in {text}");
    }
}
