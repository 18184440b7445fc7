//! Words, quotes and expansions: what the shell sees before it sees commands. Knows no command by name.

use super::command::{End, Lowering};
use super::problem::Place;
use super::script::Dialect;
use super::tape::{Item, Quoting};
use super::word::Word;

impl Lowering {
    /// Reads a word outside of quotes, up to a blank or an operator.
    pub(super) fn word(&mut self) -> Word {
        let mut word = Word::default();
        while let Some(item) = self.tape.peek() {
            match item {
                Item::Hole(_) => self.hole(&mut word, Quoting::Bare),
                Item::Raw(_) => self.raw(&mut word),
                Item::Char(char) if is_meta(char) => {
                    if !self.grouping(&mut word) {
                        break;
                    }
                }
                Item::Char('\\') => self.escape(&mut word),
                Item::Char('\'') => self.single(&mut word),
                Item::Char('"') => self.double(&mut word),
                Item::Char('$') => self.dollar(&mut word, Quoting::Bare),
                Item::Char('`') => self.backticks(&mut word),
                Item::Char(char) => {
                    word.plain(char);
                    self.tape.copy();
                }
            }
        }
        word
    }

    pub(super) fn hole(&mut self, word: &mut Word, quoting: Quoting) {
        if let Some(Item::Hole(hole)) = self.tape.peek() {
            word.hole(hole);
        }
        self.tape.hole(quoting);
    }

    fn raw(&mut self, word: &mut Word) {
        word.unknown();
        self.tape.copy();
    }

    /// Reads a parenthesis that belongs to a word of bash: an array, a pattern, the output of a process.
    fn grouping(&mut self, word: &mut Word) -> bool {
        if self.dialect == Dialect::Sh {
            return false;
        }
        if self.tape.is_at("<(") || self.tape.is_at(">(") {
            self.tape.copy();
            self.substitution(word);
            return true;
        }
        if self.tape.char_at(0) != Some('(') {
            return false;
        }
        let head = word.bare().unwrap_or_default();
        if head.ends_with('=') && word.assigned().is_some() {
            self.descend(|this| this.array(word));
            return true;
        }
        if head.ends_with(['?', '*', '+', '@', '!']) && head != "!" {
            self.descend(|this| this.pattern_group(word));
            return true;
        }
        false
    }

    /// Reads `( … )` after `name=`: words, each of them quoted as any other.
    fn array(&mut self, word: &mut Word) {
        self.tape.copy();
        loop {
            self.skip_lines();
            if self.tape.peek().is_none() {
                return self.unterminated("a list in parentheses");
            }
            if self.tape.is_at(")") {
                return self.tape.copy();
            }
            let element = self.word();
            if element.is_empty() {
                self.tape.copy();
            } else if element.head().starts_with('[') {
                self.refuse_name(&element);
            }
            word.flows.extend(element.flows);
            word.unknown();
        }
    }

    /// Reads `( … )` of a pattern such as `@(a|b)`.
    fn pattern_group(&mut self, word: &mut Word) {
        self.tape.copy();
        loop {
            let part = self.word();
            word.flows.extend(part.flows);
            word.unknown();
            match self.tape.char_at(0) {
                Some(')') => return self.tape.copy(),
                Some(_) => self.tape.copy(),
                None => return self.unterminated("a pattern in parentheses"),
            }
        }
    }

    fn escape(&mut self, word: &mut Word) {
        self.tape.copy();
        match self.tape.peek() {
            Some(Item::Hole(hole)) => self.refuse(hole, Place::Escaped),
            // A continued line: neither character is part of the word.
            Some(Item::Char('\n')) => self.tape.copy(),
            Some(Item::Char(char)) => {
                word.quoted(char);
                self.tape.copy();
            }
            Some(Item::Raw(_)) | None => {}
        }
    }

    fn single(&mut self, word: &mut Word) {
        self.tape.copy();
        word.open_quote();
        loop {
            match self.tape.peek() {
                Some(Item::Hole(_)) => self.hole(word, Quoting::Single),
                Some(Item::Raw(_)) => self.raw(word),
                Some(Item::Char('\'')) => return self.tape.copy(),
                Some(Item::Char(char)) => {
                    word.quoted(char);
                    self.tape.copy();
                }
                None => return self.unterminated("a single quote"),
            }
        }
    }

    pub(super) fn double(&mut self, word: &mut Word) {
        self.tape.copy();
        word.open_quote();
        self.descend(|this| {
            loop {
                match this.tape.peek() {
                    Some(Item::Char('"')) => return this.tape.copy(),
                    Some(_) => this.in_double(word),
                    None => return this.unterminated("a double quote"),
                }
            }
        });
    }

    /// Reads one step of text that is quoted as in `"…"`, which must not be at its end.
    pub(super) fn in_double(&mut self, word: &mut Word) {
        match self.tape.peek().expect("the caller has seen something here") {
            Item::Hole(_) => self.hole(word, Quoting::Double),
            Item::Raw(_) => self.raw(word),
            Item::Char('$') => self.dollar(word, Quoting::Double),
            Item::Char('`') => self.backticks(word),
            Item::Char('\\') => self.escape_in_double(word),
            Item::Char(char) => {
                word.quoted(char);
                self.tape.copy();
            }
        }
    }

    fn escape_in_double(&mut self, word: &mut Word) {
        self.tape.copy();
        match self.tape.peek() {
            Some(Item::Hole(hole)) => self.refuse(hole, Place::Escaped),
            Some(Item::Char(char)) => {
                if !matches!(char, '$' | '`' | '"' | '\\' | '\n') {
                    word.quoted('\\');
                }
                if char != '\n' {
                    word.quoted(char);
                }
                self.tape.copy();
            }
            Some(Item::Raw(_)) | None => {}
        }
    }

    /// Reads what begins with a dollar sign, which may be nothing but the sign.
    pub(super) fn dollar(&mut self, word: &mut Word, quoting: Quoting) {
        match self.tape.item_at(1) {
            // Bare before a variable, the sign would join with it: `$$` is a number, `$"` a translation.
            Some(Item::Hole(_)) => {
                word.quoted('$');
                self.tape.replace("\\$");
            }
            Some(Item::Char('(')) if self.tape.char_at(2) == Some('(') && self.is_arithmetic(3) => {
                word.unknown();
                self.tape.copy_many(3);
                self.descend(|this| this.arithmetic(word));
            }
            Some(Item::Char('(')) => {
                self.tape.copy();
                self.substitution(word);
            }
            Some(Item::Char('{')) => self.descend(|this| this.parameter(word, quoting)),
            Some(Item::Char('[')) if self.dialect == Dialect::Bash => {
                word.unknown();
                self.tape.copy_many(2);
                self.descend(|this| this.calculate(word, ']'));
            }
            Some(Item::Char('\'')) if quoting == Quoting::Bare => self.ansi(word),
            Some(Item::Char(char)) if is_parameter(char) => {
                word.unknown();
                self.tape.copy_many(2);
                let is_named = char.is_ascii_alphabetic() || char == '_';
                while is_named && self.tape.char_at(0).is_some_and(|it| it.is_ascii_alphanumeric() || it == '_') {
                    self.tape.copy();
                }
            }
            Some(Item::Char(_) | Item::Raw(_)) | None => {
                // A dollar sign before a double quote vanishes in bash and stays in sh.
                word.unknown();
                self.tape.copy();
            }
        }
    }

    /// Reads `( … )` with commands in it, whose output becomes part of the word.
    fn substitution(&mut self, word: &mut Word) {
        word.unknown();
        self.tape.copy();
        // A here-document of the outer line begins after that line, not inside of this.
        let pending = std::mem::take(&mut self.pending);
        let printed = self.descend(|this| this.list(End::Parenthesis));
        self.close_parenthesis();
        if !self.pending.is_empty() {
            self.unterminated("a here-document");
        }
        self.pending = pending;
        word.flows.extend(printed);
    }

    pub(super) fn close_parenthesis(&mut self) {
        if self.tape.is_at(")") {
            self.tape.copy();
        } else {
            self.unterminated("a parenthesis");
        }
    }

    /// Reads the shell's own `${ … }`.
    fn parameter(&mut self, word: &mut Word, quoting: Quoting) {
        word.unknown();
        self.tape.copy_many(2);
        let quotes = quoting == Quoting::Bare || self.is_pattern_expansion();
        let mut inner = Word::default();
        loop {
            match self.tape.peek() {
                Some(Item::Char('}')) => return self.tape.copy(),
                Some(Item::Char('\'')) if quotes => self.quoted_in_parameter(Lowering::single),
                Some(Item::Char('"')) => self.quoted_in_parameter(Lowering::double),
                Some(Item::Hole(hole)) => self.refuse(hole, Place::Parameter),
                Some(_) => self.in_double(&mut inner),
                None => return self.unterminated("a `${`"),
            }
        }
    }

    fn quoted_in_parameter(&mut self, read: impl FnOnce(&mut Lowering, &mut Word)) {
        let mut quoted = Word::default();
        read(self, &mut quoted);
        self.refuse_direct(&quoted, &Place::Parameter);
    }

    /// Tells whether the expansion that begins here takes a pattern, in which quotes count even inside of `"…"`.
    fn is_pattern_expansion(&self) -> bool {
        let start = usize::from(matches!(self.tape.char_at(0), Some('#' | '!')));
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let name = (start..).take_while(|ahead| self.tape.char_at(*ahead).is_some_and(is_name)).count();
        // A parameter that is no name, such as `@`, is one character long.
        matches!(self.tape.char_at(start + name.max(1)), Some('#' | '%' | '/' | '^' | ','))
    }

    /// Tells whether the text after `((` ends in `))`: otherwise it is a subshell in a subshell.
    pub(super) fn is_arithmetic(&self, from: usize) -> bool {
        let mut depth = 2;
        let mut ahead = from;
        while let Some(item) = self.tape.item_at(ahead) {
            match item {
                Item::Char('\\') => ahead += 1,
                Item::Char('(') => depth += 1,
                Item::Char(')') => depth -= 1,
                Item::Char(_) | Item::Hole(_) | Item::Raw(_) => {}
            }
            if depth == 1 {
                return self.tape.char_at(ahead + 1) == Some(')');
            }
            ahead += 1;
        }
        true
    }

    /// Reads from behind `((` to behind `))`.
    pub(super) fn arithmetic(&mut self, word: &mut Word) {
        self.calculate(word, ')');
        self.close_parenthesis();
    }

    /// Reads an expression up to its closing parenthesis or bracket.
    fn calculate(&mut self, word: &mut Word, close: char) {
        let open = if close == ')' { '(' } else { '[' };
        let mut depth = 0;
        loop {
            match self.tape.peek() {
                Some(Item::Hole(hole)) => self.refuse(hole, Place::Arithmetic),
                Some(Item::Char(char)) if char == close && depth == 0 => return self.tape.copy(),
                Some(Item::Char(char)) if char == close || char == open => {
                    if char == open {
                        depth += 1
                    } else {
                        depth -= 1
                    }
                    self.tape.copy();
                }
                Some(_) => self.in_double(word),
                None => return self.unterminated("a calculation"),
            }
        }
    }

    fn backticks(&mut self, word: &mut Word) {
        word.unknown();
        self.tape.copy();
        loop {
            match self.tape.peek() {
                Some(Item::Hole(hole)) => self.refuse(hole, Place::Backticks),
                Some(Item::Char('`')) => return self.tape.copy(),
                Some(Item::Char('\\')) => {
                    self.tape.copy();
                    if matches!(self.tape.peek(), Some(Item::Char(_))) {
                        self.tape.copy();
                    }
                }
                Some(Item::Char(_) | Item::Raw(_)) => self.tape.copy(),
                None => return self.unterminated("a backtick"),
            }
        }
    }

    /// Reads `$'…'`, in which bash knows escapes. In `sh` it is read as dash does, and refused where others differ.
    fn ansi(&mut self, word: &mut Word) {
        self.tape.copy_many(2);
        word.open_quote();
        loop {
            match (self.tape.peek(), self.dialect) {
                (Some(Item::Hole(hole)), Dialect::Sh) => self.refuse(hole, Place::AnsiQuote),
                (Some(Item::Hole(_)), Dialect::Bash) => self.hole(word, Quoting::Ansi),
                (Some(Item::Char('\'')), _) => return self.tape.copy(),
                (Some(Item::Char('\\')), _) => {
                    if self.dialect == Dialect::Sh && self.tape.char_at(1) == Some('\'') {
                        self.complain(None, Place::AnsiQuote);
                    }
                    self.escape(word);
                    word.unknown();
                }
                (Some(Item::Char(char)), _) => {
                    word.quoted(char);
                    self.tape.copy();
                }
                (Some(Item::Raw(_)), _) => self.raw(word),
                (None, _) => return self.unterminated("a single quote"),
            }
        }
    }
}

/// Tells whether a character ends a word.
pub(super) fn is_meta(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

/// Tells whether a dollar sign before this character is an expansion.
fn is_parameter(char: char) -> bool {
    char.is_ascii_alphanumeric() || "_@*#?-$!".contains(char)
}
