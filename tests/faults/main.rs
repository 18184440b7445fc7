//! What can go wrong beneath the program: bits that flip, disks that fail or fill up, processes that are killed at any
//! call, secrets that look for a way out, names and sizes that are meant to hurt. Slower than the suite, and with the
//! real program wherever that is possible.

#![allow(clippy::disallowed_methods, reason = "tests are the world around the rooms")]

mod audits;
mod calls;
mod checkups;
mod flips;
mod fuzz;
mod hostile;
mod limits;
mod room;
mod secrets;
mod strace;

#[allow(dead_code, reason = "the suite needs more of it")]
#[path = "../suite/stage.rs"]
mod stage;
#[allow(dead_code, reason = "the suite needs more of it")]
#[path = "../suite/toy.rs"]
mod toy;
