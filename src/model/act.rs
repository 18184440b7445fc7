//! The actions at the leaves of a rollout: what each needs, before anything is evaluated.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Ask, Entry, Expr, FlagShare, Notify, Retry, Traffic};

/// One action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "an act is always held in a box of its own")]
pub enum Act {
    Run(Run),
    Exec(Exec),
    Http(HttpAct),
    Check(Check),
    Watch(Watch),
    /// As a watch, in the background, until what encloses it ends.
    Guard(Watch),
    /// `require C "message"`: fails at once if the condition does not hold or is unknown.
    Require {
        condition: Expr,
        message: Option<Expr>,
    },
    Wait {
        duration: Expr,
    },
    WaitUntil {
        instant: Expr,
    },
    Log {
        message: Expr,
    },
    Fail {
        message: Expr,
    },
    /// Pauses the run until a person resumes it.
    Pause {
        message: Expr,
    },
    /// Runs the `restore` of a save that was made before, by its path, written as that of an output.
    Restore {
        save: SmolStr,
    },
    Keep(Keep),
    /// Waits for people: `approve`, `checklist`, `confirm`.
    Ask(Ask),
    /// Sets a router's share, and reads it back.
    Traffic(Traffic),
    Flag(FlagShare),
    /// Says something, in the background.
    Notify(Notify),
}

/// Which shell runs a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shell {
    Sh,
    Bash,
}

/// A script for a shell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub script: RunText,
    pub shell: Shell,
    pub settings: Settings,
}

/// A script whose holes were lowered to environment variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunText {
    pub parts: Vec<ShellPart>,
    /// The variables that the script reads, with what goes into them.
    pub holes: Vec<(SmolStr, Expr)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShellPart {
    Text(String),
    /// A `raw(…)` hole: pasted as it is.
    Raw(Expr),
}

/// A program with its arguments; an argument that is a list stands for its elements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exec {
    pub argv: Vec<Expr>,
    pub settings: Settings,
}

/// What `run` and `exec` have in common.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Working folder, relative to the file's folder, which is the default.
    pub cwd: Option<Expr>,
    /// The folder of the file in which the action stands.
    pub folder: SmolStr,
    pub env: Vec<(SmolStr, Expr)>,
    pub stdin: Option<Expr>,
    /// One hour by default.
    pub timeout: Option<Expr>,
    pub retry: Option<Retry>,
    /// Exit codes that count as success; `[0]` by default.
    pub accept_codes: Option<Expr>,
    /// A pattern that the output must match.
    pub accept_output: Option<Expr>,
    /// Doing it twice does no harm.
    pub idempotent: bool,
    pub interrupted: Option<Interrupted>,
}

/// What to do with a step of which nobody knows whether it ran to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interrupted {
    Retry,
    Fail,
    /// Pause the run and let a person decide.
    Ask,
    /// Done if this condition holds, otherwise done again.
    Verify(Expr),
}

/// A request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpAct {
    pub method: SmolStr,
    pub url: Expr,
    pub headers: Vec<(SmolStr, Expr)>,
    pub body: Option<Expr>,
    /// Status codes or ranges; 200 to 299 by default.
    pub accept: Option<Expr>,
    pub settings: Settings,
}

/// `check C { settle, within, every }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub condition: Expr,
    /// As a person would write it.
    pub shown: String,
    pub settle: Option<Expr>,
    /// Try again until then; once by default.
    pub within: Option<Expr>,
    /// 5 s by default.
    pub every: Option<Expr>,
    pub otherwise: Option<Otherwise>,
}

/// What a condition that does not pass does, other than what its stage says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    Rollback,
    RollbackStage,
    Pause,
    Stop,
    /// Nothing goes on until it holds again.
    Hold,
    /// It is said, and the run goes on.
    Warn,
}

/// `watch C { lasts, every, … }` and `guard C { … }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    pub condition: Expr,
    /// As a person would write it.
    pub shown: String,
    pub settle: Option<Expr>,
    /// Without it, a guard: as long as what encloses it.
    pub lasts: Option<Expr>,
    /// One minute by default.
    pub every: Option<Expr>,
    /// The violation with this number fails; 1 by default, unless `fail_in_a_row` is said.
    pub fail_after: Option<Expr>,
    pub fail_in_a_row: Option<Expr>,
    pub pass_in_a_row: Option<Expr>,
    /// How long it may be unknown in a row; 15 minutes by default.
    pub unknown: Option<Expr>,
    pub on_unknown: OnUnknown,
    /// Of a guard: whether what runs is ended when it fails.
    pub interrupt: bool,
    pub otherwise: Option<Otherwise>,
}

/// What happens when a watched condition has been unknown for too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// A person decides.
    #[default]
    Pause,
    Fail,
    /// It is watched on, until something is known again.
    Hold,
}

/// `keep key = value`: what this target, or the rollout, now has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Keep {
    pub key: SmolStr,
    pub value: Expr,
    /// The target that it is kept for; none: the rollout.
    pub target: Option<Expr>,
}

/// A recovery point with its way back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Save {
    pub body: Vec<Entry>,
    pub restore: Vec<Entry>,
}

impl Act {
    /// Returns whether a rollback brings back what was there before it, by itself.
    pub fn goes_back(&self) -> bool {
        match self {
            Act::Keep(_) | Act::Traffic(_) | Act::Flag(_) => true,
            Act::Run(_)
            | Act::Exec(_)
            | Act::Http(_)
            | Act::Check(_)
            | Act::Watch(_)
            | Act::Guard(_)
            | Act::Require { .. }
            | Act::Wait { .. }
            | Act::WaitUntil { .. }
            | Act::Log { .. }
            | Act::Fail { .. }
            | Act::Pause { .. }
            | Act::Restore { .. }
            | Act::Ask(_)
            | Act::Notify(_) => false,
        }
    }

    /// Returns whether what follows goes on at once.
    pub fn is_background(&self) -> bool {
        matches!(self, Act::Guard(_) | Act::Notify(_))
    }
}

impl Otherwise {
    /// Every choice as it is written.
    pub const ALL: [(Otherwise, &'static str); 6] = [
        (Otherwise::Rollback, "rollback"),
        (Otherwise::RollbackStage, "rollback_stage"),
        (Otherwise::Pause, "pause"),
        (Otherwise::Stop, "stop"),
        (Otherwise::Hold, "hold"),
        (Otherwise::Warn, "warn"),
    ];

    /// Returns what a failure does, if it is one.
    pub fn on_failure(self) -> Option<super::OnFailure> {
        match self {
            Otherwise::Rollback => Some(super::OnFailure::Rollback),
            Otherwise::RollbackStage => Some(super::OnFailure::RollbackStage),
            Otherwise::Pause => Some(super::OnFailure::Pause),
            Otherwise::Stop => Some(super::OnFailure::Stop),
            Otherwise::Hold | Otherwise::Warn => None,
        }
    }
}
