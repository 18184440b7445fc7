//! The rows of conditions: what is checked, watched and measured, and when work may begin.

use super::place::{BODIES, FORWARD, GUARDED};
use super::row::{now, property};
use super::{Kind, Place, PropertyRow, WordRow};

pub(super) const WORDS: &[WordRow] = &[
    now(
        "check",
        "check CONDITION { settle, within, every }",
        BODIES,
        Some(Place::Settings),
        CHECK,
        "Passes when the condition holds; tries again until `within` has passed. Unknown does not pass.",
    ),
    now(
        "require",
        "require CONDITION \"message\"",
        BODIES,
        Some(Place::Settings),
        &[],
        "Fails at once if the condition does not hold or is unknown.",
    ),
    now(
        "watch",
        "watch CONDITION { lasts, every, … }",
        FORWARD,
        Some(Place::Settings),
        WATCH,
        "Samples a condition for some time, and fails when it is violated too often.",
    ),
    now(
        "guard",
        "guard CONDITION { … }",
        GUARDED,
        Some(Place::Settings),
        GUARD,
        "As `watch`, in the background, from here to the end of what encloses it.",
    ),
    now(
        "window",
        "window NAME(parameters) { days, hours, zone, except }",
        &[Place::File],
        Some(Place::Window),
        WINDOW,
        "When work may begin: at hours of days, or for a while after each firing of `cron`. Without parameters it is a \
         value by its name, otherwise when it is called. Windows combine with `and`, `or` and `not`.",
    ),
    now(
        "open",
        "open { days, hours }",
        &[Place::Window],
        Some(Place::Settings),
        &[DAYS, HOURS],
        "One of several openings.",
    ),
    now(
        "metric",
        "metric NAME(parameters): type { from, query, unit }",
        &[Place::File],
        Some(Place::Metric),
        METRIC,
        "A number over time, with the unit of its source.",
    ),
    now(
        "threshold",
        "threshold NAME(parameters) = CONDITION { sustained }",
        &[Place::File],
        Some(Place::Settings),
        &[property("sustained", Kind::Duration, "0s", "How long the condition must have held without a break.")],
        "A named condition on metrics.",
    ),
    now(
        "gate",
        "gate NAME(parameters) { require | forbid | warn }",
        &[Place::File],
        Some(Place::Gate),
        &[property("dry_run", Kind::Bool, "false", "Records what it would say and never decides.")],
        "Conditions that are asked together.",
    ),
    now("forbid", "forbid CONDITION", &[Place::Gate], None, &[], "Fails where the condition holds."),
    now("warn", "warn CONDITION", &[Place::Gate], None, &[], "Says so where the condition holds."),
    now("require", "require CONDITION", &[Place::Gate], None, &[], "Fails where the condition does not hold."),
    now(
        "judge",
        "judge { canary, baseline, over, metric NAME { … } }",
        &[Place::Gate],
        Some(Place::Judge),
        JUDGE,
        "Compares the metrics of two groups of targets: holds when the score passes, is unknown between `marginal` and it.",
    ),
    now(
        "metric",
        "metric NAME { direction, critical, weight, … }",
        &[Place::Judge],
        Some(Place::Settings),
        JUDGED,
        "A metric that is compared between the groups.",
    ),
];

/// What a condition may do instead of what the stage says.
const OTHERWISE: &[&str] = &["rollback", "rollback_stage", "hold", "pause", "stop", "warn"];

const CHECK: &[PropertyRow] = &[
    property("settle", Kind::Duration, "0s", "How long to wait before it is asked first."),
    property("within", Kind::Duration, "", "Asked again until then; once if this is left out."),
    property("every", Kind::Duration, "5s", "How long to wait before it is asked again."),
    property("otherwise", Kind::OneOf(OTHERWISE), "the enclosing on_failure", "What happens if it does not pass."),
];

// What a watch and a guard have in common.
const SETTLE: PropertyRow = property("settle", Kind::Duration, "0s", "How long to wait before the first sample.");
const FAIL_AFTER: PropertyRow =
    property("fail_after", Kind::Int, "1, or none with fail_in_a_row", "The violation with this number fails.");
const FAIL_IN_A_ROW: PropertyRow = property("fail_in_a_row", Kind::Int, "", "So many violations in a row fail.");
const UNKNOWN: PropertyRow = property("unknown", Kind::Duration, "15m", "How long it may be unknown in a row.");
const ON_UNKNOWN: PropertyRow =
    property("on_unknown", Kind::OneOf(&["pause", "fail", "hold"]), "pause", "What happens then.");
const WHEN_FAILED: PropertyRow =
    property("otherwise", Kind::OneOf(OTHERWISE), "the enclosing on_failure", "What happens when it fails.");
const SAMPLED: PropertyRow = property("every", Kind::Duration, "1m", "The time between two samples.");

const WATCH: &[PropertyRow] = &[
    property("lasts", Kind::Duration, "", "How long it is watched."),
    SAMPLED,
    SETTLE,
    FAIL_AFTER,
    FAIL_IN_A_ROW,
    property("pass_in_a_row", Kind::Int, "", "So many good samples in a row pass early."),
    UNKNOWN,
    ON_UNKNOWN,
    WHEN_FAILED,
];

const GUARD: &[PropertyRow] = &[
    SAMPLED,
    FAIL_AFTER,
    FAIL_IN_A_ROW,
    SETTLE,
    property("interrupt", Kind::Bool, "false", "Whether a running step is ended."),
    UNKNOWN,
    ON_UNKNOWN,
    WHEN_FAILED,
];

const DAYS: PropertyRow = property("days", Kind::Days, "every day", "On which days it opens.");
const HOURS: PropertyRow = property(
    "hours",
    Kind::Hours,
    "the whole day",
    "From when until before when. Hours that cross midnight belong to the day on which they begin.",
);

const WINDOW: &[PropertyRow] = &[
    DAYS,
    HOURS,
    property("zone", Kind::Text, "UTC", "Whose clocks count: the name of a zone such as `Europe/Berlin`."),
    property("except", Kind::Freezes, "[]", "When it stays shut, whatever opens it; dates are whole days of the zone."),
    property("cron", Kind::Text, "", "When it opens instead: minute, hour, day of the month, month, day of the week."),
    property("lasts", Kind::Duration, "", "How long it stays open after each firing of `cron`."),
    property("latest_start", Kind::Duration, "0s", "Nothing begins this short before the close."),
    property(
        "closing",
        Kind::OneOf(&["finish", "pause", "rollback"]),
        "finish",
        "What happens at the close to what has begun: it ends, no further step begins, or it is undone.",
    ),
    property("rollback", Kind::Bool, "true", "Whether rollback may happen while it is shut."),
];

const METRIC: &[PropertyRow] = &[
    property("from", Kind::Named("prometheus, http, alertmanager, command or recorded"), "", "Where it is read."),
    property(
        "query",
        Kind::Text,
        "",
        "What is asked: PromQL, or the labels of alerts as `severity=critical`. A hole in quotes is escaped.",
    ),
    property("pointer", Kind::Text, "", "Where in a JSON answer the number is, as `/path/to/value`."),
    property("headers", Kind::SecretTexts, "{}", "Headers of the request; secrets may stand here."),
    property("timeout", Kind::Duration, "10s", "After this the source counts as down."),
    property("unit", Kind::Value, "", "The unit of the source: `ratio`, `percent`, `ms`, `s`, `bytes`, `MiB` …"),
    property("valid", Kind::Duration, "15m", "How long a value that was recorded counts; after that there is no data."),
    property(
        "over",
        Kind::Duration,
        "",
        "Of `recorded`: the mean of what was recorded in so much time before now, not the newest.",
    ),
    property("missing", Kind::Value, "unknown", "What absent data counts as: `unknown`, `fail`, or a value."),
];

const JUDGE: &[PropertyRow] = &[
    property("canary", Kind::Value, "", "The targets with the change."),
    property("baseline", Kind::Value, "", "The targets without."),
    property("over", Kind::Duration, "", "How much time before now is compared."),
    property("pass", Kind::Number, "95", "The least score that passes."),
    property("marginal", Kind::Number, "75", "The least score that is not a failure."),
    property("mode", Kind::OneOf(&["sound", "compatible"]), "sound", "Which judge it is."),
];

const JUDGED: &[PropertyRow] = &[
    property("direction", Kind::OneOf(&["either", "increase", "decrease"]), "either", "Which way is bad."),
    property("group", Kind::Text, "the metric", "Metrics of one group share its weight."),
    property("weight", Kind::Number, "what others leave", "The weight of its group, out of 100."),
    property("critical", Kind::Bool, "false", "Whether it alone may fail the canary."),
    property("critical_beyond", Kind::List(&Kind::Number), "", "From which effects on it does so: `[0.5, 2.0]`."),
    property("allowed", Kind::List(&Kind::Number), "", "Which effects do not count yet: `[0.8, 1.2]`."),
    property("effect", Kind::OneOf(&["mean_ratio", "cles"]), "mean_ratio", "How the size of a difference is told."),
    property("tolerance", Kind::Number, "0.25", "The share of the shift that the interval must lie beyond."),
    property("confidence", Kind::Number, "0.98", "How sure a difference has to be."),
    property("nan", Kind::OneOf(&["remove", "replace"]), "remove", "Whether missing samples are zeros."),
    property("outliers", Kind::OneOf(&["keep", "remove"]), "keep", "What happens to samples far from the others."),
    property("fence", Kind::Number, "3", "How many interquartile ranges away that is."),
    property("must_have_data", Kind::Bool, "false", "Whether no data counts as failed."),
    property("min_samples", Kind::Number, "50", "With fewer on either side nothing passes."),
    property("muted", Kind::Bool, "false", "Judged and shown, and left out of the score."),
];
