//! The state folder: where it lies, what is in it, and the lock that says who its engine is.
//!
//! ```text
//! .rollout/            0700
//!   journal.db         what happened
//!   samples.db         what was pushed with `rollout record`
//!   journal.acked      what was acknowledged last
//!   journal.reserve    room for the last records on a full disk
//!   signing.key        0600; signs the ends of the records
//!   logs/RUN/…         what the steps printed
//!   engine.lock        held by the engine as long as it lives
//!   control.sock       0600; how others talk to it
//!   engine.log         what a detached engine had to say
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::FileSystem;

/// A state folder, not necessarily there yet. Its path is absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder {
    path: PathBuf,
}

/// Held by the one engine of a folder, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct EngineLock {
    _file: File,
}

/// Why a state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("could not make the state folder `{path}`: {source}")]
    Make { path: PathBuf, source: io::Error },
    #[error("could not take the lock `{path}`: {source}")]
    Lock { path: PathBuf, source: io::Error },
    #[error("the state folder `{path}` belongs to user {owner}")]
    NotOurs { path: PathBuf, owner: u32 },
    #[error("the state folder `{path}` lies on a network file system ({kind}), where nothing can be made durable")]
    Network { path: PathBuf, kind: &'static str },
}

impl FolderError {
    /// Returns what to do next, as a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            FolderError::Make { .. } | FolderError::Lock { .. } | FolderError::NotOurs { .. } => {
                "Name a folder of your own with `--state DIR` or `$ROLLOUT_STATE`."
            }
            FolderError::Network { .. } => "Name a folder on a local disk with `--state DIR` or `$ROLLOUT_STATE`.",
        }
    }
}

/// The permissions of a folder that its owner shares with its group.
const SHARED: u32 = 0o2750;

impl StateFolder {
    pub fn at(path: &Path) -> io::Result<StateFolder> {
        Ok(StateFolder { path: one_name(&std::path::absolute(path)?) })
    }

    /// Finds the folder that belongs to a place: `.rollout` beside the nearest `.git` or in the nearest folder
    /// upwards that has one already, and otherwise right there.
    pub fn nearest(from: &Path) -> io::Result<StateFolder> {
        let from = std::path::absolute(from)?;
        let root = from.ancestors().find(|it| it.join(".rollout").is_dir() || it.join(".git").exists());
        Ok(StateFolder { path: one_name(&root.unwrap_or(&from).join(".rollout")) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.db")
    }

    pub fn samples(&self) -> PathBuf {
        self.path.join("samples.db")
    }

    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    pub fn socket(&self) -> PathBuf {
        self.path.join("control.sock")
    }

    pub fn engine_log(&self) -> PathBuf {
        self.path.join("engine.log")
    }

    /// Whether it belongs to whoever runs this; one that is not there yet will.
    pub fn is_ours(&self) -> bool {
        let owner = fs::metadata(&self.path).map(|it| std::os::unix::fs::MetadataExt::uid(&it));
        let us = rustix::process::geteuid().as_raw();
        us == 0 || owner.map_or(true, |owner| owner == us)
    }

    /// Whether its owner lets its group in, on purpose: `chmod 2750`.
    pub fn is_shared(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|it| it.permissions().mode() & SHARED == SHARED)
    }

    /// Makes the folder where it is missing; nobody else may look into it, unless it is shared with its group.
    ///
    /// # Errors
    /// If it cannot be made, belongs to somebody else, or lies on another machine.
    pub fn prepare(&self) -> Result<(), FolderError> {
        let failed = |source| FolderError::Make { path: self.path.clone(), source };
        if let FileSystem::Network(kind) = FileSystem::of(&self.path).map_err(failed)? {
            return Err(FolderError::Network { path: self.path.clone(), kind });
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path).map_err(failed)?;
        let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(&self.path).map_err(failed)?);
        if owner != rustix::process::geteuid().as_raw() {
            return Err(FolderError::NotOurs { path: self.path.clone(), owner });
        }
        let mode = if self.is_shared() { SHARED } else { 0o700 };
        fs::set_permissions(&self.path, fs::Permissions::from_mode(mode)).map_err(failed)?;
        DirBuilder::new().recursive(true).mode(0o700).create(self.logs()).map_err(failed)?;
        // A folder within a repository is not to be committed.
        let ignore = self.path.join(".gitignore");
        if !ignore.exists() {
            fs::write(ignore, "*\n").map_err(failed)?;
        }
        Ok(())
    }

    /// Becomes the folder's engine, unless somebody else is.
    ///
    /// # Errors
    /// If the lock's file cannot be opened.
    pub fn try_lock(&self) -> Result<Option<EngineLock>, FolderError> {
        let path = self.path.join("engine.lock");
        let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = opened.map_err(|source| FolderError::Lock { path: path.clone(), source })?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(EngineLock { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(FolderError::Lock { path, source: error.into() }),
        }
    }
}

/// A folder has one name, whatever links lead to it: what a dead engine has left running is known by it.
fn one_name(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|it| Some((it, it.canonicalize().ok()?)));
    let Some((ancestor, real)) = there else { return path.to_owned() };
    let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
    // A path that ends in a separator names the same folder.
    if rest.as_os_str().is_empty() { real } else { real.join(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_name_whatever_leads_to_it() {
        let temporary = tempfile::tempdir().expect("a folder");
        let real = temporary.path().canonicalize().expect("it is there").join("real");
        fs::create_dir(&real).expect("made");
        std::os::unix::fs::symlink(&real, temporary.path().join("link")).expect("linked");
        for name in ["real", "link", "real/../link"] {
            let folder = StateFolder::nearest(&temporary.path().join(name)).expect("found");
            assert_eq!(folder.path(), real.join(".rollout"));
        }
    }

    #[test]
    fn the_nearest_project_is_found_upwards() {
        let temporary = tempfile::tempdir().expect("a folder");
        let root = temporary.path().canonicalize().expect("it is there");
        let deep = root.join("a/b/c");
        fs::create_dir_all(&deep).expect("it is made");
        fs::create_dir(root.join("a/.git")).expect("it is made");
        assert_eq!(StateFolder::nearest(&deep).expect("found").path(), root.join("a/.rollout"));
        fs::create_dir(deep.join(".rollout")).expect("it is made");
        assert_eq!(StateFolder::nearest(&deep).expect("found").path(), deep.join(".rollout"));
    }

    #[test]
    fn one_engine_at_a_time() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = StateFolder::at(&temporary.path().join("state")).expect("absolute");
        folder.prepare().expect("made");
        let lock = folder.try_lock().expect("it opens").expect("free");
        assert!(folder.try_lock().expect("it opens").is_none());
        drop(lock);
        assert!(folder.try_lock().expect("it opens").is_some());
    }
}
