//! The suite: everything that is tested from outside the rooms, one file per subject.

mod shell;
mod syntax;
