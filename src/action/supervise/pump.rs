//! What a command prints, heard until it has ended, its limits kept meanwhile. One thread, and it sleeps unless
//! something comes. Decides nothing about what the end means.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ChildStdin;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use super::fork::{CANCEL, CHILD, Signals, TERMINATE};
use crate::action::attempt::{Quiet, Stream};
use crate::action::ending::{End, Ending};
use crate::action::group::Group;
use crate::action::mask::Mask;
use crate::action::output::{Log, Mouth};
use crate::action::start::Errand;
use crate::action::verdict::Said;

const READ_BYTES: usize = 32 << 10;

/// Stays until the leader has ended and its pipes are closed, or until waiting longer makes no sense.
///
/// # Errors
/// If the pipes cannot be watched.
pub(super) fn pump(errand: &Errand, mask: &Mask, group: &mut Group, signals: &Signals) -> io::Result<(End, Said)> {
    let mut log = Log::noting_turns(&errand.attempt);
    let mut outputs = [
        Output::new(group.child.stdout.take(), Mouth::new(Stream::Stdout, mask)),
        Output::new(group.child.stderr.take(), Mouth::new(Stream::Stderr, mask)),
    ];
    let mut input = Input::new(group.child.stdin.take(), errand.stdin.as_deref())?;
    let mut ending = Ending::new(errand.timeout_ms, errand.attempt.grace_ms);
    let mut has_ended = false;
    let step = errand.attempt.step.as_str();
    let mut bytes = vec![0; READ_BYTES];
    while !(has_ended && outputs.iter().all(|it| it.pipe.is_none())) {
        let Some(ready) = wait(signals, &outputs, &input, ending.deadline())? else {
            if !ending.late(group, &mut log) {
                break;
            }
            continue;
        };
        for (output, _) in outputs.iter_mut().zip(ready.outputs).filter(|(_, is_ready)| *is_ready) {
            output.hear(&mut bytes, &mut log, step);
        }
        if ready.input {
            input.feed();
        }
        while let Some(signal) = ready.signal.then(|| signals.next()).flatten() {
            match signal {
                CANCEL if ending.is_running() => ending.cancel(group),
                // Whoever ends us means the command: how it then ends is what is told.
                TERMINATE => group.signal(Signal::TERM),
                CHILD if !has_ended && is_over(group.pid) => {
                    has_ended = true;
                    ending.leader_ended();
                }
                _ => {}
            }
        }
    }
    let end = ending.close(group);
    outputs.iter_mut().for_each(|it| it.mouth.close(&mut log, &Quiet, step));
    let [out, err] = outputs;
    Ok((end, Said { stdout: out.mouth.kept(), last_line: err.mouth.last_line().to_owned() }))
}

/// Tells whether a child has ended, and leaves it to be collected later: until then its number is its own.
fn is_over(leader: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(leader), options), Ok(Some(_)))
}

/// What is ready.
struct Ready {
    signal: bool,
    outputs: [bool; 2],
    input: bool,
}

/// Waits until something is ready; none once it is too late.
fn wait(signals: &Signals, outputs: &[Output; 2], input: &Input, until: Instant) -> io::Result<Option<Ready>> {
    let [out, err] = outputs;
    let watched: [(Option<BorrowedFd>, PollFlags); 4] = [
        (Some(signals.as_fd()), PollFlags::IN),
        (out.pipe.as_deref().map(|it| it.file()), PollFlags::IN),
        (err.pipe.as_deref().map(|it| it.file()), PollFlags::IN),
        (input.pipe.as_ref().map(AsFd::as_fd), PollFlags::OUT),
    ];
    let mut polled: Vec<PollFd> =
        watched.iter().filter_map(|(file, flags)| Some(PollFd::from_borrowed_fd((*file)?, *flags))).collect();
    let left = until.saturating_duration_since(Instant::now());
    let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
    match poll(&mut polled, Some(&left)) {
        Ok(0) if Instant::now() >= until => return Ok(None),
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut answers = polled.iter().map(|it| !it.revents().is_empty());
    let mut is_ready = |file: &Option<BorrowedFd>| file.is_some() && answers.next().unwrap_or(false);
    let [signal, out, err, input] = watched.map(|(file, _)| is_ready(&file));
    Ok(Some(Ready { signal, outputs: [out, err], input }))
}

/// One of the two pipes from which a command is heard.
struct Output<'a> {
    pipe: Option<Box<dyn Pipe>>,
    mouth: Mouth<'a>,
}

trait Pipe: Read {
    fn file(&self) -> BorrowedFd<'_>;
}

impl<T: Read + AsFd> Pipe for T {
    fn file(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }
}

impl<'a> Output<'a> {
    fn new(pipe: Option<impl Read + AsFd + 'static>, mouth: Mouth<'a>) -> Output<'a> {
        Output { pipe: pipe.map(|it| Box::new(it) as Box<dyn Pipe>), mouth }
    }

    /// Reads what is there; the end, or a failure, closes it.
    fn hear(&mut self, bytes: &mut [u8], log: &mut Log, step: &str) {
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(bytes) {
            Ok(0) => self.pipe = None,
            Ok(count) => self.mouth.hear(&bytes[..count], log, &Quiet, step),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.pipe = None,
        }
    }
}

/// What a command reads. One that does not read it to its end is no fault.
struct Input<'a> {
    pipe: Option<ChildStdin>,
    left: &'a [u8],
}

impl<'a> Input<'a> {
    fn new(pipe: Option<ChildStdin>, text: Option<&'a str>) -> io::Result<Input<'a>> {
        if let Some(pipe) = &pipe {
            fcntl_setfl(pipe, fcntl_getfl(pipe)? | OFlags::NONBLOCK)?;
        }
        let mut input = Input { pipe, left: text.unwrap_or_default().as_bytes() };
        input.feed();
        Ok(input)
    }

    /// Writes what fits; once all is written, or nobody reads, it is closed.
    fn feed(&mut self) {
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.write(self.left) {
            Ok(count) => self.left = &self.left[count..],
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.left = &[],
        }
        if self.left.is_empty() {
            self.pipe = None;
        }
    }
}
