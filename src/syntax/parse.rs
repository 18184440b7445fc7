//! From text to tree: lexer, layout, grammar, tree, diagnostics. Decides only when a broken text is read again
//! with its indentation as the guide.

use pest::Parser;

use super::audit::{find_in_nodes, find_spaced_units, mark_broken};
use super::build::Builder;
use super::grammar::{Grammar, Rule};
use super::layout::{Stream, balance, lay_out, misplaced_closers};
use super::lexer::{Lexed, lex};
use super::message::{Narrator, Rank, tell_all};
use super::mistake::{Mistake, MistakeKind, Mistakes};
use super::node::{Node, NodeKind};
use super::token::Tokens;
use super::tree::Tree;
use crate::source::Source;

/// The longest text that is read, in bytes.
pub const SIZE_MAX: usize = 16 << 20;

/// How many findings of one text are told.
pub const DIAGNOSTICS_MAX: usize = 100;

/// How many characters of the stream the grammar reads at a time: small enough to stay in the cache.
const CHUNK: u32 = 4096;

/// One reading of a text.
struct Reading {
    tokens: Tokens,
    nodes: Vec<Node>,
    mistakes: Mistakes,
}

/// Reads a text. Whatever the text is, there is a tree; what is wrong with it is in [`Tree::errors`].
pub fn parse(source: &Source) -> Tree {
    let text = source.text();
    if text.len() > SIZE_MAX {
        return refused(source);
    }
    let Lexed { tokens, comments, mistakes } = lex(text, source.id());
    let balanced = balance(&tokens);
    let mut reading = read(text, tokens, mistakes, !balanced);
    if balanced && !reading.mistakes.list.is_empty() {
        let misplaced = misplaced_closers(&reading.tokens, text);
        let again = (misplaced > 0).then(|| lex(text, source.id()));
        let other = again.map(|it| read(text, it.tokens, it.mistakes, true));
        if let Some(other) = other.filter(|it| explains(it, &reading, misplaced, source)) {
            reading = other;
        }
    }
    let Reading { tokens, mut nodes, mistakes } = reading;
    let errors = tell_all(&Narrator { source, tokens: &tokens, nodes: &nodes }, &mistakes);
    mark_broken(&mut nodes, &tokens, &mistakes);
    Tree { source: source.clone(), tokens, comments, nodes, errors }
}

fn refused(source: &Source) -> Tree {
    let mistake = Mistake { start: 0, end: 0, kind: MistakeKind::TooLarge };
    let tokens = Tokens::default();
    let error = Narrator { source, tokens: &tokens, nodes: &[] }.tell(&mistake);
    let root = Node { kind: NodeKind::File, broken: false, first: 0, last: 0, end: 1 };
    Tree { source: source.clone(), tokens, comments: Vec::new(), nodes: vec![root], errors: vec![error] }
}

fn read(text: &str, mut tokens: Tokens, mut mistakes: Mistakes, repairing: bool) -> Reading {
    let stream = lay_out(text, &mut tokens, &mut mistakes, repairing);
    let nodes = build(&tokens, stream, &mut mistakes);
    find_in_nodes(&nodes, &tokens, &mut mistakes);
    find_spaced_units(text, &tokens, &mut mistakes);
    Reading { tokens, nodes, mistakes }
}

fn build(tokens: &Tokens, stream: Stream, mistakes: &mut Mistakes) -> Vec<Node> {
    let Stream { kinds, tokens: at, cuts } = stream;
    let kinds = String::from_utf8(kinds).expect("each kind is one ASCII character");
    let mut builder = Builder::new(tokens, kinds.as_bytes(), &at, mistakes);
    let mut from = 0;
    let ends = cuts.iter().copied().chain([kinds.len() as u32]);
    for end in ends {
        let last = end as usize == kinds.len();
        if end - from < CHUNK && !last {
            continue;
        }
        let chunk = &kinds[from as usize..end as usize];
        match Grammar::parse(Rule::file, chunk) {
            Ok(pairs) => builder.add(pairs, from as usize),
            Err(_) => builder.add_unreadable(from as usize, end as usize),
        }
        from = end;
        if last {
            break;
        }
    }
    builder.finish()
}

/// Returns whether a reading by indentation explains a broken text better than one by its brackets, which
/// match: with fewer lines that are wrong, or with no more bracket mistakes than there are closers out of line.
fn explains(other: &Reading, reading: &Reading, misplaced: usize, source: &Source) -> bool {
    let brackets = other.mistakes.list.iter().filter(|it| it.rank() == Rank::Bracket).count();
    brackets <= misplaced + 1 || lines_of(other, source) < lines_of(reading, source)
}

/// Counts the lines with mistakes.
fn lines_of(reading: &Reading, source: &Source) -> usize {
    let mut lines: Vec<u32> = reading.mistakes.list.iter().map(|it| source.line_of(it.start)).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len()
}
