//! From the program's flow to the plan's nodes: actions and blocks are put in where they are called, loops become
//! one node with a table, and every list that can be known is.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::number::{Said, loop_numbers};
use super::request::PlanRequest;
use super::scope::{Planning, seen_from, target_list};
use super::{
    Elements, LoopNode, LoopNumbers, Node, NodeId, NodeKind, Place, Plan, Role, Slot, Space, SpaceId, StageNode,
    StepNode,
};
use crate::diag::{Code, Diagnostic};
use crate::eval::{self, Bound, Fuel, Wrong};
use crate::model::{
    Action, ActionId, Child, Entry, EntryKind, Expr, ExprKind, FleetId, FleetSource, Hook, LocalId, Loop, Param,
    Rollout, Save, Stage, Step, Tolerate,
};
use crate::source::Span;
use crate::value::Value;

/// The version of the plan's written form.
const VERSION: u32 = 1;

/// No plan has more nodes: past that a program multiplies itself.
const NODES_MAX: usize = 200_000;

/// No plan has more slots in all.
const SLOTS_MAX: u32 = 5_000_000;

/// A plan, or all that is wrong.
pub type Planned = Result<Plan, Vec<Diagnostic>>;

/// Makes a plan.
///
/// # Errors
/// Everything that is found, with its places: lists that cannot be known, numbers that cannot be, fleets that
/// cannot be loaded, an undo that would need a value that nothing has left.
pub fn plan(request: &PlanRequest) -> Planned {
    let rollout = request.program.rollout(request.rollout);
    let mut expansion = Expansion::new(request);
    expansion.rollout(rollout);
    expansion.finish()
}

struct Expansion<'a> {
    request: &'a PlanRequest<'a>,
    plan: Plan,
    wrong: Vec<Diagnostic>,
    /// Where each target stands in the plan's table, by fleet and name.
    index: BTreeMap<(SmolStr, SmolStr), u32>,
    /// The targets of each fleet that was loaded.
    fleets: BTreeMap<FleetId, Vec<u32>>,
    /// The stage that is being expanded, and what each stage takes.
    stage: Option<NodeId>,
    takes: BTreeMap<NodeId, BTreeSet<u32>>,
    /// The nodes of called actions.
    calls: BTreeSet<NodeId>,
    /// Rollouts, actions and blocks that are being put in, so that none contains itself.
    depth: u32,
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
            secrets: program.secrets.clone(),
            pass_env: program.rollout(request.rollout).pass_env.clone(),
            exclusive: None,
            tolerate: None,
            dependents: Vec::new(),
            named: BTreeMap::new(),
        };
        let fleets = BTreeMap::new();
        let (index, takes) = (BTreeMap::new(), BTreeMap::new());
        Expansion {
            request,
            plan,
            wrong: Vec::new(),
            index,
            fleets,
            stage: None,
            takes,
            calls: BTreeSet::new(),
            depth: 0,
        }
    }

    fn refuse(&mut self, code: Code, span: Span, message: impl Into<String>) {
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
        self.stages(root, SpaceId::ROOT, &rollout.stages);
        for hook in &rollout.hooks {
            self.hook(root, hook);
        }
        if !rollout.finally.is_empty() {
            let finally = self.sequence(root, SpaceId::ROOT, "finally", Role::Finally, &rollout.finally, rollout.span);
            self.plan.nodes[root.index()].children.push(finally);
        }
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
    fn push(&mut self, parent: NodeId, space: SpaceId, name: &str, kind: NodeKind, span: Span) -> NodeId {
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
        let own = node.undo.is_some()
            || matches!(&node.kind, NodeKind::Act(act) if matches!(**act, crate::model::Act::Keep(_)));
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

    fn stage(&mut self, parent: NodeId, space: SpaceId, stage: &Stage) -> NodeId {
        let on_failure = stage.on_failure.unwrap_or(match self.plan.nodes[parent.index()].kind {
            NodeKind::Rollout { on_failure } | NodeKind::Child { on_failure } => on_failure,
            _ => Default::default(),
        });
        // What a stage comes after is known once all stages are there; until then: those written before.
        let siblings = &self.plan.nodes[parent.index()].children;
        let after: Vec<NodeId> = stage.after.iter().filter_map(|it| siblings.get(*it as usize).copied()).collect();
        let node = StageNode {
            after,
            delay: stage.time.delay.clone(),
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
            timeout: step.timeout.clone(),
            takes: step.takes.clone(),
            outputs: step.outputs.clone(),
        };
        let id = self.push(parent, space, name, NodeKind::Step(Box::new(node)), span);
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
            timeout: action.timeout.clone(),
            takes: action.takes.clone(),
            outputs: action.outputs.clone(),
        };
        let id = self.push(parent, space, name, NodeKind::Step(Box::new(node)), span);
        self.plan.nodes[id.index()].binds = bound(&action.params, arguments);
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
        let kind = NodeKind::Child { on_failure: rollout.on_failure };
        let id = self.push(parent, space, name, kind, span);
        let mut binds = Vec::new();
        for input in &rollout.inputs {
            let given = child.inputs.iter().find(|(name, _)| *name == input.name).map(|(_, expr)| expr);
            if let Some(expr) = given.or(input.default.as_ref()) {
                binds.push((input.local, expr.clone()));
            }
        }
        self.plan.nodes[id.index()].binds = binds;
        if self.goes_too_deep(span) {
            return id;
        }
        self.depth += 1;
        let outer = self.stage.take();
        self.stages(id, space, &rollout.stages);
        self.way_back(id, space, "rollback", &rollout.rollback, span);
        self.stage = outer;
        self.depth -= 1;
        id
    }

    fn hook(&mut self, root: NodeId, hook: &Hook) {
        // It happens as often as what it listens to; that is known only then.
        let space = self.push_space(Space {
            parent: SpaceId::ROOT,
            offsets: vec![0, 0],
            local: None,
            elements: Elements::Late,
        });
        let name = format!("on~{}", hook.event.name());
        let id = self.sequence(root, space, &name, Role::Hook(hook.event), &hook.body, hook.span);
        self.plan.nodes[root.index()].children.push(id);
    }

    fn sequence(
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

    fn push_space(&mut self, space: Space) -> SpaceId {
        self.plan.spaces.push(space);
        SpaceId(self.plan.spaces.len() as u32 - 1)
    }

    fn a_loop(&mut self, parent: NodeId, space: SpaceId, name: &str, it: &Loop, span: Span) -> NodeId {
        let placeholder = LoopNode {
            space: SpaceId::ROOT,
            wave_space: None,
            local_name: it.local_name.clone(),
            numbers: Vec::new(),
            late: None,
            takes: it.takes,
        };
        let id = self.push(parent, space, name, NodeKind::Loop(Box::new(placeholder)), span);
        let listed = self.list_all(id, space, it);
        let (elements, offsets, numbers, late) = match listed {
            Some(Listed { elements, offsets, numbers }) => (elements, offsets, numbers, None),
            None => {
                self.refuse_numbers_of_late(it);
                (Elements::Late, vec![0, 0], Vec::new(), Some(it.clone()))
            }
        };
        self.take(it, &elements);
        let body_space = self.push_space(Space { parent: space, offsets, local: Some(it.local), elements });
        let wave_space = (!it.after_wave.is_empty()).then(|| self.wave_space(space, &numbers));
        if let NodeKind::Loop(node) = &mut self.plan.nodes[id.index()].kind {
            **node = LoopNode { space: body_space, wave_space, numbers, late, ..(**node).clone() };
        }
        let body = self.sequence(id, body_space, &it.local_name, Role::Target, &it.body, span);
        self.plan.nodes[id.index()].children.push(body);
        if let Some(wave_space) = wave_space {
            let after = self.sequence(id, wave_space, "after_wave", Role::AfterWave, &it.after_wave, span);
            self.plan.nodes[id.index()].children.push(after);
        }
        id
    }

    /// What a loop says about its elements means nothing while nobody knows them.
    fn refuse_numbers_of_late(&mut self, it: &Loop) {
        let tolerate = it.tolerate.as_ref().and_then(|it| match it {
            Tolerate::Once(expr) => Some(expr.span),
            Tolerate::PerWave(list) => list.first().map(|it| it.span),
        });
        let after_wave = it.after_wave.first().map(|it| it.span);
        let span_of = |expr: &Option<Expr>| expr.as_ref().map(|it| it.span);
        let said = [
            ("waves", span_of(&it.waves)),
            ("tolerate", tolerate),
            ("stagger", span_of(&it.stagger)),
            ("order", span_of(&it.order)),
            ("after_wave", after_wave),
        ];
        for (name, span) in said {
            if let Some(span) = span {
                let message = format!("`{name}` needs a list that is known when the plan is made");
                let found = Diagnostic::new(Code::LOOP, span, message)
                    .because("this loop learns its list while the run goes on");
                self.wrong.push(found.also(it.list.span, "what it runs over"));
            }
        }
    }

    fn wave_space(&mut self, parent: SpaceId, numbers: &[LoopNumbers]) -> SpaceId {
        let mut offsets = vec![0];
        for it in numbers {
            offsets.push(offsets[offsets.len() - 1] + it.waves.len() as u32);
        }
        self.push_space(Space { parent, offsets, local: None, elements: Elements::None })
    }

    /// Works out what a loop runs over in each slot around it; none if only the run can know.
    fn list_all(&mut self, id: NodeId, space: SpaceId, it: &Loop) -> Option<Listed> {
        let mut listed = Listing::default();
        for slot in 0..self.plan.space(space).len() {
            let place = Place::new(id, Slot(slot));
            let elements = match self.list(place, it) {
                Ok(elements) => elements,
                Err(wrong) if wrong.is_not_known_here() => {
                    if space != SpaceId::ROOT && !matches!(self.plan.space(space).elements, Elements::Late) {
                        let message = "what a loop within a loop runs over has to be known when the plan is made";
                        self.wrong.push(Diagnostic::new(Code::LOOP, it.list.span, message).because(wrong.message));
                    }
                    return None;
                }
                Err(wrong) => {
                    self.wrong.push(Diagnostic::new(Code::VALUE, wrong.span, wrong.message));
                    return Some(Listing::default().finish());
                }
            };
            self.refuse_empty(&elements, it);
            let numbers = self.loop_numbers(place, it, elements.len() as u32);
            listed.add(elements, numbers, |value| self.index_of(value));
            if listed.len() > SLOTS_MAX {
                self.refuse(Code::PLAN_TOO_LARGE, it.list.span, format!("the plan has more than {SLOTS_MAX} slots"));
                break;
            }
        }
        // Outside of everything that happens, such as in a hook, there are no slots yet to look at.
        (!self.plan.space(space).is_empty()).then(|| listed.finish())
    }

    /// A `rest of` that is empty is a mistake somewhere else, and so is a choice from nothing.
    fn refuse_empty(&mut self, elements: &[Value], it: &Loop) {
        // A fleet that could not be loaded is empty for a reason that is told already.
        let has_lost_fleet = self.wrong.iter().any(|it| it.code == Code::FLEET_LOAD);
        if !elements.is_empty() || it.may_be_empty || has_lost_fleet {
            return;
        }
        let mut asks_rest = false;
        it.list.walk(&mut |expr| asks_rest |= matches!(expr.kind, ExprKind::Rest(_)));
        let message = if asks_rest { "nothing is left for this loop to take" } else { "there is nothing to loop over" };
        let found = Diagnostic::new(Code::LOOP, it.list.span, message).because("this comes to no element");
        self.wrong.push(found.help("write `may_be_empty = true` if that is fine"));
    }

    fn list(&mut self, place: Place, it: &Loop) -> Result<Vec<Value>, Wrong> {
        self.load_fleets(&it.list);
        let list = self.eval(&it.list, place, true)?;
        let elements = eval::elements(&list).map_err(|message| Wrong::cannot(it.list.span, message))?;
        let mut elements = elements.into_owned();
        if let Some(only) = self.request.only {
            let mut kept = Vec::new();
            for element in elements {
                let keep = match element.as_target() {
                    Some(target) => only(target).map_err(|message| Wrong::cannot(it.list.span, message))?,
                    None => true,
                };
                if keep {
                    kept.push(element);
                }
            }
            elements = kept;
        }
        match &it.order {
            Some(order) => self.ordered(elements, order, it.local, place),
            None => Ok(elements),
        }
    }

    /// Sorts by a key; elements with equal keys keep their order.
    fn ordered(&self, elements: Vec<Value>, order: &Expr, local: LocalId, place: Place) -> Result<Vec<Value>, Wrong> {
        let mut keyed = Vec::with_capacity(elements.len());
        for element in elements {
            let key = self.eval_with(order, place, local, &element)?;
            keyed.push((key, element));
        }
        keyed.sort_by(|(a, _), (b, _)| match crate::value::compare(a, b) {
            crate::value::Compared::Ordered(ordering) => ordering,
            crate::value::Compared::Same(_) | crate::value::Compared::Never => std::cmp::Ordering::Equal,
        });
        Ok(keyed.into_iter().map(|(_, element)| element).collect())
    }

    fn loop_numbers(&mut self, place: Place, it: &Loop, count: u32) -> LoopNumbers {
        let at_once = it.at_once.as_ref().and_then(|expr| self.loop_value(expr, place));
        let waves = it.waves.as_ref().and_then(|expr| self.loop_value(expr, place));
        let stagger = it.stagger.as_ref().and_then(|expr| self.loop_value(expr, place));
        let (tolerate, tolerate_per_wave) = match &it.tolerate {
            Some(Tolerate::Once(expr)) => match self.loop_value(expr, place) {
                Some(Value::List(list)) => (None, Some(list.to_vec())),
                once => (once, None),
            },
            Some(Tolerate::PerWave(exprs)) => {
                (None, Some(exprs.iter().filter_map(|it| self.loop_value(it, place)).collect()))
            }
            None => (None, None),
        };
        let said = Said {
            at_once,
            waves: waves.and_then(|it| it.as_list().map(<[Value]>::to_vec)),
            tolerate,
            tolerate_per_wave,
            stagger_ms: stagger.and_then(|it| it.as_duration_ms()).unwrap_or(0).max(0),
        };
        let span = it.waves.as_ref().or(it.at_once.as_ref()).map_or(it.list.span, |it| it.span);
        self.number(loop_numbers(&said, count), span).unwrap_or_else(|| LoopNumbers {
            at_once: 1,
            waves: vec![count],
            tolerate: vec![0],
            per_wave: false,
            stagger_ms: 0,
        })
    }

    fn loop_value(&mut self, expr: &Expr, place: Place) -> Option<Value> {
        self.load_fleets(expr);
        match self.eval(expr, place, true) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong.push(Diagnostic::new(Code::VALUE, wrong.span, wrong.message));
                None
            }
        }
    }

    fn number<T>(&mut self, number: Result<T, String>, span: Span) -> Option<T> {
        number.map_err(|message| self.refuse(Code::NUMBER, span, message)).ok()
    }

    fn value(&mut self, expr: &Expr, place: Place) -> Option<Value> {
        self.load_fleets(expr);
        match self.eval(expr, place, false) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong.push(Diagnostic::new(Code::VALUE, wrong.span, wrong.message));
                None
            }
        }
    }

    /// Remembers which targets a loop takes, for the `rest of` of what comes after it.
    fn take(&mut self, it: &Loop, elements: &Elements) {
        if let (true, Some(stage), Elements::Targets(indices)) = (it.takes, self.stage, elements) {
            self.takes.entry(stage).or_default().extend(indices);
        }
    }

    /// Whether a target is taken by this stage so far, or by one before it in the graph.
    fn is_taken(&self, target: u32) -> bool {
        let Some(stage) = self.stage else { return false };
        let mut open = vec![stage];
        let mut seen = BTreeSet::new();
        while let Some(stage) = open.pop() {
            if !seen.insert(stage) {
                continue;
            }
            if self.takes.get(&stage).is_some_and(|it| it.contains(&target)) {
                return true;
            }
            if let NodeKind::Stage(node) = &self.plan.node(stage).kind {
                open.extend(&node.after);
            }
        }
        false
    }

    fn index_of(&self, value: &Value) -> Option<u32> {
        let target = value.as_target()?;
        self.index.get(&(target.fleet.clone(), target.name.clone())).copied()
    }

    fn eval(&self, expr: &Expr, place: Place, one_slot: bool) -> Result<Value, Wrong> {
        if let Some(value) = expr.known() {
            return Ok(value.clone());
        }
        self.in_scope(place, one_slot, &mut |scope| eval::eval(expr, scope, &mut Fuel::default()))
    }

    fn eval_with(&self, expr: &Expr, place: Place, local: LocalId, value: &Value) -> Result<Value, Wrong> {
        self.in_scope(place, true, &mut |scope| {
            eval::eval(expr, &Bound::new(scope, local, value), &mut Fuel::default())
        })
    }

    fn in_scope<T>(&self, place: Place, one_slot: bool, ask: &mut dyn FnMut(&Planning) -> T) -> T {
        let taken = |target| self.is_taken(target);
        let index_of = |value: &Value| self.index_of(value);
        let fleets = |fleet| self.fleets.get(&fleet).map(|it| target_list(&self.plan, it));
        ask(&Planning {
            plan: &self.plan,
            world: self.request.world,
            now: self.request.now,
            place,
            one_slot,
            taken: Some(&taken),
            index_of: &index_of,
            fleets: &fleets,
        })
    }

    /// Loads every fleet that an expression names, so that it is there when it is asked for.
    fn load_fleets(&mut self, expr: &Expr) {
        let mut named = Vec::new();
        expr.walk(&mut |it| match &it.kind {
            ExprKind::Fleet(fleet) => named.push(*fleet),
            ExprKind::Local(local) => named.extend(self.fleets_behind(*local)),
            _ => {}
        });
        for fleet in named {
            self.load_fleet(fleet);
        }
    }

    /// Returns the fleets that a parameter may stand for.
    fn fleets_behind(&self, local: LocalId) -> Vec<FleetId> {
        let mut fleets = Vec::new();
        let bound = self.plan.nodes.iter().flat_map(|it| &it.binds).filter(|(it, _)| *it == local);
        for (_, expr) in bound {
            expr.walk(&mut |it| match &it.kind {
                ExprKind::Fleet(fleet) => fleets.push(*fleet),
                ExprKind::Local(inner) if *inner != local => fleets.extend(self.fleets_behind(*inner)),
                _ => {}
            });
        }
        fleets
    }

    fn load_fleet(&mut self, id: FleetId) {
        if self.fleets.contains_key(&id) {
            return;
        }
        let fleet = self.request.program.fleet(id);
        self.fleets.insert(id, Vec::new());
        let targets = match &fleet.source {
            FleetSource::Targets(targets) => targets.clone(),
            FleetSource::Command { argv, folder } => {
                match super::fleet::from_command(self.request.world, argv, folder, fleet) {
                    Ok(targets) => targets,
                    Err(message) => return self.refuse(Code::FLEET_LOAD, fleet.span, message),
                }
            }
            FleetSource::Expr(expr) => {
                self.load_fleets(expr);
                match self.eval(expr, Place::ROOT, false) {
                    Ok(value) => {
                        let list = value.as_list().unwrap_or(&[]).iter();
                        let indices = list.filter_map(|it| self.index_of(it)).collect();
                        self.fleets.insert(id, indices);
                    }
                    Err(wrong) => self.refuse(Code::VALUE, wrong.span, wrong.message),
                }
                return;
            }
        };
        let mut indices = Vec::with_capacity(targets.len());
        for target in targets {
            let index = self.plan.targets.len() as u32;
            self.index.insert((target.fleet.clone(), target.name.clone()), index);
            self.plan.targets.push(std::sync::Arc::new(target));
            indices.push(index);
        }
        self.fleets.insert(id, indices);
    }

    fn finish(mut self) -> Planned {
        self.load_named_late();
        self.plan.fleets = self.fleets.iter().map(|(id, indices)| (id.0, indices.clone())).collect();
        self.plan.index();
        super::whole::make_paths_whole(&mut self.plan, &self.calls);
        self.fold_all();
        self.capture_outputs();
        self.refuse_cycles();
        if self.wrong.is_empty() {
            self.refuse_missing_kept();
        }
        if self.wrong.is_empty() { Ok(self.plan) } else { Err(self.wrong) }
    }

    /// Fleets that only the run asks about have to be in the plan as well.
    fn load_named_late(&mut self) {
        let mut named = Vec::new();
        for node in &self.plan.nodes {
            super::fold::for_each_expr(node, &mut |expr| {
                expr.walk(&mut |it| {
                    if let ExprKind::Fleet(fleet) = it.kind {
                        named.push(fleet);
                    }
                });
            });
        }
        for fleet in named {
            self.load_fleet(fleet);
        }
    }

    /// Replaces every expression whose value is known for all slots by that value.
    fn fold_all(&mut self) {
        // Beneath a `when` that may not hold a value is perhaps never asked for: what is wrong there, the run says.
        let mut perhaps = vec![false; self.plan.nodes.len()];
        for at in 0..self.plan.nodes.len() {
            let id = NodeId(at as u32);
            let mut node = self.plan.nodes[at].clone();
            let place = seen_from(id);
            let mut wrong = Vec::new();
            super::fold::for_each_expr_mut(&mut node, &mut |expr| {
                let mut eval = |expr: &Expr| self.eval(expr, place, false);
                super::fold::fold(expr, &mut eval, &mut wrong);
            });
            let holds = node.when.as_ref().is_none_or(|it| it.known() == Some(&Value::Bool(true)));
            perhaps[at] = !holds || perhaps[node.parent.index()];
            self.plan.nodes[at] = node;
            for it in wrong.into_iter().filter(|_| !perhaps[at]) {
                self.refuse(Code::VALUE, it.span, it.message);
            }
        }
    }

    /// Marks every action whose output a later expression reads.
    fn capture_outputs(&mut self) {
        let mut paths = BTreeSet::new();
        for node in &self.plan.nodes {
            super::fold::for_each_expr(node, &mut |expr| {
                expr.walk(&mut |it| {
                    if let ExprKind::Output(output) = &it.kind {
                        paths.insert(output.path.clone());
                    }
                });
            });
        }
        for path in paths {
            let Some(unit) = self.plan.unit_at(&path) else { continue };
            for at in unit.0..self.plan.node(unit).end.0 {
                self.plan.nodes[at as usize].captured = true;
            }
        }
    }

    fn refuse_cycles(&mut self) {
        if let Some(cycle) = super::order::cycle(&self.plan) {
            let names: Vec<String> = cycle.iter().map(|it| format!("`{}`", self.plan.node_path(*it))).collect();
            let span = self.plan.node(cycle[0]).span;
            let message = format!("these stages wait for each other: {}", names.join(" → "));
            self.refuse(Code::STAGE_CYCLE, span, message);
        }
    }

    /// An undo that reads what was kept has to find it, for every target that the run takes.
    fn refuse_missing_kept(&mut self) {
        let mut missing: BTreeMap<Span, (String, Vec<String>)> = BTreeMap::new();
        for at in 0..self.plan.nodes.len() as u32 {
            let node = self.plan.node(NodeId(at));
            if !matches!(node.kind, NodeKind::Sequence(Role::Undo)) {
                continue;
            }
            for inner in at..node.end.0 {
                self.find_missing_kept(NodeId(inner), &mut missing);
            }
        }
        for (span, (key, targets)) in missing {
            let shown = super::summary::some_names(&targets, 3);
            let message =
                format!("this undo needs the `{key}` that an earlier run kept, and there is none for {shown}");
            let found = Diagnostic::new(Code::KEPT_MISSING, span, message).because("nothing is kept there yet");
            self.wrong.push(found.help("say what it is when nothing was kept: `kept(…).key ?? …`"));
        }
    }

    fn find_missing_kept(&self, id: NodeId, missing: &mut BTreeMap<Span, (String, Vec<String>)>) {
        let mut reads: Vec<(Option<Expr>, SmolStr, Span)> = Vec::new();
        super::fold::for_each_expr(self.plan.node(id), &mut |expr| super::fold::bare_kept(expr, &mut reads));
        for (target, key, span) in reads {
            for slot in 0..self.plan.slots(id) {
                let place = Place::new(id, Slot(slot));
                let of = match &target {
                    Some(expr) => match self.eval(expr, place, true) {
                        Ok(Value::Target(target)) => Some(target.name.clone()),
                        _ => continue,
                    },
                    None => None,
                };
                if !self.request.kept.contains_key(&(of.clone(), key.clone())) {
                    let name = of.map_or_else(|| "the rollout".to_owned(), |it| format!("`{it}`"));
                    let entry = missing.entry(span).or_insert_with(|| (key.to_string(), Vec::new()));
                    if !entry.1.contains(&name) && entry.1.len() < 1000 {
                        entry.1.push(name);
                    }
                }
            }
        }
    }
}

fn bound(params: &[Param], arguments: &[Expr]) -> Vec<(LocalId, Expr)> {
    let given = params.iter().enumerate().filter_map(|(at, param)| {
        let expr = arguments.get(at).or(param.default.as_ref())?;
        Some((param.local, expr.clone()))
    });
    given.collect()
}

/// What a loop runs over in all slots around it.
struct Listed {
    elements: Elements,
    offsets: Vec<u32>,
    numbers: Vec<LoopNumbers>,
}

/// The same while it is being worked out.
struct Listing {
    values: Vec<Value>,
    targets: Vec<u32>,
    offsets: Vec<u32>,
    numbers: Vec<LoopNumbers>,
}

impl Default for Listing {
    fn default() -> Listing {
        Listing { values: Vec::new(), targets: Vec::new(), offsets: vec![0], numbers: Vec::new() }
    }
}

impl Listing {
    fn len(&self) -> u32 {
        (self.values.len() + self.targets.len()) as u32
    }

    /// Targets of the table are held by their number; as soon as one is none, all are held as values.
    fn add(&mut self, elements: Vec<Value>, numbers: LoopNumbers, index_of: impl Fn(&Value) -> Option<u32>) {
        let indices: Option<Vec<u32>> = elements.iter().map(index_of).collect();
        match indices {
            Some(indices) if self.values.is_empty() => self.targets.extend(indices),
            _ => self.values.extend(elements),
        }
        self.offsets.push(self.len());
        self.numbers.push(numbers);
    }

    fn finish(self) -> Listed {
        let elements =
            if self.values.is_empty() { Elements::Targets(self.targets) } else { Elements::Values(self.values) };
        Listed { elements, offsets: self.offsets, numbers: self.numbers }
    }
}
