//! The engine in virtual time while everything goes well: from a start or from where a run is, to its end or to where
//! nobody knows how it goes on. Remembers when each node began and ended, and no events.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::conduct::timeout_ms;
use super::pace::{Pace, Times};
use crate::engine::{
    Answer, Command, Done, Effect, Ending, Event, Fault, FaultKind, Heard, Job, PauseReason, Person, Run, outstanding,
    step,
};
use crate::model::{Act, Ask};
use crate::plan::{NodeId, NodeKind, Place, Plan};
use crate::value::{At, Type, show_duration};

/// More events than anybody waits for.
const EVENTS_MAX: usize = 3_000_000;

/// As far as anything is looked at.
const HORIZON_MS: i64 = 20 * 365 * 86_400_000;

/// How long people take to answer, where nothing is known of them.
const PEOPLE_MS: i64 = 300_000;

/// So often is a run that waits for a decision helped on.
const DECISIONS_MAX: u32 = 100;

/// When a node first began, and when the last of its places ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub begins: Option<At>,
    pub ends: Option<At>,
}

/// A run that is looked ahead of.
pub(super) struct Ahead<'p> {
    plan: &'p Plan,
    pub run: Run,
    pub now: At,
    pace: Pace,
    times: &'p Times<'p>,
    horizon: At,
    coming: BTreeMap<(At, u64), Coming>,
    numbered: u64,
    events: usize,
    decisions: u32,
    pub seen: Vec<Seen>,
    /// What holds back for good what would begin.
    pub shut: BTreeMap<Place, String>,
    /// What was taken for granted, a clause each.
    pub assumed: BTreeSet<String>,
    /// Why there was no going on, a clause each.
    pub unknown: BTreeSet<String>,
}

/// Something that will be heard.
enum Coming {
    Answer(Place, u32, Answer),
    Said(Person, Command),
}

impl<'p> Ahead<'p> {
    /// A run that has not begun.
    pub fn from_start(plan: &'p Plan, times: &'p Times, pace: Pace, start: At, started: Heard) -> Ahead<'p> {
        let mut ahead = Ahead::new(plan, times, pace, Run::new(), start);
        ahead.hear(started);
        ahead
    }

    /// A run that is under way.
    pub fn from_here(plan: &'p Plan, times: &'p Times, pace: Pace, run: Run, now: At) -> Ahead<'p> {
        let mut ahead = Ahead::new(plan, times, pace, run, now);
        for (place, attempt) in outstanding(&ahead.run) {
            let since = ahead.run.frame(place).map_or(now, |it| it.begun);
            ahead.ask_world(place, attempt, None, now.since_ms(since));
        }
        let asked: Vec<Place> = ahead.run.requests().filter(|(_, it)| it.unmet.is_none()).map(|it| it.0).collect();
        asked.into_iter().for_each(|it| ahead.ask_people(it));
        ahead
    }

    fn new(plan: &'p Plan, times: &'p Times, pace: Pace, run: Run, now: At) -> Ahead<'p> {
        Ahead {
            plan,
            run,
            now,
            pace,
            times,
            horizon: now.plus_ms(HORIZON_MS),
            coming: BTreeMap::new(),
            numbered: 0,
            events: 0,
            decisions: 0,
            seen: vec![Seen::default(); plan.nodes.len()],
            shut: BTreeMap::new(),
            assumed: BTreeSet::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// Goes on until something holds of the run; returns whether it ever does.
    pub fn until(&mut self, is_there: impl Fn(&Run) -> bool) -> bool {
        while !is_there(&self.run) {
            if self.events > EVENTS_MAX {
                self.unknown.insert("there is too much to do to look ahead to its end".to_owned());
                return false;
            }
            if !self.go_on() {
                return false;
            }
        }
        true
    }

    pub fn hear(&mut self, heard: Heard) {
        let step = step(self.plan, &mut self.run, self.now, heard);
        self.events += step.events.len();
        step.events.iter().for_each(|it| self.note(it));
        for effect in step.effects {
            match effect {
                Effect::Perform { place, attempt, job } => self.ask_world(place, attempt, Some(&job), 0),
                Effect::End { place, attempt } => self.end(place, attempt),
            }
        }
    }

    fn note(&mut self, event: &Event) {
        if let Event::Began { place, .. }
        | Event::Entered { place }
        | Event::Asked { place, .. }
        | Event::ApprovalRequested { place, .. } = event
        {
            self.seen[place.node.index()].begins.get_or_insert(self.now);
        }
        if let Event::Ended { place, ending: Ending::Done | Ending::Tolerated { .. } } | Event::Skipped { place, .. } =
            event
        {
            self.seen[place.node.index()].ends = Some(self.now);
        }
        if let Event::Held { place, until: None, why } = event {
            self.shut.insert(*place, why.clone());
        }
        if let Event::ApprovalRequested { place, .. } = event {
            self.ask_people(*place);
        }
    }

    fn later(&mut self, at: At, coming: Coming) {
        self.numbered += 1;
        self.coming.insert((at, self.numbered), coming);
    }

    /// Everything that is asked goes well, some time later.
    fn ask_world(&mut self, place: Place, attempt: u32, job: Option<&Job>, already_ms: i64) {
        let NodeKind::Act(act) = &self.plan.node(place.node).kind else { return };
        let verifies = self.run.frame(place).is_some_and(|it| it.verifying);
        let asks_only = matches!(**act, Act::Check(_) | Act::Watch(_) | Act::Guard(_) | Act::Require { .. });
        if verifies || asks_only {
            return self.later(self.now, Coming::Answer(place, attempt, Answer::Probed { results: Vec::new() }));
        }
        let took = self.times.known(place.node).unwrap_or_else(|| {
            let (took, words) = Times::assumed();
            self.assumed.insert(words);
            took
        });
        let limit_ms = job.map_or(i64::MAX, timeout_ms);
        let left_ms = (took.at(self.pace).min(limit_ms) - already_ms).max(0);
        let answer = Answer::Done(self.done(place, act));
        self.later(self.now.plus_ms(left_ms), Coming::Answer(place, attempt, answer));
    }

    /// What a success leaves, as far as later expressions may read it.
    fn done(&self, place: Place, act: &Act) -> Done {
        let around = self.plan.all_around(place).filter_map(|it| match &self.plan.node(it.node).kind {
            NodeKind::Step(step) => Some(&step.outputs),
            _ => None,
        });
        let outputs = around.flatten().map(|it| (it.name.clone(), some_text(&it.of))).collect();
        let code = if matches!(act, Act::Http(_)) { 200 } else { 0 };
        Done { code, stdout: String::new(), outputs }
    }

    /// What is ended answers soon that it was.
    fn end(&mut self, place: Place, attempt: u32) {
        let is_it = |it: &Coming| matches!(it, Coming::Answer(at, nth, _) if *at == place && *nth == attempt);
        let Some(key) = self.coming.iter().find(|(_, it)| is_it(it)).map(|(key, _)| *key) else { return };
        self.coming.remove(&key);
        let fault = Fault { kind: FaultKind::Ended, message: "it was ended".to_owned(), code: None };
        self.later(self.now.plus_ms(1), Coming::Answer(place, attempt, Answer::Fault(fault)));
    }

    /// People say yes: at once, after a while, or just in time. Without a time limit nobody knows how late.
    fn ask_people(&mut self, place: Place) {
        let (Some(request), Some(ask)) = (self.run.request(place).cloned(), self.plan.ask_at(place.node)) else {
            return;
        };
        let since = self.run.frame(place).map_or(self.now, |it| it.begun);
        let Some(at) = self.answered_at(place, since, request.until, ask) else { return };
        let path = self.plan.path(place);
        let left = request.left() as usize;
        let people: Vec<SmolStr> = request.missing().cloned().collect();
        let said: Vec<(SmolStr, usize)> = match request.items.is_empty() {
            true => people.into_iter().take(left).map(|it| (it, 0)).collect(),
            false => {
                let items = request.open_items().map(|(item, _)| item as usize);
                people.first().map(|it| items.map(|item| (it.clone(), item)).collect()).unwrap_or_default()
            }
        };
        for (person, item) in said {
            let command = super::people::yes(&ask.kind, path.clone(), item);
            self.later(at, Coming::Said(Person(person), command));
        }
    }

    fn answered_at(&mut self, place: Place, since: At, until: Option<At>, ask: &Ask) -> Option<At> {
        let path = self.plan.node_path(place.node);
        match (self.pace, until) {
            (Pace::Least, _) => Some(self.now),
            (Pace::Likely, _) => {
                let known = self.times.people(&path);
                if known.is_none() {
                    self.assumed.insert(format!("people answer after {}", show_duration(PEOPLE_MS)));
                }
                let at = since.plus_ms(known.unwrap_or(PEOPLE_MS)).max(self.now);
                Some(until.map_or(at, |until| at.min(until.plus_ms(-1))).max(self.now))
            }
            (Pace::Most, Some(until)) => Some(until.plus_ms(-1).max(self.now)),
            (Pace::Most, None) => {
                self.unknown.insert(format!("{} `{path}` may take for ever: it has no `within`", ask.kind.noun()));
                None
            }
        }
    }

    /// Lets the next thing happen; false if nothing ever will.
    fn go_on(&mut self) -> bool {
        let waits_for_person =
            self.run.paused().is_some() || self.run.is_on_hold() || self.run.awaiting().next().is_some();
        if waits_for_person && self.coming.is_empty() {
            return self.decide();
        }
        let coming = self.coming.keys().next().map(|(at, _)| *at);
        match (coming, self.run.next_wake()) {
            // What people say comes after an alarm of the same instant, what the world answers before it.
            (Some(at), wake) if wake.is_none_or(|wake| at <= wake) => {
                let ((at, _), coming) = self.coming.pop_first().expect("it was just seen");
                self.now = self.now.max(at);
                match coming {
                    Coming::Answer(place, attempt, answer) => self.hear(Heard::Answer { place, attempt, answer }),
                    Coming::Said(by, command) => self.hear(Heard::Command { by, command }),
                }
                true
            }
            (_, Some(wake)) if wake <= self.horizon => {
                self.now = self.now.max(wake);
                self.hear(Heard::Tick);
                true
            }
            (_, Some(_) | None) => false,
        }
    }

    /// A person lets go on what waits for one; how late that may be is not known.
    fn decide(&mut self) -> bool {
        self.decisions += 1;
        let failed = self.run.awaiting().next().is_some();
        let command = match self.run.paused() {
            _ if failed => Command::Retry { path: None, reason: None },
            Some(PauseReason::Failed { .. } | PauseReason::Interrupted { .. }) => {
                Command::Retry { path: None, reason: None }
            }
            Some(
                PauseReason::Asked { .. }
                | PauseReason::Said { .. }
                | PauseReason::Unanswered { .. }
                | PauseReason::Rejected { .. },
            ) => Command::Resume { reason: None },
            None => Command::Advance { path: None, reason: None },
        };
        if self.pace == Pace::Most {
            self.unknown.insert("nobody knows how long a person takes to let the run go on".to_owned());
            return false;
        }
        if self.decisions > DECISIONS_MAX {
            return false;
        }
        if self.pace == Pace::Likely {
            self.assumed.insert(format!("a person lets the run go on after {}", show_duration(PEOPLE_MS)));
            self.now = self.now.plus_ms(PEOPLE_MS);
        }
        self.hear(Heard::Command { by: Person("forecast".into()), command });
        true
    }

    pub fn seen(&self, node: NodeId) -> Seen {
        self.seen[node.index()]
    }
}

/// A text that can be read as a type.
fn some_text(of: &Type) -> String {
    let text = match of {
        Type::Bool => "true",
        Type::Int | Type::Number => "1",
        Type::Percent => "1%",
        Type::Duration => "1s",
        Type::Size => "1MiB",
        Type::Time => "12:00",
        Type::Date => "2026-01-01",
        Type::Instant => "2026-01-01T00:00Z",
        Type::Weekday => "mon",
        Type::OneOf(words) => words.first().map_or("", SmolStr::as_str),
        _ => "",
    };
    text.to_owned()
}
