//! Where programs are found on a path, remembered for as long as they stay there. Starts none.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A longer memory would only hold programs that are not run again.
const REMEMBERED_MAX: usize = 1_000;

#[derive(Default)]
pub(super) struct Programs {
    /// By path and name.
    found: Mutex<BTreeMap<(OsString, String), PathBuf>>,
}

impl Programs {
    /// Finds a program as a shell would that has this path.
    pub(super) fn find(&self, program: &str, path: Option<&OsString>) -> Option<PathBuf> {
        if program.contains('/') {
            // Relative to the folder of the command, which the system sees to.
            return Some(program.into());
        }
        let key = (path?.clone(), program.to_owned());
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = found.get(&key).filter(|place| is_program(place)) {
            return Some(place.clone());
        }
        let place = search(program, &key.0)?;
        if found.len() >= REMEMBERED_MAX {
            found.clear();
        }
        found.insert(key, place.clone());
        Some(place)
    }
}

fn search(program: &str, path: &OsStr) -> Option<PathBuf> {
    // A folder that is relative would depend on where the engine happens to stand.
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(program)).find(|place| is_program(place))
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
