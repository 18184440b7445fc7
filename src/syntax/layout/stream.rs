//! The tokens as the grammar reads them, one character each. Decides nothing but which leaves are whole values.

use super::Layout;
use crate::syntax::token::{LONE, TokenKind};

/// The tokens as the grammar reads them: one character each, and the token it stands for. A character that
/// stands for nothing in the text points to the token before it.
#[derive(Default)]
pub(crate) struct Stream {
    pub kinds: Vec<u8>,
    pub tokens: Vec<u32>,
    /// Where the grammar may be started anew: after the end of an entry of the file.
    pub cuts: Vec<u32>,
}

impl Layout<'_> {
    /// Adds a token to the stream as what it turned out to be.
    pub(super) fn push(&mut self, kind: TokenKind, index: usize) {
        self.settle_leaf(kind);
        if kind.is_leaf() && !self.top().in_type && !matches!(self.last, TokenKind::Dot | TokenKind::For) {
            self.leaf = Some(self.stream.kinds.len());
        }
        self.tokens.kinds[index] = kind;
        self.stream.kinds.push(kind as u8);
        self.stream.tokens.push(index as u32);
        self.last = kind;
        self.last_token = index;
    }

    /// Adds to the stream what the text does not hold.
    pub(super) fn push_unwritten(&mut self, kind: TokenKind) {
        self.settle_leaf(kind);
        self.stream.kinds.push(kind as u8);
        self.stream.tokens.push(self.last_token as u32);
        self.last = kind;
    }

    /// The token that follows a leaf says whether the leaf is a whole value.
    pub(super) fn settle_leaf(&mut self, next: TokenKind) {
        use TokenKind as T;
        let Some(leaf) = self.leaf.take() else { return };
        let goes_on = next.is_binary() || matches!(next, T::CallOpen | T::IndexOpen | T::Dot | T::Where);
        let key = matches!(next, T::Assign | T::Colon) && !self.top().holds_entries();
        if !goes_on && !key {
            self.stream.kinds[leaf] = LONE;
        }
    }

    /// Notes that the grammar may be started anew here.
    pub(super) fn cut(&mut self) {
        if self.frames.len() == 1 {
            self.stream.cuts.push(self.stream.kinds.len() as u32);
        }
    }
}
