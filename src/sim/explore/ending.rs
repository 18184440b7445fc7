//! What a bad ending is: judged by the state in which a run ended, came to rest or went by. Knows no way there.

use crate::engine::{Event, Outcome, Run, Status, explain, first_failure, seen_from_outside};
use crate::eval::{self, Fuel, Truth};
use crate::model::{Act, Always, OnFailure};
use crate::plan::{NodeId, NodeKind, Place, Plan, Role, Slot};
use crate::sim::units::written;
use crate::value::At;

/// What is bad about an ending, or about a state on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bad {
    /// A step changed something and stays as it is, although `on_failure` says that it is undone.
    NotUndone,
    /// A target was touched by something that has no way back.
    Uncovered,
    /// Something could not be undone.
    NeedsHands,
    /// Nothing goes on and nobody can make it.
    Stuck,
    /// The same happens again and again.
    ForEver,
    /// A stage begins although a gate before it has not been passed.
    Ungated,
    /// An `always` does not hold.
    Broken,
}

impl Bad {
    pub const ALL: [Bad; 7] =
        [Bad::NotUndone, Bad::Uncovered, Bad::NeedsHands, Bad::Stuck, Bad::ForEver, Bad::Ungated, Bad::Broken];

    /// Returns its name, as documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Bad::NotUndone => "not_undone",
            Bad::Uncovered => "uncovered",
            Bad::NeedsHands => "needs_hands",
            Bad::Stuck => "stuck",
            Bad::ForEver => "for_ever",
            Bad::Ungated => "ungated",
            Bad::Broken => "broken",
        }
    }

    /// Returns what it is, as a title.
    pub fn title(self) -> &'static str {
        match self {
            Bad::NotUndone => "not undone though `on_failure` says so",
            Bad::Uncovered => "touched, and no undo covers it",
            Bad::NeedsHands => "needs hands",
            Bad::Stuck => "stuck for ever",
            Bad::ForEver => "goes on for ever",
            Bad::Ungated => "a stage is reached without the gate before it",
            Bad::Broken => "an invariant is broken",
        }
    }
}

/// Something bad, where it is, and in words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub bad: Bad,
    pub place: Place,
    pub words: String,
}

/// Judges a run that has ended.
pub(super) fn at_the_end(plan: &Plan, run: &Run, outcome: Outcome) -> Vec<Verdict> {
    match outcome {
        Outcome::Succeeded | Outcome::Cancelled => Vec::new(),
        Outcome::NeedsHands => run.stuck().map(|place| hands(plan, run, place)).collect(),
        Outcome::RolledBack => left_behind(plan, run),
        Outcome::Failed if is_to_be_undone(plan, run) => left_behind(plan, run),
        Outcome::Failed => Vec::new(),
    }
}

fn hands(plan: &Plan, run: &Run, place: Place) -> Verdict {
    let why = first_failure(run).map_or(String::new(), |(place, cause)| {
        let at = place.map_or(String::new(), |it| format!("`{}`: ", written(plan, it)));
        format!("; the run had failed: {at}{}", explain(plan, run, cause))
    });
    Verdict { bad: Bad::NeedsHands, place, words: format!("`{}` could not be undone{why}", written(plan, place)) }
}

/// Whether the failure that ended a run is one after which it is undone.
fn is_to_be_undone(plan: &Plan, run: &Run) -> bool {
    let Some((place, _)) = first_failure(run) else { return false };
    let stage = place.and_then(|it| plan.stage_of(it));
    let policy = stage.map_or(&plan.node(NodeId::ROOT).kind, |it| &plan.node(it.node).kind);
    match policy {
        NodeKind::Stage(stage) => stage.on_failure == OnFailure::Rollback,
        NodeKind::Rollout { on_failure } => *on_failure == OnFailure::Rollback,
        NodeKind::Child { .. }
        | NodeKind::Loop(_)
        | NodeKind::Parallel
        | NodeKind::Step(_)
        | NodeKind::Act(_)
        | NodeKind::Sequence(_) => false,
    }
}

/// Returns every change to a target that is still there.
fn left_behind(plan: &Plan, run: &Run) -> Vec<Verdict> {
    let mut found = Vec::new();
    for node in acts(plan, NodeId::ROOT, |act| act.changes()) {
        for slot in (0..plan.slots(node)).map(Slot) {
            let place = Place::new(node, slot);
            if run.was_asked(place) && plan.target_of(place).is_some() && !stays_anyway(plan, run, place) {
                found.extend(left_at(plan, run, place));
            }
        }
    }
    found
}

/// Whether the work of a stage stays although the run is taken back.
fn stays_anyway(plan: &Plan, run: &Run, place: Place) -> bool {
    let Some(stage) = plan.stage_of(place) else { return true };
    let stays = matches!(&plan.node(stage.node).kind, NodeKind::Stage(it) if !it.undo_with_run);
    stays && run.status(stage) == Status::Done
}

fn left_at(plan: &Plan, run: &Run, place: Place) -> Option<Verdict> {
    let around: Vec<Place> = std::iter::once(place).chain(plan.all_around(place)).collect();
    let mut covers = around.iter().filter(|it| plan.node(it.node).undo.is_some()).peekable();
    if covers.peek().is_none() {
        let saved = around.iter().flat_map(|it| &plan.node(it.node).children);
        let is_saved = saved.into_iter().any(|it| plan.node(*it).kind == NodeKind::Sequence(Role::Save));
        let words = format!("`{}` was done, and nothing takes it back", written(plan, place));
        return (!is_saved).then_some(Verdict { bad: Bad::Uncovered, place, words });
    }
    let is_back = covers.any(|it| matches!(run.status(*it), Status::Undone | Status::Stuck));
    let words = format!("`{}` was done and not undone", written(plan, place));
    (!is_back).then_some(Verdict { bad: Bad::NotUndone, place, words })
}

/// Returns the actions beneath a node that are part of its way forward.
fn acts(plan: &Plan, beneath: NodeId, wanted: impl Fn(&Act) -> bool) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut at = beneath.0;
    while at < plan.node(beneath).end.0 {
        let node = plan.node(NodeId(at));
        match &node.kind {
            NodeKind::Sequence(
                Role::Undo | Role::Hook(_) | Role::Finally | Role::Afterwards | Role::Every | Role::Save,
            ) => at = node.end.0,
            NodeKind::Act(act) if wanted(act) => {
                found.push(NodeId(at));
                at += 1;
            }
            NodeKind::Rollout { .. }
            | NodeKind::Child { .. }
            | NodeKind::Stage(_)
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Step(_)
            | NodeKind::Act(_)
            | NodeKind::Sequence(_) => at += 1,
        }
    }
    found
}

/// Judges a run in which nothing will happen any more.
pub(super) fn at_rest(plan: &Plan, run: &Run) -> Verdict {
    let asked = run.requests().next().map(|(place, _)| place);
    let place = asked.or(run.awaiting().next()).unwrap_or(Place::ROOT);
    let words = match asked {
        Some(place) => format!("`{}` waits for people without end, and nobody answers", written(plan, place)),
        None => "nothing is under way, and nothing that a person may say makes it go on".to_owned(),
    };
    Verdict { bad: Bad::Stuck, place, words }
}

/// Judges a run that has come back to a state in which it was, without anybody having a say.
pub(super) fn in_a_ring(plan: &Plan, run: &Run) -> Verdict {
    let busy = run.frames().filter(|it| matches!(plan.node(it.node).kind, NodeKind::Act(_))).last();
    let place = busy.unwrap_or(Place::ROOT);
    let words = format!("`{}` goes on without end, and nobody is asked", written(plan, place));
    Verdict { bad: Bad::ForEver, place, words }
}

/// Judges a state on the way: what has just begun, and what must always hold.
pub(super) fn on_the_way(plan: &Plan, run: &Run, now: At, events: &[Event]) -> Vec<Verdict> {
    let began = events.iter().filter_map(|it| match it {
        Event::Began { place, .. } => Some(*place),
        _ => None,
    });
    let stages = began.filter(|it| matches!(plan.node(it.node).kind, NodeKind::Stage(_)));
    let mut found: Vec<Verdict> = stages.filter_map(|it| ungated(plan, run, it)).collect();
    found.extend(broken(plan, run, now).into_iter().map(|it| {
        let words = format!("`always {{ {} }}` does not hold", plan.always[it].shown);
        // The place of an invariant is its number among them.
        Verdict { bad: Bad::Broken, place: Place::new(NodeId::ROOT, Slot(it as u32)), words }
    }));
    found
}

/// Returns the gate that a stage should have waited for.
fn ungated(plan: &Plan, run: &Run, stage: Place) -> Option<Verdict> {
    let mut open = vec![stage.node];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(node) = open.pop() {
        let NodeKind::Stage(it) = &plan.node(node).kind else { continue };
        for before in it.after.iter().copied().filter(|it| seen.insert(*it)) {
            open.push(before);
            if let Some(gate) = unpassed(plan, run, Place::new(before, stage.slot)) {
                let (stage, gate) = (written(plan, stage), written(plan, gate));
                let words = format!("`{stage}` begins although `{gate}` has not been passed");
                return Some(Verdict { bad: Bad::Ungated, place: Place::new(node, Slot::ONLY), words });
            }
        }
    }
    None
}

fn unpassed(plan: &Plan, run: &Run, stage: Place) -> Option<Place> {
    let is_gate = |act: &Act| matches!(act, Act::Check(_) | Act::Watch(_) | Act::Require { .. } | Act::Ask(_));
    acts(plan, stage.node, is_gate).into_iter().find_map(|node| {
        let places =
            plan.slots_beneath(node, stage).take(plan.slots(node) as usize).map(|it| Place::new(node, Slot(it)));
        places.into_iter().find(|place| {
            let mut around = std::iter::once(*place).chain(plan.all_around(*place)).take_while(|it| *it != stage);
            // What its `when`, a person or a tolerated failure leaves out is not waited for.
            let is_left_out = |it: Place| matches!(run.status(it), Status::Skipped | Status::Tolerated);
            run.status(*place) != Status::Done && run.status(stage) != Status::Skipped && !around.any(is_left_out)
        })
    })
}

/// Returns the numbers of the invariants that do not hold.
pub fn broken(plan: &Plan, run: &Run, now: At) -> Vec<usize> {
    let scope = seen_from_outside(plan, run, now);
    let holds = |always: &Always| match eval::condition(&always.condition, &scope, &mut Fuel::default()) {
        Ok(Truth::Holds | Truth::Unknown) => true,
        Ok(Truth::Violated) | Err(_) => false,
    };
    (0..plan.always.len()).filter(|it| !holds(&plan.always[*it])).collect()
}
