//! What happened in one run, from who wanted it to what is left of it: plain data, for reports, for the record that is
//! kept, and for figures over many runs. Knows neither how it is written nor where.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::{ExposureStatus, Measured, RunFigures};
use crate::engine::{Evidence, Truth};
use crate::model::Applied;
use crate::value::At;

/// An instant that programs read as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub At);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// When something was to happen, as far as anybody could tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Foreseen {
    pub earliest: Option<When>,
    pub likely: Option<When>,
    pub latest: Option<When>,
}

/// One run, told.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    pub version: u32,
    pub run: String,
    pub rollout: String,
    /// The file it was read from, as its user named it.
    pub file: String,
    /// The digest of the plan.
    pub plan: String,
    pub state: &'static str,
    /// How it ended; that of one that can still be taken back is success.
    pub outcome: Option<&'static str>,
    /// Why it ended as it did, where there is more to say than the outcome.
    pub why: Option<String>,
    pub by: String,
    /// Why whoever started it did.
    pub reason: Option<String>,
    pub profile: Option<String>,
    pub inputs: BTreeMap<String, String>,
    /// The strategies that it applied.
    pub strategies: Vec<Applied>,
    pub started: Option<When>,
    /// When it ended for good; none while it can still be taken back.
    pub finished: Option<When>,
    /// Until when it can be taken back after its success.
    pub retained_until: Option<When>,
    pub took_ms: Option<i64>,
    pub percent: u32,
    /// What was to be expected of the run as a whole when it began.
    pub forecast: Option<Foreseen>,
    /// How long taking everything back was to last once all was done.
    pub rollback_ms: Option<i64>,
    pub stages: Vec<StageAccount>,
    pub targets: Vec<TargetAccount>,
    pub decisions: Vec<Decision>,
    pub verdicts: Vec<VerdictAccount>,
    /// What was looked at after the success.
    pub verification: Verification,
    #[serde(serialize_with = "summaries")]
    pub metrics: Vec<Measured>,
    pub exposures: Vec<ExposureStatus>,
    pub windows: Vec<WindowWait>,
    pub notices: Vec<Note>,
    pub notes: Vec<Note>,
    pub warnings: Vec<Note>,
    pub interventions: Vec<Intervention>,
    pub failures: Vec<Failure>,
    pub undone: Vec<Moment>,
    /// What could not be undone.
    pub needs_hands: Vec<String>,
    pub kept: Vec<KeptAccount>,
    /// Where its documents were written, once they were.
    pub artifacts: Option<FiledAccount>,
    pub figures: RunFigures,
    pub journal: JournalFacts,
    /// Everything that a person would have read while it ran.
    #[serde(skip)]
    pub log: Vec<(At, String)>,
}

/// How one stage went.
#[derive(Debug, Clone, Serialize)]
pub struct StageAccount {
    pub path: String,
    pub status: &'static str,
    pub doc: Option<String>,
    pub risk: Option<String>,
    /// What its loops came to, in words.
    pub how: Vec<String>,
    pub total: u32,
    pub done: u32,
    pub failed: u32,
    pub began: Option<When>,
    pub ended: Option<When>,
    pub took_ms: Option<i64>,
    /// When it was to end.
    pub forecast: Option<Foreseen>,
}

/// What became of one target.
#[derive(Debug, Clone, Serialize)]
pub struct TargetAccount {
    pub name: String,
    pub fleet: String,
    /// `done`, `failed`, `undone`, `stopped`, `running`, `untouched`: where it was left last.
    pub status: &'static str,
    /// Whether anything that changes it ever began.
    pub changed: bool,
    pub stages: Vec<String>,
}

/// One question to people and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    pub path: String,
    /// `approval`, `checklist` or `confirm`.
    pub kind: &'static str,
    pub text: Option<String>,
    pub people: Vec<String>,
    pub need: u32,
    pub asked: When,
    pub until: Option<When>,
    pub items: Vec<Item>,
    pub answers: Vec<AnswerAccount>,
    /// `given`, `rejected`, `expired`, `open`; `over` where the run went on without an answer.
    pub outcome: &'static str,
    /// From the question to the answer that settled it.
    pub lead_ms: Option<i64>,
}

/// An item of a checklist.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    pub text: String,
    pub by: Option<String>,
    pub at: Option<When>,
}

/// What one person said.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerAccount {
    pub at: When,
    pub by: String,
    /// `approved`, `rejected`, `ticked`, `confirmed`.
    pub said: &'static str,
    pub reason: Option<String>,
}

/// One condition at one place and what it came to.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictAccount {
    pub path: String,
    pub target: Option<String>,
    /// The word of the language: `check`, `watch`, `guard`, `require`.
    pub kind: &'static str,
    pub condition: String,
    /// What it came to last.
    pub truth: Truth,
    pub asked: u32,
    pub violated: u32,
    pub unknown: u32,
    pub first: When,
    pub last: When,
    /// What was seen the last time that it did not hold, or the last time of all.
    pub evidence: Vec<Evidence>,
    #[serde(skip)]
    pub afterwards: bool,
}

/// What was looked at after the success, and whether the way to it ended well.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verification {
    /// The conditions that held when they were asked last, and those that did not.
    pub held: u32,
    pub not_held: u32,
    /// How what is done afterwards ended; none where nothing is.
    pub afterwards: Option<&'static str>,
}

/// Something waited for its window, or was held up in it.
#[derive(Debug, Clone, Serialize)]
pub struct WindowWait {
    pub path: String,
    pub from: When,
    /// When it went on; none if it never did.
    pub until: Option<When>,
    pub why: String,
}

/// Something that was said.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    pub at: When,
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    pub text: String,
}

/// Somebody took a hand in it.
#[derive(Debug, Clone, Serialize)]
pub struct Intervention {
    pub at: When,
    pub by: String,
    pub what: &'static str,
    pub path: String,
    pub reason: Option<String>,
}

/// Something went wrong there.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    pub at: When,
    pub path: String,
    pub target: Option<String>,
    /// `failed`, `tolerated`, `not_undone`.
    pub kind: &'static str,
    pub why: String,
}

/// Something happened there.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    pub at: When,
    pub path: String,
}

/// A value that this run left.
#[derive(Debug, Clone, Serialize)]
pub struct KeptAccount {
    pub target: Option<String>,
    pub key: String,
    /// None: it was taken away.
    pub value: Option<String>,
}

/// Where the documents of a run are.
#[derive(Debug, Clone, Serialize)]
pub struct FiledAccount {
    pub at: When,
    /// Relative to the folder of the file.
    pub folder: String,
    /// Why they are not there.
    pub failure: Option<String>,
}

/// Where a run stands in the journal, so that what is told of it can be checked.
#[derive(Debug, Clone, Default, Serialize)]
pub struct JournalFacts {
    pub records: u64,
    pub first_seq: u64,
    pub last_seq: u64,
    /// Where the hash chain of the run ends, in hexadecimal.
    pub head: String,
}

impl Account {
    /// Whether something went wrong that a person wants to understand afterwards.
    pub fn wants_post_mortem(&self) -> bool {
        self.outcome.is_some_and(|it| it != "succeeded")
    }
}

/// The record holds what the samples came to; the samples themselves have a file of their own.
fn summaries<S: Serializer>(metrics: &[Measured], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(metrics.iter().flat_map(Measured::summaries))
}
