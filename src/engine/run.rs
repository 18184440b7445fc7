//! What a run knows: a status for each place, a frame for each place that is under way, and what was learned.
//! State per target is a byte per node; frames exist only where something happens.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::measure::{Change, Streak};
use super::{Cause, Done, ExposureKind, Outcome, PauseReason, Person, Request, RunStarted, Share, Waiting, WatchFrame};
use crate::plan::{LoopNumbers, NodeId, Place, Plan, Slot, SpaceId};
use crate::value::{At, Closing, Value};

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
    pub(super) changed: BTreeMap<u32, Change>,
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

/// A place that is under way, forwards or backwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub begun: At,
    /// The attempt that is or was last under way; 0 before the first. Of an action it is never used again, even when
    /// a person has it tried from the start.
    pub attempt: u32,
    /// How often it was tried since it last began.
    pub tries: u32,
    /// Whether the question of this attempt is open.
    pub asked: bool,
    /// Whether the open question only verifies an interrupted attempt.
    pub verifying: bool,
    pub waits: Option<(At, Waiting)>,
    /// When its window closes, and what that means.
    pub closes: Option<(At, Closing)>,
    /// Until when nothing begins in it, because its window has closed.
    pub shut: Option<At>,
    /// Whether somebody let it begin although its window is shut.
    pub glass: bool,
    pub timeout: Option<At>,
    pub deadline: Option<At>,
    /// Why nothing new starts beneath it.
    pub closing: Option<Cause>,
    /// The next child of a sequence.
    pub cursor: u32,
    /// What people are asked here.
    pub request: Option<Box<Request>>,
    pub shape: Shape,
    pub undo: Option<UndoFrame>,
}

/// What a frame needs by the kind of its node.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Plain,
    Graph(GraphFrame),
    Loop(LoopFrame),
    Watch(WatchFrame),
    /// A share that was set and is to be read back.
    Set,
}

/// The stages of a rollout that is under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphFrame {
    /// Stages whose turn it is.
    pub open: BTreeSet<NodeId>,
    /// For stages that have begun to be waited for: how many others are still missing.
    pub missing: BTreeMap<NodeId, u32>,
    /// Stages that failed and about which nothing was decided.
    pub failed: BTreeSet<NodeId>,
    pub ended: u32,
    pub total: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoopFrame {
    /// The first slot of this loop's elements.
    pub first: u32,
    pub count: u32,
    /// How many elements have begun.
    pub next: u32,
    /// How many of them are under way.
    pub live: u32,
    pub wave: u32,
    /// Whether the body after this wave has begun.
    pub after_wave: bool,
    pub failed: u32,
    pub failed_in_wave: u32,
    /// When the next element may begin.
    pub not_before: Option<At>,
    /// Elements whose turn has come and whose window is shut; they hold no place among those side by side.
    pub shut: BTreeSet<u32>,
}

/// A place that is being taken back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UndoFrame {
    /// Whether its own way back has ended.
    pub own_done: bool,
    /// How many parts of it are being taken back.
    pub live: u32,
    /// Whether a part of it could not be taken back.
    pub stuck: bool,
    /// How often its own way back has failed.
    pub failed: u32,
    /// Why, if it is a target whose failure is tolerated.
    pub tolerated: Option<Cause>,
}

impl Frame {
    pub(super) fn new(begun: At) -> Frame {
        Frame {
            begun,
            attempt: 0,
            tries: 0,
            asked: false,
            verifying: false,
            waits: None,
            closes: None,
            shut: None,
            glass: false,
            timeout: None,
            deadline: None,
            closing: None,
            cursor: 0,
            request: None,
            shape: Shape::Plain,
            undo: None,
        }
    }

    pub(super) fn as_loop(&self) -> Option<&LoopFrame> {
        match &self.shape {
            Shape::Loop(it) => Some(it),
            Shape::Plain | Shape::Graph(_) | Shape::Watch(_) | Shape::Set => None,
        }
    }
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

    /// How it began, if it has.
    pub fn started(&self) -> Option<&RunStarted> {
        self.started.as_deref()
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

impl Frame {
    /// Returns every instant at which this frame wants to be looked at.
    pub(super) fn alarms(&self) -> impl Iterator<Item = At> + '_ {
        let not_before = self.as_loop().and_then(|it| it.not_before);
        let until = self.request.as_ref().and_then(|it| it.until);
        let closes = self.closes.map(|(at, _)| at);
        let own = [self.waits.map(|(at, _)| at), self.timeout, self.deadline, closes, self.shut];
        own.into_iter().chain([not_before, until]).flatten()
    }
}
