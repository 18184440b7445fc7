//! A text with a name and an index of its lines. Never reads a file: the text is handed in.

use std::sync::Arc;

use super::{SourceId, Span};

/// One text of a compilation.
#[derive(Debug, Clone)]
pub struct Source {
    id: SourceId,
    path: Arc<str>,
    text: Arc<str>,
    /// The byte at which each line starts; line 1 starts at `line_starts[0]`, which is 0.
    line_starts: Arc<[u32]>,
}

/// A place as people count it: lines from 1, columns from 1 in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    pub line: u32,
    pub column: u32,
}

impl Source {
    /// Wraps a text under the name that diagnostics show.
    pub fn new(id: SourceId, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        let text: Arc<str> = text.into();
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1));
        Source { id, path: path.into(), line_starts: starts.collect(), text }
    }

    pub fn id(&self) -> SourceId {
        self.id
    }

    /// The name under which the text was read: a path as the user wrote it, or `std.name`.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    pub fn line_count(&self) -> u32 {
        self.line_starts.len() as u32
    }

    /// Returns the line, from 0, that holds this byte.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32 - 1
    }

    /// Returns the byte range of a line counted from 0, without its line end.
    pub fn line_range(&self, line: u32) -> std::ops::Range<usize> {
        let start = self.line_starts[line as usize] as usize;
        let end = self.line_starts.get(line as usize + 1).map_or(self.text.len(), |it| *it as usize);
        start..start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }

    /// Returns where a byte stands for people. An offset inside a character counts as that character.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_of(offset);
        let start = self.line_starts[line as usize] as usize;
        let upto = offset as usize;
        let before = self.text.as_bytes()[start..upto.min(self.text.len())].iter();
        // Continuation bytes are no characters of their own.
        let column = before.filter(|byte| (**byte & 0xC0) != 0x80).count() as u32;
        LineColumn { line: line + 1, column: column + 1 }
    }
}

/// All texts of one compilation, by id.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Adds a text and returns its id.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(self.list.len() as u32);
        self.list.push(Source::new(id, path, text));
        id
    }

    pub fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.list.iter()
    }

    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).slice(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let source = Source::new(SourceId(0), "a", "ä = 1\r\nb");
        assert_eq!(source.line_column(0), LineColumn { line: 1, column: 1 });
        assert_eq!(source.line_column(3), LineColumn { line: 1, column: 3 });
        assert_eq!(source.line_column(8), LineColumn { line: 2, column: 1 });
        assert_eq!(&source.text()[source.line_range(0)], "ä = 1");
        assert_eq!(source.line_column(9), LineColumn { line: 2, column: 2 });
    }
}
