//! One declared window, made ready: its zone found, its week laid out, its cron expression read.

use super::freeze::Freezes;
use super::phase::{FOREVER, Phase};
use super::schedule::Schedule;
use super::turn::When;
use super::week::Week;
use super::zone::Zone;
use crate::value::{At, DeclaredWindow, Opens};

/// A declared window that can be asked.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub window: DeclaredWindow,
    pub zone: Zone,
    pub freezes: Freezes,
    opens: Ready,
}

/// What opens it.
#[derive(Debug, Clone)]
enum Ready {
    Week(Week),
    Cron { schedule: Box<Schedule>, lasts_ms: i64 },
}

/// How many firings in a row are joined into one phase, where each comes before the last one's time has passed.
const JOINED_MAX: usize = 64;

impl Declared {
    /// Makes a window ready.
    ///
    /// # Errors
    /// A sentence without a period when its zone or its cron expression cannot be read.
    pub fn of(window: &DeclaredWindow) -> Result<Declared, String> {
        let zone = Zone::of(&window.zone)?;
        let opens = match &window.opens {
            Opens::Hours(openings) => Ready::Week(Week::of(openings)),
            Opens::Cron { fields, lasts_ms } => {
                let schedule = Schedule::of(fields, &window.zone).map_err(|it| it.message)?;
                Ready::Cron { schedule: Box::new(schedule), lasts_ms: *lasts_ms }
            }
        };
        Ok(Declared { window: window.clone(), zone, freezes: Freezes::of(&window.except), opens })
    }

    pub fn is_open(&self, at: At) -> bool {
        self.is_opened(at) && self.freezes.at(at, &self.zone).is_none()
    }

    /// Whether it would be open if nothing froze it.
    pub fn is_opened(&self, at: At) -> bool {
        match &self.opens {
            Ready::Week(week) => week.at(self.zone.civil(at)).0,
            Ready::Cron { schedule, lasts_ms } => schedule.next(at.plus_ms(-lasts_ms), at).at().is_some(),
        }
    }

    pub fn phase(&self, at: At) -> Phase {
        let opened = match &self.opens {
            Ready::Week(week) => self.week_phase(week, at),
            Ready::Cron { schedule, lasts_ms } => cron_phase(schedule, *lasts_ms, at),
        };
        opened.and(self.freezes.phase(at, &self.zone))
    }

    /// Civil time runs as time does until the clocks are put forward or back.
    fn week_phase(&self, week: &Week, at: At) -> Phase {
        let ahead = self.zone.ahead_ms(at);
        let civil = self.zone.civil(at);
        let (is_open, until) = week.at(civil);
        match until {
            Some(until) => {
                let until = At(until.0.saturating_sub(ahead));
                Phase { is_open, until: until.min(self.zone.next_shift(at)) }
            }
            None => Phase { is_open, until: FOREVER },
        }
    }
}

fn cron_phase(schedule: &Schedule, lasts_ms: i64, at: At) -> Phase {
    let first = match schedule.next(at.plus_ms(-lasts_ms), FOREVER) {
        When::At(first) if first <= at => first,
        When::At(next) => return Phase::shut(next),
        When::NotBefore(_) => return Phase::shut(FOREVER),
    };
    let mut until = first.plus_ms(lasts_ms);
    let mut last = first;
    for _ in 0..JOINED_MAX {
        match schedule.next(last, until) {
            When::At(next) => {
                until = next.plus_ms(lasts_ms);
                last = next;
            }
            When::NotBefore(_) => break,
        }
    }
    Phase::open(until)
}
