//! Here-documents: from `<<` to the line that ends them. Knows no command but by what it told about its input.

use super::command::Lowering;
use super::problem::Place;
use super::quote::is_meta;
use super::reading::Reading;
use super::tape::{Item, Quoting};
use super::word::{Flow, Word};

/// A here-document of the script.
#[derive(Debug, Clone)]
pub(super) struct Document {
    delimiter: String,
    is_quoted: bool,
    /// Whether tabs at the start of its lines are dropped (`<<-`).
    drops_tabs: bool,
    /// Who reads the document as a program, if anyone does.
    pub(super) reading: Option<Reading>,
    /// What stands in it, as far as it has been read.
    pub(super) flows: Vec<Flow>,
}

impl Lowering {
    /// Reads the word after `<<` and returns the number of the document, whose lines come later.
    pub(super) fn open_document(&mut self, drops_tabs: bool) -> usize {
        let mut delimiter = String::new();
        let mut is_quoted = false;
        loop {
            match self.tape.peek() {
                Some(Item::Hole(hole)) => self.refuse(hole, Place::Delimiter),
                Some(Item::Raw(_)) => self.tape.copy(),
                Some(Item::Char(quote @ ('\'' | '"'))) => {
                    is_quoted = true;
                    self.quoted_delimiter(quote, &mut delimiter);
                }
                Some(Item::Char('\\')) => {
                    is_quoted = true;
                    self.tape.copy();
                    delimiter.extend(self.tape.char_at(0));
                    if matches!(self.tape.peek(), Some(Item::Char(_))) {
                        self.tape.copy();
                    }
                }
                Some(Item::Char(char)) if !is_meta(char) => {
                    delimiter.push(char);
                    self.tape.copy();
                }
                Some(Item::Char(_)) | None => break,
            }
        }
        let document = Document { delimiter, is_quoted, drops_tabs, reading: None, flows: Vec::new() };
        self.documents.push(document);
        self.pending.push(self.documents.len() - 1);
        self.documents.len() - 1
    }

    fn quoted_delimiter(&mut self, quote: char, delimiter: &mut String) {
        self.tape.copy();
        loop {
            match self.tape.peek() {
                Some(Item::Hole(hole)) => self.refuse(hole, Place::Delimiter),
                Some(Item::Raw(_)) => self.tape.copy(),
                Some(Item::Char(char)) => {
                    self.tape.copy();
                    if char == quote {
                        return;
                    }
                    delimiter.push(char);
                }
                None => return self.unterminated("a quote"),
            }
        }
    }

    /// Reads the documents that were opened on the line that ends here.
    pub(super) fn read_documents(&mut self) {
        for id in std::mem::take(&mut self.pending) {
            let mut word = Word::default();
            self.read_lines(id, &mut word);
            self.documents[id].flows = word.flows;
            if let Some(reading) = self.documents[id].reading.clone() {
                self.blame(&[Flow::Document(id)], &reading);
            }
        }
    }

    fn read_lines(&mut self, id: usize, word: &mut Word) {
        let Document { delimiter, is_quoted, drops_tabs, .. } = self.documents[id].clone();
        while self.tape.peek().is_some() {
            if let Some(length) = self.last_line(&delimiter, drops_tabs) {
                return self.tape.copy_many(length);
            }
            if is_quoted {
                self.quoted_line(&delimiter);
            } else {
                self.expanded_line(word);
            }
        }
        self.unterminated("a here-document");
    }

    /// Returns the length of this line with its end, if it is the one that ends the document.
    fn last_line(&self, delimiter: &str, drops_tabs: bool) -> Option<usize> {
        let tabs = (0..).take_while(|ahead| drops_tabs && self.tape.char_at(*ahead) == Some('\t')).count();
        let length = delimiter.chars().count();
        let is_same = delimiter.chars().enumerate().all(|(at, char)| self.tape.char_at(tabs + at) == Some(char));
        match self.tape.item_at(tabs + length) {
            None if is_same => Some(tabs + length),
            Some(Item::Char('\n')) if is_same => Some(tabs + length + 1),
            Some(_) | None => None,
        }
    }

    fn quoted_line(&mut self, delimiter: &str) {
        loop {
            match self.tape.peek() {
                Some(Item::Hole(hole)) => self.refuse(hole, Place::QuotedDocument { delimiter: delimiter.to_owned() }),
                Some(Item::Char('\n')) => return self.tape.copy(),
                Some(Item::Char(_) | Item::Raw(_)) => self.tape.copy(),
                None => return,
            }
        }
    }

    fn expanded_line(&mut self, word: &mut Word) {
        loop {
            match self.tape.peek() {
                Some(Item::Char('\n')) => return self.tape.copy(),
                // A document is quoted as `"…"` is, only that `"` is a character as any other.
                Some(Item::Hole(_)) => self.hole(word, Quoting::Double),
                Some(_) => self.in_double(word),
                None => return,
            }
        }
    }
}
