//! Why an expression has no value, and where. Knows nothing of codes or of how findings are shown.

use std::fmt;

use crate::source::Span;

/// An expression that has no value here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The innermost part that has none.
    pub span: Span,
    pub kind: WrongKind,
    /// A sentence without a period.
    pub message: String,
}

/// Whether asking again elsewhere can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongKind {
    /// The scope does not know a name that another one will: a planner leaves the expression for the run.
    NotKnownHere,
    /// It has no value anywhere: a division by zero, an element that is not there, too much work.
    Cannot,
}

impl Wrong {
    /// Something that has no value anywhere.
    pub fn cannot(span: Span, message: impl Into<String>) -> Wrong {
        Wrong { span, kind: WrongKind::Cannot, message: message.into() }
    }

    /// Something that this scope does not know.
    pub fn not_known_here(span: Span, message: impl Into<String>) -> Wrong {
        Wrong { span, kind: WrongKind::NotKnownHere, message: message.into() }
    }

    pub fn is_not_known_here(&self) -> bool {
        self.kind == WrongKind::NotKnownHere
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}
