//! `rollout`: declarative rollouts over fleets of targets. One street of rooms, listed bottom-up;
//! a room names only rooms above it in this list.

// What pest makes of the grammar names this crate; without its `std` it has no guard of its own against deep
// nesting, which `syntax` bounds before.
extern crate alloc;

// The language, pure.
pub mod diag;
pub mod source;
pub mod syntax;
