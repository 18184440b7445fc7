//! What happened, as it is remembered: owned records that are appended before anything they cause is done.
//! The written form of a record never changes; a new kind of record is a new variant.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Answer, Cause, Ending, Fault, Outcome, PauseReason, Share, Waiting};
use crate::plan::{LoopNumbers, Place};
use crate::value::{At, Closing, Record, Value};

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The run began; always the first.
    RunStarted(Box<RunStarted>),
    /// A stage, loop, target, step or wait began.
    Began {
        #[serde(flatten)]
        place: Place,
        /// The elements of a loop whose list is known only now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elements: Option<Vec<Value>>,
        /// What its numbers come to then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        numbers: Option<LoopNumbers>,
        /// When what runs beneath it is ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<At>,
        /// From when on nothing new starts beneath it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<At>,
    },
    /// Its `when` does not hold, or a person skipped it.
    Skipped {
        #[serde(flatten)]
        place: Place,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Person>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The world was asked to do something.
    Asked {
        #[serde(flatten)]
        place: Place,
        attempt: u32,
        /// Whether it only asks if an interrupted attempt was successful.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        verify: bool,
    },
    /// The world answered.
    Answered {
        #[serde(flatten)]
        place: Place,
        attempt: u32,
        answer: Answer,
    },
    /// A condition was evaluated, with what it saw.
    Evaluated {
        #[serde(flatten)]
        place: Place,
        truth: Truth,
        /// Each probe as a person would write it, with its answer.
        evidence: Vec<Evidence>,
        /// What each sustained threshold came to, by its name with what it is about.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        streaks: Vec<(String, Truth)>,
    },
    /// What a metric was before the first change to its subject; learned once.
    Baseline {
        #[serde(flatten)]
        place: Place,
        what: String,
        value: Value,
    },
    /// Something is violated that only warns.
    Warned {
        #[serde(flatten)]
        place: Place,
        cause: Cause,
    },
    /// Its window is shut: it begins when that opens; none: never as far as anybody looked.
    Held {
        #[serde(flatten)]
        place: Place,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<At>,
        why: String,
    },
    /// What waited for its window goes on.
    Entered {
        #[serde(flatten)]
        place: Place,
    },
    /// It has begun in a window whose close means something to it.
    Opened {
        #[serde(flatten)]
        place: Place,
        closes: At,
        closing: Closing,
    },
    /// The window of what has begun is shut: nothing more begins in it until then.
    Shut {
        #[serde(flatten)]
        place: Place,
        until: At,
        why: String,
    },
    /// Somebody let something go on that waited for its time.
    Advanced {
        #[serde(flatten)]
        place: Place,
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Nothing advances to the next stage or wave.
    OnHold {
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    HoldLifted {
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It waits until then, unless something else happens.
    Waiting {
        #[serde(flatten)]
        place: Place,
        until: At,
        why: Waiting,
    },
    /// It ended.
    Ended {
        #[serde(flatten)]
        place: Place,
        ending: Ending,
    },
    /// A loop goes on to its next wave; counted from 0.
    WaveAdvanced {
        #[serde(flatten)]
        place: Place,
        wave: u32,
    },
    /// Nothing new starts beneath it; what runs there may end, or is ended.
    Closing {
        #[serde(flatten)]
        place: Place,
        cause: Cause,
    },
    /// A value is kept for a target or for the rollout, until a later one replaces it; null removes it.
    Kept {
        #[serde(flatten)]
        place: Place,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<SmolStr>,
        key: SmolStr,
        value: Value,
    },
    /// The share that was there before a step changed it.
    ExposureRead {
        #[serde(flatten)]
        place: Place,
        /// What has it, as a person would write it: `edge(factory-ny)`.
        subject: String,
        share: Share,
    },
    /// A share is set, and was read back where it can be.
    Exposed {
        #[serde(flatten)]
        place: Place,
        subject: String,
        share: Share,
        before: Share,
    },
    /// Something is said to a channel; that it could not be delivered would be a warning.
    Noticed {
        #[serde(flatten)]
        place: Place,
        channel: SmolStr,
        message: String,
    },
    /// A line that the rollout wanted logged.
    Logged {
        #[serde(flatten)]
        place: Place,
        message: String,
    },
    /// Nothing new starts until somebody resumes.
    Paused {
        why: PauseReason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Person>,
    },
    Resumed {
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Somebody decided that something that failed is tried again.
    Retried {
        #[serde(flatten)]
        place: Place,
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// People are asked; what waits there goes on when enough of them have answered.
    ApprovalRequested {
        #[serde(flatten)]
        place: Place,
        /// Who may answer.
        of: Vec<SmolStr>,
        /// How many answers it takes: different people, or items of a checklist.
        need: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<At>,
        /// What they are shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The items of a checklist.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<String>,
    },
    /// One of those who were asked has approved.
    Approved {
        #[serde(flatten)]
        place: Place,
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// How many more have to.
        left: u32,
    },
    /// One of those who were asked has said no.
    Rejected {
        #[serde(flatten)]
        place: Place,
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// One item of a checklist is ticked off.
    Ticked {
        #[serde(flatten)]
        place: Place,
        /// Counted from 0.
        item: u32,
        text: String,
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// How many more are to be ticked off.
        left: u32,
    },
    /// One of those who were asked has said yes.
    Confirmed {
        #[serde(flatten)]
        place: Place,
        by: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Too few have answered in time.
    Expired {
        #[serde(flatten)]
        place: Place,
    },
    /// Whoever does what follows says to be somebody else; it counts for nothing.
    Claimed { by: Person, claim: SmolStr },
    /// The run, or one stage or target of it, is taken back.
    RollbackStarted {
        #[serde(flatten)]
        place: Place,
        cause: Cause,
    },
    UndoBegan {
        #[serde(flatten)]
        place: Place,
        /// Why, if it is a target whose failure its loop tolerates.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerated: Option<Cause>,
    },
    /// What was done there is undone.
    Undone {
        #[serde(flatten)]
        place: Place,
    },
    /// It could not be undone: a person is needed.
    UndoFailed {
        #[serde(flatten)]
        place: Place,
        fault: Fault,
    },
    /// The engine was started again after it had died.
    Recovered,
    /// What runs at the end of every run begins: the `on` event, then `finally`.
    Finishing { outcome: Outcome },
    /// It has succeeded, and can still be taken back: until then, or until what is done afterwards has ended.
    Retained {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<At>,
    },
    /// The run ended; always the last.
    RunFinished {
        outcome: Outcome,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// How a run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    pub run: SmolStr,
    pub rollout: SmolStr,
    /// The digest of the plan, under which the journal keeps it.
    pub plan: SmolStr,
    pub inputs: Record,
    pub by: Person,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What earlier runs left: for the rollout itself, and for each target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptValue>,
    /// What was to be expected then, where the rollout says it to anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<RunForecast>,
}

/// When a run was expected to end when it started, and how long taking it all back would last then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunForecast {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<At>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<At>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptValue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<SmolStr>,
    pub key: SmolStr,
    pub value: Value,
}

/// Who did it: the user as the operating system knows them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Person(pub SmolStr);

/// What a condition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    Holds,
    Violated,
    Unknown,
}

/// One thing that a condition looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// As a person would write it: `up(factory-ny)`.
    pub what: String,
    pub truth: Truth,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What was sampled or compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Value>,
    /// How far the two are apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Value>,
    /// It decides nothing and is to be heard: a `warn` whose condition holds, or what a dry run would have refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warns: bool,
}
