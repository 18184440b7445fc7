//! The plan: what happens, in which order, for which targets. Everything that can be known before the run starts
//! is known here; a run keeps the plan it started with, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Elements, LoopNumbers, Slot, Space, SpaceId};
use crate::model::{
    Act, Always, Applied, Channel, Event, Expr, ExprKind, Flag, Gate, LabelType, LocalId, Loop, Metric, OnFailure,
    Probe, Retry, Router, RunField, Secret, Threshold,
};
use crate::source::Span;
use crate::value::{Record, Target, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    pub const ROOT: NodeId = NodeId(0);

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One happening of one node: the key of everything a run knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    #[serde(rename = "n")]
    pub node: NodeId,
    #[serde(rename = "s")]
    pub slot: Slot,
}

impl Place {
    pub const ROOT: Place = Place { node: NodeId::ROOT, slot: Slot::ONLY };

    pub fn new(node: NodeId, slot: Slot) -> Place {
        Place { node, slot }
    }
}

/// A planned rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this format.
    pub version: u32,
    pub rollout: SmolStr,
    /// The file it was read from, as the user named it.
    pub file: String,
    /// The folder in which commands run by default, absolute.
    pub folder: String,
    pub inputs: Record,
    pub profile: Option<SmolStr>,
    /// The root is the first; a parent always stands before its children.
    pub nodes: Vec<Node>,
    /// The root space is the first.
    pub spaces: Vec<Space>,
    /// All targets of all fleets that the rollout names.
    pub targets: Vec<Arc<Target>>,
    /// For each fleet of the program that is still asked about at run time: its targets.
    pub fleets: Vec<(u32, Vec<u32>)>,
    pub probes: Vec<Probe>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routers: Vec<Router>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    pub secrets: Vec<Secret>,
    pub pass_env: Vec<SmolStr>,
    /// Only one run at a time among those with the same text.
    pub exclusive: Option<String>,
    /// The same for the rollouts that it calls.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub exclusive_too: BTreeSet<String>,
    /// How many targets of the whole run may fail.
    pub tolerate: Option<u32>,
    /// How long it can still be taken back after success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retain_ms: Option<i64>,
    /// The folder that each run leaves its documents in, relative to that of the file; the date is known only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifacts: Option<Expr>,
    /// The strategies that it applies, in the order in which they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<Applied>,
    /// What must hold in every state of a run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub always: Vec<Always>,
    /// How much time lies between two rounds of what is done again and again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<(NodeId, i64)>,
    /// For each node the stages that come after it; worked out from the nodes.
    #[serde(skip)]
    pub dependents: Vec<Vec<NodeId>>,
    /// Stages, steps and saves by their path without targets, with dots.
    #[serde(skip)]
    pub named: BTreeMap<String, NodeId>,
    /// The number of each target by its fleet and name, where something is measured; worked out from the targets.
    #[serde(skip)]
    pub target_numbers: BTreeMap<(SmolStr, SmolStr), u32>,
    /// The guards of each target's body, stage or rollout that has some; worked out from the nodes.
    #[serde(skip)]
    pub guards: BTreeMap<NodeId, Vec<NodeId>>,
    /// For guards that stand directly in a rollout: the stage before each, if there is one; worked out from the nodes.
    #[serde(skip)]
    pub before_guards: BTreeMap<NodeId, Option<NodeId>>,
    /// The names that targets of several fleets have; worked out from the targets.
    #[serde(skip)]
    pub namesakes: BTreeSet<SmolStr>,
    /// The rollouts that are called; worked out from the nodes.
    #[serde(skip)]
    pub called: Vec<NodeId>,
    /// What listens to events of the run; worked out from the nodes.
    #[serde(skip)]
    pub hooks: Vec<(Event, NodeId)>,
}

/// One node: what happens in one place of the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub parent: NodeId,
    /// One past the last node beneath it; everything from its own number to here lies within it.
    pub end: NodeId,
    /// The space in which it happens.
    pub space: SpaceId,
    /// Its part of the path; empty where a path leaves it out.
    pub name: SmolStr,
    pub kind: NodeKind,
    /// In the order in which they happen.
    pub children: Vec<NodeId>,
    /// Its way back: an `undo`, a `restore`, or the `rollback` that replaces all beneath it.
    pub undo: Option<NodeId>,
    pub when: Option<Expr>,
    /// The window in which it may begin, and everything beneath it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub during: Option<Expr>,
    /// Names that are bound for everything beneath it.
    pub binds: Vec<(LocalId, Expr)>,
    /// Whether something beneath it, or it itself, has a way back.
    pub undoable: bool,
    /// Whether a later expression reads what it leaves.
    pub captured: bool,
    /// The first line of the entry in its file.
    pub line: u32,
    pub span: Span,
}

impl Node {
    pub fn as_child(&self) -> Option<&ChildNode> {
        if let NodeKind::Child(child) = &self.kind { Some(child) } else { None }
    }

    pub fn is_guard(&self) -> bool {
        matches!(&self.kind, NodeKind::Act(act) if matches!(**act, Act::Guard(_)))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Its children are stages, in the order in which they were written, and after them its hooks and its `finally`.
    Rollout {
        on_failure: OnFailure,
    },
    /// A called rollout: its children are stages.
    Child(Box<ChildNode>),
    Stage(Box<StageNode>),
    /// Its child is the body, and where there is one a second: `after_wave`.
    Loop(Box<LoopNode>),
    Parallel,
    Step(Box<StepNode>),
    Act(Box<Act>),
    /// Entries one after another, in some role.
    Sequence(Role),
}

impl NodeKind {
    /// Returns whether a guard beneath it guards it, and nothing around it.
    fn has_guards(&self) -> bool {
        match self {
            NodeKind::Rollout { .. } | NodeKind::Child(_) | NodeKind::Stage(_) => true,
            NodeKind::Sequence(role) => *role == Role::Target,
            NodeKind::Loop(_) | NodeKind::Parallel | NodeKind::Step(_) | NodeKind::Act(_) => false,
        }
    }
}

/// What a sequence is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A loop's body for one element.
    Target,
    AfterWave,
    /// What a strategy's slot was filled with.
    Block,
    /// The body of a `save`; its `undo` is the `restore`.
    Save,
    Undo,
    Hook(Event),
    Finally,
    /// After success, while the run can still be taken back.
    Afterwards,
    /// Again and again while the run goes on.
    Every,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildNode {
    pub on_failure: OnFailure,
    /// The variables that its commands see, instead of those of the rollout around it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pass_env: Vec<SmolStr>,
    /// How many of its targets may fail, for each slot in which it happens; empty: no more said than in its loops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerate: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageNode {
    /// The stages that end before it begins.
    pub after: Vec<NodeId>,
    pub delay: Option<Expr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Expr>,
    pub deadline: Option<Expr>,
    pub timeout: Option<Expr>,
    pub risk: Option<Value>,
    pub on_failure: OnFailure,
    /// False: its work stays when a later stage fails.
    pub undo_with_run: bool,
    pub doc: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoopNode {
    /// The space of the body.
    pub space: SpaceId,
    /// The space of the waves, where there is an `after_wave`.
    pub wave_space: Option<SpaceId>,
    pub local_name: SmolStr,
    /// For each slot in which the loop happens; empty if its elements are known only when it begins.
    pub numbers: Vec<LoopNumbers>,
    /// What it runs over and its numbers, as they were written: for loops that are known late.
    pub late: Option<Loop>,
    pub takes: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepNode {
    pub retry: Option<Retry>,
    pub undo_retry: Option<Retry>,
    /// Whether an empty `undo` says that there is nothing to undo.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waives_undo: bool,
    pub timeout: Option<Expr>,
    pub takes: Option<Expr>,
    pub outputs: Vec<LabelType>,
}

impl Plan {
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub fn space(&self, id: SpaceId) -> &Space {
        &self.spaces[id.0 as usize]
    }

    /// Returns the place around a place; none around the root.
    pub fn around(&self, place: Place) -> Option<Place> {
        if place.node == NodeId::ROOT {
            return None;
        }
        let node = self.node(place.node);
        let parent = self.node(node.parent);
        let same = node.space == parent.space;
        let slot = if same { place.slot } else { self.space(node.space).parent_of(place.slot) };
        Some(Place { node: node.parent, slot })
    }

    /// Works out what is not written with the plan. To be called once, after it was made or read.
    pub fn index(&mut self) {
        let mut dependents = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            if let NodeKind::Stage(stage) = &node.kind {
                for before in &stage.after {
                    dependents[before.index()].push(NodeId(at as u32));
                }
            }
        }
        self.dependents = dependents;
        if !self.metrics.is_empty() {
            let numbered = self.targets.iter().zip(0_u32..);
            self.target_numbers = numbered.map(|(it, at)| ((it.fleet.clone(), it.name.clone()), at)).collect();
        }
        let mut fleets: BTreeMap<&SmolStr, &SmolStr> = BTreeMap::new();
        let others = self.targets.iter().filter(|it| *fleets.entry(&it.name).or_insert(&it.fleet) != &it.fleet);
        self.namesakes = others.map(|it| it.name.clone()).collect();
        let nodes = || (0..self.nodes.len() as u32).map(NodeId);
        self.called = nodes().filter(|it| self.node(*it).as_child().is_some()).collect();
        let mut guards: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        for guard in nodes().filter(|it| self.node(*it).is_guard()) {
            guards.entry(self.guarded_by(guard)).or_default().push(guard);
        }
        self.guards = guards;
        self.before_guards = self.guards.keys().flat_map(|it| self.stages_before_guards(*it)).collect();
        let last = self.nodes.first().map(|root| root.children.as_slice()).unwrap_or_default();
        let hooks = last.iter().filter_map(|it| match self.node(*it).kind {
            NodeKind::Sequence(Role::Hook(event)) => Some((event, *it)),
            _ => None,
        });
        self.hooks = hooks.collect();
        let nodes = (0..self.nodes.len() as u32).map(NodeId);
        let named = nodes.filter(|it| {
            let kind = &self.node(*it).kind;
            matches!(kind, NodeKind::Stage(_) | NodeKind::Step(_) | NodeKind::Sequence(Role::Save))
        });
        self.named = named.map(|it| (self.node_path(it).replace('/', "."), it)).collect();
    }

    /// Returns what a guard guards: the target's body, the stage or the rollout around it.
    pub fn guarded_by(&self, guard: NodeId) -> NodeId {
        let mut at = self.node(guard).parent;
        while at != NodeId::ROOT && !self.node(at).kind.has_guards() {
            at = self.node(at).parent;
        }
        at
    }

    fn stages_before_guards(&self, rollout: NodeId) -> Vec<(NodeId, Option<NodeId>)> {
        let mut before = None;
        let mut guards = Vec::new();
        for child in &self.node(rollout).children {
            match &self.node(*child).kind {
                NodeKind::Stage(_) => before = Some(*child),
                NodeKind::Act(_) => guards.push((*child, before)),
                NodeKind::Rollout { .. }
                | NodeKind::Child(_)
                | NodeKind::Loop(_)
                | NodeKind::Parallel
                | NodeKind::Step(_)
                | NodeKind::Sequence(_) => {}
            }
        }
        let is_rollout = matches!(self.node(rollout).kind, NodeKind::Rollout { .. } | NodeKind::Child(_));
        if is_rollout { guards } else { Vec::new() }
    }

    /// Returns the stage with this path.
    pub fn stage_at(&self, path: &str) -> Option<NodeId> {
        self.named.get(path).copied().filter(|it| matches!(self.node(*it).kind, NodeKind::Stage(_)))
    }

    /// Returns the step or save with this path, without targets.
    pub fn unit_at(&self, path: &str) -> Option<NodeId> {
        self.named.get(path).copied()
    }

    /// Returns whether a place lies beneath another, or is it.
    pub fn is_within(&self, place: Place, outer: Place) -> bool {
        let beneath = outer.node.0..self.node(outer.node).end.0;
        beneath.contains(&place.node.0) && self.slots_beneath(place.node, outer).contains(&place.slot.0)
    }

    /// Returns the slots of a node that lie beneath a place, for a node that does.
    pub fn slots_beneath(&self, node: NodeId, outer: Place) -> std::ops::Range<u32> {
        self.space_beneath(self.node(node).space, self.node(outer.node).space, outer.slot)
    }

    fn space_beneath(&self, space: SpaceId, outer: SpaceId, slot: Slot) -> std::ops::Range<u32> {
        if space == outer {
            return slot.0..slot.0 + 1;
        }
        let here = self.space(space);
        if here.elements == Elements::Late {
            // A late loop stands in no other loop: all its slots belong together.
            return 0..u32::MAX;
        }
        let around = self.space_beneath(here.parent, outer, slot);
        here.offsets[around.start as usize]..here.offsets[around.end as usize]
    }

    /// Returns the place in the plan's table of the target for which a place happens.
    pub fn target_index_of(&self, place: Place) -> Option<u32> {
        let mut space = self.node(place.node).space;
        let mut slot = place.slot;
        loop {
            let here = self.space(space);
            if let Elements::Targets(indices) = &here.elements {
                return indices.get(slot.index()).copied();
            }
            if space == SpaceId::ROOT {
                return None;
            }
            slot = here.parent_of(slot);
            space = here.parent;
        }
    }

    /// Returns the places around a place, the nearest first.
    pub fn all_around(&self, place: Place) -> impl Iterator<Item = Place> + '_ {
        std::iter::successors(self.around(place), |it| self.around(*it))
    }

    /// Returns which variables commands at a place see: those of the innermost rollout around it.
    pub fn pass_env_at(&self, place: Place) -> &[SmolStr] {
        let child = self.all_around(place).find_map(|it| self.node(it.node).as_child());
        child.map_or(&self.pass_env, |it| &it.pass_env)
    }

    /// Returns every pattern of variables that some rollout of this plan lets through.
    pub fn all_pass_env(&self) -> impl Iterator<Item = &SmolStr> {
        let children = self.nodes.iter().filter_map(Node::as_child);
        self.pass_env.iter().chain(children.flat_map(|it| &it.pass_env))
    }

    /// Returns how much time lies between two rounds of a node.
    pub fn period_ms(&self, node: NodeId) -> i64 {
        self.periods.iter().find(|(it, _)| *it == node).map_or(i64::MAX, |(_, ms)| *ms)
    }

    /// Returns all that this plan needs for itself, a line each.
    pub fn exclusives(&self) -> impl Iterator<Item = &str> {
        self.exclusive.iter().chain(&self.exclusive_too).flat_map(|it| it.lines())
    }

    /// Returns the stage in which a place lies, or itself if it is one; the outermost is not asked for.
    pub fn stage_of(&self, place: Place) -> Option<Place> {
        let mut chain = std::iter::once(place).chain(self.all_around(place));
        chain.find(|it| matches!(self.node(it.node).kind, NodeKind::Stage(_)))
    }

    /// Returns the target for which a place happens: the nearest loop's element that is one.
    pub fn target_of(&self, place: Place) -> Option<&Arc<Target>> {
        self.target_index_of(place).map(|index| &self.targets[index as usize])
    }

    /// Returns the path of a place as people read it: `pilot/factory-ny/deploy/run~1`.
    pub fn path(&self, place: Place) -> String {
        let mut parts: Vec<String> = Vec::new();
        for here in std::iter::once(place).chain(self.all_around(place)) {
            let node = self.node(here.node);
            match &node.kind {
                NodeKind::Sequence(Role::Target) => {
                    let element = self.space(node.space).element(here.slot, &self.targets);
                    parts.push(element.map_or_else(|| here.slot.0.to_string(), |it| it.to_string()));
                }
                NodeKind::Sequence(Role::AfterWave) => {
                    let first = self.space(node.space).slots_of(self.space(node.space).parent_of(here.slot)).start;
                    parts.push(format!("after_wave~{}", here.slot.0 - first + 1));
                }
                _ if node.name.is_empty() => {}
                _ => parts.push(node.name.to_string()),
            }
        }
        parts.reverse();
        parts.join("/")
    }

    /// Returns the path of a node without its targets: `pilot/deploy/run~1`.
    pub fn node_path(&self, id: NodeId) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let mut at = id;
        loop {
            let node = self.node(at);
            if !node.name.is_empty() && !matches!(node.kind, NodeKind::Sequence(Role::Target)) {
                parts.push(&node.name);
            }
            if at == NodeId::ROOT {
                break;
            }
            at = node.parent;
        }
        parts.reverse();
        parts.join("/")
    }

    /// Returns the stages of a rollout or child, in the order in which they were written.
    pub fn stages_of(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let stages = self.node(id).children.iter().copied();
        stages.filter(|it| matches!(self.node(*it).kind, NodeKind::Stage(_)))
    }

    /// Returns how many slots a node has, as far as the plan knows.
    pub fn slots(&self, id: NodeId) -> u32 {
        self.space(self.node(id).space).len()
    }

    /// Returns whether anything in it says what is to be expected of the run.
    pub fn reads_forecast(&self) -> bool {
        let mut reads = false;
        for node in &self.nodes {
            super::walk::for_each_expr(node, &mut |expr| {
                expr.walk(&mut |it| {
                    reads |= matches!(
                        it.kind,
                        ExprKind::Run(
                            RunField::ForecastEarliest | RunField::ForecastLatest | RunField::ForecastRollback
                        )
                    );
                });
            });
        }
        reads
    }

    /// Returns the digest of the plan: SHA-256 over its written form, in hexadecimal.
    pub fn digest(&self) -> String {
        use sha2::{Digest, Sha256};
        let body = serde_json::to_vec(self).expect("a plan is plain data");
        let hash = Sha256::digest(&body);
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
