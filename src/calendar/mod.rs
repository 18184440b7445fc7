//! Window · next_open: when windows are open, what holds them shut, and when schedules fire. Pure functions of
//! instants: nothing here knows what time it is.
//!
//! - `ready`: a window made ready to be asked, and what it is asked
//! - `turn`: when a window opens and closes next
//! - `start`: when work may begin before a close
//! - `frozen`: whether a freeze holds a window shut
//! - `reason`: why a window is open or shut, in a sentence
//! - `declared`: one declared window
//! - `phase`: open or shut, and for how long at least
//! - `week`: hours of days
//! - `freeze`: when a window stays shut, whatever opens it
//! - `zone`: what the clocks of a place show, and when they are put forward or back
//! - `schedule`: when a cron expression fires
//! - `fields`: the five fields of a cron expression

mod declared;
mod fields;
mod freeze;
mod frozen;
mod phase;
mod ready;
mod reason;
mod schedule;
mod start;
mod turn;
mod week;
mod zone;

#[cfg(test)]
mod cases;

#[cfg(test)]
mod naive;

#[cfg(test)]
mod properties;

pub use fields::{Fields, FieldsWrong};
pub use ready::Calendar;
pub use schedule::Schedule;
pub use start::Held;
pub use turn::{LOOK_AHEAD_MS, Stretch, When};
pub use zone::{is_zone, local, nearest_zone};
