//! A file with something after its end: what the command line wants to say in the file's own names is written there and
//! checked with it. Writes nothing to the disk.

use std::path::Path;

use super::disk::Disk;
use crate::check::{Checked, check};
use crate::source::{ReadFailure, World};

/// Checks a file as if a text stood at its end.
pub fn checked_with_tail(here: &Path, file: &str, tail: &str) -> Checked {
    with_tail(&Disk::checking(here), file, tail)
}

/// Checks a file of a disk as if a text stood at its end.
pub fn with_tail(disk: &Disk, file: &str, tail: &str) -> Checked {
    check(&WithTail { disk, file, tail }, file)
}

/// The disk, with something after the end of one file.
struct WithTail<'a> {
    disk: &'a Disk,
    file: &'a str,
    tail: &'a str,
}

impl World for WithTail<'_> {
    fn read(&self, path: &str) -> Result<String, ReadFailure> {
        let text = self.disk.read(path)?;
        Ok(if path == self.file { format!("{text}{}", self.tail) } else { text })
    }

    fn variable(&self, name: &str) -> Result<Option<String>, ReadFailure> {
        self.disk.variable(name)
    }

    fn command(&self, argv: &[String], folder: &str) -> Result<String, ReadFailure> {
        self.disk.command(argv, folder)
    }

    fn members(&self, role: &str) -> Result<Vec<String>, ReadFailure> {
        self.disk.members(role)
    }

    fn neighbours(&self, path: &str) -> Vec<String> {
        self.disk.neighbours(path)
    }
}
