//! What was pushed: numbers with their time, about a metric and perhaps a target or one run. A store of its own beside
//! the journal, which several processes may write: whoever decides by a sample writes it down in the run's journal.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use smol_str::SmolStr;

use super::JournalError;
use crate::engine::Person;
use crate::value::{At, Value};

/// The bytes `RoSa`, so that nobody takes another program's database for ours.
const APPLICATION: i64 = 0x526f_5361;

const VERSION: i64 = 1;

// Absent targets and runs are empty texts, so that the index serves every question.
const TABLES: &str = "
CREATE TABLE sample (
  seq    INTEGER PRIMARY KEY,
  metric TEXT NOT NULL,
  target TEXT NOT NULL,
  run    TEXT NOT NULL,
  at     INTEGER NOT NULL,
  value  TEXT NOT NULL,
  person TEXT NOT NULL
) STRICT;
CREATE INDEX sample_when ON sample(metric, target, at);
CREATE TRIGGER sample_stays BEFORE UPDATE ON sample BEGIN SELECT RAISE(ABORT, 'a sample stays as it is'); END;
";

/// One number that was pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub metric: SmolStr,
    /// None: it is about no target.
    pub target: Option<SmolStr>,
    /// None: it is for every run.
    pub run: Option<SmolStr>,
    pub at: At,
    pub value: Value,
    pub by: Person,
}

/// Which samples are wanted: those of a subject that one run may see.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub metric: &'a str,
    pub target: Option<&'a str>,
    pub run: &'a str,
}

/// The samples of a state folder.
pub struct Samples {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl Samples {
    /// Opens the store at a path, and makes it where there is none.
    ///
    /// # Errors
    /// If it cannot be opened, or is not ours.
    pub fn open(path: &Path) -> Result<Samples, JournalError> {
        let failed = |error: rusqlite::Error| JournalError::from_database(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
        // Nobody may make the tables while we look whether they are there.
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
        let pragma = |name: &str| transaction.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let tables = "SELECT count(*) FROM sqlite_schema";
        if transaction.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(failed)? == 0 {
            let marks = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};");
            transaction.execute_batch(&format!("{TABLES}{marks}")).map_err(failed)?;
        } else if pragma("application_id").map_err(failed)? != APPLICATION {
            return Err(JournalError::Foreign { path: path.to_owned() });
        }
        let found = pragma("user_version").map_err(failed)?;
        if found > VERSION {
            return Err(JournalError::NewerFormat { path: path.to_owned(), found, known: VERSION });
        }
        transaction.commit().map_err(failed)?;
        // A sample that was acknowledged is there after a loss of power as well.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;").map_err(failed)?;
        Ok(Samples { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Keeps a sample; it is durable when this returns. Returns how many there have been.
    ///
    /// # Errors
    /// If the disk refuses it.
    pub fn keep(&self, sample: &Sample) -> Result<u64, JournalError> {
        let value = serde_json::to_string(&sample.value).expect("a value is plain data");
        let insert = "INSERT INTO sample (metric, target, run, at, value, person) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.ask(|connection| {
            connection.prepare_cached(insert)?.execute(params![
                sample.metric.as_str(),
                sample.target.as_deref().unwrap_or_default(),
                sample.run.as_deref().unwrap_or_default(),
                sample.at.0,
                value,
                sample.by.0.as_str()
            ])?;
            Ok(connection.last_insert_rowid() as u64)
        })
    }

    /// Forgets the samples from before an instant, and returns how many they were.
    ///
    /// # Errors
    /// If the disk refuses it.
    pub fn forget(&self, before: At) -> Result<usize, JournalError> {
        self.ask(|connection| connection.prepare_cached("DELETE FROM sample WHERE at < ?1")?.execute([before.0]))
    }

    /// Returns the newest sample up to an instant, or of all.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn newest(&self, wanted: Wanted<'_>, until: Option<At>) -> Result<Option<(At, Value)>, JournalError> {
        let query = "SELECT at, value FROM sample WHERE metric = ?1 AND target = ?2 AND at <= ?3
            AND (run = '' OR run = ?4) ORDER BY at DESC, seq DESC LIMIT 1";
        let until = until.map_or(i64::MAX, |it| it.0);
        let found = self.ask(|connection| {
            let mut query = connection.prepare_cached(query)?;
            let asked = params![wanted.metric, wanted.target.unwrap_or_default(), until, wanted.run];
            query.query_row(asked, row).optional()
        })?;
        found.map(|it| self.read(it)).transpose()
    }

    /// Returns the samples after one instant and up to another, the oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn between(&self, wanted: Wanted<'_>, (from, to): (At, At)) -> Result<Vec<(At, Value)>, JournalError> {
        let query = "SELECT at, value FROM sample WHERE metric = ?1 AND target = ?2 AND at > ?3 AND at <= ?4
            AND (run = '' OR run = ?5) ORDER BY at, seq";
        let found: Vec<(i64, String)> = self.ask(|connection| {
            let mut query = connection.prepare_cached(query)?;
            let asked = params![wanted.metric, wanted.target.unwrap_or_default(), from.0, to.0, wanted.run];
            query.query_map(asked, row)?.collect()
        })?;
        found.into_iter().map(|it| self.read(it)).collect()
    }

    fn read(&self, (at, value): (i64, String)) -> Result<(At, Value), JournalError> {
        let value = serde_json::from_str(&value).map_err(|error| JournalError::Corrupt {
            path: self.path.clone(),
            why: format!("a sample cannot be read: {error}"),
        })?;
        Ok((At(at), value))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T>(&self, question: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        question(&self.connection()).map_err(|error| JournalError::from_database(&self.path, &error))
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: i64, points: f64, target: Option<&str>, run: Option<&str>) -> Sample {
        Sample {
            metric: "adoption".into(),
            target: target.map(SmolStr::new),
            run: run.map(SmolStr::new),
            at: At(at),
            value: Value::Percent(points),
            by: Person("dana".into()),
        }
    }

    #[test]
    fn the_newest_sample_of_a_subject_is_found_and_survives() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("samples.db");
        let samples = Samples::open(&path).expect("it opens");
        for it in [
            sample(20, 2.0, None, None),
            sample(10, 1.0, None, None),
            sample(30, 3.0, None, Some("other")),
            sample(40, 4.0, Some("ny"), None),
        ] {
            samples.keep(&it).expect("kept");
        }
        // Beside the first, as another process would have it.
        let again = Samples::open(&path).expect("it opens");
        let all = Wanted { metric: "adoption", target: None, run: "this" };
        assert_eq!(again.newest(all, None), Ok(Some((At(20), Value::Percent(2.0)))));
        assert_eq!(again.newest(all, Some(At(15))), Ok(Some((At(10), Value::Percent(1.0)))));
        assert_eq!(again.newest(all, Some(At(5))), Ok(None));
        let other = Wanted { run: "other", ..all };
        assert_eq!(again.newest(other, None), Ok(Some((At(30), Value::Percent(3.0)))));
        let ny = Wanted { target: Some("ny"), ..all };
        assert_eq!(again.newest(ny, None), Ok(Some((At(40), Value::Percent(4.0)))));
        let values = [(At(10), Value::Percent(1.0)), (At(20), Value::Percent(2.0))];
        assert_eq!(again.between(all, (At(5), At(20))), Ok(values.to_vec()));
        assert_eq!(again.between(all, (At(10), At(20))), Ok(values[1..].to_vec()));
    }

    #[test]
    fn what_is_older_is_forgotten_and_the_rest_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let samples = Samples::open(&folder.path().join("samples.db")).expect("it opens");
        let kept = [10, 20, 30].map(|at| samples.keep(&sample(at, at as f64, None, None)).expect("kept"));
        assert_eq!(kept, [1, 2, 3]);
        assert_eq!(samples.forget(At(20)), Ok(1));
        let all = Wanted { metric: "adoption", target: None, run: "this" };
        let left = [(At(20), Value::Percent(20.0)), (At(30), Value::Percent(30.0))];
        assert_eq!(samples.between(all, (At(0), At(100))), Ok(left.to_vec()));
    }

    #[test]
    fn a_database_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("samples.db");
        let foreign = Connection::open(&path).expect("it opens");
        foreign.execute_batch("CREATE TABLE theirs (it TEXT);").expect("made");
        assert!(matches!(Samples::open(&path), Err(JournalError::Foreign { .. })));
    }
}
