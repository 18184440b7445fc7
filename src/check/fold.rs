//! Working out what is constant already. Asks nothing of the world: what has no value yet is left for the plan.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::checker::Checker;
use super::exprs::Typed;
use crate::diag::{Code, Diagnostic};
use crate::eval::{Answer, Fuel, NoScope, Scope, Silence, eval};
use crate::model::{Expr, ExprKind, Fleet, FleetId, FleetSource, TextPart};
use crate::value::Value;

/// How much work one constant may take while checking.
const STEPS: u64 = 200_000;

/// The targets of fleets, as far as they were asked for and are known while checking.
pub(super) type FleetValues = RefCell<HashMap<FleetId, Option<Value>>>;

/// What is known of the program's fleets while checking.
struct KnownFleets<'p> {
    fleets: &'p [Fleet],
    values: &'p FleetValues,
}

impl Scope for KnownFleets<'_> {
    fn fleet(&self, fleet: FleetId) -> Answer {
        if let Some(known) = self.values.borrow().get(&fleet) {
            return known.clone().ok_or(Silence::NotKnownHere);
        }
        let value = self.fleets.get(fleet.index()).and_then(|it| match &it.source {
            FleetSource::Targets(targets) => {
                Some(Value::list(targets.iter().map(|it| Value::Target(Arc::new(it.clone())))))
            }
            FleetSource::Command { .. } => None,
            FleetSource::Expr(expr) => eval(expr, self, &mut Fuel::of(STEPS)).ok(),
        });
        self.values.borrow_mut().insert(fleet, value.clone());
        value.ok_or(Silence::NotKnownHere)
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
    pub fn known_value(&self, expr: &Expr) -> Option<Value> {
        match expr.known() {
            Some(value) => Some(value.clone()),
            None => eval(
                expr,
                &KnownFleets { fleets: &self.program.fleets, values: &self.fleet_values },
                &mut Fuel::of(STEPS),
            )
            .ok(),
        }
    }
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
    match expr.kind {
        ExprKind::Local(_)
        | ExprKind::Fleet(_)
        | ExprKind::Rest(_)
        | ExprKind::Generate { .. }
        | ExprKind::Filter { .. }
        | ExprKind::Probe(..)
        | ExprKind::Output(_)
        | ExprKind::Kept { .. }
        | ExprKind::Run(_)
        | ExprKind::Loop(_)
        | ExprKind::Wave(_)
        | ExprKind::Touched(_)
        | ExprKind::Stage(..)
        | ExprKind::Today => true,
        ExprKind::Value(_)
        | ExprKind::Text(_)
        | ExprKind::List(_)
        | ExprKind::Record(_)
        | ExprKind::Field(..)
        | ExprKind::Index(..)
        | ExprKind::Not(_)
        | ExprKind::Minus(_)
        | ExprKind::Sum(..)
        | ExprKind::Compare(..)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Coalesce(..)
        | ExprKind::Of(..)
        | ExprKind::If(..)
        | ExprKind::Range(..)
        | ExprKind::Builtin(..)
        | ExprKind::Bad => false,
    }
}
