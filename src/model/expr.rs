//! Expressions: resolved, typed by the checker, evaluated by one evaluator at plan time and at run time.
//! They carry their spans, because a value that cannot be is reported where it was written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Builtin, FleetId, GateId, LocalId, MetricId, ProbeId, ThresholdId, WindowForm};
use crate::source::Span;
use crate::value::{Sum, Value};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExprKind {
    /// A literal, or anything whose value the checker could already work out.
    Value(Value),
    /// A string with holes.
    Text(Vec<TextPart>),
    List(Vec<Expr>),
    Record(Vec<(SmolStr, Expr)>),
    Local(LocalId),
    /// All targets of a fleet, in its order.
    Fleet(FleetId),
    /// The targets of these that no stage before and no earlier loop of this stage takes. Only the planner answers it.
    Rest(Box<Expr>),
    Field(Box<Expr>, SmolStr),
    Index(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Sum(Sum, Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    /// The left unless it is absent, then the right.
    Coalesce(Box<Expr>, Box<Expr>),
    /// `10% of factories` (a choice, rounded up), `3 of factories`, `110% of x` (arithmetic).
    Of(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Range(Box<Expr>, Box<Expr>),
    /// `each for local in list where filter`.
    Generate {
        each: Box<Expr>,
        local: LocalId,
        list: Box<Expr>,
        filter: Option<Box<Expr>>,
    },
    /// `local in list where filter`.
    Filter {
        local: LocalId,
        list: Box<Expr>,
        filter: Box<Expr>,
    },
    Builtin(Builtin, Vec<Expr>),
    /// Asks the world; unknown until it has answered.
    Probe(ProbeId, Vec<Expr>),
    /// A declared window with its arguments, in the order of its parameters.
    Window(Arc<WindowForm>, Vec<Expr>),
    /// The value of a metric now; unknown until it was sampled.
    Metric(MetricId, Vec<Expr>),
    /// A metric's mean over a stretch of time that ended before the first change to its subject.
    Before(Box<Before>),
    /// How much a metric rises.
    Trend(Box<Trend>),
    Threshold(ThresholdId, Vec<Expr>),
    Gate(GateId, Vec<Expr>),
    Output(OutputRef),
    /// What earlier runs left under this key, for a target or for the rollout itself.
    Kept {
        target: Option<Box<Expr>>,
        key: SmolStr,
    },
    Run(RunField),
    Loop(LoopField),
    Wave(WaveField),
    /// The targets that this stage (`None`: the enclosing one) has touched so far.
    Touched(Option<SmolStr>),
    /// A property of a stage by its path.
    Stage(SmolStr, StageField),
    /// The date on which the run started, in UTC.
    Today,
    /// Stands where an error was reported; never part of a plan.
    Bad,
}

/// `before(m, over = 1h, ago = 0s)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    pub metric: MetricId,
    pub arguments: Vec<Expr>,
    /// How long the stretch is; an hour by default.
    pub over: Option<Expr>,
    /// How long before the first change it ends.
    pub ago: Option<Expr>,
}

/// `trend(m, over = 10m, per = 10m)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    pub metric: MetricId,
    pub arguments: Vec<Expr>,
    /// How much time before now is looked at.
    pub over: Expr,
    /// In how much time it rises so much; `over` by default.
    pub per: Option<Expr>,
}

/// A part of a string with holes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPart {
    Chunk(SmolStr),
    Hole(Expr),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

/// A value that a step left: `prepare.build.url`, `pilot.deploy[site].url`, `config.stdout`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputRef {
    /// The path of the unit in the plan, without target parts, with dots: `prepare.build`. Within an action it begins
    /// with a dot and goes on from the path of the call: `.build`.
    pub path: SmolStr,
    /// Which target's, when the unit stands in a loop that does not enclose this place.
    pub target: Option<Box<Expr>>,
    /// `stdout`, `code`, or a declared output.
    pub key: SmolStr,
    /// The type it was declared with; the text that a command wrote is read as that.
    pub of: crate::value::Type,
}

/// A property of the run: `run.id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunField {
    Id,
    Rollout,
    By,
    Reason,
    Percent,
    Completed,
    Failed,
    Total,
    Eta,
    Started,
    Touched,
    FailedTargets,
    Outcome,
    /// When it was expected to end at the earliest, when it started.
    ForecastEarliest,
    ForecastLatest,
    /// How long taking it all back was expected to last.
    ForecastRollback,
}

/// A property of the enclosing loop: `loop.index` counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopField {
    Index,
    First,
    Last,
    Previous,
}

/// A property of the wave that just ended: `wave.index` counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveField {
    Index,
    Targets,
}

/// A property of a stage: `pilot.touched`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageField {
    Outcome,
}

impl Expr {
    pub fn new(kind: ExprKind, span: Span) -> Expr {
        Expr { kind, span }
    }

    pub fn value(value: Value, span: Span) -> Expr {
        Expr { kind: ExprKind::Value(value), span }
    }

    /// Returns the value if it is already known.
    pub fn known(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Calls `visit` for this expression and all within it, outermost first.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        self.for_each_part(&mut |part| part.walk(visit));
    }
}

/// Returns the locals that an expression reads.
pub fn local_names(expr: &Expr) -> Vec<LocalId> {
    let mut locals = Vec::new();
    expr.walk(&mut |it| {
        if let ExprKind::Local(local) = it.kind {
            locals.push(local);
        }
    });
    locals
}
