//! How a run ends: by success, after a rollback, stopped or cancelled; then the `on` event and `finally`, once.

use super::run::{EndingState, Status};
use super::turn::{Turn, began};
use super::{Cause, Event, Outcome};
use crate::model::{self, OnFailure};
use crate::plan::{NodeId, NodeKind, Place, Role, Slot};

impl Turn<'_> {
    /// What ran has ended: a cancelled run is taken back if its word says so, the others end as they are.
    pub fn stop_or_undo(&mut self) {
        let EndingState::Stopping { cause } = self.run.ending.clone() else { return };
        let cancelled = matches!(cause, Cause::Person { .. });
        let rolls_back = self.root_policy() == OnFailure::Rollback;
        if cancelled && rolls_back {
            self.emit(Event::UndoBegan { place: Place::ROOT, tolerated: None });
        } else {
            let is_stuck = !self.run.stuck.is_empty();
            let outcome = match cancelled {
                // A target that was given up could not be taken back.
                _ if is_stuck => Outcome::NeedsHands,
                true => Outcome::Cancelled,
                false => Outcome::Failed,
            };
            self.emit(Event::Finishing { outcome });
        }
    }

    fn root_policy(&self) -> OnFailure {
        match self.plan.node(NodeId::ROOT).kind {
            NodeKind::Rollout { on_failure } => on_failure,
            _ => OnFailure::default(),
        }
    }

    /// The whole run is back where it was, or as far back as it went.
    pub fn finish_rollback(&mut self) {
        let by_person = matches!(
            &self.run.ending,
            EndingState::RollingBack { cause: Cause::Person { .. } } | EndingState::Stopping { .. }
        );
        let cancelled = matches!(&self.run.ending, EndingState::Stopping { .. });
        let outcome = if !self.run.stuck.is_empty() {
            Outcome::NeedsHands
        } else if cancelled {
            Outcome::Cancelled
        } else if self.run.undone || by_person {
            Outcome::RolledBack
        } else {
            // There was nothing to undo: then nothing was rolled back.
            Outcome::Failed
        };
        self.emit(Event::Finishing { outcome });
    }

    /// The hooks of the outcome, then `finally`, then the end.
    pub fn go_on_finishing(&mut self, outcome: Outcome, hook: bool) {
        if self.run.paused.is_some() {
            return;
        }
        let event = hook_of(outcome);
        if hook {
            let waiting: Vec<NodeId> =
                self.hooks(event).filter(|it| self.status(Place::new(*it, Slot::ONLY)) == Status::Idle).collect();
            for node in waiting {
                self.emit(began(Place::new(node, Slot::ONLY)));
            }
        }
        if self.finish_children() {
            return;
        }
        let finally = self.part(Place::ROOT, Role::Finally);
        let begun = finally.is_some_and(|it| self.status(it) != Status::Idle);
        if self.is_hook_live() || (begun && finally.is_some_and(|it| self.run.frames.contains_key(&it))) {
            return;
        }
        match finally {
            Some(finally) if !begun => self.emit(began(finally)),
            Some(finally) => self.finish(outcome, self.status(finally) == Status::Failed),
            None => self.finish(outcome, false),
        }
    }

    fn finish(&mut self, outcome: Outcome, finally_failed: bool) {
        if self.has_open_notices() {
            return;
        }
        let reason = self.reason(finally_failed);
        let spoilt = finally_failed && outcome == Outcome::Succeeded;
        let outcome = if spoilt { Outcome::Failed } else { outcome };
        if outcome == Outcome::Succeeded && self.stays() {
            return self.retain();
        }
        self.emit(Event::RunFinished { outcome, reason });
    }

    fn reason(&self, finally_failed: bool) -> Option<String> {
        if finally_failed {
            return Some("`finally` failed".to_owned());
        }
        self.run.failure.as_ref().map(|cause| self.explain(cause))
    }

    fn is_hook_live(&self) -> bool {
        self.run.frames.keys().any(|place| {
            let around = std::iter::once(*place).chain(self.plan.all_around(*place));
            let mut kinds = around.map(|it| &self.plan.node(it.node).kind);
            let hook = kinds.any(|kind| matches!(kind, NodeKind::Sequence(Role::Hook(_) | Role::Every)));
            // The end of a called rollout as well; the run's own is waited for by itself.
            hook || self.is_in_childs_end(*place)
        })
    }

    fn is_in_childs_end(&self, place: Place) -> bool {
        let mut around = std::iter::once(place).chain(self.plan.all_around(place));
        around.any(|it| {
            let node = self.plan.node(it.node);
            node.kind == NodeKind::Sequence(Role::Finally) && node.parent != NodeId::ROOT
        })
    }

    /// Returns the innermost reason, in words.
    pub fn explain(&self, cause: &Cause) -> String {
        super::explain::explain(self.plan, self.run, cause)
    }
}

fn hook_of(outcome: Outcome) -> model::Event {
    match outcome {
        Outcome::Succeeded => model::Event::Succeeded,
        Outcome::RolledBack => model::Event::RolledBack,
        Outcome::Failed => model::Event::Failed,
        Outcome::NeedsHands => model::Event::NeedsHands,
        Outcome::Cancelled => model::Event::Cancelled,
    }
}
