//! What windows and schedules answer, one case a line.

use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Calendar, Fields, Held, LOOK_AHEAD_MS, Schedule, When, local};
use crate::value::{
    At, Date, DeclaredWindow, Freeze, LiteralShape, Opening, Opens, TimeOfDay, Value, Weekday, Window, WindowRules,
    parse_literal,
};

fn at(text: &str) -> At {
    match parse_literal(LiteralShape::Instant, text) {
        Ok(Value::Instant(at)) => at,
        other => panic!("{text} is no instant: {other:?}"),
    }
}

fn time(text: &str) -> TimeOfDay {
    match parse_literal(LiteralShape::Time, text) {
        Ok(Value::Time(time)) => time,
        other => panic!("{text} is no time: {other:?}"),
    }
}

fn date(text: &str) -> Date {
    Date(text.parse().expect("it is a date"))
}

/// Hours on all days but those of a weekend if `days` says so.
fn hours(zone: &str, days: &[Weekday], hours: &str) -> DeclaredWindow {
    let (from, to) = hours.split_once("..").expect("it has two ends");
    let opening = Opening { days: days.to_vec(), from: time(from), to: time(to) };
    DeclaredWindow {
        name: "night".into(),
        zone: zone.into(),
        opens: Opens::Hours(vec![opening]),
        except: Vec::new(),
        rules: WindowRules::default(),
    }
}

fn cron(zone: &str, fields: &str, lasts_ms: i64) -> DeclaredWindow {
    let opens = Opens::Cron { fields: fields.into(), lasts_ms };
    DeclaredWindow { opens, ..hours(zone, &Weekday::ALL, "00:00..24:00") }
}

fn calendar(window: DeclaredWindow) -> Calendar {
    Calendar::of(&Window::Declared(window)).expect("it is a window")
}

const WORKDAYS: &[Weekday] = &[Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
const HOUR_MS: i64 = 3_600_000;

/// The next openings as the zone shows them, with offsets.
fn openings(calendar: &Calendar, zone: &str, from: &str, count: usize) -> Vec<String> {
    let show = |it: At| local(it, zone, "%m-%d %H:%M%:z");
    let from = at(from);
    let stretches = calendar.openings(from, from.plus_ms(LOOK_AHEAD_MS)).take(count);
    stretches.map(|it| format!("{} {}", show(it.opens), it.closes.at().map_or("never".into(), show))).collect()
}

#[test]
fn hours_past_midnight_belong_to_the_day_they_begin_on() {
    let night = calendar(hours("Europe/Berlin", WORKDAYS, "22:00..06:00"));
    let cases = [
        ("2026-11-20T21:59:59[Europe/Berlin]", false),
        ("2026-11-20T22:00[Europe/Berlin]", true),
        ("2026-11-21T05:59[Europe/Berlin]", true),
        ("2026-11-21T06:00[Europe/Berlin]", false),
        ("2026-11-21T23:00[Europe/Berlin]", false),
        ("2026-11-23T05:00[Europe/Berlin]", false),
        ("2026-11-23T22:00[Europe/Berlin]", true),
    ];
    for (instant, is_open) in cases {
        assert_eq!(night.is_open(at(instant)), is_open, "{instant}");
    }
}

#[test]
fn a_freeze_is_a_day_of_the_zone_and_beats_an_opening() {
    let mut window = hours("America/New_York", &Weekday::ALL, "22:00..06:00");
    window.except = vec![Freeze::Days(date("2026-12-24"), date("2026-12-26"))];
    let night = calendar(window);
    assert_eq!(
        openings(&night, "America/New_York", "2026-12-23T12:00[America/New_York]", 2),
        ["12-23 22:00-05:00 12-24 00:00-05:00", "12-27 00:00-05:00 12-27 06:00-05:00"]
    );
    let frozen = night.held_by(at("2026-12-24T00:00[America/New_York]"));
    assert_eq!(frozen.as_deref(), Some("`night` is frozen from 2026-12-24 to 2026-12-26 in America/New_York"));
}

#[test]
fn a_gap_has_no_minutes_and_a_fold_has_them_twice() {
    let early = calendar(hours("America/New_York", &Weekday::ALL, "02:00..03:00"));
    assert_eq!(
        openings(&early, "America/New_York", "2026-03-07T12:00Z", 1),
        ["03-09 02:00-04:00 03-09 03:00-04:00"],
        "the eighth has no such hour"
    );
    let fold = calendar(hours("America/New_York", &Weekday::ALL, "01:00..01:30"));
    assert_eq!(
        openings(&fold, "America/New_York", "2026-11-01T04:00Z", 2),
        ["11-01 01:00-04:00 11-01 01:30-04:00", "11-01 01:00-05:00 11-01 01:30-05:00"]
    );
    let half = calendar(hours("Australia/Lord_Howe", &Weekday::ALL, "01:45..02:15"));
    assert_eq!(
        openings(&half, "Australia/Lord_Howe", "2026-10-03T00:00Z", 1),
        ["10-04 01:45+10:30 10-04 02:30+11:00"],
        "from two o'clock it is half past at once"
    );
    let friday = calendar(hours("Pacific/Apia", &[Weekday::Fri], "00:00..24:00"));
    assert_eq!(
        openings(&friday, "Pacific/Apia", "2011-12-24T20:00Z", 1),
        ["01-06 00:00+14:00 01-07 00:00+14:00"],
        "Samoa had no Friday in that week"
    );
}

#[test]
fn what_never_opens_is_not_looked_for_without_end() {
    let from = at("2026-11-21T08:00Z");
    let until = from.plus_ms(LOOK_AHEAD_MS);
    let thirtieth = calendar(cron("UTC", "0 0 30 2 *", HOUR_MS));
    assert_eq!(thirtieth.opens(from, until), When::NotBefore(until));
    let minutes = Arc::new(Window::Declared(cron("UTC", "* * * * *", 30_000)));
    let never = Window::Both(Arc::clone(&minutes), Arc::new(Window::Not(minutes)));
    let never = Calendar::of(&never).expect("it is a window");
    let When::NotBefore(seen) = never.opens(from, until) else { panic!("it opens nowhere") };
    assert!(from < seen && seen < until, "it gave up before the horizon, and says where");
    let always = calendar(hours("Europe/Berlin", &Weekday::ALL, "00:00..24:00"));
    assert_eq!(always.closes(from, until), When::NotBefore(until));
}

#[test]
fn nothing_begins_shortly_before_the_close() {
    let mut window = hours("UTC", &Weekday::ALL, "22:00..23:00");
    window.rules.latest_start_ms = HOUR_MS / 2;
    let night = calendar(window.clone());
    assert!(night.may_start(at("2026-11-21T22:29:59.999Z")));
    assert!(!night.may_start(at("2026-11-21T22:30Z")) && night.is_open(at("2026-11-21T22:30Z")));
    let from = at("2026-11-21T22:30Z");
    assert_eq!(night.starts(from, from.plus_ms(LOOK_AHEAD_MS)), When::At(at("2026-11-22T22:00Z")));
    let opens = When::At(at("2026-11-22T22:00Z"));
    let why = "the window closes soon, and nothing begins in the last 30m before that".to_owned();
    assert_eq!(night.held(from, from.plus_ms(LOOK_AHEAD_MS)), Some(Held { until: opens, why }));
    assert_eq!(night.held(at("2026-11-21T22:00Z"), from), None);
    let shut = night.held(at("2026-11-21T23:00Z"), at("2026-11-22T00:00Z")).expect("it is shut");
    assert_eq!(shut.until, When::NotBefore(at("2026-11-22T00:00Z")), "nobody was asked to look further");
    assert_eq!(shut.why, "`night` is shut: it is sat 23:00 in UTC, and it opens every day 22:00..23:00");
    window.rules.latest_start_ms = HOUR_MS;
    let never = calendar(window);
    assert!(matches!(never.starts(from, from.plus_ms(LOOK_AHEAD_MS)), When::NotBefore(_)));
}

#[test]
fn what_holds_a_window_shut_is_said() {
    let night = hours("Europe/Berlin", WORKDAYS, "22:00..06:00");
    let sale = DeclaredWindow { name: "sale".into(), ..cron("UTC", "0 0 * NOV SUN", 24 * HOUR_MS) };
    let (night, sale) = (Arc::new(Window::Declared(night)), Arc::new(Window::Declared(sale)));
    let quiet = Window::Both(night, Arc::new(Window::Not(sale)));
    assert_eq!(quiet.to_string(), "night and not sale");
    let quiet = Calendar::of(&quiet).expect("it is a window");
    let shut = quiet.held_by(at("2026-11-22T12:00Z")).expect("it is shut");
    assert_eq!(
        shut,
        "`night` is shut: it is sun 13:00 in Europe/Berlin, and it opens mon..fri 22:00..06:00, \
         and `sale` is open: it is sun 12:00 in UTC, and it opens at `0 0 * NOV SUN` for 1d"
    );
    assert_eq!(quiet.held_by(at("2026-11-23T22:00Z")), None);
}

#[test]
fn fields_that_cannot_be_read_are_named() {
    let cases = [
        ("0 2 * *", "a cron expression has five fields, and this has 4 fields"),
        ("0 0 2 * * SUN", "a cron expression has five fields, and this has 6 fields"),
        ("60 2 * * *", "`60` is no minute"),
        ("0 24 * * *", "`24` is no hour"),
        ("0 2 0 * *", "`0` is no day of the month"),
        ("0 2 * FEBRUARY *", "`FEBRUARY` is no month"),
        ("0 2 * * SUNDAY", "`SUNDAY` is no day of the week"),
        ("0 22-4 * * *", "`22-4` ends before it begins"),
        ("*/0 2 * * *", "`*/0` has no step that could be taken"),
        ("0 2 L * *", "`L` is no day of the month"),
        ("@daily", "`@daily` does not say its fields"),
        ("+5 2 * * *", "`+5` is no minute"),
    ];
    for (fields, message) in cases {
        assert_eq!(Fields::read(fields).expect_err("it cannot be read").message, message);
    }
    let numbers = Fields::read("0 2 * * 1-5,0").expect_err("days are named");
    assert_eq!(numbers.help.as_deref(), Some("where Monday is 1 this is `MON-FRI,SUN`"));
    let round = Fields::read("0 22-4 * * *").expect_err("it goes round");
    assert_eq!(round.help.as_deref(), Some("say both parts: `22-23,0-4`"));
}

#[test]
fn every_expression_that_can_be_read_is_a_schedule() {
    let fields = ["* * * * *", "5/20 */2 ? JAN-MAR,12 mon", "0 0 29 2 ?", "10-20/5 1,2,3 1/7 */3 Sun,WED-FRI"];
    for fields in fields {
        assert!(Schedule::of(fields, "Europe/Berlin").is_ok(), "{fields}");
    }
}

/// Over a year of each zone, what another implementation says of the expressions that both read alike.
#[test]
fn schedules_fire_as_another_implementation_says() {
    let zones = ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "UTC"];
    let schedules = ["30 2 * * *", "30 1 * * *", "*/15 * * * *", "0 0 29 2 *", "0 9 * * MON-FRI", "15 14 1 */2 *"];
    for zone in zones {
        for fields in schedules {
            let schedule = Schedule::of(fields, zone).expect("it is a schedule");
            let theirs = croner::Cron::from_str(fields).expect("they read it too");
            let from: Timestamp = "2027-01-01T00:00:30Z".parse().expect("an instant");
            let zone = jiff::tz::TimeZone::get(zone).expect("a zone");
            let mut ours = At(from.as_millisecond());
            let end = ours.plus_ms(5 * 366 * 24 * HOUR_MS);
            let theirs =
                theirs.iter_after(from.to_zoned(zone)).take_while(|it| it.timestamp().as_millisecond() <= end.0);
            for it in theirs.take(3_000) {
                ours = schedule.next(ours, end).at().expect("it fires again");
                assert_eq!(ours.0, it.timestamp().as_millisecond(), "`{fields}`, they say {it}");
            }
        }
    }
}
