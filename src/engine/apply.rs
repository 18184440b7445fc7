//! How each event changes a run. Decides nothing: live or replayed, an event has the same consequences.

use super::frame::{Frame, GraphFrame, LoopFrame, Shape};
use super::request::{Request, Unmet};
use super::reversal::is_way_back;
use super::run::{EndingState, Status};
use super::{Answer, Cause, Ending, Event, FaultKind, Outcome, PauseReason, Run, RunStarted, Truth, WatchFrame};
use crate::model::Act;
use crate::plan::{LoopNumbers, NodeKind, Place, Plan, Role, Slot};
use crate::value::At;

/// Changes a run as an event says.
pub fn apply(plan: &Plan, run: &mut Run, at: At, event: &Event) {
    let mut change = Change { plan, run, at };
    match event {
        Event::RunStarted(started) => change.run_started(started),
        Event::Began { place, elements, numbers, timeout, deadline } => {
            if let (Some(elements), NodeKind::Loop(it)) = (elements, &plan.node(place.node).kind) {
                // One that was remembered without numbers went one by one.
                let one_by_one = || LoopNumbers::one_by_one(elements.len() as u32);
                change.run.late.insert(it.space, elements.clone());
                change.run.late_numbers.insert(it.space, numbers.clone().unwrap_or_else(one_by_one));
            }
            change.began(*place, *timeout, *deadline);
        }
        Event::Skipped { place, .. } => change.skipped(*place),
        Event::Asked { place, attempt, verify } => change.asked(*place, *attempt, *verify),
        Event::Answered { place, attempt, answer } => change.answered(*place, *attempt, answer),
        Event::Evaluated { place, truth, streaks, .. } => change.evaluated(*place, *truth, streaks),
        Event::Baseline { what, value, .. } => {
            change.run.baselines.insert(what.clone(), value.clone());
        }
        Event::Warned { place, .. } => change.warned(*place),
        Event::Waiting { place, until, why } => change.waiting(*place, *until, *why),
        Event::Held { place, until, .. } => change.held(*place, *until),
        Event::Entered { place } => {
            change.stop_waiting(*place);
            change.run.agenda.insert(*place);
        }
        Event::Opened { place, closes, closing } => change.opened(*place, *closes, *closing),
        Event::Shut { place, until, .. } => change.shut(*place, *until),
        Event::Advanced { place, .. } => change.advanced(*place),
        Event::OnHold { .. } => change.run.on_hold = true,
        Event::HoldLifted { .. } => {
            change.run.on_hold = false;
            change.attend_all();
        }
        Event::Ended { place, ending } => change.ended(*place, ending),
        Event::WaveAdvanced { place, wave } => change.wave_advanced(*place, *wave),
        Event::Closing { place, cause } => change.closing(*place, cause),
        Event::Kept { place, target, key, value } => change.kept(*place, target, key, value),
        Event::ExposureRead { place, subject, share } => change.exposure_before(*place, subject, *share),
        Event::Exposed { place, subject, share, before } => change.exposed(*place, subject, *share, *before),
        Event::Noticed { place, message, .. } => {
            change.run.notices.insert(*place, (at, message.clone()));
        }
        Event::Logged { .. } => {}
        Event::Paused { why, .. } => change.paused(why),
        Event::Resumed { .. } => change.resumed(),
        Event::Retried { place, .. } => change.retried(*place),
        Event::RollbackStarted { place, cause } => change.rollback_started(*place, cause),
        Event::UndoBegan { place, tolerated } => change.undo_began(*place, tolerated),
        Event::Undone { place } => change.undone(*place),
        Event::UndoFailed { place, .. } => change.undo_failed(*place),
        Event::ApprovalRequested { place, of, need, until, text, items } => {
            let (of, text, items) = (of.clone(), text.clone(), items.clone());
            change.requested(*place, Request { of, need: *need, until: *until, text, items, ..Request::default() });
        }
        Event::Approved { place, by, .. } | Event::Confirmed { place, by, .. } => {
            change.answered_by_people(*place, |it| it.approved.push(by.clone()));
        }
        Event::Ticked { place, item, by, .. } => {
            change.answered_by_people(*place, |it| drop(it.ticked.insert(*item, by.clone())));
        }
        Event::Rejected { place, by, reason } => {
            let unmet = Unmet::Rejected { by: by.clone(), reason: reason.clone() };
            change.answered_by_people(*place, |it| it.unmet = Some(unmet));
        }
        Event::Expired { place } => change.answered_by_people(*place, |it| it.unmet = Some(Unmet::Expired)),
        Event::Claimed { .. } | Event::Filed { .. } => {}
        Event::Recovered => change.attend_all(),
        Event::Finishing { outcome } => {
            change.run.ending = EndingState::Finishing { outcome: *outcome, hook: true };
            change.run.paused = None;
            change.run.agenda.insert(Place::ROOT);
        }
        Event::Retained { until } => change.retained(*until),
        Event::RunFinished { outcome, .. } => change.run_finished(*outcome),
    }
}

pub(super) struct Change<'a> {
    pub plan: &'a Plan,
    pub run: &'a mut Run,
    pub at: At,
}

impl Change<'_> {
    fn run_started(&mut self, started: &RunStarted) {
        for kept in &started.kept {
            self.run.kept.insert((kept.target.clone(), kept.key.clone()), kept.value.clone());
        }
        self.run.begun = self.at;
        self.run.started = Some(Box::new(started.clone()));
    }

    /// Returns the frame of a place, made if it has none.
    pub(super) fn frame(&mut self, place: Place) -> &mut Frame {
        self.run.frames.entry(place).or_insert_with(|| Frame::new(self.at))
    }

    pub(super) fn alarm(&mut self, at: Option<At>, place: Place) {
        if let Some(at) = at {
            self.run.alarms.insert((at, place));
        }
    }

    fn began(&mut self, place: Place, timeout: Option<At>, deadline: Option<At>) {
        if self.has_begun_before(place) {
            self.run.reset_beneath(self.plan, place);
        }
        let shape = self.shape(place);
        let at = self.at;
        let frame = self.frame(place);
        let old: Vec<At> = frame.alarms().collect();
        *frame =
            Frame { attempt: frame.attempt + 1, timeout, deadline, shape, undo: frame.undo.take(), ..Frame::new(at) };
        for it in old {
            self.run.alarms.remove(&(it, place));
        }
        self.alarm(timeout, place);
        self.alarm(deadline, place);
        self.run.set_status(self.plan, place, Status::Live);
        self.run.agenda.insert(place);
        self.take_turn(place);
        self.began_within_loop(place);
        if self.is_background(place) {
            // What follows a guard or a notice does not wait for it.
            if let Some(around) = self.plan.around(place) {
                self.pass_on(place, around);
                self.run.agenda.insert(around);
            }
        }
        if place == Place::ROOT {
            let rounds = self.plan.periods.iter().map(|(node, ms)| (at.plus_ms(*ms), Place::new(*node, Slot::ONLY)));
            self.run.alarms.extend(rounds);
        }
        if let NodeKind::Sequence(Role::Every) = self.plan.node(place.node).kind {
            let next = Place::new(place.node, Slot(place.slot.0 + 1));
            self.run.alarms.insert((at.plus_ms(self.plan.period_ms(place.node)), next));
        }
        if let NodeKind::Sequence(Role::Hook(_)) = self.plan.node(place.node).kind {
            let seen = self.run.occasions.entry(place.node).or_default();
            *seen = (*seen).max(place.slot.0 + 1);
        }
    }

    /// A stage whose turn it was has begun.
    pub(super) fn take_turn(&mut self, place: Place) {
        if let Some(graph) = self.graph_around(place) {
            graph.open.remove(&place.node);
        }
    }

    fn graph_around(&mut self, place: Place) -> Option<&mut GraphFrame> {
        let around = self.plan.around(place)?;
        match &mut self.run.frames.get_mut(&around)?.shape {
            Shape::Graph(graph) => Some(graph),
            Shape::Plain | Shape::Loop(_) | Shape::Watch(_) | Shape::Set => None,
        }
    }

    fn has_begun_before(&self, place: Place) -> bool {
        let undo = self.plan.around(place).and_then(|it| self.run.frames.get(&it)).and_then(|it| it.undo.as_ref());
        let undone_before = is_way_back(self.plan, place.node) && undo.is_some_and(|it| it.failed > 0);
        undone_before || self.run.frames.get(&place).is_some_and(|it| it.attempt > 0)
    }

    fn shape(&self, place: Place) -> Shape {
        match &self.plan.node(place.node).kind {
            NodeKind::Rollout { .. } | NodeKind::Child { .. } => {
                let mut graph = GraphFrame::default();
                for stage in self.plan.stages_of(place.node) {
                    graph.total += 1;
                    let NodeKind::Stage(it) = &self.plan.node(stage).kind else { continue };
                    if it.after.is_empty() {
                        graph.open.insert(stage);
                    } else {
                        graph.missing.insert(stage, it.after.len() as u32);
                    }
                }
                Shape::Graph(graph)
            }
            NodeKind::Loop(it) => {
                let slots = match self.run.late.get(&it.space) {
                    Some(elements) => 0..elements.len() as u32,
                    None => self.plan.space(it.space).slots_of(place.slot),
                };
                Shape::Loop(LoopFrame { first: slots.start, count: slots.len() as u32, ..LoopFrame::default() })
            }
            NodeKind::Stage(_) | NodeKind::Parallel | NodeKind::Step(_) | NodeKind::Act(_) | NodeKind::Sequence(_) => {
                Shape::Plain
            }
        }
    }

    fn skipped(&mut self, place: Place) {
        self.run.awaiting.remove(&place);
        // What failed and is let pass counts as done: it may have changed something, and the way back goes through it.
        let was_tried = self.run.status(place) == Status::Failed;
        self.run.set_status(self.plan, place, if was_tried { Status::Done } else { Status::Skipped });
        self.resolve_pause();
        self.leave(place, true);
    }

    fn asked(&mut self, place: Place, attempt: u32, verify: bool) {
        let frame = self.frame(place);
        frame.attempt = attempt;
        frame.tries += 1;
        frame.asked = true;
        frame.verifying = verify;
        self.stop_waiting(place);
        self.run.set_attempt(self.plan, place, attempt);
        self.goes_on(place);
        self.touch(place);
    }

    fn answered(&mut self, place: Place, attempt: u32, answer: &Answer) {
        let Some(frame) = self.run.frames.get_mut(&place) else { return };
        if !frame.asked || frame.attempt != attempt {
            return;
        }
        frame.asked = false;
        // On the way back the first answer only says what is there.
        let looked = frame.undo.is_some() && frame.tries == 1;
        let sets = matches!(&self.plan.node(place.node).kind, NodeKind::Act(act) if matches!(**act, Act::Traffic(_)));
        let was_read = sets && !looked && self.run.exposed_before.contains_key(&place);
        if was_read && matches!(answer, Answer::Done(_)) {
            frame.shape = Shape::Set;
        }
        if matches!(answer, Answer::Fault(fault) if fault.kind == FaultKind::NotBegun) {
            frame.tries = frame.tries.saturating_sub(1);
        }
        if let Answer::Done(done) = answer
            && self.plan.node(place.node).captured
        {
            self.run.left.insert(place, done.clone());
        }
    }

    fn evaluated(&mut self, place: Place, truth: Truth, streaks: &[(String, Truth)]) {
        let changed = if streaks.is_empty() { None } else { self.run.last_changed() };
        for (threshold, truth) in streaks {
            self.run.streaks.entry(threshold.clone()).or_default().sample(self.at, *truth, changed);
        }
        let (at, watches) = (self.at, self.is_watch(place));
        if watches {
            // A watch without probes is never asked; its frame begins with its first sample.
            self.frame(place);
            self.run.set_status(self.plan, place, Status::Live);
        }
        let Some(frame) = self.run.frames.get_mut(&place) else { return };
        frame.asked = false;
        if watches {
            if frame.shape == Shape::Plain {
                frame.shape = Shape::Watch(WatchFrame::default());
            }
            if let Shape::Watch(watch) = &mut frame.shape {
                watch.sample(at, truth);
            }
        }
    }

    fn is_background(&self, place: Place) -> bool {
        matches!(&self.plan.node(place.node).kind, NodeKind::Act(act) if act.is_background())
    }

    fn is_watch(&self, place: Place) -> bool {
        matches!(&self.plan.node(place.node).kind, NodeKind::Act(act) if matches!(**act, Act::Watch(_) | Act::Guard(_)))
    }

    /// What was said once is not held against a watch again.
    fn warned(&mut self, place: Place) {
        if let Some(Frame { shape: Shape::Watch(watch), .. }) = self.run.frames.get_mut(&place) {
            watch.forgive();
        }
    }

    fn ended(&mut self, place: Place, ending: &Ending) {
        let status = match ending {
            Ending::Done => Status::Done,
            Ending::Failed { .. } => Status::Failed,
            Ending::Tolerated { .. } => Status::Tolerated,
            Ending::Dropped => Status::Dropped,
        };
        match ending {
            Ending::Failed { cause } => {
                self.run.causes.insert(place, cause.clone());
            }
            Ending::Tolerated { cause } => {
                self.run.failed_targets.insert(place, cause.clone());
            }
            Ending::Done | Ending::Dropped => {}
        }
        let is_stage = matches!(self.plan.node(place.node).kind, NodeKind::Stage(_));
        if let Some(graph) = self.graph_around(place) {
            graph.open.remove(&place.node);
            if is_stage && status == Status::Failed {
                graph.failed.insert(place.node);
            }
        }
        self.end_pause_over(place);
        self.count_in_loop(place, status);
        self.count_failed_undo(place, status);
        self.run.set_status(self.plan, place, status);
        self.leave(place, *ending == Ending::Done);
    }

    /// A place is no longer under way: its parent goes on.
    fn leave(&mut self, place: Place, passed: bool) {
        self.run.remove_frame(place);
        let Some(around) = self.plan.around(place) else { return };
        self.run.agenda.insert(around);
        if !self.run.frames.contains_key(&around) {
            // What follows the end of something that is over is waited for by the run.
            self.run.agenda.insert(Place::ROOT);
        }
        if self.plan.node(around.node).kind == NodeKind::Parallel {
            let order = self.run.orders.entry(around).or_default();
            order.retain(|it| *it != place.node);
            order.push(place.node);
        }
        if passed {
            self.pass_on(place, around);
        }
        if self.is_background(place) {
            // The end of the run may wait for it.
            self.run.agenda.insert(Place::ROOT);
        }
    }

    /// The next in line gets its turn.
    fn pass_on(&mut self, place: Place, around: Place) {
        let Some(frame) = self.run.frames.get_mut(&around) else { return };
        if let Some(undo) = &mut frame.undo
            && is_way_back(self.plan, place.node)
        {
            undo.own_done = true;
            return;
        }
        match &mut frame.shape {
            Shape::Plain => {
                let next = self.plan.node(around.node).children.get(frame.cursor as usize);
                if next == Some(&place.node) {
                    frame.cursor += 1;
                }
            }
            Shape::Graph(graph) => {
                if matches!(self.plan.node(place.node).kind, NodeKind::Stage(_)) {
                    graph.ended += 1;
                }
                for dependent in &self.plan.dependents[place.node.index()] {
                    let missing = graph.missing.entry(*dependent).or_insert(1);
                    *missing -= 1;
                    if *missing == 0 {
                        graph.missing.remove(dependent);
                        graph.open.insert(*dependent);
                    }
                }
                graph.open.remove(&place.node);
                graph.failed.remove(&place.node);
            }
            Shape::Loop(_) | Shape::Watch(_) | Shape::Set => {}
        }
    }

    fn closing(&mut self, place: Place, cause: &Cause) {
        if let Some(frame) = self.run.frames.get_mut(&place) {
            frame.closing.get_or_insert_with(|| cause.clone());
        }
        if place == Place::ROOT && self.run.ending == EndingState::Forward {
            self.run.failure = Some(cause.clone());
            self.run.ending = EndingState::Stopping { cause: cause.clone() };
            self.run.paused = None;
        }
        self.attend_beneath(place);
    }

    /// Everything under way beneath a place looks at what it now is.
    pub(super) fn attend_beneath(&mut self, place: Place) {
        let places: Vec<Place> = self.run.frames_beneath(self.plan, place).collect();
        self.run.agenda.extend(places);
    }

    pub(super) fn attend_all(&mut self) {
        self.run.agenda.extend(self.run.frames.keys().copied());
    }

    fn paused(&mut self, why: &PauseReason) {
        self.paused_over(why);
        if let PauseReason::Failed { place } | PauseReason::Interrupted { place } = why {
            self.run.awaiting.insert(*place);
        }
        self.run.paused.get_or_insert_with(|| why.clone());
    }

    pub(super) fn resumed(&mut self) {
        self.run.paused = None;
        self.attend_all();
    }

    /// A pause over failures ends with the last of them.
    fn resolve_pause(&mut self) {
        let over_failure =
            matches!(self.run.paused, Some(PauseReason::Failed { .. } | PauseReason::Interrupted { .. }));
        if over_failure && self.run.awaiting.is_empty() {
            self.end_pause();
        }
    }

    /// Goes on, unless something else waits for a person as well.
    pub(super) fn end_pause(&mut self) {
        match self.run.waits_for_person() {
            Some(why) => self.run.paused = Some(why),
            None => self.resumed(),
        }
    }

    fn retried(&mut self, place: Place) {
        self.run.awaiting.remove(&place);
        self.run.reset_beneath(self.plan, place);
        self.run.remove_frame(place);
        self.run.stuck.remove(&place);
        self.run.set_status(self.plan, place, Status::Idle);
        if let Some(around) = self.plan.around(place)
            && let Some(frame) = self.run.frames.get_mut(&around)
        {
            if let Shape::Graph(graph) = &mut frame.shape {
                graph.open.insert(place.node);
                graph.failed.remove(&place.node);
            }
            self.run.agenda.insert(around);
        }
        self.resolve_pause();
    }

    fn retained(&mut self, until: Option<At>) {
        self.run.ending = EndingState::Retained { until };
        self.run.paused = None;
        self.alarm(until, Place::ROOT);
        self.run.agenda.insert(Place::ROOT);
    }

    fn run_finished(&mut self, outcome: Outcome) {
        self.run.ending = EndingState::Finished { outcome };
        self.run.frames.clear();
        self.run.alarms.clear();
        self.run.agenda.clear();
        self.run.paused = None;
    }
}
