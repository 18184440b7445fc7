//! How each event changes a run. Decides nothing: live or replayed, an event has the same consequences.

use super::measure::Change as TargetChange;
use super::request::{Request, Unmet};
use super::run::{EndingState, Frame, GraphFrame, LoopFrame, Shape, Status, UndoFrame};
use super::{
    Answer, Cause, Ending, Event, FaultKind, PauseReason, Run, RunStarted, Share, Truth, Waiting, WatchFrame,
    exposure_kind,
};
use crate::model::Act;
use crate::plan::{LoopNumbers, NodeId, NodeKind, Place, Plan, Role, Slot};
use crate::value::{At, Closing, Value};

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

    /// A loop counts the elements that have begun.
    fn began_within_loop(&mut self, place: Place) {
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
                it.shut.remove(&place.slot.0);
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

    /// A target is touched once something that changes it begins.
    fn touch(&mut self, place: Place) {
        let changes = matches!(&self.plan.node(place.node).kind, NodeKind::Act(act) if act.changes());
        let backwards = self.plan.all_around(place).any(|it| is_way_back(self.plan, it.node));
        if !changes || backwards || self.run.status(place) == Status::Undoing {
            return;
        }
        if let (Some(stage), Some(target)) = (self.plan.stage_of(place), self.plan.target_index_of(place)) {
            self.run.touched.insert((stage.node, target));
            self.changed(target);
        }
    }

    fn changed(&mut self, target: u32) {
        let now = self.at;
        self.run.changed.entry(target).or_insert(TargetChange { first: now, last: now }).last = now;
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
        for (threshold, truth) in streaks {
            self.run.streaks.entry(threshold.clone()).or_default().sample(self.at, *truth);
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

    fn waiting(&mut self, place: Place, until: At, why: Waiting) {
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
    fn held(&mut self, place: Place, until: Option<At>) {
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
            it.shut.insert(place.slot.0);
        }
    }

    fn opened(&mut self, place: Place, closes: At, closing: Closing) {
        let Some(frame) = self.run.frames.get_mut(&place) else { return };
        let old = [frame.closes.take().map(|(at, _)| at), frame.shut.take()];
        frame.closes = Some((closes, closing));
        for at in old.into_iter().flatten() {
            self.run.alarms.remove(&(at, place));
        }
        self.alarm(Some(closes), place);
        self.attend_beneath(place);
    }

    fn shut(&mut self, place: Place, until: At) {
        if let Some(frame) = self.run.frames.get_mut(&place) {
            frame.shut = Some(until);
        }
        self.alarm(Some(until), place);
    }

    /// What waited for its time goes on now.
    fn advanced(&mut self, place: Place) {
        let Some(frame) = self.run.frames.get_mut(&place) else { return };
        if let Some((_, why)) = frame.waits {
            frame.glass = why == Waiting::Window;
            self.waits_at(place, self.at, why);
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
    fn goes_on(&mut self, place: Place) {
        if self.run.status(place) != Status::Undoing {
            self.run.set_status(self.plan, place, Status::Live);
        }
    }

    fn stop_waiting(&mut self, place: Place) {
        if let Some(frame) = self.run.frames.get_mut(&place)
            && let Some((at, _)) = frame.waits.take()
        {
            self.run.alarms.remove(&(at, place));
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

    /// A loop counts its elements as they end, and each that failed once, tolerated or not.
    fn count_in_loop(&mut self, place: Place, status: Status) {
        if !matches!(self.plan.node(place.node).kind, NodeKind::Sequence(Role::Target)) {
            return;
        }
        let counted = self.run.frames.get(&place).is_some_and(|it| it.undo.is_some());
        let Some(around) = self.plan.around(place) else { return };
        if let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&around)
            && !it.shut.remove(&place.slot.0)
        {
            it.live -= 1;
        }
        if matches!(status, Status::Failed | Status::Tolerated) && !counted {
            self.count_failed_in(around);
        }
    }

    /// A way back that failed may be tried again.
    fn count_failed_undo(&mut self, place: Place, status: Status) {
        if !is_way_back(self.plan, place.node) || status != Status::Failed {
            return;
        }
        let around = self.plan.around(place);
        if let Some(undo) = around.and_then(|it| self.run.frames.get_mut(&it)).and_then(|it| it.undo.as_mut()) {
            undo.failed += 1;
        }
    }

    fn count_failed_in(&mut self, around: Place) {
        if let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&around) {
            it.failed += 1;
            it.failed_in_wave += 1;
        }
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

    fn wave_advanced(&mut self, place: Place, wave: u32) {
        if let Some(Frame { shape: Shape::Loop(it), .. }) = self.run.frames.get_mut(&place) {
            it.wave = wave;
            it.after_wave = false;
            it.failed_in_wave = 0;
        }
        self.run.agenda.insert(place);
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
    fn attend_beneath(&mut self, place: Place) {
        let end = Place::new(self.plan.node(place.node).end, crate::plan::Slot::ONLY);
        let beneath = self.run.frames.range(place..end).map(|(it, _)| *it);
        let plan = self.plan;
        let places: Vec<Place> = beneath.filter(|it| plan.is_within(*it, place)).collect();
        self.run.agenda.extend(places);
    }

    /// A `restore` may stand anywhere, and goes on when its save was taken back.
    fn attend_restores(&mut self) {
        let plan = self.plan;
        let restores =
            |node: NodeId| matches!(&plan.node(node).kind, NodeKind::Act(act) if matches!(**act, Act::Restore { .. }));
        let waiting: Vec<Place> = self.run.frames.keys().copied().filter(|it| restores(it.node)).collect();
        self.run.agenda.extend(waiting);
    }

    fn attend_all(&mut self) {
        self.run.agenda.extend(self.run.frames.keys().copied());
    }

    fn kept(&mut self, place: Place, target: &Option<smol_str::SmolStr>, key: &smol_str::SmolStr, value: &Value) {
        let name = (target.clone(), key.clone());
        let before = match value {
            Value::Null => self.run.kept.remove(&name),
            value => self.run.kept.insert(name, value.clone()),
        };
        if self.run.status(place) != Status::Undoing {
            let before = before.unwrap_or(Value::Null);
            self.run.kept_before.insert(place, (target.clone(), key.clone(), before));
        }
    }

    /// Only what was there before this run's first change counts as that.
    fn exposure_before(&mut self, place: Place, subject: &str, share: Share) {
        self.run.exposed_before.entry(place).or_insert_with(|| (subject.to_owned(), share));
    }

    fn exposed(&mut self, place: Place, subject: &str, share: Share, before: Share) {
        let Some(kind) = exposure_kind(self.plan, place) else { return };
        self.run.exposures.insert((kind, subject.to_owned()), share);
        if self.run.status(place) != Status::Undoing {
            self.exposure_before(place, subject, before);
            self.touch(place);
        }
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
            self.resumed();
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

    fn rollback_started(&mut self, place: Place, cause: &Cause) {
        self.run.paused = None;
        self.run.awaiting.clear();
        if place != Place::ROOT {
            // The stage has ended; what takes it back begins by itself.
            return;
        }
        self.run.failure.get_or_insert_with(|| cause.clone());
        self.run.ending = EndingState::RollingBack { cause: cause.clone() };
        self.frame(place).closing.get_or_insert_with(|| cause.clone());
        self.attend_beneath(place);
        self.run.agenda.insert(place);
    }

    fn undo_began(&mut self, place: Place, tolerated: &Option<Cause>) {
        let own_done = self.plan.node(place.node).undo.is_none();
        let undo = UndoFrame { own_done, tolerated: tolerated.clone(), ..UndoFrame::default() };
        match (tolerated, self.plan.around(place)) {
            (Some(_), Some(around)) => self.count_failed_in(around),
            _ => self.count_undo(place, 1),
        }
        self.frame(place).undo = Some(undo);
        self.run.set_status(self.plan, place, Status::Undoing);
        self.run.agenda.insert(place);
    }

    fn count_undo(&mut self, place: Place, by: i32) {
        let Some(around) = self.plan.around(place) else { return };
        if let Some(undo) = self.run.frames.get_mut(&around).and_then(|it| it.undo.as_mut()) {
            undo.live = undo.live.saturating_add_signed(by);
            self.run.agenda.insert(around);
        }
    }

    fn undone(&mut self, place: Place) {
        let tolerated = self.is_tolerated(place);
        self.run.set_status(self.plan, place, Status::Undone);
        self.untouch(place);
        self.run.exposed_before.remove(&place);
        if self.plan.node(place.node).undo.is_some() || matches!(self.plan.node(place.node).kind, NodeKind::Act(_)) {
            self.run.undone = true;
        }
        if !tolerated {
            self.count_undo(place, -1);
            self.leave_undo(place);
        }
        self.run.agenda.insert(place);
    }

    fn undo_failed(&mut self, place: Place) {
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

    fn untouch(&mut self, place: Place) {
        match self.plan.node(place.node).kind {
            NodeKind::Sequence(Role::Target) => {
                if let (Some(stage), Some(target)) = (self.plan.stage_of(place), self.plan.target_index_of(place)) {
                    self.run.touched.remove(&(stage.node, target));
                }
            }
            NodeKind::Stage(_) => {
                let of_stage = (place.node, 0)..(NodeId(place.node.0 + 1), 0);
                let gone: Vec<_> = self.run.touched.range(of_stage).copied().collect();
                for it in gone {
                    self.run.touched.remove(&it);
                }
            }
            NodeKind::Rollout { .. } => self.run.touched.clear(),
            NodeKind::Child { .. }
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Step(_)
            | NodeKind::Act(_)
            | NodeKind::Sequence(_) => {}
        }
    }

    fn retained(&mut self, until: Option<At>) {
        self.run.ending = EndingState::Retained { until };
        self.run.paused = None;
        self.alarm(until, Place::ROOT);
        self.run.agenda.insert(Place::ROOT);
    }

    fn run_finished(&mut self, outcome: super::Outcome) {
        self.run.ending = EndingState::Finished { outcome };
        self.run.frames.clear();
        self.run.alarms.clear();
        self.run.agenda.clear();
        self.run.paused = None;
    }
}

/// Returns whether a node is the way back of its parent rather than a part of it.
pub(super) fn is_way_back(plan: &Plan, node: NodeId) -> bool {
    matches!(plan.node(node).kind, NodeKind::Sequence(Role::Undo))
}

impl Act {
    /// Returns whether doing it may change its target: what `touched` counts and what an undo is for.
    pub fn changes(&self) -> bool {
        match self {
            Act::Run(_) | Act::Exec(_) | Act::Traffic(_) | Act::Flag(_) => true,
            Act::Http(http) => !matches!(http.method.as_str(), "GET" | "HEAD" | "OPTIONS"),
            Act::Check(_)
            | Act::Watch(_)
            | Act::Guard(_)
            | Act::Require { .. }
            | Act::Wait { .. }
            | Act::WaitUntil { .. }
            | Act::Log { .. }
            | Act::Fail { .. }
            | Act::Pause { .. }
            | Act::Restore { .. }
            | Act::Keep(_)
            | Act::Ask(_)
            | Act::Notify(_) => false,
        }
    }
}
