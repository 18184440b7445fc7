//! Tests of rollouts, from outside: those of the examples and of the library pass; what fails is shown with the run's
//! log and the place; what a scenario does not answer is asked for; and a what-if run says what it took for granted.

use std::process::Command;

use super::stage::Stage;

const SHOP: &str = r#"fleet sites { target berlin {}, target ny {} }
probe up(site: target) { tcp "${site}:80" }
metric load(site: target): percent {
  from  = prometheus("http://127.0.0.1:9090")
  query = "load{site='${site}'}"
  unit  = ratio
}
action put(site: target) {
  run "put.sh ${site}"
  run "link.sh ${site}"
  undo { run "remove.sh ${site}" }
}
rollout shop {
  on_failure = rollback
  stage one {
    for site in 1 of sites {
      put(site)
      check up(site) { within = 5m, every = 30s }
    }
    watch all(load(s) < 50% for s in touched) { lasts = 1h, every = 1m, fail_after = 2 }
  }
  stage two {
    for site in rest of sites { put(site), check up(site) }
  }
  on rolled_back { log "back: ${run.reason}" }
}
"#;

/// Plays one test of the shop, and returns what was printed and the exit code.
fn play(test: &str) -> (String, i32) {
    let stage = Stage::with("shop.rollout", &format!("{SHOP}\n{test}\n"));
    let said = stage.say(&["test", "shop.rollout"]);
    (format!("{}{}", said.out, said.err), said.code)
}

fn passes(test: &str) {
    let (text, code) = play(test);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn the_tests_of_the_examples_and_of_the_library_pass() {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("rollout"));
    let output = command.args(["test", "examples", "stdlib"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.lines().filter(|it| it.starts_with("pass")).count() >= 35, "{text}");
}

#[test]
fn every_example_and_every_strategy_has_tests() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let strategies = rollout::source::LIBRARY.iter().map(|(name, _)| root.join(format!("stdlib/tests/{name}.rollout")));
    for path in super::examples::examples().into_iter().chain(strategies) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(text.contains("\ntest \""), "{} has no test", path.display());
    }
}

#[test]
fn the_starter_file_passes_its_own_tests() {
    let stage = Stage::new();
    assert_eq!(stage.say(&["new", "shop"]).code, 0);
    let said = stage.say(&["test"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.err.contains("2 tests passed"), "{}", said.err);
}

#[test]
fn a_timeline_is_asked_at_its_time() {
    passes(
        r#"test "up after four minutes" {
          call shop { }
          given up(*)   { 0h = false, one.put + 4m = true, two = true }
          given load(*) { 0h = 10% }
          expect outcome == succeeded
          expect begins(two) == 1h4m
        }"#,
    );
    passes(
        r#"test "a line crosses the limit half-way, and two samples later it is enough" {
          call shop { }
          given up(*)   { 0h = true }
          given load(*) { 0h = 0%, 1h = 100%, ramp = true }
          expect outcome == rolled_back
          expect failed_at == one.watch
          expect took == 31m
        }"#,
    );
    passes(
        r#"test "no data is not good data" {
          call shop { }
          given up(*)   { 0h = true }
          given load(*) { 0h = 10%, one.watch + 10m = unknown }
          expect outcome != succeeded
        }"#,
    );
}

#[test]
fn a_more_specific_given_wins() {
    passes(
        r#"test "ny is another matter" {
          call shop { }
          given up(ny) { 0h = false }
          given up(*)  { 0h = true }
          given load(*) { 0h = 10% }
          given two.put[ny] { takes = 2m }
          given two.put { takes = 9m }
          expect failed_at == two.check[ny]
          expect begins(two.check) - begins(two.put) == 2m
          expect run.touched == []
        }"#,
    );
}

#[test]
fn a_step_fails_as_it_is_given() {
    let failing = |given: &str, expect: &str| {
        passes(&format!(
            "test \"it fails\" {{\n call shop {{ }}\n given up(*) {{ 0h = true }}\n given load(*) {{ 0h = 1% }}\n \
             given one.put {{ {given} }}\n {expect}\n}}"
        ));
    };
    failing("fails = true", "expect failed_at == one.put");
    failing("fails = \"no space left\"", "expect logged(\"no space left\")");
    failing("exits = 3", "expect logged(\"exit code 3\")");
    failing("takes = 3h", "expect logged(\"no end within 1h\")");
    failing("takes = 3h, on = ny", "expect outcome == succeeded");
}

#[test]
fn people_and_crashes_come_at_their_time() {
    passes(
        r#"test "somebody takes it back" {
          call shop { }
          given up(*)    { 0h = true }
          given load(*)  { 0h = 10% }
          given operator { one.watch + 20m = rollback }
          expect outcome == rolled_back and took == 20m
        }"#,
    );
    passes(
        r#"test "the engine dies and goes on" {
          call shop { }
          given up(*)    { 0h = true }
          given load(*)  { 0h = 10% }
          given one.put  { takes = 10m }
          given engine   { crashes = [2m, 7m, 40m] }
          expect outcome == succeeded
          expect attempts(one.put) == 1
        }"#,
    );
    passes(
        r#"test "when the host dies, nobody knows how far a step came" {
          call shop { }
          given up(*)    { 0h = true }
          given load(*)  { 0h = 10% }
          given one.put  { takes = 10m }
          given engine   { reboots = [2m] }
          expect outcome == paused
          expect paused_at == one.put
        }"#,
    );
}

#[test]
fn what_the_scenario_does_not_answer_is_asked_for() {
    let (text, code) = play("test \"nothing is given\" { call shop { }, expect outcome == succeeded }");
    assert_eq!(code, 1, "{text}");
    for part in ["BROKEN", "E0950", "`up(berlin)` is asked 0s after the start", "add `given up(*) { 0h = true }`"] {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
    let (text, _) =
        play("test \"half of it\" { call shop { }, given up(*) { 1h = true }, expect outcome == succeeded }");
    assert!(text.contains("begins later"), "{text}");
    let (text, _) = play("test \"no load\" { call shop { }, given up(*) { 0h = true }, expect outcome == succeeded }");
    assert!(text.contains("add `given load(*) { 0h = 0.2% }`"), "{text}");
}

#[test]
fn what_was_expected_and_did_not_come_is_shown_with_the_log() {
    let (text, code) = play(
        r#"test "too hopeful" {
  call shop { }
  given up(*) { 0h = true, two = false }
  given load(*) { 0h = 10% }
  expect outcome == succeeded
  expect not started(two.put) and took < 1m
}"#,
    );
    assert_eq!(code, 1, "{text}");
    let parts = [
        "FAIL           1h  shop.rollout: too hopeful",
        "1h  two/ny/check~1: does not hold: up(ny) (given so).",
        "was `rolled_back`: `two/ny/check~1`: up(site) does not hold",
        "it began 1h after the start",
        "was 1h",
        "1 test: 0 passed, 1 failed.",
    ];
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
}

#[test]
fn a_run_that_waits_for_a_person_says_so() {
    let text = SHOP.replace("on_failure = rollback", "on_failure = pause");
    let given = "given up(*) { 0h = false }, given load(*) { 0h = 1% }";
    let test = |more: &str| {
        let stage =
            Stage::with("shop.rollout", &format!("{text}\ntest \"paused\" {{ call shop {{ }}, {given}\n{more} }}\n"));
        let said = stage.say(&["test", "shop.rollout"]);
        (format!("{}{}", said.out, said.err), said.code)
    };
    let (shown, code) = test("expect outcome == succeeded");
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("was `paused`") && shown.contains("given operator { paused + 10m = retry }"), "{shown}");
    let (shown, code) =
        test("given operator { paused + 10m = rollback }, expect outcome == rolled_back, expect took == 15m");
    assert_eq!(code, 0, "{shown}");
}

#[test]
fn verdicts_are_written_for_machines() {
    let both = "test \"good\" { call shop { }, given up(*) { 0h = true }, given load(*) { 0h = 1% }, expect outcome == \
                succeeded }\ntest \"bad\" { call shop { }, given up(*) { 0h = false }, expect outcome == succeeded }";
    let stage = Stage::with("shop.rollout", &format!("{SHOP}\n{both}\n"));
    let said = stage.say(&["test", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!((document["summary"]["passed"].as_u64(), document["summary"]["failed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(
        (document["tests"][0]["outcome"].as_str(), document["tests"][0]["took_ms"].as_u64()),
        (Some("succeeded"), Some(3_600_000))
    );
    assert_eq!(document["tests"][1]["diagnostics"][0]["code"], "E0951");
    assert!(document["coverage"]["unseen"].as_array().is_some_and(|it| !it.is_empty()), "{document}");
    let xml = stage.say(&["test", "--format", "junit"]).out;
    assert!(xml.contains("tests=\"2\"") && xml.contains("failures=\"1\"") && xml.contains("name=\"bad\""), "{xml}");
    let github = stage.say(&["test", "--format", "github"]).out;
    assert!(github.starts_with("::error file=shop.rollout,line="), "{github}");
    let one = stage.say(&["test", "--filter", "good"]);
    assert_eq!((one.code, one.out.lines().count()), (0, 1), "{}", one.out);
    assert_eq!(stage.say(&["test", "--filter", "neither"]).code, 2);
    let listed = stage.say(&["test", "--coverage"]).out;
    assert!(listed.contains("shop.rollout:") && listed.contains("never fails"), "{listed}");
}

#[test]
fn check_looks_at_tests_and_runs_none() {
    let test = "test \"x\" { call shop { }, given upp(*) { 0h = true }, expect outcome == succeeded }";
    let stage = Stage::with("shop.rollout", &format!("{SHOP}\n{test}\n"));
    let said = stage.say(&["check", "shop.rollout"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("did you mean `up`?"), "{}", said.out);
    let said = stage.say(&["test", "shop.rollout"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("One file has errors."), "{}", said.err);
}

#[test]
fn a_what_if_run_says_what_it_took_for_granted() {
    let stage = Stage::with("shop.rollout", SHOP);
    let words = ["simulate", "shop.rollout", "--at", "2026-11-23T21:00Z", "--given", "load(*) { 0h = 10%, 90m = 70% }"];
    let said = stage.say(&words);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for part in [
        "         0s  `shop` started",
        "`shop` would end succeeded after 1h4m.",
        "`up(*)` holds whenever it is asked",
        "a step takes 1m where nothing says",
    ] {
        assert!(said.out.contains(part), "`{part}` is missing in\n{}", said.out);
    }
    let said = stage.say(&["simulate", "shop.rollout", "--given", "lod(*) { 0h = 1% }"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean `load`?"), "{}", said.err);
    let said = stage.say(&["simulate", "shop.rollout", "--given", "one.put { fails = true }", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!(document["outcome"], "rolled_back", "{document}");
}

/// A rollout that asks people before it does anything.
const ASKING: &str = r#"people leads = ["dana", "lee", "kim"]
people duty = role("oncall")
rollout shop {
  stage prepare {
    checklist "Before the pilot" by leads { "Rollback plan read", "On-call told" }
    approve leads { need = 2, within = 4h }
    confirm "Is the line free?" by duty
  }
  stage pilot { step put { run "put.sh", undo { run "remove.sh" } } }
}
"#;

#[test]
fn people_answer_as_it_is_given() {
    let play = |test: &str| {
        let stage = Stage::with("shop.rollout", &format!("{ASKING}\n{test}\n"));
        let said = stage.say(&["test", "shop.rollout"]);
        (format!("{}{}", said.out, said.err), said.code)
    };
    let passes = |test: &str| {
        let (text, code) = play(test);
        assert_eq!(code, 0, "{text}");
    };
    passes(
        r#"test "each at its time" {
          call shop { }
          given prepare.checklist { at = 10m }
          given prepare.approve   { at = 20m, by = ["dana", "lee"] }
          given prepare.confirm   { after = 5m }
          expect outcome == succeeded
          expect ends(prepare.checklist) == 10m and ends(prepare.approve) == 20m
          expect begins(pilot) == 25m
        }"#,
    );
    passes(
        r#"test "one of two is not enough, and then it is too late" {
          call shop { }
          given prepare.checklist { after = 1m }
          given prepare.approve   { after = 1h, by = kim }
          expect outcome == paused and paused_at == prepare.approve
          expect not started(pilot)
        }"#,
    );
    passes(
        r#"test "nobody answers" {
          call shop { }
          given prepare.checklist { by = [] }
          expect outcome == waiting and waits_for == prepare.checklist
        }"#,
    );
    passes(
        r#"test "somebody says no" {
          call shop { }
          given prepare.checklist { }
          given prepare.approve   { rejects = true, by = lee }
          given operator { paused + 1m = rollback }
          expect outcome in [failed, rolled_back]
          expect not started(pilot)
        }"#,
    );
    let (text, code) = play("test \"people are left out\" { call shop { }, expect outcome == succeeded }");
    assert_eq!(code, 1);
    assert!(text.contains("add `given prepare.checklist { after = 10m }`"), "{text}");
    // Who has a role is asked of the machine, and here nobody has one.
    let stage = Stage::with("shop.rollout", &ASKING.replace("role(\"oncall\")", "[\"kim\"]"));
    let said = stage.say(&["simulate", "shop.rollout"]);
    assert!(said.out.contains("whoever is asked at `prepare.approve` says yes after 5m"), "{}{}", said.out, said.err);
}
