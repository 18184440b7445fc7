//! Words for what is missing, too much, or not expected, from where it stands in the tree.

use super::Narrator;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::node::{Children, NodeKind};
use crate::syntax::token::TokenKind;

impl Narrator<'_> {
    pub(super) fn shape(&self, node: u32, span: Span) -> Diagnostic {
        let path = self.path_to(node);
        let parent = path.last().copied().unwrap_or(0);
        match self.nodes[node as usize].kind {
            NodeKind::Missing => self.missing(node, parent, span),
            NodeKind::Surplus => self.surplus(parent, span),
            _ => self.unexpected(node, parent),
        }
    }

    /// Returns the nodes in which a node lies, outermost first.
    fn path_to(&self, node: u32) -> Vec<u32> {
        let mut path = vec![0];
        let mut inner = 0;
        loop {
            let mut children = self.children(inner);
            match children.find(|it| *it <= node && node < self.nodes[*it as usize].end) {
                Some(child) if child != node => {
                    path.push(child);
                    inner = child;
                }
                _ => return path,
            }
        }
    }

    fn children(&self, node: u32) -> Children<'_> {
        Children { nodes: self.nodes, next: node + 1, end: self.nodes[node as usize].end }
    }

    /// Returns which child of its parent a node is.
    fn place_in(&self, parent: u32, node: u32) -> usize {
        self.children(parent).take_while(|it| *it != node).count()
    }

    fn missing(&self, node: u32, parent: u32, span: Span) -> Diagnostic {
        let before = self.nodes[node as usize].last;
        let after = self.quoted(before);
        let next = self.kind_at(before + 1);
        let kind = self.nodes[parent as usize].kind;
        match kind {
            NodeKind::If => return self.missing_in_if(self.place_in(parent, node), before, span),
            NodeKind::Field => {
                return Diagnostic::new(Code::SYNTAX, span, "expected a name after `.`").because("a name belongs here");
            }
            NodeKind::Annotation | NodeKind::TypedArg | NodeKind::OneOf | NodeKind::TypeOf | NodeKind::Aliased
                if kind != NodeKind::TypedArg || self.place_in(parent, node) == 0 =>
            {
                return self.missing_type(before, next, span);
            }
            NodeKind::Generate => {
                return Diagnostic::new(Code::SYNTAX, span, "expected `name in list` after `for`")
                    .because("a name, `in` and a list belong here")
                    .help("write `f(site) for site in factories`");
            }
            NodeKind::Paren | NodeKind::Index | NodeKind::Hole => {
                let message = format!("expected a value inside {after} {}", closer_of(kind));
                return Diagnostic::new(Code::MISSING_VALUE, span, message).because("a value belongs here");
            }
            _ => {}
        }
        if self.kind_at(before) == Some(TokenKind::Assign) && next == Some(TokenKind::Assign) {
            let second = self.token_span(before + 1);
            return Diagnostic::new(Code::MISSING_VALUE, second, "one `=` too many").fix("remove it", second, "");
        }
        Diagnostic::new(Code::MISSING_VALUE, span, format!("expected a value after {after}"))
            .because("a value belongs here")
    }

    fn missing_in_if(&self, place: usize, before: u32, span: Span) -> Diagnostic {
        let after = self.quoted(before);
        let waits = matches!(self.kind_at(before), Some(TokenKind::If | TokenKind::Then | TokenKind::Else));
        if waits {
            return Diagnostic::new(Code::MISSING_VALUE, span, format!("expected a value after {after}"))
                .because("a value belongs here");
        }
        let word = if place == 1 { "then" } else { "else" };
        Diagnostic::new(Code::CONDITIONAL, span, format!("expected `{word}` after {after}"))
            .because(format!("`{word}` and a value belong here"))
            .help("`if` chooses between two values: `if c then a else b`; to do an entry only sometimes, give it `when = c`")
    }

    fn missing_type(&self, before: u32, next: Option<TokenKind>, span: Span) -> Diagnostic {
        let colon = self.token_span(before);
        let value = next.is_some_and(|it| it.starts_operand() && it != TokenKind::Name);
        let same_line = self.tokens.first.get(before as usize + 1) == Some(&false);
        if self.kind_at(before) == Some(TokenKind::Colon) && value && same_line {
            return Diagnostic::new(Code::MISSING_EQUALS, colon, "expected `=` before a value")
                .because("`:` says a type")
                .fix("write `=`", colon, " =");
        }
        if self.kind_at(before) == Some(TokenKind::Colon) && next == Some(TokenKind::Assign) {
            let both = colon.to(self.token_span(before + 1));
            if self.source.slice(both) == ":=" {
                return Diagnostic::new(Code::MISSING_EQUALS, both, "`:=` is written `=` here").fix(
                    "write `=`",
                    both,
                    "=",
                );
            }
        }
        let after = self.quoted(before);
        Diagnostic::new(Code::MISSING_TYPE, span, format!("expected a type after {after}"))
            .because("a type belongs here")
    }

    fn surplus(&self, parent: u32, span: Span) -> Diagnostic {
        let (message, help) = match self.nodes[parent as usize].kind {
            NodeKind::Paren => ("parentheses hold one value", Some("a list is written `[a, b]`")),
            NodeKind::Index => ("an index is one value", None),
            NodeKind::Hole => ("a hole in a text holds one value", None),
            NodeKind::TypeOf => ("`<…>` holds one type", None),
            _ => {
                return Diagnostic::new(Code::SURPLUS_COMMA, span, "one `,` too many")
                    .because("nothing stands before it")
                    .fix("remove `,`", span, "");
            }
        };
        let found = Diagnostic::new(Code::SURPLUS_COMMA, span, message).because("so `,` means nothing here");
        match help {
            Some(help) => found.help(help),
            None => found,
        }
    }

    fn unexpected(&self, node: u32, parent: u32) -> Diagnostic {
        let first = self.nodes[node as usize].first;
        let place = self.token_span(first);
        let before = first.checked_sub(1).filter(|_| self.place_in(parent, node) > 0);
        let found = self.quoted(first);
        let Some(before) = before else { return self.headless(first, place) };
        let kind = self.kind_at(first).unwrap_or(TokenKind::Stray);
        match self.nodes[parent as usize].kind {
            NodeKind::Entry | NodeKind::File => self.after_entry(parent, before, first),
            NodeKind::Hole => Diagnostic::new(Code::UNEXPECTED, place, format!("expected `}}` before {found}"))
                .because("a hole in a text holds one value"),
            NodeKind::Paren | NodeKind::Index => {
                let close = if self.nodes[parent as usize].kind == NodeKind::Paren { ")" } else { "]" };
                Diagnostic::new(Code::UNEXPECTED, place, format!("expected `{close}` or an operator before {found}"))
            }
            NodeKind::List if matches!(kind, TokenKind::Assign | TokenKind::Colon) => {
                Diagnostic::new(Code::UNEXPECTED, place, format!("a list holds values, so {found} means nothing here"))
                    .help("a record is written `{ name = value }`")
            }
            _ if kind == TokenKind::Assign => Diagnostic::new(Code::UNEXPECTED, place, "expected a name before `=`")
                .help("to compare two values, write `==`"),
            _ if kind.starts_operand() || kind == TokenKind::BodyOpen => self.between(before, first),
            _ => {
                Diagnostic::new(Code::UNEXPECTED, place, format!("expected `,` or the end of the list before {found}"))
            }
        }
    }

    /// Two values side by side where a comma belongs between them.
    fn between(&self, before: u32, first: u32) -> Diagnostic {
        if let Some(call) = self.spaced_call(before, first) {
            return call;
        }
        let gap = self.token_span(before).after();
        let found = self.quoted(first);
        Diagnostic::new(Code::UNEXPECTED, self.token_span(first), format!("expected `,` before {found}"))
            .because("the value before it is complete")
            .fix("insert `,`", gap, ",")
    }

    /// A call's `(` touches the name of what is called.
    fn spaced_call(&self, before: u32, first: u32) -> Option<Diagnostic> {
        let name = self.kind_at(before) == Some(TokenKind::Name);
        let gap = self.token_span(before).after().to(self.token_span(first));
        let spaced = self.kind_at(first) == Some(TokenKind::ParenOpen) && self.source.slice(gap).trim() == "(";
        (name && spaced).then(|| {
            Diagnostic::new(Code::UNEXPECTED, self.token_span(first), "the `(` of a call touches its name")
                .because("a space stands before it")
                .fix("remove the space", gap, "(")
        })
    }

    /// What begins an entry cannot begin one.
    fn headless(&self, first: u32, place: Span) -> Diagnostic {
        let found = self.quoted(first);
        let kind = self.kind_at(first).unwrap_or(TokenKind::Stray);
        let message = match kind {
            TokenKind::Assign | TokenKind::Alias | TokenKind::Colon => format!("expected a name before {found}"),
            it if it.is_binary() => format!("expected a value before {found}"),
            TokenKind::Then | TokenKind::Else => format!("{found} has no `if` before it"),
            _ => format!("expected an entry or a value, found {found}"),
        };
        let diagnostic = Diagnostic::new(Code::UNEXPECTED, place, message);
        let mark = kind.is_binary() && !self.token_text(first).starts_with(char::is_alphabetic);
        match mark && self.tokens.first[first as usize] {
            true => {
                diagnostic.help(format!("a line goes on when it ends with {found}, not when the next begins with it"))
            }
            false => diagnostic,
        }
    }

    /// An entry is complete, and more stands on its line.
    fn after_entry(&self, entry: u32, before: u32, first: u32) -> Diagnostic {
        let place = self.token_span(first);
        let found = self.quoted(first);
        let kind = self.kind_at(first).unwrap_or(TokenKind::Stray);
        if let Some(call) = self.spaced_call(before, first) {
            return call;
        }
        let has = |kind| self.children(entry).any(|it| self.nodes[it as usize].kind == kind);
        let typed = has(NodeKind::Annotation) && !has(NodeKind::Assigned);
        if typed && (kind.starts_operand() || matches!(kind, TokenKind::Dot | TokenKind::IndexOpen | TokenKind::Equal))
        {
            return self.value_after_type(entry, first);
        }
        if kind == TokenKind::Assign && has(NodeKind::Assigned) {
            return Diagnostic::new(Code::UNEXPECTED, place, "an entry has one `=`")
                .because("this is the second")
                .help("to compare two values, write `==`");
        }
        if self.token_text(first) == "not" && self.kind_at(first + 1).is_some() && self.token_text(first + 1) == "in" {
            let both = place.to(self.token_span(first + 1));
            return Diagnostic::new(Code::UNEXPECTED, both, "`not` stands before the whole comparison")
                .help("write `not a in b`");
        }
        let gap = self.token_span(before).after();
        let message = format!("expected `,` or the end of the line before {found}");
        let diagnostic = Diagnostic::new(Code::UNEXPECTED, place, message).because("the entry before it is complete");
        let certain = has(NodeKind::Body) && kind == TokenKind::Name;
        if certain { diagnostic.fix("insert `,`", gap, ",") } else { diagnostic }
    }

    /// `x: 5m`, `x: a.b` or `x: int 5`: an `=` is missing, or stands as `:`.
    fn value_after_type(&self, entry: u32, first: u32) -> Diagnostic {
        let annotation = self.children(entry).find(|it| self.nodes[*it as usize].kind == NodeKind::Annotation);
        let colon = self.token_span(annotation.map_or(first, |it| self.nodes[it as usize].first));
        let kind = self.kind_at(first).unwrap_or(TokenKind::Stray);
        match kind {
            TokenKind::Dot | TokenKind::IndexOpen => {
                Diagnostic::new(Code::MISSING_EQUALS, colon, "expected `=` before a value")
                    .because("`:` says a type")
                    .fix("write `=`", colon, " =")
            }
            TokenKind::Equal => {
                let place = self.token_span(first);
                Diagnostic::new(Code::MISSING_EQUALS, place, "expected `=` before a value")
                    .because("`==` compares two values")
                    .fix("write `=`", place, "=")
            }
            _ => {
                let gap = self.token_span(first - 1).after();
                let found = self.quoted(first);
                Diagnostic::new(Code::MISSING_EQUALS, self.token_span(first), format!("expected `=` before {found}"))
                    .because("a value stands behind `=`")
                    .fix("insert `=`", gap, " =")
            }
        }
    }
}

fn closer_of(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Paren => "and `)`",
        NodeKind::Index => "and `]`",
        _ => "and `}`",
    }
}
