//! The account of one run, read from whichever journal there is: its events, and what was to be expected of it when it
//! began, worked out again from what was known then. Knows how to read; what is told is not its business.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::{JournalError, Record, RunSummary, past};
use crate::engine::{Event, KeptValue, seen_from_outside};
use crate::eval::{Fuel, eval};
use crate::plan::{KeptValues, NodeId, NodeKind, Plan};
use crate::sim::{Three, forecast};
use crate::value::At;
use crate::view::{Account, Expectations, Foreseen, JournalFacts, Telling, When};

/// What a journal answers that accounts are made from.
pub struct Shelves<'a> {
    /// All runs, the oldest first.
    pub runs: &'a [RunSummary],
    pub plan: &'a AskPlan<'a>,
    /// At most so many records of a run after a position.
    pub records: &'a AskRecords<'a>,
}

/// Returns a plan by its digest.
pub type AskPlan<'a> = dyn Fn(&str) -> Result<Plan, JournalError> + 'a;

/// Returns records of a run after a position, at most so many.
pub type AskRecords<'a> = dyn Fn(&str, u64, usize) -> Result<Vec<Record>, JournalError> + 'a;

const PAGE: usize = 4096;

/// A run, told.
pub struct Told {
    pub plan: Arc<Plan>,
    pub account: Account,
    /// The folder that its documents belong in, if its rollout names one; a sentence where that has no value.
    pub artifacts: Option<Result<String, String>>,
}

/// Returns what happened in a run, up to now.
///
/// # Errors
/// If the journal cannot be read.
pub fn told(run: &RunSummary, shelves: &Shelves<'_>, now: At) -> Result<Told, JournalError> {
    let plan = Arc::new((shelves.plan)(&run.plan)?);
    let mut telling = Telling::new(Arc::clone(&plan));
    let mut facts = JournalFacts::default();
    let mut kept: Vec<KeptValue> = Vec::new();
    each(&run.id, shelves, |record| {
        if let Event::RunStarted(started) = &*record.event {
            kept.clone_from(&started.kept);
            facts.first_seq = record.seq;
        }
        telling.hear(record.at, &record.event);
        facts.records += 1;
        facts.last_seq = record.seq;
        facts.head = record.hash.to_string();
    })?;
    let expected = expectations(run, &plan, kept, shelves)?;
    let artifacts = plan.artifacts.as_ref().map(|expr| {
        let here = seen_from_outside(&plan, telling.board().run(), now);
        let value = eval(expr, &here, &mut Fuel::default());
        value.map(|it| it.to_string()).map_err(|it| it.message)
    });
    let account = telling.account(now, &expected, facts);
    Ok(Told { plan, account, artifacts })
}

/// Goes through all records of a run.
pub fn each(run: &str, shelves: &Shelves<'_>, mut hear: impl FnMut(&Record)) -> Result<(), JournalError> {
    let mut after = 0;
    loop {
        let page = (shelves.records)(run, after, PAGE)?;
        page.iter().for_each(&mut hear);
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.seq,
            Some(_) | None => return Ok(()),
        }
    }
}

/// Returns the runs that have ended and whose documents nobody has written, the oldest first.
///
/// # Errors
/// If the journal cannot be read.
pub fn unfiled(shelves: &Shelves<'_>) -> Result<Vec<RunSummary>, JournalError> {
    let mut wants: BTreeMap<SmolStr, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for run in shelves.runs.iter().filter(|it| it.is_finished()) {
        let last = (shelves.records)(&run.id, run.last_seq.saturating_sub(1), 1)?;
        let is_filed = !matches!(last.first().map(|it| &*it.event), Some(Event::RunFinished { .. }));
        if is_filed {
            continue;
        }
        if !wants.contains_key(&run.plan) {
            wants.insert(run.plan.clone(), (shelves.plan)(&run.plan)?.artifacts.is_some());
        }
        if wants[&run.plan] {
            found.push(run.clone());
        }
    }
    Ok(found)
}

/// What a forecast would have said when the run began: from the plan and the runs before it.
fn expectations(
    run: &RunSummary,
    plan: &Plan,
    kept: Vec<KeptValue>,
    shelves: &Shelves<'_>,
) -> Result<Expectations, JournalError> {
    let before: Vec<RunSummary> = shelves.runs.iter().filter(|it| it.started < run.started).cloned().collect();
    let records = |run: &str, limit| (shelves.records)(run, 0, limit);
    let past = past(&run.rollout, &before, shelves.plan, records)?;
    let kept: KeptValues = kept.into_iter().map(|it| ((it.target, it.key), it.value)).collect();
    let ahead = forecast(plan, &kept, run.started, &past);
    let ids = (0..plan.nodes.len() as u32).map(NodeId);
    let stages = ids.filter(|it| matches!(plan.node(*it).kind, NodeKind::Stage(_)));
    let stages: BTreeMap<NodeId, Foreseen> = stages.map(|it| (it, foreseen(ahead.of(it).ends))).collect();
    Ok(Expectations { run: Some(foreseen(ahead.run.ends)), rollback_ms: ahead.rollback_ms, stages })
}

fn foreseen(it: Three) -> Foreseen {
    Foreseen { earliest: it.earliest.map(When), likely: it.likely.map(When), latest: it.latest.map(When) }
}
