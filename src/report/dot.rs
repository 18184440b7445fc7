//! A graph for Graphviz: a cluster for each node that holds others, and edges between clusters. Leaves the layout to it.

use std::fmt::Write;

use super::fold::{NODES_MAX, fold};
use super::{Drawing, EdgeKind, NodeKind, NodeNumber, NodeState, clean};

/// Returns the graph in the language of `dot`.
pub(super) fn dot(drawing: &Drawing) -> String {
    let drawing = fold(drawing, NODES_MAX);
    let mut dot = Dot { drawing: &drawing, text: String::new() };
    dot.graph();
    dot.text
}

struct Dot<'d> {
    drawing: &'d Drawing,
    text: String,
}

const SETTINGS: &str = r##"  graph [compound=true, rankdir=TB, ranksep=0.35, nodesep=0.3, labelloc=t, fontname="Helvetica", fontsize=12]
  node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#8c959f", fontname="Helvetica", fontsize=10]
  edge [color="#57606a", arrowsize=0.7, fontname="Helvetica", fontsize=9]
"##;

impl Dot<'_> {
    fn graph(&mut self) {
        let root = self.drawing.root();
        let title = clean::dot(&self.drawing.node(root).caption());
        self.line(0, &format!("digraph \"{title}\" {{"));
        self.text.push_str(SETTINGS);
        let label = self.label(root);
        self.line(1, &format!("label={label}"));
        for child in self.drawing.children(root).to_vec() {
            self.node(child, 1);
        }
        for edge in self.drawing.edges().to_vec() {
            let style = match edge.kind {
                EdgeKind::Order => "",
                EdgeKind::Event => "style=dashed",
            };
            self.edge(edge.from, edge.to, style, 1);
        }
        self.line(0, "}");
    }

    fn node(&mut self, number: NodeNumber, depth: usize) {
        let node = self.drawing.node(number);
        let label = self.label(number);
        let colors = colors(node.kind, node.state);
        let children = self.drawing.children(number);
        if children.is_empty() {
            self.line(depth, &format!("{} [label={label}, {colors}]", name(number)));
            return;
        }
        self.line(depth, &format!("subgraph {} {{", cluster(number)));
        let attributes = format!("label={label}, labeljust=l, style=\"rounded,filled\", {colors}");
        self.line(depth + 1, &format!("graph [{attributes}]"));
        for child in children {
            self.node(*child, depth + 1);
        }
        for pair in self.drawing.sequence(number).windows(2) {
            self.edge(pair[0], pair[1], "weight=4", depth + 1);
        }
        self.line(depth, "}");
    }

    /// An edge joins leaves; where a cluster is meant it is cut off at the cluster's border.
    fn edge(&mut self, from: NodeNumber, to: NodeNumber, style: &str, depth: usize) {
        let (tail, head) = (self.leaf(from, <[NodeNumber]>::last), self.leaf(to, <[NodeNumber]>::first));
        let mut attributes: Vec<String> = Vec::new();
        if tail != from && !self.is_within(to, from) {
            attributes.push(format!("ltail={}", cluster(from)));
        }
        if head != to && !self.is_within(from, to) {
            attributes.push(format!("lhead={}", cluster(to)));
        }
        if !style.is_empty() {
            attributes.push(style.to_owned());
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        self.line(depth, &format!("{} -> {}{attributes}", name(tail), name(head)));
    }

    fn leaf(&self, from: NodeNumber, choose: fn(&[NodeNumber]) -> Option<&NodeNumber>) -> NodeNumber {
        let mut leaf = from;
        while let Some(child) = choose(self.drawing.children(leaf)) {
            leaf = *child;
        }
        leaf
    }

    fn is_within(&self, inner: NodeNumber, outer: NodeNumber) -> bool {
        std::iter::successors(Some(inner), |it| self.drawing.parent(*it)).any(|it| it == outer)
    }

    /// The caption and the lines, each on a line of its own and to the left.
    fn label(&self, number: NodeNumber) -> String {
        let node = self.drawing.node(number);
        let mut label = clean::dot(&node.caption());
        for line in &node.lines {
            let _ = write!(label, "\\l{}", clean::dot(line));
        }
        if node.lines.is_empty() { format!("\"{label}\"") } else { format!("\"{label}\\l\"") }
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "  ".repeat(depth));
    }
}

fn name(number: NodeNumber) -> String {
    format!("n{}", number.0)
}

/// Graphviz draws a border around a subgraph only if it is called so.
fn cluster(number: NodeNumber) -> String {
    format!("cluster_{}", number.0)
}

fn colors(kind: NodeKind, state: Option<NodeState>) -> &'static str {
    match state {
        Some(NodeState::Done) => r##"color="#1a7f37", fillcolor="#dafbe1""##,
        Some(NodeState::Running) => r##"color="#0969da", fillcolor="#ddf4ff""##,
        Some(NodeState::Paused) => r##"color="#9a6700", fillcolor="#fff8c5""##,
        Some(NodeState::Failed) => r##"color="#cf222e", fillcolor="#ffebe9""##,
        Some(NodeState::Undone) => r##"color="#8250df", fillcolor="#fbefff""##,
        Some(NodeState::Waiting | NodeState::Skipped) => r##"color="#afb8c1", fillcolor="#f6f8fa""##,
        None => match kind {
            NodeKind::Rollout | NodeKind::Stage => r##"color="#8c959f", fillcolor="#f6f8fa""##,
            NodeKind::Loop | NodeKind::Parallel | NodeKind::AfterWave => r##"color="#0969da", fillcolor="#eef6fc""##,
            NodeKind::Check | NodeKind::Watch | NodeKind::Approve => r##"color="#1a7f37", fillcolor="#f0fbf3""##,
            NodeKind::Undo | NodeKind::Hook | NodeKind::Save => r##"color="#8250df", fillcolor="#f8f2ff""##,
            NodeKind::Step
            | NodeKind::Action
            | NodeKind::Wait
            | NodeKind::Notice
            | NodeKind::Keep
            | NodeKind::Child => r##"color="#8c959f", fillcolor="#ffffff""##,
        },
    }
}
