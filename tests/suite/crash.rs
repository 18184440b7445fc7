//! The engine is killed at any moment, again and again, and picked up again: the ending does not change, nothing is
//! asked twice in one life, no process is left behind, and the record is whole. The steps go on meanwhile; where their
//! supervisors are killed as well, nobody knows, and that is said.

use std::collections::BTreeSet;
use std::process::Child;
use std::time::Duration;

use rollout::engine::{Event, Outcome, Run, apply};
use rollout::journal::{Reader, verify};
use rollout::plan::Place;
use rollout::value::At;

use crate::stage::Stage;

const FLEET: &str = r#"
fleet hosts {
  target a {}
  target b {}
  target c {}
  target d {}
  target e {}
}

action put(host: target) {
  run "echo do ${host} >> log.txt; sleep 0.1" { idempotent = true }
  keep version = "1"
  undo { run "echo undo ${host} >> log.txt; sleep 0.05" { idempotent = true } }
}

rollout fleet_up {
  input fails: bool = false
  stage one { for host in 2 of hosts { put(host) } }
  stage two {
    for host in rest of hosts { at_once = 3, put(host) }
    wait 200ms
    require not fails "told to fail"
  }
}
"#;

/// How many histories are tried; more with `ROLLOUT_CRASH_SEEDS=400`.
fn seeds() -> u64 {
    std::env::var("ROLLOUT_CRASH_SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(12)
}

#[test]
fn however_often_it_is_killed_the_ending_is_the_same() {
    let mut kills = 0;
    for seed in 0..seeds() {
        kills += live_and_die(seed);
    }
    assert!(kills >= seeds(), "too few lives were cut short to say anything: {kills}");
}

/// Plays one history; returns how often the engine was killed.
fn live_and_die(seed: u64) -> u64 {
    let mut luck = fastrand::Rng::with_seed(seed);
    let stage = Stage::with("fleet.rollout", FLEET);
    let fails = if seed.is_multiple_of(2) { "fails=false" } else { "fails=true" };
    let mut kills = kill_after(&stage, stage.start(&["run", "fleet.rollout", "--input", fails]), luck.u64(5..250));
    if !stage.state().join("journal.db").exists() || stage.runs().is_empty() {
        // It died before anything was remembered, so nothing was done either.
        assert_eq!(stage.read("log.txt"), "", "seed {seed}");
        return kills;
    }
    for _ in 0..luck.u8(0..4) {
        kills += kill_after(&stage, stage.start(&["resume-all"]), luck.u64(5..150));
    }
    let last = stage.say(&["resume-all"]);
    assert!([0, 3].contains(&last.code), "seed {seed}: {}", last.shown());
    look_at(&stage, seed, kills);
    kills
}

/// Kills a command after a while, unless it has ended; returns how many were killed.
fn kill_after(stage: &Stage, mut child: Child, ms: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(ms));
    child.kill().expect("it is a child");
    u64::from(stage.end(child).code == -1)
}

fn look_at(stage: &Stage, seed: u64, kills: u64) {
    let reader = Reader::open(&stage.state().join("journal.db")).expect("it opens");
    let summary = reader.newest().expect("it reads").expect("there is one");
    let expected = if seed.is_multiple_of(2) { Outcome::Succeeded } else { Outcome::RolledBack };
    assert_eq!(summary.outcome, Some(expected), "seed {seed}");
    assert_eq!(verify(&reader, &summary.id).expect("it is there").broken, None, "seed {seed}");

    let plan = reader.plan(&summary.plan).expect("it reads");
    let mut run = Run::new();
    let mut asked: BTreeSet<(Place, u32)> = BTreeSet::new();
    for record in reader.records(Some(&summary.id), 0, usize::MAX).expect("they read") {
        apply(&plan, &mut run, record.at, &record.event);
        if let Event::Asked { place, attempt, .. } = &*record.event {
            assert!(asked.insert((*place, *attempt)), "seed {seed}: {} was asked twice", plan.path(*place));
        }
    }
    assert_eq!(run.finished(), Some(expected), "seed {seed}");

    let log = stage.read("log.txt");
    let times = |line: &str| log.lines().filter(|it| *it == line).count() as u64;
    for host in ["a", "b", "c", "d", "e"] {
        let done = times(&format!("do {host}"));
        assert!((1..=kills + 1).contains(&done), "seed {seed}: {host} was done {done} times after {kills} kills");
        let undone = times(&format!("undo {host}"));
        let bounds = if expected == Outcome::RolledBack { 1..=kills + 1 } else { 0..=0 };
        assert!(bounds.contains(&undone), "seed {seed}: {host} was undone {undone} times after {kills} kills");
    }
    let kept = reader.kept("fleet_up").expect("they read").len();
    assert_eq!(kept, if expected == Outcome::Succeeded { 5 } else { 0 }, "seed {seed}");
    assert_eq!(left_behind(stage), Vec::<String>::new(), "seed {seed}");
}

/// Kills the supervisors that live, as a host that dies would, and their commands with them.
fn kill_supervisors(stage: &Stage) {
    for pid in stage.supervisors() {
        let killed = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("it starts");
        assert!(killed.success(), "the supervisor is there");
    }
}

/// The processes whose output file lies in the stage's state folder.
fn left_behind(stage: &Stage) -> Vec<String> {
    let mark = format!("ROLLOUT_OUTPUT={}", stage.state().display());
    let all = std::fs::read_dir("/proc").expect("linux").flatten();
    let left = all.filter(|it| {
        let environment = std::fs::read(it.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|line| line.starts_with(mark.as_bytes()))
    });
    left.map(|it| it.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_step_of_which_nobody_knows_waits_for_a_person() {
    let stage =
        Stage::with("once.rollout", "rollout once {\n  stage only { run \"echo x >> log.txt; sleep 60\" }\n}\n");
    let run = stage.start(&["run", "once.rollout"]);
    stage.until("the step has begun", || stage.read("log.txt") == "x\n");
    kill_after(&stage, run, 0);
    kill_supervisors(&stage);
    let resumed = stage.say(&["resume-all"]);
    insta::assert_snapshot!(resumed.shown(), @r#"
    the engine is here again and goes on.
    paused: `only/run~1` needs a person.
    step only/run~1: failed: the engine died meanwhile, and nobody knows whether it ran to its end.
    --- stderr
    Run RUN waits: `only/run~1`: the engine died meanwhile, and nobody knows whether it ran to its end: say `retry`, `skip` or `rollback`.
    Go on with `rollout retry RUN`, `rollout skip RUN`, or take everything back with `rollout rollback RUN`.
    --- exit 6
    "#);
    assert_eq!(left_behind(&stage), Vec::<String>::new());
    assert_eq!(stage.say(&["skip"]).code, 0);
    assert_eq!(stage.read("log.txt"), "x\n");
}

#[test]
fn an_undo_of_which_nobody_knows_waits_for_what_still_can_be_done() {
    let stage = Stage::with(
        "back.rollout",
        "rollout back {
           stage one { step a { run \"true\", undo { run \"echo x >> log.txt; sleep 60\" } } }
           stage two { fail \"told to\" }
         }",
    );
    let run = stage.start(&["run", "back.rollout"]);
    stage.until("the undo has begun", || stage.read("log.txt") == "x\n");
    kill_after(&stage, run, 0);
    kill_supervisors(&stage);
    insta::assert_snapshot!(stage.say(&["resume-all"]).shown(), @r#"
    the engine is here again and goes on.
    paused: `one/a/undo/run~1` needs a person.
    step one/a/undo/run~1: failed: the engine died meanwhile, and nobody knows whether it ran to its end.
    --- stderr
    Run RUN waits: `one/a/undo/run~1`: the engine died meanwhile, and nobody knows whether it ran to its end: say `retry` or `skip`.
    Go on with `rollout retry RUN`, `rollout skip RUN`.
    --- exit 6
    "#);
    insta::assert_snapshot!(stage.say(&["rollback", "--yes"]).shown(), @r#"
    --- stderr
    error: the run is being rolled back already
    --- exit 2
    "#);
    assert_eq!(stage.say(&["skip", "--reason", "undone by hand"]).code, 3);
    assert_eq!(left_behind(&stage), Vec::<String>::new());
}

#[test]
fn a_secret_that_is_gone_after_a_restart_pauses_the_run_and_is_named() {
    let text = r#"
secret token = env("TOKEN")
rollout secretive {
  stage one { run "echo x >> log.txt; sleep 60" { idempotent = true, env = { T = token } } }
}
"#;
    let stage = Stage::with("secretive.rollout", text);
    let mut run =
        stage.command(&["run", "secretive.rollout"]).env("TOKEN", "correct-horse").spawn().expect("it starts");
    stage.until("the step has begun", || stage.read("log.txt") == "x\n");
    run.kill().expect("it is a child");
    run.wait().expect("it ends");
    kill_supervisors(&stage);
    insta::assert_snapshot!(stage.say(&["resume-all"]).shown(), @r#"
    the engine is here again and goes on.
    one/run~1: attempt 2.
    paused: `one/run~1` needs a person.
    step one/run~1: failed: the secret `token` is not there: the variable `TOKEN` is not set.
    --- stderr
    Run RUN waits: `one/run~1`: the secret `token` is not there: the variable `TOKEN` is not set: say `retry`, `skip` or `rollback`.
    Go on with `rollout retry RUN`, `rollout skip RUN`, or take everything back with `rollout rollback RUN`.
    --- exit 6
    "#);
}

#[test]
fn a_wait_goes_on_over_the_death_of_the_engine() {
    let stage = Stage::with("waits.rollout", "rollout waits {\n  stage only { wait 2s }\n}\n");
    kill_after(&stage, stage.start(&["run", "waits.rollout"]), 400);
    assert_eq!(stage.say(&["resume-all"]).code, 0);
    let reader = Reader::open(&stage.state().join("journal.db")).expect("it opens");
    let run = reader.newest().expect("it reads").expect("there is one");
    let records = reader.records(Some(&run.id), 0, usize::MAX).expect("they read");
    let waits = records.iter().filter_map(|it| match &*it.event {
        Event::Waiting { until, .. } => Some(*until),
        _ => None,
    });
    let waits: Vec<At> = waits.collect();
    assert_eq!(waits.len(), 1, "it began to wait once: {waits:?}");
    assert!(waits[0].since_ms(run.started) < 2400, "it waits from its beginning and not from the restart");
    assert!(run.finished.expect("it has ended") >= waits[0]);
}

#[test]
fn several_runs_are_picked_up_side_by_side() {
    let stage =
        Stage::with("waits.rollout", "rollout waits {\n  stage only { wait 1s, run \"echo x >> log.txt\" }\n}\n");
    let first = stage.start(&["run", "waits.rollout"]);
    stage.until("the first has begun", || stage.runs().len() == 1);
    let second = stage.start(&["run", "waits.rollout"]);
    stage.until("the second has begun", || stage.runs().len() == 2);
    kill_after(&stage, first, 0);
    let orphan = stage.end(second);
    assert!(orphan.code == 6 && orphan.err.contains("has died"), "{}", orphan.shown());
    let resumed = stage.say(&["resume-all"]);
    assert_eq!(resumed.code, 0, "{}", resumed.shown());
    assert_eq!(resumed.out.matches("succeeded.").count(), 2, "{}", resumed.shown());
    assert_eq!(stage.read("log.txt"), "x\nx\n");
}

#[test]
fn a_step_goes_on_without_the_engine_and_what_came_of_it_is_recorded_once() {
    let stage = Stage::with(
        "long.rollout",
        "rollout long {\n  stage only { run \"echo begin; echo x >> log.txt; sleep 1; echo oops >&2; echo end\" }\n}\n",
    );
    let mut run = stage.command(&["run", "long.rollout", "--verbose"]);
    let run = run.stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    stage.until("the step has begun", || stage.read("log.txt") == "x\n");
    // Long enough for its first line to be shown.
    kill_after(&stage, run, 300);
    let [supervisor] = stage.supervisors()[..] else { panic!("one step has a supervisor") };
    let resumed = stage.say(&["resume-all", "--verbose"]);
    assert_eq!(resumed.code, 0, "{}", resumed.shown());
    let lines = |text: &str| resumed.out.lines().filter(|it| it.ends_with(text)).count();
    assert_eq!((lines("oops"), lines("end")), (1, 1), "{}", resumed.shown());
    assert_eq!(lines("begin"), 0, "what was shown before the engine died is not shown again: {}", resumed.shown());
    assert_eq!(stage.read("log.txt"), "x\n");
    let stat = std::fs::read_to_string(format!("/proc/{supervisor}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "a supervisor ends with its command: {stat}");
    let reader = Reader::open(&stage.state().join("journal.db")).expect("it opens");
    let newest = reader.newest().expect("it reads").expect("there is one");
    let records = reader.records(Some(&newest.id), 0, usize::MAX).expect("they read");
    let answers = records.iter().filter(|it| matches!(&*it.event, Event::Answered { .. })).count();
    assert_eq!(answers, 1);
    assert_eq!(stage.supervisors(), Vec::<u32>::new(), "what is remembered needs no claim");
    assert_eq!(left_behind(&stage), Vec::<String>::new());
}

#[test]
fn limits_hold_while_nobody_drives() {
    let stage = Stage::with(
        "late.rollout",
        "rollout late {\n  stage only { run \"echo x >> log.txt; sleep 60\" { timeout = 1s } }\n}\n",
    );
    let run = stage.start(&["run", "late.rollout"]);
    stage.until("the step has begun", || stage.read("log.txt") == "x\n");
    kill_after(&stage, run, 0);
    stage.until("it is ended", || left_behind(&stage).is_empty());
    let resumed = stage.say(&["resume-all"]);
    assert!(resumed.out.contains("no end within 1s"), "{}", resumed.shown());
}

#[test]
fn what_an_earlier_engine_began_can_be_cancelled() {
    let stage =
        Stage::with("long.rollout", "rollout long {\n  stage only { run \"echo x >> log.txt; sleep 60\" }\n}\n");
    let run = stage.start(&["run", "long.rollout"]);
    stage.until("the step has begun", || stage.read("log.txt") == "x\n");
    kill_after(&stage, run, 0);
    let resumed = stage.start(&["resume-all"]);
    // Whichever comes first is the engine: where it is the cancel, `resume-all` finds a run that has ended.
    let cancelled = stage.say(&["cancel"]);
    let resumed = stage.end(resumed);
    let told = format!("{}{}", cancelled.shown(), resumed.shown());
    assert!([0, 5].contains(&cancelled.code) && told.contains("ended before it was done"), "{told}");
    let status = stage.say(&["status", &stage.runs()[0]]);
    assert!(status.out.contains("cancelled"), "{}", status.shown());
    assert_eq!(left_behind(&stage), Vec::<String>::new());
}

#[test]
fn an_engine_that_lost_its_spawner_goes_on() {
    let steps = (0..6).map(|it| format!("  stage s{it} {{ run \"echo {it} >> log.txt; sleep 0.2\" }}\n"));
    let stage = Stage::with("many.rollout", &format!("rollout many {{\n{}}}\n", steps.collect::<String>()));
    let run = stage.start(&["run", "many.rollout"]);
    stage.until("it has begun", || !stage.read("log.txt").is_empty());
    let spawner = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", run.id())).expect("it has children");
    let spawner = spawner.split_whitespace().next().expect("the spawner comes first").to_owned();
    assert!(std::process::Command::new("kill").args(["-KILL", &spawner]).status().expect("it starts").success());
    let said = stage.end(run);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert_eq!(stage.read("log.txt"), "0\n1\n2\n3\n4\n5\n");
}

#[test]
fn a_supervisor_that_is_killed_leaves_nothing_running_and_the_decision_to_a_person() {
    let stage =
        Stage::with("long.rollout", "rollout long {\n  stage only { run \"echo x >> log.txt; sleep 60\" }\n}\n");
    let run = stage.start(&["run", "long.rollout"]);
    stage.until("the step has begun", || stage.read("log.txt") == "x\n");
    kill_supervisors(&stage);
    let said = stage.end(run);
    assert!(said.code == 6 && said.out.contains("its supervisor died"), "{}", said.shown());
    assert_eq!(left_behind(&stage), Vec::<String>::new());
}

#[test]
fn after_a_restart_of_the_host_an_absent_claim_says_nothing() {
    let stage =
        Stage::with("long.rollout", "rollout long {\n  stage only { run \"echo x >> log.txt; sleep 60\" }\n}\n");
    let run = stage.start(&["run", "long.rollout"]);
    stage.until("the step has begun", || stage.read("log.txt") == "x\n");
    kill_after(&stage, run, 0);
    kill_supervisors(&stage);
    // As if the power had gone: the claim had not reached the disk, and the host has another life.
    let logs = stage.state().join("logs").join(&stage.runs()[0]);
    for file in std::fs::read_dir(&logs).expect("it reads").flatten() {
        if file.path().extension().is_some_and(|it| it == "claim") {
            std::fs::remove_file(file.path()).expect("it is there");
        }
    }
    std::fs::write(logs.join("host"), "another life").expect("it writes");
    let resumed = stage.say(&["resume-all"]);
    assert!(resumed.code == 6 && resumed.out.contains("nobody knows"), "{}", resumed.shown());
    assert_eq!(stage.read("log.txt"), "x\n");
    assert_eq!(left_behind(&stage), Vec::<String>::new());
}
