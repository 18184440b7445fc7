//! The journal in a state folder: one thread that writes, one connection that reads. Knows no engine.

use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::writer::{Request, Writer};
use super::{Broken, Entry, Journal, JournalError, Reader, Receipt, Record, RunSummary, schema, verify};
use crate::engine::KeptValue;
use crate::plan::Plan;

/// A journal on disk. Only one may be open for writing at a time; who that is, the state folder's lock decides.
pub struct Sqlite {
    // Closed before the writer, because whoever closes last tidies up, and a reader may not.
    reader: Reader,
    writer: WriterThread,
}

struct WriterThread {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Sqlite {
    /// Opens the journal at a path, and makes it where there is none.
    pub fn open(path: &Path) -> Result<Sqlite, JournalError> {
        let writer = Writer::new(schema::open_writing(path)?, path.to_owned())?;
        let reader = Reader::open(path)?;
        let (requests, queue) = mpsc::channel();
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || writer.serve(&queue));
        let thread = thread.map_err(|error| JournalError::Open { path: path.to_owned(), why: error.to_string() })?;
        Ok(Sqlite { reader, writer: WriterThread { requests: Some(requests), thread: Some(thread) } })
    }

    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

impl Journal for Sqlite {
    fn append(&self, entries: Vec<Entry>) -> Receipt {
        let (ack, receipt) = oneshot::channel();
        let requests = self.writer.requests.as_ref().expect("the queue is open as long as the journal is");
        // A writer that is gone drops the acknowledgement, and the receipt says so.
        let _ = requests.send(Request { entries, ack });
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
}

/// Waits for what is still to be written.
impl Drop for WriterThread {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the writer was a bug that has been reported where it happened.
            let _ = thread.join();
        }
    }
}
