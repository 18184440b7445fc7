//! The tests that look at `rollout` from outside, as one program; each room has a module.

mod syntax;
