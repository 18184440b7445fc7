//! How far everything is: the run's own state, and beside it counts of the units that people count in: a loop's
//! elements where a stage has loops, its entries otherwise. One event changes a few numbers, however many targets.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{Ending, Event, Run, Status as RunStatus, Waiting, apply};
use crate::plan::{NodeId, NodeKind, Place, Plan, Role, Slot};
use crate::value::At;

/// What a person looks at, kept up to date.
#[derive(Debug, Clone)]
pub struct Board {
    pub(super) plan: Arc<Plan>,
    pub(super) run: Run,
    pub(super) stages: Vec<StageBoard>,
    /// For each node that is a unit: its stage, and the loop that it is an element of.
    units: BTreeMap<NodeId, Unit>,
    /// For each loop of units: how many of them have not ended.
    left: BTreeMap<NodeId, u32>,
    /// What is under way at the leaves, since when.
    pub(super) active: BTreeMap<Place, At>,
    pub(super) waits: BTreeMap<Place, (At, Waiting)>,
    /// What holds the windows shut that something waits for.
    pub(super) shut: BTreeMap<Place, String>,
    /// What each condition warned of when it was asked last, and whether that was news.
    warned: BTreeMap<Place, (Vec<String>, bool)>,
    pub(super) began: Option<At>,
    pub(super) ended: Option<At>,
    /// Whether the documents of the end were written, or could not be.
    filed: bool,
    pub(super) last: At,
}

/// One stage in numbers.
#[derive(Debug, Clone)]
pub struct StageBoard {
    pub node: NodeId,
    /// Not within a called rollout.
    pub is_top: bool,
    pub total: u32,
    /// Where they were to come to: what failed, was let go or taken back is not counted.
    pub done: u32,
    pub failed: u32,
    /// No longer under way, however they ended.
    pub over: u32,
    pub live: u32,
    pub began: Option<At>,
    pub ended: Option<At>,
}

/// How a unit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Failed,
    LetGo,
}

#[derive(Debug, Clone, Copy)]
struct Unit {
    stage: usize,
    of_loop: Option<NodeId>,
}

impl Board {
    /// A board on which nothing has happened.
    pub fn new(plan: Arc<Plan>) -> Board {
        let mut board = Board {
            run: Run::new(),
            stages: Vec::new(),
            units: BTreeMap::new(),
            left: BTreeMap::new(),
            active: BTreeMap::new(),
            waits: BTreeMap::new(),
            shut: BTreeMap::new(),
            warned: BTreeMap::new(),
            began: None,
            ended: None,
            filed: false,
            last: At(0),
            plan: Arc::clone(&plan),
        };
        for node in (0..plan.nodes.len() as u32).map(NodeId) {
            if let NodeKind::Stage(_) = plan.node(node).kind {
                board.add_stage(node);
            }
        }
        board
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The state of the run itself.
    pub fn run(&self) -> &Run {
        &self.run
    }

    pub fn began(&self) -> Option<At> {
        self.began
    }

    /// Whether nothing more comes: the run has ended, and its documents are written if it wants any.
    pub fn is_over(&self) -> bool {
        self.run.finished().is_some() && (self.filed || self.plan.artifacts.is_none())
    }

    /// Returns how long it took from start to end, if it has ended.
    pub fn took_ms(&self) -> Option<i64> {
        Some(self.ended?.since_ms(self.began?))
    }

    pub fn stages(&self) -> &[StageBoard] {
        &self.stages
    }

    /// Whether a condition that was asked just now warns of something that it did not warn of before.
    pub(super) fn warns_anew(&self, place: Place) -> bool {
        self.warned.get(&place).is_some_and(|(_, is_news)| *is_news)
    }

    /// Takes in what happened.
    pub fn hear(&mut self, at: At, event: &Event) {
        let was_done = matches!(event, Event::UndoBegan { place, .. } if self.run.status(*place) == RunStatus::Done);
        apply(&self.plan, &mut self.run, at, event);
        self.last = at;
        match event {
            Event::UndoBegan { place, .. } if was_done => self.goes_back(*place),
            Event::RunStarted(_) => self.began = Some(at),
            Event::Began { place, elements, .. } => {
                if let Some(elements) = elements {
                    self.grow(place.node, elements.len() as u32);
                }
                self.began_at(*place, at);
            }
            Event::Skipped { place, .. } => self.ended_at(*place, at, End::Passed),
            Event::Asked { place, .. } => {
                self.waits.remove(place);
                self.active.insert(*place, at);
            }
            Event::Answered { place, .. } => {
                self.active.remove(place);
            }
            Event::Held { place, until, why } => {
                let until = until.unwrap_or_else(|| at.plus_ms(crate::calendar::LOOK_AHEAD_MS));
                self.waits.insert(*place, (until, Waiting::Window));
                self.shut.insert(*place, why.clone());
            }
            Event::Entered { place } | Event::Advanced { place, .. } => {
                self.waits.remove(place);
            }
            Event::Waiting { place, until, why } => {
                self.waits.insert(*place, (*until, *why));
            }
            Event::Ended { place, ending } => {
                let end = match ending {
                    Ending::Done => End::Passed,
                    Ending::Failed { .. } | Ending::Tolerated { .. } => End::Failed,
                    Ending::Dropped => End::LetGo,
                };
                self.ended_at(*place, at, end);
            }
            Event::Undone { place } => self.undone_at(*place),
            Event::Retried { place, .. } => self.retried_at(*place),
            Event::Filed { .. } => self.filed = true,
            Event::Retained { .. } => self.filed = false,
            Event::RunFinished { .. } => {
                self.ended = Some(at);
                self.filed = false;
                self.active.clear();
                self.waits.clear();
            }
            Event::Evaluated { place, evidence, .. } => {
                let warns: Vec<String> = evidence.iter().filter(|it| it.warns).map(|it| it.what.clone()).collect();
                let before = self.warned.get(place).map_or(&[] as &[String], |it| &it.0);
                let is_news = !warns.is_empty() && before != warns.as_slice();
                self.warned.insert(*place, (warns, is_news));
            }
            Event::Baseline { .. }
            | Event::Opened { .. }
            | Event::Shut { .. }
            | Event::OnHold { .. }
            | Event::HoldLifted { .. }
            | Event::Warned { .. }
            | Event::WaveAdvanced { .. }
            | Event::Closing { .. }
            | Event::Kept { .. }
            | Event::ExposureRead { .. }
            | Event::Exposed { .. }
            | Event::Noticed { .. }
            | Event::Logged { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::ApprovalRequested { .. }
            | Event::Approved { .. }
            | Event::Rejected { .. }
            | Event::Ticked { .. }
            | Event::Confirmed { .. }
            | Event::Expired { .. }
            | Event::Claimed { .. }
            | Event::RollbackStarted { .. }
            | Event::UndoBegan { .. }
            | Event::UndoFailed { .. }
            | Event::Recovered
            | Event::Finishing { .. } => {}
        }
    }

    fn add_stage(&mut self, node: NodeId) {
        let plan = Arc::clone(&self.plan);
        let is_top = plan.node(node).parent == NodeId::ROOT;
        let stage = self.stages.len();
        let blank =
            StageBoard { node, is_top, total: 0, done: 0, failed: 0, over: 0, live: 0, began: None, ended: None };
        self.stages.push(blank);
        let children = || plan.node(node).children.iter().copied();
        let is_loop = |it: &NodeId| matches!(plan.node(*it).kind, NodeKind::Loop(_));
        // Beside targets a single check or message is no unit that anybody counts.
        let loops_only = children().any(|it| is_loop(&it));
        for child in children().filter(|it| !loops_only || is_loop(it)) {
            self.add_units(stage, child);
        }
    }

    fn add_units(&mut self, stage: usize, node: NodeId) {
        let plan = Arc::clone(&self.plan);
        let total = match &plan.node(node).kind {
            NodeKind::Loop(_) => {
                let Some(body) = plan.node(node).children.first() else { return };
                self.units.insert(*body, Unit { stage, of_loop: Some(node) });
                self.left.insert(node, plan.slots(*body));
                plan.slots(*body)
            }
            NodeKind::Rollout { .. }
            | NodeKind::Child { .. }
            | NodeKind::Stage(_)
            | NodeKind::Parallel
            | NodeKind::Step(_)
            | NodeKind::Act(_)
            | NodeKind::Sequence(_) => {
                self.units.insert(node, Unit { stage, of_loop: None });
                plan.slots(node)
            }
        };
        self.stages[stage].total += total;
    }

    /// A loop whose list is known only now.
    fn grow(&mut self, node: NodeId, count: u32) {
        let body = self.plan.node(node).children.first();
        if let Some(unit) = body.and_then(|it| self.units.get(it)) {
            self.stages[unit.stage].total += count;
            *self.left.entry(node).or_default() += count;
        }
    }

    fn began_at(&mut self, place: Place, at: At) {
        if let Some(stage) = self.stage_at(place.node) {
            stage.began = Some(at);
        }
        if let Some(unit) = self.units.get(&place.node) {
            self.stages[unit.stage].live += 1;
        }
    }

    fn ended_at(&mut self, place: Place, at: At, end: End) {
        self.active.remove(&place);
        self.waits.remove(&place);
        if let Some(unit) = self.units.get(&place.node).copied() {
            let stage = &mut self.stages[unit.stage];
            stage.over = (stage.over + 1).min(stage.total);
            stage.done = (stage.done + u32::from(end == End::Passed)).min(stage.total);
            stage.failed += u32::from(end == End::Failed);
            stage.live = stage.live.saturating_sub(1);
            if let Some(left) = unit.of_loop.and_then(|it| self.left.get_mut(&it)) {
                *left = left.saturating_sub(1);
            }
        }
        self.loop_ended(place, end);
        if let Some(stage) = self.stage_at(place.node) {
            stage.ended = Some(at);
            stage.live = 0;
            if end == End::Passed {
                // What was skipped within it has nothing left to do.
                stage.done = stage.total.saturating_sub(stage.failed);
                stage.over = stage.total;
            }
        }
    }

    /// Elements of a loop that was skipped count as done.
    fn loop_ended(&mut self, place: Place, end: End) {
        let body = match &self.plan.node(place.node).kind {
            NodeKind::Loop(_) if end == End::Passed => self.plan.node(place.node).children.first(),
            _ => None,
        };
        let Some(unit) = body.and_then(|it| self.units.get(it)) else { return };
        let left = self.left.insert(place.node, 0).unwrap_or(0);
        let stage = &mut self.stages[unit.stage];
        stage.done = (stage.done + left).min(stage.total);
        stage.over = (stage.over + left).min(stage.total);
    }

    /// What was done is being taken back: it is no longer where it was to come to.
    fn goes_back(&mut self, place: Place) {
        if let Some(unit) = self.units.get(&place.node).copied() {
            let stage = &mut self.stages[unit.stage];
            stage.done = stage.done.saturating_sub(1);
        }
    }

    /// What failed is to be tried again: it is neither over nor failed any more.
    fn retried_at(&mut self, place: Place) {
        if let Some(unit) = self.units.get(&place.node).copied() {
            let stage = &mut self.stages[unit.stage];
            stage.over = stage.over.saturating_sub(1);
            stage.failed = stage.failed.saturating_sub(1);
        }
        if let Some(stage) = self.stage_at(place.node) {
            (stage.done, stage.failed, stage.over, stage.ended) = (0, 0, 0, None);
        }
    }

    fn undone_at(&mut self, place: Place) {
        if let Some(stage) = self.stage_at(place.node) {
            stage.done = 0;
        }
    }

    fn stage_at(&mut self, node: NodeId) -> Option<&mut StageBoard> {
        let at = self.stages.binary_search_by_key(&node, |it| it.node).ok()?;
        Some(&mut self.stages[at])
    }

    /// Returns the numbers of the stage in which a unit lies: how many are over, and of how many.
    pub fn count_at(&self, place: Place) -> Option<(u32, u32)> {
        let unit = self.units.get(&place.node)?;
        let stage = &self.stages[unit.stage];
        Some((stage.over, stage.total))
    }

    /// Whether a place is a loop's element that a stage counts.
    pub fn is_element(&self, place: Place) -> bool {
        matches!(self.plan.node(place.node).kind, NodeKind::Sequence(Role::Target))
    }

    /// Returns how many units are where they were to come to, and of how many, over all stages of the rollout.
    pub fn counts(&self) -> (u32, u32) {
        let tops = self.stages.iter().filter(|it| it.is_top);
        tops.fold((0, 0), |(done, total), it| (done + it.done, total + it.total))
    }

    /// The places of the leaves that are under way, the longest first.
    pub fn active(&self) -> Vec<(Place, At)> {
        let mut active: Vec<(Place, At)> = self.active.iter().map(|(place, since)| (*place, *since)).collect();
        active.sort_by_key(|(place, since)| (*since, *place));
        active
    }

    /// Returns what waits for a moment that comes next.
    pub fn soonest_wait(&self) -> Option<(Place, At)> {
        self.open_waits().map(|(place, until, _)| (place, until)).min_by_key(|(place, until)| (*until, *place))
    }

    /// Returns what waits for a moment that is still to come. What has passed it waits for its turn, or for a person.
    pub(super) fn open_waits(&self) -> impl Iterator<Item = (Place, At, Waiting)> {
        let waits = self.waits.iter().map(|(place, (until, why))| (*place, *until, *why));
        waits.filter(|(_, until, _)| *until > self.last)
    }

    pub(super) fn stage_place(&self, stage: &StageBoard) -> Place {
        Place::new(stage.node, Slot::ONLY)
    }
}
