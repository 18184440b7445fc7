//! Numbers that somebody pushes: held against what live runs make of them, then kept. The engine does so for whoever
//! talks to it, and a command by itself where no engine lives. Knows no source but the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::clock::Clock;
use super::folder::{FolderError, StateFolder};
use crate::diag::nearest;
use crate::engine::Person;
use crate::eval::read_as;
use crate::journal::{JournalError, Reader, RunSummary, Sample, Samples};
use crate::model::MetricMeans;
use crate::plan::Plan;
use crate::value::{At, Type, Value};

/// A number to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToRecord {
    pub metric: SmolStr,
    /// With its unit, as the language writes it: `42%`, `300ms`.
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<SmolStr>,
    /// None: it is for every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<SmolStr>,
    /// None: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

/// A number that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    pub value: Value,
    pub at: At,
    /// The live runs that read it.
    pub read_by: Vec<SmolStr>,
}

/// Why a number was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// A sentence without a period.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Records into one state folder.
pub struct Recorder {
    folder: StateFolder,
    samples: OnceLock<Samples>,
    /// What each plan makes of its metrics, by its digest: reading a large plan takes a while.
    known: Mutex<BTreeMap<SmolStr, Arc<Declared>>>,
}

/// What a plan declares.
struct Declared {
    metrics: BTreeMap<SmolStr, Wants>,
    targets: BTreeSet<SmolStr>,
    /// How far back it asks, as far as the plan knows.
    reach_ms: Option<i64>,
}

/// What a metric wants to be given.
struct Wants {
    of: Type,
    about_target: bool,
    is_recorded: bool,
}

const DAY_MS: i64 = 86_400_000;

/// So long what was recorded is kept at least.
const KEPT_MS: i64 = 30 * DAY_MS;

/// With every so manieth number it is looked whether there are old ones.
const FORGET_EVERY: u64 = 1024;

/// The types that a number may have, each after those that are more than it.
const TYPES: [Type; 5] = [Type::Percent, Type::Int, Type::Number, Type::Duration, Type::Size];

impl Recorder {
    pub fn new(folder: &StateFolder) -> Recorder {
        Recorder { folder: folder.clone(), samples: OnceLock::new(), known: Mutex::default() }
    }

    /// Keeps a number; it is durable when this returns.
    ///
    /// # Errors
    /// If it does not fit a live run that reads it, or the disk refuses it.
    pub fn record(&self, asked: ToRecord, by: Person) -> Result<Recorded, Unrecorded> {
        let now = Clock::start().now();
        let at = asked.at.unwrap_or(now);
        if at > now {
            return Err(Unrecorded::Refused(format!("{at} has not come yet, and nothing can be known of it")));
        }
        let runs = self.runs(asked.run.as_deref())?;
        let mut fitting = Vec::new();
        for run in runs {
            let declared = self.declared(&run)?;
            if let Some(value) = fits(&asked, &run.id, &declared).map_err(Unrecorded::Refused)? {
                fitting.push((run.id, value));
            }
        }
        let value = match fitting.first() {
            Some((_, value)) => value.clone(),
            None => any_number(&asked.value).map_err(Unrecorded::Refused)?,
        };
        let ToRecord { metric, target, run, .. } = asked;
        let kept = self.samples()?.keep(&Sample { metric, target, run, at, value: value.clone(), by })?;
        if kept % FORGET_EVERY == 1 {
            self.forget_old(now)?;
        }
        Ok(Recorded { value, at, read_by: fitting.into_iter().map(|(run, _)| run).collect() })
    }

    /// Forgets what is older than a month, but nothing that a live run may still ask for.
    fn forget_old(&self, now: At) -> Result<(), Unrecorded> {
        let mut before = now.plus_ms(-KEPT_MS);
        for run in self.runs(None)? {
            let Some(reach_ms) = self.declared(&run)?.reach_ms else { return Ok(()) };
            before = before.min(run.started.plus_ms(-KEPT_MS.max(reach_ms + DAY_MS)));
        }
        self.samples()?.forget(before)?;
        Ok(())
    }

    /// Returns the live runs, or the one that is named.
    fn runs(&self, named: Option<&str>) -> Result<Vec<RunSummary>, Unrecorded> {
        let live = match self.reader()? {
            Some(reader) => reader.unfinished()?,
            None => Vec::new(),
        };
        let Some(named) = named else { return Ok(live) };
        match live.into_iter().find(|it| it.id == named) {
            Some(run) => Ok(vec![run]),
            None => Err(Unrecorded::Refused(format!("`{named}` is no live run"))),
        }
    }

    fn reader(&self) -> Result<Option<Reader>, JournalError> {
        match Reader::open(&self.folder.journal()) {
            Ok(reader) => Ok(Some(reader)),
            Err(JournalError::Absent { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn declared(&self, run: &RunSummary) -> Result<Arc<Declared>, Unrecorded> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(declared) = known.get(&run.plan) {
            return Ok(Arc::clone(declared));
        }
        let plan = Reader::open(&self.folder.journal())?.plan(&run.plan)?;
        let declared = Arc::new(Declared::of(&plan));
        known.insert(run.plan.clone(), Arc::clone(&declared));
        Ok(declared)
    }

    fn samples(&self) -> Result<&Samples, Unrecorded> {
        if let Some(samples) = self.samples.get() {
            return Ok(samples);
        }
        self.folder.prepare()?;
        let opened = Samples::open(&self.folder.samples())?;
        Ok(self.samples.get_or_init(|| opened))
    }
}

impl Declared {
    fn of(plan: &Plan) -> Declared {
        let metrics = plan.metrics.iter().map(|it| {
            let is_recorded = matches!(it.means, MetricMeans::Recorded { .. });
            (it.name.clone(), Wants { of: it.of.clone(), about_target: !it.params.is_empty(), is_recorded })
        });
        let targets = plan.targets.iter().map(|it| it.name.clone());
        Declared { metrics: metrics.collect(), targets: targets.collect(), reach_ms: plan.reach_ms() }
    }
}

/// Reads a number as a run wants it; none: the run has no such metric, and was not named.
fn fits(asked: &ToRecord, run: &str, declared: &Declared) -> Result<Option<Value>, String> {
    let ToRecord { metric, value, target, .. } = asked;
    let is_meant = asked.run.is_some();
    let Some(wants) = declared.metrics.get(metric) else {
        let recorded = declared.metrics.iter().filter(|(_, it)| it.is_recorded).map(|(name, _)| name.as_str());
        return match nearest(metric, recorded) {
            Some(near) if is_meant => Err(format!("`{run}` has no metric `{metric}`; did you mean `{near}`?")),
            _ if is_meant => Err(format!("`{run}` has no metric `{metric}`")),
            _ => Ok(None),
        };
    };
    if !wants.is_recorded {
        return Err(format!("`{metric}` of run `{run}` is read from its source; only `from = recorded` is pushed"));
    }
    match (target, wants.about_target) {
        (None, true) => return Err(format!("`{metric}` is about a target: say which with `--target`")),
        (Some(_), false) => return Err(format!("`{metric}` is about no target: leave `--target` out")),
        (Some(target), true) if !declared.targets.contains(target) => {
            let near = nearest(target, declared.targets.iter().map(SmolStr::as_str));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!("`{run}` has no target `{target}`{near}"));
        }
        (Some(_), true) | (None, false) => {}
    }
    let read = read_as(value, &wants.of).ok();
    read.map(Some).ok_or_else(|| {
        let example = example(&wants.of);
        format!("`{metric}` is {}, and `{value}` is not: write it as `{example}`", wants.of.described())
    })
}

/// Reads a number that no live run has a metric for yet, by its unit.
fn any_number(text: &str) -> Result<Value, String> {
    let value = TYPES.iter().find_map(|it| read_as(text, it).ok());
    value.ok_or_else(|| format!("`{text}` is no number: write `42`, `0.5`, `42%`, `300ms` or `512MiB`"))
}

fn example(of: &Type) -> &'static str {
    match of {
        Type::Percent => "42%",
        Type::Duration => "300ms",
        Type::Size => "512MiB",
        Type::Number => "0.5",
        _ => "42",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(metric: &str, value: &str) -> ToRecord {
        ToRecord { metric: metric.into(), value: value.to_owned(), target: None, run: None, at: None }
    }

    fn declared() -> Declared {
        let wants = |of, about_target, is_recorded| Wants { of, about_target, is_recorded };
        let metrics = [
            ("adoption".into(), wants(Type::Percent, true, true)),
            ("revenue".into(), wants(Type::Number, false, true)),
            ("p95".into(), wants(Type::Duration, false, false)),
        ];
        Declared { metrics: metrics.into(), targets: ["ny".into()].into(), reach_ms: Some(0) }
    }

    #[test]
    fn a_number_is_held_against_what_a_run_makes_of_it() {
        let at_ny = |value: &str| ToRecord { target: Some("ny".into()), ..asked("adoption", value) };
        let said = |it: ToRecord| fits(&it, "r", &declared());
        assert_eq!(said(at_ny("42%")), Ok(Some(Value::Percent(42.0))));
        assert_eq!(said(asked("revenue", "7")), Ok(Some(Value::Number(7.0))));
        assert_eq!(said(asked("other", "7")), Ok(None));
        let wrong = [
            (at_ny("0.42"), "write it as `42%`"),
            (at_ny("300ms"), "is a percent"),
            (asked("adoption", "42%"), "--target"),
            (ToRecord { target: Some("ny".into()), ..asked("revenue", "7") }, "no target"),
            (ToRecord { target: Some("nyc".into()), ..asked("adoption", "1%") }, "did you mean `ny`"),
            (asked("p95", "300ms"), "read from its source"),
            (ToRecord { run: Some("r".into()), ..asked("adoptoin", "1%") }, "did you mean `adoption`"),
        ];
        for (asked, expected) in wrong {
            let why = said(asked).expect_err(expected);
            assert!(why.contains(expected), "{why}");
        }
    }

    #[test]
    fn without_a_run_the_unit_says_what_it_is() {
        assert_eq!(any_number("42%"), Ok(Value::Percent(42.0)));
        assert_eq!(any_number("42"), Ok(Value::Int(42)));
        assert_eq!(any_number("-0.5"), Ok(Value::Number(-0.5)));
        assert_eq!(any_number("300ms"), Ok(Value::Duration(300)));
        assert_eq!(any_number("512MiB"), Ok(Value::Size(512 << 20)));
        assert!(any_number("many").is_err());
    }
}
