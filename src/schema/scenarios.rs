//! The rows of scenarios: rollouts tried on virtual time.

use super::row::{later, property_later};
use super::{Kind, Place, WordRow};

pub(super) const WORDS: &[WordRow] = &[
    later(
        "test",
        "test \"name\" { call, given, expect }",
        &[Place::File],
        Some(Place::Test),
        &[property_later("start", Kind::Instant, "", "When the scenario begins.")],
        "A rollout tried on virtual time.",
    ),
    later(
        "call",
        "call ROLLOUT { input = value }",
        &[Place::Test],
        Some(Place::Call),
        &[],
        "The rollout that is tried.",
    ),
    later("given", "given SUBJECT { … }", &[Place::Test], Some(Place::Given), &[], "What the world answers."),
    later("expect", "expect CONDITION", &[Place::Test], None, &[], "What must be true at the end."),
];
