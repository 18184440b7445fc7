//! Queries that look back: how much of the time before now goes into one sample. Knows the brackets of PromQL and no more
//! of it.

use super::ranges::text_of;
use crate::model::{Demand, Expr, ExprKind, Gate, Metric, MetricId, MetricMeans, Threshold};

/// How many metrics, thresholds and gates are followed into each other.
const DEPTH_MAX: u32 = 12;

/// What conditions are made of.
#[derive(Clone, Copy)]
pub(super) struct Measures<'p> {
    pub metrics: &'p [Metric],
    pub thresholds: &'p [Threshold],
    pub gates: &'p [Gate],
}

/// A metric whose samples look back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LooksBack {
    pub metric: MetricId,
    pub ms: i64,
}

impl Measures<'_> {
    /// Returns the metric of a condition that looks back furthest. What waits for enough samples by itself, and what is
    /// only said, does not count.
    pub fn looks_back(self, condition: &Expr) -> Option<LooksBack> {
        self.within(condition, 0)
    }

    fn within(self, expr: &Expr, depth: u32) -> Option<LooksBack> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut furthest: Option<LooksBack> = None;
        expr.walk(&mut |it| {
            let found = match &it.kind {
                ExprKind::Metric(id, _) => self.of_metric(*id, depth),
                ExprKind::Threshold(id, _) => {
                    let threshold = self.thresholds.get(id.index()).filter(|it| it.sustained.is_none());
                    threshold.and_then(|it| self.within(&it.condition, depth + 1))
                }
                ExprKind::Gate(id, _) => self.gates.get(id.index()).and_then(|it| self.of_gate(it, depth)),
                _ => None,
            };
            let is_further = |it: &LooksBack| furthest.as_ref().is_none_or(|before| it.ms > before.ms);
            if let Some(found) = found.filter(is_further) {
                furthest = Some(found);
            }
        });
        furthest
    }

    fn of_gate(self, gate: &Gate, depth: u32) -> Option<LooksBack> {
        if gate.dry_run {
            return None;
        }
        let rules = gate.rules.iter().filter(|it| it.demand != Demand::Warn);
        rules.filter_map(|it| self.within(&it.condition, depth + 1)).max_by_key(|it| it.ms)
    }

    fn of_metric(self, id: MetricId, depth: u32) -> Option<LooksBack> {
        match &self.metrics.get(id.index())?.means {
            MetricMeans::Prometheus { query, .. } => {
                let ms = longest_range(&text_of(query))?;
                Some(LooksBack { metric: id, ms })
            }
            MetricMeans::Formula(formula) => self.within(formula, depth + 1),
            MetricMeans::Recorded { over, .. } => {
                let ms = over.as_ref()?.known()?.as_duration_ms()?;
                Some(LooksBack { metric: id, ms })
            }
            MetricMeans::Http { .. } | MetricMeans::Alertmanager { .. } | MetricMeans::Command(_) => None,
        }
    }
}

/// Returns the longest range of a query, `[5m]` or `[30m:1m]`, outside of its quoted texts.
fn longest_range(query: &str) -> Option<i64> {
    let mut longest = None;
    let mut quote = None;
    let mut chars = query.char_indices();
    while let Some((at, char)) = chars.next() {
        match (quote, char) {
            (Some(_), '\\') => drop(chars.next()),
            (Some(open), _) if open == char => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(char),
            (None, '[') => {
                let inner = query[at + 1..].split([']', ':']).next().unwrap_or_default();
                longest = longest.max(duration_ms(inner.trim()));
            }
            (None, _) => {}
        }
    }
    longest
}

/// Reads a duration as Prometheus writes it: `5m`, `1h30m`.
fn duration_ms(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut ms: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = rest.split_at(digits);
        let letters = unit.bytes().take_while(u8::is_ascii_alphabetic).count();
        let factor = match &unit[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "y" => 365 * 86_400_000,
            _ => return None,
        };
        ms = ms.checked_add(number.parse::<i64>().ok()?.checked_mul(factor)?)?;
        rest = &unit[letters..];
    }
    (ms > 0).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_range_of_a_query_is_found_outside_of_texts() {
        let cases = [
            ("sum(rate(failed_total{site='x'}[5m])) / sum(rate(all_total[1h30m]))", Some(5_400_000)),
            ("max_over_time(up[30m:1m])", Some(1_800_000)),
            ("up{path='[5m]'}", None),
            ("up{path=\"a\\\"[5m]\"}", None),
            ("rate(x[_])", None),
            ("up", None),
        ];
        for (query, ms) in cases {
            assert_eq!(longest_range(query), ms, "{query}");
        }
    }
}
