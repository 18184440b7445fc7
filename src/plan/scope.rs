//! What names stand for while a plan is made: inputs, parameters, fleets, and elements where one is looked at.
//! What only the run will know is not known here, and stays an expression.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{NodeId, Place, Plan, SpaceId};
use crate::eval::{self, Answer, Fuel, Scope, Silence};
use crate::model::{Expr, FleetId, LocalId};
use crate::source::{ReadFailure, World};
use crate::value::{At, Value};

/// Where a name is bound, seen from a place.
pub enum Binding<'p> {
    /// To an expression that means what it means at the place around.
    Expr(&'p Expr, Place),
    /// To a loop's element.
    Element(SpaceId, super::Slot),
}

impl Plan {
    /// Returns where a local is bound, looking outwards from a place.
    pub fn binding(&self, place: Place, local: LocalId) -> Option<Binding<'_>> {
        let mut inner_space = None;
        for here in std::iter::once(place).chain(self.all_around(place)) {
            let node = self.node(here.node);
            if let Some((_, expr)) = node.binds.iter().find(|(bound, _)| *bound == local) {
                // An argument means what it meant around the thing that it was given to.
                let outside = self.around(here).unwrap_or(here);
                return Some(Binding::Expr(expr, outside));
            }
            if inner_space != Some(node.space) && self.space(node.space).local == Some(local) {
                return Some(Binding::Element(node.space, here.slot));
            }
            inner_space = Some(node.space);
        }
        None
    }
}

/// The scope of a place in a plan that is being made.
pub(super) struct Planning<'a> {
    pub plan: &'a Plan,
    pub world: &'a dyn World,
    pub now: At,
    pub place: Place,
    /// Whether elements of loops are known: not while an expression is folded for all of them at once.
    pub one_slot: bool,
    /// Targets that others take before, by their place in the plan's table.
    pub taken: Option<&'a dyn Fn(u32) -> bool>,
    pub index_of: &'a dyn Fn(&Value) -> Option<u32>,
    /// For each fleet its targets, once they are loaded.
    pub fleets: &'a dyn Fn(FleetId) -> Option<Value>,
}

impl Planning<'_> {
    fn at(&self, place: Place) -> Planning<'_> {
        Planning { place, taken: None, ..*self }
    }

    fn unreadable(failure: ReadFailure) -> Silence {
        match failure {
            ReadFailure::NotNow => Silence::NotKnownHere,
            other => Silence::Cannot(other.to_string()),
        }
    }
}

impl Scope for Planning<'_> {
    fn local(&self, local: LocalId) -> Answer {
        match self.plan.binding(self.place, local) {
            Some(Binding::Expr(expr, outside)) => match expr.known() {
                Some(value) => Ok(value.clone()),
                None => eval::eval(expr, &self.at(outside), &mut Fuel::default()).map_err(|wrong| {
                    if wrong.is_not_known_here() { Silence::NotKnownHere } else { Silence::Cannot(wrong.message) }
                }),
            },
            Some(Binding::Element(space, slot)) if self.one_slot => {
                self.plan.space(space).element(slot, &self.plan.targets).ok_or(Silence::NotKnownHere)
            }
            Some(Binding::Element(..)) | None => Err(Silence::NotKnownHere),
        }
    }

    fn fleet(&self, fleet: FleetId) -> Answer {
        (self.fleets)(fleet).ok_or(Silence::NotKnownHere)
    }

    fn rest(&self, of: &Value) -> Answer {
        let Some(taken) = self.taken else { return Err(Silence::NotKnownHere) };
        let list = eval::elements(of).map_err(Silence::Cannot)?;
        let left = list.iter().filter(|it| !(self.index_of)(it).is_some_and(taken));
        Ok(Value::list(left.cloned()))
    }

    fn today(&self) -> Answer {
        Ok(Value::Date(self.now.utc_date()))
    }

    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        self.world.variable(name).map(|it| it.map(SmolStr::new)).map_err(Self::unreadable)
    }

    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        self.world.read(path).map(SmolStr::new).map_err(Self::unreadable)
    }

    fn members(&self, role: &str) -> Result<Vec<SmolStr>, Silence> {
        match self.world.members(role).map_err(Self::unreadable)? {
            members if members.is_empty() => Err(Silence::Cannot(format!("nobody has the role `{role}`"))),
            members => Ok(members.into_iter().map(SmolStr::new).collect()),
        }
    }
}

/// Returns the list of some targets of the table.
pub(super) fn target_list(plan: &Plan, indices: &[u32]) -> Value {
    Value::list(indices.iter().map(|it| Value::Target(Arc::clone(&plan.targets[*it as usize]))))
}

/// A scope in which nobody knows what day it is.
pub(super) struct Dateless<'s>(pub &'s dyn Scope);

impl Scope for Dateless<'_> {
    fn outer(&self) -> Option<&dyn Scope> {
        Some(self.0)
    }

    fn today(&self) -> Answer {
        Err(Silence::NotKnownHere)
    }
}

/// The place from which an expression directly beneath a node is seen.
pub(super) fn seen_from(node: NodeId) -> Place {
    Place::new(node, super::Slot::ONLY)
}
