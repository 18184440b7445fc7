//! The program under `strace`, which makes chosen system calls on chosen files fail or kills at them. Nothing in the
//! program knows of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::stage::Stage;

/// Files of a state folder that make up its journal.
const FILES: [&str; 7] =
    ["", "journal.db", "journal.db-wal", "journal.db-shm", "journal.acked", "journal.reserve", "signing.key"];

/// Returns a command that runs the program under `strace`, looking only at calls on the journal's files.
pub fn traced(stage: &Stage, inject: &[String], words: &[&str]) -> Command {
    let state = stage.path().canonicalize().expect("it is there").join(".rollout");
    let inner = stage.command(words);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(trace_file(stage));
    for file in FILES {
        let path = if file.is_empty() { state.clone() } else { state.join(file) };
        command.arg("-P").arg(path);
    }
    for inject in inject {
        command.args(["-e", &format!("inject={inject}")]);
    }
    command.arg("--").arg(inner.get_program()).args(inner.get_args()).current_dir(stage.path()).env_clear();
    command.env("HOME", stage.path()).env("PATH", std::env::var_os("PATH").expect("a PATH"));
    command
}

/// Runs a command under `strace` to its end.
pub fn run(stage: &Stage, inject: &[String], words: &[&str]) -> Output {
    let output = traced(stage, inject, words).output();
    output.unwrap_or_else(|error| {
        panic!("`strace` could not be started ({error}): install it, on Debian with `apt-get install strace`, or use `tests/run`")
    })
}

fn trace_file(stage: &Stage) -> PathBuf {
    stage.path().join("trace.txt")
}

/// How often each system call was made on the journal's files, by the thread that made it most often.
pub fn counted(stage: &Stage) -> BTreeMap<String, usize> {
    let trace = std::fs::read_to_string(trace_file(stage)).expect("it was traced");
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(char::is_whitespace) else { continue };
        let Some((name, _)) = call.trim_start().split_once('(') else { continue };
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            *counts.entry((name.to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for ((name, _), count) in counts {
        let entry = most.entry(name).or_default();
        *entry = count.max(*entry);
    }
    most
}
