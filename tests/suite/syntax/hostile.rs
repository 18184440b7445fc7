//! Texts that want to bring the parser down: depth, size, bytes that mean nothing, texts cut short. Each is
//! read on a small thread, in bounded time.

use std::time::{Duration, Instant};

use rollout::syntax::{DIAGNOSTICS_MAX, Tree};

use super::{VISION, tree};

const STACK: usize = 2 << 20;

/// Large enough to show what grows with the square of a text, small enough for a build without optimization.
const SIZE: usize = 1 << 16;

/// Reads a text, walks over all of it, and drops it, on a thread of 2 MiB.
fn survives(text: String) -> Vec<String> {
    let run = move || {
        let begin = Instant::now();
        let tree = tree(&text);
        super::dump::dump(&tree);
        assert!(begin.elapsed() < Duration::from_secs(60), "took {:?}", begin.elapsed());
        messages(&tree)
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread can be made");
    thread.join().expect("the parser does not panic")
}

fn messages(tree: &Tree) -> Vec<String> {
    tree.errors().iter().map(|it| it.message.clone()).collect()
}

#[track_caller]
fn is_too_deep(text: String) {
    let messages = survives(text);
    assert!(messages.iter().any(|it| it.contains("levels deep")), "{messages:?}");
    assert!(messages.len() <= DIAGNOSTICS_MAX);
}

#[test]
fn a_hundred_thousand_open_brackets_are_too_deep() {
    for open in ["(", "[", "{", "f(", "a[", "x = {", "a {", "\"${", "a {\n", "[\n", "x: list<"] {
        is_too_deep(open.repeat(100_000));
        is_too_deep(format!("x = {}", open.repeat(100_000)));
    }
}

#[test]
fn a_hundred_thousand_closed_brackets_are_too_deep() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("f(", ")"), ("a[", "]"), ("a {\n", "}\n"), ("a { ", "}"), ("{ a = ", "}")]
    {
        is_too_deep(format!("x = {}1{}", open.repeat(100_000), close.repeat(100_000)));
    }
}

#[test]
fn a_hundred_thousand_operators_are_too_deep() {
    let words = ["not ", "- ", "-", "a.", "a + ", "a of ", "a and ", "if a then ", "if a then b else ", "if ", "a.."];
    for word in words {
        is_too_deep(format!("x = {}a", word.repeat(100_000)));
    }
    for word in ["(b)", "[b]", ".b"] {
        is_too_deep(format!("x = a{}", word.repeat(100_000)));
    }
    is_too_deep(format!("x: a{}", "?".repeat(100_000)));
}

#[test]
fn a_nest_at_the_limit_is_read() {
    let depth = rollout::syntax::NESTING_MAX as usize;
    for (open, close) in
        [("(", ")"), ("[", "]"), ("f(", ")"), ("a { ", "}"), ("not ", ""), ("if a then b else ", ""), ("\"${", "}\"")]
    {
        let levels = if open == "f(" { depth / 2 - 1 } else { depth - 1 };
        let text = format!("x = {}a{}", open.repeat(levels), close.repeat(levels));
        let text = if open == "a { " { text.replacen("x = ", "", 1) } else { text };
        assert_eq!(survives(text), Vec::<String>::new(), "{open}");
    }
}

#[test]
fn breadth_is_no_depth() {
    let list = format!("x = [{}]", "1, ".repeat(10_000));
    let items = format!("x {}", "a ".repeat(10_000));
    let alternatives = format!("x: {}\"a\"", "\"a\" | ".repeat(10_000));
    let holes = format!("x = \"{}\"", "${a}".repeat(10_000));
    let entries = "a { b = 1 }\n".repeat(10_000);
    let mixed = format!("x = [{}]", "a + b * c, ".repeat(5_000));
    for text in [list, items, alternatives, holes, entries, mixed] {
        assert_eq!(survives(text), Vec::<String>::new());
    }
}

#[test]
fn a_text_over_the_limit_is_refused() {
    let text = "a = 1\n".repeat(100 << 20 >> 2);
    assert!(text.len() > 100 << 20);
    let tree = tree(&text);
    assert_eq!(messages(&tree), ["the file is larger than 16 MiB"]);
    assert_eq!(tree.entries().count(), 0);
    assert_eq!(tree.tokens().len(), 0);
}

#[test]
fn nothing_but_mistakes_is_read_in_bounded_time() {
    for word in [
        "@ ", "\"\n", "}", "=", ",", "a = \n", "'", "$", "\0", "`", "a }\n", "5x ", "((", "\"\"\"", "\"${", "r#\"\n",
        "\u{feff}",
    ] {
        let text = word.repeat(SIZE / word.len());
        let messages = survives(text);
        assert!(!messages.is_empty() && messages.len() <= DIAGNOSTICS_MAX, "{word:?}: {}", messages.len());
    }
}

#[test]
fn a_text_cut_at_any_byte_is_read() {
    for at in (0..VISION.len()).filter(|it| VISION.is_char_boundary(*it)) {
        let tree = tree(&VISION[..at]);
        let end = at as u32;
        assert!(tree.errors().iter().all(|it| it.span().end <= end), "cut at {at}");
        assert!(tree.errors().len() <= 20, "cut at {at}: {:?}", messages(&tree));
    }
}

#[test]
fn a_text_without_any_byte_is_read() {
    let characters = VISION.char_indices().filter(|(_, it)| it.is_ascii());
    for (at, _) in characters.step_by(3) {
        let text = format!("{}{}", &VISION[..at], &VISION[at + 1..]);
        let tree = tree(&text);
        assert!(tree.errors().len() <= 4, "without byte {at}: {:?}", messages(&tree));
    }
}
