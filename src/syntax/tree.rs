//! The tree of a text and all that was found on the way: tokens, comments, diagnostics. Changes nothing.

use super::node::{Children, Node};
use super::token::{Comment, Token, Tokens};
use super::view::{Body, Entries};
use crate::diag::Diagnostic;
use crate::source::{Source, SourceId, Span};

/// A text, read.
#[derive(Debug, Clone)]
pub struct Tree {
    pub(super) source: Source,
    pub(super) tokens: Tokens,
    pub(super) comments: Vec<Comment>,
    pub(super) nodes: Vec<Node>,
    pub(super) errors: Vec<Diagnostic>,
}

impl Tree {
    /// Everything that is wrong with the text, in its order; at most [`super::DIAGNOSTICS_MAX`] findings.
    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }

    /// The entries of the file.
    pub fn entries(&self) -> Entries<'_> {
        self.file().entries()
    }

    /// The whole file as a body.
    pub fn file(&self) -> Body<'_> {
        Body { tree: self, node: 0 }
    }

    pub fn source(&self) -> SourceId {
        self.source.id()
    }

    /// The text with its lines.
    pub fn text(&self) -> &Source {
        &self.source
    }

    /// All tokens in their order; what lies between two is blank or a comment.
    pub fn tokens(&self) -> impl ExactSizeIterator<Item = Token> + DoubleEndedIterator + Clone + '_ {
        (0..self.tokens.len()).map(|it| self.tokens.get(it, self.source.id()))
    }

    /// All comments in their order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// Returns the token that holds this byte, or begins or ends at it; the one that begins there if two touch.
    pub fn token_at(&self, offset: u32) -> Option<Token> {
        let after = self.tokens.starts.partition_point(|start| *start <= offset);
        let index = after.checked_sub(1)?;
        (offset <= self.tokens.ends[index]).then(|| self.tokens.get(index, self.source.id()))
    }

    pub(super) fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    pub(super) fn children(&self, index: u32) -> Children<'_> {
        Children { nodes: &self.nodes, next: index + 1, end: self.node(index).end }
    }

    /// Returns the place of the tokens of a node.
    pub(super) fn span_of(&self, index: u32) -> Span {
        let node = self.node(index);
        self.token_span(node.first, node.last)
    }

    pub(super) fn token_span(&self, first: u32, last: u32) -> Span {
        Span::new(self.source.id(), self.tokens.starts[first as usize], self.tokens.ends[last as usize])
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        self.source.slice(span)
    }
}
