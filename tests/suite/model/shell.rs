//! The engine alone, in a world that is drawn: every answer comes after its time, people say what they say, and nobody
//! decides about what waits for a decision. Knows what was asked and when, and nothing of what it should have been.

use std::collections::{BTreeMap, BTreeSet};

use rollout::engine::{
    Answer, Command, Done, Effect, Event, Fault, FaultKind, Heard, Job, Person, ProbeAsk, ProbeJob, Probed, Run,
    RunStarted, step,
};
use rollout::plan::{NodeKind, Place, Plan, Role};
use rollout::value::{At, Value};

use super::fortune::{Fortune, Reading, Word};
use super::reading::Told;

const START: At = At(1_795_392_000_000);

/// Plays a run to its end, or to where nothing more happens.
pub fn played(plan: &Plan, fortune: Fortune) -> Told {
    let mut shell = Shell {
        plan,
        fortune,
        run: Run::new(),
        now: START,
        coming: BTreeMap::new(),
        replies: BTreeMap::new(),
        counted: 0,
        asked: Vec::new(),
        events: 0,
    };
    shell.hear(Heard::Start(Box::new(started(plan))));
    while shell.run.finished().is_none() && shell.events < 100_000 && shell.go_on() {}
    shell.told()
}

struct Shell<'p> {
    plan: &'p Plan,
    fortune: Fortune,
    run: Run,
    now: At,
    coming: BTreeMap<(At, u64), (Place, u32, Answer)>,
    replies: BTreeMap<(At, u64), (Place, Person, Command)>,
    counted: u64,
    asked: Vec<(i64, String)>,
    events: usize,
}

impl Shell<'_> {
    fn told(mut self) -> Told {
        self.asked.sort();
        let resting = if self.run.paused().is_some() { "paused" } else { "running" };
        let stuck: BTreeSet<String> = self.run.stuck().map(|it| self.step_name(it)).collect();
        Told { ending: self.run.finished().map_or(resting, |it| it.name()), asked: self.asked, stuck }
    }

    /// An answer comes before an alarm of the same instant, and both before what people say.
    fn go_on(&mut self) -> bool {
        let answer = self.coming.keys().next().map(|it| (it.0, 0));
        let alarm = self.run.next_wake().map(|it| (it.max(self.now), 1));
        let reply = self.replies.keys().next().map(|it| (it.0, 2));
        let Some((at, kind)) = [answer, alarm, reply].into_iter().flatten().min() else { return false };
        self.now = self.now.max(at);
        match kind {
            0 => {
                let (_, (place, attempt, answer)) = self.coming.pop_first().expect("it was just seen");
                self.hear(Heard::Answer { place, attempt, answer });
            }
            1 => self.hear(Heard::Tick),
            _ => {
                let (_, (_, by, command)) = self.replies.pop_first().expect("it was just seen");
                self.hear(Heard::Command { by, command });
            }
        }
        true
    }

    fn hear(&mut self, heard: Heard) {
        let heard = step(self.plan, &mut self.run, self.now, heard);
        self.events += heard.events.len().max(1);
        for event in heard.events {
            if let Event::ApprovalRequested { place, .. } = event {
                self.people_hear(place);
            }
        }
        for effect in heard.effects {
            match effect {
                Effect::Perform { place, attempt, job } => self.perform(place, attempt, &job),
                Effect::End { place, attempt } => self.end(place, attempt),
            }
        }
    }

    fn note(&mut self, name: &str) {
        self.asked.push((self.now.since_ms(START), name.to_owned()));
    }

    fn perform(&mut self, place: Place, attempt: u32, job: &Job) {
        let (takes_ms, answer) = match job {
            Job::Probes { probes } => {
                let name = self.named(probes[0].subject.split('_').next().unwrap_or_default(), place);
                self.note(&name);
                let results = probes.iter().map(|it| self.probed(it, place)).collect();
                (self.fortune.asking_ms(&name), Answer::Probed { results })
            }
            Job::Command(_) | Job::Http(_) | Job::Router(_) | Job::Notice(_) => {
                let name = self.step_name(place);
                self.note(&name);
                let (takes_ms, succeeds) = self.fortune.command(&name);
                let refused = Fault { kind: FaultKind::Refused, message: "exit code 1".to_owned(), code: Some(1) };
                (takes_ms, if succeeds { Answer::Done(Done::default()) } else { Answer::Fault(refused) })
            }
        };
        self.counted += 1;
        self.coming.insert((self.now.plus_ms(takes_ms), self.counted), (place, attempt, answer));
    }

    fn probed(&self, probe: &ProbeJob, place: Place) -> Probed {
        let is_metric = matches!(probe.ask, ProbeAsk::Metric(_));
        match self.fortune.reading(&self.named(&probe.subject, place)) {
            Reading::Number(number) if is_metric => Probed::Sampled { value: Value::Number(number as f64), note: None },
            Reading::Number(30..) => Probed::Holds,
            Reading::Number(_) => Probed::Violated { why: String::new() },
            Reading::Absent if is_metric => Probed::Absent { why: String::new() },
            Reading::Absent | Reading::Silent => Probed::Unknown { why: String::new() },
        }
    }

    fn end(&mut self, place: Place, attempt: u32) {
        let key = self.coming.iter().find(|(_, it)| it.0 == place && it.1 == attempt).map(|(key, _)| *key);
        if let Some(key) = key {
            self.coming.remove(&key);
            self.counted += 1;
            let fault = Fault { kind: FaultKind::Ended, message: "it was ended".to_owned(), code: None };
            self.coming.insert((self.now.plus_ms(1), self.counted), (place, attempt, Answer::Fault(fault)));
        }
    }

    fn people_hear(&mut self, place: Place) {
        self.replies.retain(|_, it| it.0 != place);
        let Some(request) = self.run.request(place).cloned() else { return };
        let name = self.named(request.text.as_deref().unwrap_or_default(), place);
        self.note(&name);
        let within_ms = request.until.map(|it| it.since_ms(self.now));
        let path = Some(self.plan.path(place));
        let says: Vec<(i64, Command)> = match self.fortune.word(&name, request.need, within_ms) {
            Word::Yes { after_ms } => {
                after_ms.into_iter().map(|ms| (ms, Command::Approve { path: path.clone(), reason: None })).collect()
            }
            Word::No { after_ms } => vec![(after_ms, Command::Reject { path, reason: None })],
            Word::Silence => Vec::new(),
        };
        for ((after_ms, command), by) in says.into_iter().zip(&request.of) {
            self.counted += 1;
            let key = (self.now.plus_ms(after_ms), self.counted);
            self.replies.insert(key, (place, Person(by.clone()), command));
        }
    }

    /// Names something after the element that it belongs to.
    fn named(&self, name: &str, place: Place) -> String {
        let mut around = std::iter::once(place).chain(self.plan.all_around(place));
        let element = around.find(|it| self.plan.node(it.node).kind == NodeKind::Sequence(Role::Target));
        match element {
            Some(element) => format!("{name}@{}", element.slot.0),
            None if place.slot.0 > 0 => format!("{name}#{}", place.slot.0),
            None => name.to_owned(),
        }
    }

    /// Names a command after its step, and whether it takes that back.
    fn step_name(&self, place: Place) -> String {
        let around: Vec<Place> = std::iter::once(place).chain(self.plan.all_around(place)).collect();
        let step = around.iter().find(|it| matches!(self.plan.node(it.node).kind, NodeKind::Step(_)));
        let name = self.named(step.map_or("", |it| self.plan.node(it.node).name.as_str()), place);
        let is_back = around.iter().any(|it| self.plan.node(it.node).kind == NodeKind::Sequence(Role::Undo));
        if is_back { format!("undo {name}") } else { name }
    }
}

fn started(plan: &Plan) -> RunStarted {
    RunStarted {
        run: "modelled".into(),
        rollout: plan.rollout.clone(),
        plan: "modelled".into(),
        inputs: plan.inputs.clone(),
        by: Person("dana".into()),
        reason: None,
        kept: Vec::new(),
        forecast: None,
    }
}
