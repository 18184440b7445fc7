//! A graph of any size brought down to one that can be looked at: what is deepest is counted instead of drawn, and
//! beyond so many stages the rest is counted too. Nothing disappears unsaid.

use std::collections::BTreeMap;

use super::{Drawing, NodeKind, NodeNumber};

/// How many nodes a picture shows at most.
pub(super) const NODES_MAX: usize = 500;

/// Returns the drawing, if need be with its depths counted rather than drawn.
pub(super) fn fold(drawing: &Drawing, most: usize) -> Drawing {
    if drawing.len() <= most {
        return drawing.clone();
    }
    let depths = depths(drawing);
    let mut per_depth: BTreeMap<u32, usize> = BTreeMap::new();
    for depth in &depths {
        *per_depth.entry(*depth).or_default() += 1;
    }
    let mut sum = 0;
    let fitting = per_depth.iter().take_while(|(_, count)| {
        sum += **count;
        sum <= most
    });
    // The root and what stands in it are drawn in any case, as many as there may be.
    let depth_max = fitting.last().map_or(1, |(depth, _)| (*depth).max(1));
    kept(drawing, &depths, depth_max, most)
}

fn depths(drawing: &Drawing) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(drawing.len());
    for number in drawing.numbers() {
        depths.push(drawing.parent(number).map_or(0, |parent| depths[parent.index()] + 1));
    }
    depths
}

fn kept(drawing: &Drawing, depths: &[u32], depth_max: u32, most: usize) -> Drawing {
    let mut folded = Drawing::new(drawing.node(drawing.root()).clone());
    let mut places: Vec<Option<NodeNumber>> = vec![None; drawing.len()];
    places[0] = Some(folded.root());
    let mut left_out = 0;
    for number in drawing.numbers().skip(1) {
        if depths[number.index()] > depth_max {
            continue;
        }
        if folded.len() >= most {
            left_out += 1;
            continue;
        }
        let Some(parent) = drawing.parent(number).and_then(|it| places[it.index()]) else { continue };
        let mut node = drawing.node(number).clone();
        if depths[number.index()] == depth_max {
            node.lines.extend(counted(drawing, number));
        }
        places[number.index()] = Some(folded.add(parent, node));
    }
    for edge in drawing.edges() {
        if let (Some(from), Some(to)) = (places[edge.from.index()], places[edge.to.index()]) {
            folded.connect(from, to, edge.kind);
        }
    }
    if left_out > 0 {
        folded.node_mut(NodeNumber(0)).lines.push(format!("… and {left_out} more that are not drawn"));
    }
    folded
}

/// Says what stands within a node: `12 steps, 3 checks`.
pub(super) fn counted(drawing: &Drawing, number: NodeNumber) -> Option<String> {
    let mut counts: BTreeMap<NodeKind, usize> = BTreeMap::new();
    let mut waiting = drawing.children(number).to_vec();
    while let Some(next) = waiting.pop() {
        *counts.entry(drawing.node(next).kind).or_default() += 1;
        waiting.extend(drawing.children(next));
    }
    let said: Vec<String> = counts.into_iter().map(|(kind, count)| plural(count, kind)).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn plural(count: usize, kind: NodeKind) -> String {
    let (one, many) = match kind {
        NodeKind::Rollout => ("rollout", "rollouts"),
        NodeKind::Stage => ("stage", "stages"),
        NodeKind::Loop => ("loop", "loops"),
        NodeKind::Parallel => ("parallel", "parallels"),
        NodeKind::Step => ("step", "steps"),
        NodeKind::Action => ("action", "actions"),
        NodeKind::Check => ("check", "checks"),
        NodeKind::Watch => ("watch", "watches"),
        NodeKind::Wait => ("wait", "waits"),
        NodeKind::Approve => ("approval", "approvals"),
        NodeKind::Notice => ("notice", "notices"),
        NodeKind::Save => ("save", "saves"),
        NodeKind::Keep => ("keep", "keeps"),
        NodeKind::Child => ("call", "calls"),
        NodeKind::Undo => ("undo", "undos"),
        NodeKind::AfterWave => ("after_wave", "after_waves"),
        NodeKind::Hook => ("hook", "hooks"),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}
