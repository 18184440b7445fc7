//! The rows of what people decide.

use super::row::{now, property};
use super::{Kind, Place, PropertyRow, WordRow};

pub(super) const WORDS: &[WordRow] = &[
    now(
        "people",
        "people NAME = [\"name\"]",
        &[Place::File],
        None,
        &[],
        "Who may decide: a list of names as the operating system has them, a `file(\"path\")` with a name on each line, \
         or `role(\"approver\")`: the members of a group. Read when the plan is made, then pinned.",
    ),
    now(
        "approve",
        "approve PEOPLE { need, within }",
        ASKED,
        Some(Place::Settings),
        APPROVE,
        "Waits until enough different people have approved: `rollout approve RUN`. Who started the run does not count.",
    ),
    now(
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
        CHECKLIST,
        "Waits until every item is ticked off, in any order: `rollout confirm RUN PATH ITEM`. One that is declared in the \
         file as `checklist NAME \"title\" by PEOPLE { … }` is gone through with `checklist NAME`.",
    ),
    now(
        "confirm",
        "confirm \"question\" by PEOPLE",
        ASKED,
        Some(Place::Settings),
        UNMET,
        "Waits for one person's yes: `rollout confirm RUN`.",
    ),
];

/// Where people are asked: where work goes forward, and not once it has succeeded.
const ASKED: &[Place] =
    &[Place::Stage, Place::Loop, Place::Parallel, Place::Step, Place::Action, Place::Slot, Place::AfterWave];

const ON_UNMET: &[&str] = &["pause", "fail", "rollback"];

const OTHERWISE: &[&str] = &["rollback", "rollback_stage", "pause", "stop", "hold", "warn"];

const APPROVE: &[PropertyRow] = &[
    property("need", Kind::Int, "1", "How many different people must approve."),
    property("author_may", Kind::Bool, "false", "Whether who started the run may approve."),
    property("prompt", Kind::Text, "", "What people are shown."),
    WITHIN,
    ON_TIMEOUT,
    ON_REJECT,
    ON_OTHERWISE,
];

const UNMET: &[PropertyRow] = &[WITHIN, ON_TIMEOUT, ON_REJECT, ON_OTHERWISE];

const CHECKLIST: &[PropertyRow] = &[
    property(
        "items",
        Kind::List(&Kind::Text),
        "",
        "Items from a list, after those that are written into the body: those of a parameter, or of a record.",
    ),
    WITHIN,
    ON_TIMEOUT,
    ON_REJECT,
    ON_OTHERWISE,
];

const WITHIN: PropertyRow =
    property("within", Kind::Duration, "", "How long it waits; for ever where nothing is said.");

const ON_TIMEOUT: PropertyRow = property(
    "on_timeout",
    Kind::OneOf(ON_UNMET),
    "pause",
    "What happens then. In the pause it may still be answered, and `rollout resume` asks again.",
);

const ON_REJECT: PropertyRow = property("on_reject", Kind::OneOf(ON_UNMET), "fail", "What a no does.");

const ON_OTHERWISE: PropertyRow = property(
    "otherwise",
    Kind::OneOf(OTHERWISE),
    "the enclosing on_failure",
    "What `fail` does; `hold` asks again without a limit, `warn` goes on without the answer.",
);
