//! One state of the world and its run while endings are searched for: what is under way, what people will say, what is
//! broken. Lets the next thing happen as it always goes, or otherwise; never decides which.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::gauge::{Gauge, Open};
use super::mishap::{Link, Mishap, Path, Turning};
use crate::engine::{
    Answer, Command, Done, Effect, Event, Fault, FaultKind, Heard, Job, Kinship, PauseReason, Person, ProbeJob, Probed,
    Run, RunStarted, Truth, Waiting, leap, outstanding, step,
};
use crate::model::{Act, Otherwise};
use crate::plan::{NodeKind, Place, Plan};
use crate::sim::Routers;
use crate::value::{At, Value};

/// How long a command or request takes, and a question to the world.
pub(super) const WORK_MS: i64 = 60_000;
const PROBE_MS: i64 = 1_000;

/// After how long people answer, or decide.
pub(super) const PERSON_MS: i64 = 300_000;

/// For how many samples something is not as a condition that holds on wants it.
const HOLD_SAMPLES: u32 = 10;

/// A state.
#[derive(Clone)]
pub(super) struct Scene {
    pub run: Run,
    pub now: At,
    pub start: At,
    pub path: Path,
    pub faults: u32,
    coming: BTreeMap<(At, u64), Coming>,
    replies: BTreeMap<(At, u64), (Place, Person, Command)>,
    asked: u64,
    routers: Routers,
    lost: BTreeSet<u32>,
    /// Conditions that do not come out as they always do, and for how many samples yet.
    bent: BTreeMap<Place, (Truth, u32)>,
}

/// An answer on its way.
#[derive(Clone)]
struct Coming {
    place: Place,
    attempt: u32,
    what: What,
}

#[derive(Clone)]
enum What {
    Work,
    Router(Rc<Job>),
    Probes(Rc<[ProbeJob]>),
    Ended,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Answer,
    Alarm(At),
    Reply,
    /// A paused run rests until a person decides.
    Decision,
    Nothing,
}

impl Scene {
    pub fn new(plan: &Plan, start: At, started: RunStarted) -> Scene {
        let mut scene = Scene {
            run: Run::new(),
            now: start,
            start,
            path: None,
            faults: 0,
            coming: BTreeMap::new(),
            replies: BTreeMap::new(),
            asked: 0,
            routers: Routers::default(),
            lost: BTreeSet::new(),
            bent: BTreeMap::new(),
        };
        scene.hear(plan, Heard::Start(Box::new(started)));
        scene
    }

    /// Returns a fingerprint: states that go on alike have the same one.
    pub fn likeness(&self, kinship: &Kinship) -> u64 {
        let mut likeness = kinship.of(&self.run, self.now);
        for ((at, _), coming) in &self.coming {
            let ended = matches!(coming.what, What::Ended);
            likeness.note(coming.place, ("coming", at.since_ms(self.now), ended));
        }
        for ((at, _), (place, ..)) in &self.replies {
            likeness.note(*place, ("reply", at.since_ms(self.now)));
        }
        for (place, (truth, left)) in &self.bent {
            likeness.note(*place, ("bent", *truth as u8, left));
        }
        for (router, share) in self.routers.all() {
            likeness.note_whole((router, share.to_string()));
        }
        for target in &self.lost {
            likeness.note_target(*target, "lost");
        }
        likeness.finish()
    }

    /// An answer comes before an alarm of the same instant, and both before what people say.
    pub fn next(&self) -> Next {
        if self.run.paused().is_some() && self.coming.is_empty() && self.replies.is_empty() {
            return Next::Decision;
        }
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
        if let Some((at, _)) = self.replies.keys().next()
            && sooner(*at, next.0)
        {
            next = (Some(*at), Next::Reply);
        }
        next.1
    }

    /// Returns everything that may go wrong with what happens next.
    pub fn mishaps(&self, plan: &Plan) -> Vec<Mishap> {
        match self.next() {
            Next::Answer => self.coming.values().next().map(|it| self.mishaps_of(plan, it)).unwrap_or_default(),
            Next::Reply => match self.replies.values().next() {
                Some((place, ..)) if self.is_fresh(*place) => {
                    vec![Mishap::Rejected { place: *place }, Mishap::Silent { place: *place }]
                }
                Some(_) | None => Vec::new(),
            },
            Next::Alarm(_) | Next::Decision | Next::Nothing => Vec::new(),
        }
    }

    /// Whether nobody has said anything to a question yet.
    fn is_fresh(&self, place: Place) -> bool {
        self.run.request(place).is_some_and(|it| it.approved.is_empty() && it.ticked.is_empty())
    }

    fn mishaps_of(&self, plan: &Plan, coming: &Coming) -> Vec<Mishap> {
        let (place, attempt) = (coming.place, coming.attempt);
        let mut targets: BTreeSet<u32> = plan.target_index_of(place).into_iter().collect();
        let mut mishaps = match &coming.what {
            What::Ended => return Vec::new(),
            What::Work | What::Router(_) if self.is_lost(plan, place) => return Vec::new(),
            What::Work | What::Router(_) => vec![Mishap::Fails { place, attempt }],
            What::Probes(probes) => {
                targets.extend(probes.iter().flat_map(|it| subjects(plan, it)));
                match self.bent.contains_key(&place) {
                    true => Vec::new(),
                    false => vec![Mishap::Violated { place }, Mishap::Unknown { place }],
                }
            }
        };
        let left = targets.into_iter().filter(|it| !self.lost.contains(it));
        mishaps.extend(left.map(|target| Mishap::Lost { target }));
        mishaps
    }

    fn is_lost(&self, plan: &Plan, place: Place) -> bool {
        plan.target_index_of(place).is_some_and(|it| self.lost.contains(&it))
    }

    /// Lets something go wrong.
    pub fn suffer(&mut self, plan: &Plan, mishap: Mishap) -> Vec<Event> {
        self.faults += 1;
        let after_ms = self.soon().since_ms(self.start);
        let events = match &mishap {
            Mishap::Fails { .. } => {
                let fault = Fault { kind: FaultKind::Refused, message: "exit code 1".to_owned(), code: Some(1) };
                self.deliver(plan, Answer::Fault(fault))
            }
            Mishap::Violated { place } => self.bend(plan, *place, Truth::Violated),
            Mishap::Unknown { place } => self.bend(plan, *place, Truth::Unknown),
            Mishap::Rejected { place } => {
                let (at, reply) = self.replies.pop_first().expect("somebody was about to answer");
                self.replies.retain(|_, it| it.0 != *place);
                self.now = self.now.max(at.0);
                let path = Some(plan.path(*place));
                self.hear(plan, Heard::Command { by: reply.1, command: Command::Reject { path, reason: None } }).0
            }
            Mishap::Silent { place } => {
                self.replies.retain(|_, it| it.0 != *place);
                Vec::new()
            }
            Mishap::Crash => self.crash(plan),
            Mishap::Lost { target } => {
                self.lost.insert(*target);
                Vec::new()
            }
        };
        self.path = Some(Rc::new(Link { after_ms, turning: Turning::Fault(mishap), before: self.path.take() }));
        events
    }

    /// Returns when the next thing happens.
    fn soon(&self) -> At {
        match self.next() {
            Next::Answer => self.coming.keys().next().map_or(self.now, |(at, _)| *at),
            Next::Reply => self.replies.keys().next().map_or(self.now, |(at, _)| *at),
            Next::Alarm(_) | Next::Decision | Next::Nothing => self.now,
        }
    }

    fn bend(&mut self, plan: &Plan, place: Place, truth: Truth) -> Vec<Event> {
        let holds = match &plan.node(place.node).kind {
            NodeKind::Act(act) => match &**act {
                Act::Check(it) => it.otherwise == Some(Otherwise::Hold),
                Act::Watch(it) | Act::Guard(it) => it.otherwise == Some(Otherwise::Hold),
                _ => false,
            },
            _ => false,
        };
        self.bent.insert(place, (truth, if holds { HOLD_SAMPLES } else { u32::MAX }));
        Vec::new()
    }

    fn crash(&mut self, plan: &Plan) -> Vec<Event> {
        self.coming.clear();
        let mut events = self.hear(plan, Heard::Recovered).0;
        for (place, attempt) in outstanding(&self.run) {
            let fault = Fault { kind: FaultKind::Unknown, message: "the engine died".to_owned(), code: None };
            events.extend(self.hear(plan, Heard::Answer { place, attempt, answer: Answer::Fault(fault) }).0);
        }
        events
    }

    /// Lets what was just asked, and is answered alike again, be asked later; whether anything is.
    pub fn leap(&mut self, plan: &Plan, events: &[Event]) -> bool {
        let mut leapt = false;
        for event in events {
            if let Event::Waiting { place, why: Waiting::Sample | Waiting::Again, .. } = event
                && self.bent.get(place).is_none_or(|(_, left)| *left == u32::MAX)
            {
                leapt |= leap(plan, &mut self.run, self.now, *place);
            }
        }
        leapt
    }

    /// Lets the next thing happen as it always goes.
    pub fn go_on(&mut self, plan: &Plan, gauge: &mut Gauge) -> Vec<Event> {
        match self.next() {
            Next::Answer => {
                let answer = self.answer(plan, gauge);
                self.deliver(plan, answer)
            }
            Next::Alarm(at) => {
                self.now = self.now.max(at);
                self.hear(plan, Heard::Tick).0
            }
            Next::Reply => {
                let ((at, _), (_, by, command)) = self.replies.pop_first().expect("it was just seen");
                self.now = self.now.max(at);
                self.hear(plan, Heard::Command { by, command }).0
            }
            Next::Decision | Next::Nothing => Vec::new(),
        }
    }

    fn deliver(&mut self, plan: &Plan, answer: Answer) -> Vec<Event> {
        let ((at, _), Coming { place, attempt, .. }) = self.coming.pop_first().expect("it was just seen");
        self.now = self.now.max(at);
        self.hear(plan, Heard::Answer { place, attempt, answer }).0
    }

    fn answer(&mut self, plan: &Plan, gauge: &mut Gauge) -> Answer {
        let (at, coming) = self.coming.iter().next().expect("it was just seen");
        let fault = |kind, message: &str| Answer::Fault(Fault { kind, message: message.to_owned(), code: None });
        match &coming.what {
            What::Ended => fault(FaultKind::Ended, "it was ended"),
            What::Work | What::Router(_) if self.is_lost(plan, coming.place) => {
                fault(FaultKind::Unreachable, "nothing answers there")
            }
            What::Work => Answer::Done(done(plan, coming.place)),
            What::Router(job) => self.routers.answered(job, Answer::Done(Done::default())),
            What::Probes(probes) => {
                let (place, attempt, now) = (coming.place, coming.attempt, self.now.max(at.0));
                let open = Open { plan, run: &self.run, now, place, attempt, probes };
                let wanted = self.bent.get(&place).map_or(Truth::Holds, |it| it.0);
                let mut results = gauge.results(&open, wanted);
                for (probe, result) in probes.iter().zip(&mut results) {
                    if subjects(plan, probe).any(|it| self.lost.contains(&it)) {
                        *result = Probed::Unknown { why: "nothing answers there".to_owned() };
                    }
                }
                Answer::Probed { results }
            }
        }
    }

    /// Returns what a person may want of a run that rests, the most hopeful first.
    pub fn choices(&self, plan: &Plan) -> Vec<Command> {
        let Some(paused) = self.run.paused() else { return Vec::new() };
        let (path, reason) = (None, None);
        let rollback = self.run.can_roll_back().then_some(Command::Rollback { reason: None });
        let Some(failed) = self.run.awaiting().next() else {
            return match paused {
                PauseReason::Asked { .. }
                | PauseReason::Said { .. }
                | PauseReason::Failed { .. }
                | PauseReason::Interrupted { .. }
                | PauseReason::Unanswered { .. }
                | PauseReason::Rejected { .. } => std::iter::once(Command::Resume { reason }).chain(rollback).collect(),
            };
        };
        let can_skip = self.run.ways_on(plan, failed).contains(&"skip");
        let skip = can_skip.then(|| Command::Skip { path: path.clone(), reason: reason.clone() });
        std::iter::once(Command::Retry { path, reason }).chain(skip).chain(rollback).collect()
    }

    /// Lets a person decide; none if that is refused.
    pub fn decide(&mut self, plan: &Plan, command: Command) -> Option<Vec<Event>> {
        self.now = self.now.plus_ms(PERSON_MS);
        let (after_ms, turning) = (self.now.since_ms(self.start), Turning::Choice(command.clone()));
        let (events, refused) = self.hear(plan, Heard::Command { by: Person("operator".into()), command });
        self.path = Some(Rc::new(Link { after_ms, turning, before: self.path.take() }));
        (!refused).then_some(events)
    }

    /// Returns what the world was asked and has not answered.
    pub fn under_way(&self) -> Vec<(Place, u32)> {
        outstanding(&self.run)
    }

    fn hear(&mut self, plan: &Plan, heard: Heard) -> (Vec<Event>, bool) {
        let step = step(plan, &mut self.run, self.now, heard);
        for event in &step.events {
            self.learn(plan, event);
        }
        for effect in step.effects {
            self.perform(effect);
        }
        (step.events, step.refused.is_some())
    }

    fn learn(&mut self, plan: &Plan, event: &Event) {
        match event {
            Event::ApprovalRequested { place, .. } => self.people_hear(plan, *place),
            Event::Ended { place, .. } | Event::Warned { place, .. } => drop(self.bent.remove(place)),
            Event::Evaluated { place, .. } => {
                if let Some((_, left)) = self.bent.get_mut(place) {
                    *left = left.saturating_sub(u32::from(*left != u32::MAX));
                    if *left == 0 || !watches(plan, *place) {
                        self.bent.remove(place);
                    }
                }
            }
            _ => {}
        }
    }

    /// People will say yes, as many as it takes.
    fn people_hear(&mut self, plan: &Plan, place: Place) {
        self.replies.retain(|_, it| it.0 != place);
        let (Some(request), Some(ask)) = (self.run.request(place), plan.ask_at(place.node)) else { return };
        let path = plan.path(place);
        for nth in 0..request.need as usize {
            let by = if request.items.is_empty() { nth } else { 0 };
            let Some(by) = request.of.get(by) else { continue };
            let command = crate::sim::people::yes(&ask.kind, path.clone(), nth);
            self.asked += 1;
            let reply = (place, Person(by.clone()), command);
            self.replies.insert((self.now.plus_ms(PERSON_MS), self.asked), reply);
        }
    }

    fn perform(&mut self, effect: Effect) {
        self.asked += 1;
        match effect {
            Effect::Perform { place, attempt, job } => {
                let (takes_ms, what) = match *job {
                    Job::Command(_) | Job::Http(_) | Job::Notice(_) => (WORK_MS, What::Work),
                    Job::Router(_) => (WORK_MS, What::Router(job.into())),
                    Job::Probes { probes } => (PROBE_MS, What::Probes(probes.into())),
                };
                self.coming.insert((self.now.plus_ms(takes_ms), self.asked), Coming { place, attempt, what });
            }
            Effect::End { place, attempt } => {
                let key = self.coming.iter().find(|(_, it)| it.place == place && it.attempt == attempt);
                if let Some(key) = key.map(|(key, _)| *key) {
                    self.coming.remove(&key);
                    let ended = Coming { place, attempt, what: What::Ended };
                    self.coming.insert((self.now.plus_ms(1), self.asked), ended);
                }
            }
        }
    }
}

/// Whether an action asks its condition again and again.
fn watches(plan: &Plan, place: Place) -> bool {
    match &plan.node(place.node).kind {
        NodeKind::Act(act) => matches!(**act, Act::Check(_) | Act::Watch(_) | Act::Guard(_) | Act::Require { .. }),
        _ => false,
    }
}

/// Returns the targets that something is asked about, by their place in the plan's table.
fn subjects<'a>(plan: &'a Plan, probe: &'a ProbeJob) -> impl Iterator<Item = u32> + 'a {
    let targets = probe.arguments.iter().filter_map(Value::as_target);
    targets.filter_map(|target| plan.targets.iter().position(|it| *it == *target).map(|it| it as u32))
}

/// Returns what a step that succeeds leaves: something for each output that it has declared.
fn done(plan: &Plan, place: Place) -> Done {
    let mut done = Done::default();
    for around in std::iter::once(place).chain(plan.all_around(place)) {
        if let NodeKind::Step(step) = &plan.node(around.node).kind {
            let outputs = step.outputs.iter().map(|it| (it.name.clone(), sample(&it.of)));
            done.outputs.extend(outputs);
        }
    }
    done
}

/// Returns some text of a type.
fn sample(of: &crate::value::Type) -> String {
    use crate::value::Type;
    match of {
        Type::Bool => "true".to_owned(),
        Type::Int | Type::Number => "1".to_owned(),
        Type::Percent => "1%".to_owned(),
        Type::Duration => "1m".to_owned(),
        Type::Size => "1MiB".to_owned(),
        Type::OneOf(members) => members.first().map_or_else(String::new, |it| it.to_string()),
        Type::Url => "https://example.org/".to_owned(),
        _ => "something".to_owned(),
    }
}
