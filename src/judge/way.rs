//! High or low: the two ways in which a canary can be worse, and which of them a rule minds.

use super::{Bounds, Direction};

/// Which side of the baseline the canary is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    High,
    Low,
}

impl Way {
    pub const BOTH: [Way; 2] = [Way::High, Way::Low];

    /// Whether a rule minds it when a metric moves this way.
    pub fn is_minded(self, direction: Direction) -> bool {
        match self {
            Way::High => matches!(direction, Direction::Either | Direction::Increase),
            Way::Low => matches!(direction, Direction::Either | Direction::Decrease),
        }
    }

    /// Returns how far an effect lies beyond its bound; negative: within it.
    pub fn beyond(self, effect: f64, bounds: Bounds) -> f64 {
        match self {
            Way::High => effect - bounds.high.get(),
            Way::Low => bounds.low.get() - effect,
        }
    }

    /// Whether an effect counts. One that cannot be told does: nothing speaks for the canary.
    pub fn counts(self, effect: Option<f64>, bounds: Bounds) -> bool {
        effect.is_none_or(|it| self.beyond(it, bounds) >= 0.0)
    }

    /// Returns the comparative for a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Way::High => "higher",
            Way::Low => "lower",
        }
    }
}
