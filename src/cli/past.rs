//! What the sources of metrics know of a while that is past. Each query is asked once for the whole while; what knows only
//! what is now is remembered, so that it can be said.

use std::collections::BTreeMap;

use std::sync::Arc;

use crate::action::{Past, Performer};
use crate::engine::{MetricAsk, MetricSource, ProbeAsk, ProbeJob, Probed};
use crate::plan::Plan;
use crate::runtime::{StateFolder, performer_for};
use crate::value::At;

/// The while that is looked at.
#[derive(Clone, Copy)]
pub struct While {
    pub from: At,
    pub to: At,
    pub every_ms: i64,
}

/// Sources, asked for what they were.
pub struct Library {
    runtime: tokio::runtime::Runtime,
    performer: Performer,
    span: While,
    known: BTreeMap<String, Result<Past, String>>,
    /// What was asked and has no past, with the reason.
    pub without_past: BTreeMap<String, &'static str>,
}

impl Library {
    /// Opens the sources of a plan.
    ///
    /// # Errors
    /// The runtime could not be started.
    pub fn open(folder: &StateFolder, plan: &Arc<Plan>, span: While) -> std::io::Result<Library> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let performer = runtime.block_on(performer_for(folder, plan));
        Ok(Library { runtime, performer, span, known: BTreeMap::new(), without_past: BTreeMap::new() })
    }

    /// Answers a question as of an instant.
    pub fn answer(&mut self, probe: &ProbeJob, now: At) -> Probed {
        let ask = match keeps_its_past(&probe.ask) {
            Ok(ask) => ask,
            Err(why) => {
                self.without_past.insert(probe.subject.to_string(), why);
                return Probed::Unknown { why: why.to_owned() };
            }
        };
        match (&ask.source, ask.over) {
            (MetricSource::Prometheus { .. }, None) => self.step(ask, now),
            (MetricSource::Recorded { metric, target, since, .. }, None) => {
                let (metric, target) = (metric.clone(), target.clone());
                let source = MetricSource::Recorded { metric, target, since: *since, until: Some(now) };
                self.runtime.block_on(self.performer.look(&MetricAsk { source, ..ask.clone() }))
            }
            // What was before a change is asked for as the engine asks.
            (_, _) => self.runtime.block_on(self.performer.look(ask)),
        }
    }

    fn step(&mut self, ask: &MetricAsk, now: At) -> Probed {
        let key = serde_json::to_string(ask).expect("a question is plain data");
        let While { from, to, every_ms } = self.span;
        if !self.known.contains_key(&key) {
            let past = self.runtime.block_on(self.performer.past(ask, (from, to), every_ms));
            self.known.insert(key.clone(), past);
        }
        match &self.known[&key] {
            Ok(past) => past.get(&now).cloned().unwrap_or(Probed::Absent { why: "there is no data".to_owned() }),
            Err(why) => Probed::Unknown { why: why.clone() },
        }
    }
}

/// Returns what is asked of a source that keeps the past, or why nobody can say what it was.
fn keeps_its_past(ask: &ProbeAsk) -> Result<&MetricAsk, &'static str> {
    let ProbeAsk::Metric(ask) = ask else { return Err("a probe knows only what is now") };
    match &ask.source {
        MetricSource::Prometheus { .. } | MetricSource::Recorded { .. } => Ok(ask),
        MetricSource::Alertmanager { .. } => {
            Err("Alertmanager knows only what is now; Prometheus keeps in its series `ALERTS` which alerts fired")
        }
        MetricSource::Http { .. } => Err("a page knows only what is now"),
        MetricSource::Command(_) => Err("a command knows only what is now"),
    }
}
