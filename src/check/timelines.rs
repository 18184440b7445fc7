//! Timelines: values from moments on, counted from the start of a scenario or from what happens in it.

use smol_str::SmolStr;

use super::checker::Checker;
use super::givens::ramp_row;
use super::word::property_name;
use crate::diag::{Code, Diagnostic};
use crate::model::{Base, ExprKind, History, Moment, Point, Timeline, Which};
use crate::syntax::{self, BinaryOp, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Reads the points of a timeline of values of one type.
    pub fn timeline(&mut self, entry: Entry<'t>, name: &str, arguments: Vec<Which>, of: &Type) -> Option<Timeline> {
        let mut timeline = Timeline { name: SmolStr::new(name), arguments, points: Vec::new(), ramp: false };
        let entries = entry.body().into_iter().flat_map(|it| it.entries());
        for inner in entries.filter(|it| !it.is_broken()) {
            if property_name(inner).is_some_and(|it| it.text() == ramp_row().name) {
                timeline.ramp = self.ramp(inner, of);
                continue;
            }
            let (1, Some(value)) = (inner.items().count(), inner.value()) else {
                let problem =
                    Diagnostic::new(Code::SHAPE, inner.span(), "a point of a timeline has a time and a value");
                self.say(problem.help(format!("write `0h = {}`", example(of))));
                continue;
            };
            let Some(at) = self.moment(inner.head()) else { continue };
            let Some(value) = self.point_value(value, of) else { continue };
            self.refuse_going_back(&timeline.points, &at, inner);
            timeline.points.push(Point { at, value });
        }
        let says_nothing = entry.body().is_none_or(|it| it.entries().next().is_none());
        if says_nothing && !entry.is_broken() {
            let problem = Diagnostic::new(Code::MISSING, entry.span(), format!("nothing is given for `{name}`"));
            self.say(problem.help(format!("say what it is from the start: `{{ 0h = {} }}`", example(of))));
            return None;
        }
        Some(timeline)
    }

    fn ramp(&mut self, entry: Entry<'t>, of: &Type) -> bool {
        let Some(tree) = entry.value() else { return false };
        let ramp = self.constant(tree, &Type::Bool).and_then(|it| it.as_bool()).unwrap_or(false);
        let is_number = matches!(of, Type::Int | Type::Number | Type::Percent | Type::Duration | Type::Size);
        if ramp && !is_number {
            let message = format!("there is no line between values of the type {of}");
            self.say(Diagnostic::new(Code::NO_EFFECT, entry.head().span(), message).help("remove `ramp`"));
        }
        ramp && is_number
    }

    /// A value of the type, or no data.
    fn point_value(&mut self, tree: syntax::Expr<'t>, of: &Type) -> Option<Value> {
        let is_no_data = |it: &str| it == "null" || it == "unknown";
        if tree.as_name().is_some_and(|it| is_no_data(it.text()) && !self.is_bound(it.text())) {
            return Some(Value::Unknown);
        }
        let value = self.constant(tree, of)?;
        // An `int` may stand where a `number` is asked for, and is one from here on.
        Some(match (of, value) {
            (Type::Number, Value::Int(int)) => Value::Number(int as f64),
            (_, value) => value,
        })
    }

    fn refuse_going_back(&mut self, points: &[Point], at: &Moment, entry: Entry<'t>) {
        let before = points.iter().rev().find(|it| it.at.base == at.base);
        if let Some(before) = before
            && before.at.offset_ms >= at.offset_ms
        {
            let (span, last) = (entry.head().span(), crate::value::show_duration(before.at.offset_ms));
            let problem = Diagnostic::new(Code::TIMELINE, span, "this is not after the point before it");
            self.say(problem.because(format!("the point before is at {last}")).help("write the points in their order"));
        }
    }

    /// Reads a moment: `30m`, `pilot.watch`, `pilot.watch + 6h`, `done(pilot) + 1h`, `paused + 10m`.
    pub fn moment(&mut self, tree: syntax::Expr<'t>) -> Option<Moment> {
        match tree.kind() {
            Tree::Paren(inner) => self.moment(inner),
            Tree::Binary { op: BinaryOp::Add, left, right, .. } if self.is_base(left) => {
                let base = self.base(left)?;
                let offset_ms = self.offset(right)?;
                Some(Moment { base, offset_ms })
            }
            _ if self.is_base(tree) => Some(Moment { base: self.base(tree)?, offset_ms: 0 }),
            _ => Some(Moment { base: Base::Start, offset_ms: self.offset(tree)? }),
        }
    }

    /// Whether something is meant to be an event of the run, rather than a duration.
    fn is_base(&self, tree: syntax::Expr<'t>) -> bool {
        match tree.kind() {
            Tree::Name(name) => !self.is_bound(name.text()) || self.has_unit(name.text()),
            Tree::Field { .. } | Tree::Index { .. } | Tree::Text(_) => true,
            Tree::Call { callee, .. } => callee.as_name().is_some_and(|it| history_named(it.text()).is_some()),
            _ => false,
        }
    }

    fn base(&mut self, tree: syntax::Expr<'t>) -> Option<Base> {
        match tree.kind() {
            Tree::Name(name) if name.text() == "paused" && !self.has_unit("paused") => Some(Base::Paused),
            Tree::Call { callee, args } => {
                let history = history_named(callee.as_name()?.text())?;
                let Some(value) = args.iter().next().and_then(|it| it.value).filter(|_| args.len() == 1) else {
                    let message = format!("`{}` takes one stage or step", history.name());
                    self.say(Diagnostic::new(Code::ARGUMENTS, args.span(), message));
                    return None;
                };
                Some(Base::First(history, self.unit_meant(value)?.unit))
            }
            _ => Some(Base::First(History::Started, self.unit_meant(tree)?.unit)),
        }
    }

    fn offset(&mut self, tree: syntax::Expr<'t>) -> Option<i64> {
        let typed = self.expr(tree, Some(&Type::Duration));
        match typed.expr.known() {
            Some(Value::Duration(ms)) if *ms >= 0 => return Some(*ms),
            Some(Value::Duration(_)) => self.say_out_of_range(tree.span(), "nothing is known before it happens"),
            _ if matches!(typed.expr.kind, ExprKind::Bad) => {}
            _ => {
                let message = format!("this is {}, and a time is needed", typed.of.described());
                let problem = Diagnostic::new(Code::MISMATCH, tree.span(), message);
                self.say(problem.help("write a time since the start: `30m`, or since an event: `pilot.deploy + 30m`"));
            }
        }
        None
    }
}

pub(super) fn history_named(name: &str) -> Option<History> {
    History::ALL.into_iter().find(|it| it.name() == name)
}

/// Returns a value of a type, for a help.
fn example(of: &Type) -> &'static str {
    match of {
        Type::Bool => "true",
        Type::Percent => "0.2%",
        Type::Duration => "200ms",
        Type::Size => "1MiB",
        Type::Int => "0",
        _ => "1.0",
    }
}
