//! A fingerprint of what can still happen to a run: two runs with the same one go on alike. Instants count from now,
//! attempts that are over count for nothing, and like targets may stand for each other. Decides nothing.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::frame::{Frame, Shape};
use super::run::{EndingState, Status};
use super::watching::WatchFrame;
use super::{PauseReason, Run};
use crate::calendar::Calendar;
use crate::model::{Act, Expr, ExprKind, Otherwise};
use crate::plan::{Elements, NodeId, NodeKind, Place, Plan, Slot, SpaceId};
use crate::value::{At, Value};

/// What of a plan never changes while fingerprints are taken.
pub struct Kinship<'p> {
    plan: &'p Plan,
    /// For each target what sets it apart from others: its fleet and its labels, not its name.
    classes: Vec<u64>,
    /// Where some window, date or deadline makes the same state mean another thing at another time; and whether it
    /// does so on the way back as well.
    times: Vec<(NodeId, bool)>,
    /// For how long anything asks what was before: samples that are older count for nothing.
    memory_ms: i64,
}

/// How long what was is remembered where nobody can tell before the run.
const MEMORY_MS: i64 = 24 * 3_600_000;

/// A fingerprint in the making: what is noted of one target, and of one slot, stays together.
pub struct Likeness<'p> {
    kinship: &'p Kinship<'p>,
    slots: Vec<Vec<u64>>,
    targets: Vec<u64>,
    whole: u64,
}

impl<'p> Kinship<'p> {
    pub fn new(plan: &'p Plan) -> Kinship<'p> {
        let class = |it: &std::sync::Arc<crate::value::Target>| {
            let labels = it.labels.iter().filter(|(name, _)| *name != "name");
            let labels: Vec<String> = labels.map(|(name, value)| format!("{name}={value}")).collect();
            word((it.fleet.clone(), labels))
        };
        let times = plan.nodes.iter().zip(0..).filter_map(|(it, number)| {
            let stage = matches!(&it.kind, NodeKind::Stage(it) if it.not_before.is_some() || it.deadline.is_some());
            let act = matches!(&it.kind, NodeKind::Act(act) if matches!(**act, Act::WaitUntil { .. }));
            let also_back = stage || act || it.during.as_ref().is_some_and(|it| !is_exempt_on_the_way_back(it));
            (also_back || it.during.is_some()).then_some((NodeId(number), also_back))
        });
        let sustained = plan.thresholds.iter().filter_map(|it| it.sustained.as_ref());
        let sustained = sustained.map(|it| it.known().and_then(Value::as_duration_ms).unwrap_or(MEMORY_MS));
        let memory_ms = sustained.max().unwrap_or(0);
        Kinship { plan, classes: plan.targets.iter().map(class).collect(), times: times.collect(), memory_ms }
    }

    /// Whether the same state may mean another thing at another time.
    pub fn knows_time(&self) -> bool {
        !self.times.is_empty()
    }

    /// Whether the time of day can still matter to a run: what is done is let in no more, and the way back is let in
    /// everywhere unless a window says otherwise.
    fn minds_time(&self, run: &Run) -> bool {
        match run.ending {
            EndingState::Forward | EndingState::Stopping { .. } => self.times.iter().any(|it| self.is_open(run, it.0)),
            EndingState::RollingBack { .. } | EndingState::Finishing { .. } | EndingState::Retained { .. } => {
                self.times.iter().any(|it| it.1)
            }
            EndingState::Finished { .. } => false,
        }
    }

    fn is_open(&self, run: &Run, node: NodeId) -> bool {
        let slots = self.plan.space(self.plan.node(node).space).len() as usize;
        let over = run.statuses_of(node).filter(|it| matches!(it.1, Status::Done | Status::Skipped)).count();
        over < slots
    }

    /// Begins with all that a run knows.
    pub fn of(&'p self, run: &Run, now: At) -> Likeness<'p> {
        let slots = self.plan.spaces.iter().map(|it| vec![0; it.len() as usize]).collect();
        let mut likeness = Likeness { kinship: self, slots, targets: vec![0; self.classes.len()], whole: 0 };
        likeness.statuses(run);
        likeness.frames(run, now);
        likeness.values(run, now);
        likeness.fate(run, now);
        likeness
    }
}

impl Likeness<'_> {
    /// Notes something of a place.
    pub fn note(&mut self, place: Place, what: impl Hash) {
        let space = self.kinship.plan.node(place.node).space.0 as usize;
        let noted = word((place.node, what));
        let row = &mut self.slots[space];
        if row.len() <= place.slot.index() {
            row.resize(place.slot.index() + 1, 0);
        }
        row[place.slot.index()] = row[place.slot.index()].wrapping_add(noted);
    }

    /// Notes something of a target, by its place in the plan's table.
    pub fn note_target(&mut self, target: u32, what: impl Hash) {
        let of = &mut self.targets[target as usize];
        *of = of.wrapping_add(word(what));
    }

    pub fn note_whole(&mut self, what: impl Hash) {
        self.whole = self.whole.wrapping_add(word(what));
    }

    /// Folds slots into what is around them, and what belongs to a target into that; sums forget the order.
    pub fn finish(mut self) -> u64 {
        let plan = self.kinship.plan;
        for space in (1..plan.spaces.len()).rev() {
            let here = plan.space(SpaceId(space as u32));
            for slot in 0..self.slots[space].len() as u32 {
                let inner = self.slots[space][slot as usize];
                match &here.elements {
                    Elements::Targets(of) if here.parent == SpaceId::ROOT => {
                        self.note_target(of[slot as usize], (space, inner));
                    }
                    Elements::Targets(of) => {
                        let class = self.kinship.classes[of[slot as usize] as usize];
                        self.fold(here.parent, here.parent_of(Slot(slot)), (space, class, inner));
                    }
                    Elements::None | Elements::Values(_) => {
                        self.fold(here.parent, here.parent_of(Slot(slot)), (space, slot, inner));
                    }
                    Elements::Late => self.note_whole((space, slot, inner)),
                }
            }
        }
        let targets = std::mem::take(&mut self.targets);
        for (class, noted) in self.kinship.classes.iter().zip(targets) {
            self.note_whole((class, noted));
        }
        let root = self.slots[0].first().copied().unwrap_or(0);
        word((self.whole, root))
    }

    fn fold(&mut self, space: SpaceId, slot: Slot, what: impl Hash) {
        let of = &mut self.slots[space.0 as usize][slot.index()];
        *of = of.wrapping_add(word(what));
    }

    fn statuses(&mut self, run: &Run) {
        for node in (0..self.kinship.plan.nodes.len() as u32).map(NodeId) {
            for (slot, status) in run.statuses_of(node).filter(|it| it.1 != Status::Idle) {
                self.note(Place::new(node, slot), status as u8);
            }
        }
    }

    fn frames(&mut self, run: &Run, now: At) {
        for (place, frame) in &run.frames {
            self.frame(*place, frame, now);
        }
        for (at, place) in &run.alarms {
            self.note(*place, ("alarm", at.since_ms(now)));
        }
    }

    fn frame(&mut self, place: Place, frame: &Frame, now: At) {
        let waits = frame.waits.map(|(_, why)| why as u8);
        let closing = frame.closing.is_some();
        let flags = (frame.asked, frame.verifying, frame.glass, closing, frame.shut.is_some(), frame.cursor);
        let tries = self.counts_tries(place).then_some(frame.tries);
        self.note(place, ("frame", waits, flags, tries, self.age_ms(place, frame, now)));
        if let Some(request) = &frame.request {
            let unmet = request.unmet.as_ref().map(std::mem::discriminant);
            let ticked: Vec<u32> = request.ticked.keys().copied().collect();
            self.note(place, ("request", request.approved.len(), ticked, unmet, request.paused));
        }
        if let Some(undo) = &frame.undo {
            let flags = (undo.own_done, undo.live, undo.stuck, undo.failed, undo.tolerated.is_some());
            self.note(place, ("undo", flags));
        }
        match &frame.shape {
            Shape::Plain => {}
            Shape::Set => self.note(place, "set"),
            Shape::Graph(it) => self.note(place, ("graph", &it.open, &it.missing, &it.failed, it.ended)),
            Shape::Loop(it) => {
                let wave = (it.wave, it.after_wave, it.failed, it.failed_in_wave);
                self.note(place, ("loop", it.first, it.count, it.next, it.live, wave, it.shut.len()));
            }
            Shape::Watch(it) => {
                let unknown = it.unknown_since.map(|since| now.since_ms(since));
                self.note(place, ("watch", self.counts(place, it), unknown, it.last.map(|it| it as u8)));
            }
        }
    }

    /// Returns how often a watch was violated, how often in a row, and how often in a row it held: those of them that it
    /// asks for.
    fn counts(&self, place: Place, state: &WatchFrame) -> (u32, Option<u32>, Option<u32>) {
        let act = match &self.kinship.plan.node(place.node).kind {
            NodeKind::Act(act) => Some(&**act),
            _ => None,
        };
        let Some(Act::Watch(watch) | Act::Guard(watch)) = act else { return (state.violated, None, None) };
        let violated_in_a_row = watch.fail_in_a_row.is_some().then_some(state.violated_in_a_row);
        let held_in_a_row = watch.pass_in_a_row.is_some().then_some(state.held_in_a_row);
        (state.violated, violated_in_a_row, held_in_a_row)
    }

    /// What only asks is asked as often as it takes.
    fn counts_tries(&self, place: Place) -> bool {
        match &self.kinship.plan.node(place.node).kind {
            NodeKind::Act(act) => !matches!(**act, Act::Check(_) | Act::Watch(_) | Act::Guard(_) | Act::Require { .. }),
            NodeKind::Rollout { .. }
            | NodeKind::Child { .. }
            | NodeKind::Stage(_)
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Step(_)
            | NodeKind::Sequence(_) => true,
        }
    }

    /// Returns how long ago a place began, or how often, where what it does depends on that.
    fn age_ms(&self, place: Place, frame: &Frame, now: At) -> Option<i64> {
        let act = match &self.kinship.plan.node(place.node).kind {
            NodeKind::Act(act) => act,
            NodeKind::Step(_) => return Some(i64::from(frame.attempt)),
            NodeKind::Rollout { .. }
            | NodeKind::Child { .. }
            | NodeKind::Stage(_)
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Sequence(_) => return None,
        };
        let age = now.since_ms(frame.begun);
        match &**act {
            Act::Check(check) => {
                let within = check.within.as_ref().map(|it| it.known().and_then(Value::as_duration_ms));
                match (within, check.otherwise) {
                    (None, _) => None,
                    // Past its time it waits on without end.
                    (Some(Some(within)), Some(Otherwise::Hold)) => Some(age.min(within)),
                    (Some(_), _) => Some(age),
                }
            }
            Act::Watch(watch) => watch.lasts.is_some().then_some(age),
            _ => None,
        }
    }

    fn values(&mut self, run: &Run, now: At) {
        let memory_ms = self.kinship.memory_ms;
        let age = |at: At| now.since_ms(at).min(memory_ms);
        for ((target, key), value) in &run.kept {
            let value = value.to_string();
            match target.as_ref().and_then(|it| self.number_of(it)) {
                Some(target) => self.note_target(target, (key, value)),
                None => self.note_whole((target, key, value)),
            }
        }
        for (place, (_, key, value)) in &run.kept_before {
            self.note(*place, ("before", key, value.to_string()));
        }
        for (target, change) in &run.changed {
            self.note_target(*target, ("changed", age(change.last)));
        }
        for (stage, target) in &run.touched {
            self.note_target(*target, ("touched", stage));
        }
        for (place, (exposed, share)) in &run.exposed_before {
            self.note(*place, ("exposed before", exposed, share.to_string()));
        }
        for ((kind, exposed), share) in &run.exposures {
            self.note_whole((*kind as u8, exposed, share.to_string()));
        }
        for (space, elements) in &run.late {
            let elements: Vec<String> = elements.iter().map(Value::to_string).collect();
            self.note_whole((space.0, elements));
        }
        for (what, value) in &run.baselines {
            self.note_whole((what, value.to_string()));
        }
        for (what, streak) in &run.streaks {
            let stretches: Vec<(i64, u8)> = streak.stretches().map(|(at, it)| (age(at), it as u8)).collect();
            // Of what is too old only the last counts: it goes on until the next.
            let old = stretches.iter().filter(|(age, _)| *age == memory_ms).count().saturating_sub(1);
            let stretches = &stretches[old..];
            self.note_whole((what, stretches));
        }
        for place in run.left.keys() {
            self.note(*place, "left");
        }
    }

    fn number_of(&self, name: &str) -> Option<u32> {
        let found = self.kinship.plan.targets.iter().position(|it| it.name == name);
        found.map(|it| it as u32)
    }

    fn fate(&mut self, run: &Run, now: At) {
        run.awaiting.iter().for_each(|it| self.note(*it, "awaiting"));
        run.failed_targets.keys().for_each(|it| self.note(*it, "tolerated"));
        run.stuck.iter().for_each(|it| self.note(*it, "stuck"));
        for (place, order) in &run.orders {
            self.note(*place, ("order", order));
        }
        for (node, times) in &run.occasions {
            self.note_whole((node, times));
        }
        if let Some(paused) = &run.paused {
            self.note_whole(std::mem::discriminant(paused));
            match paused {
                PauseReason::Asked { .. } => {}
                PauseReason::Said { place, .. }
                | PauseReason::Failed { place }
                | PauseReason::Interrupted { place }
                | PauseReason::Unanswered { place }
                | PauseReason::Rejected { place } => self.note(*place, "paused"),
            }
        }
        let outcome = run.outcome_so_far().map(|it| it as u8);
        let hook = matches!(run.ending, EndingState::Finishing { hook: true, .. });
        let ending = (std::mem::discriminant(&run.ending), outcome, hook);
        self.note_whole((ending, run.on_hold, run.undone, run.failure.is_some()));
        if self.kinship.minds_time(run) {
            self.note_whole(("now", now.0));
        }
    }
}

/// Whether a window lets rollbacks in whenever they come, as far as can be told before it is evaluated.
fn is_exempt_on_the_way_back(during: &Expr) -> bool {
    match &during.kind {
        ExprKind::Window(form, _) => form.rollback_is_exempt,
        ExprKind::Value(Value::Window(window)) => Calendar::of(window).is_ok_and(|it| it.rules().rollback_is_exempt),
        ExprKind::Not(one) => is_exempt_on_the_way_back(one),
        ExprKind::And(one, other) | ExprKind::Or(one, other) | ExprKind::If(_, one, other) => {
            is_exempt_on_the_way_back(one) && is_exempt_on_the_way_back(other)
        }
        _ => false,
    }
}

fn word(what: impl Hash) -> u64 {
    // The standard hasher has fixed keys: a fingerprint is the same in every process.
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
