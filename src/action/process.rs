//! A command until its end, with everything it starts: one process group, one log, one deadline. Decides nothing
//! about what a fault means.

use std::collections::BTreeMap;
use std::future::Future;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{PidfdFlags, Signal, pidfd_open};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::{Instant, Sleep};

use super::attempt::Stream;
use super::fault::{duration_text, ended, fault};
use super::group::{Group, ProcessIdentity, hundredths};
use super::output::{Log, Mouth};
use super::start::{Setup, spawn};
use crate::engine::{Done, Fault, FaultKind};

/// How long pipes are read that a grandchild holds open after the leader has ended.
const DRAIN: Duration = Duration::from_millis(1_500);
/// How long a killed process is waited for: one that hangs in the kernel may never end.
const KILL_WAIT: Duration = Duration::from_secs(5);
const READ_BYTES: usize = 32 << 10;

/// Runs a command to its end and judges it by what it accepts.
pub(super) async fn run(
    setup: Setup<'_>,
    ended: Pin<&mut (dyn Future<Output = ()> + Send)>,
    started: impl FnOnce(ProcessIdentity),
) -> Result<Done, Fault> {
    let since = hundredths();
    let mut group = Group::new(spawn(&setup)?);
    started(ProcessIdentity::new(group.child.id(), since));
    let unwatched = |error: std::io::Error| fault(FaultKind::Unknown, format!("it could not be watched: {error}"));
    let mut watch = Watch::new(&mut group, &setup).map_err(unwatched)?;
    let end = watch.pump(ended).await;
    let said = watch.close();
    judge(end, group.settle(), said, &setup)
}

/// How a command came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
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

/// What a process said, as far as an answer needs it.
struct Said {
    stdout: String,
    last_line: String,
}

struct Watch<'a> {
    setup: &'a Setup<'a>,
    group: &'a mut Group,
    /// Not a pipe but a handle of the leader, which becomes readable when it ends; nothing is ever read.
    leader: Receiver,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    stdin: Option<ChildStdin>,
    out: Mouth<'a>,
    err: Mouth<'a>,
    log: Log<'a>,
}

impl<'a> Watch<'a> {
    fn new(group: &'a mut Group, setup: &'a Setup<'a>) -> std::io::Result<Watch<'a>> {
        let leader = pidfd_open(group.pid, PidfdFlags::empty())?;
        Ok(Watch {
            setup,
            leader: Receiver::from_owned_fd_unchecked(leader)?,
            stdout: group.child.stdout.take().map(ChildStdout::from_std).transpose()?,
            stderr: group.child.stderr.take().map(ChildStderr::from_std).transpose()?,
            stdin: group.child.stdin.take().map(ChildStdin::from_std).transpose()?,
            group,
            out: Mouth::new(Stream::Stdout, setup.mask),
            err: Mouth::new(Stream::Stderr, setup.mask),
            log: Log::new(setup.attempt),
        })
    }

    /// Pumps until the leader has ended and its pipes are closed, or until waiting longer makes no sense.
    async fn pump(&mut self, mut ended: Pin<&mut (dyn Future<Output = ()> + Send)>) -> End {
        let Watch { setup, group, leader, stdout, stderr, stdin, out, err, log } = self;
        let (live, step) = (setup.live, setup.attempt.step.as_str());
        let mut phase = Phase::Running;
        let mut has_ended = false;
        let feeding = feed(stdin.take(), setup.stdin.as_deref().unwrap_or_default());
        tokio::pin!(feeding);
        let mut is_fed = setup.stdin.is_none();
        let timer = tokio::time::sleep(Duration::from_millis(setup.timeout_ms));
        tokio::pin!(timer);
        let (mut out_bytes, mut err_bytes) = (Vec::new(), Vec::new());
        while !(has_ended && stdout.is_none() && stderr.is_none()) {
            tokio::select! {
                count = read(stdout, &mut out_bytes), if stdout.is_some() => match count {
                    0 => *stdout = None,
                    count => out.hear(&out_bytes[..count], log, live, step),
                },
                count = read(stderr, &mut err_bytes), if stderr.is_some() => match count {
                    0 => *stderr = None,
                    count => err.hear(&err_bytes[..count], log, live, step),
                },
                _ = leader.readable(), if !has_ended => {
                    has_ended = true;
                    phase = drain(phase, timer.as_mut());
                }
                () = timer.as_mut() => match late(phase, group, log, setup, timer.as_mut()) {
                    Some(next) => phase = next,
                    None => break,
                },
                () = ended.as_mut(), if phase == Phase::Running => phase = ask(End::Cancelled, group, setup, timer.as_mut()),
                () = feeding.as_mut(), if !is_fed => is_fed = true,
            }
            out_bytes.clear();
            err_bytes.clear();
        }
        match phase {
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

    fn close(self) -> Said {
        let Watch { setup, mut out, mut err, mut log, .. } = self;
        let step = setup.attempt.step.as_str();
        out.close(&mut log, setup.live, step);
        err.close(&mut log, setup.live, step);
        Said { stdout: out.kept(), last_line: err.last_line().to_owned() }
    }
}

/// Reads what is there; nothing at the end, or when the pipe fails.
async fn read(pipe: &mut Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) -> usize {
    let pipe = pipe.as_mut().expect("only an open pipe is read");
    bytes.reserve(READ_BYTES);
    pipe.read_buf(bytes).await.unwrap_or(0)
}

/// Writes standard input. A command that does not read it to its end is no fault.
async fn feed(stdin: Option<ChildStdin>, text: &str) {
    if let Some(mut stdin) = stdin {
        stdin.write_all(text.as_bytes()).await.ok();
    }
}

/// The leader has ended: what still comes is waited for only a little.
fn drain(phase: Phase, timer: Pin<&mut Sleep>) -> Phase {
    if phase == Phase::Running {
        timer.reset(Instant::now() + DRAIN);
    }
    match phase {
        Phase::Running => Phase::Draining(End::Itself),
        // What it started keeps what is left of its time to end in order.
        Phase::Asked(end) | Phase::Killed(end) | Phase::Draining(end) => Phase::Draining(end),
    }
}

/// Asks the whole group to end.
fn ask(end: End, group: &Group, setup: &Setup, timer: Pin<&mut Sleep>) -> Phase {
    group.signal(Signal::TERM);
    timer.reset(Instant::now() + Duration::from_millis(setup.attempt.grace_ms));
    Phase::Asked(end)
}

/// The time of a phase is over. Returns the next one, or none where there is nothing to wait for any more.
fn late(phase: Phase, group: &Group, log: &mut Log, setup: &Setup, timer: Pin<&mut Sleep>) -> Option<Phase> {
    match phase {
        Phase::Running => Some(ask(End::TimedOut, group, setup, timer)),
        Phase::Asked(end) => {
            group.signal(Signal::KILL);
            timer.reset(Instant::now() + KILL_WAIT);
            Some(Phase::Killed(end))
        }
        Phase::Killed(_) => None,
        Phase::Draining(_) => {
            log.remark("the command has ended, but something it started held its output open and was ended too");
            group.signal(Signal::KILL);
            None
        }
    }
}

fn judge(end: End, status: Option<ExitStatus>, said: Said, setup: &Setup) -> Result<Done, Fault> {
    match end {
        End::TimedOut => Err(fault(FaultKind::TimedOut, format!("no end within {}", duration_text(setup.timeout_ms)))),
        End::Cancelled => Err(ended()),
        End::Itself => accept(status, said, setup),
    }
}

fn accept(status: Option<ExitStatus>, said: Said, setup: &Setup) -> Result<Done, Fault> {
    let Some(status) = status else { return Err(fault(FaultKind::Unknown, "how it ended could not be told")) };
    let Some(code) = status.code() else {
        let signal = status.signal().unwrap_or_default();
        return Err(fault(FaultKind::Signalled, format!("ended by signal {signal}")));
    };
    let refused = |message: String| Fault { kind: FaultKind::Refused, message, code: Some(code) };
    if !setup.accept.codes.contains(&code) {
        let why = if said.last_line.is_empty() { String::new() } else { format!(": {}", said.last_line) };
        return Err(refused(format!("exit code {code}{why}")));
    }
    if let Some(pattern) = &setup.accept.output {
        let expected = regex::Regex::new(pattern).map_err(|_| refused(format!("`{pattern}` is not a pattern")))?;
        if !expected.is_match(&said.stdout) {
            return Err(refused(format!("its output does not match `{pattern}`")));
        }
    }
    Ok(Done { code, stdout: said.stdout, outputs: BTreeMap::new() })
}
