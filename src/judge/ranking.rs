//! The rank-sum statistic of Mann and Whitney, with one side shifted: how unlike the ranks of two sides are.

/// Two sides in ascending order, ranked together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranking<'a> {
    pub canary: &'a [f64],
    pub baseline: &'a [f64],
}

/// How the canary's ranks add up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RankSum {
    /// The sum of the canary's ranks.
    pub sum: f64,
    /// The sum less what it would be if nothing differed.
    pub surplus: f64,
    /// How far chance moves the sum.
    pub deviation: f64,
}

impl Ranking<'_> {
    /// Ranks all samples, those of the canary less a shift; equal ones share the middle of their ranks.
    pub fn at(&self, shift: f64) -> RankSum {
        let (mut sum, mut ties, mut ranked) = (0.0, 0.0, 0);
        let (mut left, mut right) = (0, 0);
        while left < self.canary.len() || right < self.baseline.len() {
            let next = match (self.canary.get(left), self.baseline.get(right)) {
                (Some(canary), Some(baseline)) => (canary - shift).min(*baseline),
                (Some(canary), None) => canary - shift,
                (None, Some(baseline)) => *baseline,
                (None, None) => break,
            };
            let ours = self.canary[left..].iter().take_while(|it| **it - shift == next).count();
            let theirs = self.baseline[right..].iter().take_while(|it| **it == next).count();
            let together = (ours + theirs) as f64;
            sum += ours as f64 * (ranked as f64 + (together + 1.0) / 2.0);
            ties += together.powi(3) - together;
            ranked += ours + theirs;
            left += ours;
            right += theirs;
        }
        self.rank_sum(sum, ties)
    }

    fn rank_sum(&self, sum: f64, ties: f64) -> RankSum {
        let (n, m) = self.sizes();
        let all = n + m;
        let surplus = sum - n * (n + 1.0) / 2.0 - n * m / 2.0;
        let variance = n * m / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)));
        RankSum { sum, surplus, deviation: variance.max(0.0).sqrt() }
    }

    /// Returns the deviation of the rank sum where no sample of one side equals one of the other: ties within a side
    /// stay, however far it is shifted.
    pub fn deviation_apart(&self) -> f64 {
        let runs = self.canary.chunk_by(PartialEq::eq).chain(self.baseline.chunk_by(PartialEq::eq));
        let ties = runs.map(|run| (run.len() as f64).powi(3) - run.len() as f64).sum();
        self.rank_sum(0.0, ties).deviation
    }

    pub fn sizes(&self) -> (f64, f64) {
        (self.canary.len() as f64, self.baseline.len() as f64)
    }

    /// Returns the least and the greatest shift that any pair of samples shows.
    pub fn shifts(&self) -> (f64, f64) {
        let ends = |side: &[f64]| side.first().copied().zip(side.last().copied()).unwrap_or((0.0, 0.0));
        let (canary, baseline) = (ends(self.canary), ends(self.baseline));
        (canary.0 - baseline.1, canary.1 - baseline.0)
    }
}

impl RankSum {
    /// Returns the surplus in deviations, corrected for continuity; none: everything is tied.
    pub fn statistic(self) -> Option<f64> {
        let correction = if self.surplus == 0.0 { 0.0 } else { 0.5 * self.surplus.signum() };
        (self.deviation > 0.0).then(|| (self.surplus - correction) / self.deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_samples_share_the_middle_of_their_ranks() {
        let ranking = Ranking { canary: &[1.0, 2.0, 2.0], baseline: &[2.0, 3.0] };
        let at = ranking.at(0.0);
        // Ranks 1, 3, 3 beside 3, 5.
        assert_eq!(at.sum, 7.0);
        assert_eq!(at.surplus, 7.0 - 6.0 - 3.0);
        assert_eq!(ranking.at(-1.0).sum, 1.5 + 4.0 + 4.0);
    }

    #[test]
    fn where_all_is_tied_there_is_no_statistic() {
        let ranking = Ranking { canary: &[4.0, 4.0], baseline: &[1.0] };
        assert_eq!(ranking.at(3.0).statistic(), None);
        assert!(ranking.at(0.0).statistic().is_some());
    }
}
