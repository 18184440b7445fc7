//! How a run changes on its way back: what is being taken back, what was, what could not be. Decides nothing.

use super::apply::Change;
use super::frame::UndoFrame;
use super::run::{EndingState, Status};
use super::{Cause, PauseReason};
use crate::model::Act;
use crate::plan::{NodeId, NodeKind, Place, Plan, Role};

impl Change<'_> {
    pub(super) fn rollback_started(&mut self, place: Place, cause: &Cause) {
        if place != Place::ROOT {
            // The stage has ended; what takes it back begins by itself.
            return self.forget_decisions(place);
        }
        self.run.paused = None;
        self.run.awaiting.clear();
        self.run.failure.get_or_insert_with(|| cause.clone());
        self.run.ending = EndingState::RollingBack { cause: cause.clone() };
        self.frame(place).closing.get_or_insert_with(|| cause.clone());
        self.attend_beneath(place);
        self.run.agenda.insert(place);
    }

    /// What waits for a person in a stage that goes back has its answer. What waits elsewhere still does.
    fn forget_decisions(&mut self, stage: Place) {
        let plan = self.plan;
        self.run.awaiting.retain(|it| !plan.is_within(*it, stage));
        if self.run.paused.as_ref().and_then(PauseReason::place).is_some_and(|it| plan.is_within(it, stage)) {
            self.end_pause();
        }
    }

    pub(super) fn undo_began(&mut self, place: Place, tolerated: &Option<Cause>) {
        let own_done = self.plan.node(place.node).undo.is_none();
        let undo = UndoFrame { own_done, tolerated: tolerated.clone(), ..UndoFrame::default() };
        match (tolerated, self.plan.around(place)) {
            (Some(_), Some(around)) => self.count_failed_in(around),
            _ => {
                self.count_undo(place, 1);
                self.look_below(place);
            }
        }
        self.frame(place).undo = Some(undo);
        self.run.set_status(self.plan, place, Status::Undoing);
        self.run.agenda.insert(place);
    }

    /// The elements of a loop go back the latest first: what comes after this one was looked at before.
    fn look_below(&mut self, place: Place) {
        let is_loop = |it: &Place| {
            let node = self.plan.node(it.node);
            matches!(node.kind, NodeKind::Loop(_)) && node.children.first() == Some(&place.node)
        };
        let around = self.plan.around(place).filter(is_loop);
        if let Some(undo) = around.and_then(|it| self.run.frames.get_mut(&it)).and_then(|it| it.undo.as_mut()) {
            undo.looked_from = Some(place.slot.0);
        }
    }

    fn count_undo(&mut self, place: Place, by: i32) {
        let Some(around) = self.plan.around(place) else { return };
        if let Some(undo) = self.run.frames.get_mut(&around).and_then(|it| it.undo.as_mut()) {
            undo.live = undo.live.saturating_add_signed(by);
            self.run.agenda.insert(around);
        }
    }

    pub(super) fn undone(&mut self, place: Place) {
        let tolerated = self.is_tolerated(place);
        self.run.set_status(self.plan, place, Status::Undone);
        self.untouch(place);
        self.run.exposed_before.remove(&place);
        let node = self.plan.node(place.node);
        let is_own = node.undo.is_some() || matches!(node.kind, NodeKind::Act(_));
        if is_own && !self.is_given_up(place) {
            self.run.undone = true;
        }
        if !tolerated {
            self.count_undo(place, -1);
            self.leave_undo(place);
        }
        self.run.agenda.insert(place);
    }

    pub(super) fn undo_failed(&mut self, place: Place) {
        let tolerated = self.is_tolerated(place);
        self.run.set_status(self.plan, place, Status::Stuck);
        self.run.stuck.insert(place);
        if let Some(around) = self.plan.around(place) {
            // The list names where hands are needed, not everything around it.
            if let Some(undo) = self.run.frames.get_mut(&around).and_then(|it| it.undo.as_mut()) {
                undo.stuck = true;
            }
        }
        let inner: Vec<Place> = self.run.stuck.iter().copied().filter(|it| *it != place).collect();
        if inner.iter().any(|it| self.plan.is_within(*it, place)) {
            self.run.stuck.remove(&place);
        }
        if !tolerated {
            self.count_undo(place, -1);
            self.leave_undo(place);
        }
        self.run.agenda.insert(place);
    }

    /// Whether it belongs to a target that goes back alone, while its loop goes on.
    fn is_given_up(&self, place: Place) -> bool {
        std::iter::once(place).chain(self.plan.all_around(place)).any(|it| self.is_tolerated(it))
    }

    fn is_tolerated(&self, place: Place) -> bool {
        let undo = self.run.frames.get(&place).and_then(|it| it.undo.as_ref());
        undo.is_some_and(|it| it.tolerated.is_some())
    }

    /// What was taken back is no longer under way. The root stays: it still has its end before it.
    fn leave_undo(&mut self, place: Place) {
        if matches!(self.plan.node(place.node).kind, NodeKind::Sequence(Role::Save)) {
            self.attend_restores();
        }
        if let Some(around) = self.plan.around(place) {
            self.run.remove_frame(place);
            self.run.agenda.insert(around);
        }
    }

    /// A `restore` may stand anywhere, and goes on when its save was taken back.
    fn attend_restores(&mut self) {
        let plan = self.plan;
        let restores =
            |node: NodeId| matches!(&plan.node(node).kind, NodeKind::Act(act) if matches!(**act, Act::Restore { .. }));
        let waiting: Vec<Place> = self.run.frames.keys().copied().filter(|it| restores(it.node)).collect();
        self.run.agenda.extend(waiting);
    }

    /// A way back that failed may be tried again.
    pub(super) fn count_failed_undo(&mut self, place: Place, status: Status) {
        if !is_way_back(self.plan, place.node) || status != Status::Failed {
            return;
        }
        let around = self.plan.around(place);
        if let Some(undo) = around.and_then(|it| self.run.frames.get_mut(&it)).and_then(|it| it.undo.as_mut()) {
            undo.failed += 1;
        }
    }
}

/// Returns whether a node is the way back of its parent rather than a part of it.
pub(super) fn is_way_back(plan: &Plan, node: NodeId) -> bool {
    matches!(plan.node(node).kind, NodeKind::Sequence(Role::Undo))
}
