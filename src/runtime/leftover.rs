//! What an engine that died has left running: every process that a run started carries the run's name in its
//! environment, and its children inherit it. They are asked to end, given a while, and then made to.
//!
//! Knows no plan: whose answers are missing, the engine's state says.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, getppid, pidfd_open, pidfd_send_signal};

/// How long a process may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Ends every process that a run of this state folder left, and returns how many there were.
pub async fn end_all(run: &str, state: &Path) -> usize {
    let mut told = BTreeSet::new();
    let mut waited = Duration::ZERO;
    loop {
        let left = processes_of(run, state);
        if left.is_empty() {
            return told.len();
        }
        for (pid, handle) in &left {
            if told.insert(pid.as_raw_nonzero()) {
                tracing::info!(run, pid = pid.as_raw_nonzero(), "ending a process that was left over");
                signal(handle, Signal::TERM);
            } else if waited >= GRACE {
                signal(handle, Signal::KILL);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
}

fn signal(process: &OwnedFd, signal: Signal) {
    // One that has ended meanwhile needs no signal.
    let _ = pidfd_send_signal(process, signal);
}

fn processes_of(run: &str, state: &Path) -> Vec<(Pid, OwnedFd)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|it| it.file_name().to_str()?.parse().ok().and_then(Pid::from_raw));
    pids.filter(|it| *it != getpid() && Some(*it) != getppid()).filter_map(|pid| held(pid, run, state)).collect()
}

/// Takes hold of a process if it belongs to the run; holding it first keeps its number from being reused meanwhile.
fn held(pid: Pid, run: &str, state: &Path) -> Option<(Pid, OwnedFd)> {
    if !belongs(pid, run, state) {
        return None;
    }
    let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    belongs(pid, run, state).then_some((pid, handle))
}

fn belongs(pid: Pid, run: &str, state: &Path) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())) else { return false };
    is_of(&environment, run, state)
}

/// Two folders may have runs of the same name, so the step's output file has to lie in this one.
fn is_of(environment: &[u8], run: &str, state: &Path) -> bool {
    let variable = |name: &str| {
        let mut lines = environment.split(|byte| *byte == 0);
        lines.find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    };
    let state = std::os::unix::ffi::OsStrExt::as_bytes(state.as_os_str());
    variable("ROLLOUT_RUN") == Some(run.as_bytes())
        && variable("ROLLOUT_OUTPUT")
            .is_some_and(|it| it.strip_prefix(state).is_some_and(|rest| rest.starts_with(b"/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_belongs_to_a_run_of_a_folder() {
        let environment = b"PATH=/bin\0ROLLOUT_RUN=a-1\0ROLLOUT_OUTPUT=/s/.rollout/logs/a-1/out\0";
        assert!(is_of(environment, "a-1", Path::new("/s/.rollout")));
        assert!(!is_of(environment, "a-2", Path::new("/s/.rollout")));
        assert!(!is_of(environment, "a-1", Path::new("/s/.roll")));
        assert!(!is_of(b"ROLLOUT_RUN=a-1\0", "a-1", Path::new("/s/.rollout")));
    }

    #[tokio::test]
    async fn left_over_processes_are_ended_with_their_children() {
        let state = tempfile::tempdir().expect("a folder");
        let mut stubborn = std::process::Command::new("sh");
        stubborn
            .args(["-c", "sleep 60 & sleep 60"])
            .env("ROLLOUT_RUN", "left-1")
            .env("ROLLOUT_OUTPUT", state.path().join("o"));
        // Started by a process that ends, as an engine that dies does.
        let mut child = stubborn.spawn().expect("it starts");
        tokio::time::sleep(Duration::from_millis(100)).await;
        let reaper = std::thread::spawn(move || child.wait());
        assert_eq!(end_all("left-1", state.path()).await, 3);
        assert!(!reaper.join().expect("it waits").expect("it ended").success());
    }
}
