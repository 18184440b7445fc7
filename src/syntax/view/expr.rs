//! Values as they are written. Computes nothing.

use super::{Args, Body, Name, TextLiteral};
use crate::source::Span;
use crate::syntax::node::NodeKind;
use crate::syntax::operator::{BinaryOp, UnaryOp};
use crate::syntax::token::TokenKind;
use crate::syntax::tree::Tree;

/// A value where it is written.
#[derive(Debug, Clone, Copy)]
pub struct Expr<'t> {
    pub(super) tree: &'t Tree,
    pub(super) node: u32,
}

/// What a literal is; weekdays, `true`, `false` and `null` are names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    Int,
    Number,
    Percent,
    Duration,
    Size,
    Time,
    Date,
    Instant,
}

/// A value taken apart.
#[derive(Debug, Clone, Copy)]
pub enum ExprKind<'t> {
    Name(Name<'t>),
    Literal(LiteralKind, &'t str),
    Text(TextLiteral<'t>),
    /// The elements; only their values are set.
    List(Args<'t>),
    /// `{ name = value }`.
    Record(Body<'t>),
    Call {
        callee: Expr<'t>,
        args: Args<'t>,
    },
    Field {
        of: Expr<'t>,
        name: Name<'t>,
    },
    Index {
        of: Expr<'t>,
        index: Expr<'t>,
    },
    Unary {
        op: UnaryOp,
        of: Expr<'t>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Expr<'t>,
        right: Expr<'t>,
    },
    If {
        cond: Expr<'t>,
        then: Expr<'t>,
        otherwise: Expr<'t>,
    },
    Range {
        from: Expr<'t>,
        to: Expr<'t>,
    },
    /// `each for name in list where filter`.
    Generate {
        each: Expr<'t>,
        name: Name<'t>,
        list: Expr<'t>,
        filter: Option<Expr<'t>>,
    },
    /// `name in list where filter`.
    Filter {
        name: Name<'t>,
        list: Expr<'t>,
        filter: Expr<'t>,
    },
    Paren(Expr<'t>),
    /// `*`: every target.
    Star,
    /// A value that is missing or cannot be read.
    Bad,
}

impl<'t> Expr<'t> {
    /// Returns the first value among a node's children.
    pub(super) fn within(tree: &'t Tree, node: u32) -> Option<Expr<'t>> {
        let node = tree.children(node).find(|it| tree.node(*it).kind.is_value())?;
        Some(Expr { tree, node })
    }

    /// Returns its place; the empty place where it belongs, if it is missing.
    pub fn span(self) -> Span {
        let span = self.tree.span_of(self.node);
        if self.tree.node(self.node).kind == NodeKind::Missing { span.after() } else { span }
    }

    /// Returns what is written.
    pub fn text(self) -> &'t str {
        self.tree.slice(self.span())
    }

    /// Returns the name, if the value is one.
    pub fn as_name(self) -> Option<Name<'t>> {
        match self.kind() {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub fn kind(self) -> ExprKind<'t> {
        self.known_kind().unwrap_or(ExprKind::Bad)
    }

    fn known_kind(self) -> Option<ExprKind<'t>> {
        let node = self.tree.node(self.node);
        match node.kind {
            NodeKind::Leaf => self.leaf(),
            NodeKind::Text => Some(ExprKind::Text(TextLiteral { tree: self.tree, node: self.node })),
            NodeKind::List => Some(ExprKind::List(self.args(self.node + 1, node.first))),
            NodeKind::Record => Some(ExprKind::Record(Body { tree: self.tree, node: self.node })),
            NodeKind::Call => {
                let callee = self.child(0)?;
                Some(ExprKind::Call { callee, args: self.args(self.end_of(callee), self.token_after(callee)) })
            }
            NodeKind::Field => self.field(),
            NodeKind::Index => Some(ExprKind::Index { of: self.child(0)?, index: self.child(1)? }),
            NodeKind::Unary => Some(ExprKind::Unary { op: self.unary_op(), of: self.child(0)? }),
            NodeKind::Binary => self.binary(),
            NodeKind::If => {
                let (cond, then, otherwise) = (self.child(0)?, self.child(1)?, self.child(2)?);
                Some(ExprKind::If { cond, then, otherwise })
            }
            NodeKind::Generate => self.generate(),
            NodeKind::Filter => self.filter(),
            NodeKind::Paren => self.child(0).map(ExprKind::Paren),
            _ => None,
        }
    }

    fn leaf(self) -> Option<ExprKind<'t>> {
        let token = self.tree.node(self.node).first;
        let literal = match self.tree.tokens.kinds[token as usize] {
            TokenKind::Name => return Some(ExprKind::Name(Name { tree: self.tree, token })),
            TokenKind::Text => return Some(ExprKind::Text(TextLiteral { tree: self.tree, node: self.node })),
            TokenKind::Star => return Some(ExprKind::Star),
            TokenKind::Int => LiteralKind::Int,
            TokenKind::Number => LiteralKind::Number,
            TokenKind::Percent => LiteralKind::Percent,
            TokenKind::Duration => LiteralKind::Duration,
            TokenKind::Size => LiteralKind::Size,
            TokenKind::Time => LiteralKind::Time,
            TokenKind::Date => LiteralKind::Date,
            TokenKind::Instant => LiteralKind::Instant,
            _ => return None,
        };
        Some(ExprKind::Literal(literal, self.text()))
    }

    fn field(self) -> Option<ExprKind<'t>> {
        let token = self.tree.node(self.node).last;
        let named = self.tree.tokens.kinds[token as usize] == TokenKind::Name;
        let name = Name { tree: self.tree, token };
        if named { Some(ExprKind::Field { of: self.child(0)?, name }) } else { None }
    }

    fn unary_op(self) -> UnaryOp {
        let token = self.tree.node(self.node).first;
        if self.tree.tokens.kinds[token as usize] == TokenKind::Not { UnaryOp::Not } else { UnaryOp::Minus }
    }

    fn binary(self) -> Option<ExprKind<'t>> {
        let (left, right) = (self.child(0)?, self.child(1)?);
        let token = self.token_after(left);
        let op_span = self.tree.token_span(token, token);
        match BinaryOp::of(self.tree.tokens.kinds[token as usize]) {
            Some(op) => Some(ExprKind::Binary { op, op_span, left, right }),
            None => Some(ExprKind::Range { from: left, to: right }),
        }
    }

    fn generate(self) -> Option<ExprKind<'t>> {
        let name = self.child(1)?.as_name()?;
        Some(ExprKind::Generate { each: self.child(0)?, name, list: self.child(2)?, filter: self.child(3) })
    }

    fn filter(self) -> Option<ExprKind<'t>> {
        let (member, filter) = (self.child(0)?, self.child(1)?);
        let name = member.child(0)?.as_name()?;
        Some(ExprKind::Filter { name, list: member.child(1)?, filter })
    }

    fn child(self, index: usize) -> Option<Expr<'t>> {
        let mut values = self.tree.children(self.node).filter(|it| self.tree.node(*it).kind.is_value());
        values.nth(index).map(|node| Expr { tree: self.tree, node })
    }

    fn args(self, from: u32, opener: u32) -> Args<'t> {
        Args { tree: self.tree, node: self.node, from, opener }
    }

    fn end_of(self, child: Expr<'t>) -> u32 {
        self.tree.node(child.node).end
    }

    /// Returns the token behind a child, leaving out what means nothing.
    fn token_after(self, child: Expr<'t>) -> u32 {
        let last = self.tree.node(self.node).last;
        let mut token = self.tree.node(child.node).last + 1;
        while token < last && self.tree.tokens.kinds[token as usize] == TokenKind::Stray {
            token += 1;
        }
        token.min(last)
    }
}
