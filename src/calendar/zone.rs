//! What the clocks of a place show, and when they are put forward or back. Knows zones, and nothing of windows.

use jiff::tz::TimeZone;
use smol_str::SmolStr;

use super::phase::FOREVER;
use crate::diag::nearest;
use crate::value::At;

/// A civil time in milliseconds, counted as if the place were in UTC. Where clocks are put back, two instants have the
/// same; where they are put forward, some have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Civil(pub i64);

pub(super) const SECOND_MS: i64 = 1_000;
pub(super) const DAY_MS: i64 = 86_400_000;

/// A place with its clocks.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub name: SmolStr,
    zone: TimeZone,
}

/// When clocks were put forward or back, and what they were ahead of UTC before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub at: At,
    pub before_ms: i64,
}

impl Zone {
    /// Finds a zone by its name.
    ///
    /// # Errors
    /// A sentence without a period when there is none.
    pub fn of(name: &str) -> Result<Zone, String> {
        let zone = TimeZone::get(name).map_err(|_| format!("there is no zone `{name}`"))?;
        Ok(Zone { name: SmolStr::new(name), zone })
    }

    /// Returns by how much the clocks are ahead of UTC.
    pub fn ahead_ms(&self, at: At) -> i64 {
        i64::from(self.zone.to_offset(at.timestamp()).seconds()) * SECOND_MS
    }

    pub fn civil(&self, at: At) -> Civil {
        Civil(at.0.saturating_add(self.ahead_ms(at)))
    }

    /// Returns when the clocks are next put forward or back.
    pub fn next_shift(&self, after: At) -> At {
        let next = self.zone.following(after.timestamp()).next();
        let next = next.map(|it| At(it.timestamp().as_millisecond()));
        next.filter(|it| *it > after).unwrap_or(FOREVER)
    }

    /// Returns the last time, up to this instant, that the clocks were put forward or back.
    pub fn last_shift(&self, at: At) -> Option<Shift> {
        let last = self.zone.preceding(at.plus_ms(1).timestamp()).next()?;
        let at = At(last.timestamp().as_millisecond());
        Some(Shift { at, before_ms: self.ahead_ms(at.plus_ms(-1)) })
    }
}

/// Returns whether there is a zone of this name.
pub fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// Returns the name of the zone that somebody may have meant: that of the city, or one spelled almost so.
pub fn nearest_zone(name: &str) -> Option<String> {
    let mut names: Vec<String> = jiff::tz::db().available().map(|it| it.to_string()).collect();
    names.sort();
    let city = name.replace(' ', "_").to_lowercase();
    let is_of_city = |it: &&String| it.rsplit('/').next().is_some_and(|it| it.to_lowercase() == city);
    let found = names.iter().find(is_of_city).map(String::as_str);
    found.or_else(|| nearest(name, names.iter().map(String::as_str))).map(str::to_owned)
}

/// Writes an instant as the clocks of a zone show it, by a pattern such as `%a %Y-%m-%d %H:%M`. In a zone that there is
/// not it is UTC.
pub fn local(at: At, zone: &str, pattern: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    at.timestamp().to_zoned(zone).strftime(pattern).to_string()
}
