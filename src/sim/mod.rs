//! Scenario · play: the engine in virtual time. The other shell around it: whatever can happen for real is
//! scripted, seeded and crashed here, without a clock and without a world.
//!
//! - `cast`: who acts beside the engine: the world and people
//! - `luck`: a cast whose answers are drawn from a seed
//! - `script`: a cast that answers from a scenario
//! - `replay`: a cast that answers from the past
//! - `router`: routers that do as they are told
//! - `units`: the units of a plan by the paths that tests write
//! - `moments`, `signal`, `conduct`: when, what is measured, how steps go
//! - `people`: what people say to what they are asked
//! - `play`: one run from its start to its end
//! - `crash`: the same run again, with the engine dying after events
//! - `chronicle`, `facts`: what happened, and what an expectation asks of it
//! - `trial`: one test from its text to its verdict
//! - `log`: what a person would have read
//! - `coverage`: what no test has seen happen
//! - `forecast`: when each stage begins and ends if everything goes well
//! - `smooth`, `ahead`: a plan in which everything does, and the engine on its way through it
//! - `trouble`, `frozen`: what cannot be in time, and approvals that run out in a freeze
//! - `pace`, `past`: how long steps take, as they say or as earlier runs show
//! - `explore`: every combination of a few faults

mod ahead;
mod cast;
mod chronicle;
mod conduct;
mod coverage;
mod crash;
mod explore;
mod facts;
mod forecast;
mod frozen;
mod log;
mod luck;
mod moments;
mod pace;
mod past;
mod people;
mod play;
mod replay;
mod router;
mod script;
mod signal;
mod smooth;
mod trial;
mod trouble;
mod units;

#[cfg(test)]
mod cases;

pub use cast::{Asked, Cast, Unasked};
pub use coverage::{Aspect, Coverage, Seen};
pub use crash::{Crash, crashed};
pub use explore::{Bad, Explored, Finding, Level, Mishap, Retold, Turning, as_test, explore};
pub use forecast::{Expected, Forecast, Three, forecast, forecast_from, pinned, way_back};
pub use log::log_of;
pub use luck::{Luck, Odds};
pub use pace::Took;
pub use past::Past;
pub use play::{Played, Stopped, perform, play};
pub use replay::Replay;
pub use router::Routers;
pub use script::{Manner, Script, Unanswered};
pub use trial::{START, Trial, TrialRequest, Verdict, given_kept, try_out};
pub use trouble::Trouble;
