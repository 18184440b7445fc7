//! What can be wrong with a text, as small data with its place. Knows no words for it: `message` does.

use super::token::TokenKind;

/// How many mistakes are remembered; a text with more is broken everywhere.
const KEPT_MAX: usize = 10_000;

/// One mistake and the bytes it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub start: u32,
    pub end: u32,
    pub kind: MistakeKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MistakeKind {
    TooLarge,
    /// Characters that mean nothing here.
    Junk,
    UnclosedText,
    UnclosedBlock,
    UnclosedHole,
    /// The bracket that was never closed; the mistake's place is where its closer belongs.
    UnclosedBracket {
        opener: u32,
        close: TokenKind,
    },
    StrayCloser,
    /// A `{` belongs here.
    MissingBodyOpen,
    /// A body's `{` begins a line; the token before it.
    BodyOnOwnLine {
        before: u32,
    },
    TooDeep,
    /// What the literal should be, where that is certain.
    UnknownUnit {
        write: Option<String>,
    },
    /// A number and its unit with space between.
    SpacedUnit {
        write: String,
    },
    SingleQuotes,
    /// An operator with space on one side only.
    LopsidedOperator,
    UnknownEscape,
    BadLiteral {
        what: &'static str,
        write: Option<String>,
    },
    /// An operator of other languages.
    Foreign {
        write: &'static str,
    },
    MissingAlias,
    /// A record's entry without its `=`; the name's token.
    MissingEquals {
        name: u32,
    },
    ChainedComparison {
        middle: (u32, u32),
    },
    ChainedRange,
    MisplacedWhere,
    /// A node that says something is missing, not expected, or one comma too many.
    Node {
        node: u32,
    },
    /// The grammar gave up on a stretch.
    Unreadable,
}

/// The mistakes of a text, in the order in which they were found.
#[derive(Debug, Clone, Default)]
pub(super) struct Mistakes {
    pub list: Vec<Mistake>,
    /// Whether there were more than are kept.
    pub overflowed: bool,
}

impl Mistakes {
    pub fn add(&mut self, kind: MistakeKind, start: usize, end: usize) {
        if self.list.len() < KEPT_MAX {
            self.list.push(Mistake { start: start as u32, end: end as u32, kind });
        } else {
            self.overflowed = true;
        }
    }
}
