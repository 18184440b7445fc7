//! How long things took in the earlier runs of a rollout, read from whichever journal there is. Knows how much is worth
//! reading; what it means is not its business.

use super::{JournalError, Record, RunSummary};
use crate::plan::Plan;
use crate::sim::Past;

/// So many earlier runs are looked at, the newest first.
const RUNS_MAX: usize = 5;

/// So many records of each are.
const RECORDS_MAX: usize = 20_000;

/// Returns what the newest runs of a rollout show.
pub fn past(
    rollout: &str,
    runs: &[RunSummary],
    plan: impl Fn(&str) -> Result<Plan, JournalError>,
    records: impl Fn(&str, usize) -> Result<Vec<Record>, JournalError>,
) -> Result<Past, JournalError> {
    let mut past = Past::default();
    for run in runs.iter().rev().filter(|it| it.rollout == rollout).take(RUNS_MAX) {
        let records = records(&run.id, RECORDS_MAX)?;
        past.take_in(&plan(&run.plan)?, records.iter().map(|it| (it.at, &*it.event)));
    }
    Ok(past)
}
