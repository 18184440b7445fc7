//! Texts: what their escapes mean, where their holes are, how a block loses its indentation.

use std::borrow::Cow;

use super::Expr;
use crate::source::Span;
use crate::syntax::node::NodeKind;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::Tree;

/// A text where it is written.
#[derive(Debug, Clone, Copy)]
pub struct TextLiteral<'t> {
    pub(super) tree: &'t Tree,
    pub(super) node: u32,
}

/// How a text is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextForm {
    /// `"…"`
    Quoted,
    /// `r"…"` or `r#"…"#`
    Raw,
    /// `"""…"""`
    Block,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub enum TextPart<'t> {
    /// Characters as they are meant, and where they are written.
    Chunk(Cow<'t, str>, Span),
    /// The value of a `${…}`, and the place of the whole hole.
    Hole(Expr<'t>, Span),
}

impl<'t> TextLiteral<'t> {
    pub fn span(self) -> Span {
        self.tree.span_of(self.node)
    }

    pub fn form(self) -> TextForm {
        let text = self.tree.slice(self.span());
        if text.starts_with('r') {
            TextForm::Raw
        } else if text.starts_with("\"\"\"") {
            TextForm::Block
        } else {
            TextForm::Quoted
        }
    }

    /// Returns the text's parts in order; empty chunks are left out.
    pub fn parts(self) -> impl Iterator<Item = TextPart<'t>> {
        self.collected().into_iter()
    }

    /// Returns the whole text, if it has no hole.
    pub fn plain(self) -> Option<String> {
        let mut whole = String::new();
        for part in self.collected() {
            match part {
                TextPart::Chunk(chunk, _) => whole.push_str(&chunk),
                TextPart::Hole(..) => return None,
            }
        }
        Some(whole)
    }

    fn collected(self) -> Vec<TextPart<'t>> {
        let chunks = self.chunks();
        let block = (self.form() == TextForm::Block).then(|| Margin::of(&chunks, self.tree));
        let mut holes = self.holes().peekable();
        let mut parts = Vec::with_capacity(chunks.len() * 2);
        for (index, span) in chunks.iter().enumerate() {
            let raw = self.tree.slice(*span);
            let chunk = match (self.form(), &block) {
                (TextForm::Block, Some(margin)) => margin.cut(raw, index == 0, index + 1 == chunks.len()),
                (TextForm::Raw, _) => Cow::Borrowed(raw),
                _ => unescape(raw),
            };
            if !chunk.is_empty() {
                parts.push(TextPart::Chunk(chunk, *span));
            }
            if let Some(value) = holes.next() {
                let end = chunks.get(index + 1).map_or(value.span().end, |it| it.start);
                // From after the characters before it to the first after its `}`.
                parts.push(TextPart::Hole(value, Span::new(span.source, span.end, end.max(span.end))));
            }
        }
        parts
    }

    fn holes(self) -> impl Iterator<Item = Expr<'t>> {
        let tree = self.tree;
        let leaf = tree.node(self.node).kind == NodeKind::Leaf;
        let holes = tree.children(self.node).filter(move |it| !leaf && tree.node(*it).kind == NodeKind::Hole);
        holes.filter_map(move |it| Expr::within(tree, it))
    }

    /// Returns where characters are written, without quotes and the marks of holes.
    fn chunks(self) -> Vec<Span> {
        let tree = self.tree;
        let node = tree.node(self.node);
        let mut chunks = vec![self.inside(node.first)];
        let holes = tree.children(self.node).filter(|it| tree.node(*it).kind == NodeKind::Hole);
        for hole in holes {
            let mut token = tree.node(hole).last + 1;
            while token <= node.last && tree.tokens.kinds[token as usize] == TokenKind::Stray {
                token += 1;
            }
            if token <= node.last {
                chunks.push(self.inside(token));
            }
        }
        chunks
    }

    /// Returns the place of a token's characters, without what marks its beginning and its end.
    fn inside(self, token: u32) -> Span {
        let span = self.tree.token_span(token, token);
        let text = self.tree.slice(span);
        let (open, close) = match (self.form(), self.tree.tokens.kinds[token as usize]) {
            (form, TokenKind::Text) => marks(form, text),
            (form, TokenKind::TextHead) => (marks(form, text).0, "${".len()),
            (_, TokenKind::TextMiddle) => (1, "${".len()),
            (form, _) => (usize::from(text.starts_with('}')), marks(form, text).1),
        };
        let start = (span.start + open as u32).min(span.end);
        let end = span.end.saturating_sub(close as u32).max(start);
        Span { start, end, ..span }
    }
}

/// Counts the bytes of a text's opening and closing marks; one that is not closed has no closing mark.
fn marks(form: TextForm, text: &str) -> (usize, usize) {
    let (open, close) = match form {
        TextForm::Quoted => (1, "\"".to_owned()),
        TextForm::Block => (3, "\"\"\"".to_owned()),
        TextForm::Raw => {
            let hashes = text.bytes().skip(1).take_while(|it| *it == b'#').count();
            (2 + hashes, format!("\"{}", "#".repeat(hashes)))
        }
    };
    // What stands in single quotes is a text with a mistake, closed by its own mark.
    let single = form == TextForm::Quoted && text.starts_with('\'') && text.len() > 1;
    let closed = single || text.len() >= open + close.len() && text.ends_with(&close) && !ends_escaped(form, text);
    let tail = text.starts_with('}') && text.ends_with(&close);
    (open, if closed || tail { close.len() } else { 0 })
}

/// Returns whether the last quote of a text is an escaped one.
fn ends_escaped(form: TextForm, text: &str) -> bool {
    let before = text.as_bytes()[..text.len() - 1].iter().rev();
    form == TextForm::Quoted && before.take_while(|it| **it == b'\\').count() % 2 == 1
}

/// Resolves the escapes of a quoted text.
fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains(['\\', '$']) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['\\', '$']) {
        out.push_str(&rest[..at]);
        let (meant, length) = escape(&rest[at..]);
        out.push_str(&meant);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns what the escape at the start of a text means, and its length; one that is unknown means itself.
fn escape(text: &str) -> (Cow<'_, str>, usize) {
    let simple = [("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\\\", "\\"), ("\\\"", "\""), ("$${", "${")];
    if let Some((written, meant)) = simple.iter().find(|(written, _)| text.starts_with(written)) {
        return (Cow::Borrowed(meant), written.len());
    }
    let code = text.strip_prefix("\\u{").and_then(|it| it.split_once('}')).map(|(code, _)| code);
    let named = code.and_then(|it| u32::from_str_radix(it, 16).ok()).and_then(char::from_u32);
    match (code, named) {
        (Some(code), Some(it)) => (Cow::Owned(it.to_string()), code.len() + "\\u{}".len()),
        _ => (Cow::Borrowed(&text[..1]), 1),
    }
}

/// The indentation that all lines of a block share.
struct Margin {
    width: usize,
}

impl Margin {
    /// Measures the lines that hold something, a hole or the closing mark.
    fn of(chunks: &[Span], tree: &Tree) -> Margin {
        let mut width = usize::MAX;
        for span in chunks {
            let lines: Vec<&str> = tree.slice(*span).split('\n').collect();
            let count = lines.len();
            for (number, line) in lines.into_iter().enumerate().skip(1) {
                let ends_chunk = number + 1 == count;
                if ends_chunk || !line.trim().is_empty() {
                    width = width.min(line.len() - line.trim_start_matches([' ', '\t']).len());
                }
            }
        }
        Margin { width: if width == usize::MAX { 0 } else { width } }
    }

    /// Removes the margin, the line break after the opening mark and the blanks before the closing one.
    fn cut<'t>(&self, raw: &'t str, first: bool, last: bool) -> Cow<'t, str> {
        let mut lines: Vec<&str> = raw.split('\n').map(|it| it.strip_suffix('\r').unwrap_or(it)).collect();
        for line in lines.iter_mut().skip(1) {
            let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
            *line = &line[self.width.min(blanks)..];
        }
        if last && lines.len() > 1 && lines[lines.len() - 1].trim().is_empty() {
            lines.pop();
        }
        if first && lines.len() > 1 && lines[0].trim().is_empty() {
            lines.remove(0);
        }
        Cow::Owned(lines.join("\n").replace("$${", "${"))
    }
}
