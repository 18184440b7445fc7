//! What our own disk may refuse, in words for the person who runs the engine. Knows no run's own troubles.

use std::path::{Path, PathBuf};

use smol_str::SmolStr;

/// Why the journal cannot do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error("there is no journal at `{path}` yet")]
    Absent { path: PathBuf },
    #[error("could not open the journal at `{path}`: {why}")]
    Open { path: PathBuf, why: String },
    #[error("the journal at `{path}` cannot be written: {why}")]
    NotWritable { path: PathBuf, why: String },
    #[error("the disk is full: the journal at `{path}` cannot grow")]
    DiskFull { path: PathBuf },
    #[error("`{path}` is a database of another program")]
    Foreign { path: PathBuf },
    #[error("the journal at `{path}` has format {found}, and this version of rollout reads up to {known}")]
    NewerFormat { path: PathBuf, found: i64, known: i64 },
    #[error("the journal at `{path}` is damaged: {why}")]
    Corrupt { path: PathBuf, why: String },
    #[error("record {seq}, number {number} of run `{run}`, is not what was written: {why}")]
    Broken { run: SmolStr, seq: u64, number: u64, why: String },
    #[error("the disk failed under the journal at `{path}`: {why}")]
    Io { path: PathBuf, why: String },
    #[error("the signing key `{path}` cannot be used: {why}")]
    Key { path: PathBuf, why: String },
    #[error("the journal holds no run `{run}`")]
    NoSuchRun { run: SmolStr },
    #[error("the journal holds no plan `{digest}`")]
    NoSuchPlan { digest: SmolStr },
    #[error("the journal's writer has ended after an earlier error")]
    Ended,
}

impl JournalError {
    /// Returns what to do next, as a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            JournalError::Absent { .. } => {
                "Start a run with `rollout run FILE`, or name another folder with `--state DIR`."
            }
            JournalError::Open { .. } | JournalError::NotWritable { .. } => {
                "Check the folder's owner and mode, or name another one with `--state DIR`."
            }
            JournalError::DiskFull { .. } => "Make room, then go on with `rollout resume-all`.",
            JournalError::Foreign { .. } => "Name another folder with `--state DIR`.",
            JournalError::NewerFormat { .. } => "Use the version of rollout that wrote it, or a later one.",
            JournalError::Corrupt { .. } => {
                "Keep a copy of the folder, restore it from a backup, and see `rollout audit RUN` for what still holds."
            }
            JournalError::Broken { .. } => "See `rollout audit RUN`; other runs go on.",
            JournalError::Io { .. } => "Look at the system's log for the disk, then go on with `rollout resume-all`.",
            JournalError::Key { .. } => {
                "Check its owner and mode, or move it away: a new one is made, and says so for the runs that begin then."
            }
            JournalError::NoSuchRun { .. } => "See `rollout history` for the runs of this folder.",
            JournalError::NoSuchPlan { .. } => "See `rollout audit RUN` for what is missing.",
            JournalError::Ended => "Start the engine again with `rollout resume-all`.",
        }
    }

    /// Whether the disk refused, rather than what is on it being wrong.
    pub fn is_of_the_disk(&self) -> bool {
        matches!(self, JournalError::Io { .. } | JournalError::DiskFull { .. })
    }

    /// Sorts an error of the database by what a person can do about it.
    pub(super) fn from_database(path: &Path, error: &rusqlite::Error) -> JournalError {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => JournalError::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => JournalError::NotWritable { path, why },
            Some(ErrorCode::CannotOpen | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                JournalError::Open { path, why }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalError::Corrupt { path, why },
            // Every other code is the disk's or the system's word.
            Some(_) => JournalError::Io { path, why },
            None => JournalError::Corrupt { path, why },
        }
    }
}
