//! A folder of documents on disk: written as a whole or not at all, never through a link, never over what is somebody
//! else's. Knows files and their names, and nothing of what stands in them but whose they are.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, mkdirat, openat, renameat, renameat_with, statat};
use rustix::io::Errno;

use crate::value::beneath;

/// The document that says whose a folder is; written last.
pub(super) const RECORD: &str = "record.json";

/// What people write on in: never written again once it is there.
pub(super) const POST_MORTEM: &str = "post-mortem.md";

/// A document by its name.
pub(super) struct Document {
    pub name: &'static str,
    pub text: String,
}

/// Where the documents are: the folder that was wanted, or one beside it that has the run's name as well.
pub(super) enum Shelved {
    AsWanted,
    Instead(String),
}

/// Writes the documents of a run into a folder beneath another.
///
/// # Errors
/// A sentence without a period that says what is in the way.
pub(super) fn shelve(base: &Path, wanted: &str, run: &str, documents: &[Document]) -> Result<Shelved, String> {
    let parts = beneath(wanted)?;
    let (name, around) = parts.split_last().expect("a path beneath a folder has a part");
    let base = openat(CWD, base, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|it| format!("`{}` cannot be opened: {it}", base.display()))?;
    let mut folder = base;
    for part in around {
        folder = inner(&folder, part).map_err(|it| refusal(part, it))?;
    }
    if put(&folder, name, run, documents).map_err(|it| refusal(name, it))? {
        return Ok(Shelved::AsWanted);
    }
    let beside = format!("{name}-{run}");
    if put(&folder, &beside, run, documents).map_err(|it| refusal(&beside, it))? {
        let path = [around, &[beside.as_str()]].concat().join("/");
        return Ok(Shelved::Instead(path));
    }
    Err(format!("`{name}` and `{beside}` are there and hold something else"))
}

/// Writes the documents into one folder; false if that is somebody else's.
fn put(around: &OwnedFd, name: &str, run: &str, documents: &[Document]) -> Result<bool, Errno> {
    match statat(around, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) if is_of(around, name, run) => {
            let folder = open_folder(around, name)?;
            fill(&folder, documents)?;
            return Ok(true);
        }
        Ok(_) => return Ok(false),
        Err(Errno::NOENT) => {}
        Err(error) => return Err(error),
    }
    // A life that died half-way has left it; what is in it is written anew.
    let part = format!(".{run}.part");
    let folder = inner(around, &part)?;
    fill(&folder, documents)?;
    match renameat_with(around, &part, around, name, RenameFlags::NOREPLACE) {
        Ok(()) => rustix::fs::fsync(around).map(|()| true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a folder holds the record of a run.
fn is_of(around: &OwnedFd, name: &str, run: &str) -> bool {
    let Ok(folder) = open_folder(around, name) else { return false };
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(record) = openat(&folder, RECORD, flags, Mode::empty()) else { return false };
    let mut text = String::new();
    let read = File::from(record).take(256 << 20).read_to_string(&mut text);
    let record = serde_json::from_str::<serde_json::Value>(&text);
    read.is_ok() && record.is_ok_and(|it| it["run"] == run)
}

/// Writes each document so that it is there whole or not at all; the record comes last.
fn fill(folder: &OwnedFd, documents: &[Document]) -> Result<(), Errno> {
    let is_record = |it: &&Document| it.name == RECORD;
    let ordered = documents.iter().filter(|it| !is_record(it)).chain(documents.iter().filter(is_record));
    for document in ordered {
        let is_there = statat(folder, document.name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        if document.name == POST_MORTEM && is_there {
            continue;
        }
        let part = format!(".{}.part", document.name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(folder, &part, flags, Mode::from_raw_mode(0o644))?);
        file.write_all(document.text.as_bytes()).and_then(|()| file.sync_all()).map_err(errno)?;
        renameat(folder, &part, folder, document.name)?;
    }
    rustix::fs::fsync(folder)
}

/// Opens a folder within another, made where it is missing.
fn inner(around: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    match mkdirat(around, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => open_folder(around, name),
        Err(error) => Err(error),
    }
}

fn open_folder(around: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    openat(around, name, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

fn refusal(name: &str, error: Errno) -> String {
    match error {
        Errno::LOOP | Errno::NOTDIR => format!("`{name}` is a link or a file, and no folder"),
        error => format!("`{name}` cannot be written: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(run: &str) -> Vec<Document> {
        let record = Document { name: RECORD, text: format!("{{\"run\":\"{run}\"}}") };
        vec![record, Document { name: "log.txt", text: format!("log of {run}") }]
    }

    fn put(base: &Path, wanted: &str, run: &str) -> Result<Option<String>, String> {
        shelve(base, wanted, run, &documents(run)).map(|it| match it {
            Shelved::AsWanted => None,
            Shelved::Instead(path) => Some(path),
        })
    }

    fn read(base: &Path, path: &str) -> String {
        std::fs::read_to_string(base.join(path)).unwrap_or_default()
    }

    #[test]
    fn another_runs_folder_is_left_alone() {
        let base = tempfile::tempdir().expect("a folder");
        assert_eq!(put(base.path(), "a/b", "one"), Ok(None));
        assert_eq!(put(base.path(), "a/b", "two"), Ok(Some("a/b-two".to_owned())));
        assert_eq!(put(base.path(), "a/b", "two"), Ok(Some("a/b-two".to_owned())));
        assert_eq!(read(base.path(), "a/b/log.txt"), "log of one");
        assert_eq!(read(base.path(), "a/b-two/log.txt"), "log of two");
        let left: Vec<_> = std::fs::read_dir(base.path().join("a")).expect("it is there").collect();
        assert_eq!(left.len(), 2, "nothing half-way is left");
    }

    #[test]
    fn a_folder_that_is_there_is_not_ours() {
        let base = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(base.path().join("b")).expect("made");
        assert_eq!(put(base.path(), "b", "one"), Ok(Some("b-one".to_owned())));
        assert!(!base.path().join("b/log.txt").exists());
    }

    #[test]
    fn no_link_leads_out() {
        let (base, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        std::os::unix::fs::symlink(other.path(), base.path().join("out")).expect("linked");
        assert!(put(base.path(), "out/b", "one").is_err_and(|it| it.contains("`out` is a link")));
        assert_eq!(put(base.path(), "out", "one"), Ok(Some("out-one".to_owned())));
        assert_eq!(std::fs::read_dir(other.path()).expect("it is there").count(), 0);
        assert!(put(base.path(), "../b", "one").is_err());
    }

    #[test]
    fn what_people_wrote_stays() {
        let base = tempfile::tempdir().expect("a folder");
        let mut all = documents("one");
        all.push(Document { name: POST_MORTEM, text: "draft".to_owned() });
        assert!(shelve(base.path(), "b", "one", &all).is_ok());
        std::fs::write(base.path().join("b/post-mortem.md"), "what we learned").expect("written");
        std::fs::write(base.path().join("b/own.txt"), "mine").expect("written");
        assert!(shelve(base.path(), "b", "one", &all).is_ok());
        assert_eq!(read(base.path(), "b/post-mortem.md"), "what we learned");
        assert_eq!(read(base.path(), "b/own.txt"), "mine");
    }
}
