//! `rollout`: declarative rollouts over fleets of targets. One street of rooms, listed bottom-up;
//! a room names only rooms above it in this list.

// The language, pure.
pub mod diag;
pub mod shell;
pub mod source;

// The engine, pure.
pub mod engine;

// The world.
pub mod action;
