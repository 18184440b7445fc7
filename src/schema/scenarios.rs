//! The rows of scenarios: rollouts tried on virtual time, and what can be asked of them when they have ended.

use super::row::{now, property};
use super::{Kind, Place, PropertyRow, WordRow};

pub(super) const WORDS: &[WordRow] = &[
    now(
        "test",
        "test \"name\" { call, given, expect }",
        &[Place::File],
        Some(Place::Test),
        &[property("start", Kind::Instant, "2026-01-05T09:00Z", "When the scenario begins.")],
        "A rollout tried on virtual time: nothing is run and nothing is sent. `rollout test` plays it.",
    ),
    now("call", "call ROLLOUT { input = value }", &[Place::Test], Some(Place::Call), &[], "The rollout that is tried."),
    now(
        "given",
        "given SUBJECT { … }",
        &[Place::Test],
        Some(Place::Given),
        GIVEN,
        "What the world answers. A probe over time: `given up(*) { 0h = true, pilot.deploy + 5m = false }`; what earlier \
         runs kept: `given kept(*) { version = \"1.0.0\" }`; how a step goes: `given pilot.deploy { takes = 4m }`; what \
         people do: `given operator { 2h = rollback, 3h = goto(everyone) }`; variables: `given env { REGION = \"eu\" }`; the engine: \
         `given engine { crashes = [10m] }`. `*` means every one that no other `given` names.",
    ),
    now("expect", "expect CONDITION", &[Place::Test], None, &[], "What must be true when the run has ended."),
];

const GIVEN: &[PropertyRow] = &[
    property("takes", Kind::Duration, "0s, or what the step's own `takes` says", "How long a step takes."),
    property(
        "fails",
        Kind::Value,
        "false",
        "`true`: it always fails; a number: so many attempts; a text: with this message.",
    ),
    property("exits", Kind::Int, "0; of a request 200", "The exit code of the step's last command, or the status."),
    property("stdout", Kind::Text, "\"\"", "What the step's last command prints, or the body that comes back."),
    property("outputs", Kind::Record, "{}", "The outputs that the step's last command writes."),
    property("on", Kind::Value, "every target", "Only for this target, or for a list of targets."),
    property("at", Kind::Value, "", "When people decide: `20m` after the start, or `pilot + 5m`."),
    property("after", Kind::Duration, "", "How long after they are asked people decide."),
    property("by", Kind::Value, "", "Who decides: names in a list."),
    property("rejects", Kind::Bool, "false", "Whether people say no."),
    property("ramp", Kind::Bool, "false", "Whether values between two points of a timeline lie on a straight line."),
    property(
        "crashes",
        Kind::List(&Kind::Duration),
        "[]",
        "When the engine dies and is started again; what runs goes on.",
    ),
    property(
        "reboots",
        Kind::List(&Kind::Duration),
        "[]",
        "When the engine's host dies: nobody knows how far what ran came.",
    ),
];

/// Something that `expect` can ask for.
#[derive(Debug, Clone, Copy)]
pub struct FactRow {
    pub name: &'static str,
    /// As the reference writes it.
    pub shape: &'static str,
    pub doc: &'static str,
}

/// Everything that `expect` can ask for, beside `run.…`, `kept(…).…` and `STAGE.touched`, in the order of the reference.
pub const FACTS: &[FactRow] = &[
    fact(
        "outcome",
        "outcome == succeeded",
        "How it ended: `succeeded`, `rolled_back`, `failed`, `needs_hands`, `cancelled`; or `paused`, `waiting`: it has \
         not, and waits for a person that no `given` speaks for.",
    ),
    fact(
        "took",
        "took < 20h",
        "The time from the start to the end; for how long a success can still be taken back does not count.",
    ),
    fact("failed_at", "failed_at == pilot.watch", "Whether the first failure was there, or beneath it."),
    fact(
        "paused_at",
        "paused_at == pilot.deploy",
        "Whether the run rests paused because of what is there, or beneath it.",
    ),
    fact("waits_for", "waits_for == prepare.approve", "Whether the run rests waiting for a person there."),
    fact("started", "started(everyone)", "Whether it ever began; of several, one of them."),
    fact("done", "done(pilot)", "Whether it ever ended well, even if it was undone later; of several, all of them."),
    fact("failed", "failed(pilot.deploy)", "Whether it ever failed; of several, one of them."),
    fact(
        "skipped",
        "skipped(pilot.deploy)",
        "Whether its `when` did not hold, or a person skipped it; of several, all of them.",
    ),
    fact(
        "undone",
        "undone(pilot.deploy[berlin])",
        "Whether it was undone; of several, all that had begun, and at least one.",
    ),
    fact("count", "count(undone(pilot.deploy)) == 3", "For how many of several it is so."),
    fact("attempts", "attempts(pilot.deploy) == 2", "How often it was tried; of several, the most."),
    fact("begins", "begins(everyone) >= 24h", "How long after the start it first began."),
    fact("ends", "ends(pilot) < 2h", "How long after the start it last ended, the way back not counted."),
    fact(
        "logged",
        "logged(\"back again\")",
        "Whether a line that the run logs, or what a condition warns of, contains the text.",
    ),
];

const fn fact(name: &'static str, shape: &'static str, doc: &'static str) -> FactRow {
    FactRow { name, shape, doc }
}
