//! Lists, pipelines and compound commands: where commands begin and what flows from one into the next. Knows no
//! command by name but the shell's own words.

use std::collections::BTreeSet;

use super::document::Document;
use super::problem::{Place, Problem};
use super::quote::is_meta;
use super::reading::Reading;
use super::script::{Dialect, Hole, Segment};
use super::tape::{Item, Tape};
use super::word::{Flow, Word};

/// Deeper nesting is refused, so that no script can exhaust the stack.
const DEPTH_MAX: u32 = 64;

/// A template on its way to a script.
pub(super) struct Lowering {
    pub(super) tape: Tape,
    pub(super) dialect: Dialect,
    pub(super) documents: Vec<Document>,
    /// Documents that begin after the current line.
    pub(super) pending: Vec<usize>,
    /// Variables that bash calculates with when they are set.
    pub(super) integers: BTreeSet<String>,
    holes: Vec<Hole>,
    problems: Vec<Problem>,
    depth: u32,
}

/// What ends a list of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Script,
    Parenthesis,
    /// `;;` or `esac`.
    Branch,
}

/// What the commands of a list print, as far as it can be told.
#[derive(Default)]
struct Pipeline {
    /// Printed by earlier commands of the list.
    printed: Vec<Flow>,
    /// Printed by the command before the last `|`, and now read by the next.
    carried: Vec<Flow>,
    /// Printed by the command just read.
    stage: Vec<Flow>,
    /// The pipelines around this one, one for each compound command that is open.
    outer: Vec<(Vec<Flow>, Vec<Flow>)>,
    is_after_pipe: bool,
}

impl Pipeline {
    fn end(&mut self) {
        self.printed.append(&mut self.stage);
        self.carried.clear();
    }

    fn pipe(&mut self) {
        self.carried = std::mem::take(&mut self.stage);
        self.is_after_pipe = true;
    }

    fn push(&mut self, printed: Vec<Flow>) {
        self.stage.extend(printed);
        self.is_after_pipe = false;
    }

    fn open(&mut self) {
        self.outer.push((std::mem::take(&mut self.printed), std::mem::take(&mut self.carried)));
        self.is_after_pipe = false;
    }

    fn close(&mut self) {
        self.end();
        let (printed, carried) = self.outer.pop().unwrap_or_default();
        self.stage = std::mem::replace(&mut self.printed, printed);
        self.carried = carried;
    }
}

impl Lowering {
    pub(super) fn new(tape: Tape, holes: Vec<Hole>, dialect: Dialect) -> Lowering {
        // Bash gives these the integer attribute itself.
        let integers = ["RANDOM", "SRANDOM", "SECONDS", "LINENO", "OPTIND", "HISTCMD"].map(str::to_owned);
        Lowering {
            tape,
            dialect,
            documents: Vec::new(),
            pending: Vec::new(),
            integers: integers.into(),
            holes,
            problems: Vec::new(),
            depth: 0,
        }
    }

    pub(super) fn run(mut self) -> (Vec<Segment>, Vec<Problem>) {
        self.list(End::Script);
        if !self.pending.is_empty() {
            self.unterminated("a here-document");
        }
        (self.tape.finish(), self.problems)
    }

    /// Reads commands up to the end of their list, which stays unread, and returns what they print.
    pub(super) fn list(&mut self, end: End) -> Vec<Flow> {
        let mut pipeline = Pipeline::default();
        loop {
            self.skip_blanks();
            match self.tape.peek() {
                None => break,
                Some(Item::Char(')')) if end == End::Parenthesis => break,
                Some(Item::Char(';')) if end == End::Branch && self.is_branch_end() => break,
                Some(Item::Char('\n')) => {
                    self.line_end();
                    if !pipeline.is_after_pipe {
                        pipeline.end();
                    }
                }
                Some(Item::Char('#')) => self.comment(),
                Some(Item::Char('(')) => self.parenthesis(&mut pipeline),
                Some(Item::Char('|')) => self.bar(&mut pipeline),
                Some(Item::Char('&')) if self.tape.char_at(1) == Some('>') => self.command(&mut pipeline),
                Some(Item::Char(';' | '&' | ')')) => {
                    self.tape.copy();
                    pipeline.end();
                }
                Some(_) => match self.own_word() {
                    Some("esac") if end == End::Branch && pipeline.outer.is_empty() => break,
                    Some(word) => self.compound(word, &mut pipeline),
                    None => self.command(&mut pipeline),
                },
            }
        }
        pipeline.end();
        pipeline.printed
    }

    fn is_branch_end(&self) -> bool {
        self.tape.is_at(";;") || (self.tape.is_at(";&") && self.dialect == Dialect::Bash)
    }

    fn command(&mut self, pipeline: &mut Pipeline) {
        let printed = self.simple(&pipeline.carried);
        pipeline.push(printed);
    }

    fn bar(&mut self, pipeline: &mut Pipeline) {
        self.tape.copy();
        match self.tape.char_at(0) {
            Some('|') => {
                self.tape.copy();
                pipeline.end();
            }
            Some('&') => {
                self.tape.copy();
                pipeline.pipe();
            }
            Some(_) | None => pipeline.pipe(),
        }
    }

    fn parenthesis(&mut self, pipeline: &mut Pipeline) {
        if self.dialect == Dialect::Bash && self.tape.is_at("((") && self.is_arithmetic(2) {
            self.tape.copy_many(2);
            return self.descend(|this| this.arithmetic(&mut Word::default()));
        }
        self.tape.copy();
        let printed = self.descend(|this| this.list(End::Parenthesis));
        self.close_parenthesis();
        pipeline.push(printed);
    }

    /// Returns the word of the shell's own that begins here, if one does.
    fn own_word(&self) -> Option<&'static str> {
        const SH: [&str; 16] = [
            "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "for", "case", "esac", "{", "}", "!",
            "in",
        ];
        const BASH: [&str; 5] = ["[[", "select", "function", "time", "coproc"];
        let bash = if self.dialect == Dialect::Bash { BASH.as_slice() } else { &[] };
        SH.iter().chain(bash).copied().find(|word| {
            let next = self.tape.item_at(word.chars().count());
            self.tape.is_at(word) && next.is_none_or(|item| matches!(item, Item::Char(char) if is_meta(char)))
        })
    }

    fn compound(&mut self, word: &'static str, pipeline: &mut Pipeline) {
        self.tape.copy_many(word.len());
        match word {
            "if" | "do" | "{" => pipeline.open(),
            "fi" | "done" | "}" => pipeline.close(),
            "for" | "select" => self.for_words(),
            "function" => {
                self.skip_blanks();
                let name = self.word();
                self.refuse_direct(&name, &Place::Name);
            }
            "[[" => self.condition(),
            "case" => {
                let printed = self.case();
                pipeline.push(printed);
            }
            // The rest only stands before a command.
            _ => {}
        }
    }

    /// Reads `NAME in WORD …` or bash's `((…))` after `for`.
    fn for_words(&mut self) {
        self.skip_blanks();
        if self.tape.is_at("((") {
            self.tape.copy_many(2);
            return self.descend(|this| this.arithmetic(&mut Word::default()));
        }
        let name = self.word();
        self.refuse_direct(&name, &Place::Name);
        self.skip_lines();
        if self.own_word() != Some("in") {
            return;
        }
        self.tape.copy_many(2);
        loop {
            self.skip_blanks();
            match self.tape.peek() {
                None | Some(Item::Char('\n' | ';')) => return,
                Some(_) if !self.word().is_empty() => {}
                // An operator has no place here; the shell will say so.
                Some(_) => self.tape.copy(),
            }
        }
    }

    fn case(&mut self) -> Vec<Flow> {
        self.skip_lines();
        self.word();
        self.skip_lines();
        if self.own_word() == Some("in") {
            self.tape.copy_many(2);
        }
        let mut printed = Vec::new();
        loop {
            self.skip_lines();
            if self.own_word() == Some("esac") {
                self.tape.copy_many(4);
                return printed;
            }
            if self.tape.peek().is_none() {
                self.unterminated("a `case`");
                return printed;
            }
            printed.extend(self.branch());
        }
    }

    /// Reads `PATTERN | PATTERN) COMMANDS ;;`.
    fn branch(&mut self) -> Vec<Flow> {
        if self.tape.is_at("(") {
            self.tape.copy();
        }
        loop {
            self.skip_blanks();
            match self.tape.char_at(0) {
                Some(')') => break self.tape.copy(),
                Some(char) if is_meta(char) => self.tape.copy(),
                Some(_) => drop(self.word()),
                None if self.tape.peek().is_none() => return Vec::new(),
                None => drop(self.word()),
            }
        }
        let printed = self.descend(|this| this.list(End::Branch));
        while matches!(self.tape.char_at(0), Some(';' | '&')) {
            self.tape.copy();
        }
        printed
    }

    fn comment(&mut self) {
        loop {
            match self.tape.peek() {
                None | Some(Item::Char('\n')) => return,
                Some(Item::Hole(hole)) => self.refuse(hole, Place::Comment),
                Some(Item::Char(_) | Item::Raw(_)) => self.tape.copy(),
            }
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.tape.char_at(0) {
                Some(' ' | '\t') => self.tape.copy(),
                Some('\\') if self.tape.char_at(1) == Some('\n') => self.tape.copy_many(2),
                Some(_) | None => return,
            }
        }
    }

    /// Skips blanks, line ends and comments.
    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            match self.tape.char_at(0) {
                Some('\n') => self.line_end(),
                Some('#') => self.comment(),
                Some(_) | None => return,
            }
        }
    }

    fn line_end(&mut self) {
        self.tape.copy();
        self.read_documents();
    }

    /// Does a nested piece of reading, unless the nesting is too deep.
    pub(super) fn descend<T: Default>(&mut self, read: impl FnOnce(&mut Lowering) -> T) -> T {
        if self.depth == DEPTH_MAX {
            self.problems = vec![Problem { hole: None, place: Place::TooDeep }];
            self.tape.abandon();
            return T::default();
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Notes a problem, one for each hole: the first is the one to mend.
    pub(super) fn complain(&mut self, hole: Option<usize>, place: Place) {
        let hole = hole.map(|position| self.holes[position]);
        if !self.problems.iter().any(|known| known.hole == hole) {
            self.problems.push(Problem { hole, place });
        }
    }

    pub(super) fn unterminated(&mut self, what: &'static str) {
        self.complain(None, Place::Unterminated { what });
    }

    /// Reads a hole that cannot stand here.
    pub(super) fn refuse(&mut self, hole: usize, place: Place) {
        self.complain(Some(hole), place);
        self.tape.replace("");
    }

    /// Notes a problem for each hole that stands in a word itself.
    pub(super) fn refuse_direct(&mut self, word: &Word, place: &Place) {
        for hole in word.holes() {
            self.complain(Some(hole), place.clone());
        }
    }

    pub(super) fn refuse_name(&mut self, word: &Word) {
        if let Some(hole) = word.hole_in_name() {
            self.complain(Some(hole), Place::Name);
        }
    }

    /// Notes that someone reads these texts a second time.
    pub(super) fn blame(&mut self, flows: &[Flow], reading: &Reading) {
        for flow in flows {
            match flow {
                Flow::Hole(hole) => self.complain(Some(*hole), reading.place()),
                Flow::Document(id) => {
                    let document = &mut self.documents[*id];
                    document.reading = Some(reading.clone());
                    let flows = document.flows.clone();
                    self.blame(&flows, reading);
                }
            }
        }
    }
}
