//! The values of properties, each by the kind that the schema gives it.

use smol_str::SmolStr;

use super::checker::Checker;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind, OnFailure, Retry};
use crate::schema::{Kind, Place, word};
use crate::source::Span;
use crate::syntax::{self, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Lowers a property by its kind, if it is set.
    pub fn setting(&mut self, parts: &Parts<'t>, name: &str) -> Option<Expr> {
        let (row, entry) = parts.property(name)?;
        let tree = entry.value()?;
        let expr = match row.kind {
            Kind::Bool => self.typed(tree, &Type::Bool),
            Kind::Condition => self.typed(tree, &Type::Bool),
            Kind::Int => self.typed(tree, &Type::Int),
            Kind::Number => self.typed(tree, &Type::Number),
            Kind::Percent => self.typed(tree, &Type::Percent),
            Kind::Duration => self.typed(tree, &Type::Duration),
            Kind::Text => self.typed(tree, &Type::Text),
            Kind::Regex => self.typed(tree, &Type::Regex),
            Kind::Instant => self.typed(tree, &Type::Instant),
            Kind::Attempts => self.attempts(tree),
            Kind::Count => self.count(tree),
            Kind::Counts => self.counts(tree),
            Kind::CountOrCounts if matches!(tree.kind(), Tree::List(_)) => self.counts(tree),
            Kind::CountOrCounts => self.count(tree),
            Kind::Takes => self.one_or(tree, &Type::Duration, Type::Range),
            Kind::Waits => self.one_or(tree, &Type::Duration, Type::List),
            Kind::List(of) => self.typed(tree, &Type::list(plain_type(*of))),
            Kind::SecretText => self.secret_text(tree),
            Kind::Value
            | Kind::OneOf(_)
            | Kind::SecretTexts
            | Kind::AcceptCommand
            | Kind::AcceptStatus
            | Kind::Stages
            | Kind::Codes
            | Kind::Interrupted
            | Kind::Record
            | Kind::Days
            | Kind::Hours
            | Kind::Freezes
            | Kind::Named(_) => self.expr(tree, None).expr,
        };
        Some(expr)
    }

    /// Lowers a duration that may not be negative.
    pub fn duration(&mut self, parts: &Parts<'t>, name: &str) -> Option<Expr> {
        let expr = self.setting(parts, name)?;
        if expr.known().and_then(Value::as_duration_ms).is_some_and(|it| it < 0) {
            self.say_out_of_range(expr.span, format!("`{name}` is not negative"));
        }
        Some(expr)
    }

    /// Lowers a property that must be known when the file is checked.
    pub fn known_bool(&mut self, parts: &Parts<'t>, name: &str) -> Option<bool> {
        self.constant(parts.value(name)?, &Type::Bool)?.as_bool()
    }

    /// Lowers a property that is one of some names.
    pub fn choice(&mut self, parts: &Parts<'t>, name: &str) -> Option<SmolStr> {
        let (row, entry) = parts.property(name)?;
        let Kind::OneOf(names) = row.kind else { return None };
        let of = Type::OneOf(names.iter().map(SmolStr::new).collect());
        self.constant(entry.value()?, &of)?.as_text().cloned()
    }

    /// Lowers what happens on failure.
    pub fn on_failure(&mut self, parts: &Parts<'t>, name: &str) -> Option<OnFailure> {
        self.choice(parts, name).map(|it| match it.as_str() {
            "rollback_stage" => OnFailure::RollbackStage,
            "pause" => OnFailure::Pause,
            "stop" => OnFailure::Stop,
            _ => OnFailure::Rollback,
        })
    }

    fn one_or(&mut self, tree: syntax::Expr<'t>, of: &Type, several: impl Fn(std::sync::Arc<Type>) -> Type) -> Expr {
        let typed = self.expr(tree, None);
        let many = several(std::sync::Arc::new(of.clone()));
        if typed.of.fits(&many) {
            return typed.expr;
        }
        if self.expect_type(tree, &typed.expr, &typed.of, of) {
            typed.expr
        } else {
            Expr::new(ExprKind::Bad, tree.span())
        }
    }

    fn attempts(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let expr = self.typed(tree, &Type::Int);
        if expr.known().and_then(Value::as_int).is_some_and(|it| it < 1) {
            self.say_out_of_range(expr.span, "the first attempt counts too, so there is at least one");
        }
        expr
    }

    /// A count or a share.
    fn count(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let typed = self.expr(tree, None);
        if matches!(typed.of, Type::Int | Type::Percent | Type::Any) {
            self.check_count(&typed.expr);
            return typed.expr;
        }
        let message = format!("this is {}, and a count or a share is needed", typed.of.described());
        self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message).help("write `3` or `10%`"));
        Expr::new(ExprKind::Bad, tree.span())
    }

    /// Counts or shares, one for each wave.
    fn counts(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let Tree::List(args) = tree.kind() else {
            let typed = self.expr(tree, None);
            let fits = matches!(&typed.of, Type::List(of) if matches!(**of, Type::Int | Type::Percent | Type::Any));
            if !fits && !matches!(typed.of, Type::Any) {
                let message = format!("this is {}, and a list of counts or shares is needed", typed.of.described());
                self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message).help("write `[1, 10%, 100%]`"));
                return Expr::new(ExprKind::Bad, tree.span());
            }
            return typed.expr;
        };
        let values: Vec<syntax::Expr<'t>> = args.iter().filter_map(|it| it.value).collect();
        let list: Vec<Expr> = values.into_iter().map(|it| self.count(it)).collect();
        let of = Type::list(Type::Any);
        self.folded(super::exprs::Typed::new(ExprKind::List(list), of, tree.span())).expr
    }

    fn check_count(&mut self, expr: &Expr) {
        match expr.known() {
            Some(Value::Int(count)) if *count < 0 => self.say_out_of_range(expr.span, "a count is not negative"),
            Some(Value::Percent(points)) if !(0.0..=100.0).contains(points) => {
                self.say_out_of_range(expr.span, "a share lies between 0% and 100%");
            }
            _ => {}
        }
    }

    /// Says that a value lies outside of what it may be.
    pub fn say_out_of_range(&mut self, span: Span, message: impl Into<String>) {
        self.say(Diagnostic::new(Code::OUT_OF_RANGE, span, message));
    }

    /// A text that may hold secrets.
    pub fn secret_text(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let typed = self.expr(tree, None);
        match &typed.of {
            Type::Secret(_) => typed.expr,
            Type::Optional(_) => {
                self.say_absent(tree.span(), tree.text(), &Type::Text);
                typed.expr
            }
            _ => typed.expr,
        }
    }

    /// Names with texts that may hold secrets: `env`, `headers`.
    pub fn secret_texts(&mut self, parts: &Parts<'t>, name: &str) -> Vec<(SmolStr, Expr)> {
        let Some(tree) = parts.value(name) else { return Vec::new() };
        let Tree::Record(body) = tree.kind() else {
            let typed = self.expr(tree, None);
            if !matches!(typed.of, Type::Any) {
                let message = format!("this is {}, and a record is needed", typed.of.described());
                self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message).help("write `{ NAME = value }`"));
            }
            return Vec::new();
        };
        let entries: Vec<Entry<'t>> = body.entries().filter(|it| !it.is_broken()).collect();
        let mut texts: Vec<(SmolStr, Expr)> = Vec::new();
        for entry in entries {
            let Some((key, value)) = text_key(entry) else {
                self.say(Diagnostic::new(Code::SHAPE, entry.span(), format!("`{name}` holds `NAME = value`")));
                continue;
            };
            if texts.iter().any(|(it, _)| *it == key) {
                self.say(Diagnostic::new(Code::PROPERTY_TWICE, entry.head().span(), format!("`{key}` is given twice")));
            }
            let value = self.secret_text(value);
            texts.push((key, value));
        }
        texts
    }

    /// `retry = 3`, or `retry { attempts, backoff }` among the entries of a body.
    pub fn retry(&mut self, parts: &Parts<'t>) -> Option<Retry> {
        let block = parts.entries.iter().copied().find(|it| is_word(*it, "retry"));
        let short = self.setting(parts, "retry").map(|attempts| Retry { span: attempts.span, attempts, backoff: None });
        let Some(block) = block else { return short };
        if let Some(short) = &short {
            let problem = Diagnostic::new(Code::PROPERTY_TWICE, block.head().span(), "`retry` is given twice");
            self.say(problem.also(short.span, "first given here"));
        }
        let row = word(parts.row.body.unwrap_or(Place::Settings), "retry")?;
        let parts = self.parts(row, block);
        self.refuse_entries(&parts);
        let attempts = self.setting(&parts, "attempts");
        let backoff = self.setting(&parts, "backoff");
        if attempts.is_none() {
            let problem = Diagnostic::new(Code::MISSING, block.head().span(), "`retry` needs `attempts`");
            self.say(problem.help("write `retry { attempts = 3 }`"));
        }
        Some(Retry { attempts: attempts?, backoff, span: block.span() })
    }
}

/// Returns whether an entry begins with a word.
pub(super) fn is_word(entry: Entry<'_>, word: &str) -> bool {
    entry.head().as_name().is_some_and(|it| it.text() == word)
}

/// The key of a field whose name may be a text: a header.
fn text_key(entry: Entry<'_>) -> Option<(SmolStr, syntax::Expr<'_>)> {
    let value = entry.value()?;
    let alone = entry.items().nth(1).is_none() && entry.body().is_none();
    let key = match entry.head().kind() {
        Tree::Name(name) => SmolStr::new(name.text()),
        Tree::Text(text) => SmolStr::new(text.plain()?),
        _ => return None,
    };
    alone.then_some((key, value))
}

fn plain_type(kind: Kind) -> Type {
    match kind {
        Kind::Text => Type::Text,
        Kind::Int => Type::Int,
        Kind::Duration => Type::Duration,
        _ => Type::Any,
    }
}
