//! The template as it is read, and the script as it is written: everything read is copied, and holes become
//! variables. Knows nothing of shells but how a variable is quoted in each kind of place.

use super::script::{Part, Segment};

/// One step of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Char(char),
    /// The hole at this position among the holes.
    Hole(usize),
    /// The raw hole with this index of the caller's.
    Raw(usize),
}

/// How the text around a hole is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Bare,
    /// In `"…"` or in a here-document.
    Double,
    Single,
    /// In `$'…'`.
    Ansi,
}

pub(super) struct Tape {
    items: Vec<Item>,
    at: usize,
    names: Vec<String>,
    segments: Vec<Segment>,
    text: String,
}

impl Tape {
    pub(super) fn new(parts: &[Part], names: Vec<String>) -> Tape {
        let mut items = Vec::new();
        let mut holes = 0;
        for part in parts {
            match part {
                Part::Text(text) => items.extend(text.chars().map(Item::Char)),
                Part::Hole(_) => {
                    items.push(Item::Hole(holes));
                    holes += 1;
                }
                Part::Raw(hole) => items.push(Item::Raw(hole.index)),
            }
        }
        Tape { items, at: 0, names, segments: Vec::new(), text: String::new() }
    }

    pub(super) fn peek(&self) -> Option<Item> {
        self.items.get(self.at).copied()
    }

    /// Returns the character that lies this many items ahead, if it is one.
    pub(super) fn char_at(&self, ahead: usize) -> Option<char> {
        match self.items.get(self.at + ahead) {
            Some(Item::Char(char)) => Some(*char),
            Some(Item::Hole(_) | Item::Raw(_)) | None => None,
        }
    }

    pub(super) fn item_at(&self, ahead: usize) -> Option<Item> {
        self.items.get(self.at + ahead).copied()
    }

    pub(super) fn is_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, char)| self.char_at(ahead) == Some(char))
    }

    /// Copies the next item, which must not be a hole. At the end there is nothing to copy.
    pub(super) fn copy(&mut self) {
        match self.peek() {
            None => return,
            Some(Item::Char(char)) => self.text.push(char),
            Some(Item::Raw(index)) => {
                self.flush();
                self.segments.push(Segment::Raw(index));
            }
            Some(Item::Hole(_)) => unreachable!("a hole is written by `hole`, with its quoting"),
        }
        self.at += 1;
    }

    pub(super) fn copy_many(&mut self, count: usize) {
        (0..count).for_each(|_| self.copy());
    }

    /// Reads the next character and writes another text for it.
    pub(super) fn replace(&mut self, text: &str) {
        self.text.push_str(text);
        self.at += 1;
    }

    /// Writes the variable of the next item, which is a hole, as its place needs.
    pub(super) fn hole(&mut self, quoting: Quoting) {
        let Some(Item::Hole(hole)) = self.peek() else { unreachable!("the caller has seen a hole here") };
        let name = &self.names[hole];
        let lowered = match quoting {
            Quoting::Bare => format!("\"${{{name}}}\""),
            Quoting::Double => format!("${{{name}}}"),
            Quoting::Single => format!("'\"${{{name}}}\"'"),
            Quoting::Ansi => format!("'\"${{{name}}}\"$'"),
        };
        self.replace(&lowered);
    }

    /// Reads nothing more.
    pub(super) fn abandon(&mut self) {
        self.at = self.items.len();
    }

    pub(super) fn finish(mut self) -> Vec<Segment> {
        self.flush();
        self.segments
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.segments.push(Segment::Text(std::mem::take(&mut self.text)));
        }
    }
}
