//! Hours of days: the week that repeats itself. Knows civil time only.

use super::zone::{Civil, DAY_MS};
use crate::value::{Opening, TimeOfDay};

const WEEK_MS: i64 = 7 * DAY_MS;

/// The first Monday of 1970.
const MONDAY_MS: i64 = 4 * DAY_MS;

/// When a week is open: parts in order, none of which touches another, from Monday's midnight on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Week {
    spans: Vec<(i64, i64)>,
}

impl Week {
    pub fn of(openings: &[Opening]) -> Week {
        let mut parts: Vec<(i64, i64)> = openings.iter().flat_map(parts_of).collect();
        parts.sort_unstable();
        let mut spans: Vec<(i64, i64)> = Vec::new();
        for (from, to) in parts {
            match spans.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => spans.push((from, to)),
            }
        }
        Week { spans }
    }

    /// Returns whether it is open, and until when it is at least so; none: for ever.
    pub fn at(&self, civil: Civil) -> (bool, Option<Civil>) {
        match self.spans[..] {
            [] => return (false, None),
            [(0, WEEK_MS)] => return (true, None),
            _ => {}
        }
        let monday = civil.0 - (civil.0.saturating_sub(MONDAY_MS)).rem_euclid(WEEK_MS);
        let since = civil.0 - monday;
        let next = self.spans.partition_point(|(_, to)| *to <= since);
        let (is_open, until) = match self.spans.get(next) {
            Some((from, to)) if *from <= since => (true, *to),
            Some((from, _)) => (false, *from),
            None => (false, WEEK_MS + self.spans[0].0),
        };
        (is_open, Some(Civil(monday.saturating_add(until))))
    }
}

/// The parts of a week in which one opening is open; what crosses its end goes on at its beginning.
fn parts_of(opening: &Opening) -> Vec<(i64, i64)> {
    let ms = |it: TimeOfDay| i64::from(it.0) * 1000;
    let (from, to) = (ms(opening.from), ms(opening.to));
    let to = if to > from { to } else { to + DAY_MS };
    let mut parts = Vec::new();
    for day in &opening.days {
        let midnight = *day as i64 * DAY_MS;
        let (from, to) = (midnight + from, midnight + to);
        parts.push((from.min(WEEK_MS), to.min(WEEK_MS)));
        if to > WEEK_MS {
            parts.push(((from - WEEK_MS).max(0), to - WEEK_MS));
        }
    }
    parts.retain(|(from, to)| from < to);
    parts
}
