//! The journal in a state folder: one thread that writes, one connection that reads. Knows no engine.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::thread::{self, JoinHandle};

use tokio::sync::{oneshot, watch};

use super::acked::{Acked, Slip, read_slip};
use super::room::{Reserve, Room};
use super::seal::{Seal, key_path};
use super::tail::{log_path, torn_tail};
use super::writer::{Request, Writer};
use super::{Broken, Entry, Journal, JournalError, Reader, Receipt, Record, RunSummary, schema, verify};
use crate::engine::KeptValue;
use crate::plan::Plan;

/// A journal on disk. Only one may be open for writing at a time; who that is, the state folder's lock decides.
pub struct Sqlite {
    reader: Reader,
    writing: Mutex<Option<Writing>>,
    room: watch::Receiver<Room>,
}

/// The way to the writer, while it is there.
struct Writing {
    requests: mpsc::Sender<Request>,
    thread: JoinHandle<()>,
}

impl Sqlite {
    /// Opens the journal at a path, and makes it where there is none.
    pub fn open(path: &Path) -> Result<Sqlite, JournalError> {
        let failed = |error: io::Error| refused(path, &error);
        if let Some(tail) = torn_tail(path).map_err(failed)? {
            // Nobody was told that it had happened, so it has not.
            tracing::warn!(
                path = %path.display(),
                "the journal ends in {} pages that were never acknowledged: they are dropped",
                tail.dropped
            );
        }
        let connection = schema::open_writing(path)?;
        let reader = Reader::open(path)?;
        let acked = read_slip(path).map_err(failed)?;
        let runs = reader.runs()?;
        report_lost(path, &reader, &runs, &acked)?;
        let ended: BTreeSet<&str> = runs.iter().filter(|it| it.is_finished()).map(|it| it.id.as_str()).collect();
        let is_settled = |it: &Acked| ended.contains(it.run.as_str());
        let slip = Slip::open(path, is_settled).map_err(failed)?;
        let last_seq = runs.iter().map(|it| it.last_seq).chain(acked.iter().map(|it| it.seq)).max().unwrap_or(0);
        let seal = Seal::of(path).map_err(|error| match failed(error) {
            JournalError::Open { why, .. } => JournalError::Key { path: key_path(path), why },
            other => other,
        })?;
        let reserve = Reserve::beside(path).map_err(failed)?;
        let writer = Writer::new(connection, path.to_owned(), (seal, slip, reserve), last_seq)?;
        let room = writer.room();
        let (requests, queue) = mpsc::channel();
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || writer.serve(&queue));
        let thread = thread.map_err(|error| JournalError::Open { path: path.to_owned(), why: error.to_string() })?;
        Ok(Sqlite { reader, writing: Mutex::new(Some(Writing { requests, thread })), room })
    }

    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Writes what is still to be written, and moves everything into one file; nothing is taken after that.
    pub fn close(&self) {
        let writing = self.writing.lock().expect("nobody panics while appending").take();
        if let Some(Writing { requests, thread }) = writing {
            drop(requests);
            // A panic of the writer was a bug that has been reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}

/// Says what the system's refusal means for the journal.
fn refused(path: &Path, error: &io::Error) -> JournalError {
    let (path, why) = (path.to_owned(), error.to_string());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::DiskFull { path },
        _ if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => JournalError::Io { path, why },
        _ => JournalError::Open { path, why },
    }
}

impl Journal for Sqlite {
    fn append(&self, entries: Vec<Entry>) -> Receipt {
        let (ack, receipt) = oneshot::channel();
        if let Some(writing) = &*self.writing.lock().expect("nobody panics while appending") {
            // A writer that is gone drops the acknowledgement, and the receipt says so.
            let _ = writing.requests.send(Request { entries, ack });
        }
        Receipt(receipt)
    }

    fn runs(&self) -> Result<Vec<RunSummary>, JournalError> {
        self.reader.runs()
    }

    fn unfinished(&self) -> Result<Vec<RunSummary>, JournalError> {
        self.reader.unfinished()
    }

    fn run(&self, id: &str) -> Result<RunSummary, JournalError> {
        self.reader.run(id)
    }

    fn verified(&self, run: &str) -> Result<Vec<Record>, JournalError> {
        match verify(&self.reader, run)?.broken {
            None => self.reader.records(Some(run), 0, usize::MAX),
            Some(Broken { seq, number, why }) => Err(JournalError::Broken { run: run.into(), seq, number, why }),
        }
    }

    fn records(&self, run: Option<&str>, after: u64, limit: usize) -> Result<Vec<Record>, JournalError> {
        self.reader.records(run, after, limit)
    }

    fn plan(&self, digest: &str) -> Result<Plan, JournalError> {
        self.reader.plan(digest)
    }

    fn kept(&self, rollout: &str) -> Result<Vec<KeptValue>, JournalError> {
        self.reader.kept(rollout)
    }

    fn room(&self) -> watch::Receiver<Room> {
        self.room.clone()
    }
}

/// Says which runs have lost what was acknowledged, and keeps the log, which the next commit may write over.
fn report_lost(path: &Path, reader: &Reader, runs: &[RunSummary], acked: &[Acked]) -> Result<(), JournalError> {
    let mut lost = false;
    for acked in acked {
        let there = runs.iter().find(|it| it.id == acked.run);
        let last = match there {
            Some(_) => reader.last_number(&acked.run)?,
            None => 0,
        };
        if acked.number > last {
            lost = true;
            tracing::error!(
                run = %acked.run,
                "record {} (position {}) was acknowledged and is gone: the run is not picked up, others go on",
                acked.number,
                acked.seq
            );
        }
    }
    let (log, kept) = (log_path(path), path.with_extension("damaged"));
    if lost && log.exists() && !kept.exists() {
        // It is evidence, not memory: without it the journal is no worse.
        let _ = std::fs::copy(log, kept);
    }
    Ok(())
}
