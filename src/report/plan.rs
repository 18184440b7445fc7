//! From a plan to its drawing: what stands on each card, in the words of the file and with the plan's numbers.

use super::{Drawing, EdgeKind, Node, NodeKind, NodeNumber};
use crate::model::{Act, Ask, AskKind, OnFailure, RunText, ShellPart};
use crate::plan::{self, LoopNode, NodeId, Place, Plan, Role, Slot, StageNode, StepNode};
use crate::value::{Value, show_duration};

/// No line of a card is longer, in characters.
const LINE_MAX: usize = 72;

/// Returns the graph of a plan.
pub fn graph_of(plan: &Plan) -> Drawing {
    let root = Node::new(NodeKind::Rollout, plan.rollout.as_str(), plan.rollout.as_str());
    let mut drawing = Drawing::new(root);
    let mut numbers = vec![drawing.root(); plan.nodes.len()];
    add_children(plan, NodeId::ROOT, &mut drawing, &mut numbers);
    for at in 0..plan.nodes.len() as u32 {
        if let plan::NodeKind::Stage(stage) = &plan.node(NodeId(at)).kind {
            for before in &stage.after {
                drawing.connect(numbers[before.index()], numbers[at as usize], EdgeKind::Order);
            }
        }
    }
    drawing
}

fn add_children(plan: &Plan, id: NodeId, drawing: &mut Drawing, numbers: &mut Vec<NodeNumber>) {
    let node = plan.node(id);
    let way_back = node.undo.iter();
    for child in node.children.iter().chain(way_back) {
        // A loop's body is drawn as the loop itself.
        let inner = plan.node(*child);
        let inside = numbers[id.index()];
        let number = match inner.kind {
            plan::NodeKind::Sequence(Role::Target | Role::Block) => inside,
            _ => drawing.add(inside, drawn(plan, *child)),
        };
        numbers[child.index()] = number;
        add_children(plan, *child, drawing, numbers);
    }
}

/// Returns what stands on the card of a node.
pub(super) fn drawn(plan: &Plan, id: NodeId) -> Node {
    let node = plan.node(id);
    let path = plan.node_path(id);
    let name = node.name.as_str();
    let made = match &node.kind {
        plan::NodeKind::Rollout { .. } => Node::new(NodeKind::Rollout, path, name),
        plan::NodeKind::Child { .. } => Node::new(NodeKind::Child, path, format!("call {name}")),
        plan::NodeKind::Stage(stage) => of_stage(plan, id, stage, path),
        plan::NodeKind::Loop(it) => of_loop(plan, id, it, path),
        plan::NodeKind::Parallel => Node::new(NodeKind::Parallel, path, "side by side"),
        plan::NodeKind::Step(step) => of_step(step, path, name),
        plan::NodeKind::Act(act) => of_act(plan, act, path),
        plan::NodeKind::Sequence(role) => of_role(*role, path, name),
    };
    let conditional = node.when.as_ref().is_some_and(|it| it.known() != Some(&Value::Bool(true)));
    if conditional { made.with_line("only when its condition holds") } else { made }
}

fn of_stage(plan: &Plan, id: NodeId, stage: &StageNode, path: String) -> Node {
    let name = plan.node(id).name.clone();
    let mut node = Node::new(NodeKind::Stage, path, name.as_str());
    let place = Place::new(id, Slot::ONLY);
    if let Some(Value::Duration(ms)) = stage.delay.as_ref().and_then(|it| it.known()) {
        node = node.with_line(format!("{} after what comes before", show_duration(*ms)));
    }
    if let Some(Value::Instant(at)) = stage.deadline.as_ref().and_then(|it| it.known()) {
        node = node.with_line(format!("until {at}"));
    }
    if let Some(Value::Duration(ms)) = stage.timeout.as_ref().and_then(|it| it.known()) {
        node = node.with_line(format!("at most {}", show_duration(*ms)));
    }
    if let Some(risk) = &stage.risk {
        node = node.with_line(format!("risk {risk}"));
    }
    if !stage.undo_with_run {
        node = node.with_line("stays when a later stage fails");
    }
    let root_word = match plan.node(plan.node(place.node).parent).kind {
        plan::NodeKind::Rollout { on_failure } => on_failure,
        plan::NodeKind::Child(ref child) => child.on_failure,
        _ => OnFailure::default(),
    };
    if stage.on_failure != root_word {
        node = node.with_line(format!("on failure: {}", failure_word(stage.on_failure)));
    }
    node
}

fn failure_word(on_failure: OnFailure) -> &'static str {
    match on_failure {
        OnFailure::Rollback => "undo the whole run",
        OnFailure::RollbackStage => "undo this stage, then pause",
        OnFailure::Pause => "pause",
        OnFailure::Stop => "stop",
    }
}

fn of_loop(plan: &Plan, id: NodeId, it: &LoopNode, path: String) -> Node {
    const SHOWN_MAX: usize = 6;
    let mut node = Node::new(NodeKind::Loop, path, format!("for {}", it.local_name));
    if it.late.is_some() {
        return node.with_line("over what is known only then");
    }
    for at in 0..it.numbers.len().min(SHOWN_MAX) {
        node = node.with_line(plan::loop_words(plan, id, it, Slot(at as u32)));
    }
    if let Some(more @ 1..) = it.numbers.len().checked_sub(SHOWN_MAX) {
        node = node.with_line(format!("… and {more} more"));
    }
    node
}

fn of_step(step: &StepNode, path: String, name: &str) -> Node {
    let mut node = Node::new(NodeKind::Step, path, name);
    if let Some(Value::Int(attempts)) = step.retry.as_ref().and_then(|it| it.attempts.known()) {
        node = node.with_line(format!("up to {attempts} attempts"));
    }
    if let Some(Value::Duration(ms)) = step.timeout.as_ref().and_then(|it| it.known()) {
        node = node.with_line(format!("at most {}", show_duration(*ms)));
    }
    node
}

fn of_role(role: Role, path: String, name: &str) -> Node {
    match role {
        Role::Target | Role::Block => Node::new(NodeKind::Step, path, name),
        Role::AfterWave => Node::new(NodeKind::AfterWave, path, "after each wave"),
        Role::Save => Node::new(NodeKind::Save, path, format!("save {name}")),
        Role::Undo => Node::new(NodeKind::Undo, path, name),
        Role::Hook(event) => Node::new(NodeKind::Hook, path, format!("on {}", event.name())),
        Role::Finally => Node::new(NodeKind::Hook, path, "finally"),
        Role::Afterwards => Node::new(NodeKind::Hook, path, "afterwards"),
        Role::Every => Node::new(NodeKind::Hook, path, "every"),
    }
}

fn of_act(plan: &Plan, act: &Act, path: String) -> Node {
    let known = |expr: &crate::model::Expr| expr.known().map_or_else(|| "…".to_owned(), Value::to_string);
    match act {
        Act::Run(run) => Node::new(NodeKind::Action, path, format!("run {}", first_line(&run.script))),
        Act::Exec(exec) => {
            let words: Vec<String> = exec.argv.iter().map(known).collect();
            Node::new(NodeKind::Action, path, cut(&format!("exec {}", words.join(" "))))
        }
        Act::Http(http) => {
            Node::new(NodeKind::Action, path, cut(&format!("http {} {}", http.method, known(&http.url))))
        }
        Act::Check(check) => {
            let node = Node::new(NodeKind::Check, path, cut(&format!("check {}", check.shown)));
            match check.within.as_ref().and_then(|it| it.known()) {
                Some(Value::Duration(ms)) => node.with_line(format!("within {}", show_duration(*ms))),
                _ => node,
            }
        }
        Act::Watch(watch) => {
            let node = Node::new(NodeKind::Check, path, cut(&format!("watch {}", watch.shown)));
            match watch.lasts.as_ref().and_then(|it| it.known()) {
                Some(Value::Duration(ms)) => node.with_line(format!("for {}", show_duration(*ms))),
                _ => node,
            }
        }
        Act::Guard(guard) => Node::new(NodeKind::Check, path, cut(&format!("guard {}", guard.shown))),
        Act::Require { message, .. } => {
            let said = message.as_ref().map_or_else(String::new, |it| format!(": {}", known(it)));
            Node::new(NodeKind::Check, path, cut(&format!("require{said}")))
        }
        Act::Wait { duration } => Node::new(NodeKind::Wait, path, format!("wait {}", known(duration))),
        Act::WaitUntil { instant } => Node::new(NodeKind::Wait, path, format!("wait until {}", known(instant))),
        Act::Log { message } => Node::new(NodeKind::Notice, path, cut(&format!("log {}", known(message)))),
        Act::Fail { message } => Node::new(NodeKind::Notice, path, cut(&format!("fail {}", known(message)))),
        Act::Pause { message } => Node::new(NodeKind::Wait, path, cut(&format!("pause {}", known(message)))),
        Act::Restore { save } => Node::new(NodeKind::Undo, path, format!("restore {save}")),
        Act::Ask(ask) => of_ask(ask, path),
        Act::Traffic(_) | Act::Flag(_) => Node::new(NodeKind::Action, path, cut(&plan::exposure_words(plan, act))),
        Act::Notify(notify) => {
            let node = Node::new(NodeKind::Notice, path, cut(&format!("notify {}", known(&notify.message))));
            node.with_line(format!("to {}", plan.channels[notify.channel.index()].name))
        }
        Act::Keep(keep) => Node::new(NodeKind::Keep, path, cut(&format!("keep {} = {}", keep.key, known(&keep.value)))),
    }
}

/// A question to people: what, and how many of whom by when.
fn of_ask(ask: &Ask, path: String) -> Node {
    let text = ask.text.as_ref().and_then(|it| it.known()).map(|it| format!(" {it}")).unwrap_or_default();
    let node = Node::new(NodeKind::Approve, path, cut(&format!("{}{text}", ask.kind.word())));
    let names = match ask.of.known().and_then(Value::as_list) {
        Some(names) => names.iter().map(Value::to_string).collect::<Vec<_>>().join(", "),
        None => "…".to_owned(),
    };
    let many = match &ask.kind {
        AskKind::Approve { need, .. } => {
            format!("{} of ", need.known().map_or_else(|| "…".to_owned(), Value::to_string))
        }
        AskKind::Checklist { items, list } => match list.as_ref().map(|it| it.known().and_then(Value::as_list)) {
            None => format!("{} items, ", items.len()),
            Some(Some(list)) => format!("{} items, ", items.len() + list.len()),
            Some(None) => String::new(),
        },
        AskKind::Confirm => String::new(),
    };
    let node = node.with_line(cut(&format!("{many}{names}")));
    match ask.within.as_ref().and_then(|it| it.known()) {
        Some(Value::Duration(ms)) => node.with_line(format!("within {}", show_duration(*ms))),
        _ => node,
    }
}

/// The first line of a script that says something, with its holes as they are read: `${…}`.
fn first_line(script: &RunText) -> String {
    let mut text = String::new();
    for part in &script.parts {
        match part {
            ShellPart::Text(part) => text.push_str(part),
            ShellPart::Raw(_) => text.push('…'),
        }
    }
    for (name, value) in &script.holes {
        let value = value.known().map_or_else(|| "…".to_owned(), Value::to_string);
        for written in [format!("\"${{{name}}}\""), format!("${{{name}}}")] {
            text = text.replace(&written, &value);
        }
    }
    let mut lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    let more = if lines.next().is_some() { " …" } else { "" };
    cut(&format!("{first}{more}"))
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LINE_MAX {
        return text.to_owned();
    }
    let short: String = text.chars().take(LINE_MAX - 1).collect();
    format!("{short}…")
}
