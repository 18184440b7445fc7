//! Tests of the room `syntax`.
//!
//! - `dump`: a tree as text, to compare
//! - `hostile`: depth, size, cut texts
//! - `mistakes`: what is said about broken texts
//! - `pages`: the pages of the syntax errors
//! - `properties`: what holds for every text
//! - `recall`: errors made on purpose, and how many of them are told
//! - `valid`: what valid texts mean

mod dump;
mod hostile;
mod mistakes;
mod pages;
mod properties;
mod recall;
mod valid;

use rollout::source::{Source, SourceId};
use rollout::syntax::{Tree, parse};

/// The whole-file example of the language.
pub const VISION: &str = include_str!("../../fixtures/vision.rollout");

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
