//! Fields and elements, and what begins with a name that the run gives a meaning: `kept.x`, `run.id`, `stage.step.key`.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::Declaration;
use super::exprs::Typed;
use super::frame::Sense;
use super::mismatch::described;
use super::units::Unit;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Expr, ExprKind, LoopField, OutputRef, RunField, StageField, WaveField};
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

/// A link of a chain of names: `pilot.deploy[site].url`.
#[derive(Clone, Copy)]
struct Link<'t> {
    name: Name<'t>,
    index: Option<syntax::Expr<'t>>,
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
                Declaration::Let | Declaration::Fleet(_) | Declaration::Secret | Declaration::Later(_) => true,
                Declaration::Type
                | Declaration::Probe(_)
                | Declaration::Action(_)
                | Declaration::Strategy
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
        };
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

    fn say_no_field<'n>(&mut self, what: &str, name: Name<'t>, fields: impl Iterator<Item = &'n str> + Clone) {
        let message = format!("{what} has no field `{}`", name.text());
        let problem = Diagnostic::new(Code::NO_FIELD, name.span(), message);
        let all: Vec<String> = fields.clone().map(|it| format!("`{it}`")).collect();
        self.say(match (nearest(name.text(), fields), all.is_empty()) {
            (Some(near), _) => problem.suggest(name.span(), Some(near)),
            (None, true) => problem,
            (None, false) => problem.help(format!("it has {}", all.join(", "))),
        });
    }

    /// `stage.step.key`, `step.key`, `stage.touched`.
    fn output_chain(&mut self, links: &[Link<'t>], span: Span) -> Option<Typed> {
        if let Some((stage, used)) = self.stage_of_chain(links) {
            return Some(self.stage_chain(&stage, &links[used..], span));
        }
        let name = links[0].name.text();
        let own = self.unit_here(name);
        if let Some(unit) = own {
            return Some(self.unit_chain(&unit, links, span));
        }
        if links.iter().any(|it| it.index.is_some()) || self.sense(name).is_some() {
            return None;
        }
        self.say_unknown(name, links[0].name.span(), None);
        Some(Typed::bad(span))
    }

    /// Finds the stage that the first names of a chain are the path of, and how many names that takes.
    fn stage_of_chain(&self, links: &[Link<'t>]) -> Option<(SmolStr, usize)> {
        let plain = links.iter().take_while(|it| it.index.is_none()).count();
        for used in (1..=plain.min(4)).rev() {
            let names: Vec<&str> = links[..used].iter().map(|it| it.name.text()).collect();
            let path = names.join(".");
            let prefixed = SmolStr::new(format!("{}{path}", self.frames[self.at].prefix));
            for path in [prefixed, SmolStr::new(path)] {
                if self.stage_names.contains_key(&path) {
                    return Some((path, used));
                }
            }
        }
        None
    }

    /// Returns whether a stage of this name is in sight.
    pub fn is_stage(&self, name: &str) -> bool {
        let prefixed = format!("{}{name}", self.frames[self.at].prefix);
        self.stage_names.contains_key(prefixed.as_str()) || self.stage_names.contains_key(name)
    }

    fn stage_chain(&mut self, stage: &SmolStr, links: &[Link<'t>], span: Span) -> Typed {
        let Some(first) = links.first() else { return Typed::bad(span) };
        let here = self.units.stage.as_ref() == Some(stage);
        let units = if here { Some(&self.units.here) } else { self.units.stages.get(stage) };
        let Some(units) = units else {
            let message = format!("the stage `{stage}` has not run yet where this is used");
            self.say(Diagnostic::new(Code::TOO_EARLY, span, message).help("use what an earlier stage leaves"));
            return Typed::bad(span);
        };
        match (first.name.text(), links.len()) {
            ("touched", 1) => {
                return Typed::new(ExprKind::Touched(Some(stage.clone())), Type::list(Type::Target), span);
            }
            ("outcome", 1) => {
                return Typed::new(ExprKind::Stage(stage.clone(), StageField::Outcome), Type::Text, span);
            }
            _ => {}
        }
        let found = units.get(first.name.text()).cloned().unwrap_or_default();
        match &found[..] {
            [unit] => {
                let unit = unit.clone();
                self.unit_chain(&unit, links, span)
            }
            [] => {
                let names: Vec<String> = units.keys().map(SmolStr::to_string).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).chain(["touched", "outcome"]).collect();
                self.say_no_field(&format!("the stage `{stage}`"), first.name, sorted(names).into_iter());
                Typed::bad(span)
            }
            [one, other, ..] => {
                let (one, other) = (one.span, other.span);
                self.say_ambiguous(first.name, one, other);
                Typed::bad(span)
            }
        }
    }

    /// Finds a unit by its name alone, where that name was written in the same text.
    fn unit_here(&mut self, name: &str) -> Option<Unit> {
        let frame = self.at;
        let found = self.units.here.get(name)?;
        let mut own = found.iter().filter(|it| it.frame == frame);
        own.next_back().cloned()
    }

    fn say_ambiguous(&mut self, name: Name<'t>, one: Span, other: Span) {
        let message = format!("`{}` is the name of two things in this stage", name.text());
        let problem = Diagnostic::new(Code::AMBIGUOUS, name.span(), message);
        self.say(problem.also(one, "one").also(other, "the other").help("give them different names"));
    }

    /// `step.key` or `step[site].key`, the step being known.
    fn unit_chain(&mut self, unit: &Unit, links: &[Link<'t>], span: Span) -> Typed {
        let name = links[0].name;
        let [step, key] = links else {
            let message = format!("`{}` leaves several values", name.text());
            self.say(Diagnostic::new(Code::SHAPE, span, message).help(format!("write `{}.stdout`", name.text())));
            return Typed::bad(span);
        };
        let of = match key.name.text() {
            "stdout" => Some(Type::Text),
            "code" => Some(Type::Int),
            other => unit.outputs.iter().find(|(it, _)| it == other).map(|(_, of)| of.clone()),
        };
        let Some(of) = of else {
            let names: Vec<&str> =
                ["stdout", "code"].into_iter().chain(unit.outputs.iter().map(|it| it.0.as_str())).collect();
            self.say_no_field(&format!("`{}`", name.text()), key.name, names.into_iter());
            return Typed::bad(span);
        };
        let target = step.index.map(|it| self.expr(it, None).expr);
        let outside = unit.loops.iter().filter(|it| !self.spot.loops.contains(it)).count();
        if outside == 0 && target.is_some() || outside > 1 || outside == 1 && target.is_none() {
            self.say_wrong_target(name, outside, unit.span, span);
            return Typed::bad(span);
        }
        let path = unit.path.clone();
        let key = SmolStr::new(key.name.text());
        let output = OutputRef { path, target: target.map(Box::new), key, of: of.clone() };
        self.maybe_present(Typed::new(ExprKind::Output(output), of, span))
    }

    fn say_wrong_target(&mut self, name: Name<'t>, outside: usize, unit: Span, span: Span) {
        let text = name.text();
        let (message, help) = match outside {
            0 => (format!("`{text}` ran once here, so no target is asked for"), format!("write `{text}.…`")),
            1 => (format!("`{text}` ran once for each target"), format!("say for which: `{text}[site].…`")),
            _ => (format!("`{text}` stands in loops within loops"), "use it inside of the loops".to_owned()),
        };
        self.say(Diagnostic::new(Code::SHAPE, span, message).also(unit, "it stands here").help(help));
    }

    /// `value.name`.
    fn field(&mut self, tree: syntax::Expr<'t>, of: Typed, name: Name<'t>, span: Span) -> Typed {
        let key = SmolStr::new(name.text());
        let field = match &of.of {
            Type::Any => Some(Type::Any),
            Type::Record(record) => record.fields.get(&key).cloned(),
            Type::Map(value) => Some((**value).clone().optional()),
            Type::Target => return self.label(of.expr, name, span),
            Type::Optional(present) => {
                let present = (**present).clone();
                self.say_absent(tree.span(), tree.text(), &present);
                return Typed::bad(span);
            }
            _ => None,
        };
        match field {
            Some(field) => {
                let typed = Typed::new(ExprKind::Field(Box::new(of.expr), key), field, span);
                let typed = self.folded(typed);
                self.maybe_present(typed)
            }
            None => {
                let names: Vec<String> = match &of.of {
                    Type::Record(record) => record.fields.keys().map(SmolStr::to_string).collect(),
                    _ => Vec::new(),
                };
                self.say_no_field(&described(&of.of), name, names.iter().map(String::as_str));
                Typed::bad(span)
            }
        }
    }

    fn index(&mut self, tree: syntax::Expr<'t>, index: syntax::Expr<'t>, span: Span) -> Typed {
        let of = self.expr(tree, None);
        let (want, gives) = match &of.of {
            Type::Any => (Type::Any, Type::Any),
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Fleet => (Type::Int, Type::Target),
            Type::Map(value) => (Type::Text, (**value).clone().optional()),
            Type::Record(_) => (Type::Text, Type::Any),
            Type::Optional(present) => {
                let present = (**present).clone();
                self.say_absent(tree.span(), tree.text(), &present);
                return Typed::bad(span);
            }
            other => {
                let message = format!("{} has no elements", described(other));
                self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message));
                return Typed::bad(span);
            }
        };
        let index: Expr = self.typed(index, &want);
        let typed = self.folded(Typed::new(ExprKind::Index(Box::new(of.expr), Box::new(index)), gives, span));
        self.maybe_present(typed)
    }

    /// `site.region`: a label of a target.
    fn label(&mut self, of: Expr, name: Name<'t>, span: Span) -> Typed {
        let fleets = match super::exprs::local_of(&of) {
            Some(local) => self.locals[local.index()].fleets.clone(),
            None => Vec::new(),
        };
        match self.labels.find(&fleets, name.text()) {
            Some(label) => {
                let kind = ExprKind::Field(Box::new(of), SmolStr::new(name.text()));
                let typed = self.folded(Typed::new(kind, label, span));
                self.maybe_present(typed)
            }
            None => {
                let names = self.labels.names(&fleets);
                let message = format!("no target here has a label `{}`", name.text());
                let problem = Diagnostic::new(Code::NO_FIELD, name.span(), message);
                let near = nearest(name.text(), names.iter().map(SmolStr::as_str));
                let all: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
                self.say(match near {
                    Some(near) => problem.suggest(name.span(), Some(near)),
                    None => problem.help(format!("there are {}", all.join(", "))),
                });
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

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

/// Takes a chain of names apart; none if something else is part of it.
fn links(tree: syntax::Expr<'_>) -> Option<Vec<Link<'_>>> {
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
