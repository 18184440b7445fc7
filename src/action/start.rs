//! How a command begins: its program found, its variables set, its own process group. Never waits for its end.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::attempt::{Attempt, Live};
use super::fault::fault;
use super::mask::Mask;
use super::programs::Programs;
use crate::engine::{CommandAccept, Fault, FaultKind, Invocation, Shell};

/// All that is needed to run one command; secrets are in place.
pub(super) struct Setup<'a> {
    pub(super) attempt: &'a Attempt,
    pub(super) what: &'a Invocation,
    pub(super) variables: BTreeMap<OsString, OsString>,
    pub(super) folder: &'a str,
    pub(super) stdin: Option<String>,
    pub(super) timeout_ms: u64,
    pub(super) accept: &'a CommandAccept,
    pub(super) mask: &'a Mask,
    pub(super) live: &'a dyn Live,
    pub(super) programs: &'a Programs,
}

/// Starts a command, or says why it cannot be started.
pub(super) fn spawn(setup: &Setup) -> Result<Child, Fault> {
    let (program, arguments) = argv(setup.what);
    let refused = |why: String| fault(FaultKind::Unreachable, why);
    if program.is_empty() {
        return Err(refused("no program is named".to_owned()));
    }
    if let Some((name, _)) = setup.variables.iter().find(|(_, value)| value.as_encoded_bytes().contains(&0)) {
        return Err(refused(format!("the value for `{}` holds a NUL, which no process can be given", name.display())));
    }
    let path = setup.programs.find(program, setup.variables.get(OsStr::new("PATH")));
    let path = path.ok_or_else(|| refused(format!("the program `{program}` is not there, or not executable")))?;
    let mut command = Command::new(path);
    // No code runs between fork and exec, so that the cheap way to start a process can be taken.
    command.arg0(program).args(arguments).env_clear().envs(&setup.variables).current_dir(setup.folder);
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if setup.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.spawn().map_err(|error| refused(explain(&error, program, setup)))
}

fn argv(what: &Invocation) -> (&str, Vec<&str>) {
    match what {
        Invocation::Script { shell: Shell::Sh, text } => ("sh", vec!["-eu", "-c", text]),
        Invocation::Script { shell: Shell::Bash, text } => ("bash", vec!["-eu", "-o", "pipefail", "-c", text]),
        Invocation::Exec { argv } => match argv.split_first() {
            Some((program, arguments)) => (program, arguments.iter().map(String::as_str).collect()),
            None => ("", Vec::new()),
        },
    }
}

fn explain(error: &std::io::Error, program: &str, setup: &Setup) -> String {
    match error.kind() {
        ErrorKind::NotFound if !Path::new(setup.folder).is_dir() => {
            format!("its folder `{}` does not exist", setup.folder)
        }
        ErrorKind::NotFound => format!("the program `{program}` is not there"),
        ErrorKind::ArgumentListTooLong => {
            "its script or one of its values is larger than 128 KiB: hand it over as a file".to_owned()
        }
        _ => format!("`{program}` could not be started: {error}"),
    }
}
