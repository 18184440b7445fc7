//! What a command has left running of which nobody knows how it ended: every process of a step carries the step's
//! output file in its environment, and its children inherit it. They are asked to end, given a while, and then made to.
//!
//! Knows no plan: whose answers are missing, the engine's state says.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, getppid, pidfd_open, pidfd_send_signal};

/// How long a process may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Ends every process that some attempts have left, and returns how many there were. Attempts are known by where their
/// output file is; a probe of theirs has one beside it.
pub async fn end_all(outputs: &[PathBuf]) -> usize {
    let mut told = BTreeSet::new();
    let mut waited = Duration::ZERO;
    while !outputs.is_empty() {
        let left = processes_of(outputs);
        if left.is_empty() {
            break;
        }
        for (pid, handle) in &left {
            if told.insert(pid.as_raw_nonzero()) {
                tracing::info!(pid = pid.as_raw_nonzero(), "ending a process that was left over");
                signal(handle, Signal::TERM);
            } else if waited >= GRACE {
                signal(handle, Signal::KILL);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
    told.len()
}

fn signal(process: &OwnedFd, signal: Signal) {
    // One that has ended meanwhile needs no signal.
    let _ = pidfd_send_signal(process, signal);
}

fn processes_of(outputs: &[PathBuf]) -> Vec<(Pid, OwnedFd)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|it| it.file_name().to_str()?.parse().ok().and_then(Pid::from_raw));
    pids.filter(|it| *it != getpid() && Some(*it) != getppid()).filter_map(|pid| held(pid, outputs)).collect()
}

/// Takes hold of a process if it belongs to the attempts; holding it first keeps its number from being reused meanwhile.
fn held(pid: Pid, outputs: &[PathBuf]) -> Option<(Pid, OwnedFd)> {
    if !belongs(pid, outputs) {
        return None;
    }
    let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    belongs(pid, outputs).then_some((pid, handle))
}

fn belongs(pid: Pid, outputs: &[PathBuf]) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())) else { return false };
    is_of(&environment, outputs)
}

fn is_of(environment: &[u8], outputs: &[PathBuf]) -> bool {
    let mut lines = environment.split(|byte| *byte == 0);
    let Some(output) = lines.find_map(|line| line.strip_prefix(b"ROLLOUT_OUTPUT=")) else { return false };
    let is = |it: &PathBuf| output.strip_prefix(it.as_os_str().as_bytes());
    outputs.iter().filter_map(is).any(|rest| rest.is_empty() || rest.starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_belongs_to_an_attempt() {
        let of = |output: &str| is_of(b"PATH=/bin\0ROLLOUT_OUTPUT=/s/logs/a-1/n1-s0-a1.out\0", &[output.into()]);
        assert!(of("/s/logs/a-1/n1-s0-a1.out"));
        assert!(!of("/s/logs/a-1/n1-s0-a1.ou"));
        assert!(!of("/s/logs/a-2/n1-s0-a1.out"));
        assert!(is_of(b"ROLLOUT_OUTPUT=/s/o.2\0", &["/x".into(), "/s/o".into()]), "a probe belongs to its attempt");
        assert!(!is_of(b"ROLLOUT_RUN=a-1\0", &["/s/o".into()]));
    }

    #[tokio::test]
    async fn left_over_processes_are_ended_with_their_children() {
        let state = tempfile::tempdir().expect("a folder");
        let output = state.path().join("o");
        let mut stubborn = std::process::Command::new("sh");
        stubborn.args(["-c", "sleep 60 & sleep 60"]).env("ROLLOUT_OUTPUT", &output);
        // Started by a process that ends, as a supervisor that dies does.
        let mut child = stubborn.spawn().expect("it starts");
        tokio::time::sleep(Duration::from_millis(100)).await;
        let reaper = std::thread::spawn(move || child.wait());
        assert_eq!(end_all(&[]).await, 0);
        assert_eq!(end_all(&[output]).await, 3);
        assert!(!reaper.join().expect("it waits").expect("it ended").success());
    }
}
