//! How large a difference is, as a number without a unit.

use super::ranking::Ranking;
use super::{Effect, Mode};

/// Returns the effect of the canary beside the baseline; none where it cannot be told.
pub(super) fn effect_of(ranking: Ranking, effect: Effect, mode: Mode) -> Option<f64> {
    match effect {
        Effect::MeanRatio => mean_ratio(mean(ranking.canary), mean(ranking.baseline), mode),
        Effect::Cles => Some(share_above(ranking)),
    }
}

fn mean_ratio(canary: f64, baseline: f64, mode: Mode) -> Option<f64> {
    // Below zero the ratio grows while the metric falls; the judge that release engineers know takes it all the same.
    let is_turned = baseline < 0.0 && mode == Mode::Sound;
    let can_be_told = canary != 0.0 && baseline != 0.0 && !is_turned;
    can_be_told.then(|| (canary / baseline).clamp(f64::MIN, f64::MAX))
}

fn mean(side: &[f64]) -> f64 {
    side.iter().sum::<f64>() / side.len() as f64
}

/// Returns how likely a sample of the canary is above one of the baseline, half a chance where they are equal.
fn share_above(ranking: Ranking) -> f64 {
    let (n, m) = ranking.sizes();
    (2.0 * ranking.at(0.0).sum - n * (n + 1.0)) / (2.0 * n * m)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: Ranking = Ranking { canary: &[1.0, 3.0], baseline: &[1.0, 2.0, 2.0] };

    #[test]
    fn the_share_above_counts_pairs() {
        // Of six pairs three are above and one is equal.
        assert_eq!(effect_of(PAIR, Effect::Cles, Mode::Sound), Some(3.5 / 6.0));
    }

    #[test]
    fn a_ratio_needs_two_means_that_are_not_zero() {
        assert_eq!(effect_of(PAIR, Effect::MeanRatio, Mode::Sound), Some(1.2));
        for (canary, baseline) in [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)] {
            assert_eq!(mean_ratio(canary, baseline, Mode::Compatible), None);
        }
        assert_eq!(mean_ratio(1e300, 1e-300, Mode::Sound), Some(f64::MAX));
    }

    #[test]
    fn below_zero_a_ratio_says_the_opposite_and_is_not_told() {
        assert_eq!(mean_ratio(-5.0, -10.0, Mode::Compatible), Some(0.5));
        assert_eq!(mean_ratio(-5.0, -10.0, Mode::Sound), None);
    }
}
