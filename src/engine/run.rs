//! What a run knows: a status for each place, a frame for each place that is under way, and what was learned.
//! State per target is a byte per node; frames exist only where something happens.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::measure::{Changed, Streak};
use super::{Cause, Done, ExposureKind, Frame, Outcome, PauseReason, Person, RunStarted, Share};
use crate::plan::{LoopNumbers, NodeId, Place, Plan, Slot, SpaceId};
use crate::value::{At, Value};

/// The state of one run. Changed only by applying events; equal after equal events.
#[derive(Debug, Clone, Default)]
pub struct Run {
    pub(super) started: Option<Box<RunStarted>>,
    pub(super) begun: At,
    /// By node, then by slot; a row is empty until its first slot changes.
    statuses: Vec<Vec<Status>>,
    /// The last attempt of each action that was asked for, in rows like the statuses.
    attempts: Vec<Vec<u16>>,
    /// Those that are too many for that: of what is looked at again and again.
    many_attempts: BTreeMap<Place, u32>,
    pub(super) frames: BTreeMap<Place, Frame>,
    /// Places to look at; worked through within each step.
    pub(super) agenda: BTreeSet<Place>,
    /// When to look at a place again.
    pub(super) alarms: BTreeSet<(At, Place)>,
    /// What steps left that a later expression reads.
    pub(super) left: BTreeMap<Place, Done>,
    pub(super) kept: BTreeMap<(Option<SmolStr>, SmolStr), Value>,
    /// What was kept before a `keep`: what its undo brings back.
    pub(super) kept_before: BTreeMap<Place, (Option<SmolStr>, SmolStr, Value)>,
    /// The shares that were there before this run first changed them: what their undo brings back.
    pub(super) exposed_before: BTreeMap<Place, (String, Share)>,
    /// The shares that this run has set.
    pub(super) exposures: BTreeMap<(ExposureKind, String), Share>,
    /// What was said at each place, and when: the same however often it is sent.
    pub(super) notices: BTreeMap<Place, (At, String)>,
    /// Targets that were touched and not undone: by stage, then by the target's place in the plan's table.
    pub(super) touched: BTreeSet<(NodeId, u32)>,
    /// The elements of loops that are known only when they begin, and their numbers.
    pub(super) late: BTreeMap<SpaceId, Vec<Value>>,
    pub(super) late_numbers: BTreeMap<SpaceId, LoopNumbers>,
    /// When each target was changed, by its place in the plan's table.
    pub(super) changed: BTreeMap<u32, Changed>,
    /// What metrics were before the first change, as they were learned.
    pub(super) baselines: BTreeMap<String, Value>,
    /// How sustained thresholds have been.
    pub(super) streaks: BTreeMap<String, Streak>,
    /// Where a failure waits for a person.
    pub(super) awaiting: BTreeSet<Place>,
    /// Why targets failed without failing their loop.
    pub(super) failed_targets: BTreeMap<Place, Cause>,
    /// Why each place that failed did.
    pub(super) causes: BTreeMap<Place, Cause>,
    /// Why the run as a whole does not succeed.
    pub(super) failure: Option<Cause>,
    pub(super) paused: Option<PauseReason>,
    /// Whether nothing advances to the next stage or wave.
    pub(super) on_hold: bool,
    pub(super) ending: EndingState,
    /// What could not be undone.
    pub(super) stuck: BTreeSet<Place>,
    /// Whether anything was undone for the run as a whole.
    pub(super) undone: bool,
    /// In which order the parts of each `parallel` ended: the way back goes the other way.
    pub(super) orders: BTreeMap<Place, Vec<NodeId>>,
    /// How many times each hook has been called.
    pub(super) occasions: BTreeMap<NodeId, u32>,
}

/// How far a place is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Status {
    /// Not begun.
    #[default]
    Idle,
    /// Under way.
    Live,
    Done,
    Skipped,
    Failed,
    /// A target that failed without failing its loop.
    Tolerated,
    /// Let go half-way because something around it closed.
    Dropped,
    /// Being taken back.
    Undoing,
    Undone,
    /// It could not be taken back.
    Stuck,
}

impl Status {
    /// As status lists and `STAGE.outcome` write it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Idle => "waiting",
            Status::Live => "running",
            Status::Done => "done",
            Status::Skipped => "skipped",
            Status::Failed | Status::Tolerated => "failed",
            Status::Dropped => "stopped",
            Status::Undoing => "undoing",
            Status::Undone => "undone",
            Status::Stuck => "stuck",
        }
    }
}

/// How the run as a whole comes to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum EndingState {
    #[default]
    Forward,
    /// What runs ends, then everything is taken back.
    RollingBack {
        cause: Cause,
    },
    /// What runs ends, then the run does, and leaves everything as it is.
    Stopping {
        cause: Cause,
    },
    /// The hook of the outcome, then `finally`.
    Finishing {
        outcome: Outcome,
        hook: bool,
    },
    /// It has succeeded, and can still be taken back.
    Retained {
        until: Option<At>,
    },
    Finished {
        outcome: Outcome,
    },
}

impl Run {
    pub fn new() -> Run {
        Run::default()
    }

    /// Returns how the run ended, if it has.
    pub fn finished(&self) -> Option<Outcome> {
        match self.ending {
            EndingState::Finished { outcome } => Some(outcome),
            EndingState::Forward
            | EndingState::RollingBack { .. }
            | EndingState::Stopping { .. }
            | EndingState::Finishing { .. }
            | EndingState::Retained { .. } => None,
        }
    }

    /// Returns how the run ends as far as that is decided.
    pub fn outcome_so_far(&self) -> Option<Outcome> {
        match self.ending {
            EndingState::Finishing { outcome, .. } | EndingState::Finished { outcome } => Some(outcome),
            EndingState::Retained { .. } => Some(Outcome::Succeeded),
            EndingState::Forward | EndingState::RollingBack { .. } | EndingState::Stopping { .. } => None,
        }
    }

    /// Returns when time alone changes something.
    pub fn next_wake(&self) -> Option<At> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// Returns how the run ended for whoever waits for it: also one that has succeeded and can still be taken back.
    pub fn settled(&self) -> Option<Outcome> {
        if self.is_retained() { Some(Outcome::Succeeded) } else { self.finished() }
    }

    /// Whether it has succeeded and can still be taken back.
    pub fn is_retained(&self) -> bool {
        matches!(self.ending, EndingState::Retained { .. })
    }

    /// Whether it has succeeded and nothing is done for it any more.
    pub fn is_only_retained(&self) -> bool {
        self.is_retained() && self.frames.keys().all(|it| *it == Place::ROOT)
    }

    /// Returns until when it can be taken back after its success, if that has an end.
    pub fn retained_until(&self) -> Option<At> {
        match self.ending {
            EndingState::Retained { until } => until,
            EndingState::Forward
            | EndingState::RollingBack { .. }
            | EndingState::Stopping { .. }
            | EndingState::Finishing { .. }
            | EndingState::Finished { .. } => None,
        }
    }

    pub fn is_on_hold(&self) -> bool {
        self.on_hold
    }

    pub fn paused(&self) -> Option<&PauseReason> {
        self.paused.as_ref()
    }

    pub fn is_rolling_back(&self) -> bool {
        matches!(self.ending, EndingState::RollingBack { .. })
    }

    /// Returns whether everything may still be taken back: not when that, or the end, has begun.
    pub fn can_roll_back(&self) -> bool {
        matches!(self.ending, EndingState::Forward | EndingState::Retained { .. })
    }

    pub fn id(&self) -> Option<&SmolStr> {
        self.started.as_ref().map(|it| &it.run)
    }

    pub fn started_by(&self) -> Option<&Person> {
        self.started.as_ref().map(|it| &it.by)
    }

    /// Returns whether nothing happens until a person or the clock does something.
    pub fn is_quiet(&self) -> bool {
        self.frames.values().all(|frame| !frame.asked)
    }

    pub fn status(&self, place: Place) -> Status {
        let row = self.statuses.get(place.node.index());
        row.and_then(|row| row.get(place.slot.index())).copied().unwrap_or_default()
    }

    /// Returns the slots of a node that have begun, with their status, in order.
    pub fn statuses_of(&self, node: NodeId) -> impl DoubleEndedIterator<Item = (Slot, Status)> + '_ {
        let row = self.statuses.get(node.index()).map_or(&[][..], Vec::as_slice);
        row.iter().enumerate().map(|(slot, status)| (Slot(slot as u32), *status))
    }

    /// Returns those of some slots of a node of which anything is known, the last first.
    pub(super) fn begun_among(&self, node: NodeId, slots: std::ops::Range<u32>) -> impl Iterator<Item = Place> + use<> {
        let row = self.statuses.get(node.index()).map_or(0, Vec::len) as u32;
        (slots.start..slots.end.min(row)).rev().map(move |slot| Place::new(node, Slot(slot)))
    }

    pub(super) fn set_status(&mut self, plan: &Plan, place: Place, status: Status) {
        if self.statuses.len() < plan.nodes.len() {
            self.statuses.resize(plan.nodes.len(), Vec::new());
        }
        let row = &mut self.statuses[place.node.index()];
        if row.len() <= place.slot.index() {
            // Rows of many slots are made whole at once, short ones of late loops grow.
            let slots = (plan.slots(place.node) as usize).max(place.slot.index() + 1);
            row.resize(slots, Status::Idle);
        }
        row[place.slot.index()] = status;
    }

    /// Returns the last attempt of an action, in all its lives; 0 before the first.
    pub(super) fn last_attempt(&self, place: Place) -> u32 {
        if let Some(many) = self.many_attempts.get(&place) {
            return *many;
        }
        let row = self.attempts.get(place.node.index());
        row.and_then(|row| row.get(place.slot.index())).map_or(0, |it| u32::from(*it))
    }

    pub(super) fn set_attempt(&mut self, plan: &Plan, place: Place, attempt: u32) {
        if self.attempts.len() < plan.nodes.len() {
            self.attempts.resize(plan.nodes.len(), Vec::new());
        }
        let row = &mut self.attempts[place.node.index()];
        if row.len() <= place.slot.index() {
            let slots = (plan.slots(place.node) as usize).max(place.slot.index() + 1);
            row.resize(slots, 0);
        }
        row[place.slot.index()] = attempt.try_into().unwrap_or(u16::MAX);
        if attempt > u32::from(u16::MAX) {
            self.many_attempts.insert(place, attempt);
        }
    }

    /// Forgets everything that happened beneath a place, so that it can happen again.
    pub(super) fn reset_beneath(&mut self, plan: &Plan, place: Place) {
        for node in place.node.0 + 1..plan.node(place.node).end.0 {
            let node = NodeId(node);
            let row = self.statuses.get(node.index()).map_or(0, Vec::len) as u32;
            let slots = plan.slots_beneath(node, place);
            for slot in slots.start..slots.end.min(row) {
                let inner = Place { node, slot: Slot(slot) };
                if self.status(inner) != Status::Idle {
                    self.set_status(plan, inner, Status::Idle);
                    self.remove_frame(inner);
                    self.awaiting.remove(&inner);
                    self.failed_targets.remove(&inner);
                    self.stuck.remove(&inner);
                    self.orders.remove(&inner);
                }
            }
        }
    }

    pub(super) fn remove_frame(&mut self, place: Place) {
        if let Some(frame) = self.frames.remove(&place) {
            for at in frame.alarms() {
                self.alarms.remove(&(at, place));
            }
        }
    }

    /// Returns the open questions: place and attempt, in order.
    pub fn open_questions(&self) -> impl Iterator<Item = (Place, u32)> + '_ {
        self.frames.iter().filter(|(_, frame)| frame.asked).map(|(place, frame)| (*place, frame.attempt))
    }

    /// Returns the places under way beneath a place, and itself if it is, in order. Those of other targets are passed
    /// over node by node, not one by one.
    pub(super) fn frames_beneath<'r>(&'r self, plan: &'r Plan, place: Place) -> impl Iterator<Item = Place> + 'r {
        let end = Place::new(plan.node(place.node).end, Slot::ONLY);
        let mut from = place;
        std::iter::from_fn(move || {
            loop {
                let (found, _) = self.frames.range(from..end).next()?;
                let slots = plan.slots_beneath(found.node, place);
                if slots.contains(&found.slot.0) {
                    from = Place::new(found.node, Slot(found.slot.0 + 1));
                    return Some(*found);
                }
                let before = found.slot.0 < slots.start;
                let next_node = Place::new(NodeId(found.node.0 + 1), Slot::ONLY);
                from = if before { Place::new(found.node, Slot(slots.start)) } else { next_node };
            }
        })
    }

    pub fn frame(&self, place: Place) -> Option<&Frame> {
        self.frames.get(&place)
    }

    /// Returns the places that are under way, forwards or backwards.
    pub fn frames(&self) -> impl Iterator<Item = Place> + '_ {
        self.frames.keys().copied()
    }

    /// Returns whether the world was ever asked to do what an action says.
    pub fn was_asked(&self, place: Place) -> bool {
        self.last_attempt(place) > 0
    }

    /// Returns the targets that failed without failing their loop.
    pub fn failed_target_count(&self) -> usize {
        self.failed_targets.len()
    }

    pub fn stuck(&self) -> impl Iterator<Item = Place> + '_ {
        self.stuck.iter().copied()
    }

    pub fn awaiting(&self) -> impl Iterator<Item = Place> + '_ {
        self.awaiting.iter().copied()
    }
}

/// Two runs are equal if the same has happened; what is still to be looked at follows from that.
impl PartialEq for Run {
    fn eq(&self, other: &Run) -> bool {
        self.statuses == other.statuses
            && self.frames == other.frames
            && self.left == other.left
            && self.kept == other.kept
            && self.exposed_before == other.exposed_before
            && self.exposures == other.exposures
            && self.notices == other.notices
            && self.touched == other.touched
            && self.changed == other.changed
            && self.baselines == other.baselines
            && self.streaks == other.streaks
            && self.awaiting == other.awaiting
            && self.failed_targets == other.failed_targets
            && self.paused == other.paused
            && self.on_hold == other.on_hold
            && self.ending == other.ending
            && self.stuck == other.stuck
            && self.orders == other.orders
            && self.occasions == other.occasions
    }
}
