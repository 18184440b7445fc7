//! Scenarios: a rollout, what the world answers it on virtual time, and what must have come of it. Inert, as all of a
//! program; who plays them is none of its business.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, LocalId, RolloutId};
use crate::source::Span;
use crate::value::{At, Value};

/// A rollout tried on virtual time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    pub name: SmolStr,
    pub rollout: RolloutId,
    pub inputs: Vec<(SmolStr, Expr)>,
    /// When it begins; none: some Monday morning.
    pub start: Option<At>,
    pub givens: Vec<Given>,
    pub expects: Vec<Expectation>,
    /// Its name in quotes.
    pub span: Span,
    /// The line that calls the rollout.
    pub call: Span,
}

/// One thing that a scenario says about the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Given {
    pub says: Says,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// What earlier runs left: for the rollout itself, or for some targets.
    Kept { whose: Option<Which>, values: Vec<(SmolStr, Value)> },
    /// Variables of the environment, for `env(…)`.
    Variables(Vec<(SmolStr, Value)>),
    /// What a probe, or a metric, answers over time.
    Source(Timeline),
    /// How a step goes.
    Unit { unit: UnitRef, conduct: Box<Conduct> },
    /// What a person at the controls wants, unasked.
    Operator(Vec<(Moment, Wish)>),
    /// When the engine dies, and whether what it had started dies with it.
    Engine { crashes: Vec<i64>, reboots: Vec<i64> },
}

/// Which of several a given is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// `*`: every one that nothing else is given for.
    Any,
    /// The one that is written so: a target by its name, any other value as the language shows it.
    Is(SmolStr),
}

/// What is measured or asked, over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// The probe's or the metric's own name.
    pub name: SmolStr,
    pub arguments: Vec<Which>,
    pub points: Vec<Point>,
    /// Whether values between two points lie on a straight line.
    pub ramp: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub at: Moment,
    /// [`Value::Unknown`]: no data.
    pub value: Value,
}

/// An instant of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub base: Base,
    /// From there, in milliseconds.
    pub offset_ms: i64,
}

/// From where a moment is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    Start,
    /// When something first begins, is done, or fails.
    First(History, UnitRef),
    /// When the run first pauses.
    Paused,
}

/// A stage, a step, or an entry by its word, as a test names it: `pilot.deploy`, `pilot.watch`, `pilot.deploy[berlin]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRef {
    /// With dots, without targets.
    pub path: SmolStr,
    pub target: Option<SmolStr>,
}

/// How a step goes, as far as it is not as always.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conduct {
    /// Only for these targets.
    pub on: Option<Vec<SmolStr>>,
    pub takes_ms: Option<i64>,
    pub fails: Option<Fails>,
    /// The exit code or the status.
    pub exits: Option<i64>,
    pub stdout: Option<SmolStr>,
    pub outputs: Vec<(SmolStr, Value)>,
    /// When people have decided: by the clock of the scenario, or from when they are asked.
    pub at: Option<Moment>,
    pub after_ms: Option<i64>,
    /// None: as many of those who are asked as it takes. Nobody: they never answer.
    pub by: Option<Vec<SmolStr>>,
    /// Whether they say no.
    pub rejects: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fails {
    Always(Option<SmolStr>),
    /// Only so many attempts.
    First(u32),
}

/// What a person at the controls may want.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    Pause,
    Resume,
    Retry,
    Skip,
    Rollback,
    Cancel,
    Hold,
    Advance,
    /// To a stage, by its path.
    Goto(SmolStr),
}

/// `expect CONDITION`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// What it asks of the run stands in it as locals.
    pub condition: Expr,
    pub facts: Vec<FactUse>,
    pub span: Span,
}

/// A fact about a run that has ended, where an expectation asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactUse {
    pub local: LocalId,
    pub fact: Fact,
    pub span: Span,
}

/// What can be asked of a run that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// `outcome`.
    Outcome,
    /// `took`: from the start to the end.
    Took,
    /// `failed_at == …`, `paused_at == …`, `waits_for == …`.
    At(Halt, UnitRef),
    /// `started(…)` and its kin: whether it ever was so.
    Ever(History, UnitRef),
    /// The names of the targets for which it ever was so.
    Targets(History, UnitRef),
    /// `count(done(…))`: for how many it ever was so.
    Count(History, UnitRef),
    /// `attempts(…)`: how often it was tried, at most for one target.
    Attempts(UnitRef),
    /// `begins(…)`, `ends(…)`: how long after the start.
    Begins(UnitRef),
    Ends(UnitRef),
    /// `logged("…")`: whether a line of the log contains it.
    Logged(SmolStr),
}

/// What may have happened to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    Started,
    Done,
    Failed,
    Skipped,
    Undone,
}

/// Where a run may have come to a halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    Failed,
    Paused,
    Waits,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPart {
    pub name: SmolStr,
    /// Whether a test may leave it out: loops, `parallel` and what fills a slot are seldom named.
    pub may_be_left_out: bool,
}

impl History {
    pub const ALL: [History; 5] = [History::Started, History::Done, History::Failed, History::Skipped, History::Undone];

    /// As tests write it.
    pub fn name(self) -> &'static str {
        match self {
            History::Started => "started",
            History::Done => "done",
            History::Failed => "failed",
            History::Skipped => "skipped",
            History::Undone => "undone",
        }
    }
}

impl Halt {
    pub const ALL: [Halt; 3] = [Halt::Failed, Halt::Paused, Halt::Waits];

    /// As tests write it.
    pub fn name(self) -> &'static str {
        match self {
            Halt::Failed => "failed_at",
            Halt::Paused => "paused_at",
            Halt::Waits => "waits_for",
        }
    }
}

impl Wish {
    /// Those that are said in one word.
    pub const PLAIN: [Wish; 8] =
        [Wish::Pause, Wish::Resume, Wish::Retry, Wish::Skip, Wish::Rollback, Wish::Cancel, Wish::Hold, Wish::Advance];

    /// As tests write it.
    pub fn name(&self) -> &'static str {
        match self {
            Wish::Pause => "pause",
            Wish::Resume => "resume",
            Wish::Retry => "retry",
            Wish::Skip => "skip",
            Wish::Rollback => "rollback",
            Wish::Cancel => "cancel",
            Wish::Hold => "hold",
            Wish::Advance => "advance",
            Wish::Goto(_) => "goto",
        }
    }
}

impl UnitRef {
    /// Returns whether a unit with this path is meant.
    ///
    /// `watch` stands for `watch~1` and its kin; a part that may be left out may be left out.
    pub fn fits(&self, path: &[PathPart]) -> bool {
        let written: Vec<&str> = self.path.split('.').collect();
        parts_fit(&written, path)
    }
}

fn parts_fit(written: &[&str], path: &[PathPart]) -> bool {
    match (written.split_first(), path.split_first()) {
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
        (Some((first, others)), Some((part, beneath))) => {
            let named = part.name == *first || part.name.rsplit_once('~').is_some_and(|(word, _)| word == *first);
            let skipped = part.may_be_left_out && !beneath.is_empty();
            named && parts_fit(others, beneath) || skipped && parts_fit(written, beneath)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(parts: &[&str]) -> Vec<PathPart> {
        let part = |it: &&str| PathPart { name: it.trim_matches('?').into(), may_be_left_out: it.ends_with('?') };
        parts.iter().map(part).collect()
    }

    #[test]
    fn a_test_names_units_by_what_was_written() {
        let cases: [(&str, &[&str], bool); 7] = [
            ("pilot.deploy", &["pilot", "deploy"], true),
            ("pilot.watch", &["pilot", "watch~1"], true),
            ("pilot.deploy", &["pilot", "for~2?", "deploy"], true),
            ("web.first.install", &["web", "first", "deploy?", "install"], true),
            ("web.first.deploy.install", &["web", "first", "deploy?", "install"], true),
            ("pilot", &["pilot", "for~2?"], false),
            ("pilot.run", &["pilot", "deploy", "run~1"], false),
        ];
        for (written, parts, fits) in cases {
            let unit = UnitRef { path: written.into(), target: None };
            assert_eq!(unit.fits(&path(parts)), fits, "{written} {parts:?}");
        }
    }
}
