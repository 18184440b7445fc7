//! A word of a command, as far as it is known before the script runs. Knows no commands.

/// What a word is made of, quotes removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Plain(String),
    Quoted(String),
    /// The value of a hole.
    Hole(usize),
    /// Something that only the shell knows: an expansion, a raw text.
    Unknown,
}

/// A text whose way through the script can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The value of a hole.
    Hole(usize),
    /// A here-document with all the values in it, some of which may not have been read yet.
    Document(usize),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) pieces: Vec<Piece>,
    /// What reaches this word as text: its own holes, and what a substitution in it prints.
    pub(super) flows: Vec<Flow>,
}

impl Word {
    pub(super) fn plain(&mut self, char: char) {
        match self.pieces.last_mut() {
            Some(Piece::Plain(text)) => text.push(char),
            Some(Piece::Quoted(_) | Piece::Hole(_) | Piece::Unknown) | None => {
                self.pieces.push(Piece::Plain(char.to_string()));
            }
        }
    }

    pub(super) fn quoted(&mut self, char: char) {
        match self.pieces.last_mut() {
            Some(Piece::Quoted(text)) => text.push(char),
            Some(Piece::Plain(_) | Piece::Hole(_) | Piece::Unknown) | None => {
                self.pieces.push(Piece::Quoted(char.to_string()));
            }
        }
    }

    /// Notes that a quote was opened, which makes even an empty word a word.
    pub(super) fn open_quote(&mut self) {
        self.pieces.push(Piece::Quoted(String::new()));
    }

    pub(super) fn unknown(&mut self) {
        self.pieces.push(Piece::Unknown);
    }

    pub(super) fn hole(&mut self, hole: usize) {
        self.pieces.push(Piece::Hole(hole));
        self.flows.push(Flow::Hole(hole));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Returns the holes that stand in the word itself.
    pub(super) fn holes(&self) -> impl Iterator<Item = usize> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(*hole),
            Piece::Plain(_) | Piece::Quoted(_) | Piece::Unknown => None,
        })
    }

    /// Returns the text up to the first thing that is not known yet.
    pub(super) fn head(&self) -> String {
        let known = self.pieces.iter().map_while(|piece| match piece {
            Piece::Plain(text) | Piece::Quoted(text) => Some(text.as_str()),
            Piece::Hole(_) | Piece::Unknown => None,
        });
        known.collect()
    }

    /// Returns the text after the last thing that is not known yet.
    pub(super) fn tail(&self) -> String {
        let mut tail = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(text) | Piece::Quoted(text) => tail.push_str(text),
                Piece::Hole(_) | Piece::Unknown => tail.clear(),
            }
        }
        tail
    }

    /// Tells whether nothing may be left of the word: an expansion out of quotes can be empty.
    pub(super) fn may_vanish(&self) -> bool {
        self.pieces.iter().all(|piece| *piece == Piece::Unknown)
    }

    /// Tells whether the word ends inside of a subscript, as `list[` does.
    pub(super) fn is_open_subscript(&self) -> bool {
        let Some(Piece::Plain(first)) = self.pieces.first() else { return false };
        let closes = |piece: &Piece| matches!(piece, Piece::Plain(text) if text.contains(']'));
        first.split_once('[').is_some_and(|(name, _)| is_name(name)) && !self.pieces.iter().any(closes)
    }

    /// Returns the whole text, if all of it is known.
    pub(super) fn literal(&self) -> Option<String> {
        self.is_known().then(|| self.head())
    }

    pub(super) fn is_known(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Hole(_) | Piece::Unknown))
    }

    /// Returns the text, if no part of it is quoted or unknown: only then it can be a word of the shell's own.
    pub(super) fn bare(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Plain(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns the name of the variable that this word would set, if it is an assignment with a known name.
    pub(super) fn assigned(&self) -> Option<&str> {
        let Some(Piece::Plain(text)) = self.pieces.first() else { return None };
        let name = text.split('=').next().expect("splitting gives at least one part");
        let name = if name.len() < text.len() { name } else { return None };
        let name = name.strip_suffix('+').unwrap_or(name);
        let name = name.split('[').next().expect("splitting gives at least one part");
        is_name(name).then_some(name)
    }

    /// Returns the hole that stands left of the `=` of what would be an assignment, name or subscript.
    pub(super) fn hole_in_name(&self) -> Option<usize> {
        let mut found = None;
        let mut is_subscript = false;
        let mut is_closed = false;
        for piece in &self.pieces {
            match piece {
                Piece::Plain(text) => {
                    let left = text.split('=').next().expect("splitting gives at least one part");
                    is_subscript |= left.contains('[');
                    is_closed |= left.contains(']');
                    let fits = |char: char| char.is_ascii_alphanumeric() || "_[]+".contains(char) || is_subscript;
                    if !left.chars().all(fits) {
                        return None;
                    }
                    if left.len() < text.len() {
                        return found;
                    }
                }
                Piece::Hole(hole) => found = found.or(Some(*hole)),
                Piece::Quoted(_) if is_subscript => {}
                Piece::Quoted(text) if text.is_empty() => {}
                Piece::Quoted(_) => return None,
                Piece::Unknown => {}
            }
        }
        // Bash reads on to the bracket, over blanks and operators.
        found.filter(|_| is_subscript && !is_closed)
    }

    /// Returns the holes before the first `=`, quoted or not; all of them if there is none.
    pub(super) fn holes_before_equals(&self) -> Vec<usize> {
        let mut holes = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(text) | Piece::Quoted(text) if text.contains('=') => return holes,
                Piece::Hole(hole) => holes.push(*hole),
                Piece::Plain(_) | Piece::Quoted(_) | Piece::Unknown => {}
            }
        }
        holes
    }
}

pub(super) fn is_name(text: &str) -> bool {
    text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        && text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
}
