//! The same questions answered as they are explained: minute by minute, by the clock on the wall. Slow, and for tests only.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::value::{At, DeclaredWindow, Freeze, Opening, Opens, Weekday, Window};

pub(super) const MINUTE_MS: i64 = 60_000;

/// Whether a window is open, by its definition. Hours only.
pub(super) fn is_open(window: &Window, at: At) -> bool {
    match window {
        Window::Declared(declared) => is_declared_open(declared, at),
        Window::Both(a, b) => is_open(a, at) && is_open(b, at),
        Window::Either(a, b) => is_open(a, at) || is_open(b, at),
        Window::Not(of) => !is_open(of, at),
    }
}

/// What the clock on the wall shows.
pub(super) fn wall(at: At, zone: &str) -> DateTime {
    let zone = TimeZone::get(zone).expect("the zones of the tests are zones");
    zone.to_datetime(Timestamp::from_millisecond(at.0).expect("the instants of the tests are instants"))
}

fn is_declared_open(window: &DeclaredWindow, at: At) -> bool {
    let now = wall(at, &window.zone);
    let frozen = window.except.iter().any(|it| match it {
        Freeze::Days(first, last) => first.0 <= now.date() && now.date() <= last.0,
        Freeze::Instants(from, to) => *from <= at && at < *to,
    });
    let Opens::Hours(openings) = &window.opens else { panic!("only hours are told by the clock alone") };
    !frozen && openings.iter().any(|it| covers(it, now))
}

/// Whether hours that began today or yesterday cover a moment.
fn covers(opening: &Opening, now: DateTime) -> bool {
    [now.date(), now.date().yesterday().expect("there was a day before")].into_iter().any(|day| {
        let weekday = Weekday::ALL[day.weekday().to_monday_zero_offset() as usize];
        let midnight = day.to_datetime(jiff::civil::Time::midnight());
        let ends_next_day = opening.to <= opening.from;
        let opens = midnight + i64::from(opening.from.0).seconds();
        let closes = midnight + i64::from(opening.to.0 + if ends_next_day { 86_400 } else { 0 }).seconds();
        opening.days.contains(&weekday) && opens <= now && now < closes
    })
}

/// The first minute, from one on, at which a window is or is not open, among so many.
pub(super) fn first_minute(window: &Window, open: bool, from: At, minutes: i64) -> Option<At> {
    let minutes = (0..minutes).map(|it| from.plus_ms(it * MINUTE_MS));
    minutes.into_iter().find(|it| is_open(window, *it) == open)
}

/// Every firing of a cron expression in some minutes, told by looking at the clock each minute.
pub(super) fn firings(fields: &str, zone: &str, from: At, minutes: i64) -> Vec<At> {
    let all_day = fields.split(' ').nth(1).is_some_and(|it| it.starts_with('*'));
    let mut highest = wall(from.plus_ms(-2 * 86_400_000), zone);
    let mut before = highest;
    let mut found = Vec::new();
    for minute in -2 * 1440..minutes {
        let at = from.plus_ms(minute * MINUTE_MS);
        let now = wall(at, zone);
        // What the clock would have shown had it not been put forward.
        let skipped = std::iter::successors(Some(before + 1.minute()), |it| Some(*it + 1.minute()));
        let caught_up = !all_day && skipped.take_while(|it| *it < now).any(|it| fits(fields, it));
        let again = !all_day && minute > -2 * 1440 && now <= highest;
        if minute >= 0 && (caught_up || (fits(fields, now) && !again)) {
            found.push(at);
        }
        (before, highest) = (now, highest.max(now));
    }
    found
}

fn fits(fields: &str, now: DateTime) -> bool {
    const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    let weekday = now.weekday().to_sunday_zero_offset();
    let shown = [now.minute(), now.hour(), now.day(), now.month(), weekday];
    let least = [0, 0, 1, 1, 0];
    let number = |text: &str| match DAYS.iter().position(|it| *it == text) {
        Some(day) => day as i8,
        None => text.parse().expect("the fields of the tests are numbers or days"),
    };
    fields.split(' ').zip(shown.into_iter().zip(least)).all(|(field, (shown, least))| {
        field.split(',').any(|item| {
            let (base, step) = item.split_once('/').map_or((item, 1), |(base, step)| (base, number(step)));
            let (first, last) = match (base, base.split_once('-')) {
                ("*", _) => (least, i8::MAX),
                (_, Some((first, last))) => (number(first), number(last)),
                _ => (number(base), if item.contains('/') { i8::MAX } else { number(base) }),
            };
            first <= shown && shown <= last && (shown - first) % step == 0
        })
    })
}
