//! `rollout`: declarative rollouts over fleets of targets. One street of rooms, listed bottom-up;
//! a room names only rooms above it in this list.

// The parser's derived code names it.
extern crate alloc;

// The language, pure.
pub mod source;

pub mod diag;

pub mod syntax;

pub mod shell;

pub mod value;

pub mod bucket;

pub mod model;

pub mod calendar;

pub mod schema;

pub mod eval;

pub mod check;

// The engine, pure.
pub mod plan;

pub mod judge;

pub mod engine;

pub mod view;

pub mod report;

pub mod sim;

// The world, with input and output.
#[allow(clippy::disallowed_methods, reason = "it is a file, with a thread that writes it")]
pub mod journal;

#[allow(clippy::disallowed_methods, reason = "it is the world that is acted on")]
pub mod action;

#[allow(clippy::disallowed_methods, reason = "it is where clock, disk and tasks come from")]
pub mod runtime;

// The faces.
#[allow(clippy::disallowed_methods, reason = "it is where the user, their files and their environment are")]
pub mod cli;
