//! What a gate would have said over a while that is past: its samples, the stretches of one verdict, and each line's
//! numbers beside their limits. Knows no source.

use serde::Serialize;
use smol_str::SmolStr;

use crate::engine::{Event, Evidence, Truth};
use crate::value::{At, Value};

/// A gate, looked back at.
#[derive(Debug, Clone, PartialEq)]
pub struct Backtest {
    /// As a person would write it: `healthy(ny)`.
    pub gate: String,
    /// The target that it is about, if it is about one.
    pub target: Option<SmolStr>,
    pub from: At,
    pub to: At,
    pub every_ms: i64,
    pub samples: Vec<Judged>,
}

/// One sample of a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub at: At,
    pub truth: Truth,
    pub evidence: Vec<Evidence>,
}

/// Samples in a row that came to the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Spell<'b> {
    pub from: At,
    /// The last sample of it.
    pub to: At,
    pub truth: Truth,
    pub samples: usize,
    /// The lines that made it what it is, at its first sample.
    pub because: Vec<&'b Evidence>,
}

/// The numbers of one line of a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<'b> {
    pub what: &'b str,
    pub points: Vec<Point>,
}

/// One number, its limit, and what the line came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    pub at: At,
    pub value: Option<Value>,
    pub bound: Option<Value>,
    pub truth: Truth,
}

impl Backtest {
    /// Reads the samples from what happened in a run that does nothing but watch the gate.
    pub fn of(gate: String, (from, to): (At, At), every_ms: i64, events: &[(At, Event)]) -> Backtest {
        let samples = events.iter().filter_map(|(at, event)| match event {
            Event::Evaluated { truth, evidence, .. } => {
                Some(Judged { at: *at, truth: *truth, evidence: evidence.clone() })
            }
            _ => None,
        });
        Backtest { gate, target: None, from, to, every_ms, samples: samples.collect() }
    }

    pub fn count(&self, truth: Truth) -> usize {
        self.samples.iter().filter(|it| it.truth == truth).count()
    }

    /// Returns the stretches in which it was violated.
    pub fn fired(&self) -> impl Iterator<Item = Spell<'_>> {
        self.spells().into_iter().filter(|it| it.truth == Truth::Violated)
    }

    /// Returns the stretches of one verdict, in their order.
    pub fn spells(&self) -> Vec<Spell<'_>> {
        let mut spells: Vec<Spell<'_>> = Vec::new();
        for Judged { at, truth, evidence } in &self.samples {
            match spells.last_mut() {
                Some(last) if last.truth == *truth => {
                    last.to = *at;
                    last.samples += 1;
                }
                _ => {
                    let because = because(*truth, evidence);
                    spells.push(Spell { from: *at, to: *at, truth: *truth, samples: 1, because });
                }
            }
        }
        spells
    }

    /// Returns the numbers of each line, in the order of the gate.
    pub fn traces(&self) -> Vec<Trace<'_>> {
        let mut traces: Vec<Trace<'_>> = Vec::new();
        for Judged { at, evidence, .. } in &self.samples {
            for line in evidence.iter().filter(|it| is_line(it, evidence) && it.value.is_some()) {
                let Evidence { what, truth, value, bound, .. } = line;
                let value = value.clone().filter(|it| *it != Value::Unknown);
                let point = Point { at: *at, value, bound: bound.clone(), truth: *truth };
                match traces.iter_mut().find(|it| it.what == what) {
                    Some(trace) => trace.points.push(point),
                    None => traces.push(Trace { what, points: vec![point] }),
                }
            }
        }
        traces
    }
}

/// Returns the lines that made a sample what it is; of what is not known, the questions that had no answer.
fn because(truth: Truth, evidence: &[Evidence]) -> Vec<&Evidence> {
    let same = || evidence.iter().filter(|it| it.truth == truth && !it.warns);
    let questions: Vec<&Evidence> = same().filter(|it| truth == Truth::Unknown && it.value.is_none()).collect();
    if questions.is_empty() { same().filter(|it| is_line(it, evidence)).collect() } else { questions }
}

/// Whether evidence is a line of the gate, or the only kind there is: a plain sample speaks through the line that
/// compares it.
fn is_line(evidence: &Evidence, all: &[Evidence]) -> bool {
    evidence.bound.is_some() || all.iter().all(|it| it.bound.is_none())
}
