//! Host · drive: the loop that hears, remembers, steps and performs; it decides nothing.
//!
//! - `clock`: what time it is, never backwards
//! - `filesystem`: what kind of file system something lies on
//! - `folder`: the state folder and who may be its engine
//! - `person`: who somebody is to the operating system
//! - `run_id`: names for runs
//! - `performer`: whoever does jobs in the world
//! - `bench`: the jobs that are under way, and those that wait for a place
//! - `attempt_name`: the names of files that attempts leave
//! - `audience`: who looks on, and what they are shown
//! - `news`: what the host may be told
//! - `host`: the loop
//! - `handle`: how others talk to the loop
//! - `leftover`: what a command has left running of which nobody knows how it ended
//! - `message`: what is said over the control socket
//! - `listener`: the engine's end of the socket
//! - `client`: the other end
//! - `shelf`: a folder of documents on disk
//! - `filing`: the documents of a run, written beside its file
//! - `recorder`: numbers that somebody pushes
//! - `hands`: the action room at the host's service
//! - `engine`: all of it together, in one state folder
//! - `watcher`: when a file of a program has changed

mod attempt_name;
mod audience;
mod bench;
mod client;
mod clock;
mod engine;
mod filesystem;
mod filing;
mod folder;
mod handle;
mod hands;
mod host;
mod leftover;
mod listener;
mod message;
mod news;
mod performer;
mod person;
mod recorder;
mod run_id;
mod shelf;
mod watcher;

pub use attempt_name::AttemptName;
pub use audience::{Audience, Stream, Update};
pub use client::{Client, ClientError, Updates};
pub use clock::Clock;
pub use engine::{Engine, EngineError, EngineSettings};
pub use filesystem::FileSystem;
pub use filing::{file, printed};
pub use folder::{FolderError, StateFolder};
pub use handle::{HostHandle, Unheard};
pub use hands::performer_for;
pub use host::Host;
pub use message::{EngineStatus, LiveRun};
pub use news::{StartRefusal, StartRequest};
pub use performer::{Asked, Ended, Open, Perform, Recall, Recalled, Work};
pub use person::{current_person, group_members};
pub use recorder::{Recorded, Recorder, ToRecord, Unrecorded};
pub use watcher::{WatchError, Watcher};
