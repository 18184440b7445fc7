//! From the program's flow to the plan's nodes: actions and blocks are put in where they are called, loops become
//! one node with a table, and every list that can be known is.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::request::PlanRequest;
use super::scope::seen_from;
use super::{ChildNode, Elements, Node, NodeId, NodeKind, Plan, Role, Space, SpaceId, StageNode, StepNode};
use crate::diag::{Code, Diagnostic};
use crate::model::{
    Action, ActionId, Child, Entry, EntryKind, Expr, FleetId, Hook, LocalId, Param, Rollout, RolloutGuard, Save, Stage,
    Step,
};
use crate::source::Span;
use crate::value::beneath;

/// The version of the plan's written form.
const VERSION: u32 = 1;

/// No plan has more nodes: past that a program multiplies itself.
const NODES_MAX: usize = 200_000;

/// A plan, or all that is wrong.
pub type Planned = Result<Plan, Vec<Diagnostic>>;

/// Makes a plan.
///
/// # Errors
/// Everything that is found, with its places: lists that cannot be known, numbers that cannot be, fleets that
/// cannot be loaded, an undo that would need a value that nothing has left.
pub fn plan(request: &PlanRequest) -> Planned {
    plan_and_warn(request).0
}

/// Makes a plan, and says what is strange about it, though it can be run.
pub fn plan_and_warn(request: &PlanRequest) -> (Planned, Vec<Diagnostic>) {
    let rollout = request.program.rollout(request.rollout);
    let mut expansion = Expansion::new(request);
    expansion.rollout(rollout);
    expansion.finish()
}

/// A plan while it is being made.
pub(super) struct Expansion<'a> {
    pub(super) request: &'a PlanRequest<'a>,
    pub(super) plan: Plan,
    pub(super) wrong: Vec<Diagnostic>,
    /// What is allowed and seldom meant.
    pub(super) strange: Vec<Diagnostic>,
    /// Where each target stands in the plan's table, by fleet and name.
    pub(super) index: BTreeMap<(SmolStr, SmolStr), u32>,
    /// The targets of each fleet that was loaded.
    pub(super) fleets: BTreeMap<FleetId, Vec<u32>>,
    /// The stage that is being expanded, and what each stage takes.
    pub(super) stage: Option<NodeId>,
    pub(super) takes: BTreeMap<NodeId, BTreeSet<u32>>,
    /// The nodes of called actions.
    pub(super) calls: BTreeSet<NodeId>,
    /// Rollouts, actions and blocks that are being put in, so that none contains itself.
    pub(super) depth: u32,
}

impl<'a> Expansion<'a> {
    fn new(request: &'a PlanRequest<'a>) -> Expansion<'a> {
        let program = request.program;
        let plan = Plan {
            version: VERSION,
            rollout: program.rollout(request.rollout).name.clone(),
            file: request.file.to_owned(),
            folder: request.folder.to_owned(),
            inputs: request.inputs.clone(),
            profile: request.profile.clone(),
            nodes: Vec::new(),
            spaces: vec![Space::root()],
            targets: Vec::new(),
            fleets: Vec::new(),
            probes: program.probes.clone(),
            metrics: program.metrics.clone(),
            thresholds: program.thresholds.clone(),
            gates: program.gates.clone(),
            routers: program.routers.clone(),
            flags: program.flags.clone(),
            channels: program.channels.clone(),
            secrets: program.secrets.clone(),
            pass_env: program.rollout(request.rollout).pass_env.clone(),
            exclusive: None,
            exclusive_too: BTreeSet::new(),
            tolerate: None,
            retain_ms: None,
            artifacts: None,
            strategies: program.rollout(request.rollout).strategies.clone(),
            always: program.rollout(request.rollout).always.clone(),
            periods: Vec::new(),
            dependents: Vec::new(),
            named: BTreeMap::new(),
            target_numbers: BTreeMap::new(),
            guards: BTreeMap::new(),
            namesakes: BTreeSet::new(),
            called: Vec::new(),
            before_guards: BTreeMap::new(),
            hooks: Vec::new(),
        };
        let fleets = BTreeMap::new();
        let (index, takes) = (BTreeMap::new(), BTreeMap::new());
        Expansion {
            request,
            plan,
            wrong: Vec::new(),
            strange: Vec::new(),
            index,
            fleets,
            stage: None,
            takes,
            calls: BTreeSet::new(),
            depth: 0,
        }
    }

    pub(super) fn refuse(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.wrong.push(Diagnostic::new(code, span, message));
    }

    fn rollout(&mut self, rollout: &Rollout) {
        let kind = NodeKind::Rollout { on_failure: rollout.on_failure };
        let root = self.push(NodeId::ROOT, SpaceId::ROOT, "", kind, rollout.span);
        let binds = rollout.inputs.iter().filter_map(|input| {
            let value = self.request.inputs.get(&input.name)?;
            Some((input.local, Expr::value(value.clone(), input.span)))
        });
        self.plan.nodes[root.index()].binds = binds.collect();
        self.plan.nodes[root.index()].during = rollout.during.clone();
        self.stages(root, SpaceId::ROOT, &rollout.stages);
        self.guards(root, SpaceId::ROOT, &rollout.guards);
        for hook in &rollout.hooks {
            self.hook(root, hook);
        }
        if !rollout.finally.is_empty() {
            let finally = self.sequence(root, SpaceId::ROOT, "finally", Role::Finally, &rollout.finally, rollout.span);
            self.plan.nodes[root.index()].children.push(finally);
        }
        self.lasting(root, rollout);
        self.way_back(root, SpaceId::ROOT, "rollback", &rollout.rollback, rollout.span);
        self.close(root);
        let scope_place = seen_from(root);
        self.plan.exclusive = rollout.exclusive.as_ref().and_then(|it| Some(self.value(it, scope_place)?.to_string()));
        let total = self.plan.targets.len() as u32;
        self.plan.tolerate = rollout.tolerate.as_ref().and_then(|it| {
            let value = self.value(it, scope_place)?;
            self.number(super::allowed(&value, total), it.span)
        });
    }

    /// Adds a node as the last so far; the caller says to whom it belongs and closes it.
    pub(super) fn push(&mut self, parent: NodeId, space: SpaceId, name: &str, kind: NodeKind, span: Span) -> NodeId {
        let id = NodeId(self.plan.nodes.len() as u32);
        let line = self.request.sources.get(span.source).line_of(span.start) + 1;
        self.plan.nodes.push(Node {
            parent,
            end: NodeId(id.0 + 1),
            space,
            name: SmolStr::new(name),
            kind,
            children: Vec::new(),
            undo: None,
            when: None,
            during: None,
            binds: Vec::new(),
            undoable: false,
            captured: false,
            line,
            span,
        });
        if self.plan.nodes.len() == NODES_MAX {
            self.refuse(Code::PLAN_TOO_LARGE, span, format!("the plan has more than {NODES_MAX} nodes"));
        }
        id
    }

    fn is_too_large(&self) -> bool {
        self.plan.nodes.len() >= NODES_MAX
    }

    /// Everything beneath a node is there.
    fn close(&mut self, id: NodeId) {
        let end = NodeId(self.plan.nodes.len() as u32);
        let node = &self.plan.nodes[id.index()];
        let own = node.undo.is_some() || matches!(&node.kind, NodeKind::Act(act) if act.goes_back());
        let beneath = node.children.iter().any(|it| self.plan.nodes[it.index()].undoable);
        let node = &mut self.plan.nodes[id.index()];
        node.end = end;
        node.undoable = own || beneath;
    }

    fn stages(&mut self, parent: NodeId, space: SpaceId, stages: &[Stage]) {
        let mut ids: Vec<NodeId> = Vec::new();
        for stage in stages {
            let id = self.stage(parent, space, stage);
            ids.push(id);
            self.plan.nodes[parent.index()].children.push(id);
        }
        for (stage, id) in stages.iter().zip(&ids) {
            let after = stage.after.iter().filter_map(|it| ids.get(*it as usize).copied()).collect();
            if let NodeKind::Stage(node) = &mut self.plan.nodes[id.index()].kind {
                node.after = after;
            }
        }
    }

    /// Adds what guards a rollout, each where it stands among the stages.
    fn guards(&mut self, parent: NodeId, space: SpaceId, guards: &[RolloutGuard]) {
        for (guard, before) in guards.iter().zip(0..) {
            let id = self.entry(parent, space, &guard.entry);
            self.plan.nodes[id.index()].when = guard.entry.when.clone();
            let at = guard.stages_before as usize + before;
            self.plan.nodes[parent.index()].children.insert(at, id);
        }
    }

    fn stage(&mut self, parent: NodeId, space: SpaceId, stage: &Stage) -> NodeId {
        let on_failure = stage.on_failure.unwrap_or(match self.plan.nodes[parent.index()].kind {
            NodeKind::Rollout { on_failure } => on_failure,
            NodeKind::Child(ref child) => child.on_failure,
            NodeKind::Stage(_)
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Step(_)
            | NodeKind::Act(_)
            | NodeKind::Sequence(_) => Default::default(),
        });
        // What a stage comes after is known once all stages are there; until then: those written before.
        let siblings = &self.plan.nodes[parent.index()].children;
        let after: Vec<NodeId> = stage.after.iter().filter_map(|it| siblings.get(*it as usize).copied()).collect();
        let node = StageNode {
            after,
            delay: stage.time.delay.clone(),
            not_before: stage.time.not_before.clone(),
            deadline: stage.time.deadline.clone(),
            timeout: stage.time.timeout.clone(),
            risk: None,
            on_failure,
            undo_with_run: stage.undo_with_run,
            doc: stage.doc.clone(),
        };
        let id = self.push(parent, space, &stage.path, NodeKind::Stage(Box::new(node)), stage.span);
        self.plan.nodes[id.index()].binds = stage.binds.clone();
        self.plan.nodes[id.index()].when = stage.when.clone();
        self.plan.nodes[id.index()].during = stage.during.clone();
        let risk = stage.risk.as_ref().and_then(|it| self.value(it, seen_from(id)));
        if let NodeKind::Stage(node) = &mut self.plan.nodes[id.index()].kind {
            node.risk = risk;
        }
        let outer = self.stage.replace(id);
        self.entries(id, space, &stage.body);
        self.way_back(id, space, "rollback", &stage.rollback, stage.span);
        self.stage = outer;
        self.close(id);
        id
    }

    /// Adds the entries of a body to their parent. A body with one loop leaves the loop out of its paths.
    fn entries(&mut self, parent: NodeId, space: SpaceId, entries: &[Entry]) {
        let loops = entries.iter().filter(|it| matches!(it.kind, EntryKind::Loop(_))).count();
        for entry in entries {
            if self.is_too_large() {
                return;
            }
            let id = self.entry(parent, space, entry);
            let node = &mut self.plan.nodes[id.index()];
            node.when = entry.when.clone();
            if loops == 1 && matches!(node.kind, NodeKind::Loop(_)) {
                node.name = SmolStr::default();
            }
            self.plan.nodes[parent.index()].children.push(id);
        }
    }

    fn entry(&mut self, parent: NodeId, space: SpaceId, entry: &Entry) -> NodeId {
        let (name, span) = (entry.name.as_str(), entry.span);
        let id = match &entry.kind {
            EntryKind::Act(act) => self.push(parent, space, name, NodeKind::Act(act.clone()), span),
            EntryKind::Step(step) => self.step(parent, space, name, step, span),
            EntryKind::Call(action, arguments) => self.call(parent, space, name, *action, arguments, span),
            EntryKind::Loop(it) => self.a_loop(parent, space, name, it, span),
            EntryKind::Parallel(entries) => {
                let id = self.push(parent, space, name, NodeKind::Parallel, span);
                self.entries(id, space, entries);
                id
            }
            EntryKind::Save(save) => self.save(parent, space, name, save, span),
            EntryKind::Child(child) => self.child(parent, space, name, child, span),
            EntryKind::Block { binds, body } => {
                let id = self.push(parent, space, name, NodeKind::Sequence(Role::Block), span);
                self.plan.nodes[id.index()].binds = binds.clone();
                self.entries(id, space, body);
                id
            }
        };
        self.close(id);
        id
    }

    fn step(&mut self, parent: NodeId, space: SpaceId, name: &str, step: &Step, span: Span) -> NodeId {
        let node = StepNode {
            retry: step.retry.clone(),
            undo_retry: step.undo_retry.clone(),
            waives_undo: step.waives_undo,
            timeout: step.timeout.clone(),
            takes: step.takes.clone(),
            outputs: step.outputs.clone(),
        };
        let id = self.push(parent, space, name, NodeKind::Step(Box::new(node)), span);
        self.plan.nodes[id.index()].during = step.during.clone();
        self.entries(id, space, &step.body);
        self.way_back(id, space, "undo", &step.undo, span);
        id
    }

    /// An action's steps, with its parameters bound to what it is called with.
    fn call(
        &mut self,
        parent: NodeId,
        space: SpaceId,
        name: &str,
        action: ActionId,
        arguments: &[Expr],
        span: Span,
    ) -> NodeId {
        let action: &Action = self.request.program.action(action);
        let node = StepNode {
            retry: action.retry.clone(),
            undo_retry: action.undo_retry.clone(),
            waives_undo: action.waives_undo,
            timeout: action.timeout.clone(),
            takes: action.takes.clone(),
            outputs: action.outputs.clone(),
        };
        let id = self.push(parent, space, name, NodeKind::Step(Box::new(node)), span);
        self.plan.nodes[id.index()].binds = bound(&action.params, arguments);
        self.plan.nodes[id.index()].during = action.during.clone();
        self.calls.insert(id);
        if self.goes_too_deep(span) {
            return id;
        }
        self.depth += 1;
        self.entries(id, space, &action.body);
        self.way_back(id, space, "undo", &action.undo, span);
        self.depth -= 1;
        id
    }

    fn goes_too_deep(&mut self, span: Span) -> bool {
        const DEPTH_MAX: u32 = 64;
        let too_deep = self.depth >= DEPTH_MAX;
        if too_deep {
            self.refuse(Code::PLAN_TOO_LARGE, span, format!("calls go deeper than {DEPTH_MAX}"));
        }
        too_deep
    }

    fn save(&mut self, parent: NodeId, space: SpaceId, name: &str, save: &Save, span: Span) -> NodeId {
        let id = self.push(parent, space, name, NodeKind::Sequence(Role::Save), span);
        self.entries(id, space, &save.body);
        self.way_back(id, space, "restore", &save.restore, span);
        id
    }

    fn child(&mut self, parent: NodeId, space: SpaceId, name: &str, child: &Child, span: Span) -> NodeId {
        let rollout = self.request.program.rollout(child.rollout);
        let node =
            ChildNode { on_failure: rollout.on_failure, pass_env: rollout.pass_env.clone(), tolerate: Vec::new() };
        let id = self.push(parent, space, name, NodeKind::Child(Box::new(node)), span);
        let mut binds = Vec::new();
        for input in &rollout.inputs {
            let given = child.inputs.iter().find(|(name, _)| *name == input.name).map(|(_, expr)| expr);
            if let Some(expr) = given.or(input.default.as_ref()) {
                binds.push((input.local, expr.clone()));
            }
        }
        self.plan.nodes[id.index()].binds = binds;
        self.plan.nodes[id.index()].during = rollout.during.clone();
        if self.goes_too_deep(span) {
            return id;
        }
        self.depth += 1;
        let outer = self.stage.take();
        self.stages(id, space, &rollout.stages);
        self.guards(id, space, &rollout.guards);
        self.child_endings(id, space, rollout);
        self.way_back(id, space, "rollback", &rollout.rollback, span);
        self.child_bounds(id, rollout);
        self.stage = outer;
        self.depth -= 1;
        id
    }

    /// What is done after success, and again and again until then.
    fn lasting(&mut self, root: NodeId, rollout: &Rollout) {
        if !rollout.afterwards.is_empty() {
            let (role, body) = (Role::Afterwards, &rollout.afterwards);
            let id = self.sequence(root, SpaceId::ROOT, "afterwards", role, body, rollout.span);
            self.plan.nodes[root.index()].children.push(id);
        }
        for (round, at) in rollout.rounds.iter().zip(1..) {
            let space = self.late_space();
            let name = format!("every~{at}");
            let id = self.sequence(root, space, &name, Role::Every, &round.body, round.span);
            self.plan.nodes[root.index()].children.push(id);
            let period = self.value(&round.period, seen_from(root)).and_then(|it| it.as_duration_ms());
            self.plan.periods.extend(period.map(|ms| (id, ms.max(1000))));
        }
        let retain = rollout.retain.as_ref().and_then(|it| self.value(it, seen_from(root)));
        self.plan.retain_ms = retain.and_then(|it| it.as_duration_ms()).map(|ms| ms.max(0));
        self.plan.artifacts = rollout.artifacts.clone().map(|it| self.artifacts(root, it));
    }

    /// Puts in what is known of the folder for documents; one that does not lie beneath that of the file is refused.
    fn artifacts(&mut self, root: NodeId, mut expr: Expr) -> Expr {
        if let Ok(Err(why)) = self.eval(&expr, seen_from(root), false).map(|it| beneath(&it.to_string()).map(drop)) {
            self.refuse(Code::VALUE, expr.span, why);
        }
        let mut wrong = Vec::new();
        // A plan of tomorrow is the same plan: the date is put in when the folder is written.
        super::fold::fold(&mut expr, &mut |part| self.eval_dateless(part, seen_from(root)), &mut wrong);
        for it in wrong {
            self.refuse(Code::VALUE, it.span, it.message);
        }
        expr
    }

    /// Makes the space of what happens as often as something that is known only then.
    fn late_space(&mut self) -> SpaceId {
        self.push_space(Space { parent: SpaceId::ROOT, offsets: vec![0, 0], local: None, elements: Elements::Late })
    }

    fn hook(&mut self, root: NodeId, hook: &Hook) {
        let space = self.late_space();
        let name = format!("on~{}", hook.event.name());
        let id = self.sequence(root, space, &name, Role::Hook(hook.event), &hook.body, hook.span);
        self.plan.nodes[root.index()].children.push(id);
    }

    pub(super) fn sequence(
        &mut self,
        parent: NodeId,
        space: SpaceId,
        name: &str,
        role: Role,
        body: &[Entry],
        span: Span,
    ) -> NodeId {
        let id = self.push(parent, space, name, NodeKind::Sequence(role), span);
        self.entries(id, space, body);
        self.close(id);
        id
    }

    fn way_back(&mut self, of: NodeId, space: SpaceId, name: &str, body: &[Entry], span: Span) {
        if body.is_empty() {
            return;
        }
        let span = body.first().map_or(span, |it| it.span);
        let id = self.sequence(of, space, name, Role::Undo, body, span);
        self.plan.nodes[of.index()].undo = Some(id);
    }

    pub(super) fn push_space(&mut self, space: Space) -> SpaceId {
        self.plan.spaces.push(space);
        SpaceId(self.plan.spaces.len() as u32 - 1)
    }
}

fn bound(params: &[Param], arguments: &[Expr]) -> Vec<(LocalId, Expr)> {
    let given = params.iter().enumerate().filter_map(|(at, param)| {
        let expr = arguments.get(at).or(param.default.as_ref())?;
        Some((param.local, expr.clone()))
    });
    given.collect()
}
