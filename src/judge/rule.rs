//! What is asked of one metric: plain data, with the defaults that stand where nothing is said.

use serde::{Deserialize, Serialize};

use super::{Amount, Confidence};

/// How one metric is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Default: sound.
    pub mode: Mode,
    /// Which way is bad. Default: either.
    pub direction: Direction,
    /// What a missing sample is. Default: nothing, it is removed.
    pub nan: Missing,
    /// Default: all samples are kept.
    pub outliers: Outliers,
    /// The share of the estimated shift that the interval must lie beyond. Default: 0.25.
    pub tolerance: Amount,
    /// Default: 0.98.
    pub confidence: Confidence,
    /// How the size of a difference is told. Default: the ratio of the means.
    pub effect: Effect,
    /// A difference counts at or beyond these. Default: 1 on both sides, 0.5 for `cles`.
    pub allowed: Option<Bounds>,
    /// Whether this metric alone may fail the canary. Default: no.
    pub critical: bool,
    /// It does so at or beyond these. Default: 1 on both sides, 0.5 for `cles`.
    pub critical_beyond: Option<Bounds>,
    /// Whether a metric without data counts as failed. Default: no.
    pub must_have_data: bool,
    /// With fewer samples on either side nothing passes; only `sound` asks for it. Default: 50.
    pub min_samples: u32,
}

/// Which judge it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Without the known faults of the other.
    #[default]
    Sound,
    /// The same labels and scores as the judge that release engineers know.
    Compatible,
}

/// Which way a metric may not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    #[default]
    Either,
    Increase,
    Decrease,
}

/// What a sample that is no number is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Nothing was measured.
    #[default]
    Remove,
    /// Nothing happened: it is a zero, and no samples at all are all zeros.
    Replace,
}

/// What happens to samples far from the others of their side.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outliers {
    #[default]
    Keep,
    /// Removed beyond so many interquartile ranges; 3 is usual.
    Remove { fence: Amount },
}

/// How the size of a difference is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The canary's mean over the baseline's.
    #[default]
    MeanRatio,
    /// How likely a sample of the canary is above one of the baseline (common language effect size).
    Cles,
}

/// Two ends for an effect: at or below the one it is low, at or above the other high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    pub low: Amount,
    pub high: Amount,
}

impl Rule {
    /// Returns the bounds at which a difference counts.
    pub fn allowed(&self) -> Bounds {
        self.allowed.unwrap_or_else(|| self.effect.neutral())
    }

    /// Returns the bounds at which a critical metric fails the canary; none: it is not critical.
    pub fn critical(&self) -> Option<Bounds> {
        self.critical.then(|| self.critical_beyond.unwrap_or_else(|| self.effect.neutral()))
    }

    /// Returns how many samples a pass takes.
    pub fn samples_to_pass(&self) -> u32 {
        match self.mode {
            Mode::Sound => self.min_samples,
            Mode::Compatible => 0,
        }
    }
}

impl Default for Rule {
    fn default() -> Rule {
        Rule {
            mode: Mode::Sound,
            direction: Direction::Either,
            nan: Missing::Remove,
            outliers: Outliers::Keep,
            tolerance: Amount::QUARTER,
            confidence: Confidence::USUAL,
            effect: Effect::MeanRatio,
            allowed: None,
            critical: false,
            critical_beyond: None,
            must_have_data: false,
            min_samples: 50,
        }
    }
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Sound => "sound",
            Mode::Compatible => "compatible",
        }
    }
}

impl Outliers {
    /// Removes them at the usual distance.
    pub const USUAL: Outliers = Outliers::Remove { fence: Amount::THREE };
}

impl Effect {
    /// Returns the bounds that every difference is at or beyond.
    fn neutral(self) -> Bounds {
        let same = match self {
            Effect::MeanRatio => Amount::ONE,
            Effect::Cles => Amount::HALF,
        };
        Bounds { low: same, high: same }
    }
}
