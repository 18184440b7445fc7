//! What holds when processes die: the real program is killed, stopped and cut off at every system call, and every
//! step still runs exactly once, with its own result, recorded once. A binary of its own, because it takes minutes.

#![allow(clippy::disallowed_methods, reason = "tests are the world around the rooms")]

mod boundaries;
mod killed;
mod ledger;
#[path = "../suite/stage.rs"]
#[allow(dead_code, reason = "the suite needs more of it")]
mod stage;
