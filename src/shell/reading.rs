//! Who reads the words of a command a second time: walks the words as the command itself would, by its row in the
//! table. Knows no quoting.

use super::problem::Place;
use super::reread::{Input, ROWS, Reads, Row, SHELLS, WRAPPERS};
use super::word::{Flow, Piece, Word};

/// A second reading of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) by: String,
    pub(super) kind: Kind,
}

/// What a text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As a program; with the sentence that says what to write instead.
    Program(&'static str),
    Arithmetic,
    Name,
}

impl Reading {
    pub(super) fn place(&self) -> Place {
        match self.kind {
            Kind::Program(instead) => Place::Program { by: self.by.clone(), instead },
            Kind::Arithmetic => Place::Arithmetic,
            Kind::Name => Place::Name,
        }
    }
}

/// All second readings of one command.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) words: Vec<(Vec<Flow>, Reading)>,
    /// Who reads standard input as a program.
    pub(super) input: Option<Reading>,
}

/// What a word is to the command.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Command,
    /// Options by their letters, or a long one by its name.
    Option(String),
    /// The value of the option with this letter or name.
    Value(String),
    /// Operands before it: at least, and at most where an expansion among them may vanish.
    Operand(usize, usize),
}

/// Returns the second readings of a command's words, the command's name being the first.
pub(super) fn readings(words: &[Word]) -> Readings {
    let mut found = Readings::default();
    for start in starts(words) {
        let words = &words[start..];
        let (Some(by), Some(row)) = (words.first().and_then(base_name), words.first().and_then(row)) else { continue };
        let roles = roles(words, row);
        let reading = Reading { by, kind: row.kind };
        let flows = read_again(words, &roles, row);
        found.words.extend(flows.into_iter().map(|flows| (flows, reading.clone())));
        if found.input.is_none() {
            found.input = input(words, &roles, row, reading);
        }
    }
    found
}

/// Returns the words from the command that really acts, behind `sudo`, `env` and the like.
pub(super) fn effective(words: &[Word]) -> Option<&[Word]> {
    let is_wrapper = |word: &Word| base_name(word).is_some_and(|name| ["command", "builtin"].contains(&name.as_str()));
    let wrappers = words.iter().take_while(|word| is_wrapper(word)).count();
    words.get(wrappers..).filter(|rest| !rest.is_empty())
}

/// Returns the name of a program without its folder, as far as it is known: `$BIN/sh` is a `sh`.
pub(super) fn base_name(word: &Word) -> Option<String> {
    let tail = word.tail();
    let name = tail.rsplit('/').next().unwrap_or(&tail);
    (!name.is_empty()).then(|| name.to_owned())
}

fn row(word: &Word) -> Option<&'static Row> {
    let name = base_name(word)?;
    // `python3.12` is `python3`.
    let stem = name.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
    let is_versioned = ["python", "perl", "ruby", "php", "lua"].contains(&stem);
    let name = if is_versioned { stem } else { name.as_str() };
    ROWS.iter().find(|row| row.names.contains(&name))
}

/// Returns where programs of the table stand: in front, after a wrapper, and a shell with `-c` anywhere.
fn starts(words: &[Word]) -> Vec<usize> {
    let mut starts = vec![0];
    // A command that is not known yet, such as `$SUDO`, may be a wrapper or vanish.
    let is_wrapper = |name: String| WRAPPERS.contains(&name.as_str());
    if words.first().is_some_and(|word| base_name(word).is_none_or(is_wrapper)) {
        // A dot behind a wrapper is a folder, as in `find .`.
        let is_program = |at: &usize| words[*at].bare() != Some(".") && row(&words[*at]).is_some();
        starts.extend((1..words.len()).find(is_program));
    }
    starts.extend(shells(words).filter(|at| *at > 0));
    starts.dedup();
    starts
}

fn shells(words: &[Word]) -> impl Iterator<Item = usize> {
    let is_shell = |at: &usize| {
        let is_named = base_name(&words[*at]).is_some_and(|name| SHELLS.contains(&name.as_str()));
        let mut options = words[at + 1..].iter().map(Word::head).take_while(|head| head.starts_with('-'));
        is_named && options.any(|head| !head.starts_with("--") && head.contains('c'))
    };
    (0..words.len()).filter(is_shell)
}

/// Tells for each word but the first what it is to the command.
fn roles(words: &[Word], row: &Row) -> Vec<Role> {
    let mut roles = vec![Role::Command];
    let (mut least, mut most) = (0, 0);
    let mut are_options_over = false;
    while roles.len() < words.len() {
        let word = &words[roles.len()];
        let head = word.head();
        // A lone dash ends the options of a shell, and is a file to others.
        if head == "-" && matches!(row.reads, Reads::FirstWith { .. }) && word.is_known() && !are_options_over {
            roles.push(Role::Option(head));
            are_options_over = true;
        } else if are_options_over || !head.starts_with('-') || head.len() < 2 {
            roles.push(Role::Operand(least, most));
            most += 1;
            least += usize::from(!word.may_vanish());
            are_options_over |= least >= row.stops_after;
        } else if head == "--" && word.is_known() {
            roles.push(Role::Option(head));
            are_options_over = true;
        } else {
            option(word, &head, row, &mut roles);
        }
    }
    roles.truncate(words.len());
    roles
}

/// Reads an option with the values that follow it.
fn option(word: &Word, head: &str, row: &Row, roles: &mut Vec<Role>) {
    if let Some((name, _)) = head.split_once('=').filter(|(name, _)| name.starts_with("--")) {
        return roles.push(Role::Value(name.to_owned()));
    }
    if let Some((name, count)) = row.long.iter().find(|(name, _)| *name == head) {
        roles.push(Role::Option((*name).to_owned()));
        return roles.extend(std::iter::repeat_n(Role::Value((*name).to_owned()), *count));
    }
    let letters = head.trim_start_matches('-');
    let valued = letters.char_indices().find(|(_, letter)| row.valued.contains(*letter));
    match valued.filter(|_| !head.starts_with("--")) {
        Some((at, letter)) if at + letter.len_utf8() == letters.len() && word.is_known() => {
            roles.push(Role::Option(letters.to_owned()));
            roles.push(Role::Value(letter.to_string()));
        }
        Some((_, letter)) => roles.push(Role::Value(letter.to_string())),
        None => roles.push(Role::Option(letters.to_owned())),
    }
}

/// Returns what stands in the words that the command reads as text of its own language.
fn read_again(words: &[Word], roles: &[Role], row: &Row) -> Vec<Vec<Flow>> {
    let is_given =
        |names: &[&str]| roles.iter().any(|role| matches!(role, Role::Value(name) if names.contains(&name.as_str())));
    let has_letter =
        |letter| roles.iter().any(|role| matches!(role, Role::Option(letters) if letters.contains(letter)));
    let skips = words.get(1).and_then(Word::literal).is_some_and(|text| row.subcommands.contains(&text.as_str()));
    let first = usize::from(skips);
    let is_read = |at: usize| match (&roles[at], row.reads) {
        (Role::Value(name), _) if row.options.contains(&name.as_str()) => true,
        (_, Reads::All) => at > 0,
        (Role::Operand(least, most), Reads::First { unless }) => (*least..=*most).contains(&first) && !is_given(unless),
        (Role::Operand(least, _), Reads::FirstWith { letter }) => *least == 0 && has_letter(letter),
        (Role::Operand(_, most), Reads::From(from)) => *most >= from,
        (Role::Operand(least, most), Reads::At(exact)) => (*least..=*most).contains(&exact),
        (Role::Command | Role::Operand(..) | Role::Option(_) | Role::Value(_), _) => false,
    };
    let flows = |at: usize| match row.reads {
        _ if is_read(at) => words[at].flows.clone(),
        // The name of a file is only a name, but what `<( … )` prints is a program.
        Reads::FirstWith { .. } | Reads::File if matches!(roles[at], Role::Operand(0, _)) => printed(&words[at]),
        Reads::All
        | Reads::Options
        | Reads::First { .. }
        | Reads::FirstWith { .. }
        | Reads::From(_)
        | Reads::At(_)
        | Reads::File => Vec::new(),
    };
    (0..words.len()).map(flows).filter(|flows| !flows.is_empty()).collect()
}

/// Returns what reaches a word only through a substitution.
fn printed(word: &Word) -> Vec<Flow> {
    let is_direct = |flow: &Flow| matches!(flow, Flow::Hole(hole) if word.pieces.contains(&Piece::Hole(*hole)));
    word.flows.iter().copied().filter(|flow| !is_direct(flow)).collect()
}

/// Returns who reads standard input as a program.
fn input(words: &[Word], roles: &[Role], row: &Row, reading: Reading) -> Option<Reading> {
    let operands = || (0..words.len()).filter(|at| matches!(roles[*at], Role::Operand(..)));
    match row.input {
        Input::Data => None,
        Input::Program => Some(reading),
        Input::Script => {
            let takes_option = |role: &Role| match role {
                Role::Value(name) => row.options.contains(&name.as_str()) || name == "m",
                Role::Option(letters) => matches!(row.reads, Reads::FirstWith { letter } if letters.contains(letter)),
                Role::Command | Role::Operand(..) => false,
            };
            let asks = roles.iter().any(|role| matches!(role, Role::Option(letters) if letters == "s"));
            let file = operands().next().and_then(|at| words[at].literal());
            let is_input = operands().next().is_none() || matches!(file.as_deref(), Some("-" | "/dev/stdin"));
            (asks || (is_input && !roles.iter().any(takes_option))).then_some(reading)
        }
        Input::Remote => match operands().nth(1) {
            None => Some(reading),
            Some(at) => remote(&words[at..]).and_then(|words| readings(&words).input),
        },
    }
}

/// Returns the words of a command for another machine, which may come as one text.
fn remote(words: &[Word]) -> Option<Vec<Word>> {
    let literals: Option<Vec<String>> = words.iter().map(Word::literal).collect();
    let text = literals?.join(" ");
    let word = |text: &str| Word { pieces: vec![Piece::Plain(text.to_owned())], flows: Vec::new() };
    Some(text.split_whitespace().map(word).collect())
}
