//! How far a verdict is from another one: what would have to move, and by how much, to turn it.

use serde::{Deserialize, Serialize};

use super::Rule;
use super::shift::Shift;
use super::way::Way;

/// How far the canary is beyond, or within, what each way allows. A way that the rule does not mind has none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Margins {
    pub high: Option<Margin>,
    pub low: Option<Margin>,
}

/// The distance from one label: where both are positive, the canary has it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Margin {
    /// How far the near end of the interval lies beyond what is tolerated; negative: within it by so much.
    pub interval: f64,
    /// The same of the effect, where that can be told.
    pub effect: Option<f64>,
    /// The tolerance at which the interval would just touch what is tolerated; none: no tolerance does that.
    pub tolerance: Option<f64>,
}

impl Margins {
    pub(super) fn of(shift: Shift, effect: Option<f64>, rule: &Rule) -> Margins {
        let of = |way| Margin::of(way, shift, effect, rule);
        Margins { high: of(Way::High), low: of(Way::Low) }
    }
}

impl Margin {
    /// None: the rule does not mind this way, or no interval is known.
    pub(super) fn of(way: Way, shift: Shift, effect: Option<f64>, rule: &Rule) -> Option<Margin> {
        let interval = shift.interval.filter(|_| way.is_minded(rule.direction))?;
        let reach = match way {
            Way::High => interval.low(),
            Way::Low => -interval.high(),
        };
        let size = shift.estimate.abs();
        Some(Margin {
            interval: reach - rule.tolerance.get() * size,
            effect: effect.map(|it| way.beyond(it, rule.allowed())),
            tolerance: Some(reach / size).filter(|it| it.is_finite() && *it >= 0.0),
        })
    }
}
