//! Questions to the world: an answer that is not accepted is a no; no answer is no data. Knows how to read an
//! answer, not how to ask.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;

use super::fault::duration_text;
use crate::engine::{Done, Fault, FaultKind, Probed};

/// Reads the answer of a command or a request as that of a probe.
pub(super) fn read_answer(answer: Result<Done, Fault>) -> Probed {
    match answer {
        Ok(_) => Probed::Holds,
        Err(fault) => match fault.kind {
            FaultKind::Refused => Probed::Violated { why: fault.message },
            FaultKind::Signalled
            | FaultKind::TimedOut
            | FaultKind::Unreachable
            | FaultKind::Ended
            | FaultKind::Unknown
            | FaultKind::NotBegun
            | FaultKind::Missing => Probed::Unknown { why: fault.message },
        },
    }
}

/// Tells whether a connection can be made in time. A host that refuses one has answered.
pub(super) async fn tcp(host: &str, port: u16, timeout_ms: u64) -> Probed {
    let timeout = Duration::from_millis(timeout_ms);
    match tokio::time::timeout(timeout, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Probed::Holds,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            Probed::Violated { why: format!("`{host}` refuses connections on port {port}") }
        }
        Ok(Err(error)) => Probed::Unknown { why: format!("`{host}` could not be reached on port {port}: {error}") },
        Err(_) => Probed::Unknown { why: format!("no connection within {}", duration_text(timeout_ms)) },
    }
}
