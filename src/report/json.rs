//! A graph for other programs: every node and every edge, nothing folded.

use serde::Serialize;

use super::{Drawing, Edge, NodeKind, NodeNumber, NodeState};

#[derive(Serialize)]
struct Graph<'d> {
    version: u32,
    rollout: &'d str,
    nodes: Vec<GraphNode<'d>>,
    edges: &'d [Edge],
}

#[derive(Serialize)]
struct GraphNode<'d> {
    id: NodeNumber,
    path: &'d str,
    kind: NodeKind,
    title: &'d str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    lines: &'d [String],
    /// The node within which it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<NodeNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<NodeState>,
}

/// Returns the graph as JSON with an indent.
pub(super) fn json(drawing: &Drawing) -> String {
    let rollout = &drawing.node(drawing.root()).title;
    let nodes = drawing.numbers().map(|it| graph_node(drawing, it)).collect();
    let graph = Graph { version: 1, rollout, nodes, edges: drawing.edges() };
    let text = serde_json::to_string_pretty(&graph).expect("texts and numbers are always JSON");
    format!("{text}\n")
}

fn graph_node(drawing: &Drawing, number: NodeNumber) -> GraphNode<'_> {
    let node = drawing.node(number);
    GraphNode {
        id: number,
        path: &node.path,
        kind: node.kind,
        title: &node.title,
        lines: &node.lines,
        within: drawing.parent(number),
        state: node.state,
    }
}
