//! Fields and elements, and what begins with a name that the run gives a meaning: `kept.x`, `run.id`, `stage.step.key`.

use super::checker::Checker;
use super::declare::Declaration;
use super::exprs::Typed;
use super::frame::Sense;
use crate::diag::{Code, Diagnostic};
use crate::model::{ExprKind, LoopField, RunField, WaveField};
use crate::source::Span;
use crate::syntax::{self, ExprKind as Tree, Name};
use crate::value::Type;

/// Names of the run's fields, with what each is.
const RUN_FIELDS: &[(&str, RunField)] = &[
    ("id", RunField::Id),
    ("rollout", RunField::Rollout),
    ("by", RunField::By),
    ("reason", RunField::Reason),
    ("percent", RunField::Percent),
    ("completed", RunField::Completed),
    ("failed", RunField::Failed),
    ("total", RunField::Total),
    ("eta", RunField::Eta),
    ("started", RunField::Started),
    ("touched", RunField::Touched),
    ("failed_targets", RunField::FailedTargets),
    ("outcome", RunField::Outcome),
];

/// What a run was expected to be when it started.
const FORECAST_FIELDS: &[(&str, RunField)] = &[
    ("earliest", RunField::ForecastEarliest),
    ("latest", RunField::ForecastLatest),
    ("rollback", RunField::ForecastRollback),
];

/// A link of a chain of names: `pilot.deploy[site].url`.
#[derive(Clone, Copy)]
pub(super) struct Link<'t> {
    pub name: Name<'t>,
    pub index: Option<syntax::Expr<'t>>,
}

impl<'t> Checker<'t> {
    pub fn chain_expr(&mut self, tree: syntax::Expr<'t>) -> Typed {
        if let Tree::Field { of, name } = tree.kind()
            && let Tree::Call { callee, args } = of.kind()
            && callee.as_name().is_some_and(|it| it.text() == "kept")
        {
            return self.kept_for(args, name, tree.span());
        }
        let links = links(tree);
        if let Some(links) = &links
            && let Some(typed) = self.named_chain(links, tree.span())
        {
            return typed;
        }
        match tree.kind() {
            Tree::Field { of, name } => {
                let of_typed = self.expr(of, None);
                self.field(of, of_typed, name, tree.span())
            }
            Tree::Index { of, index } => self.index(of, index, tree.span()),
            _ => Typed::bad(tree.span()),
        }
    }

    fn kept_for(&mut self, args: syntax::Args<'t>, key: Name<'t>, span: Span) -> Typed {
        let values: Vec<syntax::Expr<'t>> = args.iter().filter_map(|it| it.value).collect();
        let [target] = values[..] else {
            self.say(Diagnostic::new(Code::ARGUMENTS, args.span(), "`kept(…)` takes one target"));
            return Typed::bad(span);
        };
        let target = self.typed(target, &Type::Target);
        let (expr, of) = self.kept(Some(target), key.text(), key.span(), span);
        self.maybe_present(Typed { expr, of })
    }

    /// Lowers a chain whose first name is no value; none if it is one.
    fn named_chain(&mut self, links: &[Link<'t>], span: Span) -> Option<Typed> {
        let root = links[0].name;
        if self.names_a_value(root.text()) {
            return self.member_chain(links, span);
        }
        let field = links.get(1).map(|it| it.name);
        match (root.text(), field, links.len()) {
            ("kept", Some(key), 2) => {
                let (expr, of) = self.kept(None, key.text(), key.span(), span);
                Some(self.maybe_present(Typed { expr, of }))
            }
            ("run", Some(field), 2 | 3) if field.text() == "forecast" => {
                Some(self.forecast_field(links.last().expect("it has links").name, span))
            }
            ("run", Some(field), 2) => Some(self.run_field(field, span)),
            ("loop", Some(field), 2) => Some(self.loop_field(field, span)),
            ("wave", Some(field), 2) => Some(self.wave_field(field, span)),
            ("kept" | "run" | "loop" | "wave" | "date" | "touched", _, _) => None,
            _ => self.output_chain(links, span),
        }
    }

    /// Returns whether a name stands for a value or a file here; steps may have the names of actions.
    fn names_a_value(&self, name: &str) -> bool {
        let frame = &self.frames[self.at];
        if frame.names.contains_key(name) {
            return true;
        }
        match self.tables[frame.module].get(name) {
            Some((Sense::Declared(id), _)) => match self.declared[*id].kind {
                Declaration::Let
                | Declaration::Fleet(_)
                | Declaration::Secret
                | Declaration::People
                | Declaration::Router(_)
                | Declaration::Channel(_)
                | Declaration::Later(_) => true,
                Declaration::Type
                | Declaration::Probe(_)
                | Declaration::Window
                | Declaration::Metric(_)
                | Declaration::Threshold(_)
                | Declaration::Gate(_)
                | Declaration::Action(_)
                | Declaration::Strategy
                | Declaration::Checklist
                | Declaration::Flag(_)
                | Declaration::Rollout(_) => false,
            },
            Some(_) => true,
            None => false,
        }
    }

    /// `alias.name`: what another file declares.
    fn member_chain(&mut self, links: &[Link<'t>], span: Span) -> Option<Typed> {
        let [root, field] = links else { return None };
        let module = self.module_named(root.name.text())?;
        if field.index.is_some() {
            return None;
        }
        match self.member(module, field.name.text()) {
            Some(id) => {
                self.declared[id].used = true;
                Some(self.declared_expr(id, span))
            }
            None => {
                self.say_no_member(module, field.name.text(), field.name.span());
                Some(Typed::bad(span))
            }
        }
    }

    fn run_field(&mut self, name: Name<'t>, span: Span) -> Typed {
        let Some((_, field)) = RUN_FIELDS.iter().find(|(it, _)| *it == name.text()) else {
            self.say_no_field("`run`", name, RUN_FIELDS.iter().map(|it| it.0));
            return Typed::bad(span);
        };
        let of = match field {
            RunField::Id | RunField::Rollout | RunField::By | RunField::Reason | RunField::Outcome => Type::Text,
            RunField::Percent => Type::Percent,
            RunField::Completed | RunField::Failed | RunField::Total => Type::Int,
            RunField::Eta => Type::Instant.optional(),
            RunField::Started => Type::Instant,
            RunField::Touched | RunField::FailedTargets => Type::list(Type::Target),
            RunField::ForecastEarliest | RunField::ForecastLatest => Type::Instant,
            RunField::ForecastRollback => Type::Duration,
        };
        Typed::new(ExprKind::Run(*field), of, span)
    }

    fn forecast_field(&mut self, name: Name<'t>, span: Span) -> Typed {
        let Some((_, field)) = FORECAST_FIELDS.iter().find(|(it, _)| *it == name.text()) else {
            self.say_no_field("`run.forecast`", name, FORECAST_FIELDS.iter().map(|it| it.0));
            return Typed::bad(span);
        };
        let of = if *field == RunField::ForecastRollback { Type::Duration } else { Type::Instant };
        Typed::new(ExprKind::Run(*field), of, span)
    }

    fn loop_field(&mut self, name: Name<'t>, span: Span) -> Typed {
        let Some(innermost) = self.spot.loops.last().copied() else {
            let problem = Diagnostic::new(Code::NOT_HERE, span, "`loop` is about the enclosing loop");
            self.say(problem.because("in no loop"));
            return Typed::bad(span);
        };
        let element = self.locals[innermost.index()].of.clone();
        let (field, of) = match name.text() {
            "index" => (LoopField::Index, Type::Int),
            "first" => (LoopField::First, Type::Bool),
            "last" => (LoopField::Last, Type::Bool),
            "previous" => (LoopField::Previous, element.optional()),
            _ => {
                self.say_no_field("`loop`", name, ["index", "first", "last", "previous"].into_iter());
                return Typed::bad(span);
            }
        };
        self.maybe_present(Typed::new(ExprKind::Loop(field), of, span))
    }

    fn wave_field(&mut self, name: Name<'t>, span: Span) -> Typed {
        if !self.spot.wave {
            let problem = Diagnostic::new(Code::NOT_HERE, span, "`wave` is about the wave that just ended");
            self.say(problem.because("not in `after_wave`"));
            return Typed::bad(span);
        }
        match name.text() {
            "index" => Typed::new(ExprKind::Wave(WaveField::Index), Type::Int, span),
            "targets" => Typed::new(ExprKind::Wave(WaveField::Targets), Type::list(Type::Target), span),
            _ => {
                self.say_no_field("`wave`", name, ["index", "targets"].into_iter());
                Typed::bad(span)
            }
        }
    }

    /// Returns the name that a value stands for, if it is one of a file's declarations.
    pub fn declared_named(&mut self, tree: syntax::Expr<'t>) -> Option<usize> {
        match tree.kind() {
            Tree::Name(name) => match self.sense(name.text())? {
                Sense::Declared(id) => Some(id),
                _ => None,
            },
            Tree::Field { of, name } => {
                let module = self.module_named(of.as_name()?.text())?;
                let id = self.member(module, name.text())?;
                self.declared[id].used = true;
                Some(id)
            }
            _ => None,
        }
    }
}

/// Takes a chain of names apart; none if something else is part of it.
pub(super) fn links(tree: syntax::Expr<'_>) -> Option<Vec<Link<'_>>> {
    match tree.kind() {
        Tree::Name(name) => Some(vec![Link { name, index: None }]),
        Tree::Field { of, name } => {
            let mut links = links(of)?;
            links.push(Link { name, index: None });
            Some(links)
        }
        Tree::Index { of, index } => {
            let mut links = links(of)?;
            let last = links.last_mut()?;
            if last.index.is_some() {
                return None;
            }
            last.index = Some(index);
            Some(links)
        }
        _ => None,
    }
}
