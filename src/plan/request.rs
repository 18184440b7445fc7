//! What a plan is made from. Everything is handed in: the program, the values, the fleets, the time.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::model::{Program, RolloutId};
use crate::source::{Sources, World};
use crate::value::{At, Record, Target, Value};

/// What earlier runs of a rollout left, by target (none: the rollout itself) and key.
pub type KeptValues = BTreeMap<(Option<SmolStr>, SmolStr), Value>;

/// Whether a target is meant; the error is a sentence without a period.
pub type Only = dyn Fn(&Target) -> Result<bool, String>;

/// Everything that a plan depends on.
pub struct PlanRequest<'a> {
    pub program: &'a Program,
    pub sources: &'a Sources,
    pub rollout: RolloutId,
    /// The program's file as the user named it.
    pub file: &'a str,
    /// The folder that relative folders are relative to, absolute.
    pub folder: &'a str,
    /// A value for every input, from `read_inputs`.
    pub inputs: Record,
    pub profile: Option<SmolStr>,
    pub now: At,
    /// For `env(…)`, `file(…)` and fleets that a command lists.
    pub world: &'a dyn World,
    pub kept: &'a KeptValues,
    /// Fleets hold only these targets, as if no other were in them; none: all.
    pub only: Option<&'a Only>,
}
