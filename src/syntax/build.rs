//! Makes the tree from what the grammar found. Binds operators by their table; reports nothing but chains.

use pest::Token as PestToken;
use pest::iterators::Pairs;

use super::grammar::Rule;
use super::mistake::{MistakeKind, Mistakes};
use super::node::{Node, NodeKind};
use super::operator::{OF, precedence};
use super::token::{LONE, TokenKind, Tokens};

/// A finished node whose children stand before it.
struct Built {
    kind: NodeKind,
    first: u32,
    last: u32,
    /// Where its first descendant stands; its own place if it has none.
    start: u32,
}

/// A rule that has begun.
struct Open {
    rule: Rule,
    /// Its first character in the stream.
    stream: usize,
    /// Where its first descendant stands.
    start: u32,
    /// How many operators wait outside it.
    operators: usize,
    /// Its first token, when it begins before its own characters do.
    first: Option<u32>,
}

/// An operator whose right side is not finished.
struct Waiting {
    kind: TokenKind,
    token: u32,
    start: u32,
    first: u32,
}

/// Collects nodes, children first, chunk by chunk.
pub(super) struct Builder<'t> {
    tokens: &'t Tokens,
    /// The stream, and its token per character.
    kinds: &'t [u8],
    at: &'t [u32],
    /// How much of the stream is passed.
    passed: usize,
    mistakes: &'t mut Mistakes,
    nodes: Vec<Built>,
    open: Vec<Open>,
    waiting: Vec<Waiting>,
}

impl<'t> Builder<'t> {
    pub fn new(tokens: &'t Tokens, kinds: &'t [u8], at: &'t [u32], mistakes: &'t mut Mistakes) -> Builder<'t> {
        let nodes = Vec::with_capacity(at.len());
        Builder { tokens, kinds, at, passed: 0, mistakes, nodes, open: Vec::new(), waiting: Vec::new() }
    }

    /// Adds what the grammar found in the stream from character `base` on.
    pub fn add(&mut self, pairs: Pairs<'_, Rule>, base: usize) {
        for token in pairs.tokens() {
            match token {
                PestToken::Start { rule: Rule::file | Rule::EOI, .. } => {}
                PestToken::End { rule: Rule::file | Rule::EOI, .. } => {}
                PestToken::Start { rule, pos } => {
                    self.pass_to(base + pos.pos());
                    self.begin(rule, base + pos.pos());
                }
                PestToken::End { rule, pos } => {
                    self.pass_to(base + pos.pos());
                    self.end(rule, base + pos.pos());
                }
            }
        }
    }

    /// Passes what the grammar matches without a rule of its own: whole values and operators. What lies between
    /// two ends of rules belongs to the innermost rule that is open.
    fn pass_to(&mut self, stream: usize) {
        let operation = self.open.last().is_some_and(|it| matches!(it.rule, Rule::tail | Rule::prefixed));
        for here in self.passed..stream {
            let kind = self.kinds[here];
            let token = self.at[here];
            if kind == LONE {
                let start = self.nodes.len() as u32;
                self.nodes.push(Built { kind: NodeKind::Leaf, first: token, last: token, start });
            } else if operation && self.tokens.kinds[token as usize].is_binary() {
                self.operator(token);
            } else if operation && matches!(self.tokens.kinds[token as usize], TokenKind::Not | TokenKind::Negate) {
                self.prefix(token);
            }
        }
        self.passed = self.passed.max(stream);
    }

    /// Adds a stretch that the grammar could not read.
    pub fn add_unreadable(&mut self, from: usize, to: usize) {
        let (first, last) = (self.at[from], self.at[to - 1]);
        self.passed = to;
        self.nodes.push(Built { kind: NodeKind::Junk, first, last, start: self.nodes.len() as u32 });
        self.nodes.push(Built { kind: NodeKind::Entry, first, last, start: self.nodes.len() as u32 - 1 });
        let (start, end) = (self.tokens.starts[first as usize], self.tokens.ends[last as usize]);
        self.mistakes.add(MistakeKind::Unreadable, start as usize, end as usize);
    }

    fn begin(&mut self, rule: Rule, stream: usize) {
        let among_junk = self.open.last().is_some_and(|it| it.rule == Rule::junk);
        let after = match rule {
            Rule::call | Rule::field | Rule::index | Rule::tail | Rule::filter | Rule::generator => !among_junk,
            Rule::one_of | Rule::optional => true,
            _ => false,
        };
        let before = self.nodes.last().filter(|_| after);
        let start = before.map_or(self.nodes.len() as u32, |it| it.start);
        let first = before.map(|it| it.first);
        match rule {
            Rule::filter if !self.filters() => self.misplaced(stream),
            _ => {}
        }
        self.open.push(Open { rule, stream, start, operators: self.waiting.len(), first });
    }

    fn end(&mut self, rule: Rule, stream: usize) {
        let open = self.open.pop().expect("each rule that ends has begun");
        let kind = match rule {
            Rule::tail | Rule::prefixed => return self.settle(open.operators, 0),
            Rule::filter => self.filter_kind(open.start),
            _ => node_kind(rule),
        };
        let empty = stream == open.stream;
        let own = self.at[if empty { open.stream.saturating_sub(1) } else { open.stream }];
        let first = open.first.unwrap_or(own);
        let last = if empty { own } else { self.at[stream - 1] };
        self.nodes.push(Built { kind, first, last, start: open.start });
    }

    fn prefix(&mut self, token: u32) {
        let start = self.nodes.len() as u32;
        self.waiting.push(Waiting { kind: self.tokens.kinds[token as usize], token, start, first: token });
    }

    fn operator(&mut self, token: u32) {
        let kind = self.tokens.kinds[token as usize];
        let floor = self.open.last().map_or(0, |it| it.operators);
        self.refuse_chain(kind, token, floor);
        let right_associative = precedence(kind) == OF;
        self.settle(floor, precedence(kind) + u8::from(right_associative));
        let left = self.nodes.last().expect("an operator follows an operand");
        self.waiting.push(Waiting { kind, token, start: left.start, first: left.first });
    }

    /// Gives the operators that bind at least so tightly their right side.
    fn settle(&mut self, floor: usize, at_least: u8) {
        while self.waiting.len() > floor {
            let top = &self.waiting[self.waiting.len() - 1];
            if precedence(top.kind) < at_least {
                return;
            }
            let unary = matches!(top.kind, TokenKind::Not | TokenKind::Negate);
            let kind = if unary { NodeKind::Unary } else { NodeKind::Binary };
            let last = self.nodes.last().expect("an operator has an operand").last.max(top.token);
            self.nodes.push(Built { kind, first: top.first, last, start: top.start });
            self.waiting.pop();
        }
    }

    /// Comparisons and ranges do not chain.
    fn refuse_chain(&mut self, kind: TokenKind, token: u32, floor: usize) {
        let same = |it: &&Waiting| precedence(it.kind) <= precedence(kind) && !matches!(it.kind, TokenKind::Not);
        let Some(top) = self.waiting[floor..].iter().rev().find(same) else { return };
        if precedence(top.kind) != precedence(kind) {
            return;
        }
        let place = |it: u32| (self.tokens.starts[it as usize] as usize, self.tokens.ends[it as usize] as usize);
        let (start, end) = place(token);
        if kind == TokenKind::Range {
            self.mistakes.add(MistakeKind::ChainedRange, start, end);
        } else if kind.compares() {
            let middle = (place(top.token + 1).0 as u32, place(token - 1).1 as u32);
            self.mistakes.add(MistakeKind::ChainedComparison { middle }, start, end);
        }
    }

    /// Returns whether the node before a `where` is `name in list`.
    fn filters(&self) -> bool {
        let Some(last) = self.nodes.last() else { return false };
        self.is_membership(self.nodes.len() - 1, last)
    }

    fn is_membership(&self, place: usize, node: &Built) -> bool {
        let left = &self.nodes[node.start as usize];
        let right = &self.nodes[place.saturating_sub(1)];
        node.kind == NodeKind::Binary
            && left.kind == NodeKind::Leaf
            && self.tokens.kinds[left.first as usize] == TokenKind::Name
            && right.start == node.start + 1
            && self.next_token(left.last) == Some(TokenKind::In)
    }

    /// Returns the kind of the token that follows, leaving out what means nothing.
    fn next_token(&self, token: u32) -> Option<TokenKind> {
        let rest = &self.tokens.kinds[token as usize + 1..];
        rest.iter().copied().find(|it| *it != TokenKind::Stray)
    }

    fn filter_kind(&self, start: u32) -> NodeKind {
        // The children are the membership and the condition; the membership ends where the condition starts.
        let condition = self.nodes.last().expect("a filter has a condition, if only a missing one");
        let place = condition.start as usize;
        match place.checked_sub(1).map(|it| (it, &self.nodes[it])) {
            Some((it, node)) if node.start == start && self.is_membership(it, node) => NodeKind::Filter,
            _ => NodeKind::Bad,
        }
    }

    fn misplaced(&mut self, stream: usize) {
        let token = self.at[stream] as usize;
        let (start, end) = (self.tokens.starts[token] as usize, self.tokens.ends[token] as usize);
        self.mistakes.add(MistakeKind::MisplacedWhere, start, end);
    }

    /// Puts every node before its children, under one root.
    pub fn finish(mut self) -> Vec<Node> {
        let last = self.tokens.len().saturating_sub(1) as u32;
        self.nodes.push(Built { kind: NodeKind::File, first: 0, last, start: 0 });
        let blank = Node { kind: NodeKind::File, broken: false, first: 0, last: 0, end: 0 };
        let mut nodes = vec![blank; self.nodes.len()];
        // A node comes after all that is finished before it begins, and after the nodes it lies in.
        let mut around: Vec<u32> = Vec::new();
        for (place, built) in self.nodes.iter().enumerate().rev() {
            while around.last().is_some_and(|start| *start > place as u32) {
                around.pop();
            }
            let index = built.start + around.len() as u32;
            let size = place as u32 - built.start + 1;
            let Built { kind, first, last, .. } = *built;
            nodes[index as usize] = Node { kind, broken: false, first, last: last.max(first), end: index + size };
            around.push(built.start);
        }
        nodes
    }
}

fn node_kind(rule: Rule) -> NodeKind {
    match rule {
        Rule::entry => NodeKind::Entry,
        Rule::annotation => NodeKind::Annotation,
        Rule::assigned => NodeKind::Assigned,
        Rule::aliased => NodeKind::Aliased,
        Rule::body => NodeKind::Body,
        Rule::record => NodeKind::Record,
        Rule::leaf | Rule::name | Rule::type_text => NodeKind::Leaf,
        Rule::text => NodeKind::Text,
        Rule::hole => NodeKind::Hole,
        Rule::list => NodeKind::List,
        Rule::paren => NodeKind::Paren,
        Rule::conditional => NodeKind::If,
        Rule::call => NodeKind::Call,
        Rule::field => NodeKind::Field,
        Rule::index => NodeKind::Index,
        Rule::generator => NodeKind::Generate,
        Rule::named => NodeKind::NamedArg,
        Rule::typed => NodeKind::TypedArg,
        Rule::named_type => NodeKind::NamedType,
        Rule::type_of => NodeKind::TypeOf,
        Rule::type_parameters => NodeKind::TypeParameters,
        Rule::one_of => NodeKind::OneOf,
        Rule::optional => NodeKind::Optional,
        Rule::missing => NodeKind::Missing,
        Rule::surplus => NodeKind::Surplus,
        Rule::junk => NodeKind::Junk,
        silent => unreachable!("the grammar keeps `{silent:?}` to itself"),
    }
}
