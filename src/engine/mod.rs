//! Run · step: the run as a state machine. Handed an event and the time, it answers with effects;
//! it has no clock, no disk, no luck.
//!
//! - `job`: what the world is asked to do, and what it may answer

mod job;

pub use job::{
    Answer, CommandAccept, CommandJob, Done, Fault, FaultKind, HttpJob, Invocation, Job, Piece, ProbeAsk, ProbeJob,
    Probed, SecretText, Shell, StatusRange,
};
