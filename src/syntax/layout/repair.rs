//! Where missing brackets belong. Asked only when the brackets of a text do not match: then its indentation
//! tells what its author had in mind.

use super::Layout;
use super::frame::FrameKind;
use super::words::operator_word;
use crate::syntax::mistake::MistakeKind;
use crate::syntax::token::TokenKind;

/// How far ahead the end of a body is looked for whose `{` is missing.
const TOKENS_AHEAD_MAX: usize = 4096;

impl Layout<'_> {
    /// Closes what a line shows to be over: a `(` when an entry begins, a `{` when the line is indented no deeper.
    pub(super) fn close_what_the_indentation_ends(&mut self, index: usize) {
        let column = self.column;
        let kind = self.tokens.kinds[index];
        while self.frames.len() > 1 {
            let opened_just_now = self.last_token == self.top().opener;
            let frame = self.top().clone();
            let over = match frame.kind {
                FrameKind::File => false,
                FrameKind::Hole => true,
                FrameKind::Angle | FrameKind::Types => column <= frame.indent && !closes(kind),
                FrameKind::Round => column <= frame.indent && self.cannot_go_on(index),
                FrameKind::Brace if opened_just_now => {
                    self.top().flat = column <= frame.indent && kind != TokenKind::BraceClose;
                    false
                }
                FrameKind::Brace => !frame.flat && column <= frame.indent && !closes(kind),
            };
            if !over {
                return;
            }
            self.force_close();
        }
    }

    /// Returns whether the line that begins here cannot belong to a `(` or `[` that is open.
    fn cannot_go_on(&self, index: usize) -> bool {
        let kind = self.tokens.kinds[index];
        let key = matches!(self.tokens.kinds.get(index + 1), Some(TokenKind::Assign | TokenKind::Colon));
        let word = kind == TokenKind::Name && operator_word(self.tokens.slice(index, self.text)).is_some();
        let side_by_side = self.last.ends_operand() && kind.starts_operand() && !word;
        kind == TokenKind::Name && (key || self.heads_an_entry(index)) || side_by_side
    }

    /// Opens the body whose `{` is missing: the line is indented deeper than the entry before it, and the next
    /// line that is not closes a body at just that entry's indentation.
    pub(super) fn opens_missing_body(&mut self, index: usize) -> bool {
        let column = self.column;
        let frame = self.top().clone();
        let ended = self.last.ends_operand() && self.last != TokenKind::BraceClose;
        if !ended || frame.flat || column <= frame.entry_indent || !self.is_closed_later(index, frame.entry_indent) {
            return false;
        }
        let at = self.end_of(self.last_token);
        self.mistakes.add(MistakeKind::MissingBodyOpen, at, at);
        let opener = self.last_token;
        self.reset_chain();
        self.push_unwritten(TokenKind::BodyOpen);
        self.open_frame(FrameKind::Brace, opener);
        let body = self.top();
        body.close = TokenKind::BraceClose;
        body.tall = true;
        body.indent = frame.entry_indent;
        body.entry_indent = column;
        true
    }

    fn is_closed_later(&self, index: usize, column: u32) -> bool {
        let end = self.tokens.len().min(index + TOKENS_AHEAD_MAX);
        let mut lines = (index..end).filter(|it| self.tokens.first[*it]);
        let outdented = lines.find(|it| self.indentation_of(*it) <= column);
        let closes = |it: usize| self.tokens.kinds[it] == TokenKind::BraceClose;
        outdented.is_some_and(|it| closes(it) && self.indentation_of(it) == column)
    }

    pub(super) fn close_brace(&mut self, index: usize) {
        self.close_angles();
        let braces = self.frames.iter().rev().take_while(|it| it.kind != FrameKind::Hole);
        let mut braces = braces.enumerate().filter(|(_, it)| it.kind == FrameKind::Brace);
        let innermost = braces.clone().next();
        let column = self.column;
        let found = match innermost {
            None => None,
            Some((above, _)) if !self.repairing => Some(above),
            Some((above, frame)) if frame.flat => Some(above),
            Some((above, frame)) if self.tokens.first[index] => {
                let same = braces.find(|(_, it)| it.indent == column).map(|(above, _)| above);
                // Indented deeper than its opener, but not as deep as the entries: only untidy.
                let untidy = frame.indent < column && column < frame.entry_indent;
                same.or(untidy.then_some(above))
            }
            Some((above, frame)) => (!frame.tall || self.is_on_line_of(frame.opener, index)).then_some(above),
        };
        let Some(above) = found else { return self.stray(index) };
        for _ in 0..above {
            self.force_close();
        }
        self.close_frame();
        self.push(TokenKind::BraceClose, index);
    }

    fn is_on_line_of(&self, opener: usize, index: usize) -> bool {
        !self.tokens.first[opener + 1..=index].contains(&true)
    }
}

fn closes(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::BraceClose | TokenKind::ParenClose | TokenKind::BracketClose)
}
