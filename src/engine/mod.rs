//! Run · step: the run as a state machine. Handed an event and the time, it answers with effects;
//! it has no clock, no disk, no luck.
//!
//! - `job`: what the world is asked to do, and what it may answer
//! - `event`: what happened, as it is remembered
//! - `heard`: what the engine is told, and what it wishes for
//! - `run`: what a run knows
//! - `apply`: how each event changes a run
//! - `turn`: one turn, from news to effects
//! - `flow`: how stages, loops, steps and sequences go on
//! - `acts`: how the actions at the leaves go on
//! - `conditions`: how a condition is asked and decided
//! - `measure`, `judging`: what metrics, thresholds, gates and judges are at a place
//! - `watching`: what is watched for a while
//! - `windows`: when work may begin, and what a close means
//! - `request`: what people were asked and have said
//! - `people`: how the run waits for people
//! - `exposure`: shares of traffic and of users
//! - `balancer`: shares as the weights of HAProxy and nginx
//! - `notice`: what is said in the background
//! - `undo`: the way back
//! - `finish`: how a run ends
//! - `called`: what a called rollout does at its own end
//! - `retained`: what follows success, and what happens again and again
//! - `command`, `advance`: what people may want
//! - `here`: what names stand for at a place
//! - `ask`: from an action to a job
//! - `question`, `promql`: from a question to what is asked of the world
//! - `explain`: why, in words
//! - `likeness`: whether two runs go on alike

mod acts;
mod advance;
mod apply;
mod ask;
mod balancer;
mod called;
mod command;
mod conditions;
mod event;
mod explain;
mod exposure;
mod finish;
mod flow;
mod heard;
mod here;
mod job;
mod judging;
mod likeness;
mod measure;
mod notice;
mod people;
mod promql;
mod question;
mod request;
mod retained;
mod run;
mod turn;
mod undo;
mod watching;
mod windows;

pub use apply::apply;
pub use ask::percent_encoded;
pub use event::{
    Cause, Ending, Event, Evidence, KeptValue, Outcome, PauseReason, Person, RunForecast, RunStarted, Truth, Waiting,
};
pub use explain::{either, explain, first_failure, origin_of};
pub use exposure::{ExposureKind, Share, exposure_kind};
pub use heard::{Command, Effect, Heard, Refusal, Step};
pub use here::seen_from_outside;
pub use job::{
    Answer, CommandAccept, CommandJob, Done, Fault, FaultKind, HaproxyCall, HttpJob, Invocation, Job, MetricAsk,
    MetricSource, NoticeJob, NoticeKey, Piece, ProbeAsk, ProbeJob, Probed, RouterCall, RouterJob, SecretText, Shell,
    StatusRange,
};
pub use likeness::{Kinship, Likeness};
pub use request::{Request, Unmet};
pub use run::{Frame, Run, Shape, Status};
pub use turn::{outstanding, step};
pub use watching::WatchFrame;
