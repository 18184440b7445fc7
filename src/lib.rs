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

pub mod schema;

pub mod model;

pub mod eval;

pub mod check;

// The engine, pure.
pub mod plan;

pub mod engine;

pub mod view;

pub mod report;

pub mod sim;

// The world, with input and output.
pub mod journal;

pub mod action;

pub mod runtime;
