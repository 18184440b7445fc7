//! Types as they are written. Resolves nothing.

use super::{Body, Name, TextLiteral};
use crate::source::Span;
use crate::syntax::node::NodeKind;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::Tree;

/// A type where it is written.
#[derive(Debug, Clone, Copy)]
pub struct TypeExpr<'t> {
    pub(super) tree: &'t Tree,
    pub(super) node: u32,
}

/// A type taken apart.
#[derive(Debug, Clone)]
pub enum TypeKind<'t> {
    /// `name<of>(params)`.
    Name { name: Name<'t>, of: Option<TypeExpr<'t>>, params: Vec<TypeExpr<'t>> },
    /// `"a" | "b"`.
    OneOf(Vec<TypeExpr<'t>>),
    /// One text of an enumeration.
    Text(String),
    /// `{ a: type }`.
    Record(Body<'t>),
    /// `type?`.
    Optional(TypeExpr<'t>),
    /// A type that is missing or cannot be read.
    Bad,
}

impl<'t> TypeExpr<'t> {
    /// Returns the first type among a node's children.
    pub(super) fn within(tree: &'t Tree, node: u32) -> Option<TypeExpr<'t>> {
        types_in(tree, node).next()
    }

    pub fn span(self) -> Span {
        let span = self.tree.span_of(self.node);
        if self.tree.node(self.node).kind == NodeKind::Missing { span.after() } else { span }
    }

    /// Returns what is written.
    pub fn text(self) -> &'t str {
        self.tree.slice(self.span())
    }

    pub fn kind(self) -> TypeKind<'t> {
        let tree = self.tree;
        let node = tree.node(self.node);
        match node.kind {
            NodeKind::NamedType => self.named(),
            NodeKind::OneOf => TypeKind::OneOf(types_in(tree, self.node).collect()),
            NodeKind::Leaf if tree.tokens.kinds[node.first as usize] == TokenKind::Text => {
                let text = TextLiteral { tree, node: self.node }.plain();
                text.map_or(TypeKind::Bad, TypeKind::Text)
            }
            NodeKind::Record => TypeKind::Record(Body { tree, node: self.node }),
            NodeKind::Optional => types_in(tree, self.node).next().map_or(TypeKind::Bad, TypeKind::Optional),
            _ => TypeKind::Bad,
        }
    }

    fn named(self) -> TypeKind<'t> {
        let tree = self.tree;
        let part = |kind| tree.children(self.node).find(|it| tree.node(*it).kind == kind);
        let name = Name { tree, token: tree.node(self.node).first };
        let of = part(NodeKind::TypeOf).and_then(|it| TypeExpr::within(tree, it));
        let params = part(NodeKind::TypeParameters).map(|it| types_in(tree, it).collect());
        TypeKind::Name { name, of, params: params.unwrap_or_default() }
    }
}

fn types_in(tree: &Tree, node: u32) -> impl Iterator<Item = TypeExpr<'_>> {
    let types = tree.children(node).filter(|it| tree.node(*it).kind.is_type());
    types.map(|node| TypeExpr { tree, node })
}
