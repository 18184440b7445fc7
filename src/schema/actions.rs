//! The rows of the actions at the leaves.

use super::place::{ACTS, BODIES, FORWARD, MESSAGES};
use super::row::{now, property, property_later};
use super::{Kind, Place, PropertyRow, WordRow};

pub(super) const WORDS: &[WordRow] = &[
    now(
        "run",
        "run \"script\" { … }",
        ACTS,
        Some(Place::Settings),
        RUN,
        "Runs a script with `sh -eu`. A `${…}` in it is always exactly one word, whatever it holds.",
    ),
    now(
        "exec",
        "exec [\"program\", \"argument\"] { … }",
        ACTS,
        Some(Place::Settings),
        EXEC,
        "Runs a program without a shell. An argument that is a list stands for its elements.",
    ),
    now("http", "http METHOD \"url\" { … }", ACTS, Some(Place::Settings), HTTP, "Sends a request."),
    now(
        "save",
        "save NAME { … restore { … } }",
        FORWARD,
        Some(Place::Save),
        &[],
        "Makes a recovery point, with the way back to it.",
    ),
    now("restore", "restore { … }", &[Place::Save], Some(Place::Restore), &[], "How the recovery point is restored."),
    now(
        "restore",
        "restore STAGE.NAME",
        &[
            Place::Stage,
            Place::Loop,
            Place::Parallel,
            Place::Step,
            Place::Action,
            Place::Slot,
            Place::Undo,
            Place::AfterWave,
            Place::Afterwards,
            Place::Finally,
            Place::Rollback,
        ],
        None,
        &[],
        "Restores a recovery point that was made before.",
    ),
    now(
        "keep",
        "keep NAME = value",
        FORWARD,
        None,
        &[],
        "Remembers for later runs what this target, or the rollout, now has: `kept(target).NAME`, `kept.NAME`.",
    ),
    now("wait", "wait DURATION", BODIES, Some(Place::Settings), &[], "Waits. `wait until INSTANT` waits for a time."),
    now("log", "log \"message\"", MESSAGES, Some(Place::Settings), &[], "Writes a line to the run's log."),
    now("fail", "fail \"message\"", BODIES, Some(Place::Settings), &[], "Fails, and says why."),
    now("pause", "pause \"message\"", FORWARD, Some(Place::Settings), &[], "Pauses the run until a person resumes it."),
    now(
        "traffic",
        "traffic PERCENT { via = ROUTER }",
        BODIES,
        Some(Place::Settings),
        TRAFFIC,
        "Sets the share of traffic that goes to the new version, and reads it back. A rollback sets the share that was \
         read before.",
    ),
    now(
        "flag",
        "flag NAME = PERCENT",
        BODIES,
        Some(Place::Settings),
        &[],
        "Sets the share of users that get a flag. A rollback sets the share before.",
    ),
    now(
        "notify",
        "notify CHANNEL \"message\"",
        MESSAGES,
        Some(Place::Settings),
        NOTIFY,
        "Sends a notice to a channel, tries a few times, and never fails. What follows does not wait for it; the end of \
         the run does.",
    ),
];

const TIMEOUT: PropertyRow =
    property("timeout", Kind::Duration, "1h; in a probe 10s", "After this it is ended and fails.");
const HTTP_TIMEOUT: PropertyRow =
    property("timeout", Kind::Duration, "30s; in a probe 10s", "After this it is ended and fails.");
const CWD: PropertyRow = property("cwd", Kind::Text, "the file's folder", "The folder in which it runs.");
const ENV: PropertyRow = property("env", Kind::SecretTexts, "{}", "Variables it gets; secrets may stand here.");
const STDIN: PropertyRow = property("stdin", Kind::SecretText, "", "What it reads; secrets may stand here.");
const RETRY: PropertyRow = property("retry", Kind::Attempts, "1", "How often it is tried at most.");
const ACCEPT: PropertyRow =
    property("accept", Kind::AcceptCommand, "0", "Which exit codes, and which output, count as success.");
const IDEMPOTENT: PropertyRow = property("idempotent", Kind::Bool, "false", "Whether doing it twice does no harm.");
const INTERRUPTED: PropertyRow = property(
    "interrupted",
    Kind::Interrupted,
    "ask, or retry if idempotent",
    "What to do when nobody knows whether it ran to its end.",
);
const VIA: PropertyRow = property_later("via", Kind::Named("ssh(…)"), "", "Where it runs, if not here.");

const TRAFFIC: &[PropertyRow] = &[
    property("via", Kind::Named("router"), "", "The router that is set: `edge`, `edge(site)`."),
    property("timeout", Kind::Duration, "1m", "How long each command of the router may take."),
    property("settle", Kind::Duration, "0s", "How long the router has before its share is read back."),
];

const NOTIFY: &[PropertyRow] = &[property("timeout", Kind::Duration, "10s", "How long each attempt may take.")];

const RUN: &[PropertyRow] = &[
    property("shell", Kind::OneOf(&["sh", "bash"]), "sh", "Which shell runs it; `bash` with `pipefail`."),
    CWD,
    ENV,
    STDIN,
    TIMEOUT,
    RETRY,
    ACCEPT,
    IDEMPOTENT,
    INTERRUPTED,
    VIA,
];

const EXEC: &[PropertyRow] = &[CWD, ENV, STDIN, TIMEOUT, RETRY, ACCEPT, IDEMPOTENT, INTERRUPTED, VIA];

const HTTP: &[PropertyRow] = &[
    property("headers", Kind::SecretTexts, "{}", "Headers of the request; secrets may stand here."),
    property("body", Kind::SecretText, "", "What is sent: a text, or a value that is sent as JSON."),
    property("accept", Kind::AcceptStatus, "200..299", "Which status codes count as success."),
    HTTP_TIMEOUT,
    RETRY,
    IDEMPOTENT,
    INTERRUPTED,
];
