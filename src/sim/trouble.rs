//! What a plan can already be told to miss, from a pass in which everything takes its least: as data, and as findings.

use super::ahead::{Ahead, Seen};
use super::frozen::run_out_frozen;
use crate::calendar::{LOOK_AHEAD_MS, local};
use crate::diag::{Code, Diagnostic};
use crate::engine::seen_from_outside;
use crate::eval::{self, Fuel};
use crate::model::Expr;
use crate::plan::{NodeId, NodeKind, Plan};
use crate::value::{At, Value, show_duration};

/// Something that cannot be as the rollout wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A stage cannot end before its deadline.
    TooLate { stage: NodeId, earliest: At, deadline: At },
    /// A stage cannot end within its time limit.
    TooLong { stage: NodeId, takes_ms: i64, timeout_ms: i64 },
    /// It never begins as far as anybody looks.
    NeverBegins { node: NodeId, why: String },
    /// What people are asked for runs out while what waits for it is frozen.
    RunsOut { node: NodeId, asked: At, at: At, why: String },
}

impl Trouble {
    /// Returns it as a finding, with times as the clocks of a zone show them.
    pub fn told(&self, plan: &Plan, zone: &str) -> Diagnostic {
        let shown = |at: At| local(at, zone, "%a %Y-%m-%d %H:%M%:z");
        match self {
            Trouble::TooLate { stage, earliest, deadline } => {
                let (name, span) = (plan.node_path(*stage), span_of(plan, *stage, |it| &it.deadline));
                let message = format!("stage `{name}` cannot end before its deadline, {}", shown(*deadline));
                Diagnostic::new(Code::TOO_LATE, span, message)
                    .because(format!("at the earliest it ends {}", shown(*earliest)))
                    .help("begin sooner, move the deadline, or let more happen side by side with `at_once`")
            }
            Trouble::TooLong { stage, takes_ms, timeout_ms } => {
                let (name, span) = (plan.node_path(*stage), span_of(plan, *stage, |it| &it.timeout));
                let message = format!("stage `{name}` cannot end within its `timeout`, {}", show_duration(*timeout_ms));
                Diagnostic::new(Code::TOO_LATE, span, message)
                    .because(format!("it takes {} at the least", show_duration(takes_ms / 1_000 * 1_000)))
                    .help("give it more time, or let more happen side by side with `at_once`")
            }
            Trouble::NeverBegins { node, why } => {
                let during = plan.node(*node).during.as_ref().map_or(plan.node(*node).span, |it| it.span);
                let name = plan.node_path(*node);
                let name = if name.is_empty() { plan.rollout.to_string() } else { name };
                let years = LOOK_AHEAD_MS / (365 * 86_400_000);
                let message = format!("`{name}` never begins: its window does not open in the next {years} years");
                Diagnostic::new(Code::NEVER_BEGINS, during, message)
                    .because(why.clone())
                    .help("`rollout window FILE NAME` tells more of a window")
            }
            Trouble::RunsOut { node, asked, at, why } => {
                let (name, span) = (plan.node_path(*node), plan.node(*node).span);
                let message = format!("`{name}` can run out in a freeze, {}", shown(*at));
                Diagnostic::new(Code::RUNS_OUT_FROZEN, span, message)
                    .because(format!("asked for {} at the earliest; {why}", shown(*asked)))
                    .help("start so early that it is given before the freeze, or give it more time with `within`")
            }
        }
    }
}

/// Returns what cannot be in time even if everything takes its least, and what never begins.
pub(super) fn troubles(plan: &Plan, ahead: &Ahead) -> Vec<Trouble> {
    let never = ahead.shut.iter().map(|(place, why)| Trouble::NeverBegins { node: place.node, why: why.clone() });
    let mut troubles: Vec<Trouble> = never.collect();
    // Of a loop's elements the first speaks for all.
    troubles.dedup_by_key(|it| if let Trouble::NeverBegins { node, .. } = it { node.0 } else { 0 });
    for id in (0..plan.nodes.len() as u32).map(NodeId) {
        let NodeKind::Stage(stage) = &plan.node(id).kind else { continue };
        let Seen { begins: Some(begins), ends: Some(earliest) } = ahead.seen(id) else { continue };
        let takes_ms = earliest.since_ms(begins);
        if let Some(Value::Instant(deadline)) = value(plan, ahead, stage.deadline.as_ref())
            && earliest > deadline
        {
            troubles.push(Trouble::TooLate { stage: id, earliest, deadline });
        }
        if let Some(Value::Duration(timeout_ms)) = value(plan, ahead, stage.timeout.as_ref())
            && takes_ms > timeout_ms
        {
            troubles.push(Trouble::TooLong { stage: id, takes_ms, timeout_ms });
        }
    }
    troubles.extend(run_out_frozen(plan, ahead));
    troubles
}

pub(super) fn value(plan: &Plan, ahead: &Ahead, expr: Option<&Expr>) -> Option<Value> {
    let scope = seen_from_outside(plan, &ahead.run, ahead.now);
    eval::eval(expr?, &scope, &mut Fuel::default()).ok()
}

fn span_of(plan: &Plan, stage: NodeId, pick: impl Fn(&crate::plan::StageNode) -> &Option<Expr>) -> crate::source::Span {
    let node = plan.node(stage);
    let NodeKind::Stage(it) = &node.kind else { return node.span };
    pick(it).as_ref().map_or(node.span, |it| it.span)
}
