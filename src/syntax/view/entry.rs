//! Entries and bodies: the shape of a file. Knows no word of the language.

use super::{Expr, TypeExpr};
use crate::source::Span;
use crate::syntax::node::{Children, NodeKind};
use crate::syntax::token::CommentKind;
use crate::syntax::tree::Tree;

/// One entry: items side by side, then perhaps a type, a value, a body.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'t> {
    pub(super) tree: &'t Tree,
    pub(super) node: u32,
}

/// The entries between braces, or of a whole file.
#[derive(Debug, Clone, Copy)]
pub struct Body<'t> {
    pub(in crate::syntax) tree: &'t Tree,
    pub(in crate::syntax) node: u32,
}

/// Walks over entries in their order.
#[derive(Debug, Clone)]
pub struct Entries<'t> {
    tree: &'t Tree,
    children: Children<'t>,
}

/// Walks over the items of an entry.
#[derive(Debug, Clone)]
pub struct Items<'t> {
    tree: &'t Tree,
    children: Children<'t>,
}

/// A name where it is written.
#[derive(Debug, Clone, Copy)]
pub struct Name<'t> {
    pub(super) tree: &'t Tree,
    pub(super) token: u32,
}

impl<'t> Entry<'t> {
    pub fn span(self) -> Span {
        self.tree.span_of(self.node)
    }

    /// Returns the lines of the `##` comments right before the entry, without their marks.
    pub fn docs(self) -> Option<String> {
        let first = self.tree.node(self.node).first as usize;
        let start = self.tree.tokens.starts[first];
        let from = first.checked_sub(1).map_or(0, |before| self.tree.tokens.ends[before]);
        let comments = &self.tree.comments;
        let begin = comments.partition_point(|it| it.span.start < from);
        let end = comments.partition_point(|it| it.span.start < start);
        let docs = comments[begin..end].iter().filter(|it| it.kind == CommentKind::Doc && it.alone);
        let lines: Vec<&str> = docs.map(|it| doc_line(self.tree.slice(it.span))).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The values that stand side by side, the word first.
    pub fn items(self) -> Items<'t> {
        Items { tree: self.tree, children: self.tree.children(self.node) }
    }

    /// The first item; a bad one if there is none.
    pub fn head(self) -> Expr<'t> {
        let node = self.items().next().map_or(self.node, |it| it.node);
        Expr { tree: self.tree, node }
    }

    /// The type behind `:`, or the one that `type NAME =` gives a name.
    pub fn type_(self) -> Option<TypeExpr<'t>> {
        let node = self.part(NodeKind::Annotation).or_else(|| self.part(NodeKind::Aliased))?;
        TypeExpr::within(self.tree, node)
    }

    /// Whether this is `type NAME = …`.
    pub fn is_alias(self) -> bool {
        self.part(NodeKind::Aliased).is_some()
    }

    /// The value behind `=`.
    pub fn value(self) -> Option<Expr<'t>> {
        Expr::within(self.tree, self.part(NodeKind::Assigned)?)
    }

    pub fn body(self) -> Option<Body<'t>> {
        self.part(NodeKind::Body).map(|node| Body { tree: self.tree, node })
    }

    /// Returns whether a syntax error stands in the entry, outside of its body's entries: what it means is a
    /// guess, so that no more should be said about it.
    pub fn is_broken(self) -> bool {
        self.tree.node(self.node).broken
    }

    fn part(self, kind: NodeKind) -> Option<u32> {
        self.tree.children(self.node).find(|it| self.tree.node(*it).kind == kind)
    }
}

impl<'t> Body<'t> {
    pub fn entries(self) -> Entries<'t> {
        Entries { tree: self.tree, children: self.tree.children(self.node) }
    }

    pub fn span(self) -> Span {
        match self.node {
            0 => Span::new(self.tree.source(), 0, self.tree.text().text().len() as u32),
            node => self.tree.span_of(node),
        }
    }
}

impl<'t> Name<'t> {
    pub fn text(self) -> &'t str {
        self.tree.slice(self.span())
    }

    pub fn span(self) -> Span {
        self.tree.token_span(self.token, self.token)
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Entry<'t>> {
        let tree = self.tree;
        let node = self.children.find(|it| tree.node(*it).kind == NodeKind::Entry)?;
        Some(Entry { tree, node })
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = Expr<'t>;

    fn next(&mut self) -> Option<Expr<'t>> {
        let tree = self.tree;
        let node = self.children.find(|it| tree.node(*it).kind.is_value())?;
        Some(Expr { tree, node })
    }
}

/// Returns what a `##` comment says.
fn doc_line(comment: &str) -> &str {
    let text = comment.trim_start_matches('#');
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}
