//! What a line's end means: the end of an entry, or nothing. Decides it from the tokens on both sides.

use super::Layout;
use super::words::operator_word;
use crate::syntax::mistake::MistakeKind;
use crate::syntax::token::TokenKind;

/// What is indented deeper counts as indented so deep.
const INDENTATION_MAX: usize = 1024;

impl Layout<'_> {
    /// A token begins a line: whatever ended with the line before is ended.
    pub(super) fn line_begins(&mut self, index: usize) {
        self.column = self.indentation_of(index);
        while self.holes > 0 {
            self.force_close();
        }
        if self.repairing {
            self.close_what_the_indentation_ends(index);
        }
        if !self.top().holds_entries() {
            return;
        }
        if self.last == TokenKind::BodyOpen || self.last == TokenKind::RecordOpen {
            self.top().tall = true;
        }
        if self.line_goes_on(index) {
            return;
        }
        if self.repairing && self.opens_missing_body(index) {
            return;
        }
        self.end_entry(index);
    }

    fn end_entry(&mut self, index: usize) {
        self.reset_chain();
        let ended = !matches!(
            self.last,
            TokenKind::Terminator | TokenKind::Comma | TokenKind::BodyOpen | TokenKind::RecordOpen
        );
        if ended && self.tokens.kinds[index] != TokenKind::BraceClose {
            self.push_unwritten(TokenKind::Terminator);
            self.cut();
        }
        let column = self.column;
        let frame = self.top();
        frame.end_entry();
        frame.entry_indent = column;
    }

    /// Returns whether the entry goes on in the line that begins here.
    fn line_goes_on(&mut self, index: usize) -> bool {
        if self.last.wants_more() {
            return self.tokens.kinds[index] != TokenKind::BraceClose && !self.begins_entry(index);
        }
        let next = self.tokens.kinds.get(index + 1);
        let key = matches!(next, Some(TokenKind::Assign | TokenKind::Colon));
        match self.tokens.kinds[index] {
            _ if !self.last.ends_operand() => false,
            TokenKind::Coalesce => true,
            TokenKind::BodyOpen if self.last != TokenKind::BraceClose => {
                let before = self.last_token as u32;
                self.mistakes.add(MistakeKind::BodyOnOwnLine { before }, self.start_of(index), self.end_of(index));
                true
            }
            TokenKind::Name if !key => {
                let word = operator_word(self.tokens.slice(index, self.text));
                let goes_on = [TokenKind::And, TokenKind::Or, TokenKind::Then, TokenKind::Else, TokenKind::Where];
                word.is_some_and(|it| goes_on.contains(&it) && self.may_stand(it))
            }
            _ => false,
        }
    }

    /// Returns whether a line that a value should go on in looks like an entry of its own instead: a key, or,
    /// when it is not indented, a word with something behind it.
    pub(super) fn begins_entry(&mut self, index: usize) -> bool {
        if self.tokens.kinds[index] != TokenKind::Name {
            return false;
        }
        let next = index + 1;
        let Some(kind) = self.tokens.kinds.get(next).copied() else { return false };
        if matches!(kind, TokenKind::Assign | TokenKind::Colon) {
            return true;
        }
        let indented = self.column > self.top().entry_indent;
        !indented && self.heads_an_entry(index)
    }

    /// Returns whether a name has an item or a body behind it on its line.
    pub(super) fn heads_an_entry(&self, index: usize) -> bool {
        let next = index + 1;
        if next >= self.tokens.len() || self.tokens.first[next] || self.follows_directly(next) {
            return false;
        }
        let kind = self.tokens.kinds[next];
        let operator = kind == TokenKind::Name && operator_word(self.tokens.slice(next, self.text)).is_some();
        kind == TokenKind::BodyOpen || kind.starts_operand() && !operator
    }

    /// Counts the blanks before a token that begins its line.
    pub(super) fn indentation_of(&self, index: usize) -> u32 {
        let before = self.text.as_bytes()[..self.start_of(index)].iter().rev();
        before.take(INDENTATION_MAX).take_while(|it| matches!(it, b' ' | b'\t')).count() as u32
    }
}
