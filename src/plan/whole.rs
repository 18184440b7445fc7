//! Paths that begin within an action or a called rollout, made whole: the program knows them only from there on.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::walk::for_each_expr_mut;
use super::{NodeId, NodeKind, Plan};
use crate::model::{Act, Expr, ExprKind};

/// What paths within a place begin with.
#[derive(Default)]
struct Bases {
    /// The nearest call of an action; for paths that begin with a dot.
    call: Option<String>,
    /// The nearest called rollout; for all others.
    child: Option<String>,
}

/// Makes the paths of all outputs, saves and stages begin at the root. `calls` are the nodes of called actions.
pub(super) fn make_paths_whole(plan: &mut Plan, calls: &BTreeSet<NodeId>) {
    for at in 0..plan.nodes.len() {
        let bases = bases_of(plan, NodeId(at as u32), calls);
        if bases.call.is_none() && bases.child.is_none() {
            continue;
        }
        for_each_expr_mut(&mut plan.nodes[at], &mut |expr| make_whole(expr, &bases));
        if let NodeKind::Act(act) = &mut plan.nodes[at].kind
            && let Act::Restore { save } = &mut **act
        {
            *save = bases.whole(save);
        }
    }
}

fn bases_of(plan: &Plan, node: NodeId, calls: &BTreeSet<NodeId>) -> Bases {
    let mut bases = Bases::default();
    let mut at = node;
    while at != NodeId::ROOT {
        at = plan.node(at).parent;
        if bases.call.is_none() && calls.contains(&at) {
            bases.call = Some(plan.node_path(at).replace('/', "."));
        }
        if matches!(plan.node(at).kind, NodeKind::Child { .. }) {
            bases.child = Some(plan.node_path(at).replace('/', "."));
            break;
        }
    }
    bases
}

fn make_whole(expr: &mut Expr, bases: &Bases) {
    match &mut expr.kind {
        ExprKind::Output(output) => output.path = bases.whole(&output.path),
        ExprKind::Touched(Some(stage)) | ExprKind::Stage(stage, _) => *stage = bases.whole(stage),
        _ => {}
    }
    expr.for_each_part_mut(&mut |part| make_whole(part, bases));
}

impl Bases {
    fn whole(&self, path: &SmolStr) -> SmolStr {
        match (path.starts_with('.'), &self.call, &self.child) {
            (true, Some(call), _) => SmolStr::new(format!("{call}{path}")),
            (false, _, Some(child)) => SmolStr::new(format!("{child}.{path}")),
            _ => path.clone(),
        }
    }
}
