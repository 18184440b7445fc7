//! Texts in quotes: quoted, raw and in blocks, and the holes in them. A quoted text and a hole end on their
//! line, so that a forgotten quote spoils one line and not the file.

use super::{Hole, Lexer};
use crate::syntax::mistake::MistakeKind;
use crate::syntax::token::TokenKind;

const BLOCK_MARK: &[u8] = b"\"\"\"";

/// How a stretch of text ended.
enum Stretch {
    Closed,
    Hole,
    Unclosed,
}

impl Lexer<'_> {
    pub(super) fn open_text(&mut self) {
        let start = self.at;
        let block = self.bytes[start..].starts_with(BLOCK_MARK);
        self.at += if block { 3 } else { 1 };
        self.stretch(start, start, block, true);
    }

    /// Goes on with the text after the `}` of a hole.
    pub(super) fn close_hole(&mut self) {
        let hole = self.holes.pop().expect("the caller saw an open hole");
        let start = self.at;
        self.at += 1;
        self.stretch(start, hole.text, hole.block, false);
    }

    /// Reads text up to its end or the next hole and adds the token. `head`: the text begins here.
    fn stretch(&mut self, start: usize, text: usize, block: bool, head: bool) {
        let fresh = self.fresh;
        let end = if block { self.block_stretch(text) } else { self.quoted_stretch(start) };
        let kind = match (&end, head) {
            (Stretch::Hole, true) => TokenKind::TextHead,
            (Stretch::Hole, false) => TokenKind::TextMiddle,
            (Stretch::Closed | Stretch::Unclosed, true) => TokenKind::Text,
            (Stretch::Closed | Stretch::Unclosed, false) => TokenKind::TextTail,
        };
        if let Stretch::Hole = end {
            self.holes.push(Hole { braces: 0, block, text, mark: self.at - 2 });
        }
        if let Stretch::Unclosed = end {
            let kind = if block { MistakeKind::UnclosedBlock } else { MistakeKind::UnclosedText };
            let mark = if block { text + 3 } else { text + 1 };
            self.mistakes.add(kind, text, mark);
        }
        self.fresh = fresh;
        // Nothing is left for a block whose hole and whose end both are missing.
        if self.at > start {
            self.token(kind, start);
        }
    }

    fn quoted_stretch(&mut self, start: usize) -> Stretch {
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            match byte {
                b'"' => {
                    self.at += 1;
                    return Stretch::Closed;
                }
                b'\n' => break,
                0..=8 | 11..=12 | 14..=31 | 127 => self.control(),
                b'\\' => self.escape(),
                b'$' => {
                    if self.passes_hole_mark() {
                        return Stretch::Hole;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.give_back(start);
        Stretch::Unclosed
    }

    /// A character that no editor shows has no place in a text; an escape can name it.
    fn control(&mut self) {
        self.mistakes.add(MistakeKind::Junk, self.at, self.at + 1);
        self.at += 1;
    }

    /// Passes a `$`, a `$${`, or a `${`; says whether it was the last.
    fn passes_hole_mark(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        let opens = rest.starts_with(b"${");
        self.at += match rest {
            [b'$', b'$', b'{', ..] => 3,
            [b'$', b'{', ..] => 2,
            _ => 1,
        };
        opens
    }

    fn escape(&mut self) {
        let start = self.at;
        self.at += 1;
        let known = match self.byte_at(self.at) {
            b'n' | b't' | b'r' | b'\\' | b'"' => {
                self.at += 1;
                true
            }
            b'u' => self.unicode_escape(),
            _ => {
                let next = self.char_at(self.at).filter(|it| !matches!(it, '\n' | '\r'));
                self.at += next.map_or(0, char::len_utf8);
                false
            }
        };
        if !known {
            self.mistakes.add(MistakeKind::UnknownEscape, start, self.at);
        }
    }

    /// Passes `u{1F600}`; says whether it names a character.
    fn unicode_escape(&mut self) -> bool {
        self.at += 1;
        let Some(rest) = self.text[self.at..].strip_prefix('{') else { return false };
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if !rest[digits..].starts_with('}') {
            return false;
        }
        self.at += digits + 2;
        let number = u32::from_str_radix(&rest[..digits], 16).ok();
        number.and_then(char::from_u32).is_some()
    }

    /// A text that is not closed on its line leaves the brackets at the line's end to the line.
    fn give_back(&mut self, start: usize) {
        let floor = start + 1;
        let mut open = self.line_open.clone();
        let mut end = self.at;
        while end > floor {
            let closes = match (self.bytes[end - 1], open.last()) {
                (b' ' | b'\t' | b'\r', _) => true,
                (b')', Some(b'(')) | (b']', Some(b'[')) | (b'}', Some(b'{')) => open.pop().is_some(),
                (b'{', _) if end == self.bytes[..self.at].trim_ascii_end().len() => self.bytes[end - 2] == b' ',
                _ => false,
            };
            if !closes {
                break;
            }
            end -= 1;
        }
        self.at = end;
    }

    fn block_stretch(&mut self, text: usize) -> Stretch {
        let start = self.at;
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            match byte {
                b'"' if self.bytes[self.at..].starts_with(BLOCK_MARK) => {
                    self.at += 3;
                    return Stretch::Closed;
                }
                b'\n' if !self.holes.is_empty() => return Stretch::Unclosed,
                0..=8 | 11..=12 | 14..=31 | 127 => self.control(),
                b'$' => {
                    if self.passes_hole_mark() {
                        return Stretch::Hole;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = self.block_end(text, start);
        Stretch::Unclosed
    }

    /// Returns where a block that is never closed may have been meant to end: before the first line that is
    /// indented no deeper than the line on which the block begins.
    fn block_end(&self, text: usize, start: usize) -> usize {
        let line = self.text[..text].rfind('\n').map_or(0, |it| it + 1);
        let depth = indentation(&self.text[line..]);
        let mut at = start;
        while let Some(length) = self.text[at..].find('\n') {
            let next = &self.text[at + length + 1..];
            let blank = next.lines().next().unwrap_or_default().trim().is_empty();
            if !blank && indentation(next) <= depth {
                return at + length;
            }
            at += length + 1;
        }
        self.bytes.len()
    }

    /// A line ended inside holes: the texts around them end here, but a block goes on.
    pub(super) fn abandon_holes(&mut self) {
        if let Some(hole) = self.holes.first() {
            self.mistakes.add(MistakeKind::UnclosedHole, hole.mark, hole.mark + 2);
        }
        while let Some(hole) = self.holes.pop() {
            if hole.block && self.at < self.bytes.len() && self.holes.is_empty() {
                self.fresh = false;
                return self.stretch(self.at, hole.text, true, false);
            }
        }
    }

    pub(super) fn starts_raw(&self) -> bool {
        let rest = &self.bytes[self.at + 1..];
        let hashes = rest.iter().take_while(|it| **it == b'#').count();
        rest.get(hashes) == Some(&b'"')
    }

    /// `r"…"` and `r#"…"#`: nothing in it is special.
    pub(super) fn raw_text(&mut self) {
        let start = self.at;
        let hashes = self.bytes[start + 1..].iter().take_while(|it| **it == b'#').count();
        self.at += 2 + hashes;
        while self.at < self.bytes.len() && self.bytes[self.at] != b'\n' {
            self.at += 1;
            let closers = &self.bytes[self.at..];
            if self.bytes[self.at - 1] == b'"' && closers.iter().take_while(|it| **it == b'#').count() >= hashes {
                self.at += hashes;
                return self.token(TokenKind::Text, start);
            }
        }
        self.give_back(start + 1 + hashes);
        self.mistakes.add(MistakeKind::UnclosedText, start, start + 2 + hashes);
        self.token(TokenKind::Text, start);
    }

    /// A text in the quotes of other languages, or a lone `'`.
    pub(super) fn single_quoted(&mut self) {
        let start = self.at;
        let length = self.bytes[start + 1..].iter().position(|it| matches!(it, b'\'' | b'\n'));
        let Some(length) = length.filter(|it| self.bytes[start + 1 + it] == b'\'') else { return self.junk() };
        self.at += length + 2;
        self.mistakes.add(MistakeKind::SingleQuotes, start, self.at);
        self.token(TokenKind::Text, start);
    }
}

/// Counts the blanks a text begins with.
fn indentation(text: &str) -> usize {
    text.bytes().take_while(|it| matches!(it, b' ' | b'\t')).count()
}
