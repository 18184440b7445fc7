//! The processes of one command as a whole: the leader and everything it started. Ends them, also those that a
//! killed engine left over. Knows no job.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open, test_kill_process_group};
use serde::{Deserialize, Serialize};

const COLLECT_TRIES: u32 = 100;

/// A process, told apart from every other that had or will have its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// Also the number of its group.
    pub pid: u32,
    /// The hundredths of a second since the host started between which it was started.
    pub started_after: u64,
    pub started_before: u64,
    /// Changes when the host starts anew.
    pub boot_id: String,
}

/// What became of a group that an earlier engine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOver {
    /// It still ran and was ended.
    Ended,
    WasGone,
    /// Something else has its number now.
    NotOurs,
}

impl ProcessIdentity {
    /// Names a process that was started since `started_after`. Nothing is read from `/proc`, which would cost more
    /// than starting a process leaves to spare.
    pub(super) fn new(pid: u32, started_after: u64) -> ProcessIdentity {
        ProcessIdentity { pid, started_after, started_before: hundredths(), boot_id: boot_id().to_owned() }
    }

    /// Names the process that asks, which leads its own group.
    pub(super) fn of_us() -> Option<ProcessIdentity> {
        let start = stat(std::process::id())?.start_time;
        Some(ProcessIdentity { started_before: start, ..ProcessIdentity::new(std::process::id(), start) })
    }

    /// Takes hold of the process, if it is still there.
    pub(super) fn hold(&self) -> Option<OwnedFd> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw)?;
        // Held first, so that its number cannot come to mean another while it is looked at.
        let held = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        (self.boot_id == boot_id() && stat(self.pid).is_some_and(|stat| self.is(&stat))).then_some(held)
    }

    fn is(&self, stat: &Stat) -> bool {
        (self.started_after..=self.started_before).contains(&stat.start_time) && stat.group == self.pid
    }
}

/// Returns the hundredths of a second since the host started, the measure in which the system notes starts.
pub(super) fn hundredths() -> u64 {
    let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(since_boot.tv_sec).expect("a host has run for a positive time");
    seconds * 100 + since_boot.tv_nsec as u64 / 10_000_000
}

/// Ends the group of a process that an earlier engine started, if it is still there: asks first, and after `grace`
/// insists. Blocks for as long.
pub fn end_left_over(identity: &ProcessIdentity, grace: Duration) -> LeftOver {
    let Some(group) = i32::try_from(identity.pid).ok().and_then(Pid::from_raw) else { return LeftOver::NotOurs };
    if identity.boot_id != boot_id() {
        return LeftOver::WasGone;
    }
    match stat(identity.pid) {
        Some(stat) if !identity.is(&stat) => return LeftOver::NotOurs,
        Some(_) => {}
        // While a group has members, no new process gets its number; still it must be seen that they are ours.
        None => match members(identity.pid).as_slice() {
            [] => return LeftOver::WasGone,
            members if !members.iter().any(|member| is_marked(*member)) => return LeftOver::NotOurs,
            _ => {}
        },
    }
    end(group, grace);
    LeftOver::Ended
}

fn end(group: Pid, grace: Duration) {
    signal(group, Signal::TERM);
    let since = Instant::now();
    while is_alive(group) && since.elapsed() < grace {
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(group, Signal::KILL);
}

/// Tells whether a group has members other than those that only wait to be noticed by their parent.
fn is_alive(group: Pid) -> bool {
    if test_kill_process_group(group) == Err(Errno::SRCH) {
        return false;
    }
    !members(group.as_raw_nonzero().get().unsigned_abs()).is_empty()
}

fn signal(group: Pid, signal: Signal) {
    // A group that is gone needs no signal, and one that is not allowed to be signalled will run into its deadline.
    kill_process_group(group, signal).ok();
}

/// Signals what this process has for children, beside the leader of a group. While it collects nobody, the number of
/// a child means no other process.
fn signal_adopted(leader: Pid, signal: Signal) {
    let leader = leader.as_raw_nonzero().get().unsigned_abs();
    let ours = std::process::id();
    for (pid, _) in all().filter(|(pid, stat)| stat.parent == ours && *pid != leader) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            kill_process(pid, signal).ok();
        }
    }
}

/// A child that leads its own group. Whatever happens to its owner, none of the group outlives it unnoticed.
pub(super) struct Group {
    pub(super) child: Child,
    pub(super) pid: Pid,
    /// Whether what leaves the group becomes a child of this process, and has none but those.
    adopts: bool,
    is_settled: bool,
}

impl Group {
    pub(super) fn new(child: Child) -> Group {
        let pid = Pid::from_child(&child);
        Group { child, pid, adopts: false, is_settled: false }
    }

    /// Also holds what leaves the group in order to go on in the background, if this process is the one that
    /// orphans beneath it come to.
    pub(super) fn with_all_orphans(child: Child) -> Group {
        let mut group = Group::new(child);
        group.adopts = true;
        group
    }

    pub(super) fn signal(&self, which: Signal) {
        signal(self.pid, which);
        if self.adopts {
            signal_adopted(self.pid, which);
        }
    }

    /// Collects the exit of a leader that is known to have ended; what else is in the group may go on.
    pub(super) fn settle(&mut self) -> Option<std::process::ExitStatus> {
        let status = self.child.try_wait().ok().flatten();
        self.is_settled = true;
        status
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_settled {
            self.signal(Signal::KILL);
            // A killed process is gone at once, unless it hangs in the kernel; then nobody waits for it.
            for _ in 0..COLLECT_TRIES {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

struct Stat {
    state: char,
    parent: u32,
    group: u32,
    start_time: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let mut bytes = [0; 1024];
    let length = std::fs::File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes[..length]);
    // The name comes second, in parentheses, and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let state = fields.first()?.chars().next()?;
    let number = |at: usize| fields.get(at)?.parse().ok();
    let start_time = fields.get(19)?.parse().ok()?;
    Some(Stat { state, parent: number(1)?, group: number(2)?, start_time })
}

/// Returns the living processes of a group.
fn members(group: u32) -> Vec<u32> {
    all().filter(|(_, stat)| stat.group == group).map(|(pid, _)| pid).collect()
}

/// Returns every process that lives.
fn all() -> impl Iterator<Item = (u32, Stat)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, stat(pid)?))).filter(|(_, stat)| stat.state != 'Z')
}

/// Tells whether a process carries the variables that every command gets.
fn is_marked(pid: u32) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(b"ROLLOUT_ATTEMPT="))
}

/// Returns what changes when the host starts anew.
pub fn boot_id() -> &'static str {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    BOOT_ID.get_or_init(|| {
        let read = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        read.map(|id| id.trim().to_owned()).unwrap_or_default()
    })
}
