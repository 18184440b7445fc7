//! How likely a rank sum is where nothing differs: exactly for few samples, by the normal curve for many.

use statrs::distribution::{ContinuousCDF, Normal};

use super::Confidence;
use super::differences::pairs;
use super::ranking::Ranking;

/// Up to so many pairs the arrangements are counted one by one.
const PAIRS_COUNTED_MAX: u64 = 400;

/// Returns how many of the smallest and of the largest differences may be left out of an interval. None: even with all of
/// them in it, it would not be as sure as it should.
pub(super) fn differences_left_out(ranking: Ranking, confidence: Confidence) -> Option<u64> {
    let chance = confidence.chance_each_side();
    let count = if pairs(ranking) <= PAIRS_COUNTED_MAX {
        counted(ranking.canary.len(), ranking.baseline.len(), chance)
    } else {
        by_normal_curve(ranking, chance)
    };
    // One that is left out is the end itself, so there must be one.
    count.checked_sub(1)
}

/// Returns how many of the least rank sums are together no likelier than a chance.
fn counted(n: usize, m: usize, chance: f64) -> u64 {
    let ways = arrangements(n, m);
    let all: f64 = ways.iter().sum();
    let mut together = 0.0;
    let rare = ways.iter().take_while(|ways| {
        together += *ways / all;
        together <= chance
    });
    rare.count() as u64
}

/// Returns for every count of pairs in which the first side is above the second, in how many of the arrangements of both
/// it occurs. The largest sample of an arrangement is from either side: above all of the other, or above none.
fn arrangements(n: usize, m: usize) -> Vec<f64> {
    // One row for each size of the second side, while the first grows.
    let mut rows: Vec<Vec<f64>> = (0..=m).map(|_| vec![1.0]).collect();
    for first in 1..=n {
        for second in 0..=m {
            let above_all = &rows[second];
            let above_none = second.checked_sub(1).map(|it| &rows[it]);
            let sum = (0..=first * second).map(|pairs| {
                let shifted = pairs.checked_sub(second).and_then(|it| above_all.get(it));
                let same = above_none.and_then(|it| it.get(pairs));
                shifted.unwrap_or(&0.0) + same.unwrap_or(&0.0)
            });
            rows[second] = sum.collect();
        }
    }
    rows.swap_remove(m)
}

fn by_normal_curve(ranking: Ranking, chance: f64) -> u64 {
    let quantile = Normal::standard().inverse_cdf(chance).abs();
    let (n, m) = ranking.sizes();
    let count = n * m / 2.0 - quantile * ranking.deviation_apart() + 0.5;
    if count < 1.0 { 0 } else { count as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrangements_are_all_there() {
        assert_eq!(arrangements(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
        assert_eq!(arrangements(3, 1), [1.0, 1.0, 1.0, 1.0]);
        assert_eq!(arrangements(20, 20).iter().sum::<f64>(), 137_846_528_820.0);
    }

    /// The tables of critical values that textbooks print, at 5 % for both sides together.
    #[test]
    fn critical_values_are_those_of_the_tables() {
        let table =
            [(3, 3, None), (4, 4, Some(0)), (5, 5, Some(2)), (8, 8, Some(13)), (10, 10, Some(23)), (20, 20, Some(127))];
        for (n, m, critical) in table {
            assert_eq!(counted(n, m, 0.025).checked_sub(1), critical, "{n} and {m}");
        }
    }

    #[test]
    fn counting_and_the_normal_curve_agree_where_both_are_good() {
        let side: Vec<f64> = (0..20).map(f64::from).collect();
        let other: Vec<f64> = side.iter().map(|it| it + 0.5).collect();
        let ranking = Ranking { canary: &side, baseline: &other };
        for chance in [0.05, 0.025, 0.01] {
            assert!(counted(20, 20, chance).abs_diff(by_normal_curve(ranking, chance)) <= 1, "{chance}");
        }
    }
}
