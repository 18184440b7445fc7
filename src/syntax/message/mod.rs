//! Says in the file's own words what is wrong, why, and how to mend it. Finds nothing itself.
//!
//! - `lexical`: characters, literals, quotes, brackets
//! - `shape`: what is missing, too much, or not expected

mod lexical;
mod shape;

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

impl Mistake {
    /// How sure it is that this mistake is not the echo of another on its line; surest first.
    pub fn rank(&self) -> u8 {
        match self.kind {
            MistakeKind::UnclosedText | MistakeKind::UnclosedBlock | MistakeKind::UnclosedHole => 0,
            MistakeKind::UnclosedBracket { .. } | MistakeKind::StrayCloser | MistakeKind::MissingBodyOpen => 2,
            MistakeKind::Node { .. } | MistakeKind::MisplacedWhere | MistakeKind::Unreadable => 3,
            MistakeKind::TooLarge
            | MistakeKind::Junk
            | MistakeKind::TooDeep
            | MistakeKind::UnknownUnit { .. }
            | MistakeKind::SingleQuotes
            | MistakeKind::LopsidedOperator
            | MistakeKind::UnknownEscape
            | MistakeKind::BadLiteral { .. }
            | MistakeKind::Foreign { .. }
            | MistakeKind::MissingAlias
            | MistakeKind::MissingEquals { .. }
            | MistakeKind::ChainedComparison { .. }
            | MistakeKind::ChainedRange => 1,
        }
    }
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
