//! A document before it has a format: headings, texts, tables, pictures. What stands in it is always text, never markup:
//! whatever a name or a message holds, each format writes it so that it stays what it is.

use super::plot::Plot;

/// A document.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub title: String,
    pub blocks: Vec<Block>,
}

/// One part of a document.
#[derive(Debug, Clone)]
pub(super) enum Block {
    /// With its depth: 2 below the title.
    Heading(u8, String),
    Text(Vec<Span>),
    List(Vec<Vec<Span>>),
    /// Names with what they are.
    Facts(Vec<(String, Vec<Span>)>),
    Table(Table),
    Picture(Box<Plot>),
    /// Lines as they were, in a face in which they stand below each other.
    Lines(Vec<String>),
}

/// A table: its caption says what its rows are.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub caption: String,
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<Vec<Span>>>,
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    Plain(String),
    /// A name, a path, a value: something that is typed as it stands.
    Code(String),
    /// A word that says how it went.
    Word(Mood, String),
}

/// How a word is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Careful,
    Bad,
    Quiet,
}

impl Page {
    pub fn new(title: impl Into<String>) -> Page {
        Page { title: title.into(), blocks: Vec::new() }
    }

    pub fn heading(&mut self, depth: u8, text: &str) {
        self.blocks.push(Block::Heading(depth, text.to_owned()));
    }

    pub fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(vec![Span::Plain(text.into())]));
    }

    /// Adds a table, unless it has no rows.
    pub fn table(&mut self, caption: impl Into<String>, head: &[&'static str], rows: Vec<Vec<Vec<Span>>>) {
        if !rows.is_empty() {
            self.blocks.push(Block::Table(Table { caption: caption.into(), head: head.to_vec(), rows }));
        }
    }

    /// Adds a section with one table, unless that has no rows.
    pub fn section(&mut self, title: &str, caption: &str, head: &[&'static str], rows: Vec<Vec<Vec<Span>>>) {
        if !rows.is_empty() {
            self.heading(2, title);
            self.table(caption, head, rows);
        }
    }
}

pub(super) fn plain(text: impl Into<String>) -> Vec<Span> {
    vec![Span::Plain(text.into())]
}

pub(super) fn code(text: impl Into<String>) -> Vec<Span> {
    vec![Span::Code(text.into())]
}
