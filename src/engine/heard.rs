//! What the engine is told, and what it wishes for in return.

use smol_str::SmolStr;

use super::{Answer, Event, Job, Person, RunStarted};
use crate::plan::Place;

/// News for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Begin the run; only ever the first.
    Start(Box<RunStarted>),
    /// The world's answer to what was asked under this key. One that fits no open question changes nothing.
    Answer { place: Place, attempt: u32, answer: Answer },
    /// Time has passed: look whether something is due.
    Tick,
    /// Somebody wants something.
    Command { by: Person, command: Command },
    /// A newer run of the same rollout began.
    Superseded { by: SmolStr },
    /// The engine died and is here again; attempts that were under way then are answered one by one, as unknown.
    Recovered,
}

/// What a person may want of a live run.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    Pause {
        reason: Option<String>,
    },
    Resume {
        #[serde(default)]
        reason: Option<String>,
    },
    /// Tries again what failed: there, or everywhere.
    Retry {
        path: Option<String>,
        #[serde(default)]
        reason: Option<String>,
    },
    /// Counts what failed as done: there, or everywhere.
    Skip {
        path: Option<String>,
        reason: Option<String>,
    },
    Rollback {
        reason: Option<String>,
    },
    /// Says yes to an approval: that at a path, or the only one that is open.
    Approve {
        path: Option<String>,
        reason: Option<String>,
    },
    /// Says no to whatever people are asked.
    Reject {
        path: Option<String>,
        reason: Option<String>,
    },
    /// Says yes to a question, or ticks one item of a checklist off.
    Confirm {
        path: Option<String>,
        /// By its number from 1, its text, or the beginning of it.
        item: Option<String>,
        reason: Option<String>,
    },
    /// Does the wish of whoever says to be somebody else; that is written down and counts for nothing.
    As {
        claim: SmolStr,
        wish: Box<Command>,
    },
    /// Lets go on what waits for its time, there or everywhere, and lifts a hold.
    Advance {
        path: Option<String>,
        reason: Option<String>,
    },
    /// Lets nothing advance to the next stage or wave.
    Hold {
        reason: Option<String>,
    },
    /// Goes to a stage at once.
    Goto {
        path: String,
        reason: Option<String>,
    },
    /// Ends what runs, then does as `on_failure` says.
    Cancel {
        reason: Option<String>,
    },
}

impl Command {
    /// Returns what is wanted, whoever is said to want it.
    pub fn wish(&self) -> &Command {
        match self {
            Command::As { wish, .. } => wish.wish(),
            other => other,
        }
    }
}

/// Why a command cannot be followed, as a sentence without a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

/// What came of some news: what to remember first, what to do then.
#[must_use]
#[derive(Debug, Default, PartialEq)]
pub struct Step {
    /// To be durable before anything else happens.
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
    /// Why a command was not followed; then there are no events.
    pub refused: Option<Refusal>,
}

/// What the world is wished to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Do this and answer under this key.
    Perform { place: Place, attempt: u32, job: Box<Job> },
    /// End what is under way under this key; its answer still comes.
    End { place: Place, attempt: u32 },
}
