//! A command of a probe until its end, with everything it starts: one process group, one log, one deadline, in the
//! engine itself, because a question that dies with the engine is simply asked again. Decides nothing about what a
//! fault means.

use std::future::Future;
use std::pin::Pin;

use rustix::process::{PidfdFlags, pidfd_open};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::time::Instant;

use super::attempt::{Live, Stream};
use super::ending::{End, Ending};
use super::fault::fault;
use super::group::{Group, ProcessIdentity, hundredths};
use super::mask::Mask;
use super::output::{Log, Mouth};
use super::start::Errand;
use super::verdict::{Said, judge};
use crate::engine::{Done, Fault, FaultKind};

const READ_BYTES: usize = 32 << 10;

/// Runs a command to its end and judges it by what it accepts.
pub(super) async fn run(
    errand: &Errand,
    mask: &Mask,
    live: &dyn Live,
    ended: Pin<&mut (dyn Future<Output = ()> + Send)>,
    started: impl FnOnce(ProcessIdentity),
) -> Result<Done, Fault> {
    let since = hundredths();
    let mut group = Group::new(errand.spawn()?);
    started(ProcessIdentity::new(group.child.id(), since));
    let unwatched = |error: std::io::Error| fault(FaultKind::Unknown, format!("it could not be watched: {error}"));
    let mut watch = Watch::new(&mut group, errand, mask, live).map_err(unwatched)?;
    let end = watch.pump(ended).await;
    let said = watch.close();
    judge(end, group.settle(), said, &errand.accept, errand.timeout_ms)
}

struct Watch<'a> {
    errand: &'a Errand,
    live: &'a dyn Live,
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
    fn new(group: &'a mut Group, errand: &'a Errand, mask: &'a Mask, live: &'a dyn Live) -> std::io::Result<Watch<'a>> {
        let leader = pidfd_open(group.pid, PidfdFlags::empty())?;
        Ok(Watch {
            errand,
            live,
            leader: Receiver::from_owned_fd_unchecked(leader)?,
            stdout: group.child.stdout.take().map(ChildStdout::from_std).transpose()?,
            stderr: group.child.stderr.take().map(ChildStderr::from_std).transpose()?,
            stdin: group.child.stdin.take().map(ChildStdin::from_std).transpose()?,
            group,
            out: Mouth::new(Stream::Stdout, mask),
            err: Mouth::new(Stream::Stderr, mask),
            log: Log::new(&errand.attempt),
        })
    }

    /// Pumps until the leader has ended and its pipes are closed, or until waiting longer makes no sense.
    async fn pump(&mut self, mut ended: Pin<&mut (dyn Future<Output = ()> + Send)>) -> End {
        let Watch { errand, live, group, leader, stdout, stderr, stdin, out, err, log } = self;
        let step = errand.attempt.step.as_str();
        let mut ending = Ending::new(errand.timeout_ms, errand.attempt.grace_ms);
        let mut has_ended = false;
        let feeding = feed(stdin.take(), errand.stdin.as_deref().unwrap_or_default());
        tokio::pin!(feeding);
        let mut is_fed = errand.stdin.is_none();
        let timer = tokio::time::sleep_until(Instant::from_std(ending.deadline()));
        tokio::pin!(timer);
        let (mut out_bytes, mut err_bytes) = (Vec::new(), Vec::new());
        while !(has_ended && stdout.is_none() && stderr.is_none()) {
            tokio::select! {
                count = read(stdout, &mut out_bytes), if stdout.is_some() => match count {
                    0 => *stdout = None,
                    count => out.hear(&out_bytes[..count], log, *live, step),
                },
                count = read(stderr, &mut err_bytes), if stderr.is_some() => match count {
                    0 => *stderr = None,
                    count => err.hear(&err_bytes[..count], log, *live, step),
                },
                _ = leader.readable(), if !has_ended => {
                    has_ended = true;
                    ending.leader_ended();
                    timer.as_mut().reset(Instant::from_std(ending.deadline()));
                }
                () = timer.as_mut() => {
                    if !ending.late(group, log) {
                        break;
                    }
                    timer.as_mut().reset(Instant::from_std(ending.deadline()));
                }
                () = ended.as_mut(), if ending.is_running() => {
                    ending.cancel(group);
                    timer.as_mut().reset(Instant::from_std(ending.deadline()));
                }
                () = feeding.as_mut(), if !is_fed => is_fed = true,
            }
            out_bytes.clear();
            err_bytes.clear();
        }
        ending.close(group)
    }

    fn close(self) -> Said {
        let Watch { errand, live, mut out, mut err, mut log, .. } = self;
        let step = errand.attempt.step.as_str();
        out.close(&mut log, live, step);
        err.close(&mut log, live, step);
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
