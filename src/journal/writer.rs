//! The one thread that owns the writing connection. It takes everything that arrived while the last commit was on
//! its way to the disk, and commits that together: no timer, no waiting for more. Knows no reader.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use smol_str::SmolStr;
use tokio::sync::oneshot;

use super::record::write_body;
use super::{Entry, Hash, JournalError, Record};
use crate::engine::{Event, RunStarted};
use crate::value::{At, Value};

/// What is asked of the writer.
pub struct Request {
    pub entries: Vec<Entry>,
    pub ack: oneshot::Sender<Result<Vec<Record>, JournalError>>,
}

/// The writing side of a journal.
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    last_seq: u64,
    /// Where the chain of each run that was written to in this life stands.
    heads: BTreeMap<SmolStr, Head>,
}

/// The end of one run's chain.
struct Head {
    key: i64,
    rollout: SmolStr,
    number: u64,
    hash: Hash,
}

impl Writer {
    pub fn new(connection: Connection, path: PathBuf) -> Result<Writer, JournalError> {
        let last_seq: i64 = connection
            .query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))
            .map_err(|error| JournalError::from_database(&path, &error))?;
        Ok(Writer { connection, path, last_seq: last_seq as u64, heads: BTreeMap::new() })
    }

    /// Serves requests until nobody can send any more.
    pub fn serve(mut self, requests: &mpsc::Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            let mut batch = vec![first];
            batch.extend(requests.try_iter());
            let (entries, acks): (Vec<_>, Vec<_>) = batch.into_iter().map(|it| (it.entries, it.ack)).unzip();
            match self.commit(entries) {
                Ok(records) => acknowledge(acks, records),
                Err(error) => {
                    // What the disk has after a failed commit is unknown: nothing more is promised in this life.
                    tracing::error!(%error, "the journal could not be written");
                    return refuse(acks, requests, &error);
                }
            }
        }
    }

    /// Makes several requests durable with one commit; returns the records of each.
    fn commit(&mut self, requests: Vec<Vec<Entry>>) -> Result<Vec<Vec<Record>>, JournalError> {
        let failed = |error: rusqlite::Error| JournalError::from_database(&self.path, &error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let mut pen = Pen { transaction: &transaction, last_seq: &mut self.last_seq, heads: &mut self.heads };
        let mut written = Vec::with_capacity(requests.len());
        for entries in requests {
            let mut records = Vec::with_capacity(entries.iter().map(|it| it.events.len()).sum());
            for entry in entries {
                pen.write(entry, &mut records).map_err(failed)?;
            }
            written.push(records);
        }
        transaction.commit().map_err(failed)?;
        Ok(written)
    }
}

fn acknowledge(acks: Vec<oneshot::Sender<Result<Vec<Record>, JournalError>>>, records: Vec<Vec<Record>>) {
    for (ack, records) in acks.into_iter().zip(records) {
        // Whoever asked may be gone; the records are durable all the same.
        let _ = ack.send(Ok(records));
    }
}

fn refuse(
    acks: Vec<oneshot::Sender<Result<Vec<Record>, JournalError>>>,
    requests: &mpsc::Receiver<Request>,
    error: &JournalError,
) {
    for ack in acks {
        let _ = ack.send(Err(error.clone()));
    }
    while let Ok(request) = requests.recv() {
        let _ = request.ack.send(Err(error.clone()));
    }
}

/// Writes within one transaction.
struct Pen<'a> {
    transaction: &'a Transaction<'a>,
    last_seq: &'a mut u64,
    heads: &'a mut BTreeMap<SmolStr, Head>,
}

impl Pen<'_> {
    fn write(&mut self, entry: Entry, records: &mut Vec<Record>) -> rusqlite::Result<()> {
        let Entry { run, at, events, plan } = entry;
        let exclusive = plan.as_ref().and_then(|it| it.exclusive.clone());
        if let Some(plan) = plan {
            let mut keep =
                self.transaction.prepare_cached("INSERT OR IGNORE INTO plan (digest, body) VALUES (?1, ?2)")?;
            keep.execute(params![plan.digest.as_str(), &plan.body[..]])?;
        }
        if let Some(Event::RunStarted(started)) = events.first() {
            self.begin(&run, at, started, exclusive.as_deref())?;
        } else if !self.heads.contains_key(&run) {
            self.find(&run)?;
        }
        let head = self.heads.get_mut(&run).expect("a run that began or was found has a head");
        let mut insert = self
            .transaction
            .prepare_cached("INSERT INTO event (seq, run, number, at, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for event in events {
            let body = write_body(&event);
            *self.last_seq += 1;
            head.number += 1;
            head.hash = head.hash.link(&run, head.number, at, body.as_bytes());
            let (seq, number) = (*self.last_seq as i64, head.number as i64);
            insert.execute(params![seq, head.key, number, at.0, body, &head.hash.0[..]])?;
            project(self.transaction, head, at, &event)?;
            records.push(Record {
                seq: *self.last_seq,
                run: run.clone(),
                number: head.number,
                at,
                event: Arc::new(event),
                hash: head.hash,
            });
        }
        Ok(())
    }

    fn begin(&mut self, run: &SmolStr, at: At, started: &RunStarted, exclusive: Option<&str>) -> rusqlite::Result<()> {
        self.transaction.execute(
            "INSERT INTO run (id, rollout, plan, exclusive, person, reason, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                run.as_str(),
                started.rollout.as_str(),
                started.plan.as_str(),
                exclusive,
                started.by.0.as_str(),
                started.reason,
                at.0
            ],
        )?;
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
