//! What valid texts mean.

use rollout::syntax::{ExprKind, TextForm, TextPart, TokenKind, Tree};

use super::dump::dump;
use super::{VISION, findings, tree};

/// Reads entries without mistakes and compares their shape.
fn check(text: &str, expected: &str) {
    assert_eq!(findings(text), Vec::<String>::new(), "in {text}");
    assert_eq!(dump(&tree(text)).trim_end(), expected, "in {text}");
}

#[test]
fn the_whole_file_example_has_no_errors() {
    assert_eq!(findings(VISION), Vec::<String>::new());
    insta::assert_snapshot!(dump(&tree(VISION)));
}

#[test]
fn operators_bind_as_the_table_says() {
    check("x = a or b and not c == d ?? e + f * g", "x = (a or (b and (not (c == (d ?? (e + (f * g)))))))");
    check("x = 10% of rest of fleet", "x = (percent:10% of (rest of fleet))");
    check("x = p95(site) > 110% of before(p95(site))", "x = (p95(site) > (percent:110% of before(p95(site))))");
    check("x = a - b - c", "x = ((a - b) - c)");
    check("x = -a.b * 2", "x = ((-a.b) * int:2)");
    check("x = not a and b", "x = ((not a) and b)");
    check("x = a == not b", "x = (a == (not b))");
    check("x = 1 + if a then b else c + d", "x = (int:1 + (if a then b else (c + d)))");
    check("x = if a then b else if c then d else e", "x = (if a then b else (if c then d else e))");
    check("x = 1..5", "x = (int:1..int:5)");
    check("x = a.b[1](2).c", "x = a.b[int:1](int:2).c");
    check("x = a*b+c", "x = ((a * b) + c)");
    check("x = (a + b) * c", "x = (((a + b)) * c)");
}

#[test]
fn words_are_operators_only_where_an_operand_has_ended() {
    check("of = 3", "of = int:3");
    check("not = 3, if = 4, in = 5", "not = int:3\nif = int:4\nin = int:5");
    check("x = of of of", "x = (of of of)");
    check(
        "for site in 10% of factories where site.up {}",
        "for · <site in (percent:10% of factories) where site.up> {\n}",
    );
    check("expect not started(everyone)", "expect · (not started(everyone))");
    check("apply pairwise as web {}", "apply · pairwise · as · web {\n}");
    check("f(in = 3, of: int = 3)", "f(in = int:3, of: int = int:3)");
    check("x = a.of.in", "x = a.of.in");
    check("x = not", "x = not");
    check("stage then {}\nstep of {}, save where {}", "stage · then {\n}\nstep · of {\n}\nsave · where {\n}");
    check("deploy(a)\nthen(b)\nelse = 3", "deploy(a)\nthen(b)\nelse = int:3");
    check("x = if a\n  then b\n  else c\nthen(d)", "x = (if a then b else c)\nthen(d)");
    check("x = f(if a then b else c, then)", "x = f((if a then b else c), then)");
}

#[test]
fn a_minus_with_space_before_only_begins_an_item() {
    check("a -1", "a · (-int:1)");
    check("a - 1", "(a - int:1)");
    check("a-1 = b-2", "a-1 = b-2");
    check("x = -1", "x = (-int:1)");
}

#[test]
fn braces_open_bodies_after_operands_and_records_elsewhere() {
    check("env = { A = 1, B: int }", "env = {A = int:1; B : int}");
    check(
        "threshold t(s: target) = a > b { sustained = 5m }",
        "threshold · t(s: target = ) = (a > b) {\n  sustained = duration:5m\n}",
    );
    check("f({ a = 1 }, [{ b = 2 }])", "f({a = int:1}, [{b = int:2}])");
    check("f({\n a = 1\n b = 2\n})", "f({a = int:1; b = int:2})");
}

#[test]
fn types_are_read_where_types_stand() {
    check("input c: \"low\" | \"high\" = \"low\"", "input · c : \"low\"|\"high\" = \"low\"");
    check("x: list<map<int>>?", "x : list<map<int>>?");
    check("x: block(target, list<int>) {}", "x : block(target, list<int>) {\n}");
    check("type phase = { share: percent, health: number? }", "type · phase : {share : percent; health : number?}");
    check("type level = \"a\" | \"b\"", "type · level : \"a\"|\"b\"");
    check("type = 3", "type = int:3");
    check("action d(s: target, v: string = \"x\") {}", "action · d(s: target = , v: string = \"x\") {\n}");
}

#[test]
fn literals_have_their_kinds() {
    check(
        "x = [1, 10_000, 0.5, 2.5%, 250ms, 1h30m, 512MiB, 22:00, 22:00:30, 2026-12-24]",
        "x = [int:1, int:10_000, number:0.5, percent:2.5%, duration:250ms, duration:1h30m, size:512MiB, time:22:00, \
         time:22:00:30, date:2026-12-24]",
    );
    check(
        "x = [2026-12-24T22:00Z, 2026-12-24T22:00+01:00, 2026-12-24T22:00[America/New_York]]",
        "x = [instant:2026-12-24T22:00Z, instant:2026-12-24T22:00+01:00, instant:2026-12-24T22:00[America/New_York]]",
    );
    check(
        "x = [mon..fri, 22:00..06:00, 2026-12-24..2027-01-02, 5m..10m]",
        "x = [(mon..fri), (time:22:00..time:06:00), (date:2026-12-24..date:2027-01-02), (duration:5m..duration:10m)]",
    );
}

#[test]
fn texts_keep_what_is_meant() {
    check(r#"x = "a\n\"\u{1F600}\\ $${b} $HOME""#, r#"x = "a\n\"😀\\ ${b} $HOME""#);
    check(r#"x = "a${b.c}d${f("g${h}")}""#, r#"x = "a"+${b.c}+"d"+${f("g"+${h})}"#);
    check(r###"x = [r"^\d+", r#"a"b"#]"###, r###"x = ["^\\d+", "a\"b"]"###);
    check("x = \"${ { a = 1 } }\"", "x = ${{a = int:1}}");
    check("x = \"\"\"\n    a ${b}\n      c \\n $${d}\n    \"\"\"", "x = \"a \"+${b}+\"\\n  c \\\\n ${d}\"");
    check("x = \"\"", "x = \"\"");
}

#[test]
fn a_line_goes_on_after_an_operator_and_before_some_words() {
    check("x = a and\n  b\ny = c\n  or d\nz =\n  e", "x = (a and b)\ny = (c or d)\nz = e");
    check("x = if a\n  then b\n  else c\ny = d\n  ?? e", "x = (if a then b else c)\ny = (d ?? e)");
    check("x = f(\n  a,\n  b\n)\ny = [\n  1,\n  2,\n]", "x = f(a, b)\ny = [int:1, int:2]");
    check("then = 1\nwhere = 2", "then = int:1\nwhere = int:2");
}

#[test]
fn entries_are_words_properties_and_values() {
    check("http GET \"u\" { accept = 200 }", "http · GET · \"u\" {\n  accept = int:200\n}");
    check("require f(s) < 1% \"why\"", "require · (f(s) < percent:1%) · \"why\"");
    check("given up(*) { 0h = true }", "given · up(*) {\n  duration:0h = true\n}");
    check("given p(*) { a.b + 6h = 6% }", "given · p(*) {\n  (a.b + duration:6h) = percent:6%\n}");
    check(
        "watch all(h(s) for s in t where s.x) { lasts = 1h }",
        "watch · all(<h(s) for s in t where s.x>) {\n  lasts = duration:1h\n}",
    );
    check("x = [f(s) for s in t]", "x = [<f(s) for s in t>]");
    check("exec [\"a\", \"b\"]", "exec · [\"a\", \"b\"]");
    check("use \"./x.rollout\" as y", "use · \"./x.rollout\" · as · y");
    check("wait until 2026-01-01T00:00Z", "wait · until · instant:2026-01-01T00:00Z");
    check("a = 1, b = 2,\nc", "a = int:1\nb = int:2\nc");
    check("", "");
    check("\u{feff}#!/bin/x\n# c\r\na = 1\r\nb = 2\r\n", "a = int:1\nb = int:2");
    check("größe = 1", "größe = int:1");
}

#[test]
fn doc_comments_belong_to_the_next_entry() {
    let tree = tree("## One.\n##Two.\n# not this\na = 1 ## nor this\n\n## Three.\nb = 2\nc = 3");
    let docs: Vec<Option<String>> = tree.entries().map(|it| it.docs()).collect();
    assert_eq!(docs, [Some("One.\nTwo.".to_owned()), Some("Three.".to_owned()), None]);
}

#[test]
fn places_of_a_text_are_exact() {
    let text = "x = \"a${b}c\"";
    let tree = tree(text);
    let value = tree.entries().next().and_then(|it| it.value()).expect("the entry has a value");
    let ExprKind::Text(literal) = value.kind() else { panic!("a text is a text") };
    let places = literal.parts().map(|it| match it {
        TextPart::Chunk(_, span) => &text[span.range()],
        TextPart::Hole(_, span) => &text[span.range()],
    });
    assert_eq!(places.collect::<Vec<_>>(), ["a", "${b}", "c"]);
    assert_eq!(literal.plain(), None);
    assert_eq!(literal.form(), TextForm::Quoted);
}

#[test]
fn places_of_values_are_exact() {
    let text = "x = a.b + f(1, k = 2)[3] # end";
    let tree = tree(text);
    let entry = tree.entries().next().expect("there is an entry");
    assert_eq!(&text[entry.span().range()], "x = a.b + f(1, k = 2)[3]");
    let value = entry.value().expect("the entry has a value");
    let ExprKind::Binary { op_span, left, right, .. } = value.kind() else { panic!("`+` is binary") };
    assert_eq!((&text[op_span.range()], left.text(), right.text()), ("+", "a.b", "f(1, k = 2)[3]"));
    let ExprKind::Index { of, .. } = right.kind() else { panic!("`[3]` is an index") };
    let ExprKind::Call { callee, args } = of.kind() else { panic!("`f(…)` is a call") };
    assert_eq!((callee.text(), &text[args.span().range()]), ("f", "(1, k = 2)"));
    let spans: Vec<&str> = args.iter().map(|it| &text[it.span.range()]).collect();
    assert_eq!(spans, ["1", "k = 2"]);
    let token = tree.token_at(8).expect("a token stands there");
    assert_eq!(token.kind, TokenKind::Plus);
}

#[test]
fn a_tree_may_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Tree>();
}
