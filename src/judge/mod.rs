//! Verdict · judge: two groups of samples and a rule become a verdict with its evidence, and several verdicts a score.
//! Knows no metric source, no clock and no luck: the same samples are always judged alike.
//!
//! - `amount`: numbers that a rule may hold
//! - `rule`: what is asked of one metric
//! - `samples`: what comes in, and what is left of it after cleaning
//! - `ranking`: the rank-sum statistic at a shift
//! - `shift`: where the shift between two sides lies
//! - `root`: where a function is zero
//! - `compatible`: the interval as release engineers know it, faults included
//! - `differences`: the k-th smallest of all differences, without listing them
//! - `chance`: how likely a rank sum is where nothing differs
//! - `sound`: the interval without those faults
//! - `way`: high or low
//! - `sparse`: exact tests for samples that are mostly zero
//! - `effect`: how large a difference is
//! - `verdict`: the judge
//! - `margin`: how far a verdict is from another one
//! - `reason`: a verdict in words
//! - `score`: several verdicts together
//! - `trend`: where samples are going

mod amount;
mod chance;
mod compatible;
mod differences;
mod effect;
mod margin;
mod ranking;
mod reason;
mod root;
mod rule;
mod samples;
mod score;
mod shift;
mod sound;
mod sparse;
mod trend;
mod verdict;
mod way;

pub use amount::{Amount, Confidence, NotAllowed};
pub use margin::{Margin, Margins};
pub use reason::shown;
pub use rule::{Bounds, Direction, Effect, Missing, Mode, Outliers, Rule};
pub use samples::{SAMPLES_MAX, Samples, Summary};
pub use score::{GroupScore, JudgedMetric, Judgement, Metric, Scoring, judge_all, score};
pub use shift::Interval;
pub use trend::{NoTrend, TREND_SAMPLES_MIN, Timed, Trend, trend};
pub use verdict::{Basis, Label, Verdict, judge};
