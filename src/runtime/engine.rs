//! All of it together in one state folder: lock, journal, host, socket. One lives per folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::folder::{EngineLock, FolderError, StateFolder};
use super::hands::Hands;
use super::listener::Answering;
use super::recorder::Recorder;
use super::{Audience, Host, HostHandle, listener};
use crate::journal::{JournalError, Sqlite};

/// The living engine of a folder.
pub struct Engine {
    host: HostHandle,
    drive: JoinHandle<Result<(), JournalError>>,
    listen: JoinHandle<()>,
    answering: Answering,
    socket: PathBuf,
    journal: Arc<Sqlite>,
    _lock: EngineLock,
}

/// How an engine works.
pub struct EngineSettings {
    /// How many jobs may be under way at once.
    pub jobs: usize,
}

/// How long an engine that leaves waits until the last answers are said.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why no engine could be made.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("could not open the control socket `{path}`: {source}")]
    Socket { path: PathBuf, source: std::io::Error },
}

impl EngineError {
    /// Returns what to do next, as a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            EngineError::Folder(error) => error.hint(),
            EngineError::Journal(error) => error.hint(),
            EngineError::Socket { .. } => "Name a folder on a local disk with `--state DIR`.",
        }
    }
}

impl Engine {
    /// Becomes the engine of a folder, which is made where it is missing; nothing if another one lives.
    ///
    /// # Errors
    /// If the folder, its journal or its socket cannot be opened.
    pub fn begin(folder: &StateFolder, settings: &EngineSettings) -> Result<Option<Engine>, EngineError> {
        folder.prepare()?;
        let Some(lock) = folder.try_lock()? else { return Ok(None) };
        let journal = Arc::new(Sqlite::open(&folder.journal())?);
        let socket = folder.socket();
        let opened = listener::open(folder).map_err(|source| EngineError::Socket { path: socket.clone(), source })?;
        let audience = Audience::default();
        let performer = Arc::new(Hands::new(folder, &audience));
        let (host, handle) = Host::new(Arc::clone(&journal) as _, performer, settings.jobs, audience);
        let drive = tokio::spawn(host.drive());
        let answering = Answering::default();
        let listen = tokio::spawn(listener::serve(
            opened,
            handle.clone(),
            Arc::new(Recorder::new(folder)),
            Arc::clone(&answering),
        ));
        Ok(Some(Engine { host: handle, drive, listen, answering, socket, journal, _lock: lock }))
    }

    pub fn host(&self) -> &HostHandle {
        &self.host
    }

    /// Returns why the engine ended by itself, if it has: only a journal that fails makes it.
    pub async fn failure(&mut self) -> Option<JournalError> {
        if self.drive.is_finished() { self.ended().await.err() } else { None }
    }

    async fn ended(&mut self) -> Result<(), JournalError> {
        (&mut self.drive).await.expect("the host does not panic")
    }

    /// Leaves as soon as all runs rest, those included that others have handed over meanwhile.
    ///
    /// # Errors
    /// If the journal fails.
    pub async fn leave(mut self) -> Result<(), JournalError> {
        self.host.leave();
        let ended = self.ended().await;
        // Whoever wanted the last thing that happened still hears that it did; a guest that does not listen is left.
        let _ = tokio::time::timeout(LAST_WORDS, self.answering.write()).await;
        self.listen.abort();
        // Gone before the lock, so that nobody finds a socket without an engine for longer than needed.
        let _ = std::fs::remove_file(&self.socket);
        let journal = Arc::clone(&self.journal);
        // The last one out leaves one whole file behind.
        let _ = tokio::task::spawn_blocking(move || journal.close()).await;
        ended
    }
}
