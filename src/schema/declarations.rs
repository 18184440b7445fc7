//! The rows of what a file declares.

use super::row::{later, now, property, property_later};
use super::{Kind, Place, PropertyRow, WordRow};

pub(super) const WORDS: &[WordRow] = &[
    now(
        "use",
        "use std.MODULE.NAME as NAME",
        &[Place::File],
        None,
        &[],
        "Brings in what another file declares: all its names from `std.module` or a path in quotes, one name from \
         `std.module.name`. `as` gives the name, or all of them together, a name of your own.",
    ),
    now(
        "let",
        "let NAME: type = value",
        &[
            Place::File,
            Place::Rollout,
            Place::Strategy,
            Place::Stages,
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
            Place::Hook,
        ],
        None,
        &[],
        "Names a value. The type may be left out.",
    ),
    now(
        "input",
        "input NAME: type = default { constraints }",
        &[Place::Rollout],
        Some(Place::Input),
        INPUT,
        "A value that is given when the rollout starts. Without a default it must be given.",
    ),
    now(
        "secret",
        "secret NAME = env(\"NAME\")",
        &[Place::File, Place::Rollout],
        None,
        &[],
        "A value that only commands learn: from `env(\"NAME\")`, `file(\"path\")` or `command(\"program\", \"argument\")`. \
         It may stand in `env`, `stdin`, headers and bodies, and is masked in everything that is stored or shown.",
    ),
    now("type", "type NAME = { field: type }", &[Place::File], None, &[], "Names a type, mostly a record."),
    now(
        "fleet",
        "fleet NAME = csv(\"file\") { labels { … } }",
        &[Place::File],
        Some(Place::Fleet),
        &[],
        "A set of targets with free labels: `target` entries, `csv`, `json` or `yaml` files, the output of a `command`, \
         or a choice from other fleets. Read when the plan is made, then pinned.",
    ),
    now(
        "target",
        "target NAME { label = value }",
        &[Place::Fleet],
        Some(Place::Target),
        &[],
        "One target of the fleet with its labels.",
    ),
    now(
        "labels",
        "labels { NAME: type }",
        &[Place::Fleet],
        Some(Place::Labels),
        &[],
        "The types of the labels; `string` where nothing else is said.",
    ),
    now(
        "probe",
        "probe NAME(parameters) { run | exec | http | tcp }",
        &[Place::File],
        Some(Place::Probe),
        &[],
        "A named condition on the world, asked by one command, request or connection.",
    ),
    now(
        "tcp",
        "tcp \"host:port\" { … }",
        &[Place::Probe],
        Some(Place::Settings),
        &[property("timeout", Kind::Duration, "5s", "How long to wait for the connection.")],
        "Holds when a connection can be made.",
    ),
    now(
        "action",
        "action NAME(parameters) { … undo { … } }",
        &[Place::File],
        Some(Place::Action),
        ACTION,
        "A step with parameters. It is called by its name, like a function.",
    ),
    now(
        "strategy",
        "strategy NAME(parameters) { stages }",
        &[Place::File],
        Some(Place::Strategy),
        &[],
        "Stages with parameters. A parameter of type `block` is a slot that the caller fills.",
    ),
    now(
        "rollout",
        "rollout NAME { … }",
        &[Place::File],
        Some(Place::Rollout),
        ROLLOUT,
        "The unit that runs: inputs, then stages one after another.",
    ),
    now(
        "profile",
        "profile NAME { input = value }",
        &[Place::Rollout],
        Some(Place::Profile),
        &[],
        "Named input values, chosen by `--profile`. Values that are given one by one win.",
    ),
    later(
        "schedule",
        "schedule NAME { cron, zone, missed }",
        &[Place::File],
        Some(Place::Settings),
        SCHEDULE,
        "Starts a rollout in the server at given times.",
    ),
    now(
        "router",
        "router NAME(parameters) { command | haproxy | nginx { … } }",
        &[Place::File],
        Some(Place::Router),
        &[],
        "Where shares of traffic are set and read back.",
    ),
    now(
        "command",
        "command { set = \"script\", read = \"script\" }",
        &[Place::Router],
        Some(Place::Settings),
        COMMAND,
        "A router that scripts speak for. Both are run with `sh -eu`.",
    ),
    now(
        "haproxy",
        "haproxy { socket, backend, stable, canary }",
        &[Place::Router],
        Some(Place::Settings),
        HAPROXY,
        "Weights of servers, set and read back over the stats socket of HAProxy, which needs `level admin`.",
    ),
    now(
        "nginx",
        "nginx { file, upstream, stable, canary }",
        &[Place::Router],
        Some(Place::Settings),
        NGINX,
        "Weights in a file that nginx includes: written whole, tested, brought back if the test fails, then read by nginx.",
    ),
    now(
        "flag",
        "flag NAME { variants, default }",
        &[Place::File],
        Some(Place::Flag),
        FLAG,
        "A feature flag whose share the rollout raises. The share is kept for later runs of the rollout.",
    ),
    now(
        "channel",
        "channel NAME = slack(URL)",
        &[Place::File],
        None,
        &[],
        "Where notices go: `slack(URL)`, `webhook(URL)` or `webhook(URL, key = SECRET)`, \
         `email(SERVER, from = \"a@example.org\", to = [\"b@example.org\"])`, `command(\"program\", \"argument\")` which \
         reads the message, `log()`. The URL may be a secret.",
    ),
];

const COMMAND: &[PropertyRow] = &[
    property("set", Kind::Text, "", "Sets the share: `${percent}` is a number from 0 to 100."),
    property("read", Kind::Text, "", "Prints the share as it is: a number from 0 to 100, with or without `%`."),
];

const STABLE: PropertyRow = property(
    "stable",
    Kind::List(&Kind::Text),
    "",
    "The servers with what was there before; they share the rest evenly.",
);
const CANARY: PropertyRow =
    property("canary", Kind::List(&Kind::Text), "", "The servers with what is new; they share the traffic evenly.");

const HAPROXY: &[PropertyRow] = &[
    property("socket", Kind::Text, "", "The path of the stats socket, or `host:port`."),
    property("backend", Kind::Text, "", "The backend that the servers are of."),
    STABLE,
    CANARY,
];

const NGINX: &[PropertyRow] = &[
    property("file", Kind::Text, "", "The file with the `upstream`, and nothing else; it has to be there before."),
    property("upstream", Kind::Text, "", "The name of the `upstream`."),
    STABLE,
    CANARY,
    property("extra", Kind::Text, "", "Further directives of the upstream, such as `keepalive 16;`."),
    property("test", Kind::Text, "nginx -t", "A script that fails if nginx could not read its configuration."),
    property("reload", Kind::Text, "nginx -s reload", "A script that has nginx read it."),
];

const FLAG: &[PropertyRow] = &[
    property("variants", Kind::List(&Kind::Text), "[\"off\", \"on\"]", "The values that users may get."),
    property("default", Kind::Text, "the first variant", "What a user gets who is not exposed."),
    property("salt", Kind::Text, "", "Another one shuffles all users."),
];

const INPUT: &[PropertyRow] = &[
    property("one_of", Kind::Value, "", "The values that may be given, as a list."),
    property("matches", Kind::Regex, "", "A pattern that the whole text must match."),
    property("min", Kind::Value, "", "The least value that may be given."),
    property("max", Kind::Value, "", "The greatest value that may be given."),
];

const ACTION: &[PropertyRow] = &[
    property("timeout", Kind::Duration, "", "After this the action is ended and fails."),
    property("takes", Kind::Takes, "", "How long it takes, for the forecast."),
    property("retry", Kind::Attempts, "1", "How often it is tried at most."),
    property("during", Kind::Named("window"), "", "When it may begin."),
];

const ROLLOUT: &[PropertyRow] = &[
    property(
        "on_failure",
        Kind::OneOf(super::flow::ON_FAILURE),
        "rollback",
        "What happens when a stage fails: undo the whole run, undo the stage and pause, pause, or stop and leave all.",
    ),
    property("exclusive", Kind::Text, "", "Runs with the same text here run one at a time."),
    property("tolerate", Kind::Count, "", "How many targets of the whole run may fail."),
    property(
        "pass_env",
        Kind::List(&Kind::Text),
        "[]",
        "Variables that commands get from the engine's own environment.",
    ),
    property("during", Kind::Named("window"), "", "When work may begin."),
    property("retain", Kind::Duration, "", "How long rollback stays possible after success."),
    property_later("artifacts", Kind::Text, "", "The folder for the plan, the log and the report."),
    property_later("joins", Kind::OneOf(&["ignore", "append"]), "ignore", "What happens to targets that appear."),
    property_later("leaves", Kind::OneOf(&["fail", "skip"]), "fail", "What happens to targets that disappear."),
];

const SCHEDULE: &[PropertyRow] = &[
    property_later("cron", Kind::Text, "", "When, in five fields."),
    property_later("zone", Kind::Text, "UTC", "The zone in which the fields are read."),
    property_later("missed", Kind::OneOf(&["skip", "once"]), "skip", "What happens to starts that were missed."),
    property_later("rollout", Kind::Named("rollout"), "", "What is started."),
];
