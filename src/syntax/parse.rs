//! From text to tree: lexer, layout, grammar, tree, diagnostics. Decides only when a broken text is read again
//! with its indentation as the guide.

use pest::Parser;

use super::build::Builder;
use super::grammar::{Grammar, Rule};
use super::layout::{Stream, balance, lay_out, misplaced_closers};
use super::lexer::{Lexed, lex};
use super::message::{Narrator, Rank};
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
    let mut reading = read(text, tokens, mistakes, !balanced);
    if balanced && !reading.mistakes.list.is_empty() {
        let misplaced = misplaced_closers(&reading.tokens, text);
        let again = (misplaced > 0).then(|| lex(text, source.id()));
        let other = again.map(|it| read(text, it.tokens, it.mistakes, true));
        if let Some(other) = other.filter(|it| explains(it, &reading, misplaced, source)) {
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
    // Where the record ends whose entries are being passed.
    let mut fields: Option<u32> = None;
    for (index, node) in nodes.iter().enumerate() {
        if node.kind == NodeKind::Entry {
            let among_fields = fields.is_some_and(|end| (index as u32) < end);
            find_missing_equals(nodes, index as u32, among_fields, tokens, mistakes);
        }
        match node.kind {
            NodeKind::Record => fields = Some(node.end),
            NodeKind::Body => fields = None,
            _ => {}
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

/// Adds an entry that is `name value` where only `name = value` makes sense: among a record's fields, and
/// elsewhere if the value is one that no word takes as its only item.
fn find_missing_equals(nodes: &[Node], entry: u32, among_fields: bool, tokens: &Tokens, mistakes: &mut Mistakes) {
    let children = |node: u32| Children { nodes, next: node + 1, end: nodes[node as usize].end };
    let mut parts = children(entry);
    let (Some(name), Some(value), None) = (parts.next(), parts.next(), parts.next()) else { return };
    let (name, value_kind) = (nodes[name as usize], nodes[value as usize].kind);
    let named = name.kind == NodeKind::Leaf && tokens.kinds[name.first as usize] == TokenKind::Name;
    let measure = |it: u32| {
        let node = nodes[it as usize];
        node.kind == NodeKind::Leaf && is_measure(tokens.kinds[node.first as usize])
    };
    let range = value_kind == NodeKind::Binary && {
        let left = nodes[value as usize + 1];
        tokens.kinds.get(left.last as usize + 1) == Some(&TokenKind::Range)
    };
    let certain = if among_fields { value_kind.is_value() } else { range || measure(value) };
    if named && certain {
        let at = tokens.ends[name.last as usize] as usize;
        mistakes.add(MistakeKind::MissingEquals { name: name.first }, at, at);
    }
}

/// Returns whether a literal of this kind is a property's value and never the item of a word.
fn is_measure(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(kind, T::Int | T::Number | T::Size | T::Time | T::Date)
}

/// Tells the first mistakes; of those that may be echoes of others on their line, none.
fn told(reading: &Reading, source: &Source) -> Vec<Diagnostic> {
    let narrator = Narrator { source, tokens: &reading.tokens, nodes: &reading.nodes };
    let mut list: Vec<(u32, Rank, &Mistake)> = Vec::with_capacity(reading.mistakes.list.len());
    list.extend(reading.mistakes.list.iter().map(|it| (source.line_of(it.start), it.rank(), it)));
    list.sort_by_key(|(line, rank, it)| (*line, *rank, it.start, it.end));
    let mut errors: Vec<Diagnostic> = Vec::new();
    let mut told: Vec<Rank> = Vec::new();
    let mut before: Option<(u32, &Mistake)> = None;
    for (line, rank, mistake) in list {
        let on_line = before.filter(|(told, _)| *told == line);
        if on_line.is_none() {
            told.clear();
        }
        let shape = on_line.filter(|_| rank == Rank::Shape && told.last() == Some(&Rank::Shape));
        if rank.is_echo_of(&told) || shape.is_some_and(|(_, it)| belong_together(it, mistake, source)) {
            continue;
        }
        told.push(rank);
        before = Some((line, mistake));
        errors.push(narrator.tell(mistake));
        if errors.len() == DIAGNOSTICS_MAX {
            break;
        }
    }
    errors.sort_by_key(|it| it.span().start);
    errors
}

/// Returns whether two mistakes on a line are about one value or entry: no comma stands between them.
fn belong_together(one: &Mistake, other: &Mistake, source: &Source) -> bool {
    let between = one.end.min(other.start) as usize..other.start as usize;
    !source.text()[between].contains(',')
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
    mark_at(nodes, tokens, &places);
}

/// Marks the entries around places, in one walk over both: up to the body that the innermost one stands in.
fn mark_at(nodes: &mut [Node], tokens: &Tokens, places: &[u32]) {
    let mut around: Vec<usize> = Vec::new();
    let mut next = 1;
    for place in places {
        while next < nodes.len() && tokens.starts[nodes[next].first as usize] <= *place {
            while around.last().is_some_and(|it| nodes[*it].end as usize <= next) {
                around.pop();
            }
            if matches!(nodes[next].kind, NodeKind::Entry | NodeKind::Body) {
                around.push(next);
            }
            next += 1;
        }
        while around.last().is_some_and(|it| tokens.ends[nodes[*it].last as usize] < *place) {
            around.pop();
        }
        for node in around.iter().rev() {
            if nodes[*node].kind == NodeKind::Body {
                break;
            }
            nodes[*node].broken = true;
        }
    }
}
