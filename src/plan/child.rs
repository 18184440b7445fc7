//! What a called rollout says of itself as a whole: what no other run may have meanwhile, and how many of its targets
//! may fail. Knows of the run only what is known before it.

use std::collections::BTreeSet;

use super::expand::Expansion;
use super::scope::seen_from;
use super::{Elements, NodeId, NodeKind, Place, Role, Slot, Space, SpaceId, allowed};
use crate::model::{Event, Expr, Rollout};
use crate::value::Value;

impl Expansion<'_> {
    /// What a called rollout does on its own events and at its end.
    pub(super) fn child_endings(&mut self, id: NodeId, space: SpaceId, rollout: &Rollout) {
        let stages = rollout.stages.len() as u32;
        for hook in &rollout.hooks {
            let times = match hook.event {
                Event::StageStarted | Event::StageDone => stages,
                Event::Started
                | Event::Paused
                | Event::RolledBack
                | Event::Succeeded
                | Event::Failed
                | Event::NeedsHands
                | Event::Cancelled => 1,
            };
            let around = self.plan.space(space).len();
            let offsets = (0..=around).map(|it| it * times).collect();
            let own = Space { parent: space, offsets, local: None, elements: Elements::None };
            let own = self.push_space(own);
            let name = format!("on~{}", hook.event.name());
            let node = self.sequence(id, own, &name, Role::Hook(hook.event), &hook.body, hook.span);
            self.plan.nodes[id.index()].children.push(node);
        }
        if !rollout.finally.is_empty() {
            let node = self.sequence(id, space, "finally", Role::Finally, &rollout.finally, rollout.span);
            self.plan.nodes[id.index()].children.push(node);
        }
    }

    /// Works out the bounds of a called rollout whose stages are all there.
    pub(super) fn child_bounds(&mut self, id: NodeId, rollout: &Rollout) {
        if let Some(exclusive) = &rollout.exclusive {
            let texts = self.in_each_slot(id, exclusive).into_iter().map(|(_, text)| text.to_string());
            self.plan.exclusive_too.extend(texts);
        }
        if let Some(tolerate) = &rollout.tolerate {
            let values = self.in_each_slot(id, tolerate);
            let counts = values.into_iter().filter_map(|(place, most)| {
                let total = self.targets_beneath(place);
                self.number(allowed(&most, total), tolerate.span)
            });
            let counts: Vec<u32> = counts.collect();
            if let NodeKind::Child(child) = &mut self.plan.nodes[id.index()].kind {
                child.tolerate = counts;
            }
        }
    }

    /// Returns the value of an expression in each slot of a node; what is only known later is refused.
    fn in_each_slot(&mut self, id: NodeId, expr: &Expr) -> Vec<(Place, Value)> {
        let slots = self.plan.slots(id);
        if slots == 0 {
            // Nobody knows yet how often it happens.
            return self.value(expr, seen_from(id)).map(|it| (seen_from(id), it)).into_iter().collect();
        }
        let places = (0..slots).map(|slot| Place::new(id, Slot(slot)));
        places.filter_map(|place| Some((place, self.loop_value(expr, place)?))).collect()
    }

    /// Counts the targets that the loops beneath a place run over.
    fn targets_beneath(&self, place: Place) -> u32 {
        let mut targets: BTreeSet<u32> = BTreeSet::new();
        for at in place.node.0 + 1..self.plan.nodes.len() as u32 {
            let node = NodeId(at);
            if !matches!(self.plan.node(node).kind, NodeKind::Sequence(Role::Target)) {
                continue;
            }
            let slots = self.plan.slots_beneath(node, place);
            let slots = slots.start..slots.end.min(self.plan.slots(node));
            targets.extend(slots.filter_map(|slot| self.plan.target_index_of(Place::new(node, Slot(slot)))));
        }
        targets.len() as u32
    }
}
