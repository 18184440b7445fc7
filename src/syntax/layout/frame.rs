//! The brackets that are open, and what opening and closing one means. Never decides that one is missing.

use super::Layout;
use crate::syntax::mistake::MistakeKind;
use crate::syntax::token::TokenKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    File,
    /// A body or a record: line ends end entries.
    Brace,
    /// `(…)` or `[…]` among values.
    Round,
    /// `(…)` behind a type.
    Types,
    /// `<…>` behind a type.
    Angle,
    /// `${…}` in a text.
    Hole,
}

#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub kind: FrameKind,
    /// What closes it.
    pub close: TokenKind,
    pub opener: usize,
    /// The indentation of the line that opens it.
    pub indent: u32,
    /// Its lines are indented no deeper than its opener's: indentation says nothing here.
    pub flat: bool,
    /// Its first entry stands on a line of its own.
    pub tall: bool,
    /// A type is being read.
    pub in_type: bool,
    /// The entry's `=` has been seen.
    pub assigned: bool,
    /// The next `=` is one of `type NAME = …`.
    pub alias_next: bool,
    /// How many `then` and `else` the entry's `if`s still wait for.
    pub branches_due: u32,
    /// The indentation of the line on which the entry begins.
    pub entry_indent: u32,
    /// The levels that operators have added since the last comma.
    pub chain: u32,
}

impl Frame {
    pub fn new(kind: FrameKind, opener: usize, indent: u32) -> Frame {
        Frame {
            kind,
            close: TokenKind::BraceClose,
            opener,
            indent,
            flat: false,
            tall: false,
            in_type: matches!(kind, FrameKind::Types | FrameKind::Angle),
            assigned: false,
            alias_next: false,
            branches_due: 0,
            entry_indent: indent,
            chain: 0,
        }
    }

    pub fn end_entry(&mut self) {
        self.in_type = false;
        self.assigned = false;
        self.alias_next = false;
        self.branches_due = 0;
    }

    pub fn holds_entries(&self) -> bool {
        matches!(self.kind, FrameKind::File | FrameKind::Brace)
    }
}

impl Layout<'_> {
    pub(super) fn open_frame(&mut self, kind: FrameKind, index: usize) {
        let mut frame = Frame::new(kind, index, self.column);
        frame.close = match (kind, self.tokens.kinds[index]) {
            (FrameKind::Angle, _) => TokenKind::TypeClose,
            (FrameKind::Hole, _) => TokenKind::TextTail,
            (_, TokenKind::ParenOpen | TokenKind::CallOpen) => TokenKind::ParenClose,
            (_, TokenKind::ListOpen | TokenKind::IndexOpen) => TokenKind::BracketClose,
            _ => TokenKind::BraceClose,
        };
        self.holes += u32::from(kind == FrameKind::Hole);
        self.nesting += 1;
        self.frames.push(frame);
    }

    /// Takes the innermost frame away; the caller adds the closer.
    pub(super) fn close_frame(&mut self) {
        let frame = self.frames.pop().expect("the caller saw an open frame");
        self.holes -= u32::from(frame.kind == FrameKind::Hole);
        self.nesting -= 1 + frame.chain;
    }

    pub(super) fn open_round(&mut self, raw: TokenKind, index: usize) {
        let touches = self.last.ends_operand() && self.follows_directly(index) && !self.tokens.first[index];
        let kind = match (raw, touches) {
            (TokenKind::ParenOpen, true) => TokenKind::CallOpen,
            (TokenKind::ListOpen, true) => TokenKind::IndexOpen,
            _ => raw,
        };
        let typed = self.top().in_type && kind == TokenKind::CallOpen;
        if touches {
            self.deepen();
        } else {
            self.begin_operand();
        }
        self.push(kind, index);
        self.open_frame(if typed { FrameKind::Types } else { FrameKind::Round }, index);
    }

    /// A `{` after an operand opens the entry's body; elsewhere it begins a record.
    pub(super) fn open_brace(&mut self, index: usize) {
        let body = self.last.ends_operand();
        if body && self.top().alias_next {
            let at = self.end_of(self.last_token);
            self.mistakes.add(MistakeKind::MissingAlias, at, at);
            self.push_unwritten(TokenKind::Alias);
            self.top().end_entry();
            self.push(TokenKind::RecordOpen, index);
        } else if body {
            self.close_angles();
            self.reset_chain();
            self.push(TokenKind::BodyOpen, index);
        } else {
            self.push(TokenKind::RecordOpen, index);
        }
        self.open_frame(FrameKind::Brace, index);
    }

    pub(super) fn close_round(&mut self, raw: TokenKind, index: usize) {
        self.close_angles();
        let inner = self.frames.iter().rev().take_while(|it| it.kind != FrameKind::Brace && it.kind != FrameKind::Hole);
        let found = inner.take_while(|it| it.kind != FrameKind::File).position(|it| it.close == raw);
        let Some(above) = found else { return self.stray(index) };
        for _ in 0..above {
            self.force_close();
        }
        self.close_frame();
        self.push(raw, index);
    }

    /// A closer without an opener is left out.
    pub(super) fn stray(&mut self, index: usize) {
        self.mistakes.add(MistakeKind::StrayCloser, self.start_of(index), self.end_of(index));
        self.tokens.kinds[index] = TokenKind::Stray;
    }

    pub(super) fn text_goes_on(&mut self, raw: TokenKind, index: usize) {
        if self.holes == 0 {
            self.begin_operand();
            // Its head was given up at a line's end; what is left of it is a text of its own.
            return self.push(TokenKind::Skipped, index);
        }
        while self.top().kind != FrameKind::Hole {
            self.force_close();
        }
        if raw == TokenKind::TextTail {
            self.close_frame();
        } else {
            self.reset_chain();
        }
        self.push(raw, index);
    }

    /// A `<` that is still open where the type ends is closed there.
    pub(super) fn close_angles(&mut self) {
        while self.top().kind == FrameKind::Angle {
            self.force_close();
        }
    }

    /// Closes the innermost frame where its closer is missing.
    pub(super) fn force_close(&mut self) {
        let frame = self.top().clone();
        if frame.kind != FrameKind::Hole && !self.gave_up {
            let at = self.place_of_missing(&frame);
            let kind = MistakeKind::UnclosedBracket { opener: frame.opener as u32, close: frame.close };
            self.mistakes.add(kind, at, at);
        }
        self.close_frame();
        self.push_unwritten(frame.close);
    }

    /// Returns where a missing closer belongs: after the last token, or on the blank line that follows it when
    /// the frame's entries have lines of their own.
    fn place_of_missing(&self, frame: &Frame) -> usize {
        let end = self.end_of(self.last_token);
        if !frame.tall {
            return end;
        }
        let rest = &self.text[end..];
        let Some(length) = rest.find('\n') else { return end };
        let next = &rest[length + 1..];
        let blank = next.lines().next().unwrap_or_default();
        if blank.trim().is_empty() && !next.is_empty() { end + length + 1 + blank.len() } else { end }
    }
}
