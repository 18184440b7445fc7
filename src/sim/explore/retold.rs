//! A way that was found, gone once more: what every command came to, what the world answered when, what people did. Knows
//! no text; judges nothing.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::gauge::Gauge;
use super::mishap::{Mishap, Path, Turning, links};
use super::scene::{Next, Scene};
use crate::engine::{Answer, Event, ProbeJob, Probed};
use crate::plan::{Place, Plan};
use crate::value::Value;

/// What happened on a way, as a test would give it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Retold {
    /// How the run ended, or that it waits: as a test calls it.
    pub outcome: &'static str,
    /// Whether each attempt of a command or request went well, in order.
    pub worked: BTreeMap<Place, Vec<bool>>,
    /// What each subject was each time that it was asked about: its name and what it is about, when, and its value; none
    /// where nobody said.
    pub read: BTreeMap<(SmolStr, Vec<SmolStr>), Readings>,
    /// What was asked of people, and what they did.
    pub asked: BTreeMap<Place, Did>,
    /// What a person wanted, and when.
    pub wishes: Vec<(i64, &'static str)>,
    /// When the engine died, and what it had started with it.
    pub reboots_ms: Vec<i64>,
}

/// What something was each time that it was asked about.
pub type Readings = Vec<(i64, Option<Value>)>;

/// What people did who were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    Agreed,
    Refused,
    KeptSilent,
}

/// Goes a way once more, from its beginning.
pub(super) fn retell(plan: &Plan, first: Scene, path: &Path, steps: usize, gauge: &mut Gauge) -> Retold {
    let mut retold = Retold::default();
    let mut scene = first;
    let asked = scene.run.requests().map(|(place, _)| (place, Did::Agreed)).collect();
    retold.asked = asked;
    for link in links(path) {
        retold.go(plan, &mut scene, link.steps, gauge);
        let at_ms = scene.now.since_ms(scene.start);
        let events = match &link.turning {
            Turning::Fault(mishap) => {
                retold.note(mishap, at_ms);
                scene.suffer(plan, mishap.clone())
            }
            Turning::Choice(command) => {
                let events = scene.decide(plan, command.clone()).unwrap_or_default();
                retold.wishes.push((scene.now.since_ms(scene.start), super::mishap::wish(command)));
                events
            }
        };
        retold.hear(&events, None, at_ms);
    }
    retold.go(plan, &mut scene, steps, gauge);
    // What is bad on the way is no end yet.
    while scene.run.finished().is_none() && scene.steps < steps + FURTHER && !is_at_rest(&scene) {
        let further = scene.steps + 1;
        retold.go(plan, &mut scene, further, gauge);
    }
    let resting = if scene.run.paused().is_some() { "paused" } else { "waiting" };
    retold.outcome = scene.run.finished().map_or(resting, |it| it.name());
    retold
}

/// For how long a run is followed beyond what was found, so that a test of it has all its answers.
const FURTHER: usize = 2_000;

fn is_at_rest(scene: &Scene) -> bool {
    matches!(scene.next(), Next::Decision | Next::Nothing)
}

impl Retold {
    fn go(&mut self, plan: &Plan, scene: &mut Scene, steps: usize, gauge: &mut Gauge) {
        while scene.steps < steps {
            let questions = scene.questions();
            let events = scene.go_on(plan, gauge);
            self.hear(&events, questions.as_deref(), scene.now.since_ms(scene.start));
        }
    }

    fn hear(&mut self, events: &[Event], questions: Option<&[ProbeJob]>, at_ms: i64) {
        for event in events {
            match event {
                Event::Answered { place, answer: Answer::Done(_), .. } => self.worked_at(*place, true),
                Event::Answered { place, answer: Answer::Fault(_), .. } => self.worked_at(*place, false),
                Event::Answered { answer: Answer::Probed { results }, .. } => {
                    let asked = questions.into_iter().flatten().zip(results);
                    asked.for_each(|(probe, result)| self.heard(probe, result, at_ms));
                }
                Event::ApprovalRequested { place, .. } => drop(self.asked.entry(*place).or_insert(Did::Agreed)),
                _ => {}
            }
        }
    }

    fn worked_at(&mut self, place: Place, well: bool) {
        self.worked.entry(place).or_default().push(well);
    }

    fn heard(&mut self, probe: &ProbeJob, result: &Probed, at_ms: i64) {
        let value = match result {
            Probed::Holds => Some(Value::Bool(true)),
            Probed::Violated { .. } => Some(Value::Bool(false)),
            Probed::Sampled { value, .. } => Some(value.clone()),
            Probed::Unknown { .. } | Probed::Absent { .. } | Probed::Series { .. } => None,
        };
        let about = probe.arguments.iter().map(|it| SmolStr::new(it.to_string())).collect();
        self.read.entry((probe.subject.clone(), about)).or_default().push((at_ms, value));
    }

    fn note(&mut self, mishap: &Mishap, at_ms: i64) {
        match mishap {
            Mishap::Rejected { place } => drop(self.asked.insert(*place, Did::Refused)),
            Mishap::Silent { place } => drop(self.asked.insert(*place, Did::KeptSilent)),
            Mishap::Crash => self.reboots_ms.push(at_ms),
            // Seen in what comes of it.
            Mishap::Fails { .. } | Mishap::Violated { .. } | Mishap::Unknown { .. } | Mishap::Lost { .. } => {}
        }
    }
}
