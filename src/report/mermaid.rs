//! A graph for Mermaid, as wikis and forges show it: a subgraph for each node that holds others. Leaves the layout to it.

use std::fmt::Write;

use super::fold::{NODES_MAX, fold};
use super::{Drawing, EdgeKind, NodeKind, NodeNumber, NodeState, clean};

/// Returns the graph as a Mermaid flowchart.
pub(super) fn mermaid(drawing: &Drawing) -> String {
    let drawing = fold(drawing, NODES_MAX);
    let mut chart = Chart { drawing: &drawing, text: String::new(), has_notes: false };
    chart.chart();
    chart.text
}

struct Chart<'d> {
    drawing: &'d Drawing,
    text: String,
    has_notes: bool,
}

impl Chart<'_> {
    fn chart(&mut self) {
        let root = self.drawing.root();
        // In the header a title is YAML; JSON strings are YAML too, whatever they hold.
        let title = clean::clean(&self.drawing.node(root).caption());
        let title = serde_json::to_string(&title).expect("a text is always JSON");
        let _ = write!(self.text, "---\ntitle: {title}\n---\nflowchart TB\n");
        for child in self.drawing.children(root).to_vec() {
            self.node(child, 1);
        }
        for edge in self.drawing.edges().to_vec() {
            let arrow = match edge.kind {
                EdgeKind::Order => "-->",
                EdgeKind::Event => "-.->",
            };
            self.line(1, &format!("{} {arrow} {}", name(edge.from), name(edge.to)));
        }
        if self.has_notes {
            self.line(1, "classDef note fill:none,stroke:none");
        }
        self.states();
    }

    fn node(&mut self, number: NodeNumber, depth: usize) {
        let children = self.drawing.children(number);
        if children.is_empty() {
            let label = self.label(number);
            let (open, close) = shape(self.drawing.node(number).kind);
            self.line(depth, &format!("{}{open}\"{label}\"{close}", name(number)));
            return;
        }
        let caption = clean::mermaid(&self.drawing.node(number).caption());
        self.line(depth, &format!("subgraph {}[\"{caption}\"]", name(number)));
        self.line(depth + 1, "direction TB");
        self.note(number, depth + 1);
        for child in children {
            self.node(*child, depth + 1);
        }
        for pair in self.drawing.sequence(number).windows(2) {
            self.line(depth + 1, &format!("{} --> {}", name(pair[0]), name(pair[1])));
        }
        self.line(depth, "end");
    }

    /// A title has room for one line only, so that what else there is to say stands in a note, above all that follows.
    fn note(&mut self, number: NodeNumber, depth: usize) {
        let lines: Vec<String> = self.drawing.node(number).lines.iter().map(|it| clean::mermaid(it)).collect();
        if let (false, Some(first)) = (lines.is_empty(), self.drawing.children(number).first()) {
            let note = format!("{}_note", name(number));
            self.line(depth, &format!("{note}[\"{}\"]:::note", lines.join("<br/>")));
            self.line(depth, &format!("{note} ~~~ {}", name(*first)));
            self.has_notes = true;
        }
    }

    fn label(&self, number: NodeNumber) -> String {
        let node = self.drawing.node(number);
        let lines = node.lines.iter().map(|it| clean::mermaid(it));
        std::iter::once(clean::mermaid(&node.caption())).chain(lines).collect::<Vec<_>>().join("<br/>")
    }

    /// A class for each state that occurs, with the nodes that are in it.
    fn states(&mut self) {
        for state in NodeState::ALL {
            let drawn = self.drawing.numbers().skip(1).filter(|it| self.drawing.node(*it).state == Some(*state));
            let names: Vec<String> = drawn.map(name).collect();
            if !names.is_empty() {
                self.line(1, &format!("classDef {} {}", state.word(), colors(*state)));
                self.line(1, &format!("class {} {}", names.join(","), state.word()));
            }
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "  ".repeat(depth));
    }
}

fn name(number: NodeNumber) -> String {
    format!("n{}", number.0)
}

/// The brackets that give a node its shape.
fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Check | NodeKind::Watch | NodeKind::Approve => ("{{", "}}"),
        NodeKind::Wait => ("([", "])"),
        NodeKind::Save | NodeKind::Keep => ("[(", ")]"),
        NodeKind::Child => ("[[", "]]"),
        NodeKind::Rollout
        | NodeKind::Stage
        | NodeKind::Loop
        | NodeKind::Parallel
        | NodeKind::Step
        | NodeKind::Action
        | NodeKind::Notice
        | NodeKind::Undo
        | NodeKind::AfterWave
        | NodeKind::Hook => ("[", "]"),
    }
}

fn colors(state: NodeState) -> &'static str {
    match state {
        NodeState::Done => "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
        NodeState::Running => "fill:#ddf4ff,stroke:#0969da,color:#1f2328",
        NodeState::Paused => "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
        NodeState::Failed => "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
        NodeState::Undone => "fill:#fbefff,stroke:#8250df,color:#1f2328",
        NodeState::Waiting | NodeState::Skipped => "fill:#f6f8fa,stroke:#afb8c1,color:#57606a",
    }
}
