//! What is known while a plan is being made: values of expressions, and the fleets that they name.

use super::Place;
use super::expand::Expansion;
use super::scope::{Dateless, Planning, target_list};
use crate::diag::{Code, Diagnostic};
use crate::eval::{self, Bound, Fuel, Wrong};
use crate::model::{Expr, ExprKind, FleetId, FleetSource, LocalId};
use crate::source::Span;
use crate::value::{Target, Value};

impl Expansion<'_> {
    pub(super) fn loop_value(&mut self, expr: &Expr, place: Place) -> Option<Value> {
        self.load_fleets(expr);
        match self.eval(expr, place, true) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong.push(Diagnostic::new(Code::VALUE, wrong.span, wrong.message));
                None
            }
        }
    }

    pub(super) fn number<T>(&mut self, number: Result<T, String>, span: Span) -> Option<T> {
        number.map_err(|message| self.refuse(Code::NUMBER, span, message)).ok()
    }

    pub(super) fn value(&mut self, expr: &Expr, place: Place) -> Option<Value> {
        self.load_fleets(expr);
        match self.eval(expr, place, false) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong.push(Diagnostic::new(Code::VALUE, wrong.span, wrong.message));
                None
            }
        }
    }

    pub(super) fn eval(&self, expr: &Expr, place: Place, one_slot: bool) -> Result<Value, Wrong> {
        if let Some(value) = expr.known() {
            return Ok(value.clone());
        }
        self.in_scope(place, one_slot, &mut |scope| eval::eval(expr, scope, &mut Fuel::default()))
    }

    /// The same for what must not depend on the day on which it is planned.
    pub(super) fn eval_dateless(&self, expr: &Expr, place: Place) -> Result<Value, Wrong> {
        self.in_scope(place, false, &mut |scope| eval::eval(expr, &Dateless(scope), &mut Fuel::default()))
    }

    pub(super) fn eval_with(&self, expr: &Expr, place: Place, local: LocalId, value: &Value) -> Result<Value, Wrong> {
        self.in_scope(place, true, &mut |scope| {
            eval::eval(expr, &Bound::new(scope, local, value), &mut Fuel::default())
        })
    }

    fn in_scope<T>(&self, place: Place, one_slot: bool, ask: &mut dyn FnMut(&Planning) -> T) -> T {
        let taken = |target| self.is_taken(target);
        let index_of = |value: &Value| self.index_of(value);
        let fleets = |fleet| self.fleets.get(&fleet).map(|it| target_list(&self.plan, it));
        ask(&Planning {
            plan: &self.plan,
            world: self.request.world,
            now: self.request.now,
            place,
            one_slot,
            taken: Some(&taken),
            index_of: &index_of,
            fleets: &fleets,
        })
    }

    /// Loads every fleet that an expression names, so that it is there when it is asked for.
    pub(super) fn load_fleets(&mut self, expr: &Expr) {
        let mut named = Vec::new();
        expr.walk(&mut |it| match &it.kind {
            ExprKind::Fleet(fleet) => named.push(*fleet),
            ExprKind::Local(local) => named.extend(self.fleets_behind(*local)),
            _ => {}
        });
        for fleet in named {
            self.load_fleet(fleet);
        }
    }

    /// Returns the fleets that a parameter may stand for.
    fn fleets_behind(&self, local: LocalId) -> Vec<FleetId> {
        let mut fleets = Vec::new();
        let bound = self.plan.nodes.iter().flat_map(|it| &it.binds).filter(|(it, _)| *it == local);
        for (_, expr) in bound {
            expr.walk(&mut |it| match &it.kind {
                ExprKind::Fleet(fleet) => fleets.push(*fleet),
                ExprKind::Local(inner) if *inner != local => fleets.extend(self.fleets_behind(*inner)),
                _ => {}
            });
        }
        fleets
    }

    pub(super) fn load_fleet(&mut self, id: FleetId) {
        if self.fleets.contains_key(&id) {
            return;
        }
        let fleet = self.request.program.fleet(id);
        self.fleets.insert(id, Vec::new());
        let targets = match &fleet.source {
            FleetSource::Targets(targets) => targets.clone(),
            FleetSource::Command { argv, folder } => {
                match super::fleet::from_command(self.request.world, argv, folder, fleet) {
                    Ok(targets) => targets,
                    Err(message) => return self.refuse(Code::FLEET_LOAD, fleet.span, message),
                }
            }
            FleetSource::Expr(expr) => {
                self.load_fleets(expr);
                match self.eval(expr, Place::ROOT, false) {
                    Ok(value) => {
                        let list = value.as_list().unwrap_or(&[]).iter();
                        let indices = list.filter_map(|it| self.index_of(it)).collect();
                        self.fleets.insert(id, indices);
                    }
                    Err(wrong) => self.refuse(Code::VALUE, wrong.span, wrong.message),
                }
                return;
            }
        };
        let targets = match self.wanted(targets) {
            Ok(targets) => targets,
            Err(message) => return self.refuse(Code::VALUE, fleet.span, message),
        };
        let mut indices = Vec::with_capacity(targets.len());
        for target in targets {
            let index = self.plan.targets.len() as u32;
            self.index.insert((target.fleet.clone(), target.name.clone()), index);
            self.plan.targets.push(std::sync::Arc::new(target));
            indices.push(index);
        }
        self.fleets.insert(id, indices);
    }

    /// Leaves out the targets that are not meant, before any share or count is taken of them.
    fn wanted(&self, targets: Vec<Target>) -> Result<Vec<Target>, String> {
        let Some(only) = self.request.only else { return Ok(targets) };
        let mut wanted = Vec::new();
        for target in targets {
            if only(&target)? {
                wanted.push(target);
            }
        }
        Ok(wanted)
    }
}
