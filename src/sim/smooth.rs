//! A plan as it is when everything goes well: every condition that asks the world holds, nothing runs out of time, and
//! the way back stays open after success. The nodes stay what and where they are, so a live run fits it too.

use super::pace::Pace;
use crate::model::{Act, Check, Expr, ExprKind, Interrupted, Watch};
use crate::plan::{NodeKind, Plan};
use crate::value::Value;

/// How long a guard sleeps: longer than any forecast looks.
const GUARD_SLEEPS_MS: i64 = 50 * 365 * 86_400_000;

/// How long the way back stays open, where the rollout closes it at once.
const RETAINED_MS: i64 = 86_400_000;

/// Returns a plan in which everything goes well.
pub(super) fn smooth(plan: &Plan, pace: Pace) -> Plan {
    let mut plan = plan.clone();
    plan.retain_ms.get_or_insert(RETAINED_MS);
    // What happens again and again holds nothing up.
    plan.periods.clear();
    for node in &mut plan.nodes {
        match &mut node.kind {
            NodeKind::Stage(stage) => (stage.deadline, stage.timeout) = (None, None),
            NodeKind::Step(step) => step.timeout = None,
            NodeKind::Act(act) => smooth_act(act, pace),
            NodeKind::Rollout { .. }
            | NodeKind::Child(_)
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Sequence(_) => {}
        }
    }
    plan
}

fn smooth_act(act: &mut Act, pace: Pace) {
    if let Act::Run(crate::model::Run { settings, .. })
    | Act::Exec(crate::model::Exec { settings, .. })
    | Act::Http(crate::model::HttpAct { settings, .. }) = act
        && let Some(Interrupted::Verify(condition)) = &mut settings.interrupted
    {
        let_hold(condition);
    }
    if let Act::Check(check) = act {
        smooth_check(check, pace);
    }
    if let Act::Guard(watch) = act {
        let_hold(&mut watch.condition);
        watch.every = Some(Expr::value(Value::Duration(GUARD_SLEEPS_MS), watch.condition.span));
    }
    if let Act::Watch(watch) = act {
        smooth_watch(watch, pace);
    }
    if let Act::Require { condition, .. } = act {
        let_hold(condition);
    }
}

fn smooth_check(check: &mut Check, pace: Pace) {
    if let_hold(&mut check.condition) && pace == Pace::Most && check.within.is_some() {
        // It holds at the last moment.
        check.settle.clone_from(&check.within);
    }
}

fn smooth_watch(watch: &mut Watch, pace: Pace) {
    let_hold(&mut watch.condition);
    if pace == Pace::Most {
        watch.pass_in_a_row = None;
    }
    if watch.pass_in_a_row.is_none() {
        // Nothing is learned from samples that are all alike.
        watch.every.clone_from(&watch.lasts);
    }
}

/// Lets a condition hold if it asks the world anything; returns whether it does.
fn let_hold(condition: &mut Expr) -> bool {
    let mut asks = false;
    condition.walk(&mut |it| {
        asks |= matches!(
            it.kind,
            ExprKind::Probe(..)
                | ExprKind::Metric(..)
                | ExprKind::Before(_)
                | ExprKind::Trend(_)
                | ExprKind::Threshold(..)
                | ExprKind::Gate(..)
        );
    });
    if asks {
        *condition = Expr::value(Value::Bool(true), condition.span);
    }
    asks
}
