//! How loops go on: which element is next, when a wave has ended, which failure they cannot look away from.

use super::frame::{Frame, LoopFrame};
use super::run::Status;
use super::turn::{Turn, began};
use super::{Cause, Ending, Event};
use crate::eval;
use crate::plan::{LoopNode, LoopNumbers, NodeId, NodeKind, Place, Said, Slot, loop_numbers};
use crate::value::Value;

impl Turn<'_> {
    pub fn begin_loop(&mut self, place: Place, it: &LoopNode) {
        if it.late.is_none() {
            return self.emit(began(place));
        }
        match self.late_elements(place, it) {
            Ok((elements, numbers)) => {
                let (elements, numbers) = (Some(elements), Some(numbers));
                self.emit(Event::Began { place, elements, numbers, timeout: None, deadline: None });
            }
            Err(cause) => {
                self.emit(began(place));
                self.fail(place, cause);
            }
        }
    }

    /// Returns what a loop runs over that is known only now, and what its numbers come to.
    fn late_elements(&self, place: Place, it: &LoopNode) -> Result<(Vec<Value>, LoopNumbers), Cause> {
        let Some(late) = &it.late else { return Err(Cause::Value { message: "its list is known".to_owned() }) };
        let list = self.value(&late.list, place)?;
        let elements = eval::elements(&list).map_err(|message| Cause::Value { message })?.into_owned();
        let mut wrong = None;
        let said = Said::of(late, &mut |expr| self.value(expr, place).map_err(|cause| wrong = Some(cause)).ok());
        if let Some(cause) = wrong {
            return Err(cause);
        }
        let numbers = loop_numbers(&said, elements.len() as u32).map_err(|message| Cause::Value { message })?;
        Ok((elements, numbers))
    }

    /// Returns the numbers of a loop: the plan's, or those it began with where its list was known late.
    pub fn numbers(&self, place: Place) -> Option<&LoopNumbers> {
        let NodeKind::Loop(it) = &self.plan.node(place.node).kind else { return None };
        it.numbers.get(place.slot.index()).or_else(|| self.run.late_numbers.get(&it.space))
    }

    pub fn go_on_loop(&mut self, place: Place, node: &LoopNode) {
        if self.closing_around(place).is_some() {
            let is_through = self.is_loop_through(place);
            return if is_through { self.end(place, Ending::Done) } else { self.let_go(place) };
        }
        let body = self.plan.node(place.node).children[0];
        loop {
            let Some(state) = self.run.frames.get(&place).and_then(Frame::as_loop) else { return };
            let Some(numbers) = self.numbers(place) else { return };
            if let Some(failed) = self.untolerated(body, state) {
                return self.loop_failed(place, failed);
            }
            let wave_end = numbers.waves.get(state.wave as usize).copied().unwrap_or(state.count);
            let waiting = state.shut.first_due(self.now);
            if waiting.is_none() && state.next >= wave_end {
                let (wave, waves) = (state.wave, numbers.waves.len() as u32);
                if state.live == 0 && state.shut.is_empty() {
                    self.end_wave(place, node, wave, waves);
                }
                return;
            }
            let staggered = state.not_before.is_some_and(|at| at > self.now);
            if state.live >= numbers.at_once || staggered || !self.may_begin(place) {
                return;
            }
            let next = waiting.unwrap_or(state.first + state.next);
            self.begin_element(Place::new(body, Slot(next)));
        }
    }

    /// Whether a loop has come to its end, also if what is around it goes no further.
    fn is_loop_through(&self, place: Place) -> bool {
        let frame = &self.run.frames[&place];
        let (Some(state), Some(numbers)) = (frame.as_loop(), self.numbers(place)) else { return false };
        let parts = &self.plan.node(place.node).children;
        let is_last = state.wave as usize + 1 >= numbers.waves.len();
        let elements = self.plan.slots_beneath(parts[0], place);
        let mut statuses = self.run.statuses_of(parts[0]).filter(|(slot, _)| elements.contains(&slot.0));
        let mut has_passed =
            || statuses.all(|(_, it)| matches!(it, Status::Done | Status::Skipped | Status::Tolerated));
        let is_over = is_last && parts.len() == 1 && state.next >= state.count && state.live == 0;
        frame.closing.is_none() && is_over && state.shut.is_empty() && has_passed()
    }

    fn begin_element(&mut self, place: Place) {
        if let Some(pass) = self.let_in(place) {
            self.emit(began(place));
            self.begun_with(place, pass);
        }
    }

    /// Returns the element whose failure the loop cannot look away from.
    fn untolerated(&self, body: NodeId, state: &LoopFrame) -> Option<Place> {
        let failed = state.untolerated.iter().map(|slot| Place::new(body, Slot(*slot)));
        // One that a person had tried again, or skipped, is no failure any more.
        failed.into_iter().find(|it| self.status(*it) == Status::Failed)
    }

    /// More failed than may; or it is a whole wave, or the run tolerates no more: then what failed says why.
    fn loop_failed(&mut self, place: Place, failed: Place) {
        let counts = self.failures(place).filter(|(count, most)| *most > 0 && count > most);
        let cause = match counts {
            Some((failed, tolerated)) => Cause::TooMany { failed, tolerated },
            None => Cause::Within { place: failed },
        };
        self.close(place, cause, false);
    }

    /// Returns how many have failed in a loop, or in its wave if it counts wave by wave, and how many may.
    pub fn failures(&self, place: Place) -> Option<(u32, u32)> {
        let state = self.run.frames.get(&place).and_then(Frame::as_loop)?;
        let numbers = self.numbers(place)?;
        let (failed, at) = if numbers.per_wave { (state.failed_in_wave, state.wave) } else { (state.failed, 0) };
        Some((failed, numbers.tolerate.get(at as usize).copied().unwrap_or(0)))
    }

    /// A wave has ended: what is to run after it, then the next.
    fn end_wave(&mut self, place: Place, node: &LoopNode, wave: u32, waves: u32) {
        let after = self.plan.node(place.node).children.get(1).copied();
        if let (Some(after), Some(space)) = (after, node.wave_space) {
            let slot = Slot(self.plan.space(space).slots_of(place.slot).start + wave);
            let after = Place::new(after, slot);
            match self.status(after) {
                Status::Done | Status::Skipped => {}
                Status::Idle if self.may_begin(place) => return self.emit(began(after)),
                Status::Failed | Status::Dropped => return self.close(place, Cause::Within { place: after }, false),
                Status::Idle | Status::Live | Status::Tolerated | Status::Undoing | Status::Undone | Status::Stuck => {
                    return;
                }
            }
        }
        if wave + 1 >= waves.max(1) {
            self.end(place, Ending::Done);
        } else if self.may_begin(place) && !self.run.on_hold {
            self.emit(Event::WaveAdvanced { place, wave: wave + 1 });
        }
    }
}

pub(super) fn wave_size(numbers: &LoopNumbers, wave: u32) -> u32 {
    let end = numbers.waves.get(wave as usize).copied().unwrap_or(0);
    let start = if wave == 0 { 0 } else { numbers.waves.get(wave as usize - 1).copied().unwrap_or(0) };
    end - start
}
