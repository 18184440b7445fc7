//! What a name stands for where an expression is evaluated. Everything is unknown here until a scope says otherwise.

use smol_str::SmolStr;

use super::Truth;
use crate::model::{
    Comparison, FleetId, GateId, LocalId, LoopField, MetricId, Param, ProbeId, RunField, StageField, ThresholdId,
    WaveField,
};
use crate::value::Value;

/// What a scope says when it is asked for a value.
pub type Answer = Result<Value, Silence>;

/// Why a scope gives no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// Another scope knows it: an output before its step has run.
    NotKnownHere,
    /// It cannot be had; a sentence without a period says why.
    Cannot(String),
}

/// How long a stretch of time is, and how long before a change it ends; both in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub over_ms: i64,
    pub ago_ms: i64,
}

/// The names that an expression may use, and what they stand for.
pub trait Scope {
    /// An input, a parameter, or the name of a loop or comprehension.
    fn local(&self, _local: LocalId) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// The list of a fleet's targets.
    fn fleet(&self, _fleet: FleetId) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// Those of a list of targets that nothing before takes.
    fn rest(&self, _of: &Value) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// Whether a condition on the world holds: true, false or [`Value::Unknown`].
    fn probe(&self, _probe: ProbeId, _arguments: &[Value]) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// A metric's value now, or [`Value::Unknown`].
    fn metric(&self, _metric: MetricId, _arguments: &[Value]) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// A metric's mean over a stretch that ended before the first change to its subject, or [`Value::Unknown`].
    fn before(&self, _metric: MetricId, _arguments: &[Value], _stretch: Stretch) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// Whether a threshold is passed: true, false or [`Value::Unknown`].
    fn threshold(&self, _threshold: ThresholdId, _arguments: &[Value]) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// Whether everything that a gate demands holds: true, false or [`Value::Unknown`].
    fn gate(&self, _gate: GateId, _arguments: &[Value]) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// Hears of each comparison that was made, so that a verdict can show what it compared.
    fn compared(&self, _how: Comparison, _left: &Value, _right: &Value, _truth: Truth) {}

    /// The text that a step left under a key; none if it left nothing there. The evaluator reads it as its type.
    fn output(&self, _path: &str, _target: Option<&Value>, _key: &str) -> Result<Option<SmolStr>, Silence> {
        Err(Silence::NotKnownHere)
    }

    /// What earlier runs kept for a target, or for the rollout; [`Value::Null`] if nothing.
    fn kept(&self, _target: Option<&Value>, _key: &str) -> Answer {
        Err(Silence::NotKnownHere)
    }

    fn run(&self, _field: RunField) -> Answer {
        Err(Silence::NotKnownHere)
    }

    fn loop_field(&self, _field: LoopField) -> Answer {
        Err(Silence::NotKnownHere)
    }

    fn wave(&self, _field: WaveField) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// The list of targets that a stage, or the enclosing one, has touched.
    fn touched(&self, _stage: Option<&str>) -> Answer {
        Err(Silence::NotKnownHere)
    }

    fn stage(&self, _path: &str, _field: StageField) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// The date on which the run started.
    fn today(&self) -> Answer {
        Err(Silence::NotKnownHere)
    }

    /// An environment variable; `Ok(None)` if it is not set.
    fn variable(&self, _name: &str) -> Result<Option<SmolStr>, Silence> {
        Err(Silence::NotKnownHere)
    }

    /// The text of a file.
    fn file(&self, _path: &str) -> Result<SmolStr, Silence> {
        Err(Silence::NotKnownHere)
    }

    /// The names of those who have a role.
    fn members(&self, _role: &str) -> Result<Vec<SmolStr>, Silence> {
        Err(Silence::NotKnownHere)
    }
}

/// The scope that knows nothing: what has a value in it is a constant.
pub struct NoScope;

impl Scope for NoScope {}

/// One more local on top of a scope.
pub struct Bound<'s> {
    outer: &'s dyn Scope,
    local: LocalId,
    value: &'s Value,
}

impl<'s> Bound<'s> {
    pub fn new(outer: &'s dyn Scope, local: LocalId, value: &'s Value) -> Bound<'s> {
        Bound { outer, local, value }
    }
}

impl Scope for Bound<'_> {
    fn local(&self, local: LocalId) -> Answer {
        if local == self.local { Ok(self.value.clone()) } else { self.outer.local(local) }
    }

    fn fleet(&self, fleet: FleetId) -> Answer {
        self.outer.fleet(fleet)
    }

    fn rest(&self, of: &Value) -> Answer {
        self.outer.rest(of)
    }

    fn probe(&self, probe: ProbeId, arguments: &[Value]) -> Answer {
        self.outer.probe(probe, arguments)
    }

    fn metric(&self, metric: MetricId, arguments: &[Value]) -> Answer {
        self.outer.metric(metric, arguments)
    }

    fn before(&self, metric: MetricId, arguments: &[Value], stretch: Stretch) -> Answer {
        self.outer.before(metric, arguments, stretch)
    }

    fn threshold(&self, threshold: ThresholdId, arguments: &[Value]) -> Answer {
        self.outer.threshold(threshold, arguments)
    }

    fn gate(&self, gate: GateId, arguments: &[Value]) -> Answer {
        self.outer.gate(gate, arguments)
    }

    fn compared(&self, how: Comparison, left: &Value, right: &Value, truth: Truth) {
        self.outer.compared(how, left, right, truth);
    }

    fn output(&self, path: &str, target: Option<&Value>, key: &str) -> Result<Option<SmolStr>, Silence> {
        self.outer.output(path, target, key)
    }

    fn kept(&self, target: Option<&Value>, key: &str) -> Answer {
        self.outer.kept(target, key)
    }

    fn run(&self, field: RunField) -> Answer {
        self.outer.run(field)
    }

    fn loop_field(&self, field: LoopField) -> Answer {
        self.outer.loop_field(field)
    }

    fn wave(&self, field: WaveField) -> Answer {
        self.outer.wave(field)
    }

    fn touched(&self, stage: Option<&str>) -> Answer {
        self.outer.touched(stage)
    }

    fn stage(&self, path: &str, field: StageField) -> Answer {
        self.outer.stage(path, field)
    }

    fn today(&self) -> Answer {
        self.outer.today()
    }

    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        self.outer.variable(name)
    }

    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        self.outer.file(path)
    }
}

/// The parameters of something declared, bound to what it is called with, on top of a scope.
pub struct Called<'s> {
    outer: &'s dyn Scope,
    params: &'s [Param],
    arguments: &'s [Value],
}

impl<'s> Called<'s> {
    pub fn new(outer: &'s dyn Scope, params: &'s [Param], arguments: &'s [Value]) -> Called<'s> {
        Called { outer, params, arguments }
    }
}

impl Scope for Called<'_> {
    fn local(&self, local: LocalId) -> Answer {
        match self.params.iter().position(|it| it.local == local) {
            Some(at) => self.arguments.get(at).cloned().ok_or(Silence::NotKnownHere),
            None => self.outer.local(local),
        }
    }

    fn fleet(&self, fleet: FleetId) -> Answer {
        self.outer.fleet(fleet)
    }

    fn rest(&self, of: &Value) -> Answer {
        self.outer.rest(of)
    }

    fn probe(&self, probe: ProbeId, arguments: &[Value]) -> Answer {
        self.outer.probe(probe, arguments)
    }

    fn metric(&self, metric: MetricId, arguments: &[Value]) -> Answer {
        self.outer.metric(metric, arguments)
    }

    fn before(&self, metric: MetricId, arguments: &[Value], stretch: Stretch) -> Answer {
        self.outer.before(metric, arguments, stretch)
    }

    fn threshold(&self, threshold: ThresholdId, arguments: &[Value]) -> Answer {
        self.outer.threshold(threshold, arguments)
    }

    fn gate(&self, gate: GateId, arguments: &[Value]) -> Answer {
        self.outer.gate(gate, arguments)
    }

    fn compared(&self, how: Comparison, left: &Value, right: &Value, truth: Truth) {
        self.outer.compared(how, left, right, truth);
    }

    fn output(&self, path: &str, target: Option<&Value>, key: &str) -> Result<Option<SmolStr>, Silence> {
        self.outer.output(path, target, key)
    }

    fn kept(&self, target: Option<&Value>, key: &str) -> Answer {
        self.outer.kept(target, key)
    }

    fn run(&self, field: RunField) -> Answer {
        self.outer.run(field)
    }

    fn loop_field(&self, field: LoopField) -> Answer {
        self.outer.loop_field(field)
    }

    fn wave(&self, field: WaveField) -> Answer {
        self.outer.wave(field)
    }

    fn touched(&self, stage: Option<&str>) -> Answer {
        self.outer.touched(stage)
    }

    fn stage(&self, path: &str, field: StageField) -> Answer {
        self.outer.stage(path, field)
    }

    fn today(&self) -> Answer {
        self.outer.today()
    }

    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        self.outer.variable(name)
    }

    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        self.outer.file(path)
    }

    fn members(&self, role: &str) -> Result<Vec<SmolStr>, Silence> {
        self.outer.members(role)
    }
}
