//! Turns a text into tokens, in one pass over its bytes. Knows characters; never what may follow what.
//!
//! - `name`: names, with the `-` in them
//! - `number`: everything that begins with a digit
//! - `text`: texts in quotes, with the holes in them
//! - `reference`: the lexer against `grammar/lexical.pest`, in tests

mod name;
mod number;
#[cfg(test)]
mod reference;
mod text;

pub(super) use number::unit_meant;

use super::mistake::{MistakeKind, Mistakes};
use super::token::{Comment, CommentKind, TokenKind, Tokens};

/// About how many bytes of a usual text there are for each token.
const BYTES_PER_TOKEN: usize = 6;

/// What the lexer makes of a text.
pub(super) struct Lexed {
    pub tokens: Tokens,
    pub comments: Vec<Comment>,
    pub mistakes: Mistakes,
}

/// A `${` that is not closed yet.
struct Hole {
    /// Braces opened inside it.
    braces: u32,
    /// Whether it stands in a text block.
    block: bool,
    /// Where the text begins.
    text: usize,
    /// Where the `${` stands.
    mark: usize,
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    source: crate::source::SourceId,
    tokens: Tokens,
    comments: Vec<Comment>,
    mistakes: Mistakes,
    holes: Vec<Hole>,
    /// The brackets opened on this line and not closed.
    line_open: Vec<u8>,
    /// Whether no token stands on this line yet.
    fresh: bool,
}

/// Splits a text into tokens and comments. What belongs to neither is blank.
pub(super) fn lex(text: &str, source: crate::source::SourceId) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        source,
        tokens: Tokens::with_capacity(text.len() / BYTES_PER_TOKEN),
        comments: Vec::new(),
        mistakes: Mistakes::default(),
        holes: Vec::new(),
        line_open: Vec::new(),
        fresh: true,
    };
    lexer.skip_preamble();
    while lexer.at < lexer.bytes.len() {
        lexer.step();
    }
    lexer.abandon_holes();
    Lexed { tokens: lexer.tokens, comments: lexer.comments, mistakes: lexer.mistakes }
}

impl Lexer<'_> {
    /// Passes a byte order mark and a `#!` line.
    fn skip_preamble(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        if self.text[self.at..].starts_with("#!") {
            self.comment(CommentKind::Shebang);
        }
    }

    fn step(&mut self) {
        match self.bytes[self.at] {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => self.line_end(),
            b'#' => {
                let doc = self.bytes[self.at..].starts_with(b"##");
                self.comment(if doc { CommentKind::Doc } else { CommentKind::Plain });
            }
            b'/' if self.byte_at(self.at + 1) == b'/' => {
                self.mistakes.add(MistakeKind::Foreign { write: "#" }, self.at, self.at + 2);
                self.comment(CommentKind::Plain);
            }
            b'"' => self.open_text(),
            b'r' if self.starts_raw() => self.raw_text(),
            b'\'' => self.single_quoted(),
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.name(),
            byte if byte >= 0x80 => match self.char_at(self.at) {
                Some(it) if pest::unicode::XID_START(it) => self.name(),
                _ => self.junk(),
            },
            byte => self.mark(byte),
        }
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn byte_at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Adds the token from `start` to here.
    fn token(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(kind, start, self.at, self.fresh);
        self.fresh = false;
    }

    fn line_end(&mut self) {
        self.line_open.clear();
        self.fresh = true;
        match self.holes.is_empty() {
            true => self.at += 1,
            false => self.abandon_holes(),
        }
    }

    fn comment(&mut self, kind: CommentKind) {
        let start = self.at;
        let length = self.bytes[start..].iter().position(|it| *it == b'\n').unwrap_or(self.bytes.len() - start);
        let text = self.text[start..start + length].trim_end_matches('\r');
        self.at = start + text.len();
        let span = crate::source::Span::new(self.source, start as u32, self.at as u32);
        self.comments.push(Comment { kind, span, alone: self.fresh });
    }

    /// One run of characters that mean nothing, as one token.
    fn junk(&mut self) {
        let start = self.at;
        for it in self.text[start..].chars() {
            let known = it.is_ascii() && !it.is_ascii_control() && !b"$@\\^`%&|~;!".contains(&(it as u8));
            if self.at > start && (known || matches!(it, '\n' | '\r' | '\t') || pest::unicode::XID_START(it)) {
                break;
            }
            self.at += it.len_utf8();
        }
        self.mistakes.add(MistakeKind::Junk, start, self.at);
        self.token(TokenKind::Stray, start);
    }

    /// Operators, brackets and marks.
    fn mark(&mut self, first: u8) {
        use TokenKind as T;
        let (kind, length) = match (first, self.byte_at(self.at + 1)) {
            (b'=', b'=') => (T::Equal, 2),
            (b'!', b'=') => (T::Unequal, 2),
            (b'<', b'=') => (T::AtMost, 2),
            (b'>', b'=') => (T::AtLeast, 2),
            (b'?', b'?') => (T::Coalesce, 2),
            (b'.', b'.') => (T::Range, 2),
            (b'&', b'&') => return self.foreign(T::And, 2, "and"),
            (b'|', b'|') => return self.foreign(T::Or, 2, "or"),
            (b'!', _) => return self.foreign(T::Not, 1, "not"),
            (b';', _) => return self.foreign(T::Comma, 1, ","),
            (b'=', _) => (T::Assign, 1),
            (b'<', _) => (T::Less, 1),
            (b'>', _) => (T::Greater, 1),
            (b'?', _) => (T::Question, 1),
            (b'.', _) => (T::Dot, 1),
            (b'|', _) => (T::Pipe, 1),
            (b'+', _) => (T::Plus, 1),
            (b'-', _) => (T::Minus, 1),
            (b'*', _) => (T::Times, 1),
            (b'/', _) => (T::Divide, 1),
            (b':', _) => (T::Colon, 1),
            (b',', _) => (T::Comma, 1),
            (b'(' | b'[' | b'{', _) => return self.open(first),
            (b')' | b']' | b'}', _) => return self.close(first),
            _ => return self.junk(),
        };
        let start = self.at;
        self.at += length;
        self.token(kind, start);
    }

    /// What other languages write for one of our words.
    fn foreign(&mut self, kind: TokenKind, length: usize, write: &'static str) {
        let start = self.at;
        self.at += length;
        self.mistakes.add(MistakeKind::Foreign { write }, start, self.at);
        self.token(kind, start);
    }

    fn open(&mut self, bracket: u8) {
        let kind = match bracket {
            b'(' => TokenKind::ParenOpen,
            b'[' => TokenKind::ListOpen,
            _ => TokenKind::BodyOpen,
        };
        if let (b'{', Some(hole)) = (bracket, self.holes.last_mut()) {
            hole.braces += 1;
        }
        self.line_open.push(bracket);
        self.at += 1;
        self.token(kind, self.at - 1);
    }

    fn close(&mut self, bracket: u8) {
        let (kind, opener) = match bracket {
            b')' => (TokenKind::ParenClose, b'('),
            b']' => (TokenKind::BracketClose, b'['),
            _ => (TokenKind::BraceClose, b'{'),
        };
        if let (b'}', Some(hole)) = (bracket, self.holes.last_mut()) {
            if hole.braces == 0 {
                return self.close_hole();
            }
            hole.braces -= 1;
        }
        if self.line_open.last() == Some(&opener) {
            self.line_open.pop();
        }
        self.at += 1;
        self.token(kind, self.at - 1);
    }
}
