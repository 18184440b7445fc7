//! When a window opens and closes next. Goes from phase to phase, never from minute to minute, and never further than it
//! is told.

use super::Calendar;
use super::phase::Phase;
use crate::value::At;

/// How far ahead it makes sense to look: ten years, the longest that leap days and weekdays keep each other waiting.
pub const LOOK_AHEAD_MS: i64 = 3_653 * 86_400_000;

/// How many phases are looked at for one answer; what comes after is as unknown as what lies beyond the horizon.
const PHASES_MAX: usize = 100_000;

/// When something happens, as far as was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(At),
    /// Not before this instant; nobody looked any further.
    NotBefore(At),
}

impl When {
    /// Returns the instant, if there is one as far as was looked.
    pub fn at(self) -> Option<At> {
        match self {
            When::At(at) => Some(at),
            When::NotBefore(_) => None,
        }
    }
}

/// A time in which a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub opens: At,
    pub closes: When,
}

impl Calendar {
    /// Returns the first instant, this one or a later one, at which the window is open.
    pub fn opens(&self, from: At, until: At) -> When {
        self.first_that_is(true, from, until)
    }

    /// Returns the first instant, this one or a later one, at which the window is shut.
    pub fn closes(&self, from: At, until: At) -> When {
        self.first_that_is(false, from, until)
    }

    /// Returns the next times in which the window is open, that which is under way not among them.
    pub fn openings(&self, after: At, until: At) -> impl Iterator<Item = Stretch> + '_ {
        let mut from = self.closes(after, until).at();
        std::iter::from_fn(move || {
            let opens = self.opens(from?, until).at()?;
            let closes = self.closes(opens, until);
            from = closes.at();
            Some(Stretch { opens, closes })
        })
    }

    fn first_that_is(&self, open: bool, from: At, until: At) -> When {
        let mut at = from;
        for _ in 0..PHASES_MAX {
            let Phase { is_open, until: next } = self.phase(at);
            if is_open == open {
                return When::At(at);
            }
            if next > until {
                return When::NotBefore(until);
            }
            at = next;
        }
        When::NotBefore(at)
    }
}
