//! Expressions: resolved, typed, and worked out as far as they are constant.

use std::sync::Arc;

use smol_str::SmolStr;

use super::checker::{Checker, Weight};
use super::declare::Declaration;
use super::frame::Sense;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Expr, ExprKind, LocalId};
use crate::source::Span;
use crate::syntax::{self, LiteralKind, Name};
use crate::value::{LiteralShape, Type, Value, Weekday, parse_literal};

/// An expression with its type.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub expr: Expr,
    pub of: Type,
}

impl Typed {
    pub fn new(kind: ExprKind, of: Type, span: Span) -> Typed {
        Typed { expr: Expr::new(kind, span), of }
    }

    pub fn value(value: Value, of: Type, span: Span) -> Typed {
        Typed { expr: Expr::value(value, span), of }
    }

    /// What stands where an error was reported.
    pub fn bad(span: Span) -> Typed {
        Typed::new(ExprKind::Bad, Type::Any, span)
    }
}

impl<'t> Checker<'t> {
    /// Lowers an expression that must be of a type; reports it if it is not.
    pub fn typed(&mut self, tree: syntax::Expr<'t>, want: &Type) -> Expr {
        let typed = self.expr(tree, Some(want));
        if self.expect_type(tree, &typed.expr, &typed.of, want) {
            typed.expr
        } else {
            Expr::new(ExprKind::Bad, tree.span())
        }
    }

    /// Lowers a condition: probes may be asked in it.
    pub fn condition(&mut self, tree: syntax::Expr<'t>) -> Expr {
        self.asking(|it| it.typed(tree, &Type::Bool))
    }

    /// Lowers an expression. What is wanted guides what names, texts and records mean; whether it fits is for the
    /// caller to ask.
    pub fn expr(&mut self, tree: syntax::Expr<'t>, want: Option<&Type>) -> Typed {
        let span = tree.span();
        self.deeper(Weight::Expr, span, |it| it.expr_of(tree, span, want)).unwrap_or_else(|| Typed::bad(span))
    }

    fn expr_of(&mut self, tree: syntax::Expr<'t>, span: Span, want: Option<&Type>) -> Typed {
        if let Some(typed) = self.fact_expr(tree) {
            return typed;
        }
        match tree.kind() {
            syntax::ExprKind::Name(name) => self.name_expr(name, want),
            syntax::ExprKind::Literal(kind, text) => self.literal(kind, text, span),
            syntax::ExprKind::Text(text) => self.text_expr(text, want),
            syntax::ExprKind::List(args) => self.list_expr(args, span, want),
            syntax::ExprKind::Record(body) => self.record_expr(body, span, want),
            syntax::ExprKind::Call { callee, args } => self.call_expr(tree, callee, args),
            syntax::ExprKind::Field { .. } | syntax::ExprKind::Index { .. } => self.chain_expr(tree),
            syntax::ExprKind::Unary { op, of } => self.unary_expr(op, of, span),
            syntax::ExprKind::Binary { op, left, right, .. } => self.binary_expr(op, left, right, span, want),
            syntax::ExprKind::If { cond, then, otherwise } => self.if_expr(cond, then, otherwise, span, want),
            syntax::ExprKind::Range { from, to } => self.range_expr(from, to, span),
            syntax::ExprKind::Generate { each, name, list, filter } => {
                self.generate_expr(each, name, list, filter, span)
            }
            syntax::ExprKind::Filter { name, list, filter } => self.filter_expr(name, list, filter, span),
            syntax::ExprKind::Paren(inner) => self.expr(inner, want),
            syntax::ExprKind::Star => {
                self.say(Diagnostic::new(Code::SHAPE, span, "`*` stands for every target only in a scenario"));
                Typed::bad(span)
            }
            syntax::ExprKind::Bad => Typed::bad(span),
        }
    }

    fn literal(&mut self, kind: LiteralKind, text: &str, span: Span) -> Typed {
        let shape = match kind {
            LiteralKind::Int => LiteralShape::Int,
            LiteralKind::Number => LiteralShape::Number,
            LiteralKind::Percent => LiteralShape::Percent,
            LiteralKind::Duration => LiteralShape::Duration,
            LiteralKind::Size => LiteralShape::Size,
            LiteralKind::Time => LiteralShape::Time,
            LiteralKind::Date => LiteralShape::Date,
            LiteralKind::Instant => LiteralShape::Instant,
        };
        match parse_literal(shape, text) {
            Ok(value) => {
                let of = value.type_of();
                Typed::value(value, of, span)
            }
            Err(message) => {
                self.say(Diagnostic::new(Code::NO_SUCH_LITERAL, span, message));
                Typed::bad(span)
            }
        }
    }

    fn name_expr(&mut self, name: Name<'t>, want: Option<&Type>) -> Typed {
        let (text, span) = (name.text(), name.span());
        if let Some(value) = constant(text) {
            let of = value.type_of();
            return Typed::value(value, of, span);
        }
        if let Some(Type::OneOf(members)) = want.map(Type::present)
            && (members.iter().any(|it| it == text) || !self.is_bound(text))
        {
            return self.member_of(text, members, span);
        }
        match self.sense(text) {
            Some(sense) => self.sense_expr(text, sense, span),
            None => self.language_name(text, span, want),
        }
    }

    /// A bare name where an enumeration is expected is one of its values.
    fn member_of(&mut self, text: &str, members: &Arc<[SmolStr]>, span: Span) -> Typed {
        let of = Type::OneOf(Arc::clone(members));
        if members.iter().any(|it| it == text) {
            return Typed::value(Value::text(text), of, span);
        }
        self.say_no_value(text, members, span);
        Typed::bad(span)
    }

    /// Says that something is none of the values of an enumeration.
    pub fn say_no_value(&mut self, text: &str, members: &[SmolStr], span: Span) {
        let shown: Vec<String> = members.iter().map(|it| format!("`{it}`")).collect();
        let problem = Diagnostic::new(Code::NO_VALUE, span, format!("`{text}` is none of {}", shown.join(", ")));
        self.say(problem.suggest(span, nearest(text, members.iter().map(SmolStr::as_str))));
    }

    /// Lowers what a name stands for.
    pub fn sense_expr(&mut self, text: &str, sense: Sense<'t>, span: Span) -> Typed {
        match sense {
            Sense::Local(local) => {
                let of = self.locals[local.index()].of.clone();
                self.maybe_present(Typed::new(ExprKind::Local(local), of, span))
            }
            Sense::Value { expr, of } => {
                let expr = Expr { span: if expr.known().is_some() { span } else { expr.span }, ..(*expr).clone() };
                self.maybe_present(Typed { expr, of })
            }
            Sense::Secret(name) => secret(name, span),
            Sense::Callable { of, .. } => {
                self.say_not_a_value(text, &format!("a {}", of.word.name()), span);
                Typed::bad(span)
            }
            Sense::Slot(_) => {
                self.say_not_a_value(text, "a block", span);
                Typed::bad(span)
            }
            Sense::Module(_) => {
                self.say_not_a_value(text, "a file", span);
                Typed::bad(span)
            }
            Sense::Declared(id) => self.declared_expr(id, span),
        }
    }

    /// Lowers a name of a declaration.
    pub fn declared_expr(&mut self, id: usize, span: Span) -> Typed {
        let declared = self.declared[id];
        match declared.kind {
            Declaration::Let => {
                let (expr, of) = self.let_value(id, span);
                let expr = Expr { span: if expr.known().is_some() { span } else { expr.span }, ..(*expr).clone() };
                self.maybe_present(Typed { expr, of })
            }
            Declaration::People => self.people_value(id, span),
            Declaration::Fleet(fleet) => Typed::new(ExprKind::Fleet(fleet), Type::Fleet, span),
            Declaration::Secret => secret(self.secret_name(id), span),
            Declaration::Router(_) | Declaration::Channel(_) => self.named_by_number(id, span),
            Declaration::Window => self.window_named(id, span),
            // That it cannot be performed yet was said where it is declared.
            Declaration::Later(_) => Typed::bad(span),
            Declaration::Metric(_) | Declaration::Threshold(_) | Declaration::Gate(_)
                if self.signature(id).params.is_empty() =>
            {
                let askable = declared.kind.askable().expect("all three are asked");
                self.declared[id].used = true;
                let of = (*self.askable_type(id, askable).gives).clone();
                self.asked(askable, of, Vec::new(), span)
            }
            Declaration::Type
            | Declaration::Probe(_)
            | Declaration::Metric(_)
            | Declaration::Threshold(_)
            | Declaration::Gate(_)
            | Declaration::Action(_)
            | Declaration::Strategy
            | Declaration::Checklist
            | Declaration::Flag(_)
            | Declaration::Rollout(_) => {
                self.say_not_a_value(declared.name, declared.kind.words(), span);
                Typed::bad(span)
            }
        }
    }

    /// Says that a name is not that of a value.
    pub fn say_not_a_value(&mut self, name: &str, what: &str, span: Span) {
        let problem = Diagnostic::new(Code::WRONG_THING, span, format!("`{name}` is {what}, not a value"));
        self.say(match what {
            "a window with parameters" => problem.help(format!("call it: `{name}(…)`")),
            "a probe" | "a metric" | "a threshold" | "a gate" => problem.help(format!("ask it: `{name}(…)`")),
            "an action" => problem.help(format!("call it on a line of its own: `{name}(…)`")),
            "a block" => problem.help(format!("place it on a line of its own: `do {name}(…)`")),
            "a strategy" => problem.help(format!("apply it: `apply {name} as … {{ … }}`")),
            _ => problem,
        });
    }

    /// Lowers a name that the language gives a meaning, or says that there is none.
    fn language_name(&mut self, text: &str, span: Span, want: Option<&Type>) -> Typed {
        match text {
            "date" => return Typed::new(ExprKind::Today, Type::Date, span),
            "touched" => return self.touched(span),
            "kept" | "run" | "loop" | "wave" => {
                let message = format!("`{text}` is no value by itself");
                self.say(Diagnostic::new(Code::SHAPE, span, message).help(format!("write `{text}.…`")));
                return Typed::bad(span);
            }
            _ => {}
        }
        let is_stage = self.is_stage(text) || self.units.here.contains_key(text);
        if is_stage {
            self.say_not_a_value(text, "a stage or a step", span);
        } else {
            let quoted = matches!(want.map(Type::present), Some(Type::Text));
            let help = quoted.then(|| format!("a text stands in quotes: `\"{text}\"`"));
            self.say_unknown(text, span, help);
        }
        Typed::bad(span)
    }

    fn touched(&mut self, span: Span) -> Typed {
        // An action is always called within a stage.
        if !self.spot.staged && self.spot.in_action.is_none() {
            let problem = Diagnostic::new(Code::NOT_HERE, span, "`touched` is what the enclosing stage has touched");
            self.say(problem.because("in no stage").help("write `STAGE.touched`, or `run.touched`"));
            return Typed::bad(span);
        }
        Typed::new(ExprKind::Touched(None), Type::list(Type::Target), span)
    }
}

/// Returns the value of a name that is a literal.
fn constant(text: &str) -> Option<Value> {
    Some(match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => Value::Weekday(Weekday::from_name(text)?),
    })
}

fn secret(name: SmolStr, span: Span) -> Typed {
    Typed::value(Value::Secret(name), Type::Secret(Arc::new(Type::Text)), span)
}

/// Returns the local that an expression is, if it is one.
pub(super) fn local_of(expr: &Expr) -> Option<LocalId> {
    match expr.kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    }
}
