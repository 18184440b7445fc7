//! The rows of the flow: stages, loops, steps, and what happens when one of them fails.

use super::place::{BODIES, FORWARD};
use super::row::{now, property};
use super::{Kind, Place, PropertyRow, WordRow};

/// What may happen when something fails.
pub(super) const ON_FAILURE: &[&str] = &["rollback", "rollback_stage", "pause", "stop"];

pub(super) const WORDS: &[WordRow] = &[
    now(
        "stage",
        "stage NAME { … }",
        &[Place::Rollout, Place::Strategy, Place::Stages],
        Some(Place::Stage),
        STAGE,
        "A part of a rollout. Stages run one after another unless `after` says otherwise.",
    ),
    now(
        "apply",
        "apply STRATEGY as NAME { parameter = value, slot(x) { … } }",
        &[Place::Rollout, Place::Strategy, Place::Stages],
        Some(Place::Apply),
        APPLY,
        "Puts the stages of a strategy here, under the name, with its parameters and slots filled.",
    ),
    now(
        "do",
        "do SLOT(arguments)",
        &[Place::Stage, Place::Loop, Place::Parallel, Place::Step, Place::AfterWave, Place::Slot],
        None,
        &[],
        "Places what the caller of the strategy filled into the slot.",
    ),
    now(
        "for",
        "for NAME in LIST where CONDITION { … }",
        &[
            Place::Stage,
            Place::Loop,
            Place::Parallel,
            Place::Step,
            Place::Action,
            Place::Slot,
            Place::Undo,
            Place::Save,
            Place::Restore,
            Place::AfterWave,
            Place::Afterwards,
            Place::Finally,
            Place::Rollback,
        ],
        Some(Place::Loop),
        LOOP,
        "The body once for each element.",
    ),
    now(
        "for",
        "for NAME in LIST where CONDITION { stages }",
        &[Place::Rollout, Place::Strategy, Place::Stages],
        Some(Place::Stages),
        &[],
        "Stages once for each element. The list must be known when the file is checked.",
    ),
    now(
        "after_wave",
        "after_wave { … }",
        &[Place::Loop],
        Some(Place::AfterWave),
        &[],
        "Runs after each wave of the loop. Its failure fails the loop.",
    ),
    now("parallel", "parallel { … }", BODIES, Some(Place::Parallel), &[], "Runs its entries side by side."),
    now(
        "step",
        "step NAME { … undo { … } }",
        BODIES,
        Some(Place::Step),
        STEP,
        "A unit with a name, and with its own way back.",
    ),
    now(
        "undo",
        "undo { … }",
        &[Place::Step, Place::Action],
        Some(Place::Undo),
        &[],
        "How the step is undone. Empty: there is nothing to undo.",
    ),
    now(
        "retry",
        "retry { attempts = 3, backoff = 5s }",
        &[Place::Step, Place::Action, Place::Undo, Place::Settings],
        Some(Place::Retry),
        RETRY,
        "How often, and after which waits, it is tried again.",
    ),
    now(
        "outputs",
        "outputs { NAME: type }",
        &[Place::Step, Place::Action],
        Some(Place::Outputs),
        &[],
        "The values that its commands write as `name=value` lines to the file `$ROLLOUT_OUTPUT`.",
    ),
    now(
        "call",
        "call ROLLOUT { input = value }",
        FORWARD,
        Some(Place::Call),
        &[],
        "Runs another rollout as a child, with these inputs.",
    ),
    now(
        "on",
        "on EVENT { … }",
        &[Place::Rollout],
        Some(Place::Hook),
        &[],
        "What is done when something happens: `started`, `stage_started`, `stage_done`, `paused`, `rolled_back`, \
         `succeeded`, `failed`, `needs_hands`, `cancelled`.",
    ),
    now("finally", "finally { … }", &[Place::Rollout], Some(Place::Finally), &[], "Once, at the end of every run."),
    now(
        "rollback",
        "rollback { … }",
        &[Place::Rollout, Place::Stage],
        Some(Place::Rollback),
        &[],
        "The fast way back: replaces the undos beneath it.",
    ),
    now(
        "afterwards",
        "afterwards { … }",
        &[Place::Rollout],
        Some(Place::Afterwards),
        &[],
        "After success, while `retain` lasts. Its failure makes the retained rollback happen.",
    ),
    now(
        "every",
        "every DURATION { … }",
        &[Place::Rollout],
        Some(Place::Hook),
        &[],
        "Again and again while the rollout runs.",
    ),
    now(
        "always",
        "always { CONDITION }",
        &[Place::Rollout],
        Some(Place::Gate),
        &[],
        "What must hold in every state that exploration reaches.",
    ),
];

const STAGE: &[PropertyRow] = &[
    property("after", Kind::Stages, "the stage before", "The stages that end before this one begins; `[]`: at once."),
    property("delay", Kind::Duration, "0s", "How long to wait after the end of all it comes after."),
    property(
        "deadline",
        Kind::Instant,
        "",
        "From then on nothing new starts; what runs may end, then the stage fails.",
    ),
    property("timeout", Kind::Duration, "", "After this what runs is ended and the stage fails."),
    property("risk", Kind::Number, "", "How risky it is, from 0 to 100; shown."),
    property("on_failure", Kind::OneOf(ON_FAILURE), "the rollout's", "What happens when the stage fails."),
    property("undo_with_run", Kind::Bool, "true", "False: this stage's work stays when a later stage fails."),
    property("during", Kind::Named("window"), "", "When its work may begin."),
    property("not_before", Kind::Instant, "", "The stage begins then or later."),
];

const APPLY: &[PropertyRow] = &[property(
    "after",
    Kind::Stages,
    "the stage before",
    "The stages that end before the first of these begins; `[]`: at once.",
)];

const LOOP: &[PropertyRow] = &[
    property("at_once", Kind::Count, "1", "At most so many side by side."),
    property("waves", Kind::Counts, "", "Cumulative counts or shares, with a barrier between."),
    property("tolerate", Kind::CountOrCounts, "0", "How many targets may fail, or a list of these, one for each wave."),
    property("stagger", Kind::Duration, "0s", "The least time between the starts of two elements."),
    property("order", Kind::Value, "the list's", "A key by which the elements are sorted, with the loop's name in it."),
    property(
        "takes",
        Kind::Bool,
        "true if the body changes something",
        "Whether `rest of` counts its targets as taken.",
    ),
    property("may_be_empty", Kind::Bool, "false", "Whether there may be nothing to run over."),
    property("during", Kind::Named("window"), "", "When an element may begin."),
];

const STEP: &[PropertyRow] = &[
    property("timeout", Kind::Duration, "", "After this the step is ended and fails."),
    property("takes", Kind::Takes, "", "How long it takes, for the forecast."),
    property("retry", Kind::Attempts, "1", "How often it is tried at most."),
    property("during", Kind::Named("window"), "", "When it may begin."),
];

const RETRY: &[PropertyRow] = &[
    property("attempts", Kind::Attempts, "", "All attempts, the first included."),
    property(
        "backoff",
        Kind::Waits,
        "1s",
        "The wait before the second attempt, doubled before each further one; a list gives each wait.",
    ),
];
