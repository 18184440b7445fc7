//! Tests of the room `syntax`.
//!
//! - `dump`: a tree as text, to compare
//! - `valid`: what valid texts mean

mod dump;
mod valid;

use rollout::source::{Source, SourceId};
use rollout::syntax::{Tree, parse};

/// The whole-file example of the language.
pub const VISION: &str = include_str!("../../lang/vision.rollout");

pub fn tree(text: &str) -> Tree {
    parse(&Source::new(SourceId(0), "test.rollout", text))
}

/// Returns the findings as `line: message`.
pub fn findings(text: &str) -> Vec<String> {
    let tree = tree(text);
    let lines = tree.errors().iter().map(|it| {
        let line = tree.text().line_column(it.span().start).line;
        format!("{line}: {}", it.message)
    });
    lines.collect()
}
