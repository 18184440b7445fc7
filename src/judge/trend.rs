//! The trend of samples over time: the median of the slopes between every two of them (Theil 1950, Sen 1968). A single
//! sample far off, or a few, do not turn it as they turn a line of least squares. Knows no metric and no clock.

/// With fewer samples there is no trend: one of four that is off makes half of the slopes.
pub const TREND_SAMPLES_MIN: usize = 5;

/// Of more samples evenly chosen ones are compared, so that work stays within bounds.
const COMPARED_MAX: usize = 500;

/// One sample: its time in milliseconds, and its number.
pub type Timed = (i64, f64);

/// Where samples are going.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// How much they rise in a millisecond; below zero they fall.
    pub slope: f64,
    pub samples: usize,
    pub first: f64,
    pub last: f64,
}

/// Why samples have no trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTrend {
    TooFew {
        samples: usize,
    },
    /// They reach over so much time only, and half of what was asked for is needed.
    TooShort {
        reach_ms: i64,
    },
}

/// Returns the trend of samples that were taken over some time, in the order of their times. What is no number or
/// infinite is left out.
///
/// # Errors
/// They are too few, or reach over less than half of the time.
pub fn trend(samples: &[Timed], over_ms: i64) -> Result<Trend, NoTrend> {
    let finite: Vec<Timed> = samples.iter().copied().filter(|(_, number)| number.is_finite()).collect();
    let (Some(first), Some(last)) = (finite.first(), finite.last()) else {
        return Err(NoTrend::TooFew { samples: 0 });
    };
    if finite.len() < TREND_SAMPLES_MIN {
        return Err(NoTrend::TooFew { samples: finite.len() });
    }
    let reach_ms = last.0 - first.0;
    if reach_ms <= 0 || reach_ms.saturating_mul(2) < over_ms {
        return Err(NoTrend::TooShort { reach_ms });
    }
    let slope = median(slopes(&chosen(&finite)));
    Ok(Trend { slope, samples: finite.len(), first: first.1, last: last.1 })
}

/// Returns samples at even distances, the first and the last among them.
fn chosen(samples: &[Timed]) -> Vec<Timed> {
    if samples.len() <= COMPARED_MAX {
        return samples.to_vec();
    }
    (0..COMPARED_MAX).map(|it| samples[it * (samples.len() - 1) / (COMPARED_MAX - 1)]).collect()
}

/// Returns the slopes between every two samples of different times.
fn slopes(samples: &[Timed]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(samples.len() * samples.len() / 2);
    for (at, (time, number)) in samples.iter().enumerate() {
        let later = samples[at + 1..].iter().filter(|(later, _)| later > time);
        slopes.extend(later.map(|(later, then)| (then - number) / (later - time) as f64));
    }
    slopes
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len().is_multiple_of(2) { numbers[middle - 1].midpoint(numbers[middle]) } else { numbers[middle] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(count: i64, number: impl Fn(i64) -> f64) -> Vec<Timed> {
        (0..count).map(|it| (it * 1000, number(it))).collect()
    }

    fn slope(samples: &[Timed]) -> f64 {
        trend(samples, 0).expect("a trend").slope * 1000.0
    }

    #[test]
    fn a_line_has_its_slope_and_a_level_none() {
        assert_eq!(slope(&line(10, |it| 3.0 + 2.0 * it as f64)), 2.0);
        assert_eq!(slope(&line(10, |it| 3.0 - 0.5 * it as f64)), -0.5);
        assert_eq!(slope(&line(10, |_| 7.0)), 0.0);
    }

    /// The example that Sen gives has its own times and ties; the median of its slopes was worked out by hand.
    #[test]
    fn times_need_not_be_even_and_equal_times_are_no_slope() {
        let samples =
            [(1000, 9.0), (2000, 15.0), (3000, 19.0), (4000, 20.0), (10_000, 45.0), (12_000, 55.0), (18_000, 78.0)];
        assert!((slope(&samples) - 4.0).abs() < 1e-9, "{}", slope(&samples));
        let twice: Vec<Timed> = samples.iter().flat_map(|it| [*it, *it]).collect();
        assert!((slope(&twice) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_few_samples_far_off_turn_nothing() {
        let spiked = line(60, |it| if it % 10 == 9 { 1e6 } else { it as f64 });
        assert!((slope(&spiked) - 1.0).abs() < 0.2, "{}", slope(&spiked));
        let gaps = line(20, |it| if it == 3 { f64::NAN } else { it as f64 });
        assert_eq!(slope(&gaps), 1.0);
    }

    #[test]
    fn many_samples_are_thinned_and_say_the_same() {
        assert!((slope(&line(100_000, |it| it as f64 * 0.25)) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn few_samples_or_a_short_reach_have_no_trend() {
        assert_eq!(trend(&[], 10), Err(NoTrend::TooFew { samples: 0 }));
        assert_eq!(trend(&line(4, |_| 1.0), 10), Err(NoTrend::TooFew { samples: 4 }));
        assert_eq!(trend(&line(5, |_| 1.0), 8001), Err(NoTrend::TooShort { reach_ms: 4000 }));
        assert!(trend(&line(5, |_| 1.0), 8000).is_ok());
        assert_eq!(trend(&[(5, 1.0); 9], 0), Err(NoTrend::TooShort { reach_ms: 0 }));
    }
}
