//! The units of a plan by the paths that tests write.

use crate::model::{PathPart, UnitRef};
use crate::plan::{NodeId, NodeKind, Place, Plan, Role};

/// Returns the nodes that a path means, outermost first.
pub(super) fn nodes_named(plan: &Plan, unit: &UnitRef) -> Vec<NodeId> {
    let nodes = (1..plan.nodes.len() as u32).map(NodeId);
    nodes.filter(|it| is_unit(plan, *it) && unit.fits(&parts(plan, *it))).collect()
}

/// Returns whether a place is what a unit means, when its node is one of those named.
pub(super) fn is_meant(plan: &Plan, unit: &UnitRef, place: Place) -> bool {
    unit.target.as_ref().is_none_or(|name| plan.target_of(place).is_some_and(|it| it.name == *name))
}

/// Returns the unit that a node is, as a test would write it, with its target.
pub(super) fn written(plan: &Plan, place: Place) -> String {
    let parts = parts(plan, place.node);
    let last = parts.len().saturating_sub(1);
    let shown = parts.iter().enumerate().filter(|(at, it)| !it.may_be_left_out || *at == last);
    let names = shown.map(|(_, it)| it.name.rsplit_once('~').map_or(it.name.as_str(), |(word, _)| word));
    let path = names.collect::<Vec<_>>().join(".");
    match plan.target_of(place) {
        Some(target) => format!("{path}[{}]", target.name),
        None => path,
    }
}

/// The sequences of loops' bodies have no name of their own.
fn is_unit(plan: &Plan, id: NodeId) -> bool {
    let node = plan.node(id);
    !node.name.is_empty() && !matches!(node.kind, NodeKind::Sequence(Role::Target))
}

fn parts(plan: &Plan, id: NodeId) -> Vec<PathPart> {
    let mut parts = Vec::new();
    let mut at = id;
    while at != NodeId::ROOT {
        let node = plan.node(at);
        if is_unit(plan, at) {
            let may_be_left_out =
                matches!(node.kind, NodeKind::Loop(_) | NodeKind::Parallel | NodeKind::Sequence(Role::Block));
            let names = node.name.split('.').rev();
            parts.extend(names.map(|it| PathPart { name: it.into(), may_be_left_out }));
        }
        at = node.parent;
    }
    parts.reverse();
    parts
}
