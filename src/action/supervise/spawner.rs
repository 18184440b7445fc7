//! The process that forks supervisors: begun before the engine has threads, so that it is small, has one thread, and
//! needs no second `exec` for each step. It is told an errand, forks, and hands back a hold on the child. Secrets come
//! to it over its socket and to supervisors by being forked; it keeps no other state, and may be lost without harm.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Pid, PidfdFlags, WaitOptions, pidfd_open, waitpid};

use super::channel::{Head, MASKS_MAX, Order};
use super::fork::{Forked, Signals, fork_again, fork_first};
use super::supervisor::supervise;
use crate::action::group::{ProcessIdentity, boot_id, hundredths};
use crate::action::mask::Mask;
use crate::action::start::Errand;

/// The engine's end of the socket, until an engine takes it.
static OFFERED: Mutex<Option<UnixStream>> = Mutex::new(None);

/// How long a spawner is waited for that has nothing left to do.
const LEAVING: Duration = Duration::from_secs(1);

/// The spawner of this process; collected when dropped.
pub struct SpawnerProcess {
    pid: Pid,
}

/// Forks the spawner. To be called while this process has one thread.
///
/// # Errors
/// If it cannot be forked; then supervisors are executed one by one, which costs more.
pub fn begin_spawner() -> io::Result<SpawnerProcess> {
    let (ours, theirs) = UnixStream::pair()?;
    match fork_first()? {
        Forked::Parent(pid) => {
            *OFFERED.lock().expect("nobody panics with it") = Some(ours);
            Ok(SpawnerProcess { pid })
        }
        Forked::Child => {
            drop(ours);
            // Whatever fails, the engine sees the socket end and goes on without.
            let served = std::panic::catch_unwind(|| serve(theirs));
            std::process::exit(i32::from(!matches!(served, Ok(Ok(())))));
        }
    }
}

/// Takes the way to the spawner of this process; none if there is none, or somebody has it.
pub(super) fn take_offered() -> Option<UnixStream> {
    OFFERED.lock().expect("nobody panics with it").take()
}

impl Drop for SpawnerProcess {
    fn drop(&mut self) {
        drop(take_offered());
        // It goes as soon as nobody holds the other end of its socket.
        let Ok(held) = pidfd_open(self.pid, PidfdFlags::empty()) else { return };
        let patience = rustix::event::Timespec { tv_sec: LEAVING.as_secs() as i64, tv_nsec: 0 };
        if poll(&mut [PollFd::new(&held, PollFlags::IN)], Some(&patience)).is_ok_and(|ready| ready > 0) {
            waitpid(Some(self.pid), WaitOptions::NOHANG).ok();
        }
    }
}

/// Serves until the engine is gone.
fn serve(mut engine: UnixStream) -> io::Result<()> {
    apart()?;
    let signals = Signals::listen()?;
    // Read once here, and known to all that is forked.
    boot_id();
    let mut masks: VecDeque<(u64, Mask)> = VecDeque::new();
    let none = Mask::new([]);
    loop {
        let mut ready = [PollFd::new(&engine, PollFlags::IN), PollFd::new(&signals, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [is_told, has_signal] = ready.map(|it| !it.revents().is_empty());
        if has_signal {
            while signals.next().is_some() {}
            collect();
        }
        if !is_told {
            continue;
        }
        let Some((head, text)) = read(&mut engine)? else { break };
        match head.order {
            Order::Mask => {
                let values: Vec<String> = serde_json::from_slice(&text)?;
                masks.truncate(MASKS_MAX - 1);
                masks.push_front((head.mask, Mask::new(values.iter().map(String::as_str))));
            }
            Order::Supervise => {
                let mask = masks.iter().find(|(id, _)| *id == head.mask).map_or(&none, |(_, mask)| mask);
                let since = hundredths();
                match fork_again()? {
                    Forked::Parent(pid) => answer(&engine, &pidfd_open(pid, PidfdFlags::empty())?)?,
                    Forked::Child => {
                        // Held open by a supervisor, the socket would not end when this process does.
                        drop(engine);
                        stay(&text, mask, since, &signals);
                    }
                }
            }
        }
    }
    collect();
    Ok(())
}

/// Leaves the terminal, its signals and its streams to the engine.
fn apart() -> io::Result<()> {
    rustix::process::setsid()?;
    std::env::set_current_dir("/")?;
    let nothing = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    Ok(())
}

/// Is the supervisor of an errand, and ends with it.
fn stay(text: &[u8], mask: &Mask, since: u64, signals: &Signals) -> ! {
    let stayed = std::panic::catch_unwind(AssertUnwindSafe(|| -> io::Result<()> {
        rustix::process::setsid()?;
        let errand: Errand = serde_json::from_slice(text)?;
        supervise(&errand, mask, ProcessIdentity::new(std::process::id(), since), signals)
    }));
    std::process::exit(i32::from(!matches!(stayed, Ok(Ok(())))))
}

/// Collects the supervisors that have ended.
fn collect() {
    while let Ok(Some(_)) = waitpid(None, WaitOptions::NOHANG) {}
}

/// Reads an order whole; none once the engine is gone.
fn read(engine: &mut UnixStream) -> io::Result<Option<(Head, Vec<u8>)>> {
    let mut head = [0; Head::BYTES];
    match engine.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let head = Head::read(&head).ok_or_else(|| io::Error::other("an order that nobody knows"))?;
    let mut text = vec![0; head.bytes];
    engine.read_exact(&mut text)?;
    Ok(Some((head, text)))
}

/// Hands the hold on a child over.
fn answer(engine: &UnixStream, child: &OwnedFd) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut with = SendAncillaryBuffer::new(&mut space);
    let holds = [child.as_fd()];
    assert!(with.push(SendAncillaryMessage::ScmRights(&holds)), "there is room for one");
    sendmsg(engine, &[IoSlice::new(b"k")], &mut with, SendFlags::NOSIGNAL)?;
    Ok(())
}
