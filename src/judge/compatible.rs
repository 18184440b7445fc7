//! The interval as release engineers know it: roots of the rank-sum statistic to an absolute tolerance of 1e-4. Faults
//! included, for verdicts that must agree.

use statrs::distribution::{ContinuousCDF, Normal};

use super::Confidence;
use super::ranking::Ranking;
use super::root::root;
use super::samples::Side;
use super::shift::{Interval, Shift};

const TOLERANCE: f64 = 1e-4;

/// How far the noise goes that tells two constant sides apart, as a share of their value.
const NOISE: f64 = 1e-5;

/// Returns the shift between two sides; nothing is known of it where everything is tied.
pub(super) fn shift(ranking: Ranking, confidence: Confidence) -> Shift {
    let (low, high) = ranking.shifts();
    // Tied at an end only if each side is one number, which leaves nothing to rank.
    if ranking.at(low).statistic().is_none() {
        return Shift { interval: None, estimate: low };
    }
    let statistic = |shift: f64| ranking.at(shift).statistic().unwrap_or(0.0);
    let guarded = |quantile: f64| {
        if statistic(low) - quantile <= 0.0 {
            low
        } else if statistic(high) - quantile >= 0.0 {
            high
        } else {
            root(|shift| statistic(shift) - quantile, low, high, TOLERANCE)
        }
    };
    let quantile = Normal::standard().inverse_cdf(confidence.chance_each_side()).abs();
    let interval = Interval(guarded(quantile), guarded(-quantile));
    Shift { interval: Some(interval), estimate: root(statistic, low, high, TOLERANCE) }
}

/// Returns a constant side with noise: the original draws it, here it is the same every time, spread as that is.
pub(super) fn with_noise(side: &Side) -> Vec<f64> {
    let count = side.sorted.len() as f64;
    let noise = |place: usize| NOISE * Normal::standard().inverse_cdf((place as f64 + 0.5) / count);
    let mut noisy: Vec<f64> = side.sorted.iter().zip(0..).map(|(value, at)| value + value.abs() * noise(at)).collect();
    noisy.sort_unstable_by(f64::total_cmp);
    noisy
}
