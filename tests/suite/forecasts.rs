//! What is to be expected of a run, against cases that were worked out by hand: delays, places side by side, waves,
//! windows over weekends and nights in which clocks change, people, and runs that are under way.

use rollout::check::check;
use rollout::engine::{Answer, Command, Done, Event, Heard, Person, Run, RunForecast, RunStarted, outstanding, step};
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, NodeId, NodeKind, Plan, PlanRequest, plan, read_inputs};
use rollout::sim::{Forecast, Past, Three, Trouble, forecast, forecast_from, pinned, way_back};
use rollout::source::MemoryWorld;
use rollout::value::{At, LiteralShape, Record, Value, parse_literal};

use crate::stage::Stage;

const HOSTS: &str = "fleet hosts { target a { }, target b { }, target c { }, target d { }, target e { } }\n\
                     probe up(h: target) { tcp \"${h}:80\" }\npeople us = [\"dana\", \"lee\"]\n";

fn at(text: &str) -> At {
    match parse_literal(LiteralShape::Instant, text) {
        Ok(Value::Instant(at)) => at,
        other => panic!("`{text}` is no instant: {other:?}"),
    }
}

fn planned(text: &str, start: At) -> Plan {
    let text = format!("{HOSTS}{text}");
    let world = MemoryWorld::default().with("case.rollout", &text);
    let checked = check(&world, "case.rollout");
    assert!(checked.is_sound(), "{:?}", checked.diagnostics);
    let rollout = RolloutId(0);
    let inputs = read_inputs(checked.program.rollout(rollout), &GivenInputs::default(), &world).expect("no inputs");
    let request = PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout,
        file: "case.rollout",
        folder: "/",
        inputs,
        profile: None,
        now: start,
        world: &world,
        kept: &KeptValues::new(),
        only: None,
    };
    plan(&request).expect("it can be planned")
}

fn ahead(text: &str, start: &str) -> (Plan, Forecast) {
    let start = at(start);
    let plan = planned(text, start);
    let forecast = forecast(&plan, &KeptValues::new(), start, &Past::default());
    (plan, forecast)
}

fn ends(plan: &Plan, forecast: &Forecast) -> Vec<(String, [String; 3])> {
    let stages = (0..plan.nodes.len() as u32).map(NodeId);
    let stages = stages.filter(|it| matches!(plan.node(*it).kind, NodeKind::Stage(_)));
    stages.map(|it| (plan.node_path(it), shown(forecast.of(it).ends))).collect()
}

fn shown(three: Three) -> [String; 3] {
    [three.earliest, three.likely, three.latest].map(|it| it.map_or_else(|| "-".to_owned(), |it| it.to_string()))
}

#[track_caller]
fn expect(text: &str, start: &str, wanted: &[(&str, [&str; 3])]) -> Forecast {
    let (plan, forecast) = ahead(text, start);
    let found = ends(&plan, &forecast);
    let wanted: Vec<(String, [String; 3])> =
        wanted.iter().map(|(name, times)| ((*name).to_owned(), times.map(|it| it.to_owned()))).collect();
    assert_eq!(found, wanted, "unknown: {:?}", forecast.unknown);
    forecast
}

#[test]
fn a_delay_lies_between_two_stages_and_a_range_has_a_middle() {
    let forecast = expect(
        "rollout web {
           stage one { step build { takes = 5m..15m, run \"make\", undo { } } }
           stage two { delay = 1h, step up { takes = 2m, run \"up\", undo { run \"down\" } } }
         }",
        "2026-11-23T09:00Z",
        &[
            ("one", ["2026-11-23T09:05:00Z", "2026-11-23T09:10:00Z", "2026-11-23T09:15:00Z"]),
            ("two", ["2026-11-23T10:07:00Z", "2026-11-23T10:12:00Z", "2026-11-23T10:17:00Z"]),
        ],
    );
    assert_eq!(forecast.run.ends.latest, Some(at("2026-11-23T10:17Z")));
    assert_eq!(forecast.rollback_ms, Some(120_000), "only `up` has something to undo, which takes as long as it did");
    assert_eq!(forecast.assumed, Vec::<String>::new(), "everything is said");
}

#[test]
fn five_targets_two_at_once_take_three_rounds_and_waves_are_barriers() {
    let text = |more: &str| {
        format!(
            "rollout web {{ stage all {{ for h in hosts {{ {more}step put {{ takes = 10m, run \"put ${{h}}\", undo {{ }} }} }} }} }}"
        )
    };
    let three_rounds = ["2026-11-23T09:30:00Z"; 3];
    expect(&text("at_once = 2\n"), "2026-11-23T09:00Z", &[("all", three_rounds)]);
    // 1, then 2 and 3, then 4 and 5: a wave of one, and two of two.
    expect(&text("at_once = 5, waves = [1, 3, 5]\n"), "2026-11-23T09:00Z", &[("all", three_rounds)]);
    // The last begins 4 × 7 m after the first.
    expect(&text("at_once = 5, stagger = 7m\n"), "2026-11-23T09:00Z", &[("all", ["2026-11-23T09:38:00Z"; 3])]);
}

#[test]
fn what_does_not_end_on_friday_goes_on_on_monday() {
    let text = "window office { zone = \"Europe/Berlin\", open { days = mon..fri, hours = 09:00..17:00 } }
        rollout web { stage all { for h in hosts {
          during = office
          step put { takes = 30m..40m, run \"put ${h}\", undo { } }
        } } }";
    // Friday 16:00 in Berlin: at 30 m each the second begins 16:30 and the third, at 17:00, no more. Monday: three.
    // At 40 m each the second begins 16:40 and ends 17:20; three more on Monday take two hours.
    expect(
        text,
        "2026-11-27T16:00[Europe/Berlin]",
        &[("all", ["2026-11-30T09:30:00Z", "2026-11-30T09:45:00Z", "2026-11-30T10:00:00Z"])],
    );
}

#[test]
fn the_night_in_which_clocks_are_put_back_is_an_hour_longer() {
    let text = "window night { zone = \"Europe/Berlin\", hours = 01:00..04:00 }
        rollout web { stage all { for h in hosts {
          during = night
          step put { takes = 1h, run \"put ${h}\", undo { } }
        } } }";
    // From 01:00 CEST to 04:00 CET on 2026-10-25 there are four hours: four targets. The fifth waits a day.
    expect(text, "2026-10-24T12:00Z", &[("all", ["2026-10-26T01:00:00Z"; 3])]);
    // The night before has three hours: three targets then, and two in the long night.
    expect(text, "2026-10-23T12:00Z", &[("all", ["2026-10-25T01:00:00Z"; 3])]);
}

#[test]
fn people_answer_at_once_after_a_while_or_just_in_time() {
    let forecast = expect(
        "rollout web { stage ask { approve us { within = 4h } }, stage go { step up { takes = 1m, run \"up\", undo { } } } }",
        "2026-11-23T09:00Z",
        &[
            ("ask", ["2026-11-23T09:00:00Z", "2026-11-23T09:05:00Z", "2026-11-23T13:00:00Z"]),
            ("go", ["2026-11-23T09:01:00Z", "2026-11-23T09:06:00Z", "2026-11-23T13:01:00Z"]),
        ],
    );
    assert_eq!(forecast.assumed, ["people answer after 5m"]);
}

#[test]
fn without_a_time_limit_nobody_knows_how_late_people_answer() {
    let forecast = expect(
        "rollout web {
           stage ask { approve us }
           stage beside { after = [], step up { takes = 1m, run \"up\", undo { } } }
           stage go { after = [ask], log \"on\" }
         }",
        "2026-11-23T09:00Z",
        &[
            ("ask", ["2026-11-23T09:00:00Z", "2026-11-23T09:05:00Z", "-"]),
            ("beside", ["2026-11-23T09:01:00Z"; 3]),
            ("go", ["2026-11-23T09:00:00Z", "2026-11-23T09:05:00Z", "-"]),
        ],
    );
    assert_eq!(forecast.run.ends.latest, None);
    assert_eq!(forecast.unknown, ["an approval `ask/approve~1` may take for ever: it has no `within`"]);
}

#[test]
fn conditions_hold_and_watches_last() {
    expect(
        "rollout web { stage all {
           for h in 1 of hosts { step put { takes = 1m, run \"put ${h}\", undo { } }, check up(h) { settle = 2m, within = 20m } }
           watch all(up(h) for h in touched) { lasts = 1h, every = 1m, fail_after = 3 }
           watch all(up(h) for h in touched) { lasts = 1h, every = 10m, pass_in_a_row = 2 }
         } }",
        "2026-11-23T09:00Z",
        // 1 m, 2 m until it settles or 20 m until it must hold, an hour, and two samples ten minutes apart or an hour.
        &[("all", ["2026-11-23T10:13:00Z", "2026-11-23T10:13:00Z", "2026-11-23T11:21:00Z"])],
    );
}

#[test]
fn what_is_not_said_is_assumed_and_said_to_be() {
    let forecast = expect(
        "rollout web { stage all { run \"make\", allow = [W0012] } }",
        "2026-11-23T09:00Z",
        &[("all", ["2026-11-23T09:00:01Z", "2026-11-23T09:01:00Z", "2026-11-23T09:05:00Z"])],
    );
    assert_eq!(forecast.assumed, ["a step without `takes` that never ran here takes 1s to 5m, likely 1m"]);
}

#[test]
fn what_fails_for_certain_is_told() {
    let forecast = expect(
        "rollout web { stage one { log \"a\" }, stage two { require 1 > 2 \"never\" } }",
        "2026-11-23T09:00Z",
        &[("one", ["2026-11-23T09:00:00Z"; 3]), ("two", ["-"; 3])],
    );
    assert_eq!(forecast.unknown, ["it would fail: `two/require~1`: never"]);
}

#[test]
fn a_deadline_a_time_limit_and_a_shut_window_are_seen_to_be_missed() {
    let text = "window gone { zone = \"UTC\", open { days = mon..sun }, except = [2020-01-01..2060-01-01] }
        rollout web {
          stage late { deadline = 2026-11-23T09:04Z, step a { takes = 5m..9m, run \"a\", undo { } } }
          stage long { timeout = 10m, step b { takes = 11m, run \"b\", undo { } } }
          stage fine { deadline = 2026-11-23T09:20Z, timeout = 10m, step c { takes = 2m, run \"c\", undo { } } }
          stage never { during = gone, log \"no\" }
        }";
    let (plan, forecast) = ahead(text, "2026-11-23T09:00Z");
    let told: Vec<String> = forecast.troubles.iter().map(|it| it.told(&plan, "UTC").message).collect();
    assert_eq!(
        told,
        [
            "`never` never begins: its window does not open in the next 10 years",
            "stage `late` cannot end before its deadline, Mon 2026-11-23 09:04+00:00",
            "stage `long` cannot end within its `timeout`, 10m",
        ]
    );
    assert!(matches!(forecast.troubles[2], Trouble::TooLong { takes_ms: 660_000, timeout_ms: 600_000, .. }));
    assert_eq!(forecast.run.ends.earliest, None, "it never ends");
}

fn started(plan: &Plan, forecast: Option<RunForecast>) -> RunStarted {
    RunStarted {
        run: "r".into(),
        rollout: plan.rollout.clone(),
        plan: "p".into(),
        inputs: Record::new(),
        by: Person("dana".into()),
        reason: None,
        kept: Vec::new(),
        forecast,
    }
}

const TWO: &str = "rollout web {
  stage one { for h in hosts { step put { takes = 10m, run \"put ${h}\", undo { run \"unput ${h}\" } } } }
  stage two { delay = 1h, step up { takes = 5m, run \"up\", undo { run \"down\" } } }
}";

/// A run of `TWO` whose first two targets took ten minutes each, with what happened.
fn under_way(plan: &Plan, start: At) -> (Run, Vec<(At, Event)>, At) {
    let mut run = Run::new();
    let mut now = start;
    let mut events = Vec::new();
    let begun = step(plan, &mut run, now, Heard::Start(Box::new(started(plan, None))));
    events.extend(begun.events.into_iter().map(|it| (now, it)));
    for _ in 0..2 {
        let (place, attempt) = outstanding(&run)[0];
        now = now.plus_ms(600_000);
        let answer = Answer::Done(Done::default());
        let went_on = step(plan, &mut run, now, Heard::Answer { place, attempt, answer });
        events.extend(went_on.events.into_iter().map(|it| (now, it)));
    }
    (run, events, now)
}

#[test]
fn a_run_that_is_under_way_is_looked_ahead_of_from_where_it_is() {
    let start = at("2026-11-23T09:00Z");
    let plan = planned(TWO, start);
    let (run, _, now) = under_way(&plan, start);
    // It is 09:20, and the third target has begun; four minutes later six are left of its ten.
    let forecast = forecast_from(&plan, &run, now.plus_ms(240_000), &Past::default());
    assert_eq!(
        ends(&plan, &forecast),
        [
            ("one".to_owned(), ["2026-11-23T09:50:00Z"; 3].map(str::to_owned)),
            ("two".to_owned(), ["2026-11-23T10:55:00Z"; 3].map(str::to_owned)),
        ]
    );
    // Two targets are undone one after another, and the third with them: it ends first.
    assert_eq!(way_back(&plan, &run, now, &Past::default()), Some(2_400_000));
}

#[test]
fn a_paused_run_ends_nobody_knows_how_late() {
    let start = at("2026-11-23T09:00Z");
    let plan = planned(TWO, start);
    let (mut run, _, now) = under_way(&plan, start);
    let pause = Command::Pause { reason: None };
    let _ = step(&plan, &mut run, now, Heard::Command { by: Person("dana".into()), command: pause });
    let forecast = forecast_from(&plan, &run, now, &Past::default());
    // The third target ends 09:30; then somebody lets it go on, at once or after five minutes.
    let wanted = ["2026-11-23T10:55:00Z", "2026-11-23T11:00:00Z", "-"].map(str::to_owned);
    assert_eq!(shown(forecast.run.ends), wanted);
    assert_eq!(forecast.unknown, ["nobody knows how long a person takes to let the run go on"]);
}

#[test]
fn earlier_runs_show_how_long_a_step_takes() {
    let start = at("2026-11-23T09:00Z");
    let plan = planned(TWO, start);
    let (_, events, _) = under_way(&plan, start);
    let mut past = Past::default();
    past.take_in(&plan, events.iter().map(|(at, event)| (*at, event)));
    let untold = planned(&TWO.replace("takes = 10m, ", ""), start);
    let forecast = forecast(&untold, &KeptValues::new(), start, &past);
    assert_eq!(ends(&untold, &forecast)[0], ("one".to_owned(), ["2026-11-23T09:50:00Z"; 3].map(str::to_owned)));
    // The undo of `put` was never seen, so how long it takes is assumed.
    assert_eq!(forecast.rollback_ms, Some(300_000 + 5 * 60_000));
}

#[test]
fn a_rollout_that_says_its_forecast_has_it_pinned() {
    let start = at("2026-11-23T09:00Z");
    let plan = planned(
        "rollout web {
           stage one { log \"between ${run.forecast.earliest} and ${run.forecast.latest}, back in ${run.forecast.rollback}\" }
           stage two { step up { takes = 5m..9m, run \"up\", undo { run \"down\" } } }
         }",
        start,
    );
    let forecast = pinned(&plan, &KeptValues::new(), start, &Past::default());
    let mut run = Run::new();
    let begun = step(&plan, &mut run, start, Heard::Start(Box::new(started(&plan, forecast))));
    let said = begun.events.iter().find_map(|it| match it {
        Event::Logged { message, .. } => Some(message.as_str()),
        _ => None,
    });
    assert_eq!(said, Some("between 2026-11-23T09:05:00Z and 2026-11-23T09:09:00Z, back in 7m"));
    let silent = planned(TWO, start);
    assert_eq!(pinned(&silent, &KeptValues::new(), start, &Past::default()), None, "nobody asks for it");
}

#[test]
fn a_test_reads_the_forecast_too() {
    let stage = Stage::with(
        "case.rollout",
        "rollout web { stage one { log \"back in ${run.forecast.rollback}\", step up { takes = 5m, run \"up\", undo { run \"down\" } } } }
         test \"it is said\" { call web { }, expect logged(\"back in 5m\") }",
    );
    let said = stage.say(&["test", "case.rollout"]);
    assert!(said.shown().ends_with("--- exit 0\n") || said.shown().ends_with("--- exit 0"), "{}", said.shown());
}

/// What a program reads, with its instants.
fn read(stage: &Stage, words: &[&str]) -> serde_json::Value {
    let said = stage.command(words).output().expect("it can be asked");
    serde_json::from_slice(&said.stdout).expect("it is JSON")
}

#[test]
fn the_forecast_is_part_of_what_programs_read() {
    let stage = Stage::with("case.rollout", &format!("{HOSTS}{TWO}"));
    let plan = read(&stage, &["plan", "case.rollout", "--at", "2026-11-23T09:00Z", "--format", "json"]);
    let node = plan["nodes"].as_array().expect("nodes").iter().find(|it| it["path"] == "two").expect("two");
    assert_eq!(node["forecast"]["earliest"], "2026-11-23T10:55:00Z");
    assert_eq!(node["forecast"]["latest"], "2026-11-23T10:55:00Z");
    assert_eq!(plan["forecast"]["latest"], "2026-11-23T10:55:00Z");
    assert_eq!(plan["forecast"]["rollback_ms"], 3_300_000);
    assert!(plan["nodes"][0]["forecast"]["earliest"].is_string(), "the run itself");
}

#[test]
fn the_status_of_a_waiting_run_says_when_it_ends_and_rollback_how_long_it_takes() {
    let stage = Stage::with(
        "case.rollout",
        "rollout web {
           stage one { step up { takes = 3m, run \"true\", undo { run \"true\" } }, pause \"look\" }
           stage two { step more { takes = 5m, run \"true\", undo { } } }
         }",
    );
    let _ = stage.say(&["run", "case.rollout"]);
    let status = read(&stage, &["status", "--format", "json"]);
    assert_eq!(status["state"], "paused");
    let likely = at(status["forecast"]["likely"].as_str().expect("it is known"));
    let began = at(status["forecast"]["start"].as_str().expect("it is known"));
    let minutes = likely.since_ms(began) / 60_000;
    assert!((9..=11).contains(&minutes), "a person after five minutes, then five more: {status}");
    assert_eq!(status["eta"], status["forecast"]["likely"]);
    assert!(status["forecast"]["latest"].is_null());
    assert!(status["stages"][1]["forecast"]["likely"].is_string());
    let back = stage.say(&["rollback"]);
    assert!(back.err.contains("It takes about 3m."), "{}", back.shown());
}
