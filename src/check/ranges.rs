//! What a measured value can be at all: a share of a whole, a length of time, a score. Leaves open what it is not sure of.

use crate::model::{Builtin, Expr, ExprKind, Metric, MetricId, MetricMeans, TextPart};
use crate::value::{Sum, Type, Value};

/// How many metrics are worked out from each other, at most.
const DEPTH_MAX: u32 = 12;

/// Words of a name or a query that say that a percent may be more than the whole: that of several cores, of a year before.
const BEYOND_THE_WHOLE: [&str; 8] = ["cpu", "load", "growth", "change", "delta", "deriv", "trend", "burn"];

/// From where to where a number can lie, in the base of its type. Both ends are part of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub least: f64,
    pub most: f64,
}

impl Range {
    const ANY: Range = Range { least: f64::NEG_INFINITY, most: f64::INFINITY };

    fn only(value: f64) -> Range {
        Range { least: value, most: value }
    }

    /// From the least to the most of some numbers; anything, where one of them is none.
    fn around(numbers: [f64; 4]) -> Range {
        if numbers.iter().any(|it| it.is_nan()) {
            return Range::ANY;
        }
        let fold = |start, pick: fn(f64, f64) -> f64| numbers.into_iter().fold(start, pick);
        Range { least: fold(f64::INFINITY, f64::min), most: fold(f64::NEG_INFINITY, f64::max) }
    }

    fn combined(self, other: Range, with: fn(f64, f64) -> f64) -> Range {
        let Range { least, most } = self;
        Range::around([
            with(least, other.least),
            with(least, other.most),
            with(most, other.least),
            with(most, other.most),
        ])
    }
}

/// Returns from where to where an expression can lie.
pub(super) fn range(expr: &Expr, metrics: &[Metric]) -> Range {
    range_of(expr, metrics, 0)
}

fn range_of(expr: &Expr, metrics: &[Metric], depth: u32) -> Range {
    let of = |it: &Expr| range_of(it, metrics, depth);
    match &expr.kind {
        ExprKind::Value(value) => value.as_number().map_or(Range::ANY, Range::only),
        ExprKind::Metric(metric, _) => of_metric(*metric, metrics, depth),
        ExprKind::Before(before) => of_metric(before.metric, metrics, depth),
        ExprKind::Builtin(Builtin::Score, _) => Range { least: 0.0, most: 100.0 },
        ExprKind::Minus(it) => Range::only(0.0).combined(of(it), |a, b| a - b),
        ExprKind::Sum(Sum::Add, a, b) => of(a).combined(of(b), |a, b| a + b),
        ExprKind::Sum(Sum::Sub, a, b) => of(a).combined(of(b), |a, b| a - b),
        ExprKind::Sum(Sum::Mul, a, b) if is_plain(a) && is_plain(b) => of(a).combined(of(b), |a, b| a * b),
        ExprKind::Of(share, it) => match share.known() {
            Some(Value::Percent(points)) => of(it).combined(Range::only(points / 100.0), |a, b| a * b),
            _ => Range::ANY,
        },
        ExprKind::If(_, then, otherwise) => {
            let (a, b) = (of(then), of(otherwise));
            Range { least: a.least.min(b.least), most: a.most.max(b.most) }
        }
        _ => Range::ANY,
    }
}

/// A percent times something is in points of points; only plain numbers keep the base.
fn is_plain(expr: &Expr) -> bool {
    !matches!(expr.known(), Some(Value::Percent(_)))
}

fn of_metric(id: MetricId, metrics: &[Metric], depth: u32) -> Range {
    let Some(metric) = metrics.get(id.index()).filter(|_| depth < DEPTH_MAX) else { return Range::ANY };
    if let MetricMeans::Formula(formula) = &metric.means {
        return range_of(formula, metrics, depth + 1);
    }
    match metric.of {
        Type::Percent if is_part_of_whole(metric) => Range { least: 0.0, most: 100.0 },
        Type::Percent | Type::Duration | Type::Size => Range { least: 0.0, most: f64::INFINITY },
        _ => Range::ANY,
    }
}

fn is_part_of_whole(metric: &Metric) -> bool {
    let mut said = metric.name.to_lowercase();
    if let MetricMeans::Prometheus { query, .. } = &metric.means {
        said.push_str(&text_of(query).to_lowercase());
    }
    !BEYOND_THE_WHOLE.iter().any(|it| said.contains(it))
}

/// Returns a text as it is written, without what is put into it later.
pub(super) fn text_of(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Value(Value::Text(text)) => text.to_string(),
        ExprKind::Text(parts) => parts
            .iter()
            .map(|it| match it {
                TextPart::Chunk(chunk) => chunk.as_str(),
                TextPart::Hole(_) => "_",
            })
            .collect(),
        _ => String::new(),
    }
}
