//! Tells when a file of a program has changed. Watches folders, because a file that an editor replaces is another
//! file afterwards; never reads what is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use thiserror::Error;

/// How long it has to be quiet after a change: a save is several events.
const QUIET: Duration = Duration::from_millis(15);

/// A change is told at the latest after this, however busy it is.
const QUIET_MAX: Duration = Duration::from_millis(60);

#[derive(Debug, Error)]
pub enum WatchError {
    #[error("could not watch `{folder}`: {source}")]
    Folder { folder: PathBuf, source: notify::Error },
    #[error("could not watch files: {0}")]
    Start(notify::Error),
    #[error("the file system stopped telling of changes")]
    Ended,
}

impl WatchError {
    /// What can be done about it, as a full sentence.
    pub fn hint(&self) -> String {
        let limit = match self {
            WatchError::Folder { source, .. } | WatchError::Start(source) => {
                matches!(source.kind, notify::ErrorKind::MaxFilesWatch)
            }
            WatchError::Ended => false,
        };
        if limit {
            "Raise the limit: `sysctl fs.inotify.max_user_watches=524288`.".to_owned()
        } else {
            "Check again by hand, or look whether the folder is still there.".to_owned()
        }
    }
}

/// Looks at the folders of some files.
pub struct Watcher {
    inner: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    folders: BTreeSet<PathBuf>,
    names: BTreeSet<std::ffi::OsString>,
}

impl Watcher {
    /// # Errors
    /// When the system has no more watches to give.
    pub fn new() -> Result<Watcher, WatchError> {
        let (sender, events) = channel();
        let inner = notify::recommended_watcher(sender).map_err(WatchError::Start)?;
        Ok(Watcher { inner, events, folders: BTreeSet::new(), names: BTreeSet::new() })
    }

    /// Looks at these files from now on, and at no others; a file that is not there yet is waited for.
    ///
    /// # Errors
    /// When a folder cannot be watched.
    pub fn look_at(&mut self, files: &[PathBuf]) -> Result<(), WatchError> {
        self.names = files.iter().filter_map(|it| it.file_name()).map(ToOwned::to_owned).collect();
        let folders: BTreeSet<PathBuf> = files.iter().map(|it| nearest_folder(it)).collect();
        for gone in self.folders.difference(&folders) {
            // A folder that was removed is no longer watched anyway.
            let _ = self.inner.unwatch(gone);
        }
        for folder in folders.difference(&self.folders) {
            let watched = self.inner.watch(folder, RecursiveMode::NonRecursive);
            watched.map_err(|source| WatchError::Folder { folder: folder.clone(), source })?;
        }
        self.folders = folders;
        Ok(())
    }

    /// Waits until one of the files may have changed and the change is over.
    ///
    /// # Errors
    /// When no more changes will be told.
    pub fn wait(&self) -> Result<(), WatchError> {
        loop {
            let event = self.events.recv().map_err(|_| WatchError::Ended)?;
            if self.concerns(&event) {
                return self.settle();
            }
        }
    }

    fn settle(&self) -> Result<(), WatchError> {
        let begun = Instant::now();
        while begun.elapsed() < QUIET_MAX {
            match self.events.recv_timeout(QUIET) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => return Err(WatchError::Ended),
            }
        }
        Ok(())
    }

    fn concerns(&self, event: &notify::Result<Event>) -> bool {
        // Events that were lost may have been about anything.
        let Ok(event) = event else { return true };
        if event.need_rescan() {
            return true;
        }
        let changes = match event.kind {
            EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
            // Reading a file is an event too, and our own reading must not start another round.
            EventKind::Access(_) | EventKind::Any | EventKind::Other => false,
        };
        // A folder on the way to a file that is not there yet counts as well.
        changes
            && event
                .paths
                .iter()
                .any(|path| path.file_name().is_some_and(|it| self.names.contains(it)) || path.is_dir())
    }
}

fn nearest_folder(file: &Path) -> PathBuf {
    let folder = file.ancestors().skip(1).find(|it| it.is_dir());
    folder.filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
