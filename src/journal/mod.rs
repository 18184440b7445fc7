//! Journal · append: what happened, durable before anything it causes is done; never what to do about it.
//!
//! - `record`: one remembered event, its written form and its link in the run's hash chain
//! - `memory`: a journal that forgets when the process ends, as plain as the contract allows
//! - `contract`: what every journal can do
//! - `error`: what our own disk may refuse
//! - `schema`: the tables and the settings of the database
//! - `seal`: the signature under the end of a chain
//! - `acked`: the slip that says what was acknowledged last
//! - `tail`: what hangs at the end of a log that nobody closed
//! - `room`: room that is held back for the last records
//! - `pen`: what is written within one transaction
//! - `writer`: the one thread that owns the writing connection, and its group commit
//! - `reader`: questions to a journal that somebody else may be writing
//! - `sqlite`: the journal in a state folder: a writer and a reader
//! - `samples`: numbers that somebody pushed
//! - `past`: how long things took in earlier runs
//! - `told`: the account of a run
//! - `audit`: a run's signed heads and rows, and what is wrong with the file as a whole
//! - `verify`: whether a run's records are still the ones that were written

mod acked;
mod audit;
mod contract;
mod error;
mod memory;
mod past;
mod pen;
mod reader;
mod record;
mod room;
mod samples;
mod schema;
mod seal;
mod sqlite;
mod tail;
mod told;
mod verify;
mod writer;

pub use acked::slip_path;
pub use audit::{Audit, audit, audit_file};
pub use contract::{Entry, Journal, Receipt, RunSummary, StoredPlan};
pub use error::JournalError;
pub use memory::Memory;
pub use past::past;
pub use reader::{Reader, Stored};
pub use record::{Hash, Record, read_body, read_deep};
pub use room::{RESERVE_BYTES, Room, reserve_path};
pub use samples::{Sample, Samples, Wanted};
pub use seal::{Head, Seal, SealError, Verifier, key_path, read_head};
pub use sqlite::Sqlite;
pub use tail::{Tail, log_path, torn_tail};
pub use told::{AskPlan, AskRecords, Shelves, Told, each, told, unfiled};
pub use verify::{Broken, Verified, verify, verify_each};
