//! After success: what the run did can still be taken back for a while, and is watched meanwhile. And what happens again
//! and again while the run goes on.

use super::run::{EndingState, Status};
use super::turn::{Turn, began};
use super::{Cause, Effect, Event, Outcome};
use crate::plan::{NodeKind, Place, Role, Slot};
use crate::value::At;

impl Turn<'_> {
    /// Whether a run that has succeeded stays for a while.
    pub fn stays(&self) -> bool {
        self.plan.retain_ms.is_some() || self.part(Place::ROOT, Role::Afterwards).is_some()
    }

    /// Keeps the way back open from now on.
    pub fn retain(&mut self) {
        let until = self.plan.retain_ms.map(|ms| self.now.plus_ms(ms));
        self.emit(Event::Retained { until });
    }

    /// A run that has succeeded: what is to be looked at afterwards, until the way back closes.
    pub fn go_on_retained(&mut self, until: Option<At>) {
        let afterwards = self.part(Place::ROOT, Role::Afterwards);
        let status = afterwards.map(|it| self.status(it));
        if let (Some(place), Some(Status::Failed | Status::Dropped)) = (afterwards, status) {
            let cause = Cause::Within { place };
            return self.emit(Event::RollbackStarted { place: Place::ROOT, cause });
        }
        if self.has_open_notices() {
            return;
        }
        if until.is_some_and(|it| it <= self.now) {
            return self.release(None);
        }
        match (afterwards, status) {
            (Some(place), Some(Status::Idle)) => self.emit(began(place)),
            (Some(_), Some(Status::Live)) => {}
            _ if until.is_none() => self.release(None),
            _ => {}
        }
    }

    /// The way back closes: the run has succeeded for good.
    pub fn release(&mut self, reason: Option<String>) {
        let open: Vec<(Place, u32)> = self.run.open_questions().collect();
        self.step.effects.extend(open.into_iter().map(|(place, attempt)| Effect::End { place, attempt }));
        self.emit(Event::RunFinished { outcome: Outcome::Succeeded, reason });
    }

    /// A newer run of the same rollout began: what this one did is no longer taken back.
    pub fn superseded(&mut self, by: &str) {
        if matches!(self.run.ending, EndingState::Retained { .. }) {
            self.release(Some(format!("run `{by}` came after it")));
        }
    }

    /// What is done again and again is due, unless its last time still goes on.
    pub fn round(&mut self, place: Place) {
        let going = match &self.run.ending {
            EndingState::Forward | EndingState::RollingBack { .. } | EndingState::Stopping { .. } => true,
            EndingState::Finishing { .. } | EndingState::Retained { .. } | EndingState::Finished { .. } => false,
        };
        let before = place.slot.0.checked_sub(1).map(|slot| Place::new(place.node, Slot(slot)));
        let busy = before.is_some_and(|it| self.run.frames.contains_key(&it));
        // An engine that is started again hears every alarm of before once more.
        if !going || self.status(place) != Status::Idle {
            return;
        }
        if busy {
            let next = self.now.plus_ms(self.plan.period_ms(place.node));
            self.run.alarms.insert((next, place));
            return;
        }
        self.emit(began(place));
    }

    pub fn is_round(&self, place: Place) -> bool {
        self.plan.node(place.node).kind == NodeKind::Sequence(Role::Every)
    }
}
