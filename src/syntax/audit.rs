//! Goes through a finished tree: what is wrong by its shape, and which entries mistakes break. Words nothing.

use super::lexer::unit_meant;
use super::mistake::{MistakeKind, Mistakes};
use super::node::{Children, Node, NodeKind};
use super::token::{TokenKind, Tokens};

/// Adds the mistakes that the tree itself shows.
pub(super) fn find_in_nodes(nodes: &[Node], tokens: &Tokens, mistakes: &mut Mistakes) {
    // The bodies and records that are being passed.
    let mut around: Vec<&Node> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        while around.last().is_some_and(|it| it.end as usize <= index) {
            around.pop();
        }
        if matches!(node.kind, NodeKind::Body | NodeKind::Record) {
            around.push(node);
        }
        if node.kind == NodeKind::Entry {
            let among_fields = around.last().is_some_and(|it| it.kind == NodeKind::Record);
            find_missing_equals(nodes, index as u32, among_fields, tokens, mistakes);
        }
        if node.kind.is_mistake() {
            let kind = MistakeKind::Node { node: index as u32 };
            let (start, end) = (tokens.starts[node.first as usize], tokens.ends[node.last as usize]);
            let start = if node.kind == NodeKind::Missing { end } else { start };
            mistakes.add(kind, start as usize, end as usize);
        }
    }
}

/// Adds an entry that is `name value` where only `name = value` makes sense: among a record's fields, and
/// elsewhere if the value is one that no word takes as its only item.
fn find_missing_equals(nodes: &[Node], entry: u32, among_fields: bool, tokens: &Tokens, mistakes: &mut Mistakes) {
    let mut parts = Children { nodes, next: entry + 1, end: nodes[entry as usize].end };
    let (Some(name), Some(value), None) = (parts.next(), parts.next(), parts.next()) else { return };
    let name = nodes[name as usize];
    let named = name.kind == NodeKind::Leaf && tokens.kinds[name.first as usize] == TokenKind::Name;
    let certain = match nodes[value as usize].kind {
        kind if among_fields => kind.is_value(),
        NodeKind::Leaf => is_measure(tokens.kinds[nodes[value as usize].first as usize]),
        NodeKind::Binary => {
            let left = nodes[value as usize + 1];
            tokens.kinds.get(left.last as usize + 1) == Some(&TokenKind::Range)
        }
        _ => false,
    };
    if named && certain {
        let at = tokens.ends[name.last as usize] as usize;
        mistakes.add(MistakeKind::MissingEquals { name: name.first }, at, at);
    }
}

/// Adds numbers with a unit that does not touch them: `5 minutes`.
pub(super) fn find_spaced_units(text: &str, tokens: &Tokens, mistakes: &mut Mistakes) {
    for (number, pair) in tokens.kinds.windows(2).enumerate() {
        let [TokenKind::Int | TokenKind::Number, TokenKind::Name] = pair else { continue };
        let unit = unit_meant(tokens.slice(number + 1, text)).filter(|_| !tokens.first[number + 1]);
        if let Some(unit) = unit {
            let write = format!("{}{unit}", tokens.slice(number, text));
            let (start, end) = (tokens.starts[number], tokens.ends[number + 1]);
            mistakes.add(MistakeKind::SpacedUnit { write }, start as usize, end as usize);
        }
    }
}

/// Returns whether a literal of this kind is a property's value and never the item of a word.
fn is_measure(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(kind, T::Int | T::Number | T::Size | T::Time | T::Date)
}

/// Marks the entries that hold a mistake: the innermost, and those it is a value of.
pub(super) fn mark_broken(nodes: &mut [Node], tokens: &Tokens, mistakes: &Mistakes) {
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
