//! Circles: actions and rollouts that call themselves, stages that come after themselves.

use std::collections::{HashMap, HashSet};

use super::checker::Checker;
use crate::diag::{Code, Diagnostic};
use crate::model::{ActionId, RolloutId, Stage};
use crate::source::Span;

/// What calls and is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Callee {
    Action(ActionId),
    Rollout(RolloutId),
}

/// One call with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallFound {
    from: Callee,
    to: Callee,
    span: Span,
}

impl<'t> Checker<'t> {
    /// Remembers a call, if it stands in something that is called itself.
    pub fn found_call(&mut self, to: Callee, span: Span) {
        let action = self.spot.in_action.map(Callee::Action);
        let from = action.or_else(|| self.spot.rollout.map(Callee::Rollout));
        if let Some(from) = from {
            self.calls.push(CallFound { from, to, span });
        }
    }

    /// Reports actions and rollouts that, by way of others, call themselves.
    pub fn check_cycles(&mut self) {
        let mut graph: HashMap<Callee, Vec<(Callee, Span)>> = HashMap::new();
        let calls = std::mem::take(&mut self.calls);
        calls.iter().for_each(|it| graph.entry(it.from).or_default().push((it.to, it.span)));
        let mut reported: HashSet<Callee> = HashSet::new();
        let mut starts: Vec<Callee> = calls.iter().map(|it| it.from).collect();
        starts.dedup();
        let mut done: HashSet<Callee> = HashSet::new();
        for start in starts {
            if let Some(circle) = circle_from(start, &graph, &mut done)
                && reported.insert(circle[0].0)
            {
                self.say_call_cycle(&circle);
            }
        }
        self.calls = calls;
    }

    fn say_call_cycle(&mut self, circle: &[(Callee, Span)]) {
        let names: Vec<String> = circle.iter().map(|(it, _)| format!("`{}`", self.callee_name(*it))).collect();
        let (last, span) = circle[circle.len() - 1];
        let what = match last {
            Callee::Action(_) => "action",
            Callee::Rollout(_) => "rollout",
        };
        let mut problem =
            Diagnostic::new(Code::CALL_CYCLE, span, format!("the {what} {} calls itself", names[names.len() - 1]));
        for ((_, at), name) in circle[..circle.len() - 1].iter().zip(&names) {
            problem = problem.also(*at, format!("calls {name}"));
        }
        self.say(problem.because("leads back"));
    }

    fn callee_name(&self, callee: Callee) -> String {
        match callee {
            Callee::Action(id) => self.program.actions.get(id.index()).map(|it| it.name.to_string()),
            Callee::Rollout(id) => self.program.rollouts.get(id.index()).map(|it| it.name.to_string()),
        }
        .unwrap_or_default()
    }

    /// Reports stages that wait for themselves, and lets them wait for nothing.
    pub fn refuse_stage_cycles(&mut self, stages: &mut [Stage]) {
        let mut state = vec![Visit::New; stages.len()];
        for start in 0..stages.len() {
            let mut trail = Vec::new();
            if let Some(circle) = stage_circle(start, stages, &mut state, &mut trail) {
                self.say_stage_cycle(stages, &circle);
                stages[circle[0]].after.clear();
            }
        }
    }

    fn say_stage_cycle(&mut self, stages: &[Stage], circle: &[usize]) {
        let names: Vec<String> = circle.iter().map(|it| format!("`{}`", stages[*it].path)).collect();
        let first = &stages[circle[0]];
        let message = match circle {
            [_] => format!("the stage {} comes after itself", names[0]),
            _ => format!("these stages wait for each other: {}, then {} again", names.join(" waits for "), names[0]),
        };
        let mut problem = Diagnostic::new(Code::STAGE_CYCLE, first.span, message);
        for at in &circle[1..] {
            problem = problem.also(stages[*at].span, format!("`{}` is part of the circle", stages[*at].path));
        }
        self.say(problem.help("take one of them out of an `after`"));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

/// Follows `after` from a stage; returns the stages of a circle, if there is one. Keeps its own trail, because a
/// rollout may have more stages than a stack has room for.
fn stage_circle(
    start: usize,
    stages: &[Stage],
    state: &mut [Visit],
    trail: &mut Vec<(usize, usize)>,
) -> Option<Vec<usize>> {
    if state[start] != Visit::New {
        return None;
    }
    state[start] = Visit::Open;
    trail.push((start, 0));
    while let Some((at, next)) = trail.last().copied() {
        let Some(before) = stages[at].after.get(next).map(|it| *it as usize) else {
            state[at] = Visit::Done;
            trail.pop();
            continue;
        };
        trail.last_mut().expect("it is not empty").1 += 1;
        match state[before] {
            Visit::New => {
                state[before] = Visit::Open;
                trail.push((before, 0));
            }
            Visit::Open => {
                let from = trail.iter().position(|(it, _)| *it == before).unwrap_or(0);
                let circle = trail[from..].iter().map(|(it, _)| *it).collect();
                trail.iter().for_each(|(it, _)| state[*it] = Visit::Done);
                return Some(circle);
            }
            Visit::Done => {}
        }
    }
    None
}

/// Follows calls from a start; returns the calls of a circle, if there is one.
fn circle_from(
    start: Callee,
    graph: &HashMap<Callee, Vec<(Callee, Span)>>,
    done: &mut HashSet<Callee>,
) -> Option<Vec<(Callee, Span)>> {
    if done.contains(&start) {
        return None;
    }
    let mut trail: Vec<(Callee, usize)> = vec![(start, 0)];
    let mut open: HashSet<Callee> = HashSet::from([start]);
    let mut calls: Vec<(Callee, Span)> = Vec::new();
    while let Some((at, next)) = trail.last().copied() {
        let Some((to, span)) = graph.get(&at).and_then(|it| it.get(next)).copied() else {
            done.insert(at);
            open.remove(&at);
            trail.pop();
            calls.pop();
            continue;
        };
        trail.last_mut().expect("it is not empty").1 += 1;
        if open.contains(&to) {
            let from = trail.iter().position(|(it, _)| *it == to).unwrap_or(0);
            calls.push((to, span));
            done.extend(trail.iter().map(|(it, _)| *it));
            return Some(calls.split_off(from));
        }
        if !done.contains(&to) {
            open.insert(to);
            calls.push((to, span));
            trail.push((to, 0));
        }
    }
    None
}
