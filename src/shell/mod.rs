//! Script · lower: where a hole stands in a shell script, and how it must be quoted there, so that a value is
//! always exactly one word or part of one. Never sees a value and never starts a shell.
//!
//! - `script`: the template that goes in and the lowered script that comes out
//! - `problem`: holes that no quoting makes safe, with the sentence and the way out
//! - `tape`: the template as it is read, and the script as it is written
//! - `word`: a word of a command, as far as it is known before the script runs
//! - `quote`: words, quotes and expansions
//! - `document`: here-documents
//! - `command`: lists, pipelines and compound commands
//! - `simple`: one simple command with its redirections
//! - `reading`: who reads the words of a command a second time
//! - `reread`: the table of programs that do

mod command;
mod document;
mod problem;
mod quote;
mod reading;
mod reread;
mod script;
mod simple;
mod tape;
mod word;

pub use problem::{Place, Problem};
pub use script::{Dialect, Hole, Part, Script, Segment, Variable, lower};
