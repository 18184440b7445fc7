//! A share that a plan sets, in words. Knows what it was called with as far as the plan does.

use super::Plan;
use crate::model::{Act, Expr};
use crate::value::Value;

/// Returns what an action sets, as a person would write it: `traffic 25% via edge`, `flag checkout = 25%`; nothing for
/// other actions.
pub fn exposure_words(plan: &Plan, act: &Act) -> String {
    let known = |expr: &Expr| expr.known().map_or_else(|| "…".to_owned(), Value::to_string);
    match act {
        Act::Traffic(traffic) => {
            let router = &plan.routers[traffic.router.index()].name;
            let arguments: Vec<String> = traffic.arguments.iter().map(known).collect();
            let called = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            format!("traffic {} via {router}{called}", known(&traffic.share))
        }
        Act::Flag(flag) => format!("flag {} = {}", plan.flags[flag.flag.index()].name, known(&flag.share)),
        _ => String::new(),
    }
}
