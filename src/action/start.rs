//! How a command begins: its program found, its variables set, its own process group. Never waits for its end.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::fault::fault;
use super::programs::Programs;
use super::raw_text::{raw, raw_pairs, raw_path};
use crate::engine::{CommandAccept, Fault, FaultKind, Invocation, Shell};

/// All that is needed to run one command; secrets are in place, so it is never written to a disk.
#[derive(Serialize, Deserialize)]
pub(super) struct Errand {
    pub(super) attempt: Attempt,
    #[serde(with = "raw_path")]
    pub(super) program: PathBuf,
    /// The name by which it is called, then the rest.
    pub(super) argv: Vec<String>,
    #[serde(with = "raw_pairs")]
    pub(super) variables: Vec<(OsString, OsString)>,
    #[serde(with = "raw")]
    pub(super) folder: OsString,
    pub(super) stdin: Option<String>,
    pub(super) timeout_ms: u64,
    pub(super) accept: CommandAccept,
}

/// Returns the words of an invocation; the first names the program.
pub(super) fn argv(what: &Invocation) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
    match what {
        Invocation::Script { shell: Shell::Sh, text } => words(&["sh", "-eu", "-c", text]),
        Invocation::Script { shell: Shell::Bash, text } => words(&["bash", "-eu", "-o", "pipefail", "-c", text]),
        Invocation::Exec { argv } => argv.clone(),
    }
}

/// Finds the program of a command that is to be called with these variables, or says why it cannot be.
pub(super) fn find_program(
    argv: &[String],
    variables: &[(OsString, OsString)],
    programs: &Programs,
) -> Result<PathBuf, Fault> {
    let refused = |why: String| fault(FaultKind::Unreachable, why);
    let program = argv.first().filter(|it| !it.is_empty());
    let program = program.ok_or_else(|| refused("no program is named".to_owned()))?;
    if let Some((name, _)) = variables.iter().find(|(_, value)| value.as_encoded_bytes().contains(&0)) {
        return Err(refused(format!("the value for `{}` holds a NUL, which no process can be given", name.display())));
    }
    let path = variables.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path);
    let found = programs.find(program, path);
    found.ok_or_else(|| refused(format!("the program `{program}` is not there, or not executable")))
}

impl Errand {
    /// Starts the command, or says why it cannot be started.
    pub(super) fn spawn(&self) -> Result<Child, Fault> {
        let mut command = Command::new(&self.program);
        // No code runs between fork and exec, so that the cheap way to start a process can be taken.
        command.arg0(&self.argv[0]).args(&self.argv[1..]).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).current_dir(&self.folder);
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.spawn().map_err(|error| fault(FaultKind::Unreachable, self.explain(&error)))
    }

    fn explain(&self, error: &std::io::Error) -> String {
        let program = &self.argv[0];
        match error.kind() {
            ErrorKind::NotFound if !Path::new(&self.folder).is_dir() => {
                format!("its folder `{}` does not exist", self.folder.display())
            }
            ErrorKind::NotFound => format!("the program `{program}` is not there"),
            ErrorKind::ArgumentListTooLong => {
                "its script or one of its values is larger than 128 KiB: hand it over as a file".to_owned()
            }
            _ => format!("`{program}` could not be started: {error}"),
        }
    }
}
