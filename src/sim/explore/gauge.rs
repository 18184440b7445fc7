//! What the world has to answer so that a condition holds, does not hold, or is not known: searched once for each
//! condition, by trying answers and looking at the verdict.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::engine::{Answer, Event, Evidence, Heard, ProbeAsk, ProbeJob, Probed, Run, Truth, step};
use crate::plan::{NodeId, Place, Plan};
use crate::value::{At, Type, Value};

/// The answers that bring about each verdict, by where it is asked.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    found: BTreeMap<(NodeId, u8), Answers>,
    /// The verdicts that nothing brought about, by where they are asked.
    pub undriven: BTreeSet<(NodeId, u8)>,
}

/// One answer for each subject that is asked about, whatever its arguments.
type Answers = BTreeMap<(SmolStr, bool), Probed>;

/// A question that is open.
pub(super) struct Open<'a> {
    pub plan: &'a Plan,
    pub run: &'a Run,
    pub now: At,
    pub place: Place,
    pub attempt: u32,
    pub probes: &'a [ProbeJob],
}

impl Gauge {
    /// Returns the results that bring a verdict about, as far as any do.
    pub fn results(&mut self, open: &Open, wanted: Truth) -> Vec<Probed> {
        let key = (open.place.node, wanted as u8);
        let subjects: BTreeSet<(SmolStr, bool)> = open.probes.iter().map(subject).collect();
        if self.found.get(&key).is_none_or(|it| subjects.iter().any(|subject| !it.contains_key(subject))) {
            let (answers, truth) = search(open, wanted);
            let too_early = wanted == Truth::Holds && truth == Some(Truth::Unknown);
            if truth != Some(wanted) && !too_early {
                self.undriven.insert(key);
            }
            self.found.insert(key, answers);
        }
        let answers = &self.found[&key];
        open.probes.iter().map(|it| answers[&subject(it)].clone()).collect()
    }

    /// Whether a verdict can be brought about, as far as anybody has tried.
    pub fn drives(&self, node: NodeId, wanted: Truth) -> bool {
        !self.undriven.contains(&(node, wanted as u8))
    }
}

/// What is asked for, and whether of the past.
fn subject(probe: &ProbeJob) -> (SmolStr, bool) {
    let past = matches!(&probe.ask, ProbeAsk::Metric(ask) if ask.over.is_some());
    (probe.subject.clone(), past)
}

/// Tries one answer for all, then subject by subject whatever brings the verdict nearer.
fn search(open: &Open, wanted: Truth) -> (Answers, Option<Truth>) {
    let kinds: BTreeMap<(SmolStr, bool), &ProbeJob> = open.probes.iter().map(|it| (subject(it), it)).collect();
    let mut best: Answers = kinds.iter().map(|(key, it)| (key.clone(), plain(it, wanted))).collect();
    let mut tried = Tried::of(open, &best, wanted);
    let mut bounds = tried.bounds.clone();
    for _ in 0..ROUNDS {
        for (key, probe) in &kinds {
            for candidate in candidates(probe, wanted, &bounds) {
                if tried.truth == Some(wanted) {
                    return (best, tried.truth);
                }
                let mut other = best.clone();
                other.insert(key.clone(), candidate);
                let trial = Tried::of(open, &other, wanted);
                bounds.extend(trial.bounds.iter().copied().filter(|it| !bounds.contains(it)).collect::<Vec<_>>());
                if trial.distance < tried.distance {
                    (best, tried) = (other, trial);
                }
            }
        }
    }
    (best, tried.truth)
}

/// How often every subject is tried anew.
const ROUNDS: usize = 3;

/// What came of some answers.
struct Tried {
    truth: Option<Truth>,
    /// How far the verdict is from the one that is wanted, and how many lines of the evidence are not as they are wanted.
    distance: (u8, usize),
    bounds: Vec<f64>,
}

impl Tried {
    fn of(open: &Open, answers: &Answers, wanted: Truth) -> Tried {
        let results = open.probes.iter().map(|it| answers[&subject(it)].clone()).collect();
        let answer = Answer::Probed { results };
        let mut run = open.run.clone();
        let heard = Heard::Answer { place: open.place, attempt: open.attempt, answer };
        let step = step(open.plan, &mut run, open.now, heard);
        let verdict = step.events.iter().find_map(|it| match it {
            Event::Evaluated { place, truth, evidence, .. } if *place == open.place => Some((*truth, evidence)),
            _ => None,
        });
        let Some((truth, evidence)) = verdict else {
            return Tried { truth: None, distance: (u8::MAX, usize::MAX), bounds: Vec::new() };
        };
        let off = evidence.iter().filter(|it| it.truth != wanted).count();
        let distance = (apart(truth, wanted), off);
        Tried { truth: Some(truth), distance, bounds: bounds(evidence) }
    }
}

/// How far one verdict is from another. What is not known yet may still hold; what is violated does not.
fn apart(truth: Truth, wanted: Truth) -> u8 {
    match (truth, wanted) {
        _ if truth == wanted => 0,
        (Truth::Violated, Truth::Holds) | (Truth::Holds, Truth::Violated) => 2,
        (Truth::Holds | Truth::Violated | Truth::Unknown, _) => 1,
    }
}

/// Returns what was compared with, as plain numbers.
fn bounds(evidence: &[Evidence]) -> Vec<f64> {
    let values = evidence.iter().flat_map(|it| [&it.bound, &it.value]);
    values.flatten().filter_map(plain_number).collect()
}

fn plain_number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(it) | Value::Duration(it) => Some(*it as f64),
        Value::Number(it) | Value::Percent(it) => Some(*it),
        Value::Size(it) => Some(*it as f64),
        _ => None,
    }
}

/// Returns the answer that most often brings a verdict about.
fn plain(probe: &ProbeJob, wanted: Truth) -> Probed {
    match (&probe.ask, wanted) {
        (ProbeAsk::Metric(_), Truth::Unknown) => Probed::Unknown { why: "nothing answers".to_owned() },
        (ProbeAsk::Metric(ask), Truth::Holds) => sampled(&ask.of, 0.0),
        (ProbeAsk::Metric(ask), Truth::Violated) => sampled(&ask.of, 1e9),
        (ProbeAsk::Command(_) | ProbeAsk::Http(_) | ProbeAsk::Tcp { .. }, Truth::Holds) => Probed::Holds,
        (ProbeAsk::Command(_) | ProbeAsk::Http(_) | ProbeAsk::Tcp { .. }, Truth::Violated) => {
            Probed::Violated { why: "it says no".to_owned() }
        }
        (ProbeAsk::Command(_) | ProbeAsk::Http(_) | ProbeAsk::Tcp { .. }, Truth::Unknown) => {
            Probed::Unknown { why: "nothing answers".to_owned() }
        }
    }
}

fn candidates(probe: &ProbeJob, wanted: Truth, bounds: &[f64]) -> Vec<Probed> {
    let ProbeAsk::Metric(ask) = &probe.ask else {
        return [wanted, Truth::Holds, Truth::Violated, Truth::Unknown].map(|it| plain(probe, it)).to_vec();
    };
    let mut numbers = vec![0.0, 1.0, 50.0, 100.0, 1000.0];
    for bound in bounds.iter().take(32) {
        numbers.extend([bound * 0.5, *bound, bound * 1.5, bound - 1.0, bound + 1.0]);
    }
    let samples = numbers.into_iter().map(|it| sampled(&ask.of, it));
    let absent = Probed::Absent { why: "there is no data".to_owned() };
    samples.chain([plain(probe, Truth::Unknown), absent]).collect()
}

fn sampled(of: &Type, number: f64) -> Probed {
    Probed::Sampled {
        note: None,
        value: match of {
            Type::Percent => Value::Percent(number),
            Type::Duration => Value::Duration(number.round() as i64),
            Type::Size => Value::Size(number.max(0.0).round() as u64),
            Type::Int => Value::Int(number.round() as i64),
            _ => Value::Number(number),
        },
    }
}
