//! The limit on nesting: brackets and operators together, so that whoever walks the tree may recurse.

use super::Layout;
use crate::syntax::mistake::MistakeKind;
use crate::syntax::token::TokenKind;

/// How deeply values and bodies may nest.
pub const NESTING_MAX: u32 = 256;

impl Layout<'_> {
    /// Counts an operator as one more level of the value it stands in.
    pub(super) fn deepen(&mut self) {
        self.nesting += 1;
        self.top().chain += 1;
    }

    pub(super) fn reset_chain(&mut self) {
        let chain = std::mem::take(&mut self.top().chain);
        self.nesting -= chain;
    }

    /// Returns whether this token would nest one level deeper.
    pub(super) fn deepens(&self, index: usize) -> bool {
        use TokenKind as T;
        let kind = self.tokens.kinds[index];
        let opens = matches!(kind, T::ParenOpen | T::ListOpen | T::BodyOpen | T::TextHead);
        let chains = matches!(kind, T::Dot | T::Question | T::Not) || kind.is_binary();
        let word =
            kind == T::Name && matches!(self.tokens.slice(index, self.text), "not" | "if" | "and" | "or" | "of" | "in");
        opens || chains || word
    }

    /// Leaves out what nests too deeply: up to the comma, the line's end or the bracket that ends the value.
    pub(super) fn skip_deep(&mut self, index: usize) -> usize {
        let start = self.start_of(index);
        self.mistakes.add(MistakeKind::TooDeep, start, self.end_of(index));
        let lines_count = self.top().holds_entries();
        let mut open = 0_usize;
        let mut at = index;
        while at < self.tokens.len() {
            use TokenKind as T;
            let ends_line = lines_count && at > index && self.tokens.first[at];
            match self.tokens.kinds[at] {
                _ if open == 0 && ends_line => break,
                T::Comma if open == 0 => break,
                T::ParenClose | T::BracketClose | T::BraceClose | T::TextTail if open == 0 => break,
                T::TextMiddle if open == 0 => break,
                T::ParenClose | T::BracketClose | T::BraceClose | T::TextTail => open -= 1,
                T::ParenOpen | T::ListOpen | T::BodyOpen | T::TextHead => open += 1,
                _ => {}
            }
            self.tokens.kinds[at] = T::Skipped;
            at += 1;
        }
        self.settle_leaf(TokenKind::Skipped);
        self.stream.kinds.push(TokenKind::Skipped as u8);
        self.stream.tokens.push(index as u32);
        self.last = TokenKind::Skipped;
        self.last_token = at - 1;
        self.gave_up |= at == self.tokens.len();
        at
    }
}
