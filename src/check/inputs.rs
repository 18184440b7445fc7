//! Parameters of declarations, inputs of rollouts, and profiles.

use std::rc::Rc;

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared, ParamFacts, Signature, declared_name, declared_params};
use super::frame::Sense;
use super::word::{Parts, property_name};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Constraint, Expr, ExprKind, Input, Param, Profile};
use crate::schema::{Place, WordRow, property, word};
use crate::source::Span;
use crate::syntax::{self, Arg, Entry, Name};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Works out what each probe, action, strategy and rollout takes.
    pub fn check_signatures(&mut self) {
        for id in 0..self.declared.len() {
            let Declared { entry, module, kind, .. } = self.declared[id];
            let signature = match kind {
                Declaration::Probe(_)
                | Declaration::Metric(_)
                | Declaration::Threshold(_)
                | Declaration::Gate(_)
                | Declaration::Router(_)
                | Declaration::Action(_)
                | Declaration::Window
                | Declaration::Strategy => self.within(module, |it| it.read_params(entry)),
                Declaration::Rollout(_) => self.within(module, |it| it.read_inputs(entry)),
                Declaration::Let
                | Declaration::Type
                | Declaration::Secret
                | Declaration::People
                | Declaration::Checklist
                | Declaration::Fleet(_)
                | Declaration::Flag(_)
                | Declaration::Channel(_)
                | Declaration::Later(_) => continue,
            };
            self.signatures.insert(id, Rc::new(signature));
        }
    }

    fn read_params(&mut self, entry: Entry<'t>) -> Signature {
        let args: Vec<Arg<'t>> = declared_params(entry).into_iter().flat_map(|it| it.iter()).collect();
        let params = args.into_iter().filter_map(|arg| self.read_param(arg)).collect();
        Signature { params }
    }

    fn read_param(&mut self, arg: Arg<'t>) -> Option<ParamFacts> {
        let name = arg.name.or_else(|| arg.value.and_then(|it| it.as_name()));
        let Some(name) = name else {
            self.say(Diagnostic::new(Code::SHAPE, arg.span, "a parameter is a name with a type: `site: target`"));
            return None;
        };
        let of = match arg.type_ {
            Some(written) => self.type_of(written),
            None => {
                let message = format!("the parameter `{}` has no type", name.text());
                self.say(
                    Diagnostic::new(Code::SHAPE, name.span(), message).help(format!("write `{}: string`", name.text())),
                );
                Type::Any
            }
        };
        let default = if arg.name.is_some() { arg.value } else { None };
        let default = default.map(|it| self.typed(it, &of));
        Some(ParamFacts { name: SmolStr::new(name.text()), of, default, span: name.span() })
    }

    fn read_inputs(&mut self, entry: Entry<'t>) -> Signature {
        let is_input = |it: &Entry<'t>| it.head().as_name().is_some_and(|name| name.text() == "input");
        let entries: Vec<Entry<'t>> = entry.body().into_iter().flat_map(|it| it.entries()).filter(is_input).collect();
        let mut params = Vec::new();
        for entry in entries {
            let Some(name) = declared_name(entry) else { continue };
            let of = entry.type_().map_or(Type::Any, |it| self.type_of(it));
            // Only whether there is a default counts here; the rollout itself reads it.
            let default = entry.value().map(|it| Expr::new(ExprKind::Bad, it.span()));
            params.push(ParamFacts { name: SmolStr::new(name.text()), of, default, span: name.span() });
        }
        Signature { params }
    }

    /// Binds the parameters of a probe or an action.
    pub fn bind_params(&mut self, id: usize) -> Vec<Param> {
        let signature = self.signature(id);
        let names: Vec<Name<'t>> = declared_params(self.declared[id].entry)
            .into_iter()
            .flat_map(|it| it.iter())
            .filter_map(|arg| arg.name.or_else(|| arg.value.and_then(|it| it.as_name())))
            .collect();
        let mut params = Vec::new();
        for (facts, name) in signature.params.iter().zip(names) {
            let local = self.new_local(facts.of.clone());
            self.bind_param(name, Sense::Local(local), Some("the parameter"));
            let ParamFacts { name, of, default, span } = facts.clone();
            params.push(Param { name, local, of, default, span });
        }
        params
    }

    /// Reads an input of a rollout and binds its name.
    pub fn bind_input(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Input> {
        let Some(name) = declared_name(entry) else {
            self.say_shape(row, entry.span(), "`input` needs a name");
            return None;
        };
        let parts = self.parts(row, entry);
        self.refuse_entries(&parts);
        let (of, default) = self.input_type(name, entry);
        default.iter().for_each(|it| self.refuse_late_default(name, it));
        let constraints = self.constraints(&parts, &of);
        if let Some(value) = default.as_ref().and_then(|it| it.known()) {
            self.check_constraints(&constraints, &value.clone(), entry.value().map_or(name.span(), |it| it.span()));
        }
        let local = self.bind_local(name, of.clone(), Some("the input"));
        Some(Input {
            name: SmolStr::new(name.text()),
            local,
            of,
            default,
            constraints,
            doc: entry.docs(),
            span: name.span(),
        })
    }

    fn input_type(&mut self, name: Name<'t>, entry: Entry<'t>) -> (Type, Option<Expr>) {
        match (entry.type_(), entry.value()) {
            (Some(written), value) => {
                let of = self.type_of(written);
                let default = value.map(|it| self.typed(it, &of));
                (of, default)
            }
            (None, Some(value)) => {
                let typed = self.expr(value, None);
                (typed.of, Some(typed.expr))
            }
            (None, None) => {
                let message = format!("the input `{}` has no type", name.text());
                self.say(
                    Diagnostic::new(Code::SHAPE, name.span(), message).help(format!("write `{}: string`", name.text())),
                );
                (Type::Any, None)
            }
        }
    }

    /// Inputs have their values before anything is planned: a default cannot be what comes of the plan or the run.
    fn refuse_late_default(&mut self, name: Name<'t>, default: &Expr) {
        let mut late = None;
        default.walk(&mut |it| {
            if is_late(&it.kind) && late.is_none() {
                late = Some(it.span);
            }
        });
        if let Some(span) = late {
            let message = format!("the input `{}` needs its value before there is a plan", name.text());
            let problem = Diagnostic::new(Code::NOT_KNOWN, span, message).because("known only after that");
            self.say(problem.help("a default is a constant, or made of `env`, `file` and the inputs before it"));
        }
    }

    fn constraints(&mut self, parts: &Parts<'t>, of: &Type) -> Vec<Constraint> {
        let mut constraints = Vec::new();
        let of = of.present().clone();
        if let Some(tree) = parts.value("one_of")
            && let Some(value) = self.constant(tree, &Type::list(of.clone()))
        {
            constraints.push(Constraint::OneOf(value.as_list().unwrap_or_default().to_vec()));
        }
        if let Some(tree) = parts.value("matches")
            && let Some(value) = self.constant(tree, &Type::Regex)
            && let Some(pattern) = value.as_text()
        {
            if !of.fits(&Type::Text) {
                let message = format!("`matches` is about texts, and this input is {}", of.described());
                self.say(Diagnostic::new(Code::NO_EFFECT, tree.span(), message));
            }
            constraints.push(Constraint::Matches(pattern.clone()));
        }
        if let Some(tree) = parts.value("min")
            && let Some(value) = self.constant(tree, &of)
        {
            constraints.push(Constraint::Min(value));
        }
        if let Some(tree) = parts.value("max")
            && let Some(value) = self.constant(tree, &of)
        {
            constraints.push(Constraint::Max(value));
        }
        constraints
    }

    /// Lowers an expression that must be known when the file is checked.
    pub fn constant(&mut self, tree: syntax::Expr<'t>, want: &Type) -> Option<Value> {
        let expr = self.typed(tree, want);
        let known = expr.known().cloned();
        if known.is_none() && !matches!(expr.kind, ExprKind::Bad) {
            let problem = Diagnostic::new(Code::NOT_KNOWN, tree.span(), "this must be known when the file is checked");
            self.say(problem.help("write the value itself, or a `let` of the file"));
        }
        known
    }

    fn check_constraints(&mut self, constraints: &[Constraint], value: &Value, span: Span) {
        use crate::value::{Compared, compare};
        use std::cmp::Ordering;
        let is = |order: Ordering, other: &Value| compare(value, other) == Compared::Ordered(order);
        for constraint in constraints {
            let broken = match constraint {
                Constraint::OneOf(values) => (!values.contains(value)).then(|| "is none of `one_of`".to_owned()),
                Constraint::Matches(pattern) => value.as_text().and_then(|text| {
                    let fits = self.whole_pattern(pattern)?.is_match(text);
                    (!fits).then(|| format!("does not match `{pattern}`"))
                }),
                Constraint::Min(least) => is(Ordering::Less, least).then(|| format!("is less than {least}")),
                Constraint::Max(most) => is(Ordering::Greater, most).then(|| format!("is more than {most}")),
            };
            if let Some(broken) = broken {
                let message = format!("the default `{value}` {broken}");
                self.say(Diagnostic::new(Code::OUT_OF_RANGE, span, message));
            }
        }
    }

    /// Returns a pattern for whole texts, made once however many inputs have it.
    fn whole_pattern(&mut self, pattern: &SmolStr) -> Option<&regex::Regex> {
        let make = || regex::Regex::new(&format!("^(?:{pattern})$")).ok();
        self.whole_patterns.entry(pattern.clone()).or_insert_with(make).as_ref()
    }

    /// Reports entries where only properties stand.
    pub fn refuse_entries(&mut self, parts: &Parts<'t>) {
        let place = parts.row.body.unwrap_or(Place::Settings);
        for entry in parts.entries.iter().filter(|it| !it.is_broken()) {
            if entry.head().as_name().is_none_or(|it| word(place, it.text()).is_none()) {
                self.say_not_a_property(parts.row, *entry);
            }
        }
    }

    /// Says that an entry is no property where only properties stand.
    pub fn say_not_a_property(&mut self, row: &'static WordRow, entry: Entry<'t>) {
        let name = entry.head().as_name().filter(|_| entry.items().nth(1).is_none());
        let name = name.filter(|it| property(row, it.text()).is_some());
        let (Some(name), Some(body)) = (name, entry.body()) else {
            let message = format!("`{}` holds properties only: `key = value`", row.name);
            return self.say(Diagnostic::new(Code::MISPLACED, entry.head().span(), message));
        };
        let between = Span { start: name.span().end, end: body.span().start, ..name.span() };
        let message = format!("`{}` is a property, and takes a value", name.text());
        let problem = Diagnostic::new(Code::SHAPE, between, message).because("`=` belongs here");
        self.say(problem.fix("insert `=`", between, " = "));
    }

    /// Reads the values that a profile, or a call of a rollout, gives inputs.
    pub fn input_values(&mut self, entry: Entry<'t>, signature: &Signature, what: &str) -> Vec<(SmolStr, Expr)> {
        let mut values: Vec<(SmolStr, Expr)> = Vec::new();
        for inner in entry.body().into_iter().flat_map(|it| it.entries()).filter(|it| !it.is_broken()) {
            let (Some(name), Some(value)) = (property_name(inner), inner.value()) else {
                self.say(Diagnostic::new(Code::SHAPE, inner.span(), format!("{what} holds inputs: `name = value`")));
                continue;
            };
            if matches!(name.text(), "when" | "allow") && !signature.params.iter().any(|it| it.name == name.text()) {
                continue;
            }
            let Some(param) = signature.params.iter().find(|it| it.name == name.text()) else {
                let near = nearest(name.text(), signature.params.iter().map(|it| it.name.as_str()));
                let message = format!("the rollout has no input `{}`", name.text());
                self.say(Diagnostic::new(Code::UNKNOWN_NAME, name.span(), message).suggest(name.span(), near));
                continue;
            };
            let expr = self.typed(value, &param.of);
            if values.iter().any(|(it, _)| it == name.text()) {
                let message = format!("`{}` is given twice", name.text());
                self.say(Diagnostic::new(Code::PROPERTY_TWICE, name.span(), message));
            }
            values.push((SmolStr::new(name.text()), expr));
        }
        values
    }

    /// Reads a profile of a rollout.
    pub fn profile(&mut self, row: &'static WordRow, entry: Entry<'t>, signature: &Signature) -> Option<Profile> {
        let Some(name) = declared_name(entry) else {
            self.say_shape(row, entry.span(), "`profile` needs a name");
            return None;
        };
        let values = self.input_values(entry, signature, "a profile");
        Some(Profile { name: SmolStr::new(name.text()), values, span: name.span() })
    }
}

/// Whether an expression has no value before there is a plan.
pub(super) fn is_late(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Fleet(_)
        | ExprKind::Rest(_)
        | ExprKind::Probe(..)
        | ExprKind::Metric(..)
        | ExprKind::Before(_)
        | ExprKind::Trend(_)
        | ExprKind::Threshold(..)
        | ExprKind::Gate(..)
        | ExprKind::Output(_)
        | ExprKind::Kept { .. }
        | ExprKind::Run(_)
        | ExprKind::Loop(_)
        | ExprKind::Wave(_)
        | ExprKind::Touched(_)
        | ExprKind::Stage(..)
        | ExprKind::Today => true,
        ExprKind::Value(_)
        | ExprKind::Local(_)
        | ExprKind::Generate { .. }
        | ExprKind::Filter { .. }
        | ExprKind::Text(_)
        | ExprKind::List(_)
        | ExprKind::Record(_)
        | ExprKind::Field(..)
        | ExprKind::Index(..)
        | ExprKind::Not(_)
        | ExprKind::Minus(_)
        | ExprKind::Sum(..)
        | ExprKind::Compare(..)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Coalesce(..)
        | ExprKind::Of(..)
        | ExprKind::If(..)
        | ExprKind::Range(..)
        | ExprKind::Builtin(..)
        | ExprKind::Window(..)
        | ExprKind::Bad => false,
    }
}
