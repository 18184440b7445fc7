//! Run · step: the run as a state machine. Handed an event and the time, it answers with effects;
//! it has no clock, no disk, no luck.
//!
//! - `job`: what the world is asked to do, and what it may answer
//! - `event`: what happened, as it is remembered
//! - `heard`: what the engine is told, and what it wishes for

mod event;
mod heard;
mod job;

pub use event::{Cause, Ending, Event, Evidence, KeptValue, Outcome, PauseReason, Person, RunStarted, Truth, Waiting};
pub use heard::{Command, Effect, Heard, Refusal, Step};
pub use job::{
    Answer, CommandAccept, CommandJob, Done, Fault, FaultKind, HttpJob, Invocation, Job, Piece, ProbeAsk, ProbeJob,
    Probed, SecretText, Shell, StatusRange,
};
