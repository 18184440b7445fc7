//! A canary held against a baseline within a gate: which targets, which metrics, and how strictly. Plain data; the judging
//! itself is elsewhere.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, MetricId};

/// `judge { … }` of a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judge {
    /// The targets with the change, and those without.
    pub canary: Expr,
    pub baseline: Expr,
    /// How much time before now is compared.
    pub over: Expr,
    /// Whether it is the judge with the known faults of the usual one.
    pub compatible: bool,
    /// The least score that passes, and the least that is no failure; 95 and 75 by default.
    pub pass: Option<f64>,
    pub marginal: Option<f64>,
    pub metrics: Vec<JudgedMetric>,
}

/// One metric that is compared; each setting where it is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedMetric {
    pub metric: MetricId,
    pub name: SmolStr,
    pub group: Option<SmolStr>,
    pub weight: Option<f64>,
    pub muted: bool,
    pub direction: Direction,
    /// Whether missing samples are zeros.
    pub nan_is_zero: bool,
    /// Samples beyond so many interquartile ranges are removed.
    pub fence: Option<f64>,
    pub tolerance: Option<f64>,
    pub confidence: Option<f64>,
    /// Whether the size of a difference is how likely a sample of the canary is above one of the baseline.
    pub cles: bool,
    pub allowed: Option<(f64, f64)>,
    pub critical: bool,
    pub critical_beyond: Option<(f64, f64)>,
    pub must_have_data: bool,
    pub min_samples: Option<u32>,
}

/// Which way a metric may not move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    #[default]
    Either,
    Increase,
    Decrease,
}
