//! The suite: everything that is tested from outside the rooms, one file per subject.

mod lang;
mod shell;
mod syntax;
