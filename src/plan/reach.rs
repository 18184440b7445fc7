//! How far back a plan asks: what was recorded longer ago than that is nothing to it.

use super::Plan;
use crate::model::{Expr, ExprKind, MetricMeans};

impl Plan {
    /// Returns how long before a run's start, or before now, it asks for what was, in milliseconds; none: only the run
    /// knows.
    pub fn reach_ms(&self) -> Option<i64> {
        let mut reach = Some(0);
        let mut hear = |lengths: &[Option<&Expr>]| {
            let lengths = lengths.iter().flatten().map(|it| it.known().and_then(|it| it.as_duration_ms()));
            let sum = lengths.sum::<Option<i64>>();
            reach = reach.zip(sum).map(|(before, more)| before.max(more));
        };
        for metric in &self.metrics {
            if let MetricMeans::Recorded { valid, over } = &metric.means {
                hear(&[valid.as_ref()]);
                hear(&[over.as_ref()]);
            }
        }
        for judge in self.gates.iter().filter_map(|it| it.judge.as_ref()) {
            hear(&[Some(&judge.over)]);
        }
        let mut look = |expr: &Expr| {
            expr.walk(&mut |it| match &it.kind {
                ExprKind::Before(before) => hear(&[before.over.as_ref(), before.ago.as_ref()]),
                ExprKind::Trend(trend) => hear(&[Some(&trend.over)]),
                _ => {}
            });
        };
        self.nodes.iter().for_each(|it| super::walk::for_each_expr(it, &mut look));
        self.thresholds.iter().for_each(|it| look(&it.condition));
        self.gates.iter().flat_map(|it| &it.rules).for_each(|it| look(&it.condition));
        for metric in &self.metrics {
            if let MetricMeans::Formula(formula) = &metric.means {
                look(formula);
            }
        }
        reach
    }
}
