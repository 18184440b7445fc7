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

/// Over how much time before now a trend is taken, and in how much time it rises so much; both in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rise {
    pub over_ms: i64,
    pub per_ms: i64,
}

/// The names that an expression may use, and what they stand for.
pub trait Scope {
    /// The scope around this one, which is asked for everything that this one does not answer itself.
    fn outer(&self) -> Option<&dyn Scope> {
        None
    }

    /// An input, a parameter, or the name of a loop or comprehension.
    fn local(&self, local: LocalId) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.local(local))
    }

    /// The list of a fleet's targets.
    fn fleet(&self, fleet: FleetId) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.fleet(fleet))
    }

    /// Those of a list of targets that nothing before takes.
    fn rest(&self, of: &Value) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.rest(of))
    }

    /// Whether a condition on the world holds: true, false or [`Value::Unknown`].
    fn probe(&self, probe: ProbeId, arguments: &[Value]) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.probe(probe, arguments))
    }

    /// A metric's value now, or [`Value::Unknown`].
    fn metric(&self, metric: MetricId, arguments: &[Value]) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.metric(metric, arguments))
    }

    /// A metric's mean over a stretch that ended before the first change to its subject, or [`Value::Unknown`].
    fn before(&self, metric: MetricId, arguments: &[Value], stretch: Stretch) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.before(metric, arguments, stretch))
    }

    /// How much a metric rises, or [`Value::Unknown`].
    fn trend(&self, metric: MetricId, arguments: &[Value], rise: Rise) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.trend(metric, arguments, rise))
    }

    /// Whether a threshold is passed: true, false or [`Value::Unknown`].
    fn threshold(&self, threshold: ThresholdId, arguments: &[Value]) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.threshold(threshold, arguments))
    }

    /// Whether everything that a gate demands holds: true, false or [`Value::Unknown`].
    fn gate(&self, gate: GateId, arguments: &[Value]) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.gate(gate, arguments))
    }

    /// Hears of each comparison that was made, so that a verdict can show what it compared.
    fn compared(&self, how: Comparison, left: &Value, right: &Value, truth: Truth) {
        if let Some(outer) = self.outer() {
            outer.compared(how, left, right, truth);
        }
    }

    /// The text that a step left under a key; none if it left nothing there. The evaluator reads it as its type.
    fn output(&self, path: &str, target: Option<&Value>, key: &str) -> Result<Option<SmolStr>, Silence> {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.output(path, target, key))
    }

    /// What earlier runs kept for a target, or for the rollout; [`Value::Null`] if nothing.
    fn kept(&self, target: Option<&Value>, key: &str) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.kept(target, key))
    }

    fn run(&self, field: RunField) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.run(field))
    }

    fn loop_field(&self, field: LoopField) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.loop_field(field))
    }

    fn wave(&self, field: WaveField) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.wave(field))
    }

    /// The list of targets that a stage, or the enclosing one, has touched.
    fn touched(&self, stage: Option<&str>) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.touched(stage))
    }

    fn stage(&self, path: &str, field: StageField) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.stage(path, field))
    }

    /// The date on which the run started.
    fn today(&self) -> Answer {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.today())
    }

    /// An environment variable; `Ok(None)` if it is not set.
    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.variable(name))
    }

    /// The text of a file.
    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.file(path))
    }

    /// The names of those who have a role.
    fn members(&self, role: &str) -> Result<Vec<SmolStr>, Silence> {
        self.outer().map_or(Err(Silence::NotKnownHere), |it| it.members(role))
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

    fn outer(&self) -> Option<&dyn Scope> {
        Some(self.outer)
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

    fn outer(&self) -> Option<&dyn Scope> {
        Some(self.outer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Roles;

    impl Scope for Roles {
        fn members(&self, role: &str) -> Result<Vec<SmolStr>, Silence> {
            Ok(vec![SmolStr::new(role)])
        }
    }

    #[test]
    fn who_has_a_role_is_known_within_a_comprehension_and_within_a_call() {
        let bound = Bound::new(&Roles, LocalId(0), &Value::Null);
        let called = Called::new(&bound, &[], &[]);
        assert_eq!(called.members("sre"), Ok(vec![SmolStr::new("sre")]));
        assert_eq!(bound.local(LocalId(0)), Ok(Value::Null));
        assert_eq!(bound.local(LocalId(1)), Err(Silence::NotKnownHere));
    }
}
