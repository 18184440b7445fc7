//! Windows as people use them: recorded cases of when work may start next, `rollout window`, and what a plan holds.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rollout::calendar::{Calendar, LOOK_AHEAD_MS, When};
use rollout::check::check;
use rollout::diag::Diagnostic;
use rollout::engine::Event;
use rollout::model::RolloutId;
use rollout::plan::{KeptValues, Plan, PlanRequest, plan};
use rollout::sim::{Luck, Odds, play};
use rollout::source::MemoryWorld;
use rollout::value::{
    At, DeclaredWindow, LiteralShape, Opening, Opens, Record, TimeOfDay, Value, Weekday, Window, WindowRules,
    parse_literal,
};
use rollout::view::Board;

use super::stage::Stage;

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

const RELEASE: &str = r#"
fleet sites { target berlin { zone = "Europe/Berlin" }, target mars { zone = "Mars/Base" } }
window night(site: target, from: time = 22:00) { days = mon..fri, hours = from..06:00, zone = site.zone }
window here { zone = env("ZONE"), hours = 08:00..09:00 }
window sale { except = [2026-11-27..2026-11-28] }
"#;

fn release() -> Stage {
    Stage::with("release.rollout", RELEASE)
}

#[test]
fn programs_are_told_when_a_window_opens() {
    let words = ["window", "release.rollout", "night(berlin)", "--at", "2026-10-24T12:00Z", "--count", "2"];
    let said = release().say(&[&words[..], &["--format", "json"]].concat());
    let document: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!(document["open"], false);
    assert_eq!(document["closes"], serde_json::Value::Null);
    assert_eq!(document["openings"][0]["opens"], "2026-10-26T22:00:00+01:00", "the clocks were put back");
    assert_eq!(document["openings"][0]["closes"], "2026-10-27T06:00:00+01:00");
    assert_eq!(document["openings"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        document["reason"],
        "`night(berlin, 22:00)` is shut: it is sat 14:00 in Europe/Berlin, and it opens mon..fri 22:00..06:00"
    );
}

#[test]
fn arguments_and_variables_are_read_as_the_window_wants_them() {
    let stage = release();
    let early = stage.say(&["window", "release.rollout", "night(berlin, 20:00)", "--at", "2026-11-24T19:30Z"]);
    assert!(early.out.starts_with("`night(berlin, 20:00)` is open at Tue 2026-11-24 20:30+01:00."), "{early:?}");
    let mut there = stage.command(&["window", "release.rollout", "here", "--at", "2026-11-24T02:00Z"]);
    let there = there.env("ZONE", "Asia/Tokyo").output().expect("it starts");
    let out = String::from_utf8_lossy(&there.stdout);
    assert!(out.contains("It opens in 21h.") && out.contains("Wed 2026-11-25 08:00+09:00"), "{out}");
    let frozen = stage.say(&["window", "release.rollout", "sale", "--at", "2026-11-27T02:00Z", "--zone", "Asia/Tokyo"]);
    assert!(frozen.out.contains("`sale` is frozen from 2026-11-27 to 2026-11-28 in UTC."), "{frozen:?}");
    assert!(frozen.out.contains("Sun 2026-11-29 09:00+09:00  never"), "{frozen:?}");
}

#[test]
fn whoever_asks_wrongly_is_told_how() {
    let stage = release();
    for (words, code, told) in [
        (&["night"][..], 2, "`night` depends on `site`, a target"),
        (&["night()"], 2, "There are `berlin`, `mars`."),
        (&["night(brelin)"], 2, "Did you mean `berlin`?"),
        (&["night(berlin, noon)"], 2, "`from`: `noon` is not a time"),
        (&["night(berlin, 20:00, 3)"], 2, "has 3 arguments, and 2 are taken"),
        (&["night(mars)"], 2, "there is no zone `Mars/Base`"),
        (&["nihgt(berlin)"], 2, "Did you mean `night`?"),
        (&["night(berlin"], 2, "in quotes"),
        (&["here"], 2, "ZONE"),
        (&["sale", "--at", "tomorrow"], 2, "`tomorrow` is no instant"),
        (&["sale", "--zone", "Tokyo"], 2, "Did you mean `--zone Asia/Tokyo`?"),
        (&["sale", "--format", "sarif"], 2, "this format is for findings and tests only"),
    ] {
        let said = stage.say(&[&["window", "release.rollout"], words].concat());
        assert!(said.code == code && said.err.contains(told), "{words:?}: {said:?}");
    }
    stage.write("wrong.rollout", "window night { hours = 22:00..22:00 }\n");
    let wrong = stage.say(&["window", "wrong.rollout", "night"]);
    assert!(wrong.code == 2 && wrong.err.contains("E0903"), "{wrong:?}");
}

/// Makes the plan of a program in which `during` is all that this version cannot perform.
fn planned(text: &str) -> Result<Plan, Vec<String>> {
    let world = MemoryWorld::default().with("web.rollout", text);
    let checked = check(&world, "web.rollout");
    let others: Vec<&Diagnostic> = checked.diagnostics.iter().filter(|it| it.code.0 != "E0300").collect();
    assert!(others.is_empty(), "{others:?}");
    let request = PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout: RolloutId(0),
        file: "web.rollout",
        folder: "/tmp",
        inputs: Record::new(),
        profile: None,
        now: At(1_795_000_000_000),
        world: &world,
        kept: &KeptValues::default(),
        only: None,
    };
    plan(&request).map_err(|it| it.into_iter().map(|it| it.message).collect())
}

const BOUND: &str = r#"
fleet sites { target berlin { zone = "Europe/Berlin" }, target ny { zone = "America/New_York" } }
window night(site: target) { hours = 22:00..06:00, zone = site.zone }
window week { days = mon..fri }
action deploy(site: target) { during = night(site), run "true", undo { } }
rollout web {
  during = week
  stage all {
    during = week or not week
    for site in sites {
      during = night(site) or week
      deploy(site)
      step look { during = not week, log "${site}" }
    }
  }
}
"#;

#[test]
fn a_plan_carries_what_binds_it_to_windows() {
    let plan = planned(BOUND).expect("it can be planned");
    let during = |path: &str| {
        let node = plan.nodes.iter().find(|it| it.during.is_some() && it.name == path);
        node.and_then(|it| it.during.clone()).unwrap_or_else(|| panic!("`{path}` is bound to a window"))
    };
    let known = |path: &str| during(path).known().map(ToString::to_string);
    assert_eq!(known(""), Some("week".to_owned()));
    assert_eq!(known("all"), Some("week or not week".to_owned()));
    assert_eq!(known("look"), Some("not week".to_owned()));
    assert_eq!((known("site"), known("deploy")), (None, None), "they differ from target to target");
    let text = serde_json::to_string(&plan).expect("a plan is plain data");
    let read: Plan = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!((&read.nodes, read.digest()), (&plan.nodes, plan.digest()));
}

#[test]
fn a_window_that_one_target_cannot_have_is_refused_by_the_plan() {
    let refused = planned(&BOUND.replace("America/New_York", "America/Old_York")).expect_err("there is no such zone");
    assert_eq!(refused, ["`night(ny)`: there is no zone `America/Old_York`; did you mean `America/New_York`?"]);
}

/// One target is at work in a window that has opened; the other waits for its turn, and no longer for the window.
#[test]
fn a_window_that_has_opened_is_waited_for_by_nobody() {
    let text = r#"
        fleet sites { target ny {}, target paris {} }
        window tuesday { days = tue }
        rollout web {
          stage all {
            for site in sites {
              during = tuesday
              step put { run "put ${site}", undo { run "back ${site}" } }
            }
          }
        }
    "#;
    let plan = Arc::new(planned(text).expect("it is planned"));
    let luck = Luck { seed: 1, odds: Odds::NONE };
    let events = play(&plan, &KeptValues::new(), luck, &mut |_| None).events;
    let mut board = Board::new(Arc::clone(&plan));
    let (mut shut, mut passed) = (0, 0);
    for (at, event) in &events {
        board.hear(*at, event);
        let waits = board.project("run", *at).waiting_for;
        let windows = waits.iter().filter(|it| it.kind == "window");
        for it in windows {
            shut += 1;
            let until = it.until.as_deref().expect("it says when");
            assert!(*until > *at.to_string(), "{}: {} at {at}", it.path, it.what);
        }
        passed += u32::from(matches!(event, Event::Asked { .. }) && waits.is_empty());
    }
    assert!(shut > 0 && passed == 2, "{shut} times shut, {passed} times nothing waited");
}
