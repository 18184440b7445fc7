//! What the host may be told. Every question carries the way back for its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::oneshot;

use super::message::LiveRun;
use super::performer::Recalled;
use crate::engine::{Command, Person, Run};
use crate::plan::Plan;
use crate::value::At;

/// One piece of news.
pub enum News {
    Start {
        request: Box<StartRequest>,
        reply: oneshot::Sender<Result<SmolStr, StartRefusal>>,
    },
    /// An unfinished run, replayed.
    Adopt {
        adopted: Box<Adopted>,
        reply: oneshot::Sender<Heeded>,
    },
    Command {
        run: SmolStr,
        by: Person,
        command: Command,
        reply: oneshot::Sender<Heeded>,
    },
    /// Whether nothing goes on in a run; none if it is not driven here.
    AskRest {
        run: SmolStr,
        reply: oneshot::Sender<Option<bool>>,
    },
    AskRuns {
        reply: oneshot::Sender<Vec<LiveRun>>,
    },
    /// The owner wants to leave as soon as all runs rest.
    Leave,
}

/// A run to begin.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct StartRequest {
    pub plan: Plan,
    pub by: Person,
    pub reason: Option<String>,
    /// Variables of whoever starts it that the run may need: those it lets through and those its secrets are in.
    pub variables: BTreeMap<SmolStr, String>,
}

/// Why a run cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum StartRefusal {
    #[error("`{holder}` has not ended, and only one run at a time may be `{exclusive}`")]
    Exclusive { holder: SmolStr, exclusive: String },
    #[error("the disk is full: nothing new begins until there is room")]
    NoRoom,
    #[error("{why}")]
    OutOfReach {
        /// Which approval could never be given; a sentence without a period.
        why: String,
    },
}

/// A run as an earlier life left it.
pub struct Adopted {
    pub id: SmolStr,
    pub plan: Arc<Plan>,
    pub run: Run,
    /// What became of the questions that were open.
    pub recalled: Vec<Recalled>,
    pub last: At,
    /// A newer run of the same rollout, if this one has succeeded and there is one.
    pub superseded: Option<SmolStr>,
    /// What somebody wanted of it while nobody drove it.
    pub wish: Option<(Person, Command)>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heeded {
    Done,
    /// A sentence without a period.
    Refused(String),
    /// The run is not driven here.
    NotDriven,
}
