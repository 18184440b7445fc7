//! What every journal can do: append, and answer for what was appended. Knows neither files nor tables.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use smol_str::SmolStr;
use tokio::sync::{oneshot, watch};

use super::{Hash, JournalError, Record, Room};
use crate::engine::{Event, KeptValue, Outcome, Person};
use crate::plan::Plan;
use crate::value::At;

/// Durable memory of what happened.
pub trait Journal: Send + Sync {
    /// Appends entries, all or none of them; the receipt resolves when they are durable and not before.
    fn append(&self, entries: Vec<Entry>) -> Receipt;

    /// Returns all runs, the oldest first.
    fn runs(&self) -> Result<Vec<RunSummary>, JournalError>;

    /// Returns the runs that have not ended, the oldest first.
    fn unfinished(&self) -> Result<Vec<RunSummary>, JournalError>;

    /// Returns one run; an unknown one is an error that says so.
    fn run(&self, id: &str) -> Result<RunSummary, JournalError>;

    /// Returns all records of a run, after a look at whether they are the ones that were written.
    fn verified(&self, run: &str) -> Result<Vec<Record>, JournalError>;

    /// Returns at most `limit` records after a position, of one run or of all.
    fn records(&self, run: Option<&str>, after: u64, limit: usize) -> Result<Vec<Record>, JournalError>;

    /// Returns a plan by its digest.
    fn plan(&self, digest: &str) -> Result<Plan, JournalError>;

    /// Returns what the runs of a rollout have kept.
    fn kept(&self, rollout: &str) -> Result<Vec<KeptValue>, JournalError>;

    /// Returns whether it can grow, and tells when that changes; one that only remembers always can.
    fn room(&self) -> watch::Receiver<Room> {
        watch::Sender::new(Room::Enough).subscribe()
    }
}

/// What one run appends at one instant.
#[derive(Debug)]
pub struct Entry {
    pub run: SmolStr,
    pub at: At,
    pub events: Vec<Event>,
    /// With a run's first event: the plan it starts with.
    pub plan: Option<StoredPlan>,
}

/// A plan in its written form, under its digest.
#[derive(Debug, Clone)]
pub struct StoredPlan {
    pub digest: SmolStr,
    /// All that it needs for itself, a line each.
    pub exclusive: Option<String>,
    pub body: Arc<[u8]>,
}

impl StoredPlan {
    /// Writes a plan; the digest is that of `Plan::digest`, at the price of one writing.
    pub fn of(plan: &Plan) -> StoredPlan {
        let body = serde_json::to_vec(plan).expect("a plan is plain data");
        let digest = SmolStr::new(Hash::of(&body).to_string());
        StoredPlan { digest, exclusive: exclusive_of(plan), body: body.into() }
    }
}

/// Returns all that a plan needs for itself, a line each.
pub(super) fn exclusive_of(plan: &Plan) -> Option<String> {
    let exclusive: Vec<&str> = plan.exclusives().collect();
    (!exclusive.is_empty()).then(|| exclusive.join("\n"))
}

/// What the journal knows of a run without replaying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    pub id: SmolStr,
    pub rollout: SmolStr,
    /// The digest of its plan.
    pub plan: SmolStr,
    /// All that it needs for itself, a line each.
    pub exclusive: Option<String>,
    pub by: Person,
    pub reason: Option<String>,
    pub started: At,
    pub finished: Option<At>,
    /// None while the run is live.
    pub outcome: Option<Outcome>,
    /// The position of its last record.
    pub last_seq: u64,
}

impl RunSummary {
    pub fn is_finished(&self) -> bool {
        self.outcome.is_some()
    }
}

/// The promise that what was appended is durable.
#[must_use]
pub struct Receipt(pub(super) oneshot::Receiver<Result<Vec<Record>, JournalError>>);

impl Receipt {
    /// Waits on a thread that is no runtime's.
    pub fn wait(self) -> Result<Vec<Record>, JournalError> {
        self.0.blocking_recv().unwrap_or(Err(JournalError::Ended))
    }
}

impl Future for Receipt {
    type Output = Result<Vec<Record>, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or(Err(JournalError::Ended)))
    }
}
