//! The tables and the settings of the database. Knows nothing of what an event means.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::JournalError;

/// The bytes `RoLl`, so that `file` and we know the database for ours.
const APPLICATION: i64 = 0x526f_4c6c;

/// The version of the tables.
pub const VERSION: i64 = 2;

// What version 2 added: the signed ends of the chains, and which key a run's own are signed with.
const SINCE_2: &str = "
ALTER TABLE run ADD COLUMN signer TEXT;
CREATE TABLE head (
  run    INTEGER NOT NULL REFERENCES run(key),
  number INTEGER NOT NULL,
  note   TEXT NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER head_stays   BEFORE UPDATE ON head BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER head_remains BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
";

// A run's records are found through `event_run`, which ends in `seq` by nature. A run's row is written when it
// begins and when it ends, so that a commit in between touches two pages only.
const TABLES: &str = "
CREATE TABLE plan (
  digest TEXT PRIMARY KEY,
  body   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  key       INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  rollout   TEXT NOT NULL,
  plan      TEXT NOT NULL REFERENCES plan(digest),
  exclusive TEXT,
  person    TEXT NOT NULL,
  reason    TEXT,
  started   INTEGER NOT NULL,
  finished  INTEGER,
  outcome   TEXT
) STRICT;
CREATE INDEX run_live ON run(id) WHERE outcome IS NULL;

CREATE TABLE event (
  seq    INTEGER PRIMARY KEY,
  run    INTEGER NOT NULL REFERENCES run(key),
  number INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  body   TEXT NOT NULL,
  hash   BLOB NOT NULL
) STRICT;
CREATE INDEX event_run ON event(run);

CREATE TABLE kept (
  rollout TEXT NOT NULL,
  target  TEXT NOT NULL,
  key     TEXT NOT NULL,
  value   TEXT NOT NULL,
  run     INTEGER NOT NULL REFERENCES run(key),
  PRIMARY KEY (rollout, target, key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER event_stays   BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER event_remains BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER plan_stays    BEFORE UPDATE ON plan  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER plan_remains  BEFORE DELETE ON plan  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
";

/// Opens the journal for writing, and makes it where there is none.
pub fn open_writing(path: &Path) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error: rusqlite::Error| JournalError::from_database(path, &error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    settle(&connection).map_err(failed)?;
    let is_new = pragma(&connection, "user_version").map_err(failed)? == 0 && is_empty(&connection).map_err(failed)?;
    if !is_new {
        recognise(&connection, path)?;
    }
    // FULL, because "remembered" has to survive a loss of power and not only of the process. The database's own
    // checkpoints keep their errors to themselves, so the writer makes them.
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")
        .map_err(failed)?;
    // What a past life left in the log may never have reached the disk, whatever the file seems to hold: before
    // anything of it is believed it is written once more and synced.
    checkpoint(&connection).map_err(failed)?;
    if is_new {
        create(&mut connection).map_err(failed)?;
    } else if pragma(&connection, "user_version").map_err(failed)? < 2 {
        migrate(&mut connection).map_err(failed)?;
    }
    Ok(connection)
}

/// Moves what is in the log into the tables' file, and syncs both.
pub fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

/// The same, and leaves an empty log behind unless somebody reads in it: then the tables' file is all there is.
pub fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Whether a journal has signed heads: the first version had none.
pub fn has_heads(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(pragma(connection, "user_version")? >= 2)
}

/// Opens the journal for reading beside whoever writes it.
pub fn open_reading(path: &Path) -> Result<Connection, JournalError> {
    if !path.exists() {
        return Err(JournalError::Absent { path: path.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error: rusqlite::Error| JournalError::from_database(path, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    settle(&connection).map_err(failed)?;
    connection.execute_batch("PRAGMA query_only = ON;").map_err(failed)?;
    // Another process may have made the file a moment ago and not yet the tables; or have died before it could.
    match is_empty(&connection) {
        Ok(false) => {}
        Ok(true) => return Err(JournalError::Absent { path: path.to_owned() }),
        Err(error) if is_unfinished(&error) => return Err(JournalError::Absent { path: path.to_owned() }),
        Err(error) => return Err(failed(error)),
    }
    recognise(&connection, path)?;
    Ok(connection)
}

/// Only while a journal is being made is there anything that a reader would have to take back.
fn is_unfinished(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|it| it.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK)
}

fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;")
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute_batch(SINCE_2)?;
    transaction.execute_batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"))?;
    transaction.commit()
}

/// Brings the tables of an earlier version up to this one; no record changes.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(SINCE_2)?;
    transaction.execute_batch(&format!("PRAGMA user_version = {VERSION};"))?;
    transaction.commit()
}

fn recognise(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let failed = |error: rusqlite::Error| JournalError::from_database(path, &error);
    if pragma(connection, "application_id").map_err(failed)? != APPLICATION {
        return Err(JournalError::Foreign { path: path.to_owned() });
    }
    let found = pragma(connection, "user_version").map_err(failed)?;
    if found > VERSION {
        return Err(JournalError::NewerFormat { path: path.to_owned(), found, known: VERSION });
    }
    Ok(())
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}
