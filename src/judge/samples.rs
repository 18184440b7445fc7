//! What comes in, and what is left of it after cleaning. Knows nothing of how sides are compared.

use serde::{Deserialize, Serialize};

use super::{Missing, Outliers, Rule};

/// More samples on a side are not judged.
pub const SAMPLES_MAX: usize = 1_000_000;

/// An infinite sample stands above all others; as this number it still does, and sums of it stay finite.
const LARGEST: f64 = 1e300;

/// What was measured of one metric, on both sides; a sample that is missing is `NaN`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Samples {
    #[serde(with = "gaps")]
    pub canary: Vec<f64>,
    #[serde(with = "gaps")]
    pub baseline: Vec<f64>,
}

/// One side as it was judged, for people and for the record.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// How many samples were judged.
    pub samples: u32,
    /// How many came in without a number.
    pub missing: u32,
    /// How many were removed as outliers.
    pub outliers: u32,
    pub mean: Option<f64>,
    pub median: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// One side, cleaned: in ascending order, every number finite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Side {
    pub sorted: Vec<f64>,
    missing: usize,
    outliers: usize,
}

impl Side {
    /// Cleans one side as a rule says.
    pub fn clean(samples: &[f64], rule: &Rule) -> Side {
        let missing = samples.iter().filter(|it| it.is_nan()).count();
        let numbers = samples.iter().filter_map(|sample| match rule.nan {
            Missing::Remove if sample.is_nan() => None,
            Missing::Replace if sample.is_nan() => Some(0.0),
            // Adding zero makes a negative zero a plain one.
            Missing::Remove | Missing::Replace => Some(sample.clamp(-LARGEST, LARGEST) + 0.0),
        });
        let mut sorted: Vec<f64> = numbers.collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let before = sorted.len();
        if let Outliers::Remove { fence } = rule.outliers {
            remove_outliers(&mut sorted, fence.get());
        }
        Side { missing, outliers: before - sorted.len(), sorted }
    }

    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Whether all samples are one and the same number.
    pub fn is_constant(&self) -> bool {
        self.sorted.first() == self.sorted.last()
    }

    /// Returns the smallest and the largest sample; zeros if there is none.
    pub fn ends(&self) -> (f64, f64) {
        let first = self.sorted.first().copied().unwrap_or(0.0);
        (first, self.sorted.last().copied().unwrap_or(0.0))
    }

    pub fn mean(&self) -> f64 {
        self.sorted.iter().sum::<f64>() / self.sorted.len() as f64
    }

    pub fn summary(&self) -> Summary {
        let known = |number: f64| (!self.is_empty()).then_some(number);
        let (min, max) = self.ends();
        Summary {
            samples: self.sorted.len() as u32,
            missing: self.missing as u32,
            outliers: self.outliers as u32,
            mean: known(self.mean()),
            median: known(quantile(&self.sorted, 0.5)),
            min: known(min),
            max: known(max),
        }
    }
}

/// Keeps what lies within the fences; these never cut into the middle 98 of 100.
fn remove_outliers(sorted: &mut Vec<f64>, fence: f64) {
    let at = |share| quantile(sorted, share);
    let reach = fence * (at(0.75) - at(0.25));
    let low = at(0.01).min(at(0.25) - reach);
    let high = at(0.99).max(at(0.75) + reach);
    sorted.retain(|it| (low..=high).contains(it));
}

/// Returns the number below which a share of all samples lies, straight between neighbours (type 7 of Hyndman and Fan).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = last as f64 * share;
    let below = place.floor() as usize;
    let (left, right) = (sorted[below], sorted[(below + 1).min(last)]);
    left + (place - below as f64) * (right - left)
}

/// JSON has no number for what is missing or infinite: missing is `null`, infinite the largest there is.
mod gaps {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(samples: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let written = samples.iter().map(|it| (!it.is_nan()).then(|| it.clamp(f64::MIN, f64::MAX)));
        written.collect::<Vec<Option<f64>>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let read = Vec::<Option<f64>>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|it| it.unwrap_or(f64::NAN)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(samples: &[f64], rule: &Rule) -> Vec<f64> {
        Side::clean(samples, rule).sorted
    }

    #[test]
    fn a_missing_sample_is_nothing_or_zero() {
        let samples = [2.0, f64::NAN, -0.0, 1.0];
        assert_eq!(clean(&samples, &Rule::default()), [0.0, 1.0, 2.0]);
        let replace = Rule { nan: Missing::Replace, ..Rule::default() };
        assert_eq!(clean(&samples, &replace), [0.0, 0.0, 1.0, 2.0]);
        assert_eq!(Side::clean(&samples, &replace).summary().missing, 1);
    }

    #[test]
    fn what_is_infinite_keeps_its_place() {
        let sorted = clean(&[f64::INFINITY, 5.0, f64::NEG_INFINITY, f64::MAX], &Rule::default());
        assert_eq!(sorted, [-LARGEST, 5.0, LARGEST, LARGEST]);
    }

    #[test]
    fn quantiles_lie_straight_between_neighbours() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        let seen = [0.0, 0.25, 0.5, 0.9, 1.0].map(|it| quantile(&sorted, it));
        assert_eq!(seen, [1.0, 1.75, 2.5, 3.7, 4.0]);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
    }

    #[test]
    fn an_outlier_is_far_from_the_others() {
        let rule = Rule { outliers: Outliers::USUAL, ..Rule::default() };
        let mut samples: Vec<f64> = (0..200).map(|it| f64::from(it % 10)).collect();
        samples.push(1000.0);
        let side = Side::clean(&samples, &rule);
        assert_eq!((side.sorted.len(), side.outliers), (200, 1));
        // Few samples: the hundredth percentile lies beyond the fence, so none goes.
        assert_eq!(clean(&[1.0, 1.0, 1.0], &rule), [1.0, 1.0, 1.0]);
        assert_eq!(clean(&[], &rule), [0.0; 0]);
    }

    #[test]
    fn samples_survive_being_written() {
        let samples = Samples { canary: vec![1.5, f64::NAN], baseline: vec![f64::INFINITY] };
        let written = serde_json::to_string(&samples).expect("it is plain data");
        assert_eq!(written, r#"{"canary":[1.5,null],"baseline":[1.7976931348623157e+308]}"#);
        let read: Samples = serde_json::from_str(&written).expect("it is what was written");
        assert!(read.canary[1].is_nan());
    }
}
