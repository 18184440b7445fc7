//! What a called rollout does on its own events and at its end. Its success waits for them; after a failure they follow
//! what undoes it, and the run does not end before they have.

use super::Ending;
use super::run::Status;
use super::turn::{Turn, began};
use crate::model;
use crate::plan::{NodeId, NodeKind, Place, Role, Slot};

impl Turn<'_> {
    /// Something happened in a called rollout that it may listen to.
    pub fn occasion_in(&mut self, child: Place, event: model::Event) {
        let hooks: Vec<NodeId> = self.parts(child, Role::Hook(event)).collect();
        for node in hooks {
            let mut slots = self.plan.slots_beneath(node, child);
            let free = slots.find(|slot| self.status(Place::new(node, Slot(*slot))) == Status::Idle);
            if let Some(slot) = free {
                self.emit(began(Place::new(node, Slot(slot))));
            }
        }
    }

    /// The same for the called rollout around a place, if there is one.
    pub fn occasion_around(&mut self, place: Place, event: model::Event) {
        let mut around = self.plan.all_around(place);
        let child = around.find(|it| matches!(self.plan.node(it.node).kind, NodeKind::Child(_)));
        if let Some(child) = child {
            self.occasion_in(child, event);
        }
    }

    /// All stages of a called rollout have ended: its `on succeeded`, then its `finally`, then it.
    pub fn end_child(&mut self, child: Place) {
        if self.is_hook_live_in(child) {
            return;
        }
        let succeeded: Vec<NodeId> = self.parts(child, Role::Hook(model::Event::Succeeded)).collect();
        let told = succeeded.iter().any(|node| self.has_begun(*node, child));
        if !succeeded.is_empty() && !told {
            return self.occasion_in(child, model::Event::Succeeded);
        }
        match self.part(child, Role::Finally) {
            Some(finally) if self.status(finally) == Status::Idle => self.emit(began(finally)),
            Some(finally) if self.run.frames.contains_key(&finally) => {}
            Some(finally) if self.status(finally) == Status::Failed => {
                self.fail(child, super::Cause::Within { place: finally });
            }
            Some(_) | None => self.end(child, Ending::Done),
        }
    }

    fn has_begun(&self, node: NodeId, child: Place) -> bool {
        let mut slots = self.plan.slots_beneath(node, child);
        slots.any(|slot| self.status(Place::new(node, Slot(slot))) != Status::Idle)
    }

    fn is_hook_live_in(&self, child: Place) -> bool {
        let is_hook = |it: Place| matches!(self.plan.node(it.node).kind, NodeKind::Sequence(Role::Hook(_)));
        self.run.frames_beneath(self.plan, child).any(is_hook)
    }

    /// A called rollout was taken back, or could not be: it hears of it, and comes to its end.
    pub fn after_child_undo(&mut self, child: Place, stuck: bool) {
        let event = if stuck { model::Event::NeedsHands } else { model::Event::RolledBack };
        self.occasion_in(child, event);
        // Where it listens to that, its `finally` comes after, with the end of the run.
        if !self.is_hook_live_in(child) {
            self.finish_child(child);
        }
    }

    fn finish_child(&mut self, child: Place) {
        if let Some(finally) = self.part(child, Role::Finally).filter(|it| self.status(*it) == Status::Idle) {
            self.emit(began(finally));
        }
    }

    /// Called rollouts that began and never came to their end do so with the run; whether any had to.
    pub fn finish_children(&mut self) -> bool {
        let called = self.plan.called.iter().copied();
        let begun: Vec<Place> = called
            .flat_map(|node| self.run.statuses_of(node).map(move |(slot, status)| (Place::new(node, slot), status)))
            .filter(|(_, status)| !matches!(status, Status::Idle | Status::Skipped))
            .map(|(place, _)| place)
            .collect();
        let before = self.step.events.len();
        begun.into_iter().for_each(|it| self.finish_child(it));
        self.step.events.len() > before
    }
}
