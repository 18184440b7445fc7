//! The one thread that owns the writing connection. It takes everything that arrived while the last commit was on
//! its way to the disk, and commits that together: no timer, no waiting for more. Knows no reader.
//!
//! A disk that is full is waited for: what was held back is let go for the last records, then nothing is acknowledged
//! until there is room again. A disk that fails is never believed again: the first error ends all writing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};
use smol_str::SmolStr;
use tokio::sync::{oneshot, watch};

use super::acked::{Acked, Slip};
use super::pen::{Draft, Head, Pen};
use super::room::{Reserve, Room};
use super::seal::Seal;
use super::{Entry, JournalError, Record, schema};

type Ack = oneshot::Sender<Result<Vec<Record>, JournalError>>;

/// What is asked of the writer.
pub struct Request {
    pub entries: Vec<Entry>,
    pub ack: Ack,
}

/// The writing side of a journal.
pub struct Writer {
    connection: Connection,
    path: PathBuf,
    last_seq: u64,
    /// Where the chain of each run that was written to in this life stands.
    heads: BTreeMap<SmolStr, Head>,
    seal: Seal,
    slip: Slip,
    reserve: Reserve,
    room: watch::Sender<Room>,
    /// How many pages the log has, as of the last commit.
    log_pages: Arc<AtomicI32>,
    /// What came while there was no room.
    backlog: VecDeque<Request>,
}

/// With so many pages in the log they are moved into the tables' file.
const LOG_PAGES: i32 = 500;

/// How often room is looked for while there is none.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Writer {
    pub fn new(
        connection: Connection,
        path: PathBuf,
        (seal, slip, reserve): (Seal, Slip, Reserve),
        last_seq: u64,
    ) -> Result<Writer, JournalError> {
        let mut connection = connection;
        let log_pages = Arc::new(AtomicI32::new(0));
        let pages = Arc::clone(&log_pages);
        let hook = move |_: &mut rusqlite::hooks::Wal, count| {
            pages.store(count, Ordering::Relaxed);
            Ok(())
        };
        connection.wal_hook(Some(hook)).map_err(|error| JournalError::from_database(&path, &error))?;
        let room = watch::Sender::new(if reserve.is_held() { Room::Enough } else { Room::Full });
        let (heads, backlog) = (BTreeMap::new(), VecDeque::new());
        Ok(Writer { connection, path, last_seq, heads, seal, slip, reserve, room, log_pages, backlog })
    }

    pub fn room(&self) -> watch::Receiver<Room> {
        self.room.subscribe()
    }

    /// Serves requests until nobody can send any more.
    pub fn serve(mut self, requests: &mpsc::Receiver<Request>) {
        while let Some(batch) = self.next(requests) {
            let (entries, acks): (Vec<_>, Vec<_>) = batch.into_iter().map(|it| (it.entries, it.ack)).unzip();
            let written = self.write(entries, requests);
            let failure = match written {
                Ok(records) => {
                    acknowledge(acks, records);
                    self.tidy().err()
                }
                Err(error) => {
                    refuse(acks, &error);
                    Some(error)
                }
            };
            if let Some(error) = failure {
                // What the disk has after a failed commit is unknown: nothing more is promised in this life.
                tracing::error!(%error, "the journal could not be written");
                return self.end(requests, &error);
            }
        }
        if let Err(error) = schema::empty_log(&self.connection) {
            // What the log holds is durable there.
            tracing::error!(%error, "the log of the journal could not be moved into its file");
        }
    }

    /// Waits for what is to be written, and takes all that is there.
    fn next(&mut self, requests: &mpsc::Receiver<Request>) -> Option<Vec<Request>> {
        while self.backlog.is_empty() {
            if *self.room.borrow() == Room::Enough {
                self.backlog.push_back(requests.recv().ok()?);
                break;
            }
            match requests.recv_timeout(LOOK_EVERY) {
                Ok(request) => self.backlog.push_back(request),
                Err(RecvTimeoutError::Timeout) => self.look_for_room(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        self.backlog.extend(requests.try_iter());
        Some(self.backlog.drain(..).collect())
    }

    /// Makes requests durable, however long that takes while the disk is full.
    fn write(
        &mut self,
        requests: Vec<Vec<Entry>>,
        queue: &mpsc::Receiver<Request>,
    ) -> Result<Vec<Vec<Record>>, JournalError> {
        let drafts: Vec<Vec<Draft>> =
            requests.into_iter().map(|entries| entries.into_iter().map(Draft::of).collect()).collect();
        loop {
            match self.commit(&drafts) {
                Err(JournalError::DiskFull { .. }) => self.wait_for_room(queue)?,
                written => return written,
            }
        }
    }

    /// Makes several requests durable with one commit; returns the records of each.
    fn commit(&mut self, requests: &[Vec<Draft>]) -> Result<Vec<Vec<Record>>, JournalError> {
        let before = self.last_seq;
        let written = self.transact(requests);
        let written = written.map_err(|error| {
            // Nothing of it is there: what was reckoned with it is reckoned anew.
            self.last_seq = before;
            self.heads.clear();
            JournalError::from_database(&self.path, &error)
        })?;
        self.note(&written)?;
        Ok(written)
    }

    fn transact(&mut self, requests: &[Vec<Draft>]) -> rusqlite::Result<Vec<Vec<Record>>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut pen =
            Pen { transaction: &transaction, last_seq: &mut self.last_seq, heads: &mut self.heads, seal: &self.seal };
        let mut written = Vec::with_capacity(requests.len());
        for drafts in requests {
            let mut records = Vec::with_capacity(drafts.iter().map(Draft::len).sum());
            for draft in drafts {
                pen.write(draft, &mut records)?;
            }
            written.push(records);
        }
        transaction.commit()?;
        Ok(written)
    }

    /// Notes the last record of each run as acknowledged, just before it is.
    fn note(&mut self, written: &[Vec<Record>]) -> Result<(), JournalError> {
        let mut noted = BTreeSet::new();
        for record in written.iter().flatten().rev() {
            if !noted.insert(&record.run) {
                continue;
            }
            let acked = Acked { run: record.run.clone(), seq: record.seq, number: record.number, hash: record.hash };
            match self.slip.note(&acked) {
                Ok(()) => {}
                // The record itself is durable; the slip says a little less.
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => self.fill(),
                Err(error) => return Err(self.io(&error)),
            }
        }
        Ok(())
    }

    /// Moves a long log into the tables' file.
    fn tidy(&mut self) -> Result<(), JournalError> {
        if self.log_pages.load(Ordering::Relaxed) < LOG_PAGES {
            return Ok(());
        }
        match schema::checkpoint(&self.connection) {
            Ok(()) => Ok(()),
            Err(error) => match JournalError::from_database(&self.path, &error) {
                // The log holds it all the same.
                JournalError::DiskFull { .. } => {
                    self.fill();
                    Ok(())
                }
                error => Err(error),
            },
        }
    }

    fn fill(&mut self) {
        if self.room.send_replace(Room::Full) == Room::Enough {
            tracing::error!(path = %self.path.display(), "the disk is full: no run begins, what runs comes to rest");
        }
    }

    /// Lets go what was held back; once that is used up, waits, and keeps what comes meanwhile.
    fn wait_for_room(&mut self, queue: &mpsc::Receiver<Request>) -> Result<(), JournalError> {
        self.fill();
        if self.reserve.let_go().map_err(|error| self.io(&error))? {
            return Ok(());
        }
        match queue.recv_timeout(LOOK_EVERY) {
            Ok(request) => self.backlog.push_back(request),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(JournalError::DiskFull { path: self.path.clone() }),
        }
        Ok(())
    }

    fn look_for_room(&mut self) {
        match self.reserve.take_again() {
            Ok(true) => {
                self.room.send_replace(Room::Enough);
                tracing::warn!(path = %self.path.display(), "there is room on the disk again");
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "room cannot be held back"),
        }
    }

    /// Refuses everything from now on.
    fn end(mut self, requests: &mpsc::Receiver<Request>, error: &JournalError) {
        // Closing would move on what is in the log, and believe the disk once more.
        let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        self.room.send_replace(Room::Failed);
        refuse(self.backlog.drain(..).map(|it| it.ack).collect(), error);
        while let Ok(request) = requests.recv() {
            refuse(vec![request.ack], error);
        }
    }

    fn io(&self, error: &std::io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), why: error.to_string() }
    }
}

fn acknowledge(acks: Vec<Ack>, records: Vec<Vec<Record>>) {
    for (ack, records) in acks.into_iter().zip(records) {
        // Whoever asked may be gone; the records are durable all the same.
        let _ = ack.send(Ok(records));
    }
}

fn refuse(acks: Vec<Ack>, error: &JournalError) {
    for ack in acks {
        let _ = ack.send(Err(error.clone()));
    }
}
