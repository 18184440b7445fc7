//! Windows and schedules at random, held against what a patient person would see who looks at the clock every minute.

use std::sync::Arc;

use proptest::prelude::*;

use super::naive::{MINUTE_MS, firings, first_minute, is_open};
use super::zone::Zone;
use super::{Calendar, Schedule, When};
use crate::value::{
    At, Closing, Date, DeclaredWindow, Freeze, Opening, Opens, TimeOfDay, Weekday, Window, WindowRules,
};

/// Zones with gaps and folds of an hour, of half an hour, of a day, with summer before winter, and with none.
const ZONES: &[&str] = &[
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Europe/Dublin",
    "Asia/Kathmandu",
    "America/St_Johns",
];

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How many minutes the patient person looks at.
const MINUTES: i64 = 3 * 1440;

fn zone() -> impl Strategy<Value = &'static str> {
    prop::sample::select(ZONES)
}

/// Instants within two days of the clocks being put forward or back, of a year's end, or of a leap day.
fn at(zone: &'static str) -> impl Strategy<Value = At> {
    let year = |year: i64| At((year - 1970) * 365 * DAY_MS + (year - 1969) / 4 * DAY_MS);
    let shifts = move |year_at: At, nth: usize| {
        let zone = Zone::of(zone).expect("a zone");
        let mut at = year_at;
        for _ in 0..=nth {
            let next = zone.next_shift(at);
            at = if next == super::phase::FOREVER { year_at } else { next };
        }
        at
    };
    let around = prop_oneof![
        4 => (2005_i64..2034, 0_usize..3).prop_map(move |(it, nth)| shifts(year(it), nth)),
        // Apia left out the last Friday but one of 2011.
        1 => Just(At(1_325_239_200_000)),
        1 => (2005_i64..2034).prop_map(year),
        1 => (2004_i64..2034).prop_map(move |it| year(it / 4 * 4).plus_ms(59 * DAY_MS)),
    ];
    // The last change that a file of a zone lists may be no change at all, and lie between two minutes.
    let whole = |it: At| At(it.0.div_euclid(MINUTE_MS) * MINUTE_MS);
    (around, -2880_i64..2880).prop_map(move |(around, minutes)| whole(around).plus_ms(minutes * MINUTE_MS))
}

fn opening() -> impl Strategy<Value = Opening> {
    let time = (0_u32..96).prop_map(|it| TimeOfDay(it * 900));
    let days = prop::sample::subsequence(Weekday::ALL.to_vec(), 1..=7);
    let to = prop_oneof![4 => time.clone(), 1 => Just(TimeOfDay(86_400))];
    (days, time, to).prop_map(|(days, from, to)| {
        let to = if from == to { TimeOfDay((to.0 + 900) % 86_400) } else { to };
        Opening { days, from, to }
    })
}

fn freeze(near: At) -> impl Strategy<Value = Freeze> {
    let days = (-3_i64..4, 0_i64..3).prop_map(move |(from, days)| {
        let first = near.plus_ms(from * DAY_MS);
        let last = first.plus_ms(days * DAY_MS);
        Freeze::Days(Date(first.utc_date().0), Date(last.utc_date().0))
    });
    let instants = (-72_i64..72, 1_i64..40).prop_map(move |(from, hours)| {
        let from = near.plus_ms(from * HOUR_MS);
        Freeze::Instants(from, from.plus_ms(hours * HOUR_MS))
    });
    prop_oneof![days, instants]
}

fn declared(zone: &'static str, near: At) -> impl Strategy<Value = Window> {
    let openings = prop::collection::vec(opening(), 1..4);
    let except = prop::collection::vec(freeze(near), 0..3);
    let latest = prop::sample::select(&[0_i64, 0, 15 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS][..]);
    (openings, except, latest).prop_map(move |(openings, except, latest_start_ms)| {
        Window::Declared(DeclaredWindow {
            name: "w".into(),
            zone: zone.into(),
            opens: Opens::Hours(openings),
            except,
            rules: WindowRules { latest_start_ms, ..WindowRules::default() },
        })
    })
}

fn window(zone: &'static str, other: &'static str, near: At) -> impl Strategy<Value = Window> {
    let leaf = prop_oneof![3 => declared(zone, near), 1 => declared(other, near)];
    leaf.prop_recursive(3, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Window::Both(Arc::new(a), Arc::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Window::Either(Arc::new(a), Arc::new(b))),
            inner.prop_map(|it| Window::Not(Arc::new(it))),
        ]
    })
}

fn case() -> impl Strategy<Value = (Window, At)> {
    let place = (zone(), zone()).prop_flat_map(|(zone, other)| (Just(zone), Just(other), at(zone)));
    place.prop_flat_map(|(zone, other, at)| (window(zone, other, at), Just(at)))
}

fn fields() -> impl Strategy<Value = String> {
    let minute = prop::sample::select(&["*", "0", "30", "*/15", "0,45", "10-20/5", "5/20"][..]);
    let hour = prop::sample::select(&["*", "0", "1", "2", "1-3", "*/2", "0,2,23", "12"][..]);
    let day = prop::sample::select(&["*", "*", "*", "1", "29-31", "*/2"][..]);
    let month = prop::sample::select(&["*", "*", "*", "3,11", "2", "12"][..]);
    let weekday = prop::sample::select(&["*", "*", "SUN", "MON-FRI", "FRI,SUN"][..]);
    (minute, hour, day, month, weekday).prop_map(|(a, b, c, d, e)| format!("{a} {b} {c} {d} {e}"))
}

/// Checks an answer against the first minute that was seen, if one was.
fn agrees(answer: When, seen: Option<At>, end: At) -> bool {
    match (answer, seen) {
        (When::At(answer), Some(seen)) => answer == seen,
        (When::At(answer), None) => answer >= end,
        (When::NotBefore(_), seen) => seen.is_none(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_window_is_as_the_clock_on_the_wall_says((window, at) in case()) {
        let calendar = Calendar::of(&window).expect("it is made of what there is");
        let end = at.plus_ms(MINUTES * MINUTE_MS);
        prop_assert!(agrees(calendar.opens(at, end), first_minute(&window, true, at, MINUTES), end));
        prop_assert!(agrees(calendar.closes(at, end), first_minute(&window, false, at, MINUTES), end));
        for hour in 0..MINUTES / 37 {
            let at = at.plus_ms(hour * 37 * MINUTE_MS);
            prop_assert_eq!(calendar.is_open(at), is_open(&window, at), "at {}", at);
        }
    }

    #[test]
    fn openings_follow_one_another((window, at) in case()) {
        let calendar = Calendar::of(&window).expect("it is made of what there is");
        let end = at.plus_ms(30 * DAY_MS);
        let mut before = at;
        for stretch in calendar.openings(at, end).take(12) {
            prop_assert!(stretch.opens > before || stretch.opens == at);
            prop_assert!(calendar.is_open(stretch.opens) && !calendar.is_open(stretch.opens.plus_ms(-1)));
            let Some(closes) = stretch.closes.at() else { break };
            prop_assert!(!calendar.is_open(closes) && calendar.is_open(closes.plus_ms(-1)));
            before = closes;
        }
    }

    #[test]
    fn nothing_begins_near_the_close((window, at) in case()) {
        let calendar = Calendar::of(&window).expect("it is made of what there is");
        let latest = calendar.rules().latest_start_ms;
        let may = |it: At| {
            let (minutes, close) = (latest / MINUTE_MS + 1, false);
            is_open(&window, it) && (latest == 0 || first_minute(&window, close, it, minutes).is_none())
        };
        for hour in 0..24 {
            let at = at.plus_ms(hour * HOUR_MS);
            prop_assert_eq!(calendar.may_start(at), may(at), "at {}", at);
        }
        let end = at.plus_ms(DAY_MS);
        let seen = (0..1440).map(|it| at.plus_ms(it * MINUTE_MS)).find(|it| may(*it));
        prop_assert!(agrees(calendar.starts(at, end), seen, end), "{:?} is not {:?}", calendar.starts(at, end), seen);
    }

    #[test]
    fn a_schedule_fires_as_the_clock_on_the_wall_says(
        fields in fields(),
        (zone, at) in zone().prop_flat_map(|zone| (Just(zone), at(zone))),
    ) {
        let schedule = Schedule::of(&fields, zone).expect("it is a schedule");
        let end = at.plus_ms(MINUTES * MINUTE_MS);
        let mut fired = Vec::new();
        let mut last = at.plus_ms(-1);
        while let When::At(next) = schedule.next(last, end.plus_ms(-1)) {
            fired.push(next);
            last = next;
        }
        prop_assert_eq!(fired, firings(&fields, zone, at, MINUTES), "`{}` in {} from {}", fields, zone, at);
    }

    #[test]
    fn a_window_can_be_asked_at_any_instant(
        (window, _) in case(),
        fields in fields(),
        lasts_ms in prop_oneof![1..i64::MAX, 1..HOUR_MS],
        at in prop_oneof![any::<i64>(), -DAY_MS..DAY_MS, 8_000 * 365 * DAY_MS..8_030 * 365 * DAY_MS].prop_map(At),
    ) {
        let mut cron = window.clone();
        if let Window::Declared(declared) = &mut cron {
            declared.opens = Opens::Cron { fields: fields.as_str().into(), lasts_ms };
        }
        for window in [window, cron] {
            let calendar = Calendar::of(&window).expect("it is made of what there is");
            let until = at.plus_ms(400 * DAY_MS);
            let opens = calendar.opens(at, until);
            prop_assert_eq!(opens == When::At(at), calendar.is_open(at));
            prop_assert!(!calendar.reason(at).is_empty());
            let _ = (calendar.starts(at, until), calendar.openings(at, until).take(3).count());
        }
    }

    #[test]
    fn a_cron_window_is_open_for_a_while_after_each_firing(
        fields in fields(),
        lasts in prop::sample::select(&[10_i64, 90, 600, 2000][..]),
        (zone, at) in zone().prop_flat_map(|zone| (Just(zone), at(zone))),
    ) {
        let lasts_ms = lasts * MINUTE_MS;
        let opens = Opens::Cron { fields: fields.as_str().into(), lasts_ms };
        let rules = WindowRules { closing: Closing::Pause, ..WindowRules::default() };
        let window = DeclaredWindow { name: "w".into(), zone: zone.into(), opens, except: Vec::new(), rules };
        let calendar = Calendar::of(&Window::Declared(window)).expect("it is a window");
        let fired = firings(&fields, zone, at.plus_ms(-lasts_ms), lasts + MINUTES);
        let is_open = |it: At| fired.iter().any(|fired| *fired <= it && it < fired.plus_ms(lasts_ms));
        let end = at.plus_ms(MINUTES * MINUTE_MS);
        let first = |open: bool| (0..MINUTES).map(|it| at.plus_ms(it * MINUTE_MS)).find(|it| is_open(*it) == open);
        prop_assert!(agrees(calendar.opens(at, end), first(true), end));
        prop_assert!(agrees(calendar.closes(at, end), first(false), end));
    }
}
