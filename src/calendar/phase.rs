//! Open or shut, and for how long at least. Phases are what windows are combined from; a phase may end without a change.

use crate::value::At;

/// What a window is from one instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Phase {
    pub is_open: bool,
    /// It stays so until before this instant, which lies after the one that was asked about.
    pub until: At,
}

/// The end of time.
pub(super) const FOREVER: At = At(i64::MAX);

impl Phase {
    pub fn open(until: At) -> Phase {
        Phase { is_open: true, until }
    }

    pub fn shut(until: At) -> Phase {
        Phase { is_open: false, until }
    }

    pub fn not(self) -> Phase {
        Phase { is_open: !self.is_open, until: self.until }
    }

    /// Open where both are; as long as one is shut, the other does not matter.
    pub fn and(self, other: Phase) -> Phase {
        match (self.is_open, other.is_open) {
            (true, true) => Phase::open(self.until.min(other.until)),
            (false, true) => self,
            (true, false) => other,
            (false, false) => Phase::shut(self.until.max(other.until)),
        }
    }

    pub fn or(self, other: Phase) -> Phase {
        self.not().and(other.not()).not()
    }

    pub fn at_most(self, until: At) -> Phase {
        Phase { is_open: self.is_open, until: self.until.min(until) }
    }
}
