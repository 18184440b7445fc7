//! Room on the disk: a file that holds some of it, so that the last things can still be written when there is no
//! other. Knows how to hold room and to let it go, never what is written with it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

/// Whether the journal can grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Enough,
    /// The disk is full: what is under way may still come to its end, nothing new begins.
    Full,
    /// The disk failed: nothing more is written in this life.
    Failed,
}

/// So much is held back: more than all jobs need that a folder has under way, to come to rest and say so.
pub const RESERVE_BYTES: u64 = 4 << 20;

/// Room that is held back, or was.
pub struct Reserve {
    path: PathBuf,
    held: bool,
}

impl Reserve {
    /// Holds room beside a journal.
    ///
    /// # Errors
    /// Only if the disk refuses for another reason than being full.
    pub fn beside(journal: &Path) -> io::Result<Reserve> {
        let mut reserve = Reserve { path: reserve_path(journal), held: false };
        reserve.take(RESERVE_BYTES)?;
        Ok(reserve)
    }

    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Tries to hold the room again, and wants as much beside it: else the next record would let it go at once.
    pub fn take_again(&mut self) -> io::Result<bool> {
        self.take(2 * RESERVE_BYTES)
    }

    fn take(&mut self, bytes: u64) -> io::Result<bool> {
        if self.held {
            return Ok(true);
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&self.path);
        let taken = file.and_then(|file| {
            allocate(&file, bytes)?;
            file.set_len(RESERVE_BYTES)
        });
        match taken {
            Ok(()) => self.held = true,
            Err(error) if is_full(&error) => {
                // Half a reserve would take what others need.
                let _ = std::fs::remove_file(&self.path);
            }
            Err(error) => return Err(error),
        }
        Ok(self.held)
    }

    /// Lets the room go, for the journal to grow into; false if there was none to let go.
    pub fn let_go(&mut self) -> io::Result<bool> {
        let was_held = std::mem::replace(&mut self.held, false);
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(was_held),
        }
    }
}

/// Returns where the reserve of a journal lies.
pub fn reserve_path(journal: &Path) -> PathBuf {
    journal.with_extension("reserve")
}

fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        // A file system that cannot promise room has it taken by bytes.
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = vec![0; bytes as usize];
            std::os::unix::fs::FileExt::write_all_at(file, &zeros, 0)
        }
        Err(error) => Err(error.into()),
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_held_and_let_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("journal.db");
        let mut reserve = Reserve::beside(&journal).expect("it is held");
        assert_eq!(std::fs::metadata(reserve_path(&journal)).expect("it is there").len(), RESERVE_BYTES);
        assert!(reserve.let_go().expect("it is ours") && !reserve_path(&journal).exists());
        assert!(!reserve.let_go().expect("nothing is there"));
        assert!(reserve.take_again().expect("there is room") && reserve.is_held());
    }
}
