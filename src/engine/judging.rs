//! A gate's judge at a place: which samples it wants of the world, and what it makes of them.

use super::here::Here;
use super::known::Question;
use super::measure::called;
use super::{Evidence, Truth};
use crate::eval::{self, Called, Fuel, Silence};
use crate::judge::{self, Amount, Bounds, Confidence, Mode, Samples, Scoring};
use crate::model::{Direction, Gate, Judge, JudgedMetric};
use crate::value::Value;

impl Here<'_> {
    /// Returns whether the canary passes, and writes down what the judge says.
    pub fn judged(
        &self,
        gate: &Gate,
        judge: &Judge,
        arguments: &[Value],
        scope: &Called<'_>,
    ) -> Result<Truth, Silence> {
        let cannot = |it: eval::Wrong| Silence::Cannot(it.message);
        let value = |expr| eval::eval(expr, scope, &mut Fuel::default()).map_err(cannot);
        let (canary, baseline, over) = (value(&judge.canary)?, value(&judge.baseline)?, value(&judge.over)?);
        let over_ms = over.as_duration_ms().unwrap_or(0).max(1);
        let mut complete = true;
        let mut metrics = Vec::new();
        for metric in &judge.metrics {
            let mut side = |targets: &Value| -> Vec<f64> {
                let of = targets.as_list().unwrap_or_default();
                let asked = of.iter().map(|target| Question::Series {
                    metric: metric.metric,
                    arguments: vec![target.clone()],
                    over_ms,
                });
                let series: Vec<Option<Vec<f64>>> = asked.map(|it| self.series(it)).collect();
                complete &= series.iter().all(Option::is_some);
                series.into_iter().flatten().flatten().collect()
            };
            let samples = Samples { canary: side(&canary), baseline: side(&baseline) };
            metrics.push((settings(metric, judge.compatible), samples));
        }
        if !complete {
            return Ok(Truth::Unknown);
        }
        let judgement = judge::judge_all(metrics, &scoring(judge));
        let truth: Truth = judgement.truth.into();
        if let Some(notes) = self.notes {
            let dry = if gate.dry_run { " (dry run)" } else { "" };
            let what = format!("{}{dry}: judge", called(self.plan, &gate.name, arguments));
            let bound = Some(Value::Number(judge.pass.unwrap_or(95.0)));
            let (value, why) = (Some(Value::Number(judgement.score)), judgement.reason);
            let warns = gate.dry_run && truth != Truth::Holds;
            notes.borrow_mut().rules.push(Evidence { what, truth, why, value, bound, margin: None, warns });
        }
        Ok(truth)
    }
}

fn scoring(judge: &Judge) -> Scoring {
    let usual = Scoring::default();
    Scoring {
        mode: mode(judge.compatible),
        pass: judge.pass.and_then(|it| Amount::try_from(it).ok()).unwrap_or(usual.pass),
        marginal: judge.marginal.and_then(|it| Amount::try_from(it).ok()).unwrap_or(usual.marginal),
    }
}

fn mode(compatible: bool) -> Mode {
    if compatible { Mode::Compatible } else { Mode::Sound }
}

/// Turns what the program says of a metric into what the judge is told.
fn settings(metric: &JudgedMetric, compatible: bool) -> judge::Metric {
    let amount = |number: Option<f64>| number.and_then(|it| Amount::try_from(it).ok());
    let bounds = |ends: Option<(f64, f64)>| {
        let (low, high) = ends?;
        Some(Bounds { low: Amount::try_from(low).ok()?, high: Amount::try_from(high).ok()? })
    };
    let usual = judge::Rule::default();
    let rule = judge::Rule {
        mode: mode(compatible),
        direction: match metric.direction {
            Direction::Either => judge::Direction::Either,
            Direction::Increase => judge::Direction::Increase,
            Direction::Decrease => judge::Direction::Decrease,
        },
        nan: if metric.nan_is_zero { judge::Missing::Replace } else { judge::Missing::Remove },
        outliers: match amount(metric.fence) {
            Some(fence) => judge::Outliers::Remove { fence },
            None => judge::Outliers::Keep,
        },
        tolerance: amount(metric.tolerance).unwrap_or(usual.tolerance),
        confidence: metric.confidence.and_then(|it| Confidence::try_from(it).ok()).unwrap_or(usual.confidence),
        effect: if metric.cles { judge::Effect::Cles } else { judge::Effect::MeanRatio },
        allowed: bounds(metric.allowed),
        critical: metric.critical,
        critical_beyond: bounds(metric.critical_beyond),
        must_have_data: metric.must_have_data,
        min_samples: metric.min_samples.unwrap_or(usual.min_samples),
    };
    judge::Metric {
        name: metric.name.clone(),
        // Each metric is a group of its own unless it is told otherwise.
        group: metric.group.clone().unwrap_or_else(|| metric.name.clone()),
        weight: amount(metric.weight),
        muted: metric.muted,
        rule,
    }
}
