//! Run · step: the run as a state machine. Handed an event and the time, it answers with effects;
//! it has no clock, no disk, no luck.
//!
//! - `job`: what the world is asked to do, and what it may answer
//! - `event`, `cause`: what happened and why, as it is remembered
//! - `heard`: what the engine is told, and what it wishes for
//! - `run`, `frame`: what a run knows, and what of a place while it is under way
//! - `apply`: how each event changes a run
//! - `elements`, `waits`, `traces`, `reversal`: and what of it is about loops, waiting, what is left behind, the way back
//! - `turn`: one turn, from news to effects
//! - `flow`, `loops`: how stages, steps and sequences go on, and how loops do
//! - `fate`: what a failure means for what is around it
//! - `acts`: how the actions at the leaves go on
//! - `conditions`: how a condition is asked and decided
//! - `known`: what a condition asks, and what is known of that
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
//! - `trending`: where a metric is going
//! - `question`, `promql`: from a question to what is asked of the world
//! - `explain`: why, in words
//! - `likeness`: whether two runs go on alike

mod acts;
mod advance;
mod apply;
mod ask;
mod balancer;
mod called;
mod cause;
mod command;
mod conditions;
mod elements;
mod event;
mod explain;
mod exposure;
mod fate;
mod finish;
mod flow;
mod frame;
mod heard;
mod here;
mod job;
mod judging;
mod known;
mod leap;
mod likeness;
mod loops;
mod measure;
mod notice;
mod people;
mod promql;
mod question;
mod request;
mod retained;
mod reversal;
mod run;
mod traces;
mod trending;
mod turn;
mod undo;
mod waits;
mod watching;
mod windows;

pub use apply::apply;
pub use ask::percent_encoded;
pub use cause::{Cause, Ending, Outcome, PauseReason, Waiting};
pub use event::{Event, Evidence, KeptValue, Person, RunForecast, RunStarted, Truth};
pub use explain::{either, explain, first_failure, origin_of};
pub use exposure::{ExposureKind, Share, exposure_kind, flag_share_of};
pub use frame::{Frame, Shape};
pub use heard::{Command, Effect, Heard, Refusal, Step};
pub use here::seen_from_outside;
pub use job::{
    Answer, CommandAccept, CommandJob, Done, Fault, FaultKind, HaproxyCall, HttpJob, Invocation, Job, Mail, MetricAsk,
    MetricSource, NoticeForm, NoticeJob, NoticeKey, Piece, ProbeAsk, ProbeJob, Probed, RouterCall, RouterJob,
    SecretText, Shell, StatusRange,
};
pub use leap::leap;
pub use likeness::{Kinship, Likeness};
pub use request::{Request, Unmet};
pub use run::{Run, Status};
pub use turn::{outstanding, step};
pub use watching::WatchFrame;
