//! What stands between the brackets of a call or a list. Knows no parameters.

use super::{Expr, Name, TypeExpr};
use crate::source::Span;
use crate::syntax::node::{Children, NodeKind};
use crate::syntax::tree::Tree;

/// The arguments of a call, or the elements of a list.
#[derive(Debug, Clone, Copy)]
pub struct Args<'t> {
    pub(super) tree: &'t Tree,
    pub(super) node: u32,
    /// The first child that is an argument.
    pub(super) from: u32,
    /// The token that opens the brackets.
    pub(super) opener: u32,
}

/// One argument: `x`, `key = x`, or a parameter `name: type = x`.
#[derive(Debug, Clone, Copy)]
pub struct Arg<'t> {
    pub name: Option<Name<'t>>,
    pub type_: Option<TypeExpr<'t>>,
    pub value: Option<Expr<'t>>,
    pub span: Span,
}

/// Walks over arguments.
#[derive(Debug, Clone)]
pub struct ArgsIter<'t> {
    tree: &'t Tree,
    children: Children<'t>,
}

impl<'t> Args<'t> {
    pub fn iter(self) -> ArgsIter<'t> {
        let end = self.tree.node(self.node).end;
        ArgsIter { tree: self.tree, children: Children { nodes: &self.tree.nodes, next: self.from, end } }
    }

    /// The brackets with all between them.
    pub fn span(self) -> Span {
        self.tree.token_span(self.opener, self.tree.node(self.node).last)
    }

    pub fn len(self) -> usize {
        self.iter().count()
    }

    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }
}

impl<'t> IntoIterator for Args<'t> {
    type Item = Arg<'t>;
    type IntoIter = ArgsIter<'t>;

    fn into_iter(self) -> ArgsIter<'t> {
        self.iter()
    }
}

impl<'t> Iterator for ArgsIter<'t> {
    type Item = Arg<'t>;

    fn next(&mut self) -> Option<Arg<'t>> {
        let tree = self.tree;
        loop {
            let node = self.children.next()?;
            let kind = tree.node(node).kind;
            let span = tree.span_of(node);
            if matches!(kind, NodeKind::NamedArg | NodeKind::TypedArg) {
                return Some(named(tree, node, span));
            }
            if kind.is_value() {
                return Some(Arg { name: None, type_: None, value: Some(Expr { tree, node }), span });
            }
        }
    }
}

fn named(tree: &Tree, node: u32, span: Span) -> Arg<'_> {
    let name = Some(Name { tree, token: tree.node(node).first });
    let mut children = tree.children(node);
    let typed = tree.node(node).kind == NodeKind::TypedArg;
    let type_ = if typed { children.next().map(|it| TypeExpr { tree, node: it }) } else { None };
    let value = children.find(|it| tree.node(*it).kind.is_value()).map(|it| Expr { tree, node: it });
    Arg { name, type_, value, span }
}
