//! Journal · append: what happened, durable before anything it causes is done; never what to do about it.
//!
//! - `record`: one remembered event, its written form and its link in the run's hash chain
//! - `memory`: a journal that forgets when the process ends, as plain as the contract allows
//! - `contract`: what every journal can do
//! - `error`: what our own disk may refuse
//! - `schema`: the tables and the settings of the database
//! - `writer`: the one thread that owns the writing connection, and its group commit
//! - `reader`: questions to a journal that somebody else may be writing
//! - `sqlite`: the journal in a state folder: a writer and a reader
//! - `samples`: numbers that somebody pushed
//! - `past`: how long things took in earlier runs
//! - `verify`: whether a run's records are still the ones that were written

mod contract;
mod error;
mod memory;
mod past;
mod reader;
mod record;
mod samples;
mod schema;
mod sqlite;
mod verify;
mod writer;

pub use contract::{Entry, Journal, Receipt, RunSummary, StoredPlan};
pub use error::JournalError;
pub use memory::Memory;
pub use past::past;
pub use reader::Reader;
pub use record::{Hash, Record, read_deep};
pub use samples::{Sample, Samples, Wanted};
pub use sqlite::Sqlite;
pub use verify::{Broken, Verified, verify};
