//! Action · perform: does one job in the world and answers. Each way of acting is one file; none of them knows a
//! plan, a run's state or the journal.
//!
//! - `attempt`: what is told with a job, and who watches it live
//! - `performer`: the one who performs
//! - `start`: how a command begins
//! - `raw_text`: texts that need not be Unicode
//! - `process`: a command of a question until its end, with everything it starts
//! - `supervise`: the command of a step, which outlives the engine
//! - `ending`: how a command comes to its end
//! - `verdict`: what an ended command comes to
//! - `programs`: where programs are found
//! - `group`: the processes of one command as a whole; what a killed engine left over
//! - `output`: what a process prints: masked, logged, shown, remembered
//! - `outputs`: the `key=value` lines a command leaves
//! - `environment`: the clean set of variables
//! - `vault`: secrets by name
//! - `mask`: no secret leaves
//! - `spelling`: the ways in which a secret may be written
//! - `haproxy`: HAProxy while it runs
//! - `http`: one request
//! - `reach`: which addresses may be asked
//! - `probe`: questions to the world
//! - `notice`: one notice, posted
//! - `mail`: one mail, sent
//! - `metric`: one number, read where it is
//! - `prometheus`, `alerts`, `recorded`: what Prometheus, Alertmanager and the store of pushed numbers say
//! - `past`: what a metric was, step by step
//! - `sources`: what all runs ask about, each question once at a time
//! - `fault`: why the world said no, in words

mod alerts;
mod attempt;
mod ending;
mod environment;
mod fault;
mod group;
mod haproxy;
mod http;
mod mail;
mod mask;
mod metric;
mod notice;
mod output;
mod outputs;
mod past;
mod performer;
mod probe;
mod process;
mod programs;
mod prometheus;
mod raw_text;
mod reach;
mod recorded;
mod sources;
mod spelling;
mod start;
mod supervise;
mod vault;
mod verdict;

pub use attempt::{Attempt, Live, Quiet, Stream};
pub use environment::{Environment, variable_fits};
pub use group::{LeftOver, ProcessIdentity, boot_id, end_left_over};
pub use http::{BODY_BYTES_MAX, Reply, http_client, send};
pub use mask::{MASK, Mask, Masking};
pub use past::Past;
pub use performer::Performer;
pub use reach::{ALLOW_ADDRESSES, Reach};
pub use sources::Sources;
pub use supervise::{Files, Found, SpawnerProcess, Supervisors, begin_spawner, supervise_what_is_told};
pub use vault::{SECRET_BYTES_MIN, SecretFailure, SecretSource, Vault};
