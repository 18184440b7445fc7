//! The table of operators: which binds tighter. Knows nothing of values.

use super::token::TokenKind;

/// `of` alone groups from the right: `10% of rest of fleet`.
pub(super) const OF: u8 = 8;
const COMPARISON: u8 = 4;

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Coalesce,
    Add,
    Sub,
    Mul,
    Div,
    Of,
}

/// An operator before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Not,
    Minus,
}

/// Returns how tightly an operator binds; from 1, loosest first.
pub(super) fn precedence(kind: TokenKind) -> u8 {
    use TokenKind as T;
    match kind {
        T::Or => 1,
        T::And => 2,
        T::Not => 3,
        T::Equal | T::Unequal | T::Less | T::AtMost | T::Greater | T::AtLeast | T::In => COMPARISON,
        T::Coalesce => 5,
        T::Plus | T::Minus => 6,
        T::Times | T::Divide => 7,
        T::Of => OF,
        T::Range => 9,
        T::Negate => 10,
        other => unreachable!("{} is no operator", other.words()),
    }
}

impl TokenKind {
    pub(super) fn compares(self) -> bool {
        self.is_binary() && precedence(self) == COMPARISON
    }
}

impl BinaryOp {
    /// Returns the operator that a token writes; `..` makes a range and is none.
    pub(super) fn of(kind: TokenKind) -> Option<BinaryOp> {
        use TokenKind as T;
        let op = match kind {
            T::Or => BinaryOp::Or,
            T::And => BinaryOp::And,
            T::Equal => BinaryOp::Eq,
            T::Unequal => BinaryOp::Ne,
            T::Less => BinaryOp::Lt,
            T::AtMost => BinaryOp::Le,
            T::Greater => BinaryOp::Gt,
            T::AtLeast => BinaryOp::Ge,
            T::In => BinaryOp::In,
            T::Coalesce => BinaryOp::Coalesce,
            T::Plus => BinaryOp::Add,
            T::Minus => BinaryOp::Sub,
            T::Times => BinaryOp::Mul,
            T::Divide => BinaryOp::Div,
            T::Of => BinaryOp::Of,
            _ => return None,
        };
        Some(op)
    }

    /// Returns the operator as it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::In => "in",
            BinaryOp::Coalesce => "??",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Of => "of",
        }
    }
}
