//! What an ended command comes to, by what its job accepts. Runs nothing.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::ending::End;
use super::fault::{duration_text, ended, fault};
use crate::engine::{CommandAccept, Done, Fault, FaultKind};

/// What a process said, as far as an answer needs it.
pub(super) struct Said {
    pub(super) stdout: String,
    pub(super) last_line: String,
}

/// Says what a command came to that ended in some way and said something.
pub(super) fn judge(
    end: End,
    status: Option<ExitStatus>,
    said: Said,
    accept: &CommandAccept,
    timeout_ms: u64,
) -> Result<Done, Fault> {
    match end {
        End::TimedOut => Err(fault(FaultKind::TimedOut, format!("no end within {}", duration_text(timeout_ms)))),
        End::Cancelled => Err(ended()),
        End::Itself => accepted(status, said, accept),
    }
}

fn accepted(status: Option<ExitStatus>, said: Said, accept: &CommandAccept) -> Result<Done, Fault> {
    let Some(status) = status else { return Err(fault(FaultKind::Unknown, "how it ended could not be told")) };
    let Some(code) = status.code() else {
        let signal = status.signal().unwrap_or_default();
        return Err(fault(FaultKind::Signalled, format!("ended by signal {signal}")));
    };
    let refused = |message: String| Fault { kind: FaultKind::Refused, message, code: Some(code) };
    if !accept.codes.contains(&code) {
        let why = if said.last_line.is_empty() { String::new() } else { format!(": {}", said.last_line) };
        return Err(refused(format!("exit code {code}{why}")));
    }
    if let Some(pattern) = &accept.output {
        let expected = regex::Regex::new(pattern).map_err(|_| refused(format!("`{pattern}` is not a pattern")))?;
        if !expected.is_match(&said.stdout) {
            return Err(refused(format!("its output does not match `{pattern}`")));
        }
    }
    Ok(Done { code, stdout: said.stdout, outputs: BTreeMap::new() })
}
