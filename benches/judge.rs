//! What a verdict costs: two sides of some samples each, in both modes; with ties, which measurements have, and without.
//!
//! `cargo bench --bench judge`

#![allow(clippy::disallowed_methods, reason = "a bench is the world around the rooms")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rollout::judge::{Mode, Outliers, Rule, Samples, judge};

fn main() {
    // A day of minutes, a day of tens of seconds and a bit, and the most that is judged.
    for count in [60, 1_440, 10_000, 100_000, 1_000_000] {
        for (kind, steps) in [("no ties", u64::MAX), ("ties", 100)] {
            let samples = Samples { canary: side(count, 1, steps, 1.01), baseline: side(count, 2, steps, 1.0) };
            for mode in [Mode::Sound, Mode::Compatible] {
                let took = measured(&samples, &Rule { mode, outliers: Outliers::USUAL, ..Rule::default() });
                println!("{count:>9} samples a side, {kind:<8} {:<10} {took:>10.2?}", mode.name());
            }
        }
    }
}

/// Returns the best of several rounds: what the machine does besides only adds.
fn measured(samples: &Samples, rule: &Rule) -> Duration {
    let round = |_| {
        let begun = Instant::now();
        black_box(judge(black_box(samples), rule));
        begun.elapsed()
    };
    (0..7).map(round).min().expect("there are rounds")
}

/// Samples like latencies: most are small, a few are large. The same for the same seed.
fn side(count: usize, seed: u64, steps: u64, factor: f64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let sample = |luck: f64| {
        let latency = factor * 40.0 / (1.02 - luck);
        if steps == u64::MAX { latency } else { (latency * steps as f64 / 1_000.0).round() }
    };
    (0..count).map(|_| sample(next())).collect()
}
