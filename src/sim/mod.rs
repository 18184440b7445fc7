//! Scenario · play: the engine in virtual time. The other shell around it: whatever can happen for real is
//! scripted, seeded and crashed here, without a clock and without a world.
//!
//! - `luck`: what the world answers and how long it takes, from a seed
//! - `router`: routers that do as they are told
//! - `people`: what people say to what they are asked
//! - `play`: one run from its start to its end
//! - `crash`: the same run again, with the engine dying after events

mod crash;
mod luck;
mod people;
mod play;
mod router;

#[cfg(test)]
mod cases;

pub use crash::{Crash, crashed};
pub use luck::{Luck, Odds};
pub use play::{Played, Stopped, play};
pub use router::Routers;
