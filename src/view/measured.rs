//! What metrics were while a run went on, and the limits they were held to: samples as conditions saw them. A condition
//! says what was compared with what; which metric a limit belongs to is read off the rule as it was written.

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::When;
use crate::engine::Evidence;
use crate::plan::Plan;
use crate::value::{At, Value};

/// One metric of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub metric: SmolStr,
    pub series: Vec<Series>,
    pub limits: Vec<Limit>,
}

/// The samples of one subject, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// As it was asked about: `factory-ny`; empty for a metric about nothing in particular.
    pub subject: String,
    pub points: Vec<(At, Value)>,
}

/// What a rule compared a metric with.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The rule as it was written: `require error_rate(site) < 1%`.
    pub rule: String,
    pub bound: Value,
    /// Whether it decides nothing.
    pub warns: bool,
}

/// What the samples of one subject came to.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesSummary {
    pub metric: String,
    pub subject: String,
    pub samples: usize,
    pub first: When,
    pub last: When,
    pub least: String,
    pub mean: String,
    pub most: String,
    /// What it was in the end.
    pub now: String,
    /// Each limit as it was written, with its number.
    pub limits: Vec<String>,
}

/// Gathers samples and limits from evidence.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    series: BTreeMap<(SmolStr, String), Vec<(At, Value)>>,
    limits: BTreeMap<SmolStr, Vec<Limit>>,
}

impl Gauge {
    /// Takes in what a condition saw.
    pub(super) fn hear(&mut self, plan: &Plan, at: At, evidence: &[Evidence]) {
        for it in evidence {
            let Some(value) = it.value.as_ref().filter(|it| it.as_number().is_some()) else { continue };
            match &it.bound {
                None => {
                    if let Some((metric, subject)) = sampled(plan, &it.what) {
                        self.sample(metric, subject, at, value);
                    }
                }
                Some(bound) => self.rule(plan, at, it, value, bound),
            }
        }
    }

    fn rule(&mut self, plan: &Plan, at: At, it: &Evidence, value: &Value, bound: &Value) {
        let (subject, rule) = split_rule(&it.what);
        let Some(metric) = ruled_metric(plan, rule) else { return };
        // A metric that is worked out from others is seen only where it is compared.
        let last = self.series.get(&(metric.clone(), subject.to_owned())).and_then(|it| it.last());
        if last.is_none_or(|(seen, _)| *seen < at) {
            self.sample(metric.clone(), subject.to_owned(), at, value);
        }
        let warns = it.warns || rule.starts_with("warn ");
        let limit = Limit { rule: rule.to_owned(), bound: bound.clone(), warns };
        let limits = self.limits.entry(metric).or_default();
        if !limits.contains(&limit) {
            limits.push(limit);
        }
    }

    fn sample(&mut self, metric: SmolStr, subject: String, at: At, value: &Value) {
        let points = self.series.entry((metric, subject)).or_default();
        // One condition may name the same sample twice.
        if points.last().is_none_or(|(seen, _)| *seen < at) {
            points.push((at, value.clone()));
        }
    }

    /// Returns every metric with its subjects, in the order of their names.
    pub(super) fn measured(&self) -> Vec<Measured> {
        let mut measured: Vec<Measured> = Vec::new();
        for ((metric, subject), points) in &self.series {
            let series = Series { subject: subject.clone(), points: points.clone() };
            match measured.last_mut().filter(|it| it.metric == *metric) {
                Some(last) => last.series.push(series),
                None => {
                    let limits = self.limits.get(metric).cloned().unwrap_or_default();
                    measured.push(Measured { metric: metric.clone(), series: vec![series], limits });
                }
            }
        }
        measured
    }
}

impl Measured {
    pub(super) fn summaries(&self) -> impl Iterator<Item = SeriesSummary> + '_ {
        self.series.iter().filter_map(|it| self.summary(it))
    }

    /// Returns what the samples of one subject came to; none without a sample.
    pub fn summary(&self, series: &Series) -> Option<SeriesSummary> {
        let (first, last) = (series.points.first()?, series.points.last()?);
        let numbers: Vec<f64> = series.points.iter().filter_map(|(_, value)| value.as_number()).collect();
        let mean = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shown = |number: f64| like(&first.1, number).to_string();
        Some(SeriesSummary {
            metric: self.metric.to_string(),
            subject: series.subject.clone(),
            samples: series.points.len(),
            first: When(first.0),
            last: When(last.0),
            least: shown(least),
            mean: shown(mean),
            most: shown(most),
            now: last.1.as_number().map(shown).unwrap_or_default(),
            limits: self.limits.iter().map(|it| it.rule.clone()).collect(),
        })
    }
}

/// Returns a number with the unit of another value, rounded to what anybody reads.
pub fn like(value: &Value, number: f64) -> Value {
    let digits = if number.abs() >= 100.0 { 10.0 } else { 1000.0 };
    let round = |number: f64| (number * digits).round() / digits;
    match value {
        Value::Percent(_) => Value::Percent(round(number)),
        Value::Duration(_) => Value::Duration(number.round() as i64),
        Value::Size(_) => {
            let unit = if number >= 1e8 {
                1024.0 * 1024.0
            } else if number >= 1e5 {
                1024.0
            } else {
                1.0
            };
            Value::Size(((number / unit).round().max(0.0) * unit) as u64)
        }
        _ => Value::Number(round(number)),
    }
}

/// Reads `error_rate(ny)` as a metric and its subject, if it is one.
fn sampled(plan: &Plan, what: &str) -> Option<(SmolStr, String)> {
    let (name, rest) = what.split_once('(').unwrap_or((what, ""));
    let metric = plan.metrics.iter().find(|it| it.name == name)?;
    Some((metric.name.clone(), rest.strip_suffix(')').unwrap_or(rest).to_owned()))
}

/// Splits `healthy(ny): require error_rate(site) < 1%` into `ny` and the rule.
fn split_rule(what: &str) -> (&str, &str) {
    let Some((gate, rule)) = what.split_once("): ") else { return ("", what) };
    (gate.split_once('(').map_or("", |(_, subject)| subject), rule)
}

/// Returns the metric that a rule is about, if it names exactly one, itself or through a threshold.
fn ruled_metric(plan: &Plan, rule: &str) -> Option<SmolStr> {
    let text = plan.thresholds.iter().find(|it| names(rule, &it.name)).map_or(rule, |it| it.shown.as_str());
    if text.contains("trend(") {
        // How much it rises is no sample of it, and what is demanded of that no limit of its own.
        return None;
    }
    let mut named = plan.metrics.iter().filter(|it| names(text, &it.name));
    let first = named.next()?;
    named.next().is_none().then(|| first.name.clone())
}

/// Whether a text as it was written names something.
fn names(text: &str, name: &str) -> bool {
    let is_part = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_a_part_of_another() {
        assert!(names("require errors(site) < 1%", "errors"));
        assert!(!names("require client-errors(site) < 1%", "errors"));
        assert!(!names("require errors_seen(site) < 1%", "errors"));
    }

    #[test]
    fn a_rule_is_split_from_its_subject() {
        assert_eq!(split_rule("healthy(ny): require p95(site) < 300ms"), ("ny", "require p95(site) < 300ms"));
        assert_eq!(split_rule("p95(ny) < 300ms"), ("", "p95(ny) < 300ms"));
    }

    #[test]
    fn a_mean_has_the_unit_of_its_samples() {
        assert_eq!(like(&Value::Percent(1.0), 0.123_456).to_string(), "0.123%");
        assert_eq!(like(&Value::Duration(1), 294.4).to_string(), "294ms");
    }
}
