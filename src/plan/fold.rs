//! The expressions of a node, and those among them whose value the plan knows already: they become that value.

use smol_str::SmolStr;

use super::{Node, NodeKind};
use crate::eval::Wrong;
use crate::model::{Act, Expr, ExprKind, Interrupted, Retry, Settings, ShellPart, TextPart, Watch};
use crate::source::Span;
use crate::value::Value;

/// Calls `visit` for every expression of a node.
pub(super) fn for_each_expr(node: &Node, visit: &mut dyn FnMut(&Expr)) {
    // One list of expressions serves both: the copy is small, and the two can never differ.
    let mut copy = node.clone();
    for_each_expr_mut(&mut copy, &mut |expr| visit(expr));
}

/// Calls `visit` for every expression of a node, to change it.
pub(super) fn for_each_expr_mut(node: &mut Node, visit: &mut dyn FnMut(&mut Expr)) {
    node.when.iter_mut().for_each(&mut *visit);
    node.binds.iter_mut().for_each(|(_, expr)| visit(expr));
    match &mut node.kind {
        NodeKind::Rollout { .. } | NodeKind::Child { .. } | NodeKind::Parallel | NodeKind::Sequence(_) => {}
        NodeKind::Stage(stage) => {
            let times = [&mut stage.delay, &mut stage.deadline, &mut stage.timeout];
            times.into_iter().flatten().for_each(visit);
        }
        NodeKind::Loop(it) => {
            if let Some(late) = &mut it.late {
                visit(&mut late.list);
                late.at_once.iter_mut().for_each(visit);
            }
        }
        NodeKind::Step(step) => {
            of_retry(&mut step.retry, visit);
            of_retry(&mut step.undo_retry, visit);
            step.timeout.iter_mut().for_each(&mut *visit);
            step.takes.iter_mut().for_each(visit);
        }
        NodeKind::Act(act) => of_act(act, visit),
    }
}

fn of_retry(retry: &mut Option<Retry>, visit: &mut dyn FnMut(&mut Expr)) {
    if let Some(retry) = retry {
        visit(&mut retry.attempts);
        retry.backoff.iter_mut().for_each(visit);
    }
}

fn of_act(act: &mut Act, visit: &mut dyn FnMut(&mut Expr)) {
    match act {
        Act::Run(run) => {
            for part in &mut run.script.parts {
                match part {
                    ShellPart::Text(_) => {}
                    ShellPart::Raw(expr) => visit(expr),
                }
            }
            run.script.holes.iter_mut().for_each(|(_, expr)| visit(expr));
            of_settings(&mut run.settings, visit);
        }
        Act::Exec(exec) => {
            exec.argv.iter_mut().for_each(&mut *visit);
            of_settings(&mut exec.settings, visit);
        }
        Act::Http(http) => {
            of_url(&mut http.url, visit);
            http.headers.iter_mut().for_each(|(_, expr)| visit(expr));
            http.body.iter_mut().for_each(&mut *visit);
            http.accept.iter_mut().for_each(&mut *visit);
            of_settings(&mut http.settings, visit);
        }
        Act::Check(check) => {
            visit(&mut check.condition);
            let times = [&mut check.settle, &mut check.within, &mut check.every];
            times.into_iter().flatten().for_each(visit);
        }
        Act::Watch(watch) | Act::Guard(watch) => {
            visit(&mut watch.condition);
            let Watch { settle, lasts, every, fail_after, fail_in_a_row, pass_in_a_row, unknown, .. } = watch;
            let numbers = [settle, lasts, every, fail_after, fail_in_a_row, pass_in_a_row, unknown];
            numbers.into_iter().flatten().for_each(visit);
        }
        Act::Require { condition, message } => {
            visit(condition);
            message.iter_mut().for_each(visit);
        }
        Act::Wait { duration: expr }
        | Act::WaitUntil { instant: expr }
        | Act::Log { message: expr }
        | Act::Fail { message: expr }
        | Act::Pause { message: expr } => visit(expr),
        Act::Restore { .. } => {}
        Act::Keep(keep) => {
            visit(&mut keep.value);
            keep.target.iter_mut().for_each(visit);
        }
    }
}

/// The holes of a URL stay holes: what stands in one is spelled as one component when the request is sent.
fn of_url(url: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    let ExprKind::Text(parts) = &mut url.kind else { return visit(url) };
    for part in parts {
        match part {
            TextPart::Chunk(_) => {}
            TextPart::Hole(hole) => visit(hole),
        }
    }
}

fn of_settings(settings: &mut Settings, visit: &mut dyn FnMut(&mut Expr)) {
    settings.env.iter_mut().for_each(|(_, expr)| visit(expr));
    of_retry(&mut settings.retry, visit);
    let rest = [
        &mut settings.cwd,
        &mut settings.stdin,
        &mut settings.timeout,
        &mut settings.accept_codes,
        &mut settings.accept_output,
    ];
    rest.into_iter().flatten().for_each(&mut *visit);
    if let Some(Interrupted::Verify(condition)) = &mut settings.interrupted {
        visit(condition);
    }
}

/// Replaces an expression, or the parts of it that are known, by values.
///
/// What can never have a value is collected; what only the run knows is left as it is.
pub(super) fn fold(expr: &mut Expr, eval: &mut dyn FnMut(&Expr) -> Result<Value, Wrong>, wrong: &mut Vec<Wrong>) {
    if expr.known().is_some() || matches!(expr.kind, ExprKind::Local(_)) && eval(expr).is_ok_and(|it| stays(&it)) {
        return;
    }
    if !holds_secret(expr) {
        match eval(expr) {
            // A list of targets is held once, in the plan's table, and not wherever it is named.
            Ok(value) if stays(&value) => {}
            Ok(value) => expr.kind = ExprKind::Value(value),
            Err(it) if it.is_not_known_here() => {}
            Err(it) => wrong.push(it),
        }
    }
    let mut parts = wrong.is_empty();
    if expr.known().is_some() {
        parts = false;
    }
    if parts {
        for_each_part_mut(expr, &mut |part| fold_part(part, eval));
    }
}

/// Parts of an expression may be bound within it, or never be asked for: what cannot be is not reported for them.
fn fold_part(expr: &mut Expr, eval: &mut dyn FnMut(&Expr) -> Result<Value, Wrong>) {
    if expr.known().is_some() {
        return;
    }
    if !holds_secret(expr)
        && let Ok(value) = eval(expr)
        && !stays(&value)
    {
        expr.kind = ExprKind::Value(value);
        return;
    }
    for_each_part_mut(expr, &mut |part| fold_part(part, eval));
}

fn stays(value: &Value) -> bool {
    matches!(value, Value::List(list) if list.iter().any(|it| it.as_target().is_some()))
        || matches!(value, Value::Target(_) | Value::Unknown)
}

fn holds_secret(expr: &Expr) -> bool {
    let mut holds = false;
    expr.walk(&mut |it| holds |= matches!(it.kind, ExprKind::Value(Value::Secret(_))));
    holds
}

pub(super) fn for_each_part_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::Value(_)
        | ExprKind::Local(_)
        | ExprKind::Fleet(_)
        | ExprKind::Run(_)
        | ExprKind::Loop(_)
        | ExprKind::Wave(_)
        | ExprKind::Touched(_)
        | ExprKind::Stage(..)
        | ExprKind::Today
        | ExprKind::Bad => {}
        ExprKind::Text(parts) => parts.iter_mut().for_each(|part| match part {
            TextPart::Chunk(_) => {}
            TextPart::Hole(hole) => visit(hole),
        }),
        ExprKind::List(list)
        | ExprKind::Builtin(_, list)
        | ExprKind::Probe(_, list)
        | ExprKind::Metric(_, list)
        | ExprKind::Threshold(_, list)
        | ExprKind::Gate(_, list) => list.iter_mut().for_each(visit),
        ExprKind::Before(before) => {
            before.arguments.iter_mut().chain(&mut before.over).chain(&mut before.ago).for_each(visit);
        }
        ExprKind::Record(fields) => fields.iter_mut().for_each(|(_, value)| visit(value)),
        ExprKind::Rest(of) | ExprKind::Field(of, _) | ExprKind::Not(of) | ExprKind::Minus(of) => visit(of),
        ExprKind::Index(a, b)
        | ExprKind::Sum(_, a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::Of(a, b)
        | ExprKind::Range(a, b) => {
            visit(a);
            visit(b);
        }
        ExprKind::If(cond, then, otherwise) => {
            visit(cond);
            visit(then);
            visit(otherwise);
        }
        ExprKind::Generate { each, list, filter, .. } => {
            visit(list);
            filter.iter_mut().for_each(|it| visit(it));
            visit(each);
        }
        ExprKind::Filter { list, filter, .. } => {
            visit(list);
            visit(filter);
        }
        ExprKind::Output(output) => output.target.iter_mut().for_each(|it| visit(it)),
        ExprKind::Kept { target, .. } => target.iter_mut().for_each(|it| visit(it)),
    }
}

/// Collects where an expression reads something kept without saying what it is when nothing was.
pub(super) fn bare_kept(expr: &Expr, reads: &mut Vec<(Option<Expr>, SmolStr, Span)>) {
    match &expr.kind {
        ExprKind::Coalesce(left, right) if matches!(left.kind, ExprKind::Kept { .. }) => bare_kept(right, reads),
        ExprKind::Compare(_, left, right) if is_null(left) || is_null(right) => {}
        // A condition about what is kept decides whether it is read.
        ExprKind::If(..) => {}
        ExprKind::Kept { target, key } => reads.push((target.as_deref().cloned(), key.clone(), expr.span)),
        _ => expr.for_each_part(&mut |part| bare_kept(part, reads)),
    }
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Value(Value::Null))
}
