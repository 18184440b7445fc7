//! The flow of a rollout: stages, loops, steps, and what happens when one of them fails.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Act, ActionId, Expr, Input, LabelType, LocalId, Profile, RolloutId, Save};
use crate::source::Span;

/// The unit that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    pub name: SmolStr,
    pub inputs: Vec<Input>,
    pub profiles: Vec<Profile>,
    pub on_failure: OnFailure,
    /// One run at a time among all that have the same text here.
    pub exclusive: Option<Expr>,
    /// How many targets of the whole run may fail.
    pub tolerate: Option<Expr>,
    /// The window in which its work may begin.
    pub during: Option<Expr>,
    pub pass_env: Vec<SmolStr>,
    pub stages: Vec<Stage>,
    /// What guards all of it, from where it stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<RolloutGuard>,
    pub hooks: Vec<Hook>,
    /// What must hold in every state of a run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub always: Vec<Always>,
    pub finally: Vec<Entry>,
    /// How long it can still be taken back after success.
    pub retain: Option<Expr>,
    /// The folder that each run leaves its documents in, relative to the file's.
    pub artifacts: Option<Expr>,
    /// The strategies that it applies, in the order in which they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<Applied>,
    /// What is done after success, while it can still be taken back.
    pub afterwards: Vec<Entry>,
    /// What is done again and again while it runs.
    pub rounds: Vec<Round>,
    /// The fast way back that replaces the undos beneath; none if empty.
    pub rollback: Vec<Entry>,
    pub doc: Option<String>,
    pub span: Span,
}

/// `apply STRATEGY as NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// As it is declared: `canary`.
    pub strategy: SmolStr,
    /// What its stages have before their names: `model`, or `model.inner` for one within another.
    #[serde(rename = "as")]
    pub path: SmolStr,
}

/// A `guard` that stands directly in a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RolloutGuard {
    /// How many stages stand before it; it looks on once the last of them has ended.
    pub stages_before: u32,
    pub entry: Entry,
}

/// A condition that must hold in every state of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Always {
    pub condition: Expr,
    /// As a person would write it.
    pub shown: String,
    pub span: Span,
}

/// What happens when something fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Undo the whole run.
    #[default]
    Rollback,
    /// Undo to the state before this stage, then pause.
    RollbackStage,
    /// A person retries, skips or rolls back.
    Pause,
    /// End, and leave everything as it is.
    Stop,
}

/// A part of a rollout with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its path: the name, with the name of the applied strategy before it (`web.first`).
    pub path: SmolStr,
    /// Indices of the stages that end before it begins.
    pub after: Vec<u32>,
    /// What is bound around it: a strategy's parameters, a loop's name at rollout level.
    pub binds: Vec<(LocalId, Expr)>,
    pub when: Option<Expr>,
    /// The window in which its work may begin.
    pub during: Option<Expr>,
    pub time: StageTime,
    pub risk: Option<Expr>,
    pub on_failure: Option<OnFailure>,
    /// False: its work stays when a later stage fails.
    pub undo_with_run: bool,
    pub body: Vec<Entry>,
    pub rollback: Vec<Entry>,
    pub doc: Option<String>,
    pub span: Span,
}

/// When a stage begins and must have ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StageTime {
    /// From the end of all it comes after.
    pub delay: Option<Expr>,
    /// It begins then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Expr>,
    /// From then on nothing new starts; what runs may end, then the stage fails.
    pub deadline: Option<Expr>,
    /// After that what runs is ended and the stage fails.
    pub timeout: Option<Expr>,
}

/// One line of a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its part of the path: a name, or `word~n`. Empty for the only loop of a stage, which paths leave out.
    pub name: SmolStr,
    pub when: Option<Expr>,
    pub kind: EntryKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Act(Box<Act>),
    Step(Box<Step>),
    /// An action of the program with its arguments, in the order of its parameters.
    Call(ActionId, Vec<Expr>),
    Loop(Box<Loop>),
    Parallel(Vec<Entry>),
    Save(Box<Save>),
    Child(Box<Child>),
    /// What a strategy's slot was filled with: the caller's entries, with the slot's parameters bound.
    Block {
        binds: Vec<(LocalId, Expr)>,
        body: Vec<Entry>,
    },
}

/// Another rollout run as a child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Child {
    pub rollout: RolloutId,
    pub inputs: Vec<(SmolStr, Expr)>,
}

/// A unit with a name and its way back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub body: Vec<Entry>,
    /// Empty: nothing of its own to undo.
    pub undo: Vec<Entry>,
    /// Whether an empty `undo` says that there is nothing to undo.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waives_undo: bool,
    pub undo_retry: Option<Retry>,
    pub retry: Option<Retry>,
    pub timeout: Option<Expr>,
    /// How long it takes at least and at most, for the forecast.
    pub takes: Option<Expr>,
    /// The window in which it may begin.
    pub during: Option<Expr>,
    pub outputs: Vec<LabelType>,
}

/// How often, and after which waits, a thing is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// All attempts, the first included.
    pub attempts: Expr,
    /// The wait before the second attempt, doubled before each further one; a list gives each wait.
    pub backoff: Option<Expr>,
    pub span: Span,
}

/// The body once per element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    pub local: LocalId,
    /// As it was written, for paths and plans.
    pub local_name: SmolStr,
    /// What it runs over; the filter of a `where` is part of it.
    pub list: Expr,
    pub at_once: Option<Expr>,
    /// Cumulative counts or shares.
    pub waves: Option<Expr>,
    pub tolerate: Option<Tolerate>,
    pub stagger: Option<Expr>,
    /// A key by which the elements are sorted, evaluated with the element bound.
    pub order: Option<Expr>,
    /// The window in which an element may begin, evaluated with the element bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub during: Option<Expr>,
    /// Whether `rest of` counts its targets as taken; worked out if it was not said.
    pub takes: bool,
    pub may_be_empty: bool,
    pub body: Vec<Entry>,
    pub after_wave: Vec<Entry>,
}

/// How many targets may fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerate {
    Once(Expr),
    PerWave(Vec<Expr>),
}

/// What is done when something happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    pub event: Event,
    pub body: Vec<Entry>,
    pub span: Span,
}

/// What is done again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub period: Expr,
    pub body: Vec<Entry>,
    pub span: Span,
}

/// What a rollout can listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Started,
    StageStarted,
    StageDone,
    Paused,
    RolledBack,
    Succeeded,
    Failed,
    NeedsHands,
    Cancelled,
}

impl Event {
    pub const ALL: [Event; 9] = [
        Event::Started,
        Event::StageStarted,
        Event::StageDone,
        Event::Paused,
        Event::RolledBack,
        Event::Succeeded,
        Event::Failed,
        Event::NeedsHands,
        Event::Cancelled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Event::Started => "started",
            Event::StageStarted => "stage_started",
            Event::StageDone => "stage_done",
            Event::Paused => "paused",
            Event::RolledBack => "rolled_back",
            Event::Succeeded => "succeeded",
            Event::Failed => "failed",
            Event::NeedsHands => "needs_hands",
            Event::Cancelled => "cancelled",
        }
    }
}
