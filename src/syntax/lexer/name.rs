//! Names: letters, digits, `_`, and `-` within. Knows no word of the language.

use super::Lexer;
use crate::syntax::token::TokenKind;

impl Lexer<'_> {
    pub(super) fn name(&mut self) {
        let start = self.at;
        self.at = name_end(self.text, start);
        self.token(TokenKind::Name, start);
    }
}

/// Returns where the name that starts here ends: letters, digits, `_`, and `-` before a letter or a digit.
fn name_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => at += 1,
            b'-' if continues_name(text, at + 1) => at += 1,
            0x80.. => match text[at..].chars().next() {
                Some(it) if pest::unicode::XID_CONTINUE(it) => at += it.len_utf8(),
                _ => break,
            },
            _ => break,
        }
    }
    at
}

/// Returns whether the character here lets a `-` before it belong to a name.
fn continues_name(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => text[at..].chars().next().is_some_and(pest::unicode::XID_CONTINUE),
        None => false,
    }
}
