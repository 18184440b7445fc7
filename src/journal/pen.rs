//! What is written within one transaction: records and their links, the tables beside them, signed heads. Knows the
//! tables; when to commit, and what a failure means, the writer knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension, Transaction, params};
use smol_str::SmolStr;

use super::record::write_body;
use super::seal::Seal;
use super::{Entry, Hash, Record, StoredPlan};
use crate::engine::{Event, RunStarted};
use crate::value::{At, Value};

/// An entry with its events in their written form, so that it can be tried again.
pub struct Draft {
    run: SmolStr,
    at: At,
    plan: Option<StoredPlan>,
    events: Vec<(Arc<Event>, String)>,
}

impl Draft {
    pub fn of(entry: Entry) -> Draft {
        let Entry { run, at, events, plan } = entry;
        let events = events.into_iter().map(|event| {
            let body = write_body(&event);
            (Arc::new(event), body)
        });
        Draft { run, at, plan, events: events.collect() }
    }

    /// How many records it comes to.
    pub fn len(&self) -> usize {
        self.events.len()
    }
}

/// The end of one run's chain.
pub struct Head {
    key: i64,
    rollout: SmolStr,
    number: u64,
    hash: Hash,
}

/// Writes within one transaction.
pub struct Pen<'a> {
    pub transaction: &'a Transaction<'a>,
    pub last_seq: &'a mut u64,
    pub heads: &'a mut BTreeMap<SmolStr, Head>,
    pub seal: &'a Seal,
}

impl Pen<'_> {
    pub fn write(&mut self, draft: &Draft, records: &mut Vec<Record>) -> rusqlite::Result<()> {
        let Draft { run, at, events, plan } = draft;
        if let Some(plan) = plan {
            let mut keep =
                self.transaction.prepare_cached("INSERT OR IGNORE INTO plan (digest, body) VALUES (?1, ?2)")?;
            keep.execute(params![plan.digest.as_str(), &plan.body[..]])?;
        }
        match events.first().map(|(event, _)| &**event) {
            Some(Event::RunStarted(started)) => {
                let exclusive = plan.as_ref().and_then(|it| it.exclusive.as_deref());
                self.begin(run, *at, started, exclusive)?;
            }
            _ if !self.heads.contains_key(run) => self.find(run)?,
            _ => {}
        }
        let head = self.heads.get_mut(run).expect("a run that began or was found has a head");
        let mut insert = self
            .transaction
            .prepare_cached("INSERT INTO event (seq, run, number, at, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (event, body) in events {
            *self.last_seq += 1;
            head.number += 1;
            head.hash = head.hash.link(run, head.number, *at, body.as_bytes());
            let (seq, number) = (*self.last_seq as i64, head.number as i64);
            insert.execute(params![seq, head.key, number, at.0, body, &head.hash.0[..]])?;
            project(self.transaction, head, *at, event)?;
            records.push(Record {
                seq: *self.last_seq,
                run: run.clone(),
                number: head.number,
                at: *at,
                event: Arc::clone(event),
                hash: head.hash,
            });
        }
        if events.iter().any(|(event, _)| is_signed(event)) {
            sign(self.transaction, self.seal, run, head, *at)?;
        }
        Ok(())
    }

    fn begin(&mut self, run: &SmolStr, at: At, started: &RunStarted, exclusive: Option<&str>) -> rusqlite::Result<()> {
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO run (id, rollout, plan, exclusive, person, reason, started, signer)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(params![
            run.as_str(),
            started.rollout.as_str(),
            started.plan.as_str(),
            exclusive,
            started.by.0.as_str(),
            started.reason,
            at.0,
            self.seal.verifier().to_string(),
        ])?;
        let key = self.transaction.last_insert_rowid();
        let head = Head { key, rollout: started.rollout.clone(), number: 0, hash: Hash::NONE };
        self.heads.insert(run.clone(), head);
        Ok(())
    }

    /// Finds the end of the chain of a run that an earlier life began.
    fn find(&mut self, run: &SmolStr) -> rusqlite::Result<()> {
        let (key, rollout): (i64, String) =
            self.transaction.query_row("SELECT key, rollout FROM run WHERE id = ?1", [run.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let last: Option<(i64, [u8; 32])> = self
            .transaction
            .query_row("SELECT number, hash FROM event WHERE run = ?1 ORDER BY seq DESC LIMIT 1", [key], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let (number, hash) = last.map_or((0, Hash::NONE), |(number, hash)| (number as u64, Hash(hash)));
        self.heads.insert(run.clone(), Head { key, rollout: rollout.into(), number, hash });
        Ok(())
    }
}

/// Whether the chain is signed once this has happened: somebody answered for something, or the run is over.
fn is_signed(event: &Event) -> bool {
    matches!(
        event,
        Event::Approved { .. }
            | Event::Rejected { .. }
            | Event::Ticked { .. }
            | Event::Confirmed { .. }
            | Event::RunFinished { .. }
    )
}

fn sign(transaction: &Transaction<'_>, seal: &Seal, run: &str, head: &Head, at: At) -> rusqlite::Result<()> {
    let note = seal.sign(run, head.number, head.hash, at);
    let mut insert = transaction.prepare_cached("INSERT INTO head (run, number, note) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![head.key, head.number as i64, note])?;
    Ok(())
}

/// Keeps the tables beside the records in step with them, in the same transaction.
fn project(transaction: &Transaction<'_>, head: &Head, at: At, event: &Event) -> rusqlite::Result<()> {
    if let Event::Retained { .. } = event {
        // Whoever waits for it to be over need not wait any longer.
        transaction.execute("UPDATE run SET exclusive = NULL WHERE key = ?1", [head.key])?;
    }
    if let Event::RunFinished { outcome, .. } = event {
        transaction.execute(
            "UPDATE run SET finished = ?2, outcome = ?3 WHERE key = ?1",
            params![head.key, at.0, outcome.name()],
        )?;
    }
    if let Event::Kept { target, key, value, .. } = event {
        let target = target.as_deref().unwrap_or("");
        keep(transaction, head, target, key, value)?;
    }
    Ok(())
}

fn keep(transaction: &Transaction<'_>, head: &Head, target: &str, key: &str, value: &Value) -> rusqlite::Result<()> {
    if value.is_null() {
        let mut forget =
            transaction.prepare_cached("DELETE FROM kept WHERE rollout = ?1 AND target = ?2 AND key = ?3")?;
        forget.execute(params![head.rollout.as_str(), target, key])?;
        return Ok(());
    }
    let value = serde_json::to_string(value).expect("a value is plain data");
    let mut keep = transaction
        .prepare_cached("INSERT OR REPLACE INTO kept (rollout, target, key, value, run) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    keep.execute(params![head.rollout.as_str(), target, key, value, head.key])?;
    Ok(())
}
