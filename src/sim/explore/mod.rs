//! Search · explore: every combination of a few faults, and the shortest way to each bad ending.
//!
//! - `calm`: long stretches of samples, looked at here and there
//! - `mishap`: what can go wrong once
//! - `gauge`: what the world answers so that a condition comes out as wanted
//! - `scene`: one state of the world and its run
//! - `ending`: what a bad ending is
//! - `search`: every combination, the fewest faults first
//! - `retold`, `proof`: a way that was found, once more, and as a test

mod calm;
mod ending;
mod gauge;
mod mishap;
mod proof;
mod retold;
mod scene;
mod search;

pub use ending::Bad;
pub(super) use ending::broken;
pub use mishap::{Mishap, Turning};
pub use proof::as_test;
pub use retold::Retold;
pub use search::{Explored, Finding, Level, explore};
