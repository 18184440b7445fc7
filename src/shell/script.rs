//! The template that goes in and the lowered script that comes out. Knows nothing of how shells read.

use super::command::Lowering;
use super::problem::Problem;
use super::tape::Tape;
use crate::source::Span;

/// The language that a script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// POSIX `sh`, as dash reads it.
    Sh,
    Bash,
}

/// An interpolated expression of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The caller's number for it, by which the answer refers to it. Each hole has its own.
    pub index: usize,
    pub span: Span,
}

/// A piece of a script template, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// A value that must arrive as it is.
    Hole(Hole),
    /// A text of the caller's choice, pasted as script once it is known. It is taken to leave the quoting as it found it.
    Raw(Hole),
}

/// A script in which every hole has become an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub segments: Vec<Segment>,
    /// One for each hole that is not raw, in order.
    pub variables: Vec<Variable>,
}

/// A run of the lowered script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    /// The text of the raw hole with this index belongs here.
    Raw(usize),
}

/// The environment variable that carries a hole's value to the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The hole's index.
    pub hole: usize,
    pub name: String,
}

impl Script {
    /// Returns the text of the script, asking for the text of each raw hole by its index.
    pub fn text(&self, mut raw: impl FnMut(usize) -> String) -> String {
        let pieces = self.segments.iter().map(|segment| match segment {
            Segment::Text(text) => text.clone(),
            Segment::Raw(index) => raw(*index),
        });
        pieces.collect()
    }
}

/// Lowers a template: each hole becomes a variable, quoted as its place needs, or a problem that says why it cannot.
///
/// The lowering rests on the text of the script alone. Where a script stores a value in a variable of its own and
/// hands that to `eval` later, the shell reads the value again and nothing here can know.
pub fn lower(parts: &[Part], dialect: Dialect) -> Result<Script, Vec<Problem>> {
    let holes: Vec<Hole> = parts.iter().filter_map(hole).collect();
    let prefix = free_prefix(parts);
    let names: Vec<String> = (1..=holes.len()).map(|number| format!("{prefix}{number}")).collect();
    let variables = holes.iter().zip(&names).map(|(hole, name)| Variable { hole: hole.index, name: name.clone() });
    let variables = variables.collect();
    let (segments, problems) = Lowering::new(Tape::new(parts, names), holes, dialect).run();
    if problems.is_empty() { Ok(Script { segments, variables }) } else { Err(problems) }
}

fn hole(part: &Part) -> Option<Hole> {
    match part {
        Part::Hole(hole) => Some(*hole),
        Part::Text(_) | Part::Raw(_) => None,
    }
}

/// Returns a prefix for variables that the script itself does not use: `_r`, unless it does.
fn free_prefix(parts: &[Part]) -> String {
    let is_used = |prefix: &str| {
        parts.iter().any(|part| match part {
            Part::Text(text) => text
                .match_indices(prefix)
                .any(|(at, _)| text[at + prefix.len()..].starts_with(|next: char| next.is_ascii_digit())),
            Part::Hole(_) | Part::Raw(_) => false,
        })
    };
    let mut prefix = "_r".to_owned();
    while is_used(&prefix) {
        prefix.push('_');
    }
    prefix
}
