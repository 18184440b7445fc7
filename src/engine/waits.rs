//! How a run changes when something waits: for its time, for its window to open, or for that to close. Decides nothing.

use super::Waiting;
use super::apply::Change;
use super::frame::{Frame, Shape};
use super::run::Status;
use crate::plan::{NodeKind, Place, Role};
use crate::value::{At, Closing};

impl Change<'_> {
    pub(super) fn waiting(&mut self, place: Place, until: At, why: Waiting) {
        // Where its time has come already no later moment would wake it.
        self.waits_at(place, until, why);
        if why == Waiting::Backoff && self.frame(place).shape == Shape::Set {
            // It is set once more before it is read back.
            self.frame(place).shape = Shape::Plain;
        }
        self.take_turn(place);
        self.goes_on(place);
    }

    /// Its window is shut; an element of a loop lets the next one have its turn.
    pub(super) fn held(&mut self, place: Place, until: Option<At>) {
        let until = until.unwrap_or_else(|| self.at.plus_ms(crate::calendar::LOOK_AHEAD_MS));
        if self.run.status(place) == Status::Undoing || place == Place::ROOT {
            self.waits_at(place, until, Waiting::Window);
            return;
        }
        self.waiting(place, until, Waiting::Window);
        let is_element = matches!(self.plan.node(place.node).kind, NodeKind::Sequence(Role::Target));
        let Some(around) = self.plan.around(place).filter(|_| is_element) else { return };
        if let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&around) {
            it.next = it.next.max(place.slot.0 - it.first + 1);
            it.shut.insert(place.slot.0, until);
        }
    }

    pub(super) fn opened(&mut self, place: Place, closes: At, closing: Closing) {
        let Some(frame) = self.run.frames.get_mut(&place) else { return };
        let old = [frame.closes.take().map(|(at, _)| at), frame.shut.take()];
        frame.closes = Some((closes, closing));
        for at in old.into_iter().flatten() {
            self.run.alarms.remove(&(at, place));
        }
        self.alarm(Some(closes), place);
        self.attend_beneath(place);
    }

    pub(super) fn shut(&mut self, place: Place, until: At) {
        if let Some(frame) = self.run.frames.get_mut(&place) {
            frame.shut = Some(until);
        }
        self.alarm(Some(until), place);
    }

    /// What waited for its time goes on now.
    pub(super) fn advanced(&mut self, place: Place) {
        let Some(frame) = self.run.frames.get_mut(&place) else { return };
        if let Some((_, why)) = frame.waits {
            frame.glass = why == Waiting::Window;
            self.waits_at(place, self.at, why);
            self.wait_no_longer(place);
        }
    }

    /// Its loop lets an element begin although its window is shut.
    fn wait_no_longer(&mut self, place: Place) {
        let (at, around) = (self.at, self.plan.around(place));
        if let Some(Frame { shape: Shape::Loop(it), .. }) = around.and_then(|it| self.run.frames.get_mut(&it))
            && self.plan.node(place.node).kind == NodeKind::Sequence(Role::Target)
            && it.shut.contains(place.slot.0)
        {
            it.shut.insert(place.slot.0, at);
        }
    }

    fn waits_at(&mut self, place: Place, until: At, why: Waiting) {
        let old = self.frame(place).waits.replace((until, why));
        if let Some((old, _)) = old {
            self.run.alarms.remove(&(old, place));
        }
        self.alarm(Some(until), place);
        if until <= self.at {
            self.run.agenda.insert(place);
        }
    }

    /// A place is under way, forwards or backwards as it was.
    pub(super) fn goes_on(&mut self, place: Place) {
        if self.run.status(place) != Status::Undoing {
            self.run.set_status(self.plan, place, Status::Live);
        }
    }

    pub(super) fn stop_waiting(&mut self, place: Place) {
        if let Some(frame) = self.run.frames.get_mut(&place)
            && let Some((at, _)) = frame.waits.take()
        {
            self.run.alarms.remove(&(at, place));
        }
    }
}
