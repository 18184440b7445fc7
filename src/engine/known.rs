//! What a condition asks of the world, each question once, and what is known of it. Knows no source and no scope.

use std::collections::BTreeMap;

use super::Truth;
use super::measure::called;
use crate::eval::{Rise, Stretch};
use crate::model::{MetricId, ProbeId};
use crate::plan::Plan;
use crate::value::Value;

/// One question to the world: what is asked, about what.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    Probe { probe: ProbeId, arguments: Vec<Value> },
    Metric { metric: MetricId, arguments: Vec<Value> },
    Before { metric: MetricId, arguments: Vec<Value>, stretch: Stretch },
    Series { metric: MetricId, arguments: Vec<Value>, over_ms: i64 },
    Trend { metric: MetricId, arguments: Vec<Value>, rise: Rise },
}

/// What is known of a question.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    Truth(Truth),
    Value(Value),
    Series(Vec<f64>),
    Unknown,
    /// Data is absent, and that counts as a violation.
    Fails,
}

/// Questions in the order of asking. Conditions ask about thousands of targets: each is found by its words.
#[derive(Debug, Default)]
pub(super) struct Questions {
    all: Vec<Question>,
    /// Where those with the same words stand; more than one where other questions happen to read alike.
    by_words: BTreeMap<String, Vec<usize>>,
}

/// What is known of questions, for as many of them as were answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    questions: Questions,
    known: Vec<Known>,
}

impl Questions {
    /// Writes a question down, unless it was asked before.
    pub fn add(&mut self, plan: &Plan, question: Question) {
        let alike = self.by_words.entry(question.shown(plan)).or_default();
        if alike.iter().all(|it| self.all[*it] != question) {
            alike.push(self.all.len());
            self.all.push(question);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Question> {
        self.all.iter()
    }

    pub fn answered(self, known: Vec<Known>) -> Answers {
        Answers { questions: self, known }
    }

    fn place_of(&self, plan: &Plan, question: &Question) -> Option<usize> {
        let alike = self.by_words.get(&question.shown(plan))?;
        alike.iter().copied().find(|it| self.all[*it] == *question)
    }
}

impl Answers {
    pub fn of(&self, plan: &Plan, question: &Question) -> Option<&Known> {
        self.known.get(self.questions.place_of(plan, question)?)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Question, &Known)> {
        self.questions.iter().zip(&self.known)
    }
}

impl Question {
    /// Returns the metric that is asked for, if one is.
    pub fn metric(&self) -> Option<MetricId> {
        match self {
            Question::Probe { .. } => None,
            Question::Metric { metric, .. }
            | Question::Before { metric, .. }
            | Question::Series { metric, .. }
            | Question::Trend { metric, .. } => Some(*metric),
        }
    }

    pub fn arguments(&self) -> &[Value] {
        match self {
            Question::Probe { arguments, .. }
            | Question::Metric { arguments, .. }
            | Question::Before { arguments, .. }
            | Question::Series { arguments, .. }
            | Question::Trend { arguments, .. } => arguments,
        }
    }

    /// Returns it as a person would write it: `p95(berlin)`.
    pub fn shown(&self, plan: &Plan) -> String {
        match self {
            Question::Probe { probe, arguments } => called(plan, &plan.probes[probe.index()].name, arguments),
            Question::Metric { metric, arguments } => called(plan, &plan.metrics[metric.index()].name, arguments),
            Question::Series { metric, arguments, over_ms } => {
                let over = Value::Duration(*over_ms);
                format!("{} over {over}", called(plan, &plan.metrics[metric.index()].name, arguments))
            }
            Question::Trend { metric, arguments, rise } => {
                let metric = called(plan, &plan.metrics[metric.index()].name, arguments);
                let (over, per) = (Value::Duration(rise.over_ms), Value::Duration(rise.per_ms));
                if rise.per_ms == rise.over_ms {
                    format!("trend({metric}, over = {over})")
                } else {
                    format!("trend({metric}, over = {over}, per = {per})")
                }
            }
            Question::Before { metric, arguments, stretch } => {
                let metric = called(plan, &plan.metrics[metric.index()].name, arguments);
                let (over, ago) = (Value::Duration(stretch.over_ms), Value::Duration(stretch.ago_ms));
                if stretch.ago_ms == 0 {
                    format!("before({metric}, over = {over})")
                } else {
                    format!("before({metric}, over = {over}, ago = {ago})")
                }
            }
        }
    }
}
