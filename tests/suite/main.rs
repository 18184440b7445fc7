//! The suite: everything that is tested from outside the rooms, one file per subject.

mod corpus;
mod examples;
mod journal;
mod lang;
mod sagas;
mod shell;
mod syntax;
mod toy;
