//! Scenario · play: the engine in virtual time. The other shell around it: whatever can happen for real is
//! scripted, seeded and crashed here, without a clock and without a world.
//!
//! - `cast`: who acts beside the engine: the world and people
//! - `luck`: a cast whose answers are drawn from a seed
//! - `script`: a cast that answers from a scenario
//! - `units`: the units of a plan by the paths that tests write
//! - `moments`, `signal`, `conduct`: when, what is measured, how steps go
//! - `people`: what people say to what they are asked
//! - `play`: one run from its start to its end
//! - `crash`: the same run again, with the engine dying after events
//! - `chronicle`, `facts`: what happened, and what an expectation asks of it
//! - `trial`: one test from its text to its verdict
//! - `log`: what a person would have read
//! - `coverage`: what no test has seen happen
//! - `explore`: every combination of a few faults

mod cast;
mod chronicle;
mod conduct;
mod coverage;
mod crash;
mod explore;
mod facts;
mod log;
mod luck;
mod moments;
mod people;
mod play;
mod script;
mod signal;
mod trial;
mod units;

#[cfg(test)]
mod cases;

pub use cast::{Asked, Cast, Unasked};
pub use coverage::{Aspect, Coverage, Seen};
pub use crash::{Crash, crashed};
pub use explore::{Bad, Explored, Finding, Level, Mishap, Turning, explore};
pub use log::log_of;
pub use luck::{Luck, Odds};
pub use play::{Played, Stopped, perform, play};
pub use script::{Manner, Script, Unanswered};
pub use trial::{START, Trial, TrialRequest, Verdict, given_kept, try_out};
