//! Metrics and thresholds: where a number comes from, in which unit, and when it is too much.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::scripts::shown;
use super::spot::Spot;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind, Metric, MetricId, MetricMeans, Missing, Threshold};
use crate::schema::{Place, word};
use crate::source::Span;
use crate::syntax;
use crate::value::Type;

/// The units of sources: what each is for, and what one of it is in points, milliseconds or bytes.
const UNITS: &[(&str, Type, f64)] = &[
    ("ratio", Type::Percent, 100.0),
    ("percent", Type::Percent, 1.0),
    ("us", Type::Duration, 0.001),
    ("ms", Type::Duration, 1.0),
    ("s", Type::Duration, 1000.0),
    ("min", Type::Duration, 60_000.0),
    ("h", Type::Duration, 3_600_000.0),
    ("d", Type::Duration, 86_400_000.0),
    ("bytes", Type::Size, 1.0),
    ("KB", Type::Size, 1e3),
    ("MB", Type::Size, 1e6),
    ("GB", Type::Size, 1e9),
    ("KiB", Type::Size, 1024.0),
    ("MiB", Type::Size, 1_048_576.0),
    ("GiB", Type::Size, 1_073_741_824.0),
];

impl<'t> Checker<'t> {
    /// Learns what each metric measures, so that it can be used before it is read.
    pub fn learn_metrics(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Metric(_))) {
            let Declared { entry, module, name, name_span, .. } = self.declared[id];
            let of = match entry.type_() {
                Some(written) => self.within(module, |it| it.type_of(written)),
                None => {
                    if !entry.is_broken() {
                        let problem =
                            Diagnostic::new(Code::SHAPE, name_span, format!("the metric `{name}` has no type"));
                        self.say(
                            problem.help(format!("write `{name}: percent`, `: duration`, `: size` or `: number`")),
                        );
                    }
                    Type::Any
                }
            };
            let fits = matches!(of, Type::Any | Type::Int | Type::Number | Type::Percent | Type::Duration | Type::Size);
            if !fits {
                let message = format!("a metric is a number, a percent, a duration or a size, not {}", of.described());
                self.say(Diagnostic::new(Code::MISMATCH, name_span, message));
            }
            self.measured.insert(id, if fits { of } else { Type::Any });
        }
    }

    /// Reads every metric.
    pub fn check_metrics(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Metric(_))) {
            let Declared { module, .. } = self.declared[id];
            self.within(module, |it| it.check_metric(id));
        }
    }

    /// Returns what a metric measures.
    pub fn measure_of(&self, id: usize) -> Type {
        self.measured.get(&id).cloned().unwrap_or(Type::Any)
    }

    fn check_metric(&mut self, id: usize) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "metric").expect("the table has metrics");
        let of = self.measure_of(id);
        let parts = self.parts(row, entry);
        self.refuse_entries(&parts);
        let mark = self.mark();
        let params = self.bind_params(id);
        let spot = Spot { place: Place::Metric, asking: true, ..Spot::default() };
        let means = self.at_spot(spot, |it| match entry.value() {
            Some(tree) => it.formula(tree, &of, &parts),
            None => it.metric_source(&parts, name, name_span, (&of, &params)),
        });
        let has_unit = matches!(
            means,
            Some(MetricMeans::Formula(_) | MetricMeans::Recorded { .. } | MetricMeans::Alertmanager { .. })
        );
        let factor = if has_unit { 1.0 } else { self.unit(&parts, &of, name_span) };
        let missing = self.missing(&parts, &of);
        self.forget_quietly(mark, means.is_none());
        let means = means.unwrap_or(MetricMeans::Formula(Expr::new(ExprKind::Bad, name_span)));
        let (name, doc) = (SmolStr::new(name), entry.docs());
        self.program.metrics.push(Metric { name, params, of, means, factor, missing, doc, span: name_span });
    }

    fn formula(&mut self, tree: syntax::Expr<'t>, of: &Type, parts: &Parts<'t>) -> Option<MetricMeans> {
        for (row, entry) in parts.properties.iter().filter(|(row, _)| row.name != "missing") {
            let message = format!("`{}` has no effect on a metric that is worked out", row.name);
            self.say(Diagnostic::new(Code::NO_EFFECT, entry.head().span(), message));
        }
        Some(MetricMeans::Formula(self.typed(tree, of)))
    }

    /// Returns what one of the source is in the base of the type.
    fn unit(&mut self, parts: &Parts<'t>, of: &Type, span: Span) -> f64 {
        let known: Vec<&str> = UNITS.iter().filter(|(_, it, _)| it == of).map(|(name, ..)| *name).collect();
        let Some(tree) = parts.value("unit") else {
            if !known.is_empty() && !parts.entry.is_broken() {
                let message = format!("the source's numbers have no unit, and this metric is {}", of.described());
                let problem = Diagnostic::new(Code::NO_UNIT, span, message);
                let list: Vec<String> = known.iter().map(|it| format!("`unit = {it}`")).collect();
                self.say(problem.help(format!("add {}", list.join(", or "))));
            }
            return 1.0;
        };
        let found = UNITS.iter().find(|(name, it, _)| *name == tree.text() && it == of);
        match found {
            Some((_, _, factor)) => *factor,
            None => {
                let message = format!("`{}` is no unit of {}", tree.text(), of.described());
                let problem = Diagnostic::new(Code::NO_VALUE, tree.span(), message);
                let list: Vec<String> = known.iter().map(|it| format!("`{it}`")).collect();
                let help = if known.is_empty() {
                    "leave it out".to_owned()
                } else {
                    format!("it is one of {}", list.join(", "))
                };
                self.say(problem.help(help));
                1.0
            }
        }
    }

    fn missing(&mut self, parts: &Parts<'t>, of: &Type) -> Missing {
        let Some(tree) = parts.value("missing") else { return Missing::Unknown };
        match tree.as_name().map(|it| it.text()) {
            Some("unknown") => Missing::Unknown,
            Some("fail") => Missing::Fail,
            _ => self.constant(tree, of).map_or(Missing::Unknown, Missing::Value),
        }
    }

    /// Reads every threshold.
    pub fn check_thresholds(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Threshold(_))) {
            let Declared { module, .. } = self.declared[id];
            self.within(module, |it| it.check_threshold(id));
        }
    }

    fn check_threshold(&mut self, id: usize) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "threshold").expect("the table has thresholds");
        let parts = self.parts(row, entry);
        self.refuse_entries(&parts);
        let mark = self.mark();
        let params = self.bind_params(id);
        let spot = Spot { place: Place::Metric, ..Spot::default() };
        let (condition, sustained) = self.at_spot(spot, |it| {
            let condition = entry.value().map(|tree| it.condition(tree));
            (condition, it.duration(&parts, "sustained"))
        });
        if condition.is_none() && !entry.is_broken() {
            let problem = Diagnostic::new(Code::MISSING, name_span, format!("the threshold `{name}` has no condition"));
            self.say(problem.help(format!("write `threshold {name} = error_rate > 2%`")));
        }
        self.forget_quietly(mark, condition.is_none());
        let shown = entry.value().map(shown).unwrap_or_default();
        let condition = condition.unwrap_or_else(|| Expr::new(ExprKind::Bad, name_span));
        let name = SmolStr::new(name);
        self.program.thresholds.push(Threshold { name, params, condition, shown, sustained, span: name_span });
    }

    /// Reports metrics, thresholds and gates that, by way of others, stand for themselves.
    pub fn refuse_measure_cycles(&mut self) {
        for at in 0..self.program.metrics.len() {
            let mut open = vec![MetricId(at as u32)];
            let mut seen = std::collections::BTreeSet::new();
            while let Some(id) = open.pop() {
                let next = self.metrics_of(id);
                if next.contains(&MetricId(at as u32)) {
                    let Metric { name, span, .. } = &self.program.metrics[at];
                    let (message, span) = (format!("the metric `{name}` is worked out from itself"), *span);
                    self.say(Diagnostic::new(Code::CONSTANT_CYCLE, span, message));
                    break;
                }
                open.extend(next.into_iter().filter(|it| seen.insert(*it)));
            }
        }
    }

    fn metrics_of(&self, id: MetricId) -> Vec<MetricId> {
        let mut found = Vec::new();
        if let Some(MetricMeans::Formula(formula)) = self.program.metrics.get(id.index()).map(|it| &it.means) {
            formula.walk(&mut |it| match &it.kind {
                ExprKind::Metric(id, _) => found.push(*id),
                ExprKind::Before(before) => found.push(before.metric),
                ExprKind::Trend(trend) => found.push(trend.metric),
                _ => {}
            });
        }
        found
    }
}
