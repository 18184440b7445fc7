//! A row of numbers as a row of small blocks, for where no picture can stand.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const WIDTH: usize = 16;

/// Returns the means of up to sixteen stretches, from the least to the most of them.
pub(super) fn spark(numbers: &[f64]) -> String {
    let count = numbers.len().min(WIDTH);
    if count < 2 {
        return String::new();
    }
    let part = |at: usize| &numbers[at * numbers.len() / count..(at + 1) * numbers.len() / count];
    let means: Vec<f64> = (0..count).map(|it| part(it).iter().sum::<f64>() / part(it).len() as f64).collect();
    let least = means.iter().copied().fold(f64::INFINITY, f64::min);
    let most = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if most > least { most - least } else { 1.0 };
    means.iter().map(|it| BLOCKS[(((it - least) / span) * 7.0).round() as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_seen() {
        assert_eq!(spark(&[0.0, 1.0, 2.0, 7.0]), "▁▂▃█");
        assert_eq!(spark(&[3.0, 3.0]), "▁▁");
        assert_eq!(spark(&[3.0]), "");
        assert_eq!(spark(&(0..100).map(f64::from).collect::<Vec<_>>()).chars().count(), WIDTH);
    }
}
