//! One turn: news comes in, events and effects go out. Decides what happens next by looking, place by place, at
//! what has changed; the deciding itself stands in the files beside this one.

use super::apply::apply;
use super::run::{EndingState, Status};
use super::{Answer, Cause, Effect, Ending, Event, Heard, Run, RunStarted, Step};
use crate::plan::{NodeId, NodeKind, Place, Plan, Role};
use crate::value::At;

/// Tells a run some news, and returns what to remember and what to do then.
///
/// The events are applied already; they have to be durable before the effects are performed.
pub fn step(plan: &Plan, run: &mut Run, now: At, heard: Heard) -> Step {
    let mut turn = Turn { plan, run, now, step: Step::default() };
    if turn.run.finished().is_some() && !matches!(heard, Heard::Command { .. }) {
        return turn.step;
    }
    match heard {
        Heard::Start(started) => turn.start(*started),
        Heard::Answer { place, attempt, answer } => turn.answer(place, attempt, answer),
        Heard::Tick => {}
        Heard::Command { by, command } => turn.command(by, command),
        Heard::Recovered => turn.emit(Event::Recovered),
        Heard::Superseded { by } => turn.superseded(&by),
    }
    turn.ring_alarms();
    turn.attend_all();
    turn.step
}

/// Returns what the world was asked and has not answered.
pub fn outstanding(run: &Run) -> Vec<(Place, u32)> {
    run.open_questions().collect()
}

pub(super) struct Turn<'a> {
    pub plan: &'a Plan,
    pub run: &'a mut Run,
    pub now: At,
    pub step: Step,
}

impl Turn<'_> {
    /// Remembers an event and lets it take effect.
    pub fn emit(&mut self, event: Event) {
        let pauses = matches!(event, Event::Paused { .. }) && self.run.paused.is_none();
        apply(self.plan, self.run, self.now, &event);
        self.step.events.push(event);
        if pauses {
            self.occasion(crate::model::Event::Paused);
        }
    }

    pub fn end(&mut self, place: Place, ending: Ending) {
        if !matches!(self.plan.node(place.node).kind, NodeKind::Act(_)) {
            self.end_guards(place);
        }
        let child_failed =
            matches!(self.plan.node(place.node).kind, NodeKind::Child(_)) && matches!(ending, Ending::Failed { .. });
        self.emit(Event::Ended { place, ending });
        if child_failed {
            self.occasion_in(place, crate::model::Event::Failed);
        }
    }

    pub fn fail(&mut self, place: Place, cause: Cause) {
        self.end(place, Ending::Failed { cause });
    }

    fn start(&mut self, started: RunStarted) {
        assert!(self.run.started.is_none(), "a run starts once");
        self.emit(Event::RunStarted(Box::new(started)));
        self.emit(began(Place::ROOT));
        if let Some(pass) = self.let_in(Place::ROOT) {
            self.begun_with(Place::ROOT, pass);
        }
        self.occasion(crate::model::Event::Started);
    }

    /// An answer that fits no open question changes nothing.
    fn answer(&mut self, place: Place, attempt: u32, answer: Answer) {
        let fits = self.run.frames.get(&place).is_some_and(|it| it.asked && it.attempt == attempt);
        if fits {
            self.hear_answer(place, attempt, answer);
            // What would wait for its next turn learns that there is none.
            if self.closing_around(place).is_some() {
                self.run.agenda.insert(place);
            }
        }
    }

    fn ring_alarms(&mut self) {
        // What cannot go on yet although its time has come is looked at again when what holds it up ends.
        while let Some((at, place)) = self.run.alarms.first().copied()
            && at <= self.now
        {
            self.run.alarms.remove(&(at, place));
            if self.is_round(place) && !self.run.frames.contains_key(&place) {
                self.round(place);
            } else {
                self.run.agenda.insert(place);
            }
        }
    }

    /// Looks at every place that something has changed for, until nothing more follows.
    fn attend_all(&mut self) {
        while let Some(place) = self.run.agenda.pop_last() {
            self.attend(place);
            // Each look ends in an event or in nothing to do; a run that talks to itself is a bug of ours.
            assert!(self.step.events.len() < 10_000_000, "a turn ends");
        }
    }

    fn attend(&mut self, place: Place) {
        if self.run.finished().is_some() || !self.run.frames.contains_key(&place) {
            return;
        }
        let finishing = matches!(self.run.ending, EndingState::Finishing { .. });
        if self.run.frames[&place].undo.is_some() && !(finishing && place == Place::ROOT) {
            return self.go_back(place);
        }
        if self.past_limits(place) || self.past_window(place) {
            return;
        }
        if self.is_waiting_element(place) && self.closing_around(place).is_none() {
            self.run.agenda.extend(self.plan.around(place));
            return;
        }
        match &self.plan.node(place.node).kind {
            NodeKind::Rollout { .. } => self.go_on_rollout(place),
            NodeKind::Child { .. } => self.go_on_stages(place),
            NodeKind::Stage(_) => self.go_on_stage(place),
            NodeKind::Loop(it) => self.go_on_loop(place, it),
            NodeKind::Parallel => self.go_on_parallel(place),
            NodeKind::Step(_) | NodeKind::Sequence(_) => self.go_on_sequence(place),
            NodeKind::Act(act) => self.go_on_act(place, act),
        }
    }

    /// Whether a time limit of this place has passed; then it closes.
    fn past_limits(&mut self, place: Place) -> bool {
        let frame = &self.run.frames[&place];
        if frame.closing.is_some() {
            return false;
        }
        let cause = match (frame.timeout, frame.deadline) {
            (Some(at), _) if at <= self.now => Cause::TimedOut { after_ms: at.since_ms(frame.begun) },
            (_, Some(at)) if at <= self.now => Cause::DeadlinePassed { deadline: at },
            _ => return false,
        };
        let ends_what_runs = matches!(cause, Cause::TimedOut { .. });
        self.close(place, cause, ends_what_runs);
        true
    }

    /// Nothing new starts beneath a place any more; what runs ends by itself, or is ended.
    pub fn close(&mut self, place: Place, cause: Cause, ends_what_runs: bool) {
        self.emit(Event::Closing { place, cause });
        if ends_what_runs {
            self.end_what_runs(place);
        }
    }

    pub fn end_what_runs(&mut self, place: Place) {
        let open = self.run.open_questions().filter(|it| self.plan.is_within(it.0, place) && !self.is_notice(it.0));
        let open: Vec<(Place, u32)> = open.collect();
        let ends = open.into_iter().map(|(place, attempt)| Effect::End { place, attempt });
        self.step.effects.extend(ends);
    }

    /// Whether something may begin inside this place now.
    pub fn may_begin(&self, inside: Place) -> bool {
        self.may_look_on(inside) && !self.is_shut_around(inside)
    }

    /// Whether something may begin inside this place now that is no work, and asks no window.
    pub fn may_look_on(&self, inside: Place) -> bool {
        (self.run.paused.is_none() || self.is_on_paused(inside))
            && self.closing_around(inside).is_none()
            && !self.is_held(inside)
    }

    /// Whether a place belongs to what is done when the run is paused: then, and not once it goes on.
    fn is_on_paused(&self, place: Place) -> bool {
        std::iter::once(place)
            .chain(self.plan.all_around(place))
            .any(|it| self.plan.node(it.node).kind == NodeKind::Sequence(Role::Hook(crate::model::Event::Paused)))
    }

    /// Returns the nearest place, this one or one around it, beneath which nothing new starts.
    ///
    /// What is done at the end or on the way back is not held up by what it follows.
    pub fn closing_around(&self, place: Place) -> Option<Place> {
        for here in std::iter::once(place).chain(self.plan.all_around(place)) {
            let frame = self.run.frames.get(&here);
            if frame.is_some_and(|it| it.closing.is_some() && it.undo.is_none()) {
                return Some(here);
            }
            let apart = matches!(
                self.plan.node(here.node).kind,
                NodeKind::Sequence(Role::Undo | Role::Hook(_) | Role::Finally | Role::Every)
            );
            if apart {
                return None;
            }
        }
        None
    }

    /// Whether anything is under way beneath a place, without what belongs to its end.
    pub fn is_busy_beneath(&self, place: Place) -> bool {
        let mut beneath = self.run.frames_beneath(self.plan, place);
        beneath.any(|it| it != place && !self.is_apart(it, place) && !self.is_background(it))
    }

    fn is_apart(&self, place: Place, outer: Place) -> bool {
        let mut between = std::iter::once(place).chain(self.plan.all_around(place)).take_while(|it| *it != outer);
        between.any(|it| {
            matches!(self.plan.node(it.node).kind, NodeKind::Sequence(Role::Hook(_) | Role::Finally | Role::Every))
        })
    }

    /// Begins a part of something: its `when` is asked first.
    pub fn begin(&mut self, place: Place) {
        let node = self.plan.node(place.node);
        if let Some(when) = &node.when {
            match self.truth_now(when, place) {
                Ok(true) => {}
                Ok(false) => return self.emit(Event::Skipped { place, by: None, reason: None }),
                Err(cause) => {
                    self.emit(began(place));
                    return self.fail(place, cause);
                }
            }
        }
        match &node.kind {
            NodeKind::Act(act) => self.begin_act(place, act),
            NodeKind::Step(it) => self.begin_step(place, it),
            NodeKind::Loop(it) => self.begin_loop(place, it),
            NodeKind::Stage(it) => self.begin_stage(place, it),
            NodeKind::Rollout { .. } | NodeKind::Child { .. } | NodeKind::Parallel | NodeKind::Sequence(_) => {
                self.emit(began(place));
                if let Some(pass) = self.let_in(place) {
                    self.begun_with(place, pass);
                }
                if matches!(node.kind, NodeKind::Child(_)) {
                    self.occasion_in(place, crate::model::Event::Started);
                }
            }
        }
    }

    /// Begins the hooks that listen to something, once for each time it happens.
    pub fn occasion(&mut self, event: crate::model::Event) {
        let hooks: Vec<NodeId> = self.hooks(event).collect();
        for node in hooks {
            let seen = self.run.occasions.get(&node).copied().unwrap_or(0);
            self.emit(began(Place::new(node, crate::plan::Slot(seen))));
        }
    }

    /// Returns the part of a rollout or called rollout that has this role.
    pub fn part(&self, place: Place, role: Role) -> Option<Place> {
        self.parts(place, role).next().map(|it| Place::new(it, place.slot))
    }

    /// Returns all of them: of hooks there may be several, each with a slot for every time that it is called.
    pub fn parts(&self, place: Place, role: Role) -> impl Iterator<Item = NodeId> + '_ {
        let parts = self.plan.node(place.node).children.iter().copied();
        parts.filter(move |it| self.plan.node(*it).kind == NodeKind::Sequence(role))
    }

    pub fn hooks(&self, event: crate::model::Event) -> impl Iterator<Item = NodeId> + '_ {
        self.plan.hooks.iter().filter(move |(it, _)| *it == event).map(|(_, node)| *node)
    }

    pub fn is_forward(&self) -> bool {
        self.run.ending == EndingState::Forward
    }

    pub fn status(&self, place: Place) -> Status {
        self.run.status(place)
    }
}

pub(super) fn began(place: Place) -> Event {
    Event::Began { place, elements: None, numbers: None, timeout: None, deadline: None }
}
