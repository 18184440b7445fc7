//! A journal that forgets when the process ends: a row of records, and every answer a fold over them.
//! Slow on purpose where that keeps it plain: it is what the other journal is measured against.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use smol_str::SmolStr;
use tokio::sync::oneshot;

use super::record::{read_deep, write_body};
use super::{Entry, Hash, Journal, JournalError, Receipt, Record, RunSummary, StoredPlan};
use crate::engine::{Event, KeptValue};
use crate::plan::Plan;
use crate::value::Value;

/// A journal in memory.
#[derive(Default)]
pub struct Memory {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    records: Vec<Record>,
    plans: BTreeMap<SmolStr, StoredPlan>,
}

impl Memory {
    pub fn new() -> Memory {
        Memory::default()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().expect("nobody panics while holding the records")
    }
}

impl Journal for Memory {
    fn append(&self, entries: Vec<Entry>) -> Receipt {
        let mut held = self.held();
        let mut appended = Vec::new();
        for entry in entries {
            if let Some(plan) = entry.plan {
                held.plans.insert(plan.digest.clone(), plan);
            }
            for event in entry.events {
                let record = held.link(&entry.run, entry.at, event);
                held.records.push(record.clone());
                appended.push(record);
            }
        }
        let (ack, receipt) = oneshot::channel();
        // The receiver is in our hands.
        let _ = ack.send(Ok(appended));
        Receipt(receipt)
    }

    fn runs(&self) -> Result<Vec<RunSummary>, JournalError> {
        let held = self.held();
        let mut runs: Vec<RunSummary> = Vec::new();
        for record in &held.records {
            match &*record.event {
                Event::RunStarted(started) => runs.push(RunSummary {
                    id: record.run.clone(),
                    rollout: started.rollout.clone(),
                    plan: started.plan.clone(),
                    exclusive: held.plans.get(&started.plan).and_then(|it| it.exclusive.clone()),
                    by: started.by.clone(),
                    reason: started.reason.clone(),
                    started: record.at,
                    finished: None,
                    outcome: None,
                    last_seq: record.seq,
                }),
                event => {
                    let Some(run) = runs.iter_mut().find(|it| it.id == record.run) else { continue };
                    run.last_seq = record.seq;
                    if let Event::RunFinished { outcome, .. } = event {
                        run.outcome = Some(*outcome);
                        run.finished = Some(record.at);
                    }
                }
            }
        }
        Ok(runs)
    }

    fn unfinished(&self) -> Result<Vec<RunSummary>, JournalError> {
        Ok(self.runs()?.into_iter().filter(|it| !it.is_finished()).collect())
    }

    fn run(&self, id: &str) -> Result<RunSummary, JournalError> {
        let run = self.runs()?.into_iter().find(|it| it.id == id);
        run.ok_or_else(|| JournalError::NoSuchRun { run: id.into() })
    }

    fn verified(&self, run: &str) -> Result<Vec<Record>, JournalError> {
        self.records(Some(run), 0, usize::MAX)
    }

    fn records(&self, run: Option<&str>, after: u64, limit: usize) -> Result<Vec<Record>, JournalError> {
        let held = self.held();
        let wanted = held.records.iter().filter(|it| it.seq > after && run.is_none_or(|run| it.run == run));
        Ok(wanted.take(limit).cloned().collect())
    }

    fn plan(&self, digest: &str) -> Result<Plan, JournalError> {
        let held = self.held();
        let plan = held.plans.get(digest).ok_or_else(|| JournalError::NoSuchPlan { digest: digest.into() })?;
        let mut plan: Plan = read_deep(&plan.body).expect("the plan was written by this process");
        plan.index();
        Ok(plan)
    }

    fn kept(&self, rollout: &str) -> Result<Vec<KeptValue>, JournalError> {
        let held = self.held();
        let mut rollouts: BTreeMap<&str, &str> = BTreeMap::new();
        let mut kept: BTreeMap<(Option<SmolStr>, SmolStr), Value> = BTreeMap::new();
        for record in &held.records {
            if let Event::RunStarted(started) = &*record.event {
                rollouts.insert(&record.run, &started.rollout);
            }
            if let Event::Kept { target, key, value, .. } = &*record.event
                && rollouts.get(record.run.as_str()) == Some(&rollout)
            {
                kept.insert((target.clone(), key.clone()), value.clone());
            }
        }
        let present = kept.into_iter().filter(|(_, value)| !value.is_null());
        Ok(present.map(|((target, key), value)| KeptValue { target, key, value }).collect())
    }
}

impl Held {
    fn link(&self, run: &SmolStr, at: crate::value::At, event: Event) -> Record {
        let last = self.records.iter().rev().find(|it| it.run == *run);
        let number = last.map_or(1, |it| it.number + 1);
        let before = last.map_or(Hash::NONE, |it| it.hash);
        let hash = before.link(run, number, at, write_body(&event).as_bytes());
        let seq = self.records.len() as u64 + 1;
        Record { seq, run: run.clone(), number, at, event: Arc::new(event), hash }
    }
}
