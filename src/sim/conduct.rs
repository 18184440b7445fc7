//! How commands and requests go in a scenario: what is given for the steps that they stand in, the nearest first.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::Asked;
use super::units::nodes_named;
use crate::engine::{Answer, CommandJob, Done, Fault, FaultKind, HttpJob, Job};
use crate::model::{Act, Conduct, Fails, Given, Says, UnitRef};
use crate::plan::{NodeId, NodeKind, Place, Plan, Role};
use crate::value::Value;

/// What is given for steps, by the commands and requests that it concerns.
#[derive(Debug)]
pub(super) struct Conducts<'a> {
    given: Vec<(&'a UnitRef, &'a Conduct)>,
    /// For each command and request, the most specific first.
    at: BTreeMap<NodeId, Vec<Part>>,
    /// The same for each question to people.
    asks: BTreeMap<NodeId, Vec<Part>>,
    /// How long each takes where nothing is given, if its step says so.
    takes_ms: BTreeMap<NodeId, i64>,
}

/// What a command or request is within a step that something is given for.
#[derive(Debug, Clone, Copy)]
struct Part {
    given: usize,
    is_first: bool,
    is_last: bool,
    /// How many there are in the step, among which its time is shared.
    of: i64,
}

impl<'a> Conducts<'a> {
    pub fn new(plan: &Plan, givens: &'a [Given]) -> Conducts<'a> {
        let mut conducts =
            Conducts { given: Vec::new(), at: BTreeMap::new(), asks: BTreeMap::new(), takes_ms: BTreeMap::new() };
        conducts.learn_takes(plan);
        let mut found: Vec<(bool, NodeId, usize, Vec<NodeId>)> = Vec::new();
        for given in givens {
            let Says::Unit { unit, conduct } = &given.says else { continue };
            let index = conducts.given.len();
            conducts.given.push((unit, conduct));
            let names_target = unit.target.is_some() || conduct.on.is_some();
            found.extend(nodes_named(plan, unit).into_iter().map(|it| (names_target, it, index, leaves(plan, it))));
        }
        // One that names its targets comes first, then the one that stands deeper, then the later.
        found.sort_by_key(|(names_target, node, index, _)| std::cmp::Reverse((*names_target, *node, *index)));
        for (_, node, given, leaves) in found {
            if plan.ask_at(node).is_some() {
                let part = Part { given, is_first: true, is_last: true, of: 1 };
                conducts.asks.entry(node).or_default().push(part);
            }
            let last = leaves.len().saturating_sub(1);
            for (at, leaf) in leaves.iter().enumerate() {
                let part = Part { given, is_first: at == 0, is_last: at == last, of: leaves.len() as i64 };
                conducts.at.entry(*leaf).or_default().push(part);
            }
        }
        conducts
    }

    fn learn_takes(&mut self, plan: &Plan) {
        // From the outermost step inwards: the nearest has the last word.
        for id in (0..plan.nodes.len() as u32).map(NodeId) {
            let NodeKind::Step(step) = &plan.node(id).kind else { continue };
            let Some(ms) = step.takes.as_ref().and_then(|it| it.known()).and_then(middle) else { continue };
            let leaves = leaves(plan, id);
            let share = ms / (leaves.len() as i64).max(1);
            self.takes_ms.extend(leaves.into_iter().map(|it| (it, share)));
        }
    }

    /// Returns how long a command or request takes where nothing is given, if its step says so.
    pub fn usual_ms(&self, node: NodeId) -> Option<i64> {
        self.takes_ms.get(&node).copied()
    }

    /// Returns what comes of a command or request, and after how long; `usually_ms` where nothing says.
    pub fn answer(&self, asked: &Asked, usually_ms: i64) -> (i64, Answer) {
        let parts = self.parts(asked.plan, asked.place);
        let says = |it: &&Part| self.given[it.given].1;
        let takes = parts.iter().find_map(|it| says(it).takes_ms.map(|ms| ms / it.of.max(1)));
        let takes_ms = takes.or(self.usual_ms(asked.place.node)).unwrap_or(usually_ms);
        let limit_ms = timeout_ms(asked.job);
        if takes_ms > limit_ms {
            let message = format!("no end within {}", crate::value::show_duration(limit_ms));
            return (limit_ms, Answer::Fault(Fault { kind: FaultKind::TimedOut, message, code: None }));
        }
        let fails = parts.iter().find(|it| says(it).fails.is_some()).filter(|it| it.is_first);
        if let Some(message) = fails.and_then(|it| failure(says(it).fails.as_ref()?, asked.attempt)) {
            return (takes_ms, Answer::Fault(Fault { kind: FaultKind::Refused, message, code: Some(1) }));
        }
        let last: Vec<&Conduct> = parts.iter().filter(|it| it.is_last).map(says).collect();
        let exits = last.iter().find_map(|it| it.exits);
        let done = Done {
            code: exits.unwrap_or(usual_code(asked.job)) as i32,
            stdout: last.iter().find_map(|it| it.stdout.as_ref()).map(SmolStr::to_string).unwrap_or_default(),
            outputs: last
                .iter()
                .rev()
                .flat_map(|it| &it.outputs)
                .map(|(key, it)| (key.clone(), it.to_string()))
                .collect(),
        };
        (takes_ms, if is_accepted(asked.job, done.code) { Answer::Done(done) } else { refused(asked.job, done.code) })
    }

    /// Returns what people do about a question at a place, if that is given.
    pub fn decision(&self, plan: &Plan, place: Place) -> Option<&'a Conduct> {
        let parts = Self::meant(&self.given, self.asks.get(&place.node)?, plan, place);
        parts.first().map(|it| self.given[it.given].1)
    }

    /// Returns what is given for this place, the most specific first.
    fn parts(&self, plan: &Plan, place: Place) -> Vec<&Part> {
        let Some(parts) = self.at.get(&place.node) else { return Vec::new() };
        Self::meant(&self.given, parts, plan, place)
    }

    fn meant<'p>(given: &[(&'a UnitRef, &'a Conduct)], parts: &'p [Part], plan: &Plan, place: Place) -> Vec<&'p Part> {
        let target = plan.target_of(place);
        let is_meant = |part: &&Part| {
            let (unit, conduct) = given[part.given];
            let is = |name: &SmolStr| target.is_some_and(|it| it.name == *name);
            unit.target.as_ref().is_none_or(is) && conduct.on.as_ref().is_none_or(|all| all.iter().any(is))
        };
        parts.iter().filter(is_meant).collect()
    }
}

/// Returns the commands and requests of a unit, in the order of the plan, its way back left out.
pub(super) fn leaves(plan: &Plan, unit: NodeId) -> Vec<NodeId> {
    let mut leaves = Vec::new();
    let mut at = unit;
    while at < plan.node(unit).end {
        let node = plan.node(at);
        if at != unit && node.kind == NodeKind::Sequence(Role::Undo) {
            at = node.end;
            continue;
        }
        if matches!(&node.kind, NodeKind::Act(act) if matches!(**act, Act::Run(_) | Act::Exec(_) | Act::Http(_) | Act::Traffic(_)))
        {
            leaves.push(at);
        }
        at = NodeId(at.0 + 1);
    }
    leaves
}

/// A duration, or the middle between the least and the most.
fn middle(takes: &Value) -> Option<i64> {
    match takes {
        Value::Duration(ms) => Some(*ms),
        Value::Range(range) => Some((range.0.as_duration_ms()? + range.1.as_duration_ms()?) / 2),
        _ => None,
    }
}

fn failure(fails: &Fails, attempt: u32) -> Option<String> {
    match fails {
        Fails::Always(message) => Some(message.as_ref().map_or_else(|| "exit code 1".to_owned(), SmolStr::to_string)),
        Fails::First(count) => (attempt <= *count).then(|| "exit code 1".to_owned()),
    }
}

/// Returns how long a job may take.
pub(super) fn timeout_ms(job: &Job) -> i64 {
    let ms = match job {
        Job::Command(it) => it.timeout_ms,
        Job::Http(it) => it.timeout_ms,
        Job::Router(it) => it.call.timeout_ms(),
        Job::Notice(it) => it.timeout_ms,
        Job::Probes { .. } => return i64::MAX,
    };
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn usual_code(job: &Job) -> i64 {
    match job {
        Job::Command(CommandJob { accept, .. }) => accept.codes.first().map_or(0, |it| i64::from(*it)),
        Job::Http(HttpJob { accept, .. }) => accept.first().map_or(200, |it| i64::from(it.first)),
        Job::Probes { .. } | Job::Router(_) | Job::Notice(_) => 0,
    }
}

fn is_accepted(job: &Job, code: i32) -> bool {
    match job {
        Job::Command(CommandJob { accept, .. }) => accept.codes.contains(&code),
        Job::Http(HttpJob { accept, .. }) if accept.is_empty() => (200..300).contains(&code),
        Job::Http(HttpJob { accept, .. }) => {
            accept.iter().any(|it| (i32::from(it.first)..=i32::from(it.last)).contains(&code))
        }
        Job::Router(it) => it.call.accepts(code),
        Job::Probes { .. } | Job::Notice(_) => true,
    }
}

fn refused(job: &Job, code: i32) -> Answer {
    let message = match job {
        Job::Command(_) | Job::Probes { .. } | Job::Router(_) => format!("exit code {code}"),
        Job::Http(_) | Job::Notice(_) => format!("status {code}"),
    };
    Answer::Fault(Fault { kind: FaultKind::Refused, message, code: Some(code) })
}
