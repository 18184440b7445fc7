//! What a program declares beside its rollouts: inputs, secrets, fleets, probes and actions.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Entry, Exec, Expr, HttpAct, LocalId, Retry, Run};
use crate::source::Span;
use crate::value::{Target, Type, Value};

/// A parameter of an action, a probe or a strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Param {
    pub name: SmolStr,
    pub local: LocalId,
    pub of: Type,
    pub default: Option<Expr>,
    pub span: Span,
}

/// A value that a rollout asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    pub name: SmolStr,
    pub local: LocalId,
    pub of: Type,
    pub default: Option<Expr>,
    pub constraints: Vec<Constraint>,
    pub doc: Option<String>,
    pub span: Span,
}

/// What an input's value must satisfy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    OneOf(Vec<Value>),
    /// The whole text must match this pattern.
    Matches(SmolStr),
    Min(Value),
    Max(Value),
}

/// Named values for inputs, chosen by `--profile`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub name: SmolStr,
    pub values: Vec<(SmolStr, Expr)>,
    pub span: Span,
}

/// Something that only those who need it learn, when they need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Secret {
    /// Unique in the program; also the name under which values hold it.
    pub name: SmolStr,
    pub source: SecretSource,
    /// The folder of the file that declares it, in which its command runs.
    #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
    pub folder: SmolStr,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    Env(SmolStr),
    /// An absolute path, or one relative to the folder of the program's file.
    File(String),
    Command(Vec<String>),
}

/// A set of targets, before it is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    pub name: SmolStr,
    pub source: FleetSource,
    /// Labels that every target has, with their types; empty if the source says them itself.
    pub labels: Vec<LabelType>,
    pub doc: Option<String>,
    pub span: Span,
}

/// A label of a fleet's targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelType {
    pub name: SmolStr,
    pub of: Type,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FleetSource {
    /// Written in the program, or read from a file when the program was checked.
    Targets(Vec<Target>),
    /// A command that prints JSON, run when the plan is made and never before.
    Command { argv: Vec<String>, folder: String },
    /// A choice from other fleets: `fleet eu = s in factories where s.region == "eu"`.
    Expr(Expr),
}

/// A named condition on the world, asked by one action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    pub name: SmolStr,
    pub params: Vec<Param>,
    pub means: ProbeMeans,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a program has few probes")]
pub enum ProbeMeans {
    Run(Run),
    Exec(Exec),
    Http(HttpAct),
    Tcp { address: Expr, timeout: Option<Expr> },
}

/// A step with parameters, called like a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    pub name: SmolStr,
    pub params: Vec<Param>,
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
    pub doc: Option<String>,
    pub span: Span,
}
