//! What is said over the control socket: one JSON object a line, each way. The first line of a client says which
//! version it speaks; an engine that speaks another says so and hangs up.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::audience::Update;
use super::news::{StartRefusal, StartRequest};
use super::recorder::{Recorded, ToRecord};
use crate::engine::Command;

/// The version of what is said.
pub const VERSION: u32 = 1;

/// What a client says first.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    pub rollout_control: u32,
}

/// What a client wants.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    Start(Box<StartRequest>),
    Command {
        run: SmolStr,
        command: Command,
    },
    /// Pick an unfinished run up.
    Adopt {
        run: SmolStr,
    },
    /// From now on every update of a run, or of all; nothing else is answered on this connection any more.
    Subscribe {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<SmolStr>,
    },
    /// Keep a number that somebody pushes.
    Record(ToRecord),
    Status,
}

/// What the engine answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    Welcome(EngineStatus),
    Started {
        run: SmolStr,
    },
    NotStarted(StartRefusal),
    Done,
    Recorded(Recorded),
    /// A sentence without a period.
    Refused {
        why: String,
    },
    /// Updates follow.
    Subscribed,
    Status(EngineStatus),
    Update(Update),
    /// The engine is on its way out.
    Leaving,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineStatus {
    pub version: String,
    pub control: u32,
    pub pid: u32,
    pub runs: Vec<LiveRun>,
}

/// A run that is driven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRun {
    pub id: SmolStr,
    pub rollout: SmolStr,
    /// Nothing goes on until a person does something.
    pub at_rest: bool,
}
