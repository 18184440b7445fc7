//! The grammar of `grammar/rollout.pest`, made into code. Nothing of pest is seen outside this room.

// What the derive makes has no doc comments and shapes of its own.
#![allow(missing_docs, clippy::all)]

#[derive(pest_derive::Parser)]
#[grammar = "grammar/rollout.pest"]
pub(super) struct Grammar;
