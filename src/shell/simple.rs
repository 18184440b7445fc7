//! One simple command: assignments, words, redirections, and the conditions of bash. Decides which holes in it are
//! read a second time, by what `reading` tells of the words.

use super::command::Lowering;
use super::problem::Place;
use super::quote::is_meta;
use super::reading::{Kind, Reading, base_name, effective, readings};
use super::script::Dialect;
use super::tape::Item;
use super::word::{Flow, Word, is_name};

/// Variables whose values the shell expands by itself.
const STARTUP: [&str; 6] = ["PS1", "PS2", "PS4", "ENV", "BASH_ENV", "PROMPT_COMMAND"];

#[derive(Default)]
struct Command {
    words: Vec<Word>,
    /// Here-documents and here-strings.
    input: Vec<Flow>,
}

impl Lowering {
    /// Reads a simple command that is fed with these texts, and returns what it prints.
    pub(super) fn simple(&mut self, carried: &[Flow]) -> Vec<Flow> {
        let mut command = Command::default();
        loop {
            self.skip_blanks();
            match self.tape.peek() {
                Some(Item::Char('<' | '>')) if !self.is_process() => self.redirect(&mut command),
                Some(Item::Char('&')) if self.tape.char_at(1) == Some('>') => self.redirect(&mut command),
                Some(Item::Char('(')) if command.words.len() == 1 => {
                    self.function(&command.words[0]);
                    return Vec::new();
                }
                Some(Item::Char('#')) | None => break,
                Some(Item::Char(char)) if is_meta(char) && !self.is_process() => break,
                Some(_) => {
                    let mut word = self.word();
                    if self.dialect == Dialect::Bash && command.words.iter().all(is_assignment) {
                        self.subscript(&mut word);
                    }
                    let is_descriptor = matches!(self.tape.char_at(0), Some('<' | '>')) && is_descriptor(&word);
                    if !is_descriptor && !word.is_empty() {
                        command.words.push(word);
                    }
                }
            }
        }
        self.judge(&command, carried)
    }

    /// Reads on to the end of a subscript, in which bash takes blanks and operators as they are.
    fn subscript(&mut self, word: &mut Word) {
        while word.is_open_subscript() && self.tape.peek().is_some() {
            if self.tape.char_at(0).is_some_and(is_meta) {
                self.tape.copy();
            }
            let more = self.word();
            word.pieces.extend(more.pieces);
            word.flows.extend(more.flows);
        }
    }

    /// Tells whether bash's `<( … )` or `>( … )` begins here.
    fn is_process(&self) -> bool {
        self.dialect == Dialect::Bash && (self.tape.is_at("<(") || self.tape.is_at(">("))
    }

    fn function(&mut self, name: &Word) {
        self.refuse_direct(name, &Place::Name);
        self.tape.copy();
        self.skip_blanks();
        if self.tape.is_at(")") {
            self.tape.copy();
        }
    }

    fn redirect(&mut self, command: &mut Command) {
        const OPERATORS: [&str; 12] = ["<<<", "<<-", "&>>", "<<", "<&", "<>", ">>", ">&", ">|", "&>", "<", ">"];
        let operator = OPERATORS.into_iter().find(|it| self.tape.is_at(it)).expect("the caller has seen an operator");
        self.tape.copy_many(operator.len());
        self.skip_blanks();
        match operator {
            "<<" | "<<-" => {
                let id = self.open_document(operator == "<<-");
                command.input.push(Flow::Document(id));
            }
            "<<<" => {
                if self.dialect == Dialect::Sh {
                    self.complain(None, Place::HereString);
                }
                let word = self.word();
                command.input.extend(word.flows);
            }
            "<&" | ">&" => {
                let word = self.word();
                self.refuse_direct(&word, &Place::Descriptor);
            }
            _ => drop(self.word()),
        }
    }

    fn judge(&mut self, command: &Command, carried: &[Flow]) -> Vec<Flow> {
        let words = self.assignments(&command.words);
        let is_declared = effective(words).is_some_and(|words| self.declaration(words));
        let found = if is_declared { Default::default() } else { readings(words) };
        for (flows, reading) in &found.words {
            self.blame(flows, reading);
        }
        if let Some(reading) = &found.input {
            self.blame(carried, reading);
            self.blame(&command.input, reading);
            return Vec::new();
        }
        let mut printed = [carried, command.input.as_slice()].concat();
        let name = effective(words).and_then(|words| base_name(&words[0]));
        if matches!(name.as_deref(), Some("echo" | "printf")) {
            printed.extend(words.iter().flat_map(|word| &word.flows));
        }
        printed
    }

    /// Looks at the assignments before a command and returns its words.
    fn assignments<'a>(&mut self, words: &'a [Word]) -> &'a [Word] {
        let count = words.iter().take_while(|word| is_assignment(word)).count();
        for word in &words[..count] {
            self.refuse_name(word);
            self.assignment(word);
        }
        &words[count..]
    }

    fn assignment(&mut self, word: &Word) {
        let Some(name) = word.assigned() else { return };
        if STARTUP.contains(&name) {
            self.refuse_direct(word, &Place::Startup { variable: name.to_owned() });
        } else if self.dialect == Dialect::Bash && self.integers.contains(name) {
            self.refuse_direct(word, &Place::Arithmetic);
        }
    }

    /// Looks at `export`, `declare` and their kin, whose arguments are assignments. Tells whether it was one.
    fn declaration(&mut self, words: &[Word]) -> bool {
        let Some(name) = base_name(&words[0]) else { return false };
        if !["export", "readonly", "local", "declare", "typeset"].contains(&name.as_str()) {
            return false;
        }
        let is_option = |word: &&Word| word.head().starts_with('-');
        let letters: String = words[1..].iter().filter(is_option).map(Word::head).collect();
        for word in words[1..].iter().filter(|word| !is_option(word)) {
            for hole in word.holes_before_equals() {
                self.complain(Some(hole), Place::Name);
            }
            if letters.contains('i') {
                self.integers.extend(word.assigned().map(str::to_owned).or(word.literal()));
            }
            self.assignment(word);
            if letters.contains('n') {
                self.refuse_direct(word, &Place::Name);
            }
            // Bash reads the text of a list once more, even out of quotes.
            if self.dialect == Dialect::Bash && letters.contains(['a', 'A']) {
                let instead = "fill the list without the declaration, as in `list=(${…})`";
                let reading = Reading { by: name.clone(), kind: Kind::Program(instead) };
                self.refuse_direct(word, &reading.place());
            }
        }
        true
    }

    /// Reads bash's `[[ … ]]`, of which some operators calculate.
    pub(super) fn condition(&mut self) {
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.skip_lines();
            if self.tape.peek().is_none() {
                return self.unterminated("a `[[`");
            }
            let is_pattern = words.last().and_then(Word::bare) == Some("=~");
            let mut word = self.word();
            while is_pattern && self.tape.char_at(0).is_some_and(|char| is_meta(char) && !char.is_ascii_whitespace()) {
                self.tape.copy();
                word.flows.extend(self.word().flows);
            }
            if word.is_empty() {
                self.tape.copy();
                continue;
            }
            if word.bare() == Some("]]") {
                return self.condition_words(&words);
            }
            words.push(word);
        }
    }

    fn condition_words(&mut self, words: &[Word]) {
        for (at, word) in words.iter().enumerate() {
            match word.bare() {
                Some("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") => {
                    let sides = [at.checked_sub(1).and_then(|it| words.get(it)), words.get(at + 1)];
                    sides.into_iter().flatten().for_each(|side| self.refuse_direct(side, &Place::Arithmetic));
                }
                Some("-v" | "-R") => words.get(at + 1).into_iter().for_each(|it| self.refuse_direct(it, &Place::Name)),
                Some(_) | None => {}
            }
        }
    }
}

fn is_assignment(word: &Word) -> bool {
    word.assigned().is_some() || word.hole_in_name().is_some()
}

/// Tells whether a word directly before `<` or `>` is the descriptor that is redirected.
fn is_descriptor(word: &Word) -> bool {
    let Some(text) = word.bare() else { return false };
    let is_number = text.chars().all(|char| char.is_ascii_digit());
    is_number || text.strip_prefix('{').and_then(|it| it.strip_suffix('}')).is_some_and(is_name)
}
