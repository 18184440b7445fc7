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

/// How many findings one line can have.
const FINDINGS_PER_LINE_MAX: usize = 4;

/// Tells the mistakes of one reading of a text.
pub(super) struct Narrator<'t> {
    pub source: &'t Source,
    pub tokens: &'t Tokens,
    pub nodes: &'t [Node],
}

impl Mistake {
    /// How sure it is that this mistake is not the echo of another on its line; surest first.
    pub fn rank(&self) -> Rank {
        match self.kind {
            MistakeKind::TooLarge | MistakeKind::TooDeep => Rank::Limit,
            MistakeKind::UnclosedText | MistakeKind::UnclosedBlock | MistakeKind::UnclosedHole => Rank::Quote,
            MistakeKind::UnknownUnit { .. }
            | MistakeKind::SingleQuotes
            | MistakeKind::LopsidedOperator
            | MistakeKind::UnknownEscape
            | MistakeKind::BadLiteral { .. }
            | MistakeKind::Foreign { .. }
            | MistakeKind::MissingAlias
            | MistakeKind::MissingEquals { .. }
            | MistakeKind::ChainedComparison { .. }
            | MistakeKind::ChainedRange => Rank::Word,
            MistakeKind::Junk => Rank::Character,
            MistakeKind::UnclosedBracket { .. } | MistakeKind::StrayCloser | MistakeKind::MissingBodyOpen => {
                Rank::Bracket
            }
            MistakeKind::Node { .. } | MistakeKind::MisplacedWhere | MistakeKind::Unreadable => Rank::Shape,
        }
    }
}

/// What a mistake is about: the later ranks follow from the earlier ones on their line more often than not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Limit,
    Quote,
    Word,
    Character,
    Bracket,
    Shape,
}

impl Rank {
    /// Returns whether a mistake says nothing new on a line where others of these ranks were told.
    pub fn is_echo_of(self, told: &[Rank]) -> bool {
        let told_any = |ranks: &[Rank]| ranks.iter().any(|it| told.contains(it));
        match self {
            Rank::Limit => told_any(&[Rank::Limit]),
            Rank::Quote => told_any(&[Rank::Limit, Rank::Quote]),
            Rank::Word => told_any(&[Rank::Limit]) || told.len() >= FINDINGS_PER_LINE_MAX,
            Rank::Character | Rank::Bracket => told_any(&[Rank::Limit, Rank::Quote, self]),
            Rank::Shape => {
                let surer = told_any(&[Rank::Limit, Rank::Quote, Rank::Character, Rank::Bracket]);
                surer || told.len() >= FINDINGS_PER_LINE_MAX
            }
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
