//! The small process that stays with one command until its end: claims the attempt, starts the command, pumps what
//! it prints through the mask into the log, keeps its limits, and leaves how it ended. Knows no engine: whether one
//! lives makes no difference to it.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use super::claim::Files;
use super::fork::Signals;
use super::pump::pump;
use crate::action::fault::fault;
use crate::action::group::{Group, ProcessIdentity};
use crate::action::mask::Mask;
use crate::action::outputs::read_outputs;
use crate::action::start::Errand;
use crate::action::verdict::judge;
use crate::engine::{Done, Fault, FaultKind};

/// How long a disk that is full is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// What one that is executed is told on its standard input; never on its command line, which everybody can read.
#[derive(serde::Deserialize)]
struct Told {
    errand: Errand,
    secrets: Vec<String>,
}

/// Becomes the supervisor of what standard input says; for one that is executed and not forked. Nobody reads what it
/// would say: that there is no claim, or no result, says enough.
///
/// # Errors
/// If it is told nothing that makes sense, or cannot write its files.
pub fn supervise_what_is_told() -> io::Result<()> {
    let signals = Signals::listen()?;
    // A leader of a group already, when somebody tries it by hand.
    rustix::process::setsid().ok();
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    let told: Told = serde_json::from_slice(&text)?;
    drop(text);
    let us = ProcessIdentity::of_us().ok_or_else(|| io::Error::other("`/proc` does not tell who this is"))?;
    supervise(&told.errand, &Mask::new(told.secrets.iter().map(String::as_str)), us, &signals)
}

/// Stays with a command until it has ended and that is on disk. Does nothing where somebody has fenced the attempt.
pub(super) fn supervise(errand: &Errand, mask: &Mask, us: ProcessIdentity, signals: &Signals) -> io::Result<()> {
    // What a command leaves in the background comes to us, so that it can be ended with it.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).ok();
    let files = Files::beside(&errand.attempt.log);
    let Some(_held) = files.begin(us)? else { return Ok(()) };
    let result = run(errand, mask, signals);
    let result = result.map_err(|fault| Fault { message: mask.text(&fault.message), ..fault });
    leave(&files, &result)
}

/// Writes the result; a disk that is full is given time.
fn leave(files: &Files, result: &Result<Done, Fault>) -> io::Result<()> {
    let since = Instant::now();
    loop {
        match files.end(result) {
            Err(error)
                if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
                    && since.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(500));
            }
            ended => return ended,
        }
    }
}

fn run(errand: &Errand, mask: &Mask, signals: &Signals) -> Result<Done, Fault> {
    let mut group = Group::with_all_orphans(errand.spawn()?);
    let ended = pump(errand, mask, &mut group, signals);
    let (end, said) = ended.map_err(|error| fault(FaultKind::Unknown, format!("it could not be watched: {error}")))?;
    let done = judge(end, group.settle(), said, &errand.accept, errand.timeout_ms)?;
    let outputs = read_outputs(&errand.attempt.output_file, mask);
    let outputs = outputs.map_err(|why| Fault { kind: FaultKind::Refused, message: why, code: Some(done.code) })?;
    Ok(Done { outputs, ..done })
}
