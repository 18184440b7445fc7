//! The interval without the known faults: its ends are differences that were really seen, so no scale is too small for
//! it, ties cannot turn it around, and constant sides need no noise.

use super::Confidence;
use super::chance::differences_left_out;
use super::differences::{difference, median_difference, pairs};
use super::ranking::Ranking;
use super::shift::{Interval, Shift};

/// Returns the shift between two sides: in the middle the median of all differences, after Hodges and Lehmann.
pub(super) fn shift(ranking: Ranking, confidence: Confidence) -> Shift {
    let interval = differences_left_out(ranking, confidence).map(|left_out| {
        let low = difference(ranking, left_out + 1);
        Interval(low, difference(ranking, pairs(ranking) - left_out))
    });
    Shift { interval, estimate: median_difference(ranking) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_its_estimate_whatever_the_ties() {
        let canary: Vec<f64> = (0..90).map(|it| f64::from(it % 3)).collect();
        let baseline: Vec<f64> = (0..70).map(|it| f64::from(it % 4 / 3)).collect();
        let sorted = |mut side: Vec<f64>| {
            side.sort_by(f64::total_cmp);
            side
        };
        let (canary, baseline) = (sorted(canary), sorted(baseline));
        for confidence in [0.5, 0.9, 0.98, 0.999_999] {
            let confidence = Confidence::try_from(confidence).expect("it is a share");
            let found = shift(Ranking { canary: &canary, baseline: &baseline }, confidence);
            let Interval(low, high) = found.interval.expect("there are enough samples");
            assert!(low <= found.estimate && found.estimate <= high, "{low} {} {high}", found.estimate);
        }
    }
}
