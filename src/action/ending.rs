//! How a command comes to its end: by itself, or asked to and then made to. Knows what is due when; whoever pumps
//! waits until then.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::group::Group;
use super::output::Log;

/// How long pipes are read that a grandchild holds open after the leader has ended.
const DRAIN: Duration = Duration::from_millis(1_500);
/// How long a killed process is waited for: one that hangs in the kernel may never end.
const KILL_WAIT: Duration = Duration::from_secs(5);
/// What lies further off than this is not told apart from never.
const FAR: Duration = Duration::from_secs(100 * 365 * 86_400);

/// How a command came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Itself,
    TimedOut,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// Asked to end.
    Asked(End),
    Killed(End),
    /// The leader has ended; something holds its pipes.
    Draining(End),
}

/// The way of one command to its end.
pub(super) struct Ending {
    phase: Phase,
    deadline: Instant,
    grace: Duration,
}

impl Ending {
    pub(super) fn new(timeout_ms: u64, grace_ms: u64) -> Ending {
        let (timeout, grace) = (Duration::from_millis(timeout_ms).min(FAR), Duration::from_millis(grace_ms).min(FAR));
        Ending { phase: Phase::Running, deadline: Instant::now() + timeout, grace }
    }

    /// When something is to be done although nothing was heard.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether nobody has ended it yet.
    pub(super) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Somebody wants it to end.
    pub(super) fn cancel(&mut self, group: &Group) {
        self.ask(End::Cancelled, group);
    }

    /// The leader has ended: what still comes is waited for only a little.
    pub(super) fn leader_ended(&mut self) {
        self.phase = match self.phase {
            Phase::Running => {
                self.deadline = Instant::now() + DRAIN;
                Phase::Draining(End::Itself)
            }
            // What it started keeps what is left of its time to end in order.
            Phase::Asked(end) | Phase::Killed(end) | Phase::Draining(end) => Phase::Draining(end),
        };
    }

    /// The deadline has come. Returns whether there is still something to wait for.
    pub(super) fn late(&mut self, group: &Group, log: &mut Log) -> bool {
        match self.phase {
            Phase::Running => self.ask(End::TimedOut, group),
            Phase::Asked(end) => {
                group.signal(Signal::KILL);
                self.deadline = Instant::now() + KILL_WAIT;
                self.phase = Phase::Killed(end);
            }
            Phase::Killed(_) => return false,
            Phase::Draining(_) => {
                log.remark("the command has ended, but something it started held its output open and was ended too");
                group.signal(Signal::KILL);
                return false;
            }
        }
        true
    }

    /// Returns how it ended, and ends what is left of one that did not end by itself.
    pub(super) fn close(self, group: &Group) -> End {
        match self.phase {
            Phase::Running => End::Itself,
            Phase::Asked(end) | Phase::Killed(end) | Phase::Draining(end) => {
                // The leader is not yet collected, so its number still means this group and no other.
                if end != End::Itself {
                    group.signal(Signal::KILL);
                }
                end
            }
        }
    }

    /// Asks the whole group to end.
    fn ask(&mut self, end: End, group: &Group) {
        group.signal(Signal::TERM);
        self.deadline = Instant::now() + self.grace;
        self.phase = Phase::Asked(end);
    }
}
