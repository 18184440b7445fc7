//! Exact tests for samples that are mostly zero. Of these the middle difference is zero however much happens in the
//! others, so an interval around it never speaks; what happened has to be counted.

use statrs::distribution::{ContinuousCDF, DiscreteCDF, Hypergeometric, Normal};
use statrs::function::beta::beta_reg;

use super::Confidence;
use super::ranking::Ranking;
use super::way::Way;

/// Above so many events the normal curve is as good as counting.
const COUNTED_MAX: f64 = 10_000.0;

/// What was counted on each side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Counted {
    /// Every sample is a count: so many events.
    Events { canary: u64, baseline: u64 },
    /// So many samples that are not zero.
    Active { canary: u64, baseline: u64 },
}

/// Counts what happened; none: these samples are not mostly zero.
pub(super) fn counted(ranking: Ranking) -> Option<Counted> {
    let all = || ranking.canary.iter().chain(ranking.baseline);
    let zeros = all().filter(|it| **it == 0.0).count();
    let is_sparse = all().all(|it| *it >= 0.0) && zeros * 2 >= all().count();
    if !is_sparse {
        return None;
    }
    // Larger sums could not be told from their neighbours.
    let are_counts = all().all(|it| it.fract() == 0.0) && all().sum::<f64>() < 2f64.powi(53);
    Some(if are_counts {
        let events = |side: &[f64]| side.iter().sum::<f64>() as u64;
        Counted::Events { canary: events(ranking.canary), baseline: events(ranking.baseline) }
    } else {
        let active = |side: &[f64]| side.iter().filter(|it| **it > 0.0).count() as u64;
        Counted::Active { canary: active(ranking.canary), baseline: active(ranking.baseline) }
    })
}

/// Returns the way in which the canary has more, or less, than chance explains.
pub(super) fn way(counted: Counted, ranking: Ranking, confidence: Confidence) -> Option<Way> {
    let is_rare = |way: &Way| chance(counted, ranking, *way) <= confidence.chance_each_side();
    Way::BOTH.into_iter().find(is_rare)
}

/// Returns how likely so many or more are on the canary, or so many or fewer, if nothing differs.
fn chance(counted: Counted, ranking: Ranking, way: Way) -> f64 {
    match counted {
        // Given their sum, events fall on the canary as its samples are to all samples.
        Counted::Events { canary, baseline } => {
            let (n, m) = ranking.sizes();
            match way {
                Way::High => at_least(canary as f64, (canary + baseline) as f64, n / (n + m)),
                Way::Low => at_least(baseline as f64, (canary + baseline) as f64, m / (n + m)),
            }
        }
        // Fisher's exact test: given how many samples are active, which of all they are is luck.
        Counted::Active { canary, baseline } => {
            let (n, m) = (ranking.canary.len() as u64, ranking.baseline.len() as u64);
            match way {
                Way::High => drawn_at_least(canary, n + m, canary + baseline, n),
                Way::Low => drawn_at_least(baseline, n + m, canary + baseline, m),
            }
        }
    }
}

/// Returns the chance of at least so many successes among all tries.
fn at_least(successes: f64, tries: f64, share: f64) -> f64 {
    if successes == 0.0 {
        1.0
    } else if tries <= COUNTED_MAX {
        beta_reg(successes, tries - successes + 1.0, share)
    } else {
        let deviation = (tries * share * (1.0 - share)).sqrt();
        Normal::standard().sf((successes - 0.5 - tries * share) / deviation)
    }
}

/// Returns the chance that at least so many of the draws, out of all, are among the marked.
fn drawn_at_least(least: u64, all: u64, marked: u64, draws: u64) -> f64 {
    match (least.checked_sub(1), Hypergeometric::new(all, marked, draws)) {
        (Some(fewer), Ok(distribution)) => distribution.sf(fewer),
        (None, _) | (_, Err(_)) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sparse(canary: &[f64], baseline: &[f64], confidence: f64) -> Option<Way> {
        let ranking = Ranking { canary, baseline };
        way(counted(ranking)?, ranking, Confidence::try_from(confidence).expect("it is a share"))
    }

    #[test]
    fn events_are_counted_exactly() {
        // All four events on one of two equal sides: once in sixteen.
        let ranking = Ranking { canary: &[0.0, 0.0, 0.0, 1.0, 1.0, 2.0], baseline: &[0.0; 6] };
        let counted = counted(ranking).expect("they are mostly zero");
        assert_eq!(counted, Counted::Events { canary: 4, baseline: 0 });
        assert!((chance(counted, ranking, Way::High) - 0.0625).abs() < 1e-12);
        assert_eq!(sparse(ranking.canary, ranking.baseline, 0.87), Some(Way::High));
        assert_eq!(sparse(ranking.canary, ranking.baseline, 0.88), None);
        assert_eq!(sparse(ranking.baseline, ranking.canary, 0.87), Some(Way::Low));
    }

    #[test]
    fn a_longer_side_may_have_more_events() {
        let mut longer = vec![0.0; 90];
        longer.extend([1.0; 10]);
        assert_eq!(sparse(&longer, &[0.0; 10], 0.9), None);
        assert_eq!(sparse(&longer, &[0.0; 100], 0.9), Some(Way::High));
    }

    #[test]
    fn shares_that_are_mostly_zero_are_counted_by_sample() {
        let mut canary = vec![0.0; 50];
        canary.extend([0.02; 10]);
        let ranking = Ranking { canary: &canary, baseline: &[0.0; 60] };
        let counted = counted(ranking).expect("they are mostly zero");
        assert_eq!(counted, Counted::Active { canary: 10, baseline: 0 });
        // All ten drawn from the one half: 60·59·…·51 / 120·119·…·111.
        let exact = (0..10).fold(1.0, |chance, it| chance * f64::from(60 - it) / f64::from(120 - it));
        assert!((chance(counted, ranking, Way::High) - exact).abs() < 1e-9);
    }

    #[test]
    fn what_is_not_mostly_zero_is_not_counted() {
        assert_eq!(counted(Ranking { canary: &[1.0, 2.0], baseline: &[0.0, 1.0] }), None);
        assert_eq!(counted(Ranking { canary: &[-1.0, 0.0], baseline: &[0.0, 0.0] }), None);
    }

    #[test]
    fn many_events_are_judged_by_the_normal_curve() {
        let (few, many) = (at_least(5_100.0, 10_000.0, 0.5), at_least(5_100.0, 10_001.0, 0.5));
        assert!((few - many).abs() < 1e-3, "{few} {many}");
        assert!(at_least(9e15, 1e16, 0.5) < 1e-9);
    }
}
