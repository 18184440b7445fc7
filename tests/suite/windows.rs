//! Windows as people use them: recorded cases of when work may start next.

use std::fs;
use std::path::Path;

use rollout::calendar::{Calendar, LOOK_AHEAD_MS, When};
use rollout::value::{
    At, DeclaredWindow, LiteralShape, Opening, Opens, TimeOfDay, Value, Weekday, Window, WindowRules, parse_literal,
};

const ZONE: &str = "America/Los_Angeles";

fn at(text: &str) -> At {
    match parse_literal(LiteralShape::Instant, &format!("{text}[{ZONE}]")) {
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

/// Hours whose last minute still counts: they close a minute later than they say.
fn opening(hours: &str, days: &[Weekday]) -> Opening {
    let (from, last) = hours.split_once("..").expect("hours have two ends");
    let to = TimeOfDay((time(last).0 + 60) % 86_400);
    Opening { days: days.to_vec(), from: time(from), to }
}

fn window(hours: &str, days: &str) -> Window {
    let named: Vec<Weekday> = days.split_whitespace().map(|it| Weekday::from_name(it).expect("it is a day")).collect();
    let days = if named.is_empty() { Weekday::ALL.to_vec() } else { named };
    let whole = Opening { days: days.clone(), from: time("00:00"), to: time("24:00") };
    let listed: Vec<Opening> = hours.split(", ").filter(|it| !it.is_empty()).map(|it| opening(it, &days)).collect();
    Window::Declared(DeclaredWindow {
        name: "work".into(),
        zone: ZONE.into(),
        opens: Opens::Hours(if listed.is_empty() { vec![whole] } else { listed }),
        except: Vec::new(),
        rules: WindowRules::default(),
    })
}

#[test]
fn recorded_cases_start_when_they_did() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/windows/hours.txt");
    let text = fs::read_to_string(path).expect("the cases are there");
    let cases: Vec<&str> = text.lines().filter(|it| !it.starts_with('#')).collect();
    assert_eq!(cases.len(), 31);
    for case in cases {
        let parts: Vec<&str> = case.split('|').map(str::trim).collect();
        let [from, hours, days, starts] = parts[..] else { panic!("{case} has four parts") };
        let calendar = Calendar::of(&window(hours, days)).expect("it is a window");
        let from = at(from);
        assert_eq!(calendar.starts(from, from.plus_ms(LOOK_AHEAD_MS)), When::At(at(starts)), "{case}");
    }
}
