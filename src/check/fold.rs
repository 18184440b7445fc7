//! Working out what is constant already. Asks nothing of the world: what has no value yet is left for the plan.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::checker::Checker;
use super::exprs::Typed;
use super::inputs::is_late;
use crate::diag::{Code, Diagnostic};
use crate::eval::{Answer, Fuel, NoScope, Scope, Silence, eval};
use crate::model::{Expr, ExprKind, FleetId, FleetSource, TextPart};
use crate::value::Value;

/// How much work one constant may take while checking.
const STEPS: u64 = 200_000;

/// The targets of fleets, as far as they were asked for and are known while checking.
pub(super) type FleetValues = HashMap<FleetId, Option<Value>>;

/// What is known of the program's fleets while checking.
struct KnownFleets<'p> {
    values: &'p FleetValues,
}

impl Scope for KnownFleets<'_> {
    fn fleet(&self, fleet: FleetId) -> Answer {
        self.values.get(&fleet).cloned().flatten().ok_or(Silence::NotKnownHere)
    }
}

impl<'t> Checker<'t> {
    /// Works out an expression whose parts are all constant.
    pub fn folded(&mut self, typed: Typed) -> Typed {
        if !has_constant_parts(&typed.expr) {
            return typed;
        }
        match eval(&typed.expr, &NoScope, &mut Fuel::of(STEPS)) {
            Ok(value) => Typed::value(value, typed.of, typed.expr.span),
            Err(wrong) if wrong.is_not_known_here() => typed,
            Err(wrong) => {
                self.say(Diagnostic::new(Code::NO_RESULT, wrong.span, wrong.message));
                Typed::bad(typed.expr.span)
            }
        }
    }

    /// Returns the value of an expression if it can be known while checking, fleets included.
    pub fn known_value(&mut self, expr: &Expr) -> Option<Value> {
        if let Some(value) = expr.known() {
            return Some(value.clone());
        }
        fleets_in(expr).into_iter().for_each(|it| self.know_fleet(it));
        eval(expr, &KnownFleets { values: &self.fleet_values }, &mut Fuel::of(STEPS)).ok()
    }

    /// Works out the targets of a fleet, after those of the fleets that it is chosen from.
    fn know_fleet(&mut self, fleet: FleetId) {
        let mut open = vec![fleet];
        let mut expanded: HashSet<FleetId> = HashSet::new();
        while let Some(at) = open.last().copied() {
            let before = match self.program.fleets.get(at.index()).map(|it| &it.source) {
                Some(FleetSource::Expr(expr)) => fleets_in(expr),
                _ => Vec::new(),
            };
            let missing: Vec<FleetId> = before.into_iter().filter(|it| !self.fleet_values.contains_key(it)).collect();
            if missing.is_empty() || !expanded.insert(at) {
                open.pop();
                let value = self.fleet_value(at);
                self.fleet_values.insert(at, value);
            } else {
                open.extend(missing);
            }
        }
    }

    fn fleet_value(&self, fleet: FleetId) -> Option<Value> {
        match &self.program.fleets.get(fleet.index())?.source {
            FleetSource::Targets(targets) => {
                Some(Value::list(targets.iter().map(|it| Value::Target(Arc::new(it.clone())))))
            }
            FleetSource::Command { .. } => None,
            FleetSource::Expr(expr) => {
                eval(expr, &KnownFleets { values: &self.fleet_values }, &mut Fuel::of(STEPS)).ok()
            }
        }
    }
}

/// Returns the fleets that an expression names.
pub(super) fn fleets_in(expr: &Expr) -> Vec<FleetId> {
    let mut fleets = Vec::new();
    expr.walk(&mut |it| {
        if let ExprKind::Fleet(fleet) = it.kind {
            fleets.push(fleet);
        }
    });
    fleets
}

fn has_constant_parts(expr: &Expr) -> bool {
    if matches!(expr.kind, ExprKind::Value(_) | ExprKind::Bad) || keeps_to_itself(expr) {
        return false;
    }
    if let ExprKind::Text(parts) = &expr.kind {
        return parts.iter().all(|it| match it {
            TextPart::Chunk(_) => true,
            TextPart::Hole(hole) => is_plain(hole),
        });
    }
    let mut constant = true;
    expr.for_each_part(&mut |part| constant &= is_plain(part));
    constant
}

/// Whether an expression is a value that may become part of another.
fn is_plain(expr: &Expr) -> bool {
    expr.known().is_some_and(|it| !matches!(it, Value::Secret(_)))
}

/// Whether an expression only has a value in a run, or binds a name of its own.
fn keeps_to_itself(expr: &Expr) -> bool {
    is_late(&expr.kind) || matches!(expr.kind, ExprKind::Local(_) | ExprKind::Generate { .. } | ExprKind::Filter { .. })
}
