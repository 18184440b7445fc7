//! What is told with a job: who asks, where its traces go, and who watches. Only data.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::raw_text::raw_path;

/// One try at one step, as the job's process and its log know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    pub run: String,
    /// Path of the step: `pilot/ny-1/deploy`.
    pub step: String,
    /// From 1.
    pub attempt: u32,
    /// Created when the first byte arrives; later output is appended. What a supervisor leaves lies beside it.
    #[serde(with = "raw_path")]
    pub log: PathBuf,
    /// Where the command may write `key=value` lines; removed once read.
    #[serde(with = "raw_path")]
    pub output_file: PathBuf,
    /// Bytes of output that are kept; what follows is counted, not kept.
    pub log_limit_bytes: u64,
    /// How long a command may take to end after it was asked to.
    pub grace_ms: u64,
}

impl Attempt {
    pub const LOG_LIMIT_BYTES: u64 = 100 << 20;
    pub const GRACE_MS: u64 = 10_000;
}

/// Which of its two mouths a process speaks from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// Someone who watches output as it comes. Called on the thread that pumps: it must return soon.
pub trait Live: Send + Sync {
    /// Hears one line, masked and without its line end; a line that is very long comes in several parts.
    fn line(&self, step: &str, stream: Stream, line: &str);

    /// Whether anybody hears: what nobody hears need not be read.
    fn is_heard(&self) -> bool {
        true
    }
}

/// Watches nothing.
pub struct Quiet;

impl Live for Quiet {
    fn line(&self, _step: &str, _stream: Stream, _line: &str) {}

    fn is_heard(&self) -> bool {
        false
    }
}
