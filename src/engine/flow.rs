//! How stages, steps and sequences go on: who is next, and when they end.

use super::frame::{Frame, Shape};
use super::run::{EndingState, Status};
use super::turn::{Turn, began};
use super::{Cause, Ending, Event, Outcome, PauseReason, Waiting};
use crate::model::{self, OnFailure};
use crate::plan::{NodeId, NodeKind, Place, StageNode, StepNode};

impl Turn<'_> {
    pub fn go_on_rollout(&mut self, place: Place) {
        match self.run.ending.clone() {
            EndingState::Forward => self.go_on_stages(place),
            EndingState::Stopping { .. } => {
                self.end_guards(place);
                if !self.is_busy_beneath(place) {
                    self.stop_or_undo();
                }
            }
            EndingState::RollingBack { .. } => {
                self.end_guards(place);
                if !self.is_busy_beneath(place) {
                    self.emit(Event::UndoBegan { place, tolerated: None });
                }
            }
            EndingState::Finishing { outcome, hook } => self.go_on_finishing(outcome, hook),
            EndingState::Retained { until } => self.go_on_retained(until),
            EndingState::Finished { .. } => {}
        }
    }

    /// Begins every stage whose turn it is, and ends when there are none left.
    pub fn go_on_stages(&mut self, place: Place) {
        if self.closing_around(place).is_some() {
            return self.let_go(place);
        }
        if self.waits_for_window(place) {
            return;
        }
        let Some(Frame { shape: Shape::Graph(graph), .. }) = self.run.frames.get(&place) else { return };
        if graph.ended == graph.total && !self.is_busy_beneath(place) {
            return if !self.awaits_guard(place) {
                self.end_stages(place)
            };
        }
        self.begin_guards(place);
        let Some(Frame { shape: Shape::Graph(graph), .. }) = self.run.frames.get(&place) else { return };
        let failed = graph.failed.iter().map(|it| Place::new(*it, place.slot));
        let undecided: Vec<Place> = failed.filter(|it| !self.run.awaiting.contains(it)).collect();
        if !undecided.is_empty() {
            return self.stages_failed(place, &undecided);
        }
        let open: Vec<NodeId> =
            if self.may_begin(place) && !self.run.on_hold { graph.open.iter().copied().collect() } else { Vec::new() };
        // One that somebody left out has its turn behind it.
        let open = open.into_iter().filter(|it| self.status(Place::new(*it, place.slot)) == Status::Idle);
        for stage in open.collect::<Vec<_>>() {
            if self.may_begin(place) {
                self.begin(Place::new(stage, place.slot));
            }
        }
    }

    fn end_stages(&mut self, place: Place) {
        self.end_guards(place);
        match self.plan.node(place.node).kind {
            NodeKind::Rollout { .. } => {
                // Hooks that still run are waited for by the finish.
                self.emit(Event::Finishing { outcome: Outcome::Succeeded });
            }
            _ => self.end_child(place),
        }
    }

    /// One that goes back alone is no reason to forget another. Meanwhile no further stage begins.
    fn stages_failed(&mut self, rollout: Place, stages: &[Place]) {
        for stage in stages {
            if self.is_forward() && self.status(rollout) == Status::Live {
                self.stage_failed(rollout, *stage);
            }
        }
    }

    /// A stage has failed, and its word, or the rollout's, says what that means.
    fn stage_failed(&mut self, rollout: Place, stage: Place) {
        match self.status(stage) {
            Status::Undoing => return,
            // Taken back to where it was before: now a person decides.
            Status::Undone | Status::Stuck => {
                return self.emit(Event::Paused { why: PauseReason::Failed { place: stage }, by: None });
            }
            Status::Idle
            | Status::Live
            | Status::Done
            | Status::Skipped
            | Status::Failed
            | Status::Tolerated
            | Status::Dropped => {}
        }
        let cause = Cause::Within { place: stage };
        let is_root = rollout == Place::ROOT;
        match self.policy(stage) {
            OnFailure::Rollback if is_root => self.emit(Event::RollbackStarted { place: Place::ROOT, cause }),
            OnFailure::Stop if is_root => self.close(Place::ROOT, cause, false),
            OnFailure::Rollback | OnFailure::Stop => self.fail(rollout, cause),
            OnFailure::RollbackStage => {
                self.emit(Event::RollbackStarted { place: stage, cause });
                self.emit(Event::UndoBegan { place: stage, tolerated: None });
            }
            OnFailure::Pause => self.emit(Event::Paused { why: PauseReason::Failed { place: stage }, by: None }),
        }
    }

    pub fn begin_stage(&mut self, place: Place, stage: &StageNode) {
        let delay = stage.delay.as_ref().map(|it| self.duration_ms(it, place)).transpose();
        let not_before = stage.not_before.as_ref().map(|it| self.instant(it, place)).transpose();
        match (delay, not_before) {
            (Ok(delay), Ok(not_before)) => {
                let after_delay = delay.map(|ms| (self.now.plus_ms(ms), Waiting::Delay));
                let then = not_before.map(|at| (at, Waiting::NotBefore));
                let later = after_delay.into_iter().chain(then).max_by_key(|(at, _)| *at);
                match later {
                    Some((until, why)) if delay.is_some() || until > self.now => {
                        self.emit(Event::Waiting { place, until, why });
                    }
                    Some(_) | None => self.enter_stage(place, stage),
                }
            }
            (Err(cause), _) | (_, Err(cause)) => self.fail(place, cause),
        }
    }

    fn enter_stage(&mut self, place: Place, stage: &StageNode) {
        let Some(pass) = self.let_in(place) else { return };
        let timeout = stage.timeout.as_ref().map(|it| self.duration_ms(it, place)).transpose();
        let deadline = stage.deadline.as_ref().map(|it| self.instant(it, place)).transpose();
        match (timeout, deadline) {
            (Ok(timeout), Ok(deadline)) => {
                let timeout = timeout.map(|ms| self.now.plus_ms(ms));
                self.emit(Event::Began { place, elements: None, numbers: None, timeout, deadline });
                self.begun_with(place, pass);
                self.occasion(model::Event::StageStarted);
                self.occasion_around(place, model::Event::StageStarted);
            }
            (Err(cause), _) | (_, Err(cause)) => self.fail(place, cause),
        }
    }

    pub fn go_on_stage(&mut self, place: Place) {
        if let Some((until, _)) = self.run.frames[&place].waits {
            if self.closing_around(place).is_some() {
                return self.let_go(place);
            }
            let NodeKind::Stage(stage) = &self.plan.node(place.node).kind else { return };
            if until <= self.now && self.may_begin(place) {
                self.enter_stage(place, stage);
            }
            return;
        }
        self.go_on_sequence(place);
        if self.status(place) == Status::Done {
            self.occasion(model::Event::StageDone);
            self.occasion_around(place, model::Event::StageDone);
        }
    }

    pub fn begin_step(&mut self, place: Place, step: &StepNode) {
        let Some(pass) = self.let_in(place) else { return };
        match step.timeout.as_ref().map(|it| self.duration_ms(it, place)).transpose() {
            Ok(ms) => {
                let timeout = ms.map(|ms| self.now.plus_ms(ms));
                self.emit(Event::Began { place, elements: None, numbers: None, timeout, deadline: None });
                self.begun_with(place, pass);
            }
            Err(cause) => {
                self.emit(began(place));
                self.fail(place, cause);
            }
        }
    }

    /// One entry after another.
    pub fn go_on_sequence(&mut self, place: Place) {
        // One that has come to its end is done, also if what is around it goes no further.
        if self.closing_around(place).is_some() && !self.is_through(place) {
            return self.let_go(place);
        }
        let frame = &self.run.frames[&place];
        if let Some((until, why)) = frame.waits {
            let comes = matches!(why, Waiting::Backoff | Waiting::Window);
            if until <= self.now && comes && self.may_begin(place) {
                self.begin_again(place);
            }
            return;
        }
        let children = &self.plan.node(place.node).children;
        let Some(child) = children.get(frame.cursor as usize) else {
            // A guard that waits for a person has not let it go.
            return if !self.awaits_guard(place) {
                self.end(place, Ending::Done)
            };
        };
        let child = Place::new(*child, place.slot);
        match self.status(child) {
            Status::Idle if self.may_begin(place) => self.begin(child),
            Status::Idle if self.may_look_on(place) && !self.is_work(child) => self.begin(child),
            Status::Failed => self.part_failed(place, child),
            // Let go by its own time limit or a person: as good as failed.
            Status::Dropped => self.part_failed(place, child),
            Status::Idle
            | Status::Live
            | Status::Done
            | Status::Skipped
            | Status::Tolerated
            | Status::Undoing
            | Status::Undone
            | Status::Stuck => {}
        }
    }

    /// Whether a sequence has no entry left, and nothing against it.
    fn is_through(&self, place: Place) -> bool {
        let frame = &self.run.frames[&place];
        let mut entries = self.plan.node(place.node).children.iter().map(|it| Place::new(*it, place.slot));
        let has_passed = |it| matches!(self.status(it), Status::Done | Status::Skipped) || self.is_background(it);
        frame.closing.is_none() && frame.waits.is_none() && entries.all(has_passed)
    }

    fn begin_again(&mut self, place: Place) {
        match &self.plan.node(place.node).kind {
            NodeKind::Step(it) => self.begin_step(place, it),
            _ => self.emit(began(place)),
        }
    }

    pub fn go_on_parallel(&mut self, place: Place) {
        let children = &self.plan.node(place.node).children;
        let parts = || children.iter().map(|it| Place::new(*it, place.slot));
        let passed = |it| matches!(self.status(it), Status::Done | Status::Skipped);
        let beside = |it| self.is_background(it) && self.status(it) == Status::Live;
        let is_through = parts().all(|it| passed(it) || beside(it));
        if is_through && self.run.frames[&place].closing.is_none() {
            return self.end(place, Ending::Done);
        }
        if self.closing_around(place).is_some() {
            return self.let_go(place);
        }
        // One that a person is to decide about does not hide another.
        let failed = |it: &Place| self.status(*it) == Status::Failed && !self.run.awaiting.contains(it);
        if let Some(failed) = parts().find(failed) {
            return self.part_failed(place, failed);
        }
        for part in parts().collect::<Vec<_>>() {
            if self.status(part) == Status::Idle && self.may_begin(place) {
                self.begin(part);
            }
        }
    }

    /// Ends a place that closes as soon as nothing runs beneath it.
    pub fn let_go(&mut self, place: Place) {
        if self.is_busy_beneath(place) {
            return;
        }
        let closing = self.run.frames[&place].closing.clone();
        match closing {
            Some(_) if place == Place::ROOT => {}
            Some(cause) if self.is_given_up_alone(place) => self.give_up(place, cause),
            Some(cause) => self.end(place, Ending::Failed { cause }),
            None => self.end(place, Ending::Dropped),
        }
    }
}
