//! The graph of stages: who waits for whom, as a graph that can be asked for its order and its cycles.

use petgraph::algo::tarjan_scc;
use petgraph::stable_graph::StableDiGraph;

use super::{NodeId, NodeKind, Plan};

/// Returns the stages of a plan as a graph; an edge leads from a stage to one that comes after it.
pub fn stage_graph(plan: &Plan) -> StableDiGraph<NodeId, ()> {
    let mut graph = StableDiGraph::new();
    let ids = (0..plan.nodes.len() as u32).map(NodeId);
    let stages: Vec<NodeId> = ids.filter(|it| matches!(plan.node(*it).kind, NodeKind::Stage(_))).collect();
    let at: std::collections::BTreeMap<NodeId, _> = stages.iter().map(|it| (*it, graph.add_node(*it))).collect();
    for stage in &stages {
        let NodeKind::Stage(node) = &plan.node(*stage).kind else { continue };
        for before in &node.after {
            graph.add_edge(at[before], at[stage], ());
        }
    }
    graph
}

/// Returns stages that wait for each other in a ring, if there are any, each after the one it waits for.
pub(super) fn cycle(plan: &Plan) -> Option<Vec<NodeId>> {
    let graph = stage_graph(plan);
    let waits_for_itself = |it: &Vec<_>| it.len() > 1 || graph.contains_edge(it[0], it[0]);
    let ring = tarjan_scc(&graph).into_iter().find(waits_for_itself)?;
    let members: Vec<NodeId> = ring.iter().map(|it| graph[*it]).collect();
    // From one member along its edges within the ring until a stage comes again.
    let mut path = vec![members[0]];
    loop {
        let NodeKind::Stage(node) = &plan.node(path[path.len() - 1]).kind else { return Some(path) };
        let before = *node.after.iter().find(|it| members.contains(it))?;
        if let Some(start) = path.iter().position(|it| *it == before) {
            let mut ring: Vec<NodeId> = path[start..].to_vec();
            ring.push(before);
            ring.reverse();
            return Some(ring);
        }
        path.push(before);
    }
}
