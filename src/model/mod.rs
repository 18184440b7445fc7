//! Program: the resolved meaning of some files. Inert: names are resolved, types hold, nothing is left to guess;
//! nothing here does anything.
//!
//! - `program`: everything a program declares
//! - `expr`: expressions over values, names and the run
//! - `parts`: what an expression is made of
//! - `builtin`: the functions that are built in
//! - `decl`: inputs, secrets, fleets, probes, actions
//! - `window`: when work may begin, as it is declared
//! - `flow`: rollouts, stages, loops, steps
//! - `gate`, `judge`: metrics, thresholds, gates, and a canary against a baseline
//! - `exposure`: routers, flags, and the shares that are set
//! - `notice`: channels and what is said there
//! - `act`: the actions at the leaves
//! - `people`: what people are asked for
//! - `scenario`: rollouts tried on virtual time

mod act;
mod builtin;
mod decl;
mod exposure;
mod expr;
mod flow;
mod gate;
mod judge;
mod notice;
mod parts;
mod people;
mod program;
mod scenario;
mod window;

pub use act::{
    Act, Check, Exec, HttpAct, Interrupted, Keep, OnUnknown, Otherwise, Run, RunText, Save, Settings, Shell, ShellPart,
    Watch,
};
pub use builtin::{BUILTINS, Builtin, BuiltinRow};
pub use decl::{
    Action, Constraint, Fleet, FleetSource, Input, LabelType, Param, Probe, ProbeMeans, Profile, Secret, SecretSource,
};
pub use exposure::{Flag, FlagShare, Haproxy, Nginx, Router, RouterMeans, Traffic};
pub use expr::{
    Before, Comparison, Expr, ExprKind, LoopField, OutputRef, RunField, StageField, TextPart, Trend, WaveField,
    local_names,
};
pub use flow::{
    Always, Applied, Child, Entry, EntryKind, Event, Hook, Loop, OnFailure, Retry, Rollout, RolloutGuard, Round, Stage,
    StageTime, Step, Tolerate,
};
pub use gate::{Demand, Gate, Metric, MetricMeans, Missing, Rule, Threshold};
pub use judge::{Direction, Judge, JudgedMetric};
pub use notice::{Channel, ChannelMeans, Notify};
pub use people::{Ask, AskKind, OnUnmet, names_in};
pub use program::{
    ActionId, ChannelId, FlagId, FleetId, GateId, LocalId, MetricId, ProbeId, Program, RolloutId, RouterId, SecretId,
    ThresholdId,
};
pub use scenario::{
    Base, Conduct, Expectation, Fact, FactUse, Fails, Given, Halt, History, Moment, PathPart, Point, Says, Test,
    Timeline, UnitRef, Which, Wish,
};
pub use window::{CombinedWindow, WindowForm, WindowHours, WindowOpens};
