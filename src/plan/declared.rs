//! What is declared once and asked while the run goes on: what its expressions read of the environment, of files and of
//! groups is read when the plan is made, so that a run that goes on later or elsewhere means the same.

use super::NodeId;
use super::expand::Expansion;
use super::scope::seen_from;
use super::walk::{of_exec_mut, of_http_mut, of_run_mut, of_url_mut};
use crate::diag::Code;
use crate::eval::Wrong;
use crate::model::{Builtin, ChannelMeans, Expr, ExprKind, Gate, MetricMeans, ProbeMeans, RouterMeans, Threshold};
use crate::value::Value;

/// Sees one expression, to change it.
type Visit<'v> = &'v mut dyn FnMut(&mut Expr);

impl Expansion<'_> {
    /// Puts what only this machine and this moment know into the declarations that the run carries.
    pub(super) fn read_declared(&mut self) {
        let plan = &mut self.plan;
        let mut probes = std::mem::take(&mut plan.probes);
        let mut metrics = std::mem::take(&mut plan.metrics);
        let mut thresholds = std::mem::take(&mut plan.thresholds);
        let mut gates = std::mem::take(&mut plan.gates);
        let mut routers = std::mem::take(&mut plan.routers);
        let mut channels = std::mem::take(&mut plan.channels);
        let mut wrong = Vec::new();
        let root = seen_from(NodeId(0));
        let mut visit = |expr: &mut Expr| read_here(expr, &mut |it| self.eval(it, root, false), &mut wrong);
        probes.iter_mut().for_each(|it| of_probe(&mut it.means, &mut visit));
        metrics.iter_mut().for_each(|it| of_metric(&mut it.means, &mut visit));
        thresholds.iter_mut().for_each(|it| of_threshold(it, &mut visit));
        gates.iter_mut().for_each(|it| of_gate(it, &mut visit));
        routers.iter_mut().for_each(|it| of_router(&mut it.means, &mut visit));
        channels.iter_mut().for_each(|it| of_channel(&mut it.means, &mut visit));
        let plan = &mut self.plan;
        (plan.probes, plan.metrics, plan.thresholds) = (probes, metrics, thresholds);
        (plan.gates, plan.routers, plan.channels) = (gates, routers, channels);
        for it in wrong {
            self.refuse(Code::VALUE, it.span, it.message);
        }
    }
}

/// Replaces each reading of the world around by what it gives; all else stays as it is written.
fn read_here(expr: &mut Expr, eval: &mut dyn FnMut(&Expr) -> Result<Value, Wrong>, wrong: &mut Vec<Wrong>) {
    if !matches!(expr.kind, ExprKind::Builtin(Builtin::Env | Builtin::File | Builtin::Role, _)) {
        return expr.for_each_part_mut(&mut |part| read_here(part, eval, wrong));
    }
    match eval(expr) {
        Ok(value) => expr.kind = ExprKind::Value(value),
        Err(it) if it.is_not_known_here() => {}
        Err(it) => wrong.push(it),
    }
}

fn of_probe(means: &mut ProbeMeans, visit: Visit<'_>) {
    match means {
        ProbeMeans::Run(run) => of_run_mut(run, visit),
        ProbeMeans::Exec(exec) => of_exec_mut(exec, visit),
        ProbeMeans::Http(http) => of_http_mut(http, visit),
        ProbeMeans::Tcp { address, timeout } => {
            visit(address);
            timeout.iter_mut().for_each(visit);
        }
    }
}

fn of_metric(means: &mut MetricMeans, visit: Visit<'_>) {
    match means {
        MetricMeans::Prometheus { url, query: what, headers, timeout }
        | MetricMeans::Http { url, pointer: what, headers, timeout }
        | MetricMeans::Alertmanager { url, matchers: what, headers, timeout } => {
            of_url_mut(url, visit);
            visit(what);
            headers.iter_mut().for_each(|(_, it)| visit(it));
            timeout.iter_mut().for_each(visit);
        }
        MetricMeans::Command(exec) => of_exec_mut(exec, visit),
        MetricMeans::Recorded { valid, over } => valid.iter_mut().chain(over).for_each(visit),
        MetricMeans::Formula(formula) => visit(formula),
    }
}

fn of_threshold(threshold: &mut Threshold, visit: Visit<'_>) {
    visit(&mut threshold.condition);
    threshold.sustained.iter_mut().for_each(visit);
}

fn of_gate(gate: &mut Gate, visit: Visit<'_>) {
    gate.rules.iter_mut().for_each(|it| visit(&mut it.condition));
    if let Some(judge) = &mut gate.judge {
        [&mut judge.canary, &mut judge.baseline, &mut judge.over].into_iter().for_each(visit);
    }
}

fn of_router(means: &mut RouterMeans, visit: Visit<'_>) {
    match means {
        RouterMeans::Command { set, read } => [set, read].into_iter().for_each(|it| of_run_mut(it, visit)),
        RouterMeans::Haproxy(it) => {
            [&mut it.socket, &mut it.backend, &mut it.stable, &mut it.canary].into_iter().for_each(visit);
        }
        RouterMeans::Nginx(it) => {
            [&mut it.file, &mut it.upstream, &mut it.stable, &mut it.canary].into_iter().for_each(visit);
        }
    }
}

fn of_channel(means: &mut ChannelMeans, visit: Visit<'_>) {
    match means {
        ChannelMeans::Slack { url } => visit(url),
        ChannelMeans::Webhook { url, key } => {
            visit(url);
            key.iter_mut().for_each(visit);
        }
        ChannelMeans::Email { server, from, to } => [server, from, to].into_iter().for_each(visit),
        ChannelMeans::Command(exec) => of_exec_mut(exec, visit),
        ChannelMeans::Log => {}
    }
}
