//! How stages, loops, steps and sequences go on: who is next, what a failure beneath them means, when they end.

use super::run::{EndingState, Frame, LoopFrame, Shape, Status};
use super::turn::{Turn, began};
use super::{Cause, Ending, Event, Outcome, PauseReason, Truth, Waiting};
use crate::eval;
use crate::model::{self, OnFailure, OnUnknown};
use crate::plan::{
    LoopNode, LoopNumbers, NodeId, NodeKind, Place, Role, Said, Slot, StageNode, StepNode, loop_numbers,
};
use crate::value::Value;

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
    pub fn go_on_rollout(&mut self, place: Place) {
        match self.run.ending.clone() {
            EndingState::Forward => self.go_on_stages(place),
            EndingState::Stopping { .. } => {
                if !self.is_busy_beneath(place) {
                    self.stop_or_undo();
                }
            }
            EndingState::RollingBack { .. } => {
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
            return self.end_stages(place);
        }
        let decided = |stage: &NodeId| self.run.awaiting.contains(&Place::new(*stage, place.slot));
        if let Some(failed) = graph.failed.iter().copied().find(|it| !decided(it)) {
            return self.stage_failed(place, Place::new(failed, place.slot));
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
        match self.plan.node(place.node).kind {
            NodeKind::Rollout { .. } => {
                // Hooks that still run are waited for by the finish.
                self.emit(Event::Finishing { outcome: Outcome::Succeeded });
            }
            _ => self.end_child(place),
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

    /// Returns the `otherwise` of a check or a question that failed at or beneath a place.
    fn otherwise_of(&self, failed: Place) -> Option<OnFailure> {
        let end = self.plan.node(failed.node).end.0;
        (failed.node.0..end).map(NodeId).find_map(|node| {
            let NodeKind::Act(act) = &self.plan.node(node).kind else { return None };
            let mut slots = self.plan.slots_beneath(node, failed);
            let at = slots.find(|slot| self.status(Place::new(node, Slot(*slot))) == Status::Failed);
            self.word_of(act, Place::new(node, Slot(at?)))
        })
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
        if self.closing_around(place).is_some() {
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

    fn begin_again(&mut self, place: Place) {
        match &self.plan.node(place.node).kind {
            NodeKind::Step(it) => self.begin_step(place, it),
            _ => self.emit(began(place)),
        }
    }

    pub fn go_on_parallel(&mut self, place: Place) {
        let children = &self.plan.node(place.node).children;
        let parts = || children.iter().map(|it| Place::new(*it, place.slot));
        let failed = parts().find(|it| self.status(*it) == Status::Failed);
        if self.closing_around(place).is_some() {
            return self.let_go(place);
        }
        if let Some(failed) = failed {
            return self.part_failed(place, failed);
        }
        let passed = |it| matches!(self.status(it), Status::Done | Status::Skipped);
        let beside = |it| self.is_background(it) && self.status(it) == Status::Live;
        if parts().all(|it| passed(it) || beside(it)) {
            return self.end(place, Ending::Done);
        }
        for part in parts().collect::<Vec<_>>() {
            if self.status(part) == Status::Idle && self.may_begin(place) {
                self.begin(part);
            }
        }
    }

    /// A part of a sequence, step or `parallel` failed.
    fn part_failed(&mut self, place: Place, part: Place) {
        if self.run.awaiting.contains(&part) {
            return;
        }
        let cause = Cause::Within { place: part };
        match self.fate(place, part) {
            Fate::Retry { wait_ms } => {
                let until = self.now.plus_ms(wait_ms);
                self.emit(Event::Waiting { place, until, why: Waiting::Backoff });
            }
            Fate::Tolerate => self.emit(Event::UndoBegan { place, tolerated: Some(cause) }),
            Fate::Pause => self.emit(Event::Paused { why: PauseReason::Failed { place: part }, by: None }),
            // What runs beside it may end; then it fails.
            Fate::Fail if self.is_busy_beneath(place) => self.close(place, cause, false),
            Fate::Fail => self.fail(place, cause),
        }
    }

    fn fate(&self, place: Place, part: Place) -> Fate {
        if let NodeKind::Step(step) = &self.plan.node(place.node).kind
            && let Some(retry) = &step.retry
            && let Some(wait_ms) = self.next_attempt(retry, self.run.frames[&place].attempt, place)
        {
            return Fate::Retry { wait_ms };
        }
        let Some(target) = self.nearest_target(place) else { return self.fate_by_policy(part) };
        if self.is_tolerable(target) {
            if target == place { Fate::Tolerate } else { Fate::Fail }
        } else {
            self.fate_by_policy(part)
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

    fn nearest_target(&self, place: Place) -> Option<Place> {
        let mut around = std::iter::once(place).chain(self.plan.all_around(place));
        around.find(|it| role(&self.plan.node(it.node).kind) == Some(Role::Target))
    }

    /// Whether a target that closes by itself fails alone, in a loop that goes on.
    fn is_given_up_alone(&self, place: Place) -> bool {
        let outer = self.plan.around(place).and_then(|it| self.closing_around(it));
        role(&self.plan.node(place.node).kind) == Some(Role::Target) && outer.is_none() && self.is_tolerable(place)
    }

    /// Whether one more failure of this loop, here, still lets it go on.
    fn is_tolerable(&self, target: Place) -> bool {
        let Some(around) = self.plan.around(target) else { return false };
        let Some(state) = self.run.frames.get(&around).and_then(Frame::as_loop) else { return false };
        let Some(numbers) = self.numbers(around) else { return false };
        let whole_run = self.plan.tolerate.is_none_or(|most| (self.run.failed_targets.len() as u32) < most);
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
        let failed = || self.run.failed_targets.keys().filter(|it| self.plan.is_within(**it, place)).count();
        most.is_none_or(|most| failed() < *most as usize)
    }

    /// Ends a place that closes as soon as nothing runs beneath it.
    pub fn let_go(&mut self, place: Place) {
        if self.is_busy_beneath(place) {
            return;
        }
        let closing = self.run.frames[&place].closing.clone();
        match closing {
            Some(_) if place == Place::ROOT => {}
            Some(cause) if self.is_given_up_alone(place) => {
                self.emit(Event::UndoBegan { place, tolerated: Some(cause) });
            }
            Some(cause) => self.end(place, Ending::Failed { cause }),
            None => self.end(place, Ending::Dropped),
        }
    }

    pub fn begin_loop(&mut self, place: Place, it: &LoopNode) {
        if it.late.is_none() {
            return self.emit(began(place));
        }
        match self.late_elements(place, it) {
            Ok((elements, numbers)) => {
                let (elements, numbers) = (Some(elements), Some(numbers));
                self.emit(Event::Began { place, elements, numbers, timeout: None, deadline: None });
            }
            Err(cause) => {
                self.emit(began(place));
                self.fail(place, cause);
            }
        }
    }

    /// Returns what a loop runs over that is known only now, and what its numbers come to.
    fn late_elements(&self, place: Place, it: &LoopNode) -> Result<(Vec<Value>, LoopNumbers), Cause> {
        let Some(late) = &it.late else { return Err(Cause::Value { message: "its list is known".to_owned() }) };
        let list = self.value(&late.list, place)?;
        let elements = eval::elements(&list).map_err(|message| Cause::Value { message })?.into_owned();
        let mut wrong = None;
        let said = Said::of(late, &mut |expr| self.value(expr, place).map_err(|cause| wrong = Some(cause)).ok());
        if let Some(cause) = wrong {
            return Err(cause);
        }
        let numbers = loop_numbers(&said, elements.len() as u32).map_err(|message| Cause::Value { message })?;
        Ok((elements, numbers))
    }

    /// Returns the numbers of a loop: the plan's, or those it began with where its list was known late.
    pub fn numbers(&self, place: Place) -> Option<&LoopNumbers> {
        let NodeKind::Loop(it) = &self.plan.node(place.node).kind else { return None };
        it.numbers.get(place.slot.index()).or_else(|| self.run.late_numbers.get(&it.space))
    }

    pub fn go_on_loop(&mut self, place: Place, node: &LoopNode) {
        if self.closing_around(place).is_some() {
            return self.let_go(place);
        }
        let Some(numbers) = self.numbers(place).cloned() else { return };
        let body = self.plan.node(place.node).children[0];
        loop {
            let Some(state) = self.run.frames.get(&place).and_then(Frame::as_loop).cloned() else { return };
            if let Some(failed) = self.untolerated(place, body, &state) {
                return self.loop_failed(place, failed);
            }
            let wave_end = numbers.waves.get(state.wave as usize).copied().unwrap_or(state.count);
            let waiting = self.next_waiting(&state.shut, body);
            if waiting.is_none() && state.next >= wave_end {
                if state.live == 0 && state.shut.is_empty() {
                    self.end_wave(place, node, &state, numbers.waves.len() as u32);
                }
                return;
            }
            let staggered = state.not_before.is_some_and(|at| at > self.now);
            if state.live >= numbers.at_once || staggered || !self.may_begin(place) {
                return;
            }
            let next = waiting.unwrap_or_else(|| Place::new(body, Slot(state.first + state.next)));
            self.begin_element(next);
        }
    }

    fn begin_element(&mut self, place: Place) {
        if let Some(pass) = self.let_in(place) {
            self.emit(began(place));
            self.begun_with(place, pass);
        }
    }

    /// Returns the element whose failure the loop cannot look away from.
    fn untolerated(&self, place: Place, body: NodeId, state: &LoopFrame) -> Option<Place> {
        if state.failed == 0 {
            return None;
        }
        let slots = self.plan.slots_beneath(body, place);
        let begun = state.first..(state.first + state.next).min(slots.end);
        begun.map(|slot| Place::new(body, Slot(slot))).find(|it| self.status(*it) == Status::Failed)
    }

    /// More failed than may; or it is a whole wave, or the run tolerates no more: then what failed says why.
    fn loop_failed(&mut self, place: Place, failed: Place) {
        let counts = self.failures(place).filter(|(count, most)| *most > 0 && count > most);
        let cause = match counts {
            Some((failed, tolerated)) => Cause::TooMany { failed, tolerated },
            None => Cause::Within { place: failed },
        };
        self.close(place, cause, false);
    }

    /// Returns how many have failed in a loop, or in its wave if it counts wave by wave, and how many may.
    fn failures(&self, place: Place) -> Option<(u32, u32)> {
        let state = self.run.frames.get(&place).and_then(Frame::as_loop)?;
        let numbers = self.numbers(place)?;
        let (failed, at) = if numbers.per_wave { (state.failed_in_wave, state.wave) } else { (state.failed, 0) };
        Some((failed, numbers.tolerate.get(at as usize).copied().unwrap_or(0)))
    }

    /// A wave has ended: what is to run after it, then the next.
    fn end_wave(&mut self, place: Place, node: &LoopNode, state: &LoopFrame, waves: u32) {
        let after = self.plan.node(place.node).children.get(1).copied();
        if let (Some(after), Some(space)) = (after, node.wave_space) {
            let slot = Slot(self.plan.space(space).slots_of(place.slot).start + state.wave);
            let after = Place::new(after, slot);
            match self.status(after) {
                Status::Done | Status::Skipped => {}
                Status::Idle if self.may_begin(place) => return self.emit(began(after)),
                Status::Failed | Status::Dropped => return self.close(place, Cause::Within { place: after }, false),
                Status::Idle | Status::Live | Status::Tolerated | Status::Undoing | Status::Undone | Status::Stuck => {
                    return;
                }
            }
        }
        if state.wave + 1 >= waves.max(1) {
            self.end(place, Ending::Done);
        } else if self.may_begin(place) && !self.run.on_hold {
            self.emit(Event::WaveAdvanced { place, wave: state.wave + 1 });
        }
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

fn wave_size(numbers: &LoopNumbers, wave: u32) -> u32 {
    let end = numbers.waves.get(wave as usize).copied().unwrap_or(0);
    let start = if wave == 0 { 0 } else { numbers.waves.get(wave as usize - 1).copied().unwrap_or(0) };
    end - start
}
