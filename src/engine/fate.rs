//! What a failure means for what is around it: another attempt, a target given up, a question to a person, or a failure
//! there too; and what its stage or rollout says is to be done about that.

use std::collections::BTreeSet;

use super::frame::Frame;
use super::loops::wave_size;
use super::run::Status;
use super::turn::Turn;
use super::{Cause, Event, PauseReason, Truth, Waiting};
use crate::model::{self, OnFailure, OnUnknown};
use crate::plan::{NodeKind, Place, Role};

/// What a failure means for what is around it.
enum Fate {
    /// The step is tried again after this long.
    Retry { wait_ms: i64 },
    /// The target is given up, the loop goes on.
    Tolerate,
    /// A person decides.
    Pause,
    /// It fails too.
    Fail,
}

impl Turn<'_> {
    /// A part of a sequence, step or `parallel` failed.
    pub fn part_failed(&mut self, place: Place, part: Place) {
        if self.run.awaiting.contains(&part) {
            return;
        }
        let cause = Cause::Within { place: part };
        match self.fate(place, part) {
            Fate::Retry { wait_ms } => {
                let until = self.now.plus_ms(wait_ms);
                self.emit(Event::Waiting { place, until, why: Waiting::Backoff });
            }
            Fate::Tolerate => self.give_up(place, cause),
            Fate::Pause => self.emit(Event::Paused { why: PauseReason::Failed { place: part }, by: None }),
            // What runs beside it may end; then it fails.
            Fate::Fail if self.is_busy_beneath(place) => self.close(place, cause, false),
            Fate::Fail => self.fail(place, cause),
        }
    }

    /// Gives a target up whose failure its loop tolerates: what was done there goes back, and is guarded no more.
    pub fn give_up(&mut self, target: Place, cause: Cause) {
        self.end_guards(target);
        self.emit(Event::UndoBegan { place: target, tolerated: Some(cause) });
    }

    fn fate(&self, place: Place, part: Place) -> Fate {
        if let NodeKind::Step(step) = &self.plan.node(place.node).kind
            && let Some(retry) = &step.retry
            && let Some(wait_ms) = self.next_attempt(retry, self.run.frames[&place].attempt, place)
        {
            return Fate::Retry { wait_ms };
        }
        match self.targets_around(place).find(|it| self.is_tolerable(*it)) {
            Some(target) if target == place => Fate::Tolerate,
            // It fails up to the target whose loop bears it: an outer one, if its own does not.
            Some(_) => Fate::Fail,
            None => self.fate_by_policy(part),
        }
    }

    fn fate_by_policy(&self, part: Place) -> Fate {
        let aside = self.plan.all_around(part).any(|it| {
            let apart = Role::Undo == role(&self.plan.node(it.node).kind).unwrap_or(Role::Block);
            apart
                || matches!(
                    role(&self.plan.node(it.node).kind),
                    Some(Role::Hook(_) | Role::Finally | Role::Afterwards | Role::Every)
                )
        });
        let pauses = !aside && self.is_forward() && self.policy(part) == OnFailure::Pause;
        let in_step_to_retry = self.plan.all_around(part).any(|it| self.will_retry(it));
        if pauses && !in_step_to_retry { Fate::Pause } else { Fate::Fail }
    }

    /// Whether a step around has attempts left.
    fn will_retry(&self, place: Place) -> bool {
        let NodeKind::Step(step) = &self.plan.node(place.node).kind else { return false };
        let (Some(retry), Some(frame)) = (&step.retry, self.run.frames.get(&place)) else { return false };
        self.next_attempt(retry, frame.attempt, place).is_some()
    }

    /// Returns the targets that something stands in, the nearest first.
    fn targets_around(&self, place: Place) -> impl Iterator<Item = Place> + '_ {
        let around = std::iter::once(place).chain(self.plan.all_around(place));
        around.filter(|it| role(&self.plan.node(it.node).kind) == Some(Role::Target))
    }

    /// Whether a target that closes by itself fails alone, in a loop that goes on.
    pub fn is_given_up_alone(&self, place: Place) -> bool {
        let outer = self.plan.around(place).and_then(|it| self.closing_around(it));
        role(&self.plan.node(place.node).kind) == Some(Role::Target) && outer.is_none() && self.is_tolerable(place)
    }

    /// Whether one more failure of this loop, here, still lets it go on.
    fn is_tolerable(&self, target: Place) -> bool {
        let Some(around) = self.plan.around(target) else { return false };
        let Some(state) = self.run.frames.get(&around).and_then(Frame::as_loop) else { return false };
        let Some(numbers) = self.numbers(around) else { return false };
        let whole_run = self.plan.tolerate.is_none_or(|most| self.given_up_within(Place::ROOT) < most);
        let rollouts = self.plan.all_around(target).all(|it| self.child_bears_another(it));
        let in_wave = wave_size(numbers, state.wave);
        // A wave in which everything failed is no accident that a loop should look away from.
        let wholly = state.failed_in_wave + 1 >= in_wave;
        let Some((failed, most)) = self.failures(around) else { return false };
        whole_run && rollouts && failed < most && !wholly
    }

    /// Whether a called rollout lets one more of its targets fail; anything else does.
    fn child_bears_another(&self, place: Place) -> bool {
        let Some(child) = self.plan.node(place.node).as_child() else { return true };
        let most = child.tolerate.get(place.slot.index()).or(child.tolerate.last());
        most.is_none_or(|most| self.given_up_within(place) < *most)
    }

    /// Returns how many targets beneath a place were given up: those that are back, still go back, or could not.
    fn given_up_within(&self, place: Place) -> u32 {
        let back = self.run.failed_targets.keys().copied().filter(|it| self.plan.is_within(*it, place));
        let goes_back = |it: &Place| self.run.frames[it].undo.as_ref().is_some_and(|undo| undo.tolerated.is_some());
        let going_back = self.run.frames_beneath(self.plan, place).filter(goes_back);
        let stuck = self.run.stuck().filter(|it| self.plan.is_within(*it, place));
        let stuck = stuck.filter_map(|it| self.targets_around(it).next());
        back.chain(going_back).chain(stuck).collect::<BTreeSet<Place>>().len() as u32
    }

    /// Returns what is to happen after a failure: the word of the check that failed, the stage's, the rollout's.
    pub fn policy(&self, failed: Place) -> OnFailure {
        if matches!(self.run.causes.get(&failed), Some(Cause::WindowClosed { .. })) {
            // The window says itself that what has begun in it is undone.
            return OnFailure::Rollback;
        }
        if let Some(otherwise) = self.otherwise_of(failed) {
            return otherwise;
        }
        let around = std::iter::once(failed).chain(self.plan.all_around(failed));
        let word = around.filter_map(|it| match &self.plan.node(it.node).kind {
            NodeKind::Stage(stage) => Some(stage.on_failure),
            NodeKind::Rollout { on_failure } => Some(*on_failure),
            NodeKind::Child(child) => Some(child.on_failure),
            NodeKind::Loop(_) | NodeKind::Parallel | NodeKind::Step(_) | NodeKind::Act(_) | NodeKind::Sequence(_) => {
                None
            }
        });
        word.into_iter().next().unwrap_or_default()
    }

    /// Returns the `otherwise` of the check or question for which a place failed. One whose failure was tolerated, or
    /// mended by another attempt, has no say.
    fn otherwise_of(&self, failed: Place) -> Option<OnFailure> {
        let mut at = failed;
        while let Some(deeper) = self.failed_within(at) {
            at = deeper;
        }
        let NodeKind::Act(act) = &self.plan.node(at.node).kind else { return None };
        self.word_of(act, at)
    }

    /// Returns the part for which a place failed; of a loop with too many failures, the first that it did not tolerate.
    fn failed_within(&self, failed: Place) -> Option<Place> {
        let cause = self.run.causes.get(&failed)?;
        if let Cause::Within { place } = cause {
            return Some(*place);
        }
        let Cause::TooMany { .. } = cause else { return None };
        let body = *self.plan.node(failed.node).children.first()?;
        let slots = self.plan.slots_beneath(body, failed);
        let mut failures = self.run.statuses_of(body).filter(|(_, status)| *status == Status::Failed);
        failures.find(|(slot, _)| slots.contains(&slot.0)).map(|(slot, _)| Place::new(body, slot))
    }

    /// Returns what a condition that failed says about that.
    fn word_of(&self, act: &model::Act, failed: Place) -> Option<OnFailure> {
        let otherwise = match act {
            model::Act::Check(check) => check.otherwise,
            model::Act::Ask(ask) => ask.otherwise,
            model::Act::Watch(watch) | model::Act::Guard(watch) => {
                let lost = matches!(self.run.causes.get(&failed), Some(Cause::Condition { truth: Truth::Unknown, .. }));
                if lost && watch.on_unknown == OnUnknown::Pause {
                    return Some(OnFailure::Pause);
                }
                watch.otherwise
            }
            _ => None,
        };
        otherwise?.on_failure()
    }
}

fn role(kind: &NodeKind) -> Option<Role> {
    match kind {
        NodeKind::Sequence(role) => Some(*role),
        NodeKind::Rollout { .. }
        | NodeKind::Child { .. }
        | NodeKind::Stage(_)
        | NodeKind::Loop(_)
        | NodeKind::Parallel
        | NodeKind::Step(_)
        | NodeKind::Act(_) => None,
    }
}
