//! What the world is asked to do, fully evaluated, and what it may answer. Owned and serde, because answers
//! are part of the journal. Knows no plan: whoever performs a job needs nothing but the job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Share;
use crate::value::{At, Type, Value};

/// One thing to do in the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    Command(CommandJob),
    Http(HttpJob),
    /// Asks several probes; the answer holds one result for each, in order.
    Probes {
        probes: Vec<ProbeJob>,
    },
    Router(RouterJob),
    Notice(NoticeJob),
}

/// A share to set, or to read: what the command prints then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouterJob {
    /// As a person would write it: `edge(factory-ny)`.
    pub router: String,
    /// None: it is read.
    pub set: Option<Share>,
    pub call: RouterCall,
}

/// What is said to a router.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RouterCall {
    /// Prints the share where it is read.
    Command(CommandJob),
    Haproxy(HaproxyCall),
}

impl RouterCall {
    pub fn timeout_ms(&self) -> u64 {
        match self {
            RouterCall::Command(it) => it.timeout_ms,
            RouterCall::Haproxy(it) => it.timeout_ms,
        }
    }

    /// Whether a process may end with this code.
    pub fn accepts(&self, code: i32) -> bool {
        match self {
            RouterCall::Command(it) => it.accept.codes.contains(&code),
            RouterCall::Haproxy(_) => code == 0,
        }
    }
}

/// Servers of a backend of HAProxy, by their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaproxyCall {
    /// An absolute path, or `host:port`.
    pub socket: String,
    pub backend: String,
    pub stable: Vec<String>,
    pub canary: Vec<String>,
    /// What each server of the stable side and each of the canary is to weigh; none where the share is read.
    pub weights: Option<(u32, u32)>,
    pub timeout_ms: u64,
}

/// Something to say, at an address that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeJob {
    pub url: SecretText,
    pub form: NoticeForm,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeForm {
    /// JSON to post.
    Post {
        body: String,
        key: Option<NoticeKey>,
    },
    Mail(Mail),
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub body: String,
    /// Names the notice, however often it is sent: `PATH.RUN@rollout`.
    pub id: String,
}

/// With what a notice is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeKey {
    /// Names the notice, however often it is sent.
    pub id: String,
    pub at_s: i64,
    pub key: SecretText,
}

/// A process to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandJob {
    pub what: Invocation,
    /// Variables beside the clean set, in order; a later one wins.
    pub env: Vec<(SmolStr, SecretText)>,
    /// Names or globs (`AWS_*`) of the engine's own variables that are let through.
    pub pass_env: Vec<SmolStr>,
    /// Working folder, absolute.
    pub cwd: String,
    pub stdin: Option<SecretText>,
    pub timeout_ms: u64,
    pub accept: CommandAccept,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invocation {
    /// A script run by a shell with `-eu` (bash: also `-o pipefail`).
    Script { shell: Shell, text: String },
    /// A program and its arguments, without a shell.
    Exec { argv: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shell {
    Sh,
    Bash,
}

/// What counts as success of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandAccept {
    /// Exit codes; `[0]` by default.
    pub codes: Vec<i32>,
    /// A pattern that standard output must match somewhere.
    pub output: Option<String>,
}

/// A text that may hold secrets by name; only whoever performs the job learns their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretText(pub Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    Plain(String),
    /// The name of a declared secret.
    Secret(SmolStr),
}

impl SecretText {
    pub fn plain(text: impl Into<String>) -> SecretText {
        SecretText(vec![Piece::Plain(text.into())])
    }
}

/// A request to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpJob {
    pub method: SmolStr,
    pub url: String,
    pub headers: Vec<(SmolStr, SecretText)>,
    pub body: Option<SecretText>,
    pub timeout_ms: u64,
    /// Status codes that count as success; empty means 200 to 299.
    pub accept: Vec<StatusRange>,
}

/// Status codes from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRange {
    pub first: u16,
    pub last: u16,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeJob {
    /// As a person would write it: `up(factory-ny)`.
    pub name: String,
    /// The declared name of what is asked, and what it is asked about.
    pub subject: SmolStr,
    pub arguments: Vec<Value>,
    pub ask: ProbeAsk,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeAsk {
    Command(CommandJob),
    Http(HttpJob),
    /// Holds when a connection can be made in time.
    Tcp {
        host: String,
        port: u16,
        timeout_ms: u64,
    },
    Metric(MetricAsk),
}

/// A number to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricAsk {
    pub source: MetricSource,
    /// What the answer is to be.
    pub of: Type,
    /// What one of the source is in the base of the type.
    pub factor: f64,
    /// The mean over the time from the first to the second; none: the value now.
    pub over: Option<(At, At)>,
    /// Every sample of that time instead of their mean.
    pub series: bool,
    /// Each with its time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed: bool,
}

/// Where a number is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricSource {
    Prometheus {
        url: String,
        query: String,
        headers: Vec<(SmolStr, SecretText)>,
        timeout_ms: u64,
    },
    /// A JSON document, and where in it the number is (RFC 6901).
    Http {
        request: HttpJob,
        pointer: String,
    },
    /// A program that prints the number.
    Command(CommandJob),
    /// How many alerts fire that match, as `GET` on an address says.
    Alertmanager {
        request: HttpJob,
    },
    /// What somebody pushed last, if that is not older than `since`.
    Recorded {
        metric: SmolStr,
        target: Option<SmolStr>,
        since: At,
        /// None: up to what is there when it is read.
        until: Option<At>,
    },
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    Done(Done),
    Fault(Fault),
    Probed { results: Vec<Probed> },
}

/// What a successful command or request left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Exit code of a command or status of a response.
    pub code: i32,
    /// Standard output or response body: masked, without its final newline, at most 64 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// The `key=value` lines that the command wrote to its output file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<SmolStr, String>,
}

/// Why the world said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// A sentence without period for a person, masked: "exit code 7", "no answer within 2s".
    pub message: String,
    /// Exit code or status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It ran and its result is not accepted.
    Refused,
    /// It was ended by a signal that was not ours.
    Signalled,
    TimedOut,
    /// It could not be started or reached.
    Unreachable,
    /// It was ended because the run was cancelled or an enclosing limit passed.
    Ended,
    /// Whether it ran to its end is not known: the engine died meanwhile.
    Unknown,
    /// It waited for its turn and never began, because the run was paused meanwhile.
    NotBegun,
    /// A value that the job needs is not there: a secret that is gone, an output that was promised.
    Missing,
}

/// The result of one probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probed {
    Holds,
    /// It answered, and the answer is no.
    Violated {
        why: String,
    },
    /// It did not answer: no data is not good data.
    Unknown {
        why: String,
    },
    /// A metric's value.
    Sampled {
        value: Value,
        /// What else the source had to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A metric's samples over some time, in the base of its unit.
    Series {
        values: Vec<f64>,
        /// When each was taken, where that was asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        times: Vec<At>,
    },
    /// Its source answered, and has no data.
    Absent {
        why: String,
    },
}
