//! Board · project: events and a plan become what people look at and what programs read. Shows, and decides nothing.
//!
//! - `noun`: what a node is called where people and programs read of it
//! - `public`: journal events as programs see them: one table
//! - `board`: how far everything is, folded event by event
//! - `status`: the board at one moment, for people and for programs
//! - `line`: one event as a line of a log
//! - `people`: what people are asked and what they say
//! - `exposure`: shares and notices
//! - `why`: a verdict, explained

mod board;
mod exposure;
mod line;
mod noun;
mod people;
mod public;
mod status;
mod why;

pub use board::{Board, StageBoard};
pub use exposure::{ExposureStatus, decision};
pub use line::{Line, Tone, line};
pub use noun::noun;
pub use people::OpenItem;
pub use public::{EventFacts, PublicEvent, public_event};
pub use status::{StageStatus, Status, WaitingFor};
pub use why::{Verdicts, Why};
