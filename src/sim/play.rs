//! One run from its start to its end on virtual time, with every event that a journal would hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{
    Answer, Command, Effect, Event, Fault, FaultKind, Heard, KeptValue, Outcome, PauseReason, Person, Run, RunStarted,
    apply, outstanding, step,
};
use crate::plan::{KeptValues, Place, Plan};
use crate::sim::{Crash, Luck, Routers};
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
    /// Nothing is under way, nothing will come, and nobody is asked.
    Stuck,
    /// More events than a scenario may have.
    TooLong,
    /// An oracle was broken; a sentence says which and where.
    Broken(String),
}

/// No scenario has more events.
const EVENTS_MAX: usize = 2_000_000;

/// Plays a run.
pub fn play(plan: &Plan, kept: &KeptValues, luck: Luck, crash: &mut dyn FnMut(usize) -> Option<Crash>) -> Played {
    let mut stage = Stage::new(plan, luck);
    stage.hear(Heard::Start(Box::new(started(plan, kept))));
    let outcome = loop {
        if let Some(broken) = stage.broken.take() {
            break Err(Stopped::Broken(broken));
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
    }
}

/// The world on virtual time.
struct Stage<'p> {
    plan: &'p Plan,
    luck: Luck,
    run: Run,
    now: At,
    events: Vec<(At, Event)>,
    /// Answers on their way, by when they come and in which order they were asked for.
    coming: BTreeMap<(At, u64), (Place, u32, Answer)>,
    /// What people will say, likewise; they live on when the engine dies.
    replies: BTreeMap<(At, u64), (Person, Command)>,
    /// How often people were asked at each place.
    requests: BTreeMap<Place, u32>,
    /// What was set in the world; it stays when the engine dies.
    routers: Routers,
    asked: u64,
    /// Everything that was asked in this life of the engine.
    asked_in_this_life: BTreeSet<(Place, u32)>,
    looked_for_crash: usize,
    crashes: u32,
    decisions: u64,
    broken: Option<String>,
}

impl<'p> Stage<'p> {
    fn new(plan: &'p Plan, luck: Luck) -> Stage<'p> {
        Stage {
            plan,
            luck,
            run: Run::new(),
            // Some Monday: 2026-11-23T00:00Z.
            now: At(1_795_392_000_000),
            events: Vec::new(),
            coming: BTreeMap::new(),
            replies: BTreeMap::new(),
            requests: BTreeMap::new(),
            routers: Routers::default(),
            asked: 0,
            asked_in_this_life: BTreeSet::new(),
            looked_for_crash: 0,
            crashes: 0,
            decisions: 0,
            broken: None,
        }
    }

    fn hear(&mut self, heard: Heard) {
        let step = step(self.plan, &mut self.run, self.now, heard);
        let now = self.now;
        for event in &step.events {
            if let Event::ApprovalRequested { place, .. } = event {
                self.ask_people(*place);
            }
        }
        self.events.extend(step.events.into_iter().map(|it| (now, it)));
        for effect in step.effects {
            self.perform(effect);
        }
    }

    /// People hear what they are asked, and will say what they say.
    fn ask_people(&mut self, place: Place) {
        let Some(request) = self.run.request(place) else { return };
        let nth = self.requests.entry(place).or_default();
        *nth += 1;
        for (after_ms, by, command) in self.luck.replies(self.plan, place, *nth, request) {
            self.asked += 1;
            self.replies.insert((self.now.plus_ms(after_ms), self.asked), (by, command));
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Perform { place, attempt, job } => {
                if !self.asked_in_this_life.insert((place, attempt)) {
                    let path = self.plan.path(place);
                    self.broken = Some(format!("`{path}` was asked twice for attempt {attempt}"));
                }
                let (takes_ms, answer) = self.luck.answer(place, attempt, &job);
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
        let answer = self.coming.keys().next().map(|(at, _)| *at);
        let reply = self.replies.keys().next().map(|(at, _)| *at);
        let alarm = self.run.next_wake();
        if let Some(at) = reply
            && answer.is_none_or(|it| at < it)
            && alarm.is_none_or(|it| at < it)
        {
            let (_, (by, command)) = self.replies.pop_first().expect("it was just seen");
            self.now = self.now.max(at);
            self.hear(Heard::Command { by, command });
            return true;
        }
        match (answer, alarm) {
            (Some(at), alarm) if alarm.is_none_or(|alarm| at <= alarm) => {
                let (_, (place, attempt, answer)) = self.coming.pop_first().expect("it was just seen");
                self.now = self.now.max(at);
                self.hear(Heard::Answer { place, attempt, answer });
                true
            }
            (_, Some(at)) => {
                self.now = self.now.max(at);
                self.hear(Heard::Tick);
                true
            }
            (Some(_), None) | (None, None) => self.decide(),
        }
    }

    /// A person decides what a paused run waits for.
    fn decide(&mut self) -> bool {
        let Some(paused) = self.run.paused().cloned() else { return self.persuade() };
        self.decisions += 1;
        let command = match paused {
            // In the end a person loses patience.
            _ if self.decisions > 50 => Command::Rollback { reason: None },
            PauseReason::Asked { .. }
            | PauseReason::Said { .. }
            | PauseReason::Unanswered { .. }
            | PauseReason::Rejected { .. }
                if self.run.awaiting().next().is_none() =>
            {
                Command::Resume { reason: None }
            }
            _ => match self.luck.choose(self.decisions, 4) {
                0 => Command::Skip { path: None, reason: None },
                1 => Command::Rollback { reason: None },
                _ => Command::Retry { path: None, reason: None },
            },
        };
        self.now = self.now.plus_ms(60_000);
        self.hear(Heard::Command { by: Person("sim".into()), command });
        true
    }

    /// When everybody was silent, somebody who is asked says yes in the end; false if nobody is asked.
    fn persuade(&mut self) -> bool {
        let open = self.run.requests().find_map(|(place, request)| {
            let ask = self.plan.ask_at(place.node)?;
            let item = request.open_items().next().map_or(0, |(at, _)| at as usize);
            let by = request.missing().next()?;
            Some((Person(by.clone()), super::people::yes(&ask.kind, self.plan.path(place), item)))
        });
        let Some((by, command)) = open else { return false };
        self.now = self.now.plus_ms(3_600_000);
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
