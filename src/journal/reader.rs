//! Questions to a journal that somebody else may be writing, also in another process. Opens read-only, holds
//! no transaction between two questions, and never repairs anything.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use smol_str::SmolStr;

use super::record::{read_body, read_deep};
use super::{Hash, JournalError, Record, RunSummary, schema};
use crate::engine::{KeptValue, Outcome, Person};
use crate::plan::Plan;
use crate::value::At;

/// A view of a journal.
pub struct Reader {
    connection: Mutex<Connection>,
    path: PathBuf,
}

/// A record as it is stored, whatever became of it: what is no number reads as the last one, what is no hash as none.
pub struct Stored {
    pub seq: u64,
    pub run: SmolStr,
    pub number: u64,
    pub at: At,
    pub body: Vec<u8>,
    pub hash: Hash,
}

const SUMMARY: &str = "SELECT id, rollout, plan, exclusive, person, reason, started, finished, outcome,
    coalesce((SELECT max(seq) FROM event WHERE event.run = run.key), 0) FROM run";

const RECORD: &str = "SELECT event.seq, run.id, event.number, event.at, event.body, event.hash
    FROM event JOIN run ON run.key = event.run";

impl Reader {
    /// Opens the journal at a path; it must be there.
    pub fn open(path: &Path) -> Result<Reader, JournalError> {
        let connection = schema::open_reading(path)?;
        Ok(Reader { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Returns all runs, the oldest first.
    pub fn runs(&self) -> Result<Vec<RunSummary>, JournalError> {
        self.summaries("ORDER BY key")
    }

    /// Returns the runs that have not ended, the oldest first.
    pub fn unfinished(&self) -> Result<Vec<RunSummary>, JournalError> {
        self.summaries("WHERE outcome IS NULL ORDER BY key")
    }

    /// Returns one run; an unknown one is an error that says so.
    pub fn run(&self, id: &str) -> Result<RunSummary, JournalError> {
        self.ask(|connection| {
            let mut query = connection.prepare_cached(&format!("{SUMMARY} WHERE id = ?1"))?;
            query.query_row([id], summary).optional()
        })?
        .ok_or_else(|| JournalError::NoSuchRun { run: id.into() })
    }

    /// Returns the run that began last.
    pub fn newest(&self) -> Result<Option<RunSummary>, JournalError> {
        Ok(self.summaries("ORDER BY key DESC LIMIT 1")?.pop())
    }

    /// Returns at most `limit` records after a position, of one run or of all.
    pub fn records(&self, run: Option<&str>, after: u64, limit: usize) -> Result<Vec<Record>, JournalError> {
        let stored = self.stored(run, after, limit)?;
        stored.into_iter().map(|it| self.read(it)).collect()
    }

    /// The same, with the bodies as they are stored.
    pub fn stored(&self, run: Option<&str>, after: u64, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let (after, limit) = (after as i64, limit.min(i64::MAX as usize) as i64);
        let found: Vec<Stored> = self.ask(|connection| match run {
            Some(run) => {
                let ask = "WHERE event.run = (SELECT key FROM run WHERE id = ?1) AND event.seq > ?2 ORDER BY event.seq LIMIT ?3";
                let mut query = connection.prepare_cached(&format!("{RECORD} {ask}"))?;
                query.query_map(params![run, after, limit], stored)?.collect()
            }
            None => {
                let mut query =
                    connection.prepare_cached(&format!("{RECORD} WHERE event.seq > ?1 ORDER BY event.seq LIMIT ?2"))?;
                query.query_map(params![after, limit], stored)?.collect()
            }
        })?;
        // Pages that a damaged index leads round in circles would be read for ever.
        let mut before = after;
        for stored in &found {
            if stored.seq as i64 <= before {
                return Err(self.corrupt(format!("position {} comes after position {before}", stored.seq)));
            }
            before = stored.seq as i64;
        }
        Ok(found)
    }

    /// Returns a plan by its digest.
    pub fn plan(&self, digest: &str) -> Result<Plan, JournalError> {
        let body = self.plan_body(digest)?;
        let mut plan: Plan =
            read_deep(&body).map_err(|error| self.corrupt(format!("the plan `{digest}` cannot be read: {error}")))?;
        plan.index();
        Ok(plan)
    }

    /// Returns a plan as it is stored.
    pub fn plan_body(&self, digest: &str) -> Result<Vec<u8>, JournalError> {
        self.ask(|connection| {
            let mut query = connection.prepare_cached("SELECT body FROM plan WHERE digest = ?1")?;
            query.query_row([digest], |row| row.get(0)).optional()
        })?
        .ok_or_else(|| JournalError::NoSuchPlan { digest: digest.into() })
    }

    /// Returns the number of a run's last record; 0 if it has none.
    pub fn last_number(&self, run: &str) -> Result<u64, JournalError> {
        let last: i64 = self.ask(|connection| {
            let ask = "SELECT coalesce(max(number), 0) FROM event WHERE run = (SELECT key FROM run WHERE id = ?1)";
            connection.prepare_cached(ask)?.query_row([run], |row| row.get(0))
        })?;
        Ok(last as u64)
    }

    /// Returns where a run's chain stood at a record; none if there is no such record.
    pub fn link_at(&self, run: &str, number: u64) -> Result<Option<Hash>, JournalError> {
        self.ask(|connection| {
            let ask = "SELECT hash FROM event WHERE run = (SELECT key FROM run WHERE id = ?1) AND number = ?2";
            let mut query = connection.prepare_cached(ask)?;
            query.query_row(params![run, number as i64], |row| Ok(Hash(row.get(0)?))).optional()
        })
    }

    /// Returns the signed heads of a run, by the number of records they cover.
    pub fn heads(&self, run: &str) -> Result<Vec<(u64, String)>, JournalError> {
        self.ask(|connection| {
            if !schema::has_heads(connection)? {
                return Ok(Vec::new());
            }
            let ask = "SELECT number, note FROM head WHERE run = (SELECT key FROM run WHERE id = ?1) ORDER BY number";
            let mut query = connection.prepare_cached(ask)?;
            query.query_map([run], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?.collect()
        })
    }

    /// Returns the key that the heads of a run are signed with; none for runs of the first version.
    pub fn signer(&self, run: &str) -> Result<Option<String>, JournalError> {
        self.ask(|connection| {
            if !schema::has_heads(connection)? {
                return Ok(None);
            }
            connection.prepare_cached("SELECT signer FROM run WHERE id = ?1")?.query_row([run], |row| row.get(0))
        })
    }

    /// Returns what the database finds wrong with its own file.
    pub fn integrity(&self) -> Result<Vec<String>, JournalError> {
        let said: Vec<String> = self.ask(|connection| {
            let mut query = connection.prepare("PRAGMA integrity_check(20)")?;
            query.query_map([], |row| row.get(0))?.collect()
        })?;
        Ok(said.into_iter().filter(|it| it != "ok").collect())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the runs of a rollout have kept, for the rollout itself first.
    pub fn kept(&self, rollout: &str) -> Result<Vec<KeptValue>, JournalError> {
        let rows: Vec<(String, String, String)> = self.ask(|connection| {
            let mut query = connection
                .prepare_cached("SELECT target, key, value FROM kept WHERE rollout = ?1 ORDER BY target, key")?;
            query.query_map([rollout], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        })?;
        rows.into_iter().map(|row| self.kept_value(row)).collect()
    }

    fn kept_value(&self, (target, key, value): (String, String, String)) -> Result<KeptValue, JournalError> {
        let value = serde_json::from_str(&value)
            .map_err(|error| self.corrupt(format!("the kept value `{key}` cannot be read: {error}")))?;
        let target = (!target.is_empty()).then(|| target.into());
        Ok(KeptValue { target, key: key.into(), value })
    }

    fn summaries(&self, ask: &str) -> Result<Vec<RunSummary>, JournalError> {
        self.ask(|connection| {
            let mut query = connection.prepare_cached(&format!("{SUMMARY} {ask}"))?;
            query.query_map([], summary)?.collect()
        })
    }

    fn read(&self, stored: Stored) -> Result<Record, JournalError> {
        let Stored { seq, run, number, at, body, hash } = stored;
        let event = read_body(&body).map_err(|error| {
            self.corrupt(format!("record {seq} (run `{run}`, number {number}) cannot be read: {error}"))
        })?;
        Ok(Record { seq, run, number, at, event: Arc::new(event), hash })
    }

    fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        let connection = self.connection.lock().expect("nobody panics while asking");
        question(&connection).map_err(|error| JournalError::from_database(&self.path, &error))
    }

    fn corrupt(&self, why: String) -> JournalError {
        JournalError::Corrupt { path: self.path.clone(), why }
    }
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let outcome: Option<String> = row.get(8)?;
    let last_seq: i64 = row.get(9)?;
    Ok(RunSummary {
        id: text(row, 0)?,
        rollout: text(row, 1)?,
        plan: text(row, 2)?,
        exclusive: row.get(3)?,
        by: Person(text(row, 4)?),
        reason: row.get(5)?,
        started: At(row.get(6)?),
        finished: row.get::<_, Option<i64>>(7)?.map(At),
        outcome: outcome.and_then(|name| Outcome::ALL.into_iter().find(|it| it.name() == name)),
        last_seq: last_seq as u64,
    })
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let number = |column| Ok::<i64, rusqlite::Error>(row.get_ref(column)?.as_i64().unwrap_or(i64::MAX));
    Ok(Stored {
        seq: number(0)? as u64,
        run: text(row, 1)?,
        number: number(2)? as u64,
        at: At(number(3)?),
        body: bytes(row, 4)?.to_vec(),
        hash: bytes(row, 5)?.try_into().map_or(Hash::NONE, Hash),
    })
}

fn bytes<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r [u8]> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    })
}

fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<SmolStr> {
    Ok(SmolStr::new(row.get_ref(column)?.as_str()?))
}
