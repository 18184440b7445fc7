//! When a window stays shut, whatever opens it: days of its zone, and instants.

use super::phase::{FOREVER, Phase};
use super::zone::{Civil, DAY_MS, Zone};
use crate::value::{At, Date, Freeze};

/// The freezes of a window, by what they are counted in.
#[derive(Debug, Clone, Default)]
pub(super) struct Freezes {
    /// In order of their beginning.
    days: Vec<(Civil, Civil, Freeze)>,
    instants: Vec<(At, At, Freeze)>,
}

impl Freezes {
    pub fn of(freezes: &[Freeze]) -> Freezes {
        let mut sorted = Freezes::default();
        for freeze in freezes {
            match freeze {
                Freeze::Days(first, last) => {
                    let end = Civil(midnight(*last).0 + DAY_MS);
                    sorted.days.push((midnight(*first), end, *freeze));
                }
                Freeze::Instants(from, to) => sorted.instants.push((*from, *to, *freeze)),
            }
        }
        sorted.days.sort_by_key(|it| (it.0, it.1));
        sorted.instants.sort_by_key(|it| (it.0, it.1));
        sorted
    }

    pub fn is_empty(&self) -> bool {
        self.days.is_empty() && self.instants.is_empty()
    }

    /// Returns the freeze that holds the window shut.
    pub fn at(&self, at: At, zone: &Zone) -> Option<Freeze> {
        if self.is_empty() {
            return None;
        }
        let civil = zone.civil(at);
        let by_day = self.days.iter().find(|(from, to, _)| *from <= civil && civil < *to);
        let by_instant = || self.instants.iter().find(|(from, to, _)| *from <= at && at < *to).map(|it| it.2);
        by_day.map(|it| it.2).or_else(by_instant)
    }

    /// Shut while it is frozen, open otherwise.
    pub fn phase(&self, at: At, zone: &Zone) -> Phase {
        if self.is_empty() {
            return Phase::open(FOREVER);
        }
        let by_instant = thawed(self.instants.iter().map(|it| (it.0, it.1)), at, FOREVER);
        if self.days.is_empty() {
            return by_instant;
        }
        let ahead = zone.ahead_ms(at);
        let instant = |it: Civil| At(it.0.saturating_sub(ahead));
        let by_day = thawed(self.days.iter().map(|it| (instant(it.0), instant(it.1))), at, FOREVER);
        by_day.at_most(zone.next_shift(at)).and(by_instant)
    }
}

/// Whether none of these holds here, and until when that is at least so.
fn thawed(freezes: impl Iterator<Item = (At, At)>, at: At, end: At) -> Phase {
    let mut next = end;
    for (from, to) in freezes {
        if at < from {
            // They are in order, so that the first one to come is the next.
            next = from;
            break;
        }
        if at < to {
            return Phase::shut(to);
        }
    }
    Phase::open(next)
}

/// The first moment of a date.
fn midnight(date: Date) -> Civil {
    let days = date.0.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)));
    Civil(days.map_or(0, |it| i64::from(it.get_days())) * DAY_MS)
}
