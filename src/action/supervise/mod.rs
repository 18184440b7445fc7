//! Supervisor · stay: one small process for each step, which outlives the engine. It holds the command's pipes, its
//! limits and its secrets, and leaves how it ended on disk; whoever is the engine then reads it.
//!
//! - `claim`: the files of one attempt, and who may begin it
//! - `supervisor`: the small process
//! - `pump`: what a command prints, heard until it has ended
//! - `fork`: the few calls that the compiler cannot check
//! - `spawner`: the process that forks supervisors
//! - `channel`: the engine's way to the spawner
//! - `supervisors`: how the engine comes by one
//! - `watched`: an attempt whose supervisor lives, as the engine sees it
//! - `tail`: what an attempt prints, as it is printed

mod channel;
mod claim;
mod fork;
mod pump;
mod spawner;
mod supervisor;
mod supervisors;
mod tail;
mod watched;

pub use claim::{Files, turns};
pub use spawner::{SpawnerProcess, begin_spawner};
pub use supervisor::supervise_what_is_told;
pub use supervisors::Supervisors;
pub(super) use supervisors::{Secrets, Unbegun};
pub use watched::Found;
