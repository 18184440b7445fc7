//! Where the shift between two sides lies: the number that the canary has more, or less, than the baseline.

use serde::{Deserialize, Serialize};

/// From where to where something lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval(pub f64, pub f64);

/// What two sides say of the shift between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    /// None: no interval is as sure as it should be.
    pub interval: Option<Interval>,
    /// What fits best.
    pub estimate: f64,
}

impl Interval {
    pub fn low(self) -> f64 {
        self.0
    }

    pub fn high(self) -> f64 {
        self.1
    }
}
