//! Why something waits, fails or is paused, and how it ends: as it is remembered. The written form never changes.

use serde::{Deserialize, Serialize};

use super::{Fault, Person, Truth};
use crate::plan::Place;
use crate::value::At;

/// Why something waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// A `wait`.
    Wait,
    /// A stage's `delay`.
    Delay,
    /// A stage's `not_before`.
    NotBefore,
    /// The pause before another attempt.
    Backoff,
    /// A check's `settle`.
    Settle,
    /// A check that is tried again.
    Again,
    /// The next sample of a watch.
    Sample,
    /// The opening of its window.
    Window,
}

/// How something ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    Done,
    Failed {
        cause: Cause,
    },
    /// A loop's target failed and the loop goes on.
    Tolerated {
        cause: Cause,
    },
    /// It was let go because something around it closes.
    Dropped,
}

/// Why something failed, or is closed, or is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// The world said no.
    Fault {
        fault: Fault,
    },
    /// A condition does not hold or is not known.
    Condition {
        truth: Truth,
        message: String,
    },
    /// A value could not be worked out.
    Value {
        message: String,
    },
    /// The program says so: `fail "…"`.
    Said {
        message: String,
    },
    /// Something beneath it failed; where the first failure was.
    Within {
        #[serde(flatten)]
        place: Place,
    },
    /// More elements failed than a loop or the run tolerates.
    TooMany {
        failed: u32,
        tolerated: u32,
    },
    TimedOut {
        after_ms: i64,
    },
    DeadlinePassed {
        deadline: At,
    },
    /// Its window closed while it went on.
    WindowClosed {
        at: At,
    },
    /// People did not answer in time.
    Unanswered {
        missing: u32,
        after_ms: i64,
    },
    /// One of those who were asked said no.
    Rejected {
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Somebody wanted it.
    Person {
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// Why a run is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum PauseReason {
    /// Somebody asked for it.
    Asked {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A `pause "…"` of the program.
    Said {
        #[serde(flatten)]
        place: Place,
        message: String,
    },
    /// Something failed and its `on_failure` leaves the decision to a person.
    Failed {
        #[serde(flatten)]
        place: Place,
    },
    /// Nobody knows whether a step ran to its end.
    Interrupted {
        #[serde(flatten)]
        place: Place,
    },
    /// People did not answer in time; they still may.
    Unanswered {
        #[serde(flatten)]
        place: Place,
    },
    /// One of those who were asked said no.
    Rejected {
        #[serde(flatten)]
        place: Place,
    },
}

impl PauseReason {
    /// Returns where it came from; none: a person asked for it.
    pub fn place(&self) -> Option<Place> {
        match self {
            PauseReason::Asked { .. } => None,
            PauseReason::Said { place, .. }
            | PauseReason::Failed { place }
            | PauseReason::Interrupted { place }
            | PauseReason::Unanswered { place }
            | PauseReason::Rejected { place } => Some(*place),
        }
    }
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Succeeded,
    RolledBack,
    /// Stopped without undo, or nothing to undo.
    Failed,
    /// Something could not be undone.
    NeedsHands,
    Cancelled,
}

impl Outcome {
    pub const ALL: [Outcome; 5] =
        [Outcome::Succeeded, Outcome::RolledBack, Outcome::Failed, Outcome::NeedsHands, Outcome::Cancelled];

    /// As the language and the journal write it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::RolledBack => "rolled_back",
            Outcome::Failed => "failed",
            Outcome::NeedsHands => "needs_hands",
            Outcome::Cancelled => "cancelled",
        }
    }
}
