//! How a loop counts its elements: those that have begun, those under way, those that failed, wave by wave. Decides
//! nothing.

use super::apply::Change;
use super::frame::{Frame, Shape};
use super::run::Status;
use crate::plan::{NodeKind, Place, Role};

impl Change<'_> {
    /// A loop counts the elements that have begun.
    pub(super) fn began_within_loop(&mut self, place: Place) {
        let role = match self.plan.node(place.node).kind {
            NodeKind::Sequence(role) => role,
            _ => return,
        };
        let Some(around) = self.plan.around(place) else { return };
        let stagger_ms = self.stagger_ms(around);
        let at = self.at;
        let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&around) else { return };
        match role {
            Role::Target => {
                it.next = it.next.max(place.slot.0 - it.first + 1);
                it.shut.remove(place.slot.0);
                it.live += 1;
                let old = it.not_before.take();
                it.not_before = (stagger_ms > 0).then(|| at.plus_ms(stagger_ms));
                let new = it.not_before;
                if let Some(old) = old {
                    self.run.alarms.remove(&(old, around));
                }
                self.alarm(new, around);
            }
            Role::AfterWave => it.after_wave = true,
            Role::Block | Role::Save | Role::Undo | Role::Hook(_) | Role::Finally | Role::Afterwards | Role::Every => {}
        }
    }

    fn stagger_ms(&self, place: Place) -> i64 {
        let NodeKind::Loop(it) = &self.plan.node(place.node).kind else { return 0 };
        let numbers = it.numbers.get(place.slot.index()).or_else(|| self.run.late_numbers.get(&it.space));
        numbers.map_or(0, |it| it.stagger_ms)
    }

    /// A loop counts its elements as they end, and each that failed once, tolerated or not.
    pub(super) fn count_in_loop(&mut self, place: Place, status: Status) {
        if !matches!(self.plan.node(place.node).kind, NodeKind::Sequence(Role::Target)) {
            return;
        }
        let counted = self.run.frames.get(&place).is_some_and(|it| it.undo.is_some());
        let Some(around) = self.plan.around(place) else { return };
        if let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&around) {
            let waited = it.shut.remove(place.slot.0);
            it.live -= u32::from(!waited);
            if status == Status::Failed {
                it.untolerated.insert(place.slot.0);
            }
        }
        if matches!(status, Status::Failed | Status::Tolerated) && !counted {
            self.count_failed_in(around);
        }
    }

    pub(super) fn count_failed_in(&mut self, around: Place) {
        if let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&around) {
            it.failed += 1;
            it.failed_in_wave += 1;
        }
    }

    pub(super) fn wave_advanced(&mut self, place: Place, wave: u32) {
        if let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&place) {
            it.wave = wave;
            it.after_wave = false;
            it.failed_in_wave = 0;
        }
        self.run.agenda.insert(place);
    }
}
