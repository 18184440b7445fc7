//! The lexer against its reference, the grammar of `grammar/lexical.pest`: on any text both find the same
//! tokens, or both find that something is wrong.

// What the derive makes has no doc comments and shapes of its own.
#![allow(missing_docs, clippy::all)]

use pest::Parser;
use proptest::prelude::*;

use super::lex;
use crate::source::SourceId;
use crate::syntax::token::TokenKind;

#[derive(pest_derive::Parser)]
#[grammar = "grammar/lexical.pest"]
struct Lexical;

/// A token: its terminal's name and its place.
type Found = (String, usize, usize);

/// Returns the tokens that the reference finds, or nothing if the text has a mistake.
fn by_reference(text: &str) -> Option<Vec<Found>> {
    let file = Lexical::parse(Rule::file, text).ok()?.next().expect("a file is one pair");
    let tokens = file.into_inner().filter(|it| it.as_rule() != Rule::EOI);
    let found = tokens.map(|it| (terminal(it.as_rule()), it.as_span().start(), it.as_span().end()));
    Some(found.collect())
}

/// Returns the terminal that a rule is one form of.
fn terminal(rule: Rule) -> String {
    let name = format!("{rule:?}");
    match name.as_str() {
        "RAW" => "TEXT".to_owned(),
        _ => match name.rsplit_once('_') {
            Some((_, "TEXT")) => "TEXT".to_owned(),
            Some((_, part @ ("HEAD" | "MIDDLE" | "TAIL"))) => format!("TEXT_{part}"),
            _ => name,
        },
    }
}

/// Returns the tokens that the lexer finds, or nothing if it reports a mistake.
fn by_hand(text: &str) -> Option<Vec<Found>> {
    let lexed = lex(text, SourceId(0));
    let terminal = |kind: TokenKind| TokenKind::ALL.iter().find(|it| it.0 == kind).expect("every kind is listed").1;
    let tokens = (0..lexed.tokens.len()).map(|it| {
        let place = (lexed.tokens.starts[it] as usize, lexed.tokens.ends[it] as usize);
        (terminal(lexed.tokens.kinds[it]).to_owned(), place.0, place.1)
    });
    lexed.mistakes.list.is_empty().then(|| tokens.collect())
}

#[track_caller]
fn agree(text: &str) {
    assert_eq!(by_hand(text), by_reference(text), "on {text:?}");
}

#[test]
fn the_lexer_agrees_with_its_reference_on_the_example() {
    let text = include_str!("../../../tests/fixtures/vision.rollout");
    assert!(by_reference(text).is_some());
    agree(text);
    for (at, _) in text.char_indices() {
        let line = text[at..].lines().next().unwrap_or_default();
        agree(line);
    }
}

#[test]
fn the_lexer_agrees_with_its_reference_on_corners() {
    let corners = [
        "20-3",
        "2026-3",
        "2026-1-2",
        "2026-12-24-3",
        "5m-3m",
        "1..5",
        "1.5.5",
        "1_0",
        "1__0",
        "1_",
        "22:0",
        "22:00:",
        "123:45",
        "1:2",
        "5%x",
        "1h30",
        "1h30m",
        "1h.5m",
        "1.5h",
        "5KiB",
        "5Ki",
        "5B3",
        "a-b",
        "a-",
        "a--b",
        "a-_b",
        "é-é",
        "r",
        "r#a",
        "r\"a\"",
        "r#\"a\"b\"#",
        "\"\"",
        "\"\"\"\"\"\"",
        "\"\"\"\"",
        "\"$${a}\"",
        "\"$$${a}\"",
        "\"${a}${b}\"",
        "\"${{}}\"",
        "\"${{}\"",
        "\"${\"${a}\"}\"",
        "\"\\u{41}\\u{d800}\"",
        "\"\\u{0010FFFF}\"",
        "\"\\u{110000}\"",
        "\"\\u{}\"",
        "\"${\"\"\"a\"\"\"}\"",
        "\"${\"\"\"\n\"\"\"}\"",
        "2026-12-24T22:00Z",
        "2026-12-24T22:00",
        "2026-12-24T22:00+01:00[A/B]",
        "2026-12-24T22:00[A/B]x",
        "2026-12-24T22:00Z[1]",
        "2026-12-24x",
        "//",
        "a / b",
        "a || b",
        "a | b",
        "!a",
        "a != b",
        "'a'",
        "#!a\n#b",
        "\u{feff}a",
        "a\u{feff}",
        "5…",
        "5é",
        "\u{b7}",
    ];
    corners.into_iter().for_each(agree);
}

/// Pieces of texts that are likely to touch each other in new ways.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "r", "é", "-", "_", "1", "20", "2026", "12-24", "T", "22:00", ":", "Z", "[A/B]", "+01:00", "m", "ms", "h",
        "KiB", "B", "%", ".", "..", "\"", "\"\"\"", "${", "$${", "$", "{", "}", "(", ")", "[", "]", "#", "\\", "\\n",
        "\\u{41}", "\n", " ", "\t", "\r", ",", "=", "==", "!", "<", ">=", "??", "?", "|", "/", "*", "'", "\0", "…",
        "r\"", "r#\"", "\"#", "in",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn the_lexer_agrees_with_its_reference_on_pieces(text in pieces()) {
        prop_assert_eq!(by_hand(&text), by_reference(&text), "on {:?}", text);
    }

    #[test]
    fn the_lexer_agrees_with_its_reference_on_characters(text in "\\PC{0,40}") {
        prop_assert_eq!(by_hand(&text), by_reference(&text), "on {:?}", text);
    }
}
