//! Board · project: events and a plan become what people look at and what programs read. Shows, and decides nothing.
//!
//! - `noun`: what a node is called where people and programs read of it
//! - `public`: journal events as programs see them: one table
//! - `board`: how far everything is, folded event by event
//! - `status`: the board at one moment, for people and for programs
//! - `line`: one event as a line of a log
//! - `people`: what people are asked and what they say
//! - `exposure`: shares and notices
//! - `split`: a share as one user meets it
//! - `why`: a verdict, explained
//! - `measured`: what metrics were, and the limits they were held to
//! - `figures`: how it went in numbers, of one run and of many
//! - `account`: what happened in one run, as plain data
//! - `telling`: from events to an account

mod account;
mod board;
mod exposure;
mod figures;
mod line;
mod measured;
mod noun;
mod people;
mod public;
mod split;
mod status;
mod telling;
mod why;

pub use account::{
    Account, AnswerAccount, Decision, Failure, FiledAccount, Foreseen, Intervention, Item, JournalFacts, KeptAccount,
    Moment, Note, StageAccount, TargetAccount, VerdictAccount, Verification, When, WindowWait,
};
pub use board::{Board, StageBoard};
pub use exposure::{ExposureStatus, decision};
pub use figures::{Figures, Kpi, RolloutKpi, RunFigures, Spread, kpi};
pub use line::{Line, Tone, line};
pub use measured::{Limit, Measured, Series, SeriesSummary, like};
pub use noun::noun;
pub use people::OpenItem;
pub use public::{EventFacts, PublicEvent, public_event};
pub use split::{Side, Split};
pub use status::{StageStatus, Status, WaitingFor};
pub use telling::{Expectations, Telling};
pub use why::{Verdicts, Why};
