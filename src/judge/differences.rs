//! The k-th smallest of all differences between two sides, without listing them: counting how many lie at or below a
//! number takes one walk along both sides, and halving finds the number.

use super::ranking::Ranking;

/// Returns the difference, canary less baseline, that has `place` differences at or below it, itself included; the first
/// has place 1.
pub(super) fn difference(ranking: Ranking, place: u64) -> f64 {
    let (low, high) = ranking.shifts();
    let (mut below, mut found) = (ordinal(low), ordinal(high));
    if count_to(ranking, low) >= place {
        return low;
    }
    // Too few lie at or below the one, enough at or below the other.
    while found.abs_diff(below) > 1 {
        let middle = below.midpoint(found);
        if count_to(ranking, number(middle)) >= place { found = middle } else { below = middle }
    }
    number(found)
}

/// Returns the difference in the middle; of two in the middle, halfway between.
pub(super) fn median_difference(ranking: Ranking) -> f64 {
    let pairs = pairs(ranking);
    let left = difference(ranking, pairs.div_ceil(2));
    if pairs.is_multiple_of(2) { left.midpoint(difference(ranking, pairs / 2 + 1)) } else { left }
}

pub(super) fn pairs(ranking: Ranking) -> u64 {
    ranking.canary.len() as u64 * ranking.baseline.len() as u64
}

fn count_to(ranking: Ranking, limit: f64) -> u64 {
    let Ranking { canary, baseline } = ranking;
    let (mut count, mut start) = (0, 0);
    for sample in canary {
        // As the samples of the canary grow, fewer of the baseline are near enough.
        while baseline.get(start).is_some_and(|it| sample - it > limit) {
            start += 1;
        }
        count += (baseline.len() - start) as u64;
    }
    count
}

/// Returns the place of a number among all numbers: neighbours differ by one.
fn ordinal(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

fn number(ordinal: i64) -> f64 {
    let bits = if ordinal < 0 { i64::MIN - ordinal } else { ordinal };
    f64::from_bits(bits as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_apart() {
        for value in [0.0, 1.0, -1.0, 1e-320, -1e300, 3.25] {
            assert_eq!(number(ordinal(value)), value);
            assert_eq!(number(ordinal(value) + 1), value.next_up());
        }
        assert_eq!(ordinal(-0.0), 0);
    }

    #[test]
    fn every_place_is_what_listing_them_gives() {
        let canary = [-2.0, 0.0, 0.0, 0.1, 7.5];
        let baseline = [-1e-9, 0.0, 0.3, 3.0];
        let ranking = Ranking { canary: &canary, baseline: &baseline };
        let mut listed: Vec<f64> = canary.iter().flat_map(|x| baseline.iter().map(move |y| x - y)).collect();
        listed.sort_by(f64::total_cmp);
        for (place, wanted) in (1..).zip(&listed) {
            assert_eq!(difference(ranking, place), *wanted, "place {place}");
        }
        assert_eq!(median_difference(ranking), listed[9].midpoint(listed[10]));
    }
}
