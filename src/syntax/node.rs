//! The tree as a flat list: every node stands before its children, all nodes in one allocation.

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum NodeKind {
    File,
    Entry,
    Annotation,
    Assigned,
    Aliased,
    Body,
    Record,
    // Values.
    Leaf,
    Text,
    Hole,
    List,
    Paren,
    If,
    Call,
    Field,
    Index,
    Unary,
    Binary,
    Filter,
    Generate,
    NamedArg,
    TypedArg,
    // Types.
    NamedType,
    TypeOf,
    TypeParameters,
    OneOf,
    Optional,
    // Mistakes.
    Missing,
    Surplus,
    Junk,
    /// A filter that filters nothing.
    Bad,
}

impl NodeKind {
    /// Returns whether a node of this kind is a value, also one that is missing.
    pub fn is_value(self) -> bool {
        let one = (NodeKind::Leaf as u8..=NodeKind::Generate as u8).contains(&(self as u8));
        one && self != NodeKind::Hole || matches!(self, NodeKind::Record | NodeKind::Missing | NodeKind::Bad)
    }

    pub fn is_type(self) -> bool {
        use NodeKind as N;
        matches!(self, N::NamedType | N::OneOf | N::Optional | N::Leaf | N::Record | N::Missing)
    }

    /// Returns whether a node of this kind says that something is wrong.
    pub fn is_mistake(self) -> bool {
        matches!(self, NodeKind::Missing | NodeKind::Surplus | NodeKind::Junk)
    }
}

/// A node: its tokens, both ends included, and where the nodes end that lie in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub kind: NodeKind,
    /// Whether it is an entry with a mistake in it.
    pub broken: bool,
    pub first: u32,
    pub last: u32,
    pub end: u32,
}

/// Walks over the children of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Children<'t> {
    pub nodes: &'t [Node],
    pub next: u32,
    pub end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.next >= self.end {
            return None;
        }
        let here = self.next;
        self.next = self.nodes[here as usize].end;
        Some(here)
    }
}
