//! Conditions that are asked right after a change, of metrics that look back: most of what they see was before it. Knows the
//! order of what is written, and no times but those that are said.

use std::collections::HashMap;

use super::changes::changes;
use super::checker::Checker;
use super::looks::Flow;
use super::range_queries::{LooksBack, Measures};
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, ActionId, Entry, EntryKind, Expr, Gate, Rollout};
use crate::source::Span;
use crate::value::{Value, show_duration};

/// How a body leaves what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    AsItWas,
    Changed(Span),
    Settled,
}

impl Left {
    fn then(self, next: Left) -> Left {
        if next == Left::AsItWas { self } else { next }
    }
}

/// A walk through what happens, in its order.
struct Walk<'p> {
    flow: &'p Flow<'p>,
    measures: Measures<'p>,
    actions: HashMap<ActionId, Left>,
    found: Vec<(Span, Span, LooksBack)>,
}

impl<'t> Checker<'t> {
    /// Looks through every rollout, and once through every action.
    pub fn lint_settles(&mut self, flow: &Flow, gates: &[Gate]) {
        let measures = Measures { metrics: &self.program.metrics, thresholds: &self.program.thresholds, gates };
        let mut walk = Walk { flow, measures, actions: HashMap::new(), found: Vec::new() };
        flow.rollouts.iter().for_each(|it| walk.rollout(it));
        for (asked, changed, LooksBack { metric, ms }) in walk.found {
            let name = &self.program.metrics[metric.index()].name;
            let message = format!("`{name}` looks back {}, and this asks it right after a change", show_duration(ms));
            let problem = Diagnostic::new(Code::NOT_SETTLED, asked, message)
                .because("most of what it sees was before the change");
            let problem = problem.also(changed, "the change");
            self.say_own(problem.help("give the change time to show: `settle = 2m`, or a `wait` before it"));
        }
    }
}

impl Walk<'_> {
    fn rollout(&mut self, rollout: &Rollout) {
        let mut left = Left::Settled;
        for (at, stage) in rollout.stages.iter().enumerate() {
            let follows = at.checked_sub(1).is_some_and(|before| stage.after == [before as u32]);
            if !follows || stage.time.delay.is_some() || stage.time.not_before.is_some() || stage.during.is_some() {
                left = Left::Settled;
            }
            left = self.body(&stage.body, left);
        }
    }

    fn body(&mut self, entries: &[Entry], before: Left) -> Left {
        entries.iter().fold(before, |left, entry| left.then(self.entry(entry, left)))
    }

    fn entry(&mut self, entry: &Entry, left: Left) -> Left {
        match &entry.kind {
            EntryKind::Act(act) => self.act(act, entry.span, left),
            EntryKind::Step(it) => self.body(&it.body, left),
            EntryKind::Block { body, .. } => self.body(body, left),
            EntryKind::Loop(it) => {
                let after = self.body(&it.body, left);
                self.body(&it.after_wave, after)
            }
            EntryKind::Parallel(parts) => {
                let ends: Vec<Left> = parts.iter().map(|it| left.then(self.entry(it, left))).collect();
                let changed = ends.iter().copied().find(|it| matches!(it, Left::Changed(_)));
                changed.or(ends.last().copied()).unwrap_or(Left::AsItWas)
            }
            EntryKind::Call(action, _) => match self.action(*action) {
                // What is changed in an action is, as seen from here, changed by the call.
                Left::Changed(_) => Left::Changed(entry.span),
                other => other,
            },
            EntryKind::Child(_) => Left::Settled,
            EntryKind::Save(_) => Left::AsItWas,
        }
    }

    fn action(&mut self, id: ActionId) -> Left {
        if let Some(left) = self.actions.get(&id) {
            return *left;
        }
        self.actions.insert(id, Left::AsItWas);
        let left = self.flow.actions.get(id.index()).map_or(Left::AsItWas, |it| self.body(&it.body, Left::AsItWas));
        self.actions.insert(id, left);
        left
    }

    fn act(&mut self, act: &Act, span: Span, left: Left) -> Left {
        match act {
            Act::Check(it) => self.asked(&it.condition, it.settle.as_ref(), None, left),
            Act::Require { condition, .. } => self.asked(condition, None, None, left),
            Act::Watch(it) => self.asked(&it.condition, it.settle.as_ref(), it.lasts.as_ref(), left),
            Act::Wait { .. } | Act::WaitUntil { .. } | Act::Ask(_) | Act::Pause { .. } => Left::Settled,
            Act::Traffic(it) if it.settle.as_ref().is_some_and(|it| !is_nothing(it)) => Left::Settled,
            act if changes(act) => Left::Changed(span),
            _ => Left::AsItWas,
        }
    }

    /// Something is asked. A watch goes on: it is fooled only if it ends before it has seen what is new.
    fn asked(&mut self, condition: &Expr, settle: Option<&Expr>, lasts: Option<&Expr>, left: Left) -> Left {
        let settles = settle.is_some_and(|it| !is_nothing(it));
        if let (Left::Changed(changed), false) = (left, settles)
            && let Some(back) = self.measures.looks_back(condition)
            && lasts.is_none_or(|it| it.known().and_then(Value::as_duration_ms).is_some_and(|ms| ms < back.ms))
        {
            self.found.push((condition.span, changed, back));
        }
        Left::Settled
    }
}

fn is_nothing(settle: &Expr) -> bool {
    settle.known().and_then(Value::as_duration_ms) == Some(0)
}
