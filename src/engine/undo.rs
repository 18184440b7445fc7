//! The way back: what is undone, in which order, and what it means when an undo fails. Within a target in the
//! reverse order of completion, targets side by side and the latest first, stages against the graph.

use super::frame::UndoFrame;
use super::run::Status;
use super::turn::{Turn, began};
use super::{Cause, Ending, Event, Fault, FaultKind, Waiting};
use crate::model::{Act, Retry};
use crate::plan::{NodeId, NodeKind, Place, Role, Slot};

impl Turn<'_> {
    /// Goes on taking a place back.
    pub fn go_back(&mut self, place: Place) {
        let Some(undo) = self.run.frames.get(&place).and_then(|it| it.undo.clone()) else { return };
        match self.status(place) {
            Status::Undoing => {}
            Status::Undone | Status::Stuck => return self.after_undo(place, &undo),
            Status::Idle
            | Status::Live
            | Status::Done
            | Status::Skipped
            | Status::Failed
            | Status::Tolerated
            | Status::Dropped => return,
        }
        if self.plan.node(place.node).during.is_some() && self.is_way_back_shut(place) {
            return;
        }
        if !undo.own_done {
            return self.go_back_own_way(place, &undo);
        }
        if self.replaces_all_beneath(place) {
            return self.end_undo(place, undo.stuck);
        }
        match &self.plan.node(place.node).kind {
            NodeKind::Rollout { .. } | NodeKind::Child { .. } => self.go_back_stages(place, &undo),
            NodeKind::Loop(_) => self.go_back_loop(place, &undo),
            NodeKind::Act(act) => self.go_back_act(place, act),
            NodeKind::Stage(_) | NodeKind::Parallel | NodeKind::Step(_) | NodeKind::Sequence(_) => {
                self.go_back_entries(place, &undo);
            }
        }
    }

    /// A `rollback` of a stage or rollout, and a `restore`, stand for everything beneath.
    fn replaces_all_beneath(&self, place: Place) -> bool {
        let node = self.plan.node(place.node);
        node.undo.is_some() && !matches!(node.kind, NodeKind::Step(_))
    }

    /// Runs the way back that stands next to what was done; tries again as its policy says.
    fn go_back_own_way(&mut self, place: Place, undo: &UndoFrame) {
        let node = self.plan.node(place.node);
        let Some(way_back) = node.undo else { return };
        let way_back = Place::new(way_back, place.slot);
        match self.status(way_back) {
            Status::Idle if self.run.paused.is_none() => self.emit(began(way_back)),
            Status::Failed | Status::Dropped if !self.run.frames.contains_key(&way_back) => {
                match self.undo_retry(place).and_then(|it| self.next_attempt(it, undo.failed, place)) {
                    Some(wait_ms) => {
                        let until = self.now.plus_ms(wait_ms);
                        self.emit(Event::Waiting { place: way_back, until, why: Waiting::Backoff });
                    }
                    None => {
                        let fault = self.fault_beneath(way_back);
                        self.emit(Event::UndoFailed { place, fault });
                    }
                }
            }
            Status::Idle
            | Status::Failed
            | Status::Dropped
            | Status::Live
            | Status::Done
            | Status::Skipped
            | Status::Tolerated
            | Status::Undoing
            | Status::Undone
            | Status::Stuck => {}
        }
    }

    fn undo_retry(&self, place: Place) -> Option<&Retry> {
        match &self.plan.node(place.node).kind {
            NodeKind::Step(step) => step.undo_retry.as_ref().or(step.retry.as_ref()),
            _ => None,
        }
    }

    fn fault_beneath(&self, place: Place) -> Fault {
        let path = self.plan.path(place);
        Fault { kind: FaultKind::Refused, message: format!("`{path}` failed"), code: None }
    }

    /// The entries of a sequence, the last first, one after another.
    fn go_back_entries(&mut self, place: Place, undo: &UndoFrame) {
        if undo.live > 0 {
            return;
        }
        // In a target what comes before rests on what comes after; at a stage's level entries stand on their own.
        let in_target = self.plan.node(place.node).space != crate::plan::SpaceId::ROOT;
        if undo.stuck && in_target {
            return self.end_undo(place, true);
        }
        // Parts that went side by side ended in an order of their own.
        let children = self.run.orders.get(&place).unwrap_or(&self.plan.node(place.node).children);
        let next = children.iter().rev().map(|it| Place::new(*it, place.slot)).find(|it| self.needs_undo(*it));
        match next {
            Some(child) if self.run.paused.is_none() => self.emit(Event::UndoBegan { place: child, tolerated: None }),
            Some(_) => {}
            None => self.end_undo(place, undo.stuck),
        }
    }

    /// Stages against the graph: one is taken back when all that came after it are.
    fn go_back_stages(&mut self, place: Place, undo: &UndoFrame) {
        let stages: Vec<Place> = self.plan.stages_of(place.node).map(|it| Place::new(it, place.slot)).collect();
        let left: Vec<Place> = stages.iter().copied().filter(|it| self.needs_undo(*it)).collect();
        if left.is_empty() {
            if undo.live == 0 {
                self.end_undo(place, undo.stuck);
            }
            return;
        }
        if self.run.paused.is_some() {
            return;
        }
        let ready: Vec<Place> = left.iter().copied().filter(|it| !self.is_followed(*it)).collect();
        for stage in ready {
            self.emit(Event::UndoBegan { place: stage, tolerated: None });
        }
    }

    /// Whether a stage after this one is still to be taken back, or is being.
    fn is_followed(&self, stage: Place) -> bool {
        let mut open: Vec<NodeId> = self.plan.dependents[stage.node.index()].clone();
        let mut seen = std::collections::BTreeSet::new();
        while let Some(node) = open.pop() {
            if !seen.insert(node) {
                continue;
            }
            let after = Place::new(node, stage.slot);
            if self.status(after) == Status::Undoing || self.needs_undo(after) {
                return true;
            }
            open.extend(&self.plan.dependents[node.index()]);
        }
        false
    }

    /// Targets side by side as the loop went forward, the latest first.
    fn go_back_loop(&mut self, place: Place, undo: &UndoFrame) {
        let body = self.plan.node(place.node).children[0];
        let at_once = self.numbers(place).map_or(1, |it| it.at_once);
        let mut slots = self.plan.slots_beneath(body, place);
        slots.end = undo.looked_from.unwrap_or(slots.end);
        let left = self.run.begun_among(body, slots).filter(|it| self.needs_undo(*it));
        let room = at_once.saturating_sub(undo.live) as usize;
        let next: Vec<Place> = left.take(room.max(1)).collect();
        if next.is_empty() && undo.live == 0 {
            return self.go_back_waves(place, undo);
        }
        if self.run.paused.is_none() && room > 0 {
            for target in next {
                self.emit(Event::UndoBegan { place: target, tolerated: None });
            }
        }
    }

    /// What ran after waves is taken back once their targets are.
    fn go_back_waves(&mut self, place: Place, undo: &UndoFrame) {
        let after = self.plan.node(place.node).children.get(1).copied();
        let next = after.and_then(|after| {
            let slots = self.plan.slots_beneath(after, place);
            self.run.begun_among(after, slots).find(|it| self.needs_undo(*it))
        });
        match next {
            Some(next) if self.run.paused.is_none() => self.emit(Event::UndoBegan { place: next, tolerated: None }),
            Some(_) => {}
            None => self.end_undo(place, undo.stuck),
        }
    }

    /// A `keep` and a share go back to the value before; the other actions are undone by the step around them.
    fn go_back_act(&mut self, place: Place, act: &Act) {
        match act {
            Act::Traffic(traffic) => return self.go_back_traffic(place, traffic),
            Act::Flag(_) => self.go_back_flag(place),
            _ => {}
        }
        if act.goes_back()
            && let Some((target, key, value)) = self.run.kept_before.get(&place).cloned()
        {
            self.emit(Event::Kept { place, target, key, value });
        }
        self.emit(Event::Undone { place });
    }

    fn end_undo(&mut self, place: Place, stuck: bool) {
        let stuck = stuck || self.is_stuck_within(place);
        let is_child = matches!(self.plan.node(place.node).kind, NodeKind::Child(_));
        if stuck {
            let message = "something in it could not be undone".to_owned();
            let fault = Fault { kind: FaultKind::Refused, message, code: None };
            self.emit(Event::UndoFailed { place, fault });
        } else {
            self.emit(Event::Undone { place });
        }
        if is_child {
            self.after_child_undo(place, stuck);
        }
    }

    /// What follows once a place is back where it was.
    fn after_undo(&mut self, place: Place, undo: &UndoFrame) {
        if let Some(cause) = &undo.tolerated {
            let ending = match self.status(place) {
                Status::Stuck => Ending::Failed { cause: cause.clone() },
                _ => Ending::Tolerated { cause: cause.clone() },
            };
            return self.end(place, ending);
        }
        if place == Place::ROOT {
            self.finish_rollback();
        }
    }

    /// Whether something in a place could not be taken back, now or when it was given up.
    fn is_stuck_within(&self, place: Place) -> bool {
        self.run.stuck().any(|it| self.plan.is_within(it, place))
    }

    /// Whether there is something to take back in a place.
    pub fn needs_undo(&self, place: Place) -> bool {
        let node = self.plan.node(place.node);
        let begun = match self.status(place) {
            Status::Done | Status::Failed | Status::Dropped | Status::Live => true,
            Status::Idle | Status::Skipped | Status::Tolerated | Status::Undoing | Status::Undone | Status::Stuck => {
                false
            }
        };
        if !begun || !node.undoable {
            return false;
        }
        match &node.kind {
            // Its work stays when a later stage fails; when it fails itself it is half done and goes back.
            NodeKind::Stage(stage) if !stage.undo_with_run && self.status(place) == Status::Done => false,
            NodeKind::Step(_) | NodeKind::Sequence(Role::Save) if node.undo.is_some() => self.has_effect(place),
            NodeKind::Act(act) => match &**act {
                // A share that was read may have been set, however that went.
                Act::Traffic(_) | Act::Flag(_) => self.run.exposed_before.contains_key(&place),
                act => act.goes_back() && self.status(place) == Status::Done,
            },
            NodeKind::Stage(_) if node.undo.is_some() => self.has_effect(place),
            // It was given up, and its way back ended where hands are needed.
            NodeKind::Sequence(Role::Target) => {
                let mut parts = node.children.iter().map(|it| Place::new(*it, place.slot));
                !parts.any(|it| self.status(it) == Status::Stuck)
            }
            NodeKind::Rollout { .. }
            | NodeKind::Child { .. }
            | NodeKind::Stage(_)
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Step(_)
            | NodeKind::Sequence(_) => true,
        }
    }

    /// Whether an action that may change something has begun beneath a place.
    fn has_effect(&self, place: Place) -> bool {
        let beneath = place.node.0..self.plan.node(place.node).end.0;
        beneath.map(NodeId).any(|node| {
            let NodeKind::Act(act) = &self.plan.node(node).kind else { return false };
            let counts = act.changes() || matches!(&**act, Act::Keep(_));
            let mut slots = self.plan.slots_beneath(node, place);
            counts
                && !self.is_in_way_back(node, place.node)
                && slots
                    .any(|slot| !matches!(self.status(Place::new(node, Slot(slot))), Status::Idle | Status::Skipped))
        })
    }

    fn is_in_way_back(&self, node: NodeId, outer: NodeId) -> bool {
        let mut at = node;
        while at != outer {
            if super::reversal::is_way_back(self.plan, at) {
                return true;
            }
            at = self.plan.node(at).parent;
        }
        false
    }

    /// Takes back what a `save` stands for, from anywhere: every place where it was made.
    pub fn go_on_restore(&mut self, place: Place, save: &str) {
        let saves = self.saves(place, save);
        if saves.iter().any(|it| self.status(*it) == Status::Undoing) {
            return;
        }
        if saves.iter().any(|it| self.status(*it) == Status::Stuck) {
            let message = format!("`{save}` could not be restored");
            return self.fail(place, Cause::Said { message });
        }
        match saves.into_iter().rev().find(|it| self.needs_undo(*it)) {
            Some(save) if self.run.paused.is_none() => self.emit(Event::UndoBegan { place: save, tolerated: None }),
            Some(_) => {}
            None => self.end(place, Ending::Done),
        }
    }

    /// Returns the places of a save that an action here means: its own target's, or all.
    fn saves(&self, place: Place, save: &str) -> Vec<Place> {
        let dotted = |node: NodeId| self.plan.node_path(node).replace('/', ".");
        let nodes = (0..self.plan.nodes.len() as u32).map(NodeId);
        let node = nodes.filter(|it| self.plan.node(*it).kind == NodeKind::Sequence(Role::Save)).find(|it| {
            let path = dotted(*it);
            path == save || path.ends_with(&format!(".{save}"))
        });
        let Some(node) = node else { return Vec::new() };
        if self.plan.node(node).space == self.plan.node(place.node).space {
            return vec![Place::new(node, place.slot)];
        }
        self.run.statuses_of(node).map(|(slot, _)| Place::new(node, slot)).collect()
    }
}
