//! What is watched for a while: samples at even distances, how many of them were bad, and what that means. A guard is
//! a watch in the background, which ends with what encloses it.

use super::frame::{Frame, Shape};
use super::run::Status;
use super::turn::Turn;
use super::{Cause, Effect, Ending, Event, PauseReason, Truth, Waiting};
use crate::model::{Act, OnFailure, OnUnknown, Otherwise, Watch};
use crate::plan::{NodeId, NodeKind, Place, Slot};
use crate::value::{At, Value};

/// The time between two samples, unless it is said.
const EVERY_MS: i64 = 60_000;

/// How long a condition may be unknown in a row, unless it is said.
const UNKNOWN_MS: i64 = 900_000;

/// How a watch has gone so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WatchFrame {
    pub samples: u32,
    pub violated: u32,
    pub violated_in_a_row: u32,
    pub held_in_a_row: u32,
    /// Since when nothing is known.
    pub unknown_since: Option<At>,
    pub last: Option<Truth>,
}

impl WatchFrame {
    /// Counts one more sample.
    pub(super) fn sample(&mut self, at: At, truth: Truth) {
        self.samples += 1;
        self.last = Some(truth);
        match truth {
            Truth::Holds => {
                self.held_in_a_row += 1;
                self.violated_in_a_row = 0;
                self.unknown_since = None;
            }
            Truth::Violated => {
                self.violated += 1;
                self.violated_in_a_row += 1;
                self.held_in_a_row = 0;
                self.unknown_since = None;
            }
            Truth::Unknown => {
                self.unknown_since.get_or_insert(at);
                self.held_in_a_row = 0;
            }
        }
    }

    /// Begins to count anew.
    pub(super) fn forgive(&mut self) {
        (self.violated, self.violated_in_a_row) = (0, 0);
    }
}

/// The numbers of a watch, evaluated.
pub(super) struct Numbers {
    pub settle_ms: i64,
    /// None: a guard has no end of its own.
    pub lasts_ms: Option<i64>,
    pub every_ms: i64,
    fail_after: Option<i64>,
    fail_in_a_row: Option<i64>,
    pass_in_a_row: Option<i64>,
    pub unknown_ms: i64,
}

/// What a sample means for a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// It goes on.
    On,
    Passes,
    /// Too much was violated.
    Fails,
    /// Too little was known.
    Lost,
}

impl Turn<'_> {
    /// A watch begins: it lets things settle, then takes its first sample.
    pub fn begin_watch(&mut self, place: Place, watch: &Watch) {
        match self.watch_numbers(place, watch) {
            Ok(numbers) if numbers.settle_ms > 0 => {
                let until = self.now.plus_ms(numbers.settle_ms);
                self.emit(Event::Waiting { place, until, why: Waiting::Settle });
            }
            Ok(_) => self.ask_condition(place, &watch.condition),
            Err(cause) => self.fail(place, cause),
        }
    }

    /// A guard begins, and what follows it goes on at once.
    pub fn begin_guard(&mut self, place: Place, watch: &Watch) {
        self.emit(super::turn::began(place));
        self.begin_watch(place, watch);
    }

    pub(super) fn watch_numbers(&self, place: Place, watch: &Watch) -> Result<Numbers, Cause> {
        let ms = |expr: &Option<crate::model::Expr>| expr.as_ref().map(|it| self.duration_ms(it, place)).transpose();
        let count = |expr: &Option<crate::model::Expr>| -> Result<Option<i64>, Cause> {
            let value = expr.as_ref().map(|it| self.value(it, place)).transpose()?;
            Ok(value.as_ref().and_then(Value::as_int))
        };
        let (fail_after, fail_in_a_row) = (count(&watch.fail_after)?, count(&watch.fail_in_a_row)?);
        Ok(Numbers {
            settle_ms: ms(&watch.settle)?.unwrap_or(0),
            lasts_ms: ms(&watch.lasts)?,
            every_ms: ms(&watch.every)?.unwrap_or(EVERY_MS).max(1),
            fail_after: fail_after.or((fail_in_a_row.is_none()).then_some(1)),
            fail_in_a_row,
            pass_in_a_row: count(&watch.pass_in_a_row)?,
            unknown_ms: ms(&watch.unknown)?.unwrap_or(UNKNOWN_MS),
        })
    }

    /// A sample was taken.
    pub fn judge_watch(&mut self, place: Place, watch: &Watch) {
        let numbers = match self.watch_numbers(place, watch) {
            Ok(numbers) => numbers,
            Err(cause) => return self.fail(place, cause),
        };
        let Some(frame) = self.run.frames.get(&place) else { return };
        let Shape::Watch(state) = &frame.shape else { return };
        let first = frame.begun.plus_ms(numbers.settle_ms);
        let over = numbers.lasts_ms.is_some_and(|ms| self.now >= first.plus_ms(ms));
        match meaning(state, &numbers, watch, self.now, over) {
            Meaning::Passes => self.end(place, Ending::Done),
            Meaning::On => self.wait_for_sample(place, first, &numbers),
            Meaning::Fails => {
                let cause = Cause::Condition { truth: Truth::Violated, message: self.violations(state, watch) };
                self.watch_failed(place, watch, cause, first, &numbers);
            }
            Meaning::Lost => {
                let message = format!("`{}`", watch.shown);
                self.watch_failed(place, watch, Cause::Condition { truth: Truth::Unknown, message }, first, &numbers);
            }
        }
    }

    fn violations(&self, state: &WatchFrame, watch: &Watch) -> String {
        match state.violated {
            0 | 1 => watch.shown.clone(),
            many => format!("{} ({many} times)", watch.shown),
        }
    }

    /// The next sample is taken when its turn comes, never twice at once, and at the end of the time.
    fn wait_for_sample(&mut self, place: Place, first: At, numbers: &Numbers) {
        let passed = self.now.since_ms(first).max(0);
        let next = first.plus_ms((passed / numbers.every_ms + 1) * numbers.every_ms);
        let end = numbers.lasts_ms.map(|ms| first.plus_ms(ms));
        let until = match end {
            Some(end) if end > self.now => next.min(end),
            Some(_) | None => next,
        };
        self.wait_to_look(place, until, Waiting::Sample);
    }

    fn watch_failed(&mut self, place: Place, watch: &Watch, cause: Cause, first: At, numbers: &Numbers) {
        if watch.otherwise == Some(Otherwise::Warn) {
            self.emit(Event::Warned { place, cause });
            return match numbers.lasts_ms {
                Some(_) => self.end(place, Ending::Done),
                None => self.wait_for_sample(place, first, numbers),
            };
        }
        let unit = self.guarded(place);
        self.fail(place, cause);
        if unit.is_some() && self.policy(place) == OnFailure::Pause {
            return self.emit(Event::Paused { why: PauseReason::Failed { place }, by: None });
        }
        if let Some(unit) = unit {
            let cause = Cause::Within { place };
            if unit == Place::ROOT {
                return self.guarded_run_failed(place, cause, watch.interrupt);
            }
            self.close(unit, cause, watch.interrupt);
        }
    }

    /// Beneath no stage there is no one but the run to fail, and no stage to go back alone.
    fn guarded_run_failed(&mut self, guard: Place, cause: Cause, interrupts: bool) {
        if self.policy(guard) == OnFailure::Stop && self.is_forward() {
            return self.close(Place::ROOT, cause, interrupts);
        }
        self.emit(Event::RollbackStarted { place: Place::ROOT, cause });
        if interrupts {
            self.end_what_runs(Place::ROOT);
        }
    }

    /// Begins the guards of a rollout whose place in its order is reached: the stage before them has ended.
    pub fn begin_guards(&mut self, rollout: Place) {
        let guards = self.plan.guards.get(&rollout.node).into_iter().flatten();
        let reached = guards.filter(|it| {
            let before = self.plan.before_guards.get(it);
            before.is_some_and(|it| {
                let status = it.map(|stage| self.status(Place::new(stage, rollout.slot)));
                status.is_none_or(|it| matches!(it, Status::Done | Status::Skipped))
            })
        });
        for guard in reached.map(|it| Place::new(*it, rollout.slot)).collect::<Vec<_>>() {
            if self.status(guard) == Status::Idle && self.may_begin(rollout) {
                self.begin(guard);
            }
        }
    }

    /// Returns what a guard guards: the target's body, the stage or the rollout around it.
    fn guarded(&self, place: Place) -> Option<Place> {
        if !self.is_guard(place) {
            return None;
        }
        let unit = self.plan.guarded_by(place.node);
        self.plan.all_around(place).find(|it| it.node == unit)
    }

    /// A guard that failed begins anew, if what it guards still goes on.
    pub fn guard_again(&mut self, place: Place) {
        if self.guarded(place).is_some_and(|unit| self.status(unit) == Status::Live) {
            self.begin(place);
        }
    }

    /// Whether a guard beneath a place has failed, and a person is to say what that means.
    pub fn awaits_guard(&self, place: Place) -> bool {
        self.plan.guards.contains_key(&place.node)
            && self.run.awaiting.iter().any(|it| self.is_guard(*it) && self.plan.is_within(*it, place))
    }

    pub fn is_guard(&self, place: Place) -> bool {
        self.plan.node(place.node).is_guard()
    }

    /// Ends the guards of a place that ends, or is taken back.
    pub fn end_guards(&mut self, place: Place) {
        let beneath = place.node..self.plan.node(place.node).end;
        let guards = self.plan.guards.range(beneath).flat_map(|(_, guards)| guards);
        let live: Vec<Place> = guards.flat_map(|it| self.live_guards(*it, place)).collect();
        for guard in live {
            self.end_looking(guard);
        }
    }

    /// Returns where one guard looks on beneath a place.
    fn live_guards(&self, guard: NodeId, beneath: Place) -> impl Iterator<Item = Place> + '_ {
        let slots = self.plan.slots_beneath(guard, beneath);
        let places = Place::new(guard, Slot(slots.start))..Place::new(guard, Slot(slots.end));
        self.run.frames.range(places).map(|(place, _)| *place)
    }

    /// Ends a watch or guard before its time; the world need not answer it any more.
    pub fn end_looking(&mut self, place: Place) {
        let open = self.run.frames.get(&place).filter(|it| it.asked).map(|it| it.attempt);
        self.step.effects.extend(open.map(|attempt| Effect::End { place, attempt }));
        self.end(place, Ending::Done);
    }

    /// Whether a guard that was told to hold does so here.
    pub fn is_held(&self, inside: Place) -> bool {
        if self.plan.guards.is_empty() {
            return false;
        }
        let mut around = std::iter::once(inside).chain(self.plan.all_around(inside));
        around.any(|unit| {
            let guards = self.plan.guards.get(&unit.node).into_iter().flatten();
            guards.flat_map(|it| self.live_guards(*it, unit)).any(|it| self.holds_back(it))
        })
    }

    fn holds_back(&self, guard: Place) -> bool {
        let NodeKind::Act(act) = &self.plan.node(guard.node).kind else { return false };
        let (Act::Guard(watch), Some(state)) = (&**act, self.run.frames[&guard].as_watch()) else { return false };
        watch.otherwise == Some(Otherwise::Hold)
            && state.last == Some(Truth::Violated)
            && self.fails(guard, watch, state)
    }

    fn fails(&self, place: Place, watch: &Watch, state: &WatchFrame) -> bool {
        self.watch_numbers(place, watch).is_ok_and(|numbers| too_many(state, &numbers))
    }

    /// A guard that held may let go: what waited for it is looked at again.
    pub fn after_guard_sample(&mut self, place: Place, watch: &Watch) {
        if watch.otherwise == Some(Otherwise::Hold)
            && let Some(unit) = self.guarded(place)
        {
            let waiting: Vec<Place> = self.run.frames_beneath(self.plan, unit).collect();
            self.run.agenda.extend(waiting);
        }
    }
}

fn too_many(state: &WatchFrame, numbers: &Numbers) -> bool {
    let reached = |count: u32, most: Option<i64>| most.is_some_and(|most| i64::from(count) >= most);
    reached(state.violated, numbers.fail_after) || reached(state.violated_in_a_row, numbers.fail_in_a_row)
}

fn meaning(state: &WatchFrame, numbers: &Numbers, watch: &Watch, now: At, over: bool) -> Meaning {
    let holds_on = watch.otherwise == Some(Otherwise::Hold);
    if state.last == Some(Truth::Violated) && too_many(state, numbers) && !holds_on {
        return Meaning::Fails;
    }
    let lost = state.unknown_since.is_some_and(|since| now.since_ms(since) >= numbers.unknown_ms);
    if lost && watch.on_unknown != OnUnknown::Hold {
        return Meaning::Lost;
    }
    if numbers.pass_in_a_row.is_some_and(|many| i64::from(state.held_in_a_row) >= many) {
        return Meaning::Passes;
    }
    if !over {
        return Meaning::On;
    }
    match state.last {
        // No data is not good data: the watch goes on until something is known.
        None | Some(Truth::Unknown) => Meaning::On,
        Some(Truth::Violated) if holds_on => Meaning::On,
        Some(Truth::Holds | Truth::Violated) if numbers.pass_in_a_row.is_some() => Meaning::Fails,
        Some(Truth::Holds | Truth::Violated) => Meaning::Passes,
    }
}

impl Frame {
    /// Returns how a watch has gone, if this is one.
    pub fn as_watch(&self) -> Option<&WatchFrame> {
        match &self.shape {
            Shape::Watch(it) => Some(it),
            Shape::Plain | Shape::Graph(_) | Shape::Loop(_) | Shape::Set => None,
        }
    }
}
