//! The few calls that the compiler cannot check: to fork, and to hear signals as a file. Everything else is ordinary
//! code, because whoever forks here has one thread and holds no lock.
#![allow(unsafe_code, reason = "there is no safe way to fork, nor to block signals")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::process::Pid;

/// The two after a fork.
pub(super) enum Forked {
    Child,
    Parent(Pid),
}

/// Parts this process into two.
///
/// # Errors
/// If the system refuses, or this process has several threads: their locks would stay locked in the child.
pub(super) fn fork_first() -> io::Result<Forked> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(io::Error::other(format!("{threads} threads are there already")));
    }
    fork_again()
}

/// Parts a process that was itself forked into two; it has started no threads since.
///
/// # Errors
/// If the system refuses.
pub(super) fn fork_again() -> io::Result<Forked> {
    // SAFETY: The process has a single thread, which is here and holds no lock, so that the child may do all that its
    // parent may.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(Pid::from_raw(pid).expect("a child has a number"))),
    }
}

/// Signals that arrive as something to read instead of interrupting.
pub(super) struct Signals {
    file: OwnedFd,
}

/// Somebody wants the command to end.
pub(super) const CANCEL: i32 = libc::SIGUSR1;
pub(super) const CHILD: i32 = libc::SIGCHLD;
pub(super) const TERMINATE: i32 = libc::SIGTERM;

impl Signals {
    /// Blocks the signals that a supervisor hears; they then wait to be read, also in what is forked from here.
    pub(super) fn listen() -> io::Result<Signals> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `sigemptyset` makes the set before anything reads it; the numbers are signals; a null pointer says
        // that the former mask is not wanted; what `signalfd` returns is a new descriptor that nobody else owns.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for signal in [CANCEL, CHILD, TERMINATE] {
                libc::sigaddset(set.as_mut_ptr(), signal);
            }
            if libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
            match libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) {
                -1 => Err(io::Error::last_os_error()),
                file => Ok(Signals { file: OwnedFd::from_raw_fd(file) }),
            }
        }
    }

    /// Returns the next signal that has come; none where there is none.
    pub(super) fn next(&self) -> Option<i32> {
        let mut info = [0; size_of::<libc::signalfd_siginfo>()];
        let length = rustix::io::read(&self.file, &mut info).ok()?;
        // The number of the signal comes first.
        let number = info.first_chunk::<4>().filter(|_| length == info.len())?;
        Some(u32::from_ne_bytes(*number) as i32)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
