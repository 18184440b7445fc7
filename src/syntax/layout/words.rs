//! Names that are operators where they stand: `and`, `of`, `if` and the like. No word is reserved.

use super::Layout;
use super::frame::FrameKind;
use crate::syntax::token::TokenKind;

/// Returns the operator that a name writes after an operand.
pub(super) fn operator_word(word: &str) -> Option<TokenKind> {
    match word {
        "and" => Some(TokenKind::And),
        "or" => Some(TokenKind::Or),
        "in" => Some(TokenKind::In),
        "of" => Some(TokenKind::Of),
        "for" => Some(TokenKind::For),
        "then" => Some(TokenKind::Then),
        "else" => Some(TokenKind::Else),
        "where" => Some(TokenKind::Where),
        _ => None,
    }
}

impl Layout<'_> {
    pub(super) fn word(&mut self, index: usize) {
        let word = &self.text[self.start_of(index)..self.end_of(index)];
        let is_word = (2..=5).contains(&word.len());
        if !is_word || self.last == TokenKind::Dot || self.top().in_type || self.names_something(index) {
            self.begin_operand();
            return self.push(TokenKind::Name, index);
        }
        let part_is_missing = self.last == TokenKind::Then && word == "else";
        if (self.last.ends_operand() || part_is_missing)
            && let Some(kind) = operator_word(word).filter(|it| self.may_stand(*it))
            && !self.names_an_entry(index)
        {
            return self.operator_or_part(kind, index);
        }
        self.begin_operand();
        match word {
            "not" if self.operand_follows(index) => {
                self.deepen();
                self.push(TokenKind::Not, index);
            }
            "if" if self.operand_follows(index) => {
                self.deepen();
                self.top().branches_due += 2;
                self.push(TokenKind::If, index);
            }
            "type" if self.begins_alias(index) => {
                self.push(TokenKind::Name, index);
                self.top().alias_next = true;
            }
            _ => self.push(TokenKind::Name, index),
        }
    }

    fn operator_or_part(&mut self, kind: TokenKind, index: usize) {
        if kind.is_binary() {
            return self.operator(kind, index);
        }
        if matches!(kind, TokenKind::Then | TokenKind::Else) {
            let due = &mut self.top().branches_due;
            *due = due.saturating_sub(1);
        }
        self.push(kind, index);
    }

    /// Returns whether a word is a key or a parameter here: `of = 3`, `in: string`.
    fn names_something(&self, index: usize) -> bool {
        let next = self.tokens.kinds.get(index + 1);
        matches!(next, Some(TokenKind::Assign | TokenKind::Colon))
    }

    /// Returns whether the operator has a meaning here: `for` makes values only in `(…)` and `[…]`, `then` and `else`
    /// belong to an `if`.
    pub(super) fn may_stand(&mut self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::For => self.top().kind == FrameKind::Round,
            TokenKind::Then | TokenKind::Else => self.top().branches_due > 0,
            _ => true,
        }
    }

    /// Returns whether a word is the name of an entry with a body: `stage then {`.
    fn names_an_entry(&self, index: usize) -> bool {
        let Some(head) = index.checked_sub(1) else { return false };
        let before = head.checked_sub(1).map(|it| self.tokens.kinds[it]);
        let begins = self.tokens.first[head] || matches!(before, None | Some(TokenKind::Comma | TokenKind::BodyOpen));
        let named = self.tokens.kinds[head] == TokenKind::Name && !self.tokens.first[index];
        let body = self.tokens.kinds.get(index + 1) == Some(&TokenKind::BodyOpen) && !self.tokens.first[index + 1];
        begins && named && body
    }

    /// Returns whether something that `not` or `if` can take stands behind it on the line.
    fn operand_follows(&self, index: usize) -> bool {
        let next = index + 1;
        if next >= self.tokens.len() || self.tokens.first[next] {
            return false;
        }
        let kind = self.tokens.kinds[next];
        let operator = kind == TokenKind::Name && operator_word(self.tokens.slice(next, self.text)).is_some();
        let minus = kind == TokenKind::Minus && self.tokens.ends.get(next) == self.tokens.starts.get(next + 1);
        minus || kind.starts_operand() && !operator
    }

    /// Returns whether this is the `type` of `type NAME = …`, or of one whose `=` is missing.
    fn begins_alias(&mut self, index: usize) -> bool {
        let begins = matches!(self.last, TokenKind::Terminator | TokenKind::Comma | TokenKind::BodyOpen);
        let next = self.tokens.kinds.get(index + 1..index + 3).unwrap_or_default();
        let named = matches!(next, [TokenKind::Name, TokenKind::Assign | TokenKind::BodyOpen]);
        begins && named && self.top().holds_entries()
    }
}
