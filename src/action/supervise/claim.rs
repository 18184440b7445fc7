//! The files of one attempt, and the one question on which everything rests: whether its command was ever begun.
//!
//! `CLAIM` comes to be with `link(2)`, which only one can win: the supervisor, before it starts the command, or an
//! engine that found nobody and *fences* the attempt, so that a supervisor that comes too late starts nothing. The
//! file is complete, and locked by the supervisor that wrote it, before it has that name: nobody ever sees half of
//! it, and as long as the lock is held the supervisor lives. `RESULT` is written aside, renamed, and made durable
//! before the supervisor ends.
//!
//! That a claim survives the host is not needed: who looks after a restart of the host trusts no absence.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::action::group::ProcessIdentity;
use crate::engine::{Done, Fault};

/// Where the traces of one attempt lie: beside its log.
#[derive(Debug, Clone)]
pub struct Files {
    log: PathBuf,
}

/// What a claim says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "claim", rename_all = "snake_case")]
pub(super) enum Mark {
    /// Its supervisor may have begun.
    Begun { supervisor: ProcessIdentity },
    /// It never began, and never will.
    Fenced,
}

/// The claim of a living supervisor, held until it ends.
pub(super) struct Held {
    _file: File,
}

/// What an engine finds of an attempt.
pub(super) enum Trace {
    /// Its supervisor lives.
    Alive(ProcessIdentity),
    Ended(Result<Done, Fault>),
    Fenced,
    /// It was begun, its supervisor is gone, and there is no result.
    Lost,
    Nothing,
}

impl Files {
    pub fn beside(log: &Path) -> Files {
        Files { log: log.to_owned() }
    }

    pub(super) fn claim(&self) -> PathBuf {
        self.log.with_extension("claim")
    }

    pub(super) fn result(&self) -> PathBuf {
        self.log.with_extension("result")
    }

    /// Where in the log the command changes from one of its two outputs to the other.
    pub(super) fn turns(&self) -> PathBuf {
        turns(&self.log)
    }

    /// How far its output was shown.
    pub(super) fn shown(&self) -> PathBuf {
        self.log.with_extension("shown")
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Removes what nobody needs once the answer is remembered. Only an attempt that has left a result is forgotten:
    /// any other claim still keeps a supervisor that comes too late from beginning.
    pub fn forget(&self) {
        if std::fs::remove_file(self.result()).is_ok() {
            for path in [self.claim(), self.turns(), self.shown()] {
                // What is not there need not be removed, and what cannot be removed does no harm.
                std::fs::remove_file(path).ok();
            }
        }
    }

    /// Claims the attempt for this process; none where somebody was first.
    pub(super) fn begin(&self, supervisor: ProcessIdentity) -> io::Result<Option<Held>> {
        let aside = self.log.with_extension("claim-new");
        let file = write_aside(&aside, &text(&Mark::Begun { supervisor }), true)?;
        Ok(link(&aside, &self.claim())?.then_some(Held { _file: file }))
    }

    /// Sees to it that the attempt never begins; returns whether that is so.
    pub(super) fn fence(&self) -> io::Result<bool> {
        let aside = self.log.with_extension("fence-new");
        write_aside(&aside, &text(&Mark::Fenced), false)?;
        link(&aside, &self.claim())
    }

    /// Leaves how it ended, durable before this returns.
    pub(super) fn end(&self, result: &Result<Done, Fault>) -> io::Result<()> {
        let aside = self.log.with_extension("result-new");
        let text = serde_json::to_vec(result).expect("an answer is data");
        let file = write_aside(&aside, &text, false)?;
        std::fs::rename(&aside, self.result())?;
        // Once, after it has its name: that makes both durable, at half the price of one after the other. Should the
        // host die in between, what is there is not whole, and then it is not read.
        rustix::fs::fsync(&file)?;
        Ok(())
    }

    /// Looks what there is.
    pub(super) fn look(&self) -> io::Result<Trace> {
        let file = match OpenOptions::new().read(true).open(self.claim()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Trace::Nothing),
            opened => opened?,
        };
        let is_alive = is_locked(&file)?;
        // Read after the lock was seen to be free: a supervisor leaves its result first.
        if let Some(result) = self.read_result()? {
            return Ok(Trace::Ended(result));
        }
        Ok(match serde_json::from_reader(io::BufReader::new(&file)) {
            Ok(Mark::Fenced) => Trace::Fenced,
            Ok(Mark::Begun { supervisor }) if is_alive => Trace::Alive(supervisor),
            // Only a host that died leaves a claim that cannot be read.
            Ok(Mark::Begun { .. }) | Err(_) => Trace::Lost,
        })
    }

    /// Returns how it ended, if that is known.
    pub(super) fn read_result(&self) -> io::Result<Option<Result<Done, Fault>>> {
        match std::fs::read(self.result()) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Where it is noted who of a command's two outputs speaks in its log.
pub fn turns(log: &Path) -> PathBuf {
    log.with_extension("turns")
}

fn text(mark: &Mark) -> Vec<u8> {
    serde_json::to_vec(mark).expect("a mark is data")
}

/// Writes a file under a name that nobody looks at, and makes its folder where it is missing.
fn write_aside(path: &Path, text: &[u8], is_locked: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::fs::create_dir_all(path.parent().expect("a trace lies in a folder"))?;
            options.open(path)?
        }
        opened => opened?,
    };
    if is_locked {
        flock(&file, FlockOperation::LockExclusive)?;
    }
    file.write_all(text)?;
    Ok(file)
}

/// Gives a complete file its name, unless another has it; returns whether it was given.
fn link(aside: &Path, name: &Path) -> io::Result<bool> {
    let linked = match std::fs::hard_link(aside, name) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    };
    std::fs::remove_file(aside).ok();
    linked
}

fn is_locked(file: impl AsFd) -> io::Result<bool> {
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {
            flock(&file, FlockOperation::Unlock)?;
            Ok(false)
        }
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &tempfile::TempDir) -> Files {
        Files::beside(&folder.path().join("run/n1-s0-a1.log"))
    }

    fn us() -> ProcessIdentity {
        ProcessIdentity::of_us().expect("we are there")
    }

    #[test]
    fn whoever_claims_first_decides() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        assert!(matches!(files.look().expect("it reads"), Trace::Nothing));
        let held = files.begin(us()).expect("it writes").expect("nobody was first");
        assert!(!files.fence().expect("it writes"), "what has begun cannot be fenced");
        assert!(matches!(files.look().expect("it reads"), Trace::Alive(it) if it == us()));
        drop(held);
        assert!(matches!(files.look().expect("it reads"), Trace::Lost));
        let done = Ok(Done { code: 3, ..Done::default() });
        files.end(&done).expect("it writes");
        assert!(matches!(files.look().expect("it reads"), Trace::Ended(it) if it == done));
        files.forget();
        assert!(std::fs::read_dir(folder.path().join("run")).expect("it reads").next().is_none(), "nothing is left");
    }

    #[test]
    fn what_is_fenced_never_begins() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        assert!(files.fence().expect("it writes"));
        assert!(files.begin(us()).expect("it writes").is_none());
        assert!(matches!(files.look().expect("it reads"), Trace::Fenced));
    }

    #[test]
    fn of_many_at_once_one_begins() {
        let folder = tempfile::tempdir().expect("a folder");
        for round in 0..50 {
            let files = Files::beside(&folder.path().join(format!("{round}.log")));
            let fenced = std::thread::scope(|scope| {
                let late = scope.spawn(|| files.fence().expect("it writes"));
                let begun = files.begin(us()).expect("it writes").is_some();
                let fenced = late.join().expect("no panic");
                assert_ne!(begun, fenced, "one of two wins");
                fenced
            });
            assert_eq!(matches!(files.look().expect("it reads"), Trace::Fenced), fenced);
        }
    }
}
