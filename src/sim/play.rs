//! One run from its start to its end on virtual time, with every event that a journal would hold.

use std::collections::{BTreeMap, BTreeSet};

use super::forecast::pinned;
use super::luck::Fortune;
use super::{Asked, Cast, Crash, Luck, Past, Routers, Unasked};
use crate::engine::{
    Answer, Effect, Event, Fault, FaultKind, Heard, KeptValue, Outcome, Person, Run, RunStarted, apply, outstanding,
    step,
};
use crate::plan::{KeptValues, NodeKind, Place, Plan, Role};
use crate::value::At;

/// What a person would have seen.
#[derive(Debug, Clone)]
pub struct Played {
    pub outcome: Result<Outcome, Stopped>,
    pub events: Vec<(At, Event)>,
    pub run: Run,
    /// How often the engine died.
    pub crashes: u32,
}

/// Why a run did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing is under way, nothing will come, and nobody decides.
    Stuck,
    /// Something was asked that nobody knows an answer to.
    Lost,
    /// More events than a scenario may have.
    TooLong,
    /// An oracle was broken; a sentence says which and where.
    Broken(String),
}

/// No scenario has more events.
const EVENTS_MAX: usize = 5_000_000;

/// Some Monday: 2026-11-23T00:00Z.
const MONDAY: At = At(1_795_392_000_000);

/// Plays a run whose fate is drawn, with an engine that dies after some events.
pub fn play(plan: &Plan, kept: &KeptValues, luck: Luck, crash: &mut dyn FnMut(usize) -> Option<Crash>) -> Played {
    perform(plan, kept, MONDAY, &mut Fortune::new(luck), crash)
}

/// Plays a run from a given instant, with whoever answers it.
pub fn perform(
    plan: &Plan,
    kept: &KeptValues,
    start: At,
    cast: &mut dyn Cast,
    crash: &mut dyn FnMut(usize) -> Option<Crash>,
) -> Played {
    let mut stage = Stage::new(plan, start, cast);
    let started = RunStarted { forecast: pinned(plan, kept, start, &Past::default()), ..started(plan, kept) };
    stage.hear(Heard::Start(Box::new(started)));
    let outcome = loop {
        if let Some(broken) = stage.broken.take() {
            break Err(Stopped::Broken(broken));
        }
        if stage.cast.is_lost() {
            break Err(Stopped::Lost);
        }
        if let Some(outcome) = stage.run.finished() {
            break Ok(outcome);
        }
        if stage.events.len() > EVENTS_MAX {
            break Err(Stopped::TooLong);
        }
        if let Some(crash) = stage.crash_due(crash) {
            stage.die(crash);
        } else if !stage.go_on() {
            break Err(Stopped::Stuck);
        }
    };
    Played { outcome, events: stage.events, run: stage.run, crashes: stage.crashes }
}

fn started(plan: &Plan, kept: &KeptValues) -> RunStarted {
    let kept = kept.iter().map(|((target, key), value)| KeptValue {
        target: target.clone(),
        key: key.clone(),
        value: value.clone(),
    });
    RunStarted {
        run: "sim".into(),
        rollout: plan.rollout.clone(),
        plan: "sim".into(),
        inputs: plan.inputs.clone(),
        by: Person("sim".into()),
        reason: None,
        kept: kept.collect(),
        forecast: None,
    }
}

/// The world on virtual time.
struct Stage<'p> {
    plan: &'p Plan,
    cast: &'p mut dyn Cast,
    run: Run,
    now: At,
    events: Vec<(At, Event)>,
    /// Answers on their way, by when they come and in which order they were asked for.
    coming: BTreeMap<(At, u64), (Place, u32, Answer)>,
    /// What was set in the world; it stays when the engine dies.
    routers: Routers,
    asked: u64,
    /// Everything that was asked in this life of the engine.
    asked_in_this_life: BTreeSet<(Place, u32)>,
    looked_for_crash: usize,
    crashes: u32,
    broken: Option<String>,
    /// Whether something comes again and again while the run lasts.
    has_rounds: bool,
}

/// What happens next.
enum Next {
    Answer,
    Alarm(At),
    Turn(At),
    Nothing,
}

impl<'p> Stage<'p> {
    fn new(plan: &'p Plan, start: At, cast: &'p mut dyn Cast) -> Stage<'p> {
        Stage {
            plan,
            cast,
            run: Run::new(),
            now: start,
            events: Vec::new(),
            coming: BTreeMap::new(),
            routers: Routers::default(),
            asked: 0,
            asked_in_this_life: BTreeSet::new(),
            looked_for_crash: 0,
            crashes: 0,
            broken: None,
            has_rounds: plan.nodes.iter().any(|it| it.kind == NodeKind::Sequence(Role::Every)),
        }
    }

    fn hear(&mut self, heard: Heard) {
        let step = step(self.plan, &mut self.run, self.now, heard);
        for event in step.events {
            self.cast.hear(self.plan, &self.run, self.now, &event);
            self.events.push((self.now, event));
        }
        for effect in step.effects {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Perform { place, attempt, job } => {
                if !self.asked_in_this_life.insert((place, attempt)) {
                    let path = self.plan.path(place);
                    self.broken = Some(format!("`{path}` was asked twice for attempt {attempt}"));
                }
                let asked = Asked { plan: self.plan, now: self.now, place, attempt, job: &job };
                let (takes_ms, answer) = self.cast.answer(&asked);
                let answer = self.routers.answered(&job, answer);
                self.asked += 1;
                self.coming.insert((self.now.plus_ms(takes_ms), self.asked), (place, attempt, answer));
            }
            Effect::End { place, attempt } => self.end(place, attempt),
        }
    }

    /// What is ended answers soon that it was.
    fn end(&mut self, place: Place, attempt: u32) {
        let coming = self.coming.iter().find(|(_, it)| it.0 == place && it.1 == attempt).map(|(key, _)| *key);
        if let Some(key) = coming {
            self.coming.remove(&key);
            self.asked += 1;
            let fault = Fault { kind: FaultKind::Ended, message: "it was ended".to_owned(), code: None };
            self.coming.insert((self.now.plus_ms(1), self.asked), (place, attempt, Answer::Fault(fault)));
        }
    }

    /// Lets the next thing happen; false if nothing ever will.
    fn go_on(&mut self) -> bool {
        match self.next() {
            Next::Answer => {
                let ((at, _), (place, attempt, answer)) = self.coming.pop_first().expect("it was just seen");
                self.now = self.now.max(at);
                self.hear(Heard::Answer { place, attempt, answer });
                true
            }
            Next::Alarm(_) if self.has_rounds && self.only_rounds_are_left() => self.decide(),
            Next::Alarm(at) => {
                self.now = self.now.max(at);
                self.hear(Heard::Tick);
                true
            }
            Next::Turn(at) => {
                self.now = self.now.max(at);
                self.take_turn()
            }
            Next::Nothing => self.decide(),
        }
    }

    /// An answer comes before an alarm of the same instant, and both before what nobody waits for.
    fn next(&self) -> Next {
        let mut next = (None, Next::Nothing);
        let sooner = |at: At, before: Option<At>| before.is_none_or(|before| at < before);
        if let Some((at, _)) = self.coming.keys().next() {
            next = (Some(*at), Next::Answer);
        }
        if let Some(at) = self.run.next_wake()
            && sooner(at, next.0)
        {
            next = (Some(at), Next::Alarm(at));
        }
        if let Some(at) = self.cast.next_turn()
            && sooner(at, next.0)
        {
            next = (Some(at), Next::Turn(at));
        }
        next.1
    }

    /// Whether nothing will ever happen but what `every` says: that moves nothing, and comes again without end.
    fn only_rounds_are_left(&self) -> bool {
        let is_round = |place: Place| {
            let is_every = |it: Place| self.plan.node(it.node).kind == NodeKind::Sequence(Role::Every);
            is_every(place) || self.plan.all_around(place).any(is_every)
        };
        self.run.finished().is_none()
            && self.cast.next_turn().is_none()
            && self.coming.values().all(|it| is_round(it.0))
            && self.run.wakes().all(is_round)
    }

    fn take_turn(&mut self) -> bool {
        match self.cast.take_turn(&self.run) {
            Some(Unasked::Command(by, command)) => self.hear(Heard::Command { by, command }),
            Some(Unasked::Crash(crash)) => self.die(crash),
            None => return false,
        }
        true
    }

    /// A person decides what a run waits for.
    fn decide(&mut self) -> bool {
        let Some((after_ms, by, command)) = self.cast.decide(self.plan, &self.run) else { return false };
        self.now = self.now.plus_ms(after_ms);
        self.hear(Heard::Command { by, command });
        true
    }

    fn crash_due(&mut self, crash: &mut dyn FnMut(usize) -> Option<Crash>) -> Option<Crash> {
        while self.looked_for_crash < self.events.len() {
            self.looked_for_crash += 1;
            if let Some(due) = crash(self.looked_for_crash) {
                return Some(due);
            }
        }
        None
    }

    /// The engine dies and is started again: all it has is what was remembered.
    fn die(&mut self, crash: Crash) {
        self.crashes += 1;
        let mut again = Run::new();
        for (at, event) in &self.events {
            apply(self.plan, &mut again, *at, event);
        }
        if again != self.run {
            self.broken = Some(format!("after event {} the run that was read back is another", self.events.len()));
            return;
        }
        self.run = again;
        self.asked_in_this_life.clear();
        self.hear(Heard::Recovered);
        if crash == Crash::StepsLost {
            self.coming.clear();
            for (place, attempt) in outstanding(&self.run) {
                let fault = Fault { kind: FaultKind::Unknown, message: "the engine died".to_owned(), code: None };
                self.hear(Heard::Answer { place, attempt, answer: Answer::Fault(fault) });
            }
        }
    }
}
