//! When work may begin: while the window is open, and not too near to its close.

use super::{Calendar, When};
use crate::value::{At, show_duration};

/// How many openings are looked at for one answer.
const OPENINGS_MAX: usize = 10_000;

/// Why work may not begin, and when it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub until: When,
    /// A sentence without a period.
    pub why: String,
}

impl Calendar {
    /// Returns what holds work back at an instant; nothing if it may begin.
    pub fn held(&self, at: At, until: At) -> Option<Held> {
        if self.may_start(at) {
            return None;
        }
        let latest = show_duration(self.rules().latest_start_ms);
        let too_late = || format!("the window closes soon, and nothing begins in the last {latest} before that");
        Some(Held { until: self.starts(at, until), why: self.held_by(at).unwrap_or_else(too_late) })
    }

    /// Returns whether work may begin: the window is open, and does not close within its `latest_start`.
    pub fn may_start(&self, at: At) -> bool {
        let latest = self.rules().latest_start_ms;
        self.is_open(at) && (latest == 0 || self.closes(at, at.plus_ms(latest)).at().is_none())
    }

    /// Returns the first instant, this one or a later one, at which work may begin.
    pub fn starts(&self, from: At, until: At) -> When {
        let latest = self.rules().latest_start_ms;
        let mut from = from;
        for _ in 0..OPENINGS_MAX {
            let opens = match self.opens(from, until) {
                When::At(opens) => opens,
                never => return never,
            };
            // From the opening on, however near the horizon is.
            let near = opens.plus_ms(latest);
            match self.closes(opens, near) {
                When::NotBefore(seen) if seen >= near => return When::At(opens),
                When::At(_) if latest == 0 => return When::At(opens),
                When::At(closes) => from = closes,
                When::NotBefore(seen) => return When::NotBefore(seen),
            }
        }
        When::NotBefore(from)
    }
}
