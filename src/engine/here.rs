//! What names stand for at one place of a run: the scope in which its expressions are evaluated.

use std::cell::RefCell;

use smol_str::SmolStr;

use super::known::{Answers, Question, Questions};
use super::measure::{Notes, Noting};
use super::run::Status;
use super::turn::Turn;
use super::{Cause, Run, RunForecast, Truth};
use crate::eval::{self, Answer, Fuel, Rise, Scope, Silence, Stretch};
use crate::model::{
    Comparison, Expr, FleetId, GateId, LocalId, LoopField, MetricId, ProbeId, RunField, StageField, ThresholdId,
    WaveField,
};
use crate::plan::{Binding, Elements, NodeId, NodeKind, Place, Plan, Role, Slot, SpaceId};
use crate::value::{At, Type, Value};

/// What is known of the world while a condition is evaluated.
pub(super) enum Probing<'a> {
    /// Nothing: every probe is unknown.
    Blind,
    /// Nothing yet: what is asked for is written down.
    Collect(&'a RefCell<Questions>),
    Answered(&'a Answers),
}

/// The scope of a place.
pub(super) struct Here<'a> {
    pub plan: &'a Plan,
    pub run: &'a Run,
    pub now: At,
    pub place: Place,
    pub probing: Probing<'a>,
    pub notes: Noting<'a>,
}

/// Returns the scope of a run as a whole, for questions about it from outside.
pub fn seen_from_outside<'a>(plan: &'a Plan, run: &'a Run, now: At) -> impl Scope + 'a {
    Here { plan, run, now, place: Place::ROOT, probing: Probing::Blind, notes: None }
}

impl Turn<'_> {
    pub fn value(&self, expr: &Expr, place: Place) -> Result<Value, Cause> {
        if let Some(value) = expr.known() {
            return Ok(value.clone());
        }
        eval::eval(expr, &self.here(place, Probing::Blind), &mut Fuel::default()).map_err(wrong)
    }

    pub fn here<'t>(&'t self, place: Place, probing: Probing<'t>) -> Here<'t> {
        Here { plan: self.plan, run: self.run, now: self.now, place, probing, notes: None }
    }

    pub fn text(&self, expr: &Expr, place: Place) -> Result<String, Cause> {
        self.value(expr, place).map(|it| it.to_string())
    }

    pub fn duration_ms(&self, expr: &Expr, place: Place) -> Result<i64, Cause> {
        let value = self.value(expr, place)?;
        value.as_duration_ms().map(|ms| ms.max(0)).ok_or_else(|| not_a(&Type::Duration, &value))
    }

    pub fn instant(&self, expr: &Expr, place: Place) -> Result<At, Cause> {
        match self.value(expr, place)? {
            Value::Instant(at) => Ok(at),
            other => Err(not_a(&Type::Instant, &other)),
        }
    }

    /// Whether a condition that asks nothing of the world holds now.
    pub fn truth_now(&self, expr: &Expr, place: Place) -> Result<bool, Cause> {
        match self.value(expr, place)? {
            Value::Bool(holds) => Ok(holds),
            Value::Unknown => Err(Cause::Condition { truth: Truth::Unknown, message: "`when`".to_owned() }),
            other => Err(not_a(&Type::Bool, &other)),
        }
    }
}

pub(super) fn not_a(kind: &Type, value: &Value) -> Cause {
    Cause::Value { message: format!("{} is needed here, not `{value}`", kind.described()) }
}

pub(super) fn wrong(wrong: eval::Wrong) -> Cause {
    Cause::Value { message: wrong.message }
}

impl<'a> Here<'a> {
    /// Writes down what is compared.
    pub fn noting(self, notes: &'a RefCell<Notes>) -> Here<'a> {
        Here { notes: Some(notes), ..self }
    }
}

impl Here<'_> {
    fn at(&self, place: Place) -> Here<'_> {
        let (plan, run, now) = (self.plan, self.run, self.now);
        Here { plan, run, now, place, probing: Probing::Blind, notes: None }
    }

    /// Returns what a loop's name stands for in one slot of its body.
    pub fn element(&self, space: SpaceId, slot: Slot) -> Option<Value> {
        match self.plan.space(space).elements {
            Elements::Late => self.run.late.get(&space)?.get(slot.index()).cloned(),
            Elements::None | Elements::Values(_) | Elements::Targets(_) => {
                self.plan.space(space).element(slot, &self.plan.targets)
            }
        }
    }

    /// Returns the nearest loop's body around this place.
    fn loop_body(&self) -> Option<Place> {
        self.nearest(|kind| *kind == NodeKind::Sequence(Role::Target))
    }

    fn nearest(&self, is_it: impl Fn(&NodeKind) -> bool) -> Option<Place> {
        let mut around = std::iter::once(self.place).chain(self.plan.all_around(self.place));
        around.find(|it| is_it(&self.plan.node(it.node).kind))
    }

    fn targets(&self, indices: impl Iterator<Item = u32>) -> Value {
        Value::list(indices.map(|it| Value::Target(std::sync::Arc::clone(&self.plan.targets[it as usize]))))
    }

    /// Returns the value that was kept before the step whose undo this is.
    fn kept_before(&self, target: Option<&SmolStr>, key: &str) -> Option<Value> {
        let undo = self.nearest(|kind| *kind == NodeKind::Sequence(Role::Undo))?;
        let unit = self.plan.around(undo)?;
        let kept =
            self.run.kept_before.iter().find(|(place, (of, name, _))| {
                of.as_ref() == target && name == key && self.plan.is_within(**place, unit)
            });
        kept.map(|(_, (_, _, before))| before.clone())
    }

    /// Returns where a unit that was named happens, seen from here.
    fn unit(&self, node: NodeId, target: Option<&Value>) -> Option<Place> {
        let space = self.plan.node(node).space;
        if let Some(target) = target {
            let all = self.plan.space(space);
            let slots = (0..all.len()).map(Slot);
            let slot = slots.into_iter().find(|it| all.element(*it, &self.plan.targets).as_ref() == Some(target))?;
            return Some(Place::new(node, slot));
        }
        let here = std::iter::once(self.place).chain(self.plan.all_around(self.place));
        let around = here.into_iter().find(|it| self.plan.node(it.node).space == space);
        Some(Place::new(node, around.map_or(Slot::ONLY, |it| it.slot)))
    }

    fn count(&self, wanted: impl Fn(Status) -> bool) -> i64 {
        let bodies = (0..self.plan.nodes.len() as u32).map(NodeId);
        let bodies = bodies.filter(|it| self.plan.node(*it).kind == NodeKind::Sequence(Role::Target));
        bodies.map(|it| self.run.statuses_of(it).filter(|(_, status)| wanted(*status)).count() as i64).sum()
    }

    fn total(&self) -> i64 {
        let bodies = (0..self.plan.nodes.len() as u32).map(NodeId);
        let bodies = bodies.filter(|it| self.plan.node(*it).kind == NodeKind::Sequence(Role::Target));
        bodies.map(|it| i64::from(self.plan.slots(it))).sum()
    }

    fn percent(&self) -> Value {
        let (done, total) = (self.count(|it| it == Status::Done), self.total());
        Value::Percent(if total == 0 { 0.0 } else { (done as f64 * 1000.0 / total as f64).floor() / 10.0 })
    }

    /// Returns what was expected when the run started; unknown where nobody could tell.
    fn forecast(&self, pick: impl Fn(&RunForecast) -> Option<Value>) -> Value {
        let pinned = self.run.started.as_ref().and_then(|it| it.forecast.as_ref());
        pinned.and_then(pick).unwrap_or(Value::Unknown)
    }

    /// Returns the time left if the rest goes as fast as what is done; unknown before anything is.
    fn eta(&self) -> Value {
        let (done, total) = (self.count(|it| it == Status::Done), self.total());
        if done == 0 {
            return Value::Null;
        }
        Value::Duration(self.now.since_ms(self.run.begun) * (total - done) / done)
    }
}

impl Scope for Here<'_> {
    fn local(&self, local: LocalId) -> Answer {
        match self.plan.binding(self.place, local) {
            Some(Binding::Expr(expr, outside)) => {
                let value = eval::eval(expr, &self.at(outside), &mut Fuel::default());
                value.map_err(|it| Silence::Cannot(it.message))
            }
            Some(Binding::Element(space, slot)) => self.element(space, slot).ok_or(Silence::NotKnownHere),
            None => Err(Silence::NotKnownHere),
        }
    }

    fn fleet(&self, fleet: FleetId) -> Answer {
        let found = self.plan.fleets.iter().find(|(id, _)| *id == fleet.0);
        found.map(|(_, indices)| self.targets(indices.iter().copied())).ok_or(Silence::NotKnownHere)
    }

    fn probe(&self, probe: ProbeId, arguments: &[Value]) -> Answer {
        Ok(self.ask(Question::Probe { probe, arguments: arguments.to_vec() }))
    }

    fn metric(&self, metric: MetricId, arguments: &[Value]) -> Answer {
        self.metric_value(metric, arguments)
    }

    fn trend(&self, metric: MetricId, arguments: &[Value], rise: Rise) -> Answer {
        Ok(self.ask(Question::Trend { metric, arguments: arguments.to_vec(), rise }))
    }

    fn before(&self, metric: MetricId, arguments: &[Value], stretch: Stretch) -> Answer {
        self.value_before(metric, arguments, stretch)
    }

    fn threshold(&self, threshold: ThresholdId, arguments: &[Value]) -> Answer {
        self.threshold_truth(threshold, arguments)
    }

    fn gate(&self, gate: GateId, arguments: &[Value]) -> Answer {
        self.gate_truth(gate, arguments)
    }

    fn compared(&self, how: Comparison, left: &Value, right: &Value, truth: eval::Truth) {
        if let Some(notes) = self.notes {
            notes.borrow_mut().compare(how, left, right, truth.into());
        }
    }

    fn output(&self, path: &str, target: Option<&Value>, key: &str) -> Result<Option<SmolStr>, Silence> {
        let Some(node) = self.plan.unit_at(path) else { return Err(Silence::NotKnownHere) };
        let Some(unit) = self.unit(node, target) else { return Ok(None) };
        let mut found = None;
        for inner in node.0..self.plan.node(node).end.0 {
            let place = Place::new(NodeId(inner), unit.slot);
            let Some(done) = self.run.left.get(&place) else { continue };
            let value = match key {
                "stdout" => Some(SmolStr::new(&done.stdout)),
                "code" => Some(SmolStr::new(done.code.to_string())),
                key => done.outputs.get(key).map(SmolStr::new),
            };
            found = value.or(found);
        }
        Ok(found)
    }

    fn kept(&self, target: Option<&Value>, key: &str) -> Answer {
        let target = match target {
            Some(Value::Target(target)) => Some(target.name.clone()),
            Some(other) => return Err(Silence::Cannot(format!("`{other}` is not a target"))),
            None => None,
        };
        if let Some(before) = self.kept_before(target.as_ref(), key) {
            return Ok(before);
        }
        Ok(self.run.kept.get(&(target, SmolStr::new(key))).cloned().unwrap_or(Value::Null))
    }

    fn run(&self, field: RunField) -> Answer {
        let started = self.run.started.as_ref().ok_or(Silence::NotKnownHere)?;
        Ok(match field {
            RunField::Id => Value::Text(started.run.clone()),
            RunField::Rollout => Value::Text(started.rollout.clone()),
            RunField::By => Value::Text(started.by.0.clone()),
            RunField::Reason => match (&self.run.failure, &started.reason) {
                (Some(cause), _) => Value::text(super::explain::explain(self.plan, self.run, cause)),
                (None, Some(reason)) => Value::text(reason),
                (None, None) => Value::text(""),
            },
            RunField::Percent => self.percent(),
            RunField::Completed => Value::Int(self.count(|it| it == Status::Done)),
            RunField::Failed => Value::Int(self.count(|it| matches!(it, Status::Failed | Status::Tolerated))),
            RunField::Total => Value::Int(self.total()),
            RunField::Eta => self.eta(),
            RunField::Started => Value::Instant(self.run.begun),
            RunField::Touched => {
                let all: std::collections::BTreeSet<u32> = self.run.touched.iter().map(|it| it.1).collect();
                self.targets(all.into_iter())
            }
            RunField::FailedTargets => {
                let places = self.run.failed_targets.keys();
                self.targets(places.filter_map(|it| self.plan.target_index_of(*it)))
            }
            RunField::Outcome => match self.run.outcome_so_far() {
                Some(outcome) => Value::text(outcome.name()),
                None => Value::text("running"),
            },
            RunField::ForecastEarliest => self.forecast(|it| it.earliest.map(Value::Instant)),
            RunField::ForecastLatest => self.forecast(|it| it.latest.map(Value::Instant)),
            RunField::ForecastRollback => self.forecast(|it| it.rollback_ms.map(Value::Duration)),
        })
    }

    fn loop_field(&self, field: LoopField) -> Answer {
        let body = self.loop_body().ok_or(Silence::NotKnownHere)?;
        let around = self.plan.around(body).ok_or(Silence::NotKnownHere)?;
        let slots = self.plan.slots_beneath(body.node, around);
        let index = body.slot.0 - slots.start;
        Ok(match field {
            LoopField::Index => Value::Int(i64::from(index)),
            LoopField::First => Value::Bool(index == 0),
            LoopField::Last => Value::Bool(body.slot.0 + 1 == slots.end),
            LoopField::Previous if index == 0 => Value::Null,
            LoopField::Previous => {
                let space = self.plan.node(body.node).space;
                self.element(space, Slot(body.slot.0 - 1)).unwrap_or(Value::Null)
            }
        })
    }

    fn wave(&self, field: WaveField) -> Answer {
        let after = self.nearest(|kind| *kind == NodeKind::Sequence(Role::AfterWave)).ok_or(Silence::NotKnownHere)?;
        let around = self.plan.around(after).ok_or(Silence::NotKnownHere)?;
        let NodeKind::Loop(node) = &self.plan.node(around.node).kind else { return Err(Silence::NotKnownHere) };
        let wave = after.slot.0 - self.plan.slots_beneath(after.node, around).start;
        match field {
            WaveField::Index => Ok(Value::Int(i64::from(wave))),
            WaveField::Targets => {
                let numbers = node.numbers.get(around.slot.index()).ok_or(Silence::NotKnownHere)?;
                let first = self.plan.space(node.space).slots_of(around.slot).start;
                let start = if wave == 0 { 0 } else { numbers.waves[wave as usize - 1] };
                let body = self.plan.node(around.node).children[0];
                // One that failed and was undone alone has nothing of this wave any more.
                let has_failed = |it: &Slot| self.run.status(Place::new(body, *it)) == Status::Tolerated;
                let slots = (start..numbers.waves[wave as usize]).map(|it| Slot(first + it));
                let slots = slots.filter(|it| !has_failed(it));
                Ok(Value::list(slots.filter_map(|it| self.element(node.space, it))))
            }
        }
    }

    fn touched(&self, stage: Option<&str>) -> Answer {
        let node = match stage {
            Some(path) => self.plan.stage_at(path),
            None => self.plan.stage_of(self.place).map(|it| it.node),
        };
        let node = node.ok_or(Silence::NotKnownHere)?;
        let range = (node, 0)..(NodeId(node.0 + 1), 0);
        Ok(self.targets(self.run.touched.range(range).map(|it| it.1)))
    }

    fn stage(&self, path: &str, field: StageField) -> Answer {
        let node = self.plan.stage_at(path).ok_or(Silence::NotKnownHere)?;
        match field {
            StageField::Outcome => Ok(Value::text(self.run.status(Place::new(node, Slot::ONLY)).name())),
        }
    }

    fn today(&self) -> Answer {
        Ok(Value::Date(self.run.begun.utc_date()))
    }
}
