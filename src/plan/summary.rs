//! The plan in numbers: what its shares and counts come to, by number and name, for people and for programs.

use serde::Serialize;

use super::{LoopNode, NodeId, NodeKind, Place, Plan, Role, Slot};
use crate::model::Applied;
use crate::value::{Record, show_duration};

/// What `plan --format json` prints.
#[derive(Debug, Serialize)]
pub struct PlanSummary {
    pub version: u32,
    pub rollout: String,
    pub hash: String,
    pub inputs: std::collections::BTreeMap<String, String>,
    /// What it applies, in order; each with `as`, which its stages have before their names.
    pub strategies: Vec<Applied>,
    pub nodes: Vec<NodeSummary>,
    pub edges: Vec<Edge>,
    /// The run as a whole, where somebody looked ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Outlook>,
}

/// One node as programs see it.
#[derive(Debug, Serialize)]
pub struct NodeSummary {
    pub id: u32,
    pub path: String,
    pub kind: &'static str,
    pub after: Vec<u32>,
    /// How often it happens.
    pub targets: u32,
    /// When it ends; null where nothing is known of that.
    pub forecast: Ends,
    /// For a loop: its numbers in words, as people see them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
}

/// When something ends, as instants.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ends {
    pub earliest: Option<String>,
    pub likely: Option<String>,
    pub latest: Option<String>,
}

/// What is to be expected of a run, as programs see it.
#[derive(Debug, Clone, Serialize)]
pub struct Outlook {
    /// From when it was looked ahead.
    pub start: String,
    #[serde(flatten)]
    pub ends: Ends,
    /// How long it takes to take everything back once all is done.
    pub rollback_ms: Option<i64>,
    /// What was taken for granted, a clause each.
    pub assumed: Vec<String>,
    /// Why something is not known, a clause each.
    pub unknown: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Edge {
    pub from: u32,
    pub to: u32,
}

/// Returns a plan as programs see it.
pub fn summary(plan: &Plan) -> PlanSummary {
    let ids = (0..plan.nodes.len() as u32).map(NodeId);
    let nodes: Vec<NodeSummary> = ids.map(|it| node_summary(plan, it)).collect();
    let edges = nodes.iter().flat_map(|node| node.after.iter().map(|from| Edge { from: *from, to: node.id }));
    PlanSummary {
        version: 1,
        rollout: plan.rollout.to_string(),
        hash: plan.digest(),
        inputs: shown(&plan.inputs),
        strategies: plan.strategies.clone(),
        edges: edges.collect(),
        nodes,
        forecast: None,
    }
}

fn shown(inputs: &Record) -> std::collections::BTreeMap<String, String> {
    inputs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn node_summary(plan: &Plan, id: NodeId) -> NodeSummary {
    let node = plan.node(id);
    let numbers = match &node.kind {
        NodeKind::Loop(it) => {
            it.numbers.iter().enumerate().map(|(at, _)| loop_words(plan, id, it, Slot(at as u32))).collect()
        }
        _ => Vec::new(),
    };
    NodeSummary {
        id: id.0,
        path: plan.node_path(id),
        kind: kind_name(&node.kind),
        after: before(plan, id).into_iter().map(|it| it.0).collect(),
        targets: plan.slots(id),
        forecast: Ends::default(),
        numbers,
    }
}

/// Returns the nodes that end before a node begins, as far as the graph says it: stages by `after`, entries by order.
fn before(plan: &Plan, id: NodeId) -> Vec<NodeId> {
    let node = plan.node(id);
    if let NodeKind::Stage(stage) = &node.kind {
        return stage.after.clone();
    }
    if id == NodeId::ROOT || matches!(plan.node(node.parent).kind, NodeKind::Parallel | NodeKind::Rollout { .. }) {
        return Vec::new();
    }
    let siblings = &plan.node(node.parent).children;
    let at = siblings.iter().position(|it| *it == id);
    at.and_then(|at| at.checked_sub(1)).map(|at| vec![siblings[at]]).unwrap_or_default()
}

/// The names that people and programs know the kinds of nodes by.
pub fn kind_name(kind: &NodeKind) -> &'static str {
    use crate::model::Act;
    match kind {
        NodeKind::Rollout { .. } => "rollout",
        NodeKind::Child { .. } => "call",
        NodeKind::Stage(_) => "stage",
        NodeKind::Loop(_) => "loop",
        NodeKind::Parallel => "parallel",
        NodeKind::Step(_) => "step",
        NodeKind::Sequence(role) => match role {
            Role::Target => "target",
            Role::AfterWave => "after_wave",
            Role::Block => "block",
            Role::Save => "save",
            Role::Undo => "undo",
            Role::Hook(_) => "hook",
            Role::Finally => "finally",
            Role::Afterwards => "afterwards",
            Role::Every => "every",
        },
        NodeKind::Act(act) => match &**act {
            Act::Run(_) => "run",
            Act::Exec(_) => "exec",
            Act::Http(_) => "http",
            Act::Check(_) => "check",
            Act::Watch(_) => "watch",
            Act::Guard(_) => "guard",
            Act::Require { .. } => "require",
            Act::Wait { .. } | Act::WaitUntil { .. } => "wait",
            Act::Log { .. } => "log",
            Act::Fail { .. } => "fail",
            Act::Pause { .. } => "pause",
            Act::Restore { .. } => "restore",
            Act::Keep(_) => "keep",
            Act::Traffic(_) => "traffic",
            Act::Flag(_) => "flag",
            Act::Notify(_) => "notify",
            Act::Ask(ask) => ask.kind.word(),
        },
    }
}

/// Returns what a loop comes to in words: `5 targets (ny, la, boston, …), 2 at once, waves 1 · 3 · 5, 0 may fail`.
pub fn loop_words(plan: &Plan, id: NodeId, node: &LoopNode, slot: Slot) -> String {
    let numbers = &node.numbers[slot.index()];
    let space = plan.space(node.space);
    let slots = space.slots_of(slot);
    let names = slots.clone().map_while(|it| space.element(Slot(it), &plan.targets)).take(4).map(|it| it.to_string());
    let count = slots.len();
    let mut words = vec![format!(
        "{count} {} ({})",
        if count == 1 { "target" } else { "targets" },
        some_of(names.collect(), count)
    )];
    if count > 1 {
        words.push(format!("{} at once", numbers.at_once.min(count as u32)));
    }
    if numbers.waves.len() > 1 {
        words.push(format!("waves {}", joined(&numbers.waves)));
    }
    if numbers.tolerate.iter().any(|it| *it > 0) {
        words.push(format!("{} may fail", joined(&numbers.tolerate)));
    }
    if numbers.stagger_ms > 0 {
        words.push(format!("{} apart", show_duration(numbers.stagger_ms)));
    }
    let around = plan.around(Place::new(id, slot)).filter(|it| plan.space(plan.node(it.node).space).len() > 1);
    match around {
        Some(around) => format!("{}: {}", plan.path(around), words.join(", ")),
        None => words.join(", "),
    }
}

fn joined(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" · ")
}

fn some_of(names: Vec<String>, count: usize) -> String {
    let more = if count > names.len() { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}

/// Returns the first few names and how many more there are.
pub(super) fn some_names(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > most { format!("{shown} and {} more", names.len() - most) } else { shown }
}
