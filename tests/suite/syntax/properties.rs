//! What holds for every text, whatever it is: nothing panics, every byte is kept, every place lies in the text.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rollout::source::Span;
use rollout::syntax::{DIAGNOSTICS_MAX, Entry, Tree};

use super::{VISION, dump::dump, tree};

/// Checks a tree against its text.
fn holds(text: &str) {
    let tree = tree(text);
    keeps_every_byte(&tree, text);
    assert!(tree.errors().len() <= DIAGNOSTICS_MAX);
    for error in tree.errors() {
        let fixes = error.fixes.iter().flat_map(|it| it.edits.iter().map(|edit| edit.span));
        let places = error.labels.iter().map(|it| it.span).chain([error.span()]).chain(fixes);
        places.for_each(|it| lies_in(it, text));
        assert!(!error.message.is_empty() && error.message.len() < 400, "{}", error.message);
    }
    tree.entries().for_each(|it| nests(it, Span::new(tree.source(), 0, text.len() as u32), text));
    dump(&tree);
}

/// The tokens and what lies between them make the text, and what lies between is blank or a comment.
fn keeps_every_byte(tree: &Tree, text: &str) {
    let mut end = 0;
    let mut gaps = Vec::new();
    for token in tree.tokens() {
        lies_in(token.span, text);
        assert!(end <= token.span.start && token.span.start < token.span.end, "tokens follow each other in {text:?}");
        gaps.push(end..token.span.start);
        end = token.span.end;
    }
    gaps.push(end..text.len() as u32);
    for gap in gaps {
        let comments = tree.comments().iter().filter(|it| gap.start <= it.span.start && it.span.end <= gap.end);
        let mut rest = text[gap.start as usize..gap.end as usize].to_owned();
        for comment in comments.collect::<Vec<_>>().into_iter().rev() {
            let (start, end) = (comment.span.start - gap.start, comment.span.end - gap.start);
            rest.replace_range(start as usize..end as usize, "");
        }
        assert!(rest.trim_start_matches('\u{feff}').trim().is_empty(), "{rest:?} is no blank in {text:?}");
    }
}

fn lies_in(span: Span, text: &str) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && text.is_char_boundary(start) && text.is_char_boundary(end), "{span:?} in {text:?}");
}

/// An entry lies in the body around it, and its parts lie in it.
fn nests(entry: Entry<'_>, around: Span, text: &str) {
    lies_in(entry.span(), text);
    let within = |inner: Span| around.start <= inner.start && inner.end <= around.end;
    assert!(within(entry.span()), "{:?} in {around:?} of {text:?}", entry.span());
    for item in entry.items().chain(entry.value()) {
        lies_in(item.span(), text);
    }
    let inner = entry.body().map(|it| it.entries().collect::<Vec<_>>()).unwrap_or_default();
    inner.into_iter().for_each(|it| nests(it, entry.span(), text));
}

/// Tokens of the language, to be put side by side in any order.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a",
        "type",
        "if",
        "then",
        "else",
        "not",
        "and",
        "in",
        "of",
        "for",
        "where",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "${",
        "\"",
        "\"\"\"",
        "'",
        "=",
        "==",
        "<",
        ">",
        ":",
        ",",
        ".",
        "..",
        "?",
        "??",
        "|",
        "-",
        "+",
        "*",
        "/",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        " ",
        " ",
        "1",
        "5m",
        "5min",
        "22:00",
        "2026-12-24",
        "#",
        "##",
        "@",
        "\\",
        "é",
        "\r\n",
        "f(",
        "x = ",
        "a {\n",
        "}\n",
        "r\"",
        "$",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|it| it.concat())
}

/// The example with some stretches taken out, doubled or replaced.
fn broken_examples() -> impl Strategy<Value = String> {
    let stretch = (
        0..VISION.len(),
        0..40_usize,
        prop::sample::select(vec!["", "{", "}", "\"", "(", ")", "\n", "=", ",", "${", "é"]),
    );
    prop::collection::vec(stretch, 1..6).prop_map(|cuts| {
        let mut text = VISION.to_owned();
        for (at, length, with) in cuts {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, with);
        }
        text
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn words_in_any_order_are_read(text in words()) {
        holds(&text);
    }

    #[test]
    fn characters_in_any_order_are_read(text in "\\PC{0,60}") {
        holds(&text);
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn broken_examples_are_read(text in broken_examples()) {
        holds(&text);
    }
}

#[test]
fn the_example_keeps_every_byte() {
    holds(VISION);
    holds(&VISION.replace('\n', "\r\n"));
    holds(&format!("\u{feff}{VISION}"));
}
