//! What a metric's samples say of where it is going, in its own unit. Samples from before the last change to its subject
//! say nothing of after it, so there is no trend until the whole stretch lies after that.

use super::measure::last_change;
use super::turn::Turn;
use crate::eval::Rise;
use crate::judge::{NoTrend, TREND_SAMPLES_MIN, Timed, trend};
use crate::model::MetricId;
use crate::value::{At, Type, Value};

/// A trend in the unit of its metric, and what it was read off.
pub(super) struct Trended {
    pub value: Value,
    pub told: String,
}

impl Turn<'_> {
    /// Returns how much a metric rises, or why that is not known.
    pub(super) fn trended(
        &self,
        (metric, arguments): (MetricId, &[Value]),
        rise: Rise,
        (values, times): (&[f64], &[At]),
    ) -> Result<Trended, String> {
        let Rise { over_ms, per_ms } = rise;
        let over = Value::Duration(over_ms);
        let from = self.now.plus_ms(-over_ms);
        if last_change(self.plan, self.run, arguments).is_some_and(|changed| changed > from) {
            return Err(format!("not {over} of samples yet since the last change"));
        }
        let samples: Vec<Timed> = times.iter().zip(values).map(|(at, number)| (at.0, *number)).collect();
        let found = trend(&samples, over_ms).map_err(|why| match why {
            NoTrend::TooFew { samples } => {
                format!("a trend takes {TREND_SAMPLES_MIN} samples, and there {} in {over}", counted(samples))
            }
            NoTrend::TooShort { reach_ms } => {
                format!("the samples reach over {} of {over}, and half is needed", Value::Duration(reach_ms))
            }
        })?;
        let of = &self.plan.metrics[metric.index()].of;
        let value = unit(of, found.slope * per_ms as f64);
        let (first, last) = (unit(of, found.first).brief(), unit(of, found.last).brief());
        let per = Value::Duration(per_ms);
        let told = format!("{} in {per}; {} samples from {first} to {last}", value.brief(), found.samples);
        Ok(Trended { value, told })
    }
}

fn counted(samples: usize) -> String {
    match samples {
        0 => "are none".to_owned(),
        1 => "is one".to_owned(),
        many => format!("are {many}"),
    }
}

/// Writes a number in a unit. A size cannot be less than nothing: one that falls does not rise.
fn unit(of: &Type, number: f64) -> Value {
    match of {
        Type::Percent => Value::Percent(number),
        Type::Duration => Value::Duration(number.round() as i64),
        Type::Size => Value::Size(number.round().max(0.0) as u64),
        _ => Value::Number(number),
    }
}
