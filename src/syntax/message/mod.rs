//! Says in the file's own words what is wrong, why, and how to mend it. Finds nothing itself.
//!
//! - `lexical`: characters, literals, quotes, brackets
//! - `shape`: what is missing, too much, or not expected
//! - `echo`: which mistakes are told, and which only follow from others

mod echo;
mod lexical;
mod shape;

pub(super) use echo::{Rank, tell_all};

use super::mistake::{Mistake, MistakeKind};
use super::node::Node;
use super::token::{TokenKind, Tokens};
use crate::diag::Diagnostic;
use crate::source::{Source, Span};

/// Tells the mistakes of one reading of a text.
pub(super) struct Narrator<'t> {
    pub source: &'t Source,
    pub tokens: &'t Tokens,
    pub nodes: &'t [Node],
}

impl Narrator<'_> {
    pub fn tell(&self, mistake: &Mistake) -> Diagnostic {
        let span = self.span(mistake.start, mistake.end);
        match &mistake.kind {
            MistakeKind::Node { node } => self.shape(*node, span),
            kind => self.lexical(kind, span),
        }
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.source.id(), start, end.max(start))
    }

    fn token_span(&self, token: u32) -> Span {
        self.span(self.tokens.starts[token as usize], self.tokens.ends[token as usize])
    }

    fn token_text(&self, token: u32) -> &str {
        self.tokens.slice(token as usize, self.source.text())
    }

    fn kind_at(&self, token: u32) -> Option<TokenKind> {
        self.tokens.kinds.get(token as usize).copied()
    }

    /// Returns a token as it is written, if it is short, or what it is.
    fn quoted(&self, token: u32) -> String {
        let text = self.token_text(token);
        let plain = text.chars().count() <= 24 && !text.contains(['`', '\n']);
        match self.kind_at(token) {
            Some(kind) if !plain => kind.words().to_owned(),
            _ => format!("`{text}`"),
        }
    }
}
