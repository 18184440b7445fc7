//! The names of files that one attempt leaves: by numbers, because a path may hold anything.

use std::cmp::Ordering;
use std::io;
use std::path::PathBuf;

use super::StateFolder;
use crate::plan::{NodeId, Place, Slot};

/// One attempt at one place of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptName {
    pub place: Place,
    pub attempt: u32,
}

impl AttemptName {
    /// Returns every attempt of a run that has printed something, in the order of the plan.
    ///
    /// # Errors
    /// If the folder of logs cannot be read.
    pub fn all_of(folder: &StateFolder, run: &str) -> io::Result<Vec<AttemptName>> {
        let entries = match std::fs::read_dir(folder.logs().join(run)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().to_str().and_then(AttemptName::read));
        }
        names.sort_by(AttemptName::order);
        Ok(names)
    }

    /// Where its output is logged.
    pub fn log(&self, folder: &StateFolder, run: &str) -> PathBuf {
        self.file(folder, run, "log")
    }

    /// Where its command may leave `key=value` lines.
    pub fn output(&self, folder: &StateFolder, run: &str) -> PathBuf {
        self.file(folder, run, "out")
    }

    fn file(&self, folder: &StateFolder, run: &str, ending: &str) -> PathBuf {
        let Place { node, slot } = self.place;
        folder.logs().join(run).join(format!("n{}-s{}-a{}.{ending}", node.0, slot.0, self.attempt))
    }

    fn read(name: &str) -> Option<AttemptName> {
        let (node, rest) = name.strip_prefix('n')?.strip_suffix(".log")?.split_once("-s")?;
        let (slot, attempt) = rest.split_once("-a")?;
        let place = Place::new(NodeId(node.parse().ok()?), Slot(slot.parse().ok()?));
        Some(AttemptName { place, attempt: attempt.parse().ok()? })
    }

    fn order(&self, other: &AttemptName) -> Ordering {
        (self.place, self.attempt).cmp(&(other.place, other.attempt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = StateFolder::at(folder.path()).expect("absolute");
        folder.prepare().expect("made");
        let name = AttemptName { place: Place::new(NodeId(12), Slot(3)), attempt: 2 };
        std::fs::create_dir(folder.logs().join("r")).expect("made");
        std::fs::write(name.log(&folder, "r"), "x").expect("written");
        std::fs::write(name.output(&folder, "r"), "a=1").expect("written");
        assert_eq!(AttemptName::all_of(&folder, "r").expect("read"), [name]);
        assert_eq!(AttemptName::all_of(&folder, "other").expect("read"), []);
    }
}
