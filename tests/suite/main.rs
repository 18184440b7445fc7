//! The suite: everything that is tested from outside the rooms, one file per subject.

mod corpus;
mod docs;
mod examples;
mod journal;
mod lang;
mod shell;
mod syntax;
mod toy;
