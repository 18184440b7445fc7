//! When a cron expression fires. The expression only ever counts civil time; which instants that is, where clocks are put
//! forward or back, is decided here:
//!
//! - A time that the clocks skip fires at the moment they are put forward, once for all that was skipped.
//! - A time that they show twice fires the first time.
//! - What fires all through the day (its hours begin with `*`) follows the clocks: nothing for a time that is skipped,
//!   both times for one that comes twice.

use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::fields::{Fields, FieldsWrong};
use super::turn::When;
use super::zone::{Civil, SECOND_MS, Shift, Zone};
use crate::value::At;

/// A cron expression in a zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub(super) zone: Zone,
    fields: Fields,
    civil: cron::Schedule,
}

impl Schedule {
    /// Makes a schedule ready to be asked.
    ///
    /// # Errors
    /// Says what is wrong with the expression or the zone.
    pub fn of(fields: &str, zone: &str) -> Result<Schedule, FieldsWrong> {
        let wrong = |message| FieldsWrong { message, help: None };
        let fields = Fields::read(fields)?;
        let civil = cron::Schedule::from_str(&format!("0 {}", fields.text));
        let civil = civil.map_err(|_| wrong(format!("`{}` cannot be read", fields.text)))?;
        let zone = Zone::of(zone).map_err(wrong)?;
        Ok(Schedule { zone, fields, civil })
    }

    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Returns when it fires next after an instant, looking no further than another.
    pub fn next(&self, after: At, until: At) -> When {
        // Nothing fires between two seconds.
        let mut from = At((after.0.div_euclid(SECOND_MS)).saturating_add(1).saturating_mul(SECOND_MS));
        while from <= until {
            let last = if self.fields.is_all_day { None } else { self.zone.last_shift(from) };
            if let Some(shift) = last
                && shift.at == from
                && self.fires_in_gap(shift)
            {
                return When::At(from);
            }
            let ahead = self.zone.ahead_ms(from);
            let least = Civil(from.0.saturating_add(ahead)).max(self.shown_before(last, ahead));
            let Some(civil) = self.at_or_after(least) else { return When::NotBefore(until) };
            let at = At(civil.0 - ahead);
            let shift = self.zone.next_shift(from);
            if at < shift {
                return if at <= until { When::At(at) } else { When::NotBefore(until) };
            }
            from = shift;
        }
        When::NotBefore(until)
    }

    /// What the clocks showed when they were put back: everything before was shown already, and has fired.
    fn shown_before(&self, last: Option<Shift>, ahead: i64) -> Civil {
        match last {
            Some(shift) if shift.before_ms > ahead => Civil(shift.at.0 + shift.before_ms),
            _ => Civil(i64::MIN),
        }
    }

    /// Whether it would have fired while the clocks were put forward.
    fn fires_in_gap(&self, shift: Shift) -> bool {
        let (from, to) = (shift.at.0 + shift.before_ms, shift.at.0 + self.zone.ahead_ms(shift.at));
        from < to && self.at_or_after(Civil(from)).is_some_and(|it| it.0 < to)
    }

    /// The first civil time, from one on, at which it fires; none after the year 2100.
    fn at_or_after(&self, civil: Civil) -> Option<Civil> {
        // It counts from 1970 on.
        let second_before = civil.0.saturating_sub(1).div_euclid(SECOND_MS).max(-1);
        let after: DateTime<Utc> = DateTime::from_timestamp(second_before, 0)?;
        let next = self.civil.after(&after).next()?;
        Some(Civil(next.timestamp() * SECOND_MS))
    }
}
