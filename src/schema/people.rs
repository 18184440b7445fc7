//! The rows of what people decide.

use super::place::FORWARD;
use super::row::{later, property_later};
use super::{Kind, Place, PropertyRow, WordRow};

pub(super) const WORDS: &[WordRow] = &[
    later("people", "people NAME = [\"name\"]", &[Place::File], Some(Place::Settings), &[], "Who may decide."),
    later(
        "approve",
        "approve PEOPLE { need, within }",
        FORWARD,
        Some(Place::Settings),
        APPROVE,
        "Waits until enough people have approved.",
    ),
    later(
        "checklist",
        "checklist \"title\" by PEOPLE { \"item\" }",
        &[
            Place::File,
            Place::Stage,
            Place::Loop,
            Place::Parallel,
            Place::Step,
            Place::Action,
            Place::Slot,
            Place::AfterWave,
        ],
        Some(Place::Checklist),
        &[],
        "Waits until every item is ticked off, in any order.",
    ),
    later(
        "confirm",
        "confirm \"question\" by PEOPLE",
        FORWARD,
        Some(Place::Settings),
        &[],
        "Waits for one person's yes.",
    ),
];

const APPROVE: &[PropertyRow] = &[
    property_later("need", Kind::Int, "1", "How many must approve."),
    property_later("within", Kind::Duration, "", "How long it waits."),
    property_later("on_timeout", Kind::OneOf(&["pause", "fail", "rollback"]), "pause", "What happens then."),
    property_later("on_reject", Kind::OneOf(&["pause", "fail", "rollback"]), "fail", "What a rejection does."),
    property_later("author_may", Kind::Bool, "false", "Whether who started the run may approve."),
    property_later("prompt", Kind::Text, "", "What people are shown."),
    property_later(
        "otherwise",
        Kind::OneOf(super::flow::ON_FAILURE),
        "the enclosing on_failure",
        "What a failure does.",
    ),
];
