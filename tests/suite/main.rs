//! The suite: everything that is tested from outside the rooms, one file per subject.

mod corpus;
mod journal;
mod shell;
mod syntax;
mod toy;
