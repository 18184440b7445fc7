//! Approvals that can run out while a freeze keeps away those who would give them. Knows when each would be asked for if
//! everything took its least.

use std::collections::BTreeSet;

use super::ahead::Ahead;
use super::trouble::{Trouble, value};
use crate::calendar::Calendar;
use crate::engine::seen_from_outside;
use crate::eval::{self, Bound, Fuel};
use crate::model::{Act, Ask};
use crate::plan::{Node, NodeId, NodeKind, Plan, Slot};
use crate::value::{At, Value};

/// Of a loop's elements so many are looked at.
const SLOTS_MAX: u32 = 64;

/// Returns the requests of a run that run out within a freeze of a window that they, or what waits for them, stand in.
pub(super) fn run_out_frozen(plan: &Plan, ahead: &Ahead) -> Vec<Trouble> {
    let asks = (0..plan.nodes.len() as u32).map(NodeId).filter_map(|it| Some((it, ask_of(plan.node(it))?)));
    asks.filter_map(|(node, ask)| {
        let asked = ahead.seen(node).begins?;
        let Value::Duration(within_ms) = value(plan, ahead, ask.within.as_ref())? else { return None };
        let at = asked.plus_ms(within_ms);
        let why = frozen_at(plan, ahead, node, at)?;
        Some(Trouble::RunsOut { node, asked, at, why })
    })
    .collect()
}

fn ask_of(node: &Node) -> Option<&Ask> {
    match &node.kind {
        NodeKind::Act(act) => match &**act {
            Act::Ask(ask) => Some(ask),
            _ => None,
        },
        _ => None,
    }
}

/// Returns what freezes the work that an answer would let begin, at an instant.
fn frozen_at(plan: &Plan, ahead: &Ahead, node: NodeId, at: At) -> Option<String> {
    let around: Vec<NodeId> =
        std::iter::successors(Some(node), |it| (*it != NodeId::ROOT).then(|| plan.node(*it).parent)).collect();
    let stages = stages_after(plan, &around);
    let is_later = |it: NodeId| {
        around.contains(&it)
            || stages
                .iter()
                .any(|stage| *stage <= it && it < plan.node(*stage).end && (it > node || !around.contains(stage)))
    };
    let windowed = (0..plan.nodes.len() as u32).map(NodeId).filter(|it| plan.node(*it).during.is_some());
    windowed.filter(|it| is_later(*it)).find_map(|it| {
        let calendar = calendars(plan, ahead, it).into_iter().find(|it| it.is_frozen(at))?;
        calendar.held_by(at)
    })
}

/// Returns the stages around a node, and those that come after them.
fn stages_after(plan: &Plan, around: &[NodeId]) -> BTreeSet<NodeId> {
    let is_stage = |it: &NodeId| matches!(plan.node(*it).kind, NodeKind::Stage(_));
    let mut open: Vec<NodeId> = around.iter().copied().filter(is_stage).collect();
    let mut found = BTreeSet::new();
    while let Some(stage) = open.pop() {
        if found.insert(stage) {
            open.extend(&plan.dependents[stage.index()]);
        }
    }
    found
}

/// Returns the windows of a node, for its first elements.
fn calendars(plan: &Plan, ahead: &Ahead, node: NodeId) -> Vec<Calendar> {
    let Some(during) = &plan.node(node).during else { return Vec::new() };
    let scope = seen_from_outside(plan, &ahead.run, ahead.now);
    let space = plan.space(plan.node(node).space);
    let windows = (0..space.len().clamp(1, SLOTS_MAX)).filter_map(|slot| {
        let element = space.element(Slot(slot), &plan.targets);
        let window = match (space.local, element) {
            (Some(local), Some(element)) => {
                eval::eval(during, &Bound::new(&scope, local, &element), &mut Fuel::default())
            }
            _ => eval::eval(during, &scope, &mut Fuel::default()),
        };
        match window.ok()? {
            Value::Window(window) => Calendar::of(&window).ok(),
            _ => None,
        }
    });
    windows.collect()
}
