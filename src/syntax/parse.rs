//! From text to tree: lexer, layout, grammar, tree, diagnostics. Decides only when a broken text is read again
//! with its indentation as the guide.

use pest::Parser;

use super::build::Builder;
use super::grammar::{Grammar, Rule};
use super::layout::{Stream, balance, is_indented_consistently, lay_out};
use super::lexer::{Lexed, lex};
use super::message::Narrator;
use super::mistake::{Mistake, MistakeKind, Mistakes};
use super::node::{Children, Node, NodeKind};
use super::token::{TokenKind, Tokens};
use super::tree::Tree;
use crate::diag::Diagnostic;
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
    let mut reading = read(text, tokens.clone(), mistakes.clone(), !balanced);
    if balanced && !reading.mistakes.list.is_empty() && !is_indented_consistently(&tokens, text) {
        let other = read(text, tokens, mistakes, true);
        if lines_of(&other, source) < lines_of(&reading, source) {
            reading = other;
        }
    }
    let errors = told(&reading, source);
    let Reading { tokens, mut nodes, mistakes } = reading;
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
    Reading { tokens, nodes, mistakes }
}

fn build(tokens: &Tokens, stream: Stream, mistakes: &mut Mistakes) -> Vec<Node> {
    let Stream { kinds, tokens: at, cuts } = stream;
    let kinds = String::from_utf8(kinds).expect("each kind is one ASCII character");
    let mut builder = Builder::new(tokens, &at, mistakes);
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

/// Adds the mistakes that the tree itself shows.
fn find_in_nodes(nodes: &[Node], tokens: &Tokens, mistakes: &mut Mistakes) {
    for (index, node) in nodes.iter().enumerate() {
        if node.kind == NodeKind::Record {
            find_missing_equals(nodes, index as u32, tokens, mistakes);
        }
        if !node.kind.is_mistake() {
            continue;
        }
        let kind = MistakeKind::Node { node: index as u32 };
        let (start, end) = (tokens.starts[node.first as usize], tokens.ends[node.last as usize]);
        let start = if node.kind == NodeKind::Missing { end } else { start };
        mistakes.add(kind, start as usize, end as usize);
    }
}

/// Adds the entries of a record that are `name value`: in a record only `name = value` makes sense.
fn find_missing_equals(nodes: &[Node], record: u32, tokens: &Tokens, mistakes: &mut Mistakes) {
    let children = |node: u32| Children { nodes, next: node + 1, end: nodes[node as usize].end };
    for entry in children(record).filter(|it| nodes[*it as usize].kind == NodeKind::Entry) {
        let mut parts = children(entry).map(|it| nodes[it as usize]);
        let (Some(name), Some(value), None) = (parts.next(), parts.next(), parts.next()) else { continue };
        let named = name.kind == NodeKind::Leaf && tokens.kinds[name.first as usize] == TokenKind::Name;
        if named && value.kind.is_value() {
            let at = tokens.ends[name.last as usize] as usize;
            mistakes.add(MistakeKind::MissingEquals { name: name.first }, at, at);
        }
    }
}

/// Tells the first mistakes; of those that may be echoes of others on their line, none.
fn told(reading: &Reading, source: &Source) -> Vec<Diagnostic> {
    let narrator = Narrator { source, tokens: &reading.tokens, nodes: &reading.nodes };
    let mut list: Vec<(u32, u8, &Mistake)> = Vec::with_capacity(reading.mistakes.list.len());
    list.extend(reading.mistakes.list.iter().map(|it| (source.line_of(it.start), it.rank(), it)));
    list.sort_by_key(|(line, rank, it)| (*line, *rank, it.start, it.end));
    let mut errors: Vec<Diagnostic> = Vec::new();
    let mut before: Option<(u32, u8)> = None;
    for (line, rank, mistake) in list {
        let surer = before.filter(|(told, _)| *told == line).map(|(_, rank)| rank);
        let echo = match rank {
            0 | 1 => false,
            2 => matches!(surer, Some(0 | 2)),
            _ => surer.is_some(),
        };
        if echo {
            continue;
        }
        before = Some((line, surer.map_or(rank, |it| it.min(rank))));
        errors.push(narrator.tell(mistake));
        if errors.len() == DIAGNOSTICS_MAX {
            break;
        }
    }
    errors.sort_by_key(|it| it.span().start);
    errors
}

/// Counts the lines with mistakes, to compare two readings of a text.
fn lines_of(reading: &Reading, source: &Source) -> usize {
    let mut lines: Vec<u32> = reading.mistakes.list.iter().map(|it| source.line_of(it.start)).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len()
}

/// Marks the entries that hold a mistake: the innermost, and those it is a value of.
fn mark_broken(nodes: &mut [Node], tokens: &Tokens, mistakes: &Mistakes) {
    if mistakes.overflowed {
        nodes.iter_mut().for_each(|it| it.broken = true);
        return;
    }
    let mut places: Vec<u32> = mistakes.list.iter().map(|it| it.start).collect();
    places.extend(mistakes.list.iter().filter_map(|it| match it.kind {
        MistakeKind::UnclosedBracket { opener, .. } => tokens.starts.get(opener as usize).copied(),
        _ => None,
    }));
    places.sort_unstable();
    for place in places {
        mark_at(nodes, tokens, place);
    }
}

fn mark_at(nodes: &mut [Node], tokens: &Tokens, place: u32) {
    let mut path: Vec<u32> = Vec::new();
    let (mut next, mut end) = (1, nodes[0].end);
    while next < end {
        let node = nodes[next as usize];
        let covers = tokens.starts[node.first as usize] <= place && place <= tokens.ends[node.last as usize];
        if !covers {
            next = node.end;
            continue;
        }
        match node.kind {
            NodeKind::Entry => path.push(next),
            NodeKind::Body => path.clear(),
            _ => {}
        }
        (next, end) = (next + 1, node.end);
    }
    path.iter().for_each(|it| nodes[*it as usize].broken = true);
}
