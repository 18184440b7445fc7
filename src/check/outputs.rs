//! What steps leave, where it is used: `stage.step.key`, `step.key`, `step[site].key`, `stage.touched`.

use smol_str::SmolStr;

use super::chains::Link;
use super::checker::Checker;
use super::exprs::Typed;
use super::units::Unit;
use crate::diag::{Code, Diagnostic};
use crate::model::{ExprKind, OutputRef, StageField};
use crate::source::Span;
use crate::syntax::Name;
use crate::value::Type;

impl<'t> Checker<'t> {
    /// `stage.step.key`, `step.key`, `stage.touched`.
    pub fn output_chain(&mut self, links: &[Link<'t>], span: Span) -> Option<Typed> {
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
    pub fn stage_of_chain(&self, links: &[Link<'t>]) -> Option<(SmolStr, usize)> {
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

    pub fn stage_chain(&mut self, stage: &SmolStr, links: &[Link<'t>], span: Span) -> Typed {
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
    pub fn unit_here(&mut self, name: &str) -> Option<Unit> {
        let frame = self.at;
        let found = self.units.here.get(name)?;
        let mut own = found.iter().filter(|it| it.frame == frame);
        own.next_back().cloned()
    }

    pub fn say_ambiguous(&mut self, name: Name<'t>, one: Span, other: Span) {
        let message = format!("`{}` is the name of two things in this stage", name.text());
        let problem = Diagnostic::new(Code::AMBIGUOUS, name.span(), message);
        self.say(problem.also(one, "one").also(other, "the other").help("give them different names"));
    }

    /// `step.key` or `step[site].key`, the step being known.
    pub fn unit_chain(&mut self, unit: &Unit, links: &[Link<'t>], span: Span) -> Typed {
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

    pub fn say_wrong_target(&mut self, name: Name<'t>, outside: usize, unit: Span, span: Span) {
        let text = name.text();
        let (message, help) = match outside {
            0 => (format!("`{text}` ran once here, so no target is asked for"), format!("write `{text}.…`")),
            1 => (format!("`{text}` ran once for each target"), format!("say for which: `{text}[site].…`")),
            _ => (format!("`{text}` stands in loops within loops"), "use it inside of the loops".to_owned()),
        };
        self.say(Diagnostic::new(Code::SHAPE, span, message).also(unit, "it stands here").help(help));
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}
