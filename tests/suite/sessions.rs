//! Sessions at a terminal that nobody watches: what is said to the program, and what it says.

use insta::assert_snapshot;

use crate::stage::{Stage, signal};

/// Three hosts, one after another; what was done is in `log.txt`.
pub const HOSTS: &str = r#"
fleet hosts {
  target a {}
  target b {}
  target c {}
}

action put(host: target, pause: string) {
  run "echo do ${host} >> log.txt; sleep ${pause}" { idempotent = true }
  undo { run "echo undo ${host} >> log.txt" }
}

rollout hosts_up {
  input fails: bool = false
  input pause: string = "0"
  exclusive = "hosts"
  stage one {
    for host in hosts { put(host, pause) }
  }
  stage two {
    require not fails "told to fail"
    run "echo two"
  }
}
"#;

fn hosts() -> Stage {
    Stage::with("hosts.rollout", HOSTS)
}

#[test]
fn a_run_succeeds_and_is_remembered() {
    let stage = hosts();
    assert_snapshot!(stage.say(&["run", "hosts.rollout"]).shown(), @r#"
    `hosts_up` started by SOMEBODY.
    stage one: started.
    target one/a: done (1 of 3).
    target one/b: done (2 of 3).
    target one/c: done (3 of 3).
    stage one: done.
    stage two: started.
    stage two: done.
    succeeded.
    --- stderr
    Run RUN.
    Run RUN ended after A WHILE: succeeded.
    --- exit 0
    "#);
    assert_snapshot!(stage.say(&["status"]).shown(), @r#"
    hosts_up RUN  succeeded  100% (5 of 5)
    started INSTANT  ended INSTANT
      one  done      3 of 3
      two  done      2 of 2
    --- exit 0
    "#);
    assert_snapshot!(stage.say(&["logs"]).shown(), @r#"
    two/run~1 | two
    --- exit 0
    "#);
}

#[test]
fn a_failed_run_is_taken_back() {
    let stage = hosts();
    assert_snapshot!(stage.say(&["run", "hosts.rollout", "--input", "fails=true"]).shown(), @r#"
    `hosts_up` started by SOMEBODY.
    stage one: started.
    target one/a: done (1 of 3).
    target one/b: done (2 of 3).
    target one/c: done (3 of 3).
    stage one: done.
    stage two: started.
    step two/require~1: failed: told to fail.
    stage two: failed: `two/require~1` failed.
    run: rolling back: `two/require~1` failed.
    one/c: undone.
    one/b: undone.
    one/a: undone.
    one: undone.
    rolled back: `two/require~1`: told to fail.
    --- stderr
    Run RUN.
    Run RUN ended after A WHILE: rolled back.
    --- exit 3
    "#);
    assert_eq!(stage.read("log.txt"), "do a\ndo b\ndo c\nundo c\nundo b\nundo a\n");
    assert_snapshot!(stage.say(&["status"]).shown(), @r#"
    hosts_up RUN  rolled back  0% (0 of 5, 1 failed)
    started INSTANT  ended INSTANT
      one  undone    0 of 3
      two  failed    0 of 2, 1 failed
    --- exit 0
    "#);
}

#[test]
fn events_are_lines_of_json_in_a_fixed_order() {
    let stage = Stage::with("one.rollout", "rollout one {\n  stage only { run \"true\" }\n}\n");
    assert_snapshot!(stage.say(&["run", "one.rollout", "--format", "json", "-q"]).shown(), @r#"
    {"seq":1,"run":"RUN","at":"INSTANT","type":"run_started","path":"","by":"SOMEBODY","inputs":{},"plan":"HASH","rollout":"one","hash":"HASH"}
    {"seq":2,"run":"RUN","at":"INSTANT","type":"work_started","path":"","hash":"HASH"}
    {"seq":3,"run":"RUN","at":"INSTANT","type":"stage_started","path":"only","hash":"HASH"}
    {"seq":4,"run":"RUN","at":"INSTANT","type":"step_started","path":"only/run~1","attempt":1,"hash":"HASH"}
    {"seq":5,"run":"RUN","at":"INSTANT","type":"step_answered","path":"only/run~1","attempt":1,"code":0,"result":"done","hash":"HASH"}
    {"seq":6,"run":"RUN","at":"INSTANT","type":"step_finished","path":"only/run~1","result":"done","hash":"HASH"}
    {"seq":7,"run":"RUN","at":"INSTANT","type":"stage_finished","path":"only","result":"done","hash":"HASH"}
    {"seq":8,"run":"RUN","at":"INSTANT","type":"finishing","path":"","outcome":"succeeded","hash":"HASH"}
    {"seq":9,"run":"RUN","at":"INSTANT","type":"run_finished","path":"","outcome":"succeeded","hash":"HASH"}
    --- exit 0
    "#);
    let again = stage.say(&["events", "--format", "json", "--after", "3"]);
    assert!(again.out.starts_with(r#"{"seq":4,"run":"RUN","#), "{}", again.out);
}

#[test]
fn ctrl_c_pauses_at_a_safe_point_and_says_how_to_go_on() {
    let stage = hosts();
    let run = stage.start(&["run", "hosts.rollout", "--input", "pause=0.3"]);
    stage.until("the second host has begun", || stage.read("log.txt").contains("do b"));
    signal(&run, "INT");
    assert_snapshot!(stage.end(run).shown(), @r#"
    `hosts_up` started by SOMEBODY.
    stage one: started.
    target one/a: done (1 of 3).
    paused by SOMEBODY: interrupted.
    target one/b: done (2 of 3).
    --- stderr
    Run RUN.
    Pausing: what is under way ends first. Press Ctrl-C again to cancel.
    Run RUN waits: it was paused: interrupted.
    Go on with `rollout resume RUN`, or take everything back with `rollout rollback RUN`.
    --- exit 6
    "#);
    assert_eq!(stage.read("log.txt"), "do a\ndo b\n");
    assert_snapshot!(stage.say(&["status"]).shown(), @r#"
    hosts_up RUN  paused  40% (2 of 5)
    started INSTANT
      one  running   2 of 3
      two  waiting   0 of 2
    waits: it was paused: interrupted
    --- exit 0
    "#);
    assert_snapshot!(stage.say(&["resume"]).shown(), @r#"
    the engine is here again and goes on.
    resumed by SOMEBODY.
    target one/c: done (3 of 3).
    stage one: done.
    stage two: started.
    stage two: done.
    succeeded.
    --- stderr
    Run RUN goes on.
    Run RUN ended after A WHILE: succeeded.
    --- exit 0
    "#);
    assert_eq!(stage.read("log.txt"), "do a\ndo b\ndo c\n");
}

#[test]
fn ctrl_c_twice_ends_what_runs_and_takes_it_back() {
    let stage = hosts();
    let run = stage.start(&["run", "hosts.rollout", "--input", "pause=60"]);
    stage.until("the first host has begun", || stage.read("log.txt").contains("do a"));
    signal(&run, "INT");
    stage.until("the run is paused", || stage.say(&["status"]).out.contains("paused"));
    signal(&run, "INT");
    assert_snapshot!(stage.end(run).shown(), @r#"
    `hosts_up` started by SOMEBODY.
    stage one: started.
    paused by SOMEBODY: interrupted.
    run: nothing new starts: SOMEBODY wanted it: interrupted twice.
    step one/a/put/run~1: failed: ended before it was done.
    target one/a: stopped.
    stage one: stopped.
    one/a: undone.
    one: undone.
    cancelled: SOMEBODY wanted it: interrupted twice.
    --- stderr
    Run RUN.
    Pausing: what is under way ends first. Press Ctrl-C again to cancel.
    Cancelling: what is under way is ended. Press Ctrl-C again to leave at once.
    Run RUN ended after A WHILE: cancelled.
    --- exit 5
    "#);
    assert_eq!(stage.read("log.txt"), "do a\nundo a\n");
}

#[test]
fn sigterm_pauses_as_ctrl_c_does() {
    let stage = hosts();
    let run = stage.start(&["run", "hosts.rollout", "--input", "pause=0.3"]);
    stage.until("the first host has begun", || stage.read("log.txt").contains("do a"));
    signal(&run, "TERM");
    assert_eq!(stage.end(run).code, 6);
    assert_eq!(stage.read("log.txt"), "do a\n");
}

#[test]
fn a_second_run_is_handed_over_and_an_exclusive_one_refused() {
    let stage = hosts();
    stage.write("other.rollout", "rollout other {\n  stage only { run \"echo other > other.txt\" }\n}\n");
    let first = stage.start(&["run", "hosts.rollout", "--input", "pause=1"]);
    stage.until("the first host has begun", || stage.read("log.txt").contains("do a"));
    assert_snapshot!(stage.say(&["run", "hosts.rollout"]).shown(), @r#"
    --- stderr
    error: `RUN` has not ended, and only one run at a time may be `hosts`
    hint: Wait until it has ended. If no engine drives it, pick it up with `rollout resume-all`.
    --- exit 2
    "#);
    assert_snapshot!(stage.say(&["run", "other.rollout"]).shown(), @r#"
    `other` started by SOMEBODY.
    stage only: started.
    stage only: done.
    succeeded.
    --- stderr
    Run RUN.
    Run RUN ended after A WHILE: succeeded.
    --- exit 0
    "#);
    assert_eq!(stage.read("other.txt"), "other\n");
    let first = stage.end(first);
    assert_eq!(first.code, 0, "{}", first.shown());
}

#[test]
fn the_first_engine_stays_for_a_run_that_was_handed_over() {
    let stage = hosts();
    let slow = "rollout slow {\n  stage only { run \"sleep 2; echo slow > slow.txt\" }\n}\n";
    stage.write("slow.rollout", slow);
    let first = stage.start(&["run", "hosts.rollout", "--input", "pause=0.3"]);
    stage.until("the first host has begun", || stage.read("log.txt").contains("do a"));
    let second = stage.end(stage.start(&["run", "slow.rollout"]));
    assert_eq!(second.code, 0, "{}", second.shown());
    let first = stage.end(first);
    assert!(first.err.contains("Runs of others go on here"), "{}", first.shown());
    assert_eq!((first.code, stage.read("slow.txt").as_str()), (0, "slow\n"));
}

#[test]
fn a_detached_run_goes_on_by_itself_and_can_be_steered() {
    let stage = hosts();
    let started = stage.say(&["run", "hosts.rollout", "--detach", "--input", "pause=0.3"]);
    assert_snapshot!(started.shown(), @r#"
    RUN
    --- exit 0
    "#);
    stage.until("the first host has begun", || stage.read("log.txt").contains("do a"));
    assert_snapshot!(stage.say(&["pause", "--reason", "lunch"]).shown(), @r#"
    --- stderr
    Run RUN is paused.
    --- exit 0
    "#);
    stage.until("the engine has gone", || !stage.state().join("control.sock").exists());
    assert!(stage.say(&["status"]).out.contains("it was paused: lunch"));
    assert_snapshot!(stage.say(&["rollback"]).shown(), @r#"
    --- stderr
    undo one/put (1): one/a/put
    It takes about 1m.
    error: nobody can be asked here
    hint: Say `--yes` to take it back without a question.
    --- exit 2
    "#);
    let back = stage.say(&["rollback", "--yes", "--reason", "wrong version"]);
    assert_eq!(back.code, 3, "{}", back.shown());
    assert_eq!(stage.read("log.txt"), "do a\nundo a\n");
}

#[test]
fn a_run_that_nobody_knows_or_that_has_ended_cannot_be_steered() {
    let stage = hosts();
    assert_snapshot!(stage.say(&["pause"]).shown(), @r#"
    --- stderr
    error: there is no journal at `STAGE/.rollout/journal.db` yet
    hint: Start a run with `rollout run FILE`, or name another folder with `--state DIR`.
    --- exit 2
    "#);
    stage.say(&["run", "hosts.rollout"]);
    assert_snapshot!(stage.say(&["pause"]).shown(), @r#"
    --- stderr
    error: there is no live run
    hint: See the ended ones with `rollout history`.
    --- exit 2
    "#);
    assert_snapshot!(stage.say(&["pause", "20200101-0000"]).shown(), @r#"
    --- stderr
    error: the journal holds no run `RUN`
    hint: See `rollout history` for the runs of this folder.
    --- exit 2
    "#);
    let run = stage.runs().remove(0);
    assert_snapshot!(stage.say(&["cancel", &run]).shown(), @r#"
    --- stderr
    error: `RUN` has ended: succeeded
    hint: A run that has ended cannot be steered.
    --- exit 2
    "#);
}

#[test]
fn what_failed_and_waits_can_be_tried_again_or_skipped() {
    let text = r#"
rollout flaky {
  on_failure = pause
  stage one { run "test -e fixed" }
  stage two { run "echo two > two.txt" }
}
"#;
    let stage = Stage::with("flaky.rollout", text);
    assert_snapshot!(stage.say(&["run", "flaky.rollout"]).shown(), @r#"
    `flaky` started by SOMEBODY.
    stage one: started.
    step one/run~1: failed: exit code 1.
    paused: `one/run~1` has failed.
    --- stderr
    Run RUN.
    Run RUN waits: `one/run~1` has failed: say `retry`, `skip` or `rollback`.
    Go on with `rollout retry RUN`, `rollout skip RUN`, or take everything back with `rollout rollback RUN`.
    --- exit 6
    "#);
    assert_snapshot!(stage.say(&["resume"]).shown(), @r#"
    --- stderr
    error: `one/run~1` has failed: say `retry`, `skip` or `rollback`
    --- exit 2
    "#);
    stage.write("fixed", "");
    assert_snapshot!(stage.say(&["retry"]).shown(), @r#"
    the engine is here again and goes on.
    one/run~1: SOMEBODY wants it tried again.
    one/run~1: attempt 2.
    stage one: done.
    stage two: started.
    stage two: done.
    succeeded.
    --- stderr
    Run RUN tries again.
    Run RUN ended after A WHILE: succeeded.
    --- exit 0
    "#);
    assert_eq!(stage.read("two.txt"), "two\n");
}

#[test]
fn only_some_targets_and_inputs_from_a_file() {
    let stage = hosts();
    stage.write("inputs.json", r#"{"fails": false}"#);
    let said = stage.say(&["run", "hosts.rollout", "--only", "target.name == \"b\"", "--inputs", "inputs.json"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert_eq!(stage.read("log.txt"), "do b\n");
    assert_snapshot!(stage.say(&["run", "hosts.rollout", "--only", "target.name ==="]).shown(), @r#"
    --- stderr
    error: `--only` cannot be understood: `==` has a space on one side only
    hint: Say a condition on `target`, such as `--only 'target.region == "eu"'`.
    --- exit 2
    "#);
    assert_snapshot!(stage.say(&["run", "hosts.rollout", "--input", "nonsense"]).shown(), @r#"
    --- stderr
    error: `nonsense` is no input
    hint: Say `--input NAME=VALUE`.
    --- exit 2
    "#);
}

#[test]
fn an_ended_pipe_is_no_error() {
    let stage = hosts();
    let mut run = stage.start(&["run", "hosts.rollout"]);
    drop(run.stdout.take());
    let said = stage.end(run);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(stage.read("log.txt"), "do a\ndo b\ndo c\n");
}

#[test]
fn secrets_come_with_a_run_that_is_handed_over() {
    let text = r#"
secret token = env("TOKEN")
rollout secretive {
  stage one { run "test $(printf %s \"$T\" | wc -c) -eq 13 && echo $T" { env = { T = token } } }
}
"#;
    let stage = hosts();
    stage.write("secretive.rollout", text);
    let first = stage.start(&["run", "hosts.rollout", "--input", "pause=1"]);
    stage.until("the first host has begun", || stage.read("log.txt").contains("do a"));
    let second =
        stage.command(&["run", "secretive.rollout", "-v"]).env("TOKEN", "correct-horse").output().expect("it starts");
    let out = String::from_utf8_lossy(&second.stdout).into_owned();
    assert!(second.status.success(), "{out}");
    assert!(!out.contains("correct-horse"), "{out}");
    signal(&first, "TERM");
    stage.end(first);
    let kept = std::fs::read(stage.state().join("journal.db")).expect("it is there");
    assert!(!kept.windows(13).any(|it| it == b"correct-horse"), "a secret is in the journal");
}
