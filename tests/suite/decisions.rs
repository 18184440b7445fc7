//! Sessions in which people decide: what a run shows while it waits, what the commands answer, and who gets through.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use insta::assert_snapshot;
use rollout::runtime::current_person;

use crate::stage::{Said, Stage, signal};

/// A rollout that asks whoever runs the tests.
fn asking(body: &str) -> Stage {
    let me = current_person().0;
    let text = format!(
        "people us = [\"{me}\", \"somebody-else\"]\nrollout web {{\n  stage one {{\n{body}\n    run \"echo went on\"\n  }}\n}}\n"
    );
    Stage::with("web.rollout", &text)
}

/// Starts it, and waits until people are asked.
fn started(stage: &Stage) -> Child {
    let run = stage.start(&["run", "web.rollout"]);
    stage.until("people are asked", || stage.say(&["status"]).out.contains("rollout "));
    run
}

fn shown(said: &Said) -> String {
    said.shown().replace(current_person().0.as_str(), "ME")
}

#[test]
fn a_run_waits_for_an_approval_and_says_how_to_give_it() {
    let stage = asking("    approve us { prompt = \"Let it go?\", author_may = true, allow = [W0030] }");
    let run = started(&stage);
    assert_snapshot!(shown(&stage.say(&["status"])), @r#"
    web RUN  running  0% (0 of 2)
    started INSTANT  ends about INSTANT (INSTANT at the earliest)
      one  running   0 of 2  ends about INSTANT
    assumed: a step without `takes` that never ran here takes 1s to 5m, likely 1m
    assumed: people answer after 5m
    waits: one/approve~1: Let it go? one approval of ME, somebody-else: `rollout approve RUN one/approve~1`
    --- exit 0
    "#);
    assert_snapshot!(shown(&stage.say(&["approve", "--reason", "looked at it", "--as", "lee"])), @r#"
    --- stderr
    Run RUN has your approval.
    --- exit 0
    "#);
    assert_snapshot!(shown(&stage.end(run)), @r#"
    `web` started by SOMEBODY.
    stage one: started.
    one/approve~1: Let it go? waits for one approval of ME, somebody-else: `rollout approve RUN one/approve~1`.
    ME says to act for `lee`; it counts as ME.
    one/approve~1: approved by SOMEBODY: looked at it.
    stage one: done.
    succeeded.
    --- stderr
    Run RUN.
    Run RUN ended after A WHILE: succeeded.
    --- exit 0
    "#);
    assert_snapshot!(shown(&stage.say(&["approve"])), @r#"
    --- stderr
    error: there is no live run
    hint: See the ended ones with `rollout history`.
    --- exit 2
    "#);
}

#[test]
fn nobody_approves_what_they_have_started() {
    let stage = asking("    approve us");
    let run = started(&stage);
    assert_snapshot!(shown(&stage.say(&["approve", "--as", "somebody-else"])), @r#"
    --- stderr
    error: ME started the run: `one/approve~1` is up to somebody-else
    --- exit 2
    "#);
    signal(&run, "INT");
    assert_snapshot!(shown(&stage.end(run)), @r#"
    `web` started by SOMEBODY.
    stage one: started.
    one/approve~1: waits for one approval of somebody-else: `rollout approve RUN one/approve~1`.
    paused by SOMEBODY: interrupted.
    --- stderr
    Run RUN.
    Pausing: what is under way ends first. Press Ctrl-C again to cancel.
    Run RUN waits: it was paused: interrupted.
    Run RUN waits: one approval of somebody-else: `rollout approve RUN one/approve~1`.
    Go on with `rollout resume RUN`, or take everything back with `rollout rollback RUN`.
    --- exit 6
    "#);
}

#[test]
fn a_checklist_is_ticked_off_and_a_question_answered() {
    let stage =
        asking("    checklist \"Before\" by us { \"plan read\", \"on-call told\" }\n    confirm \"Drained?\" by us");
    let run = started(&stage);
    assert_snapshot!(shown(&stage.say(&["confirm"])), @r#"
    --- stderr
    error: say which item of `one/checklist~1`: 1 `plan read`, 2 `on-call told`
    --- exit 2
    "#);
    assert_snapshot!(shown(&stage.say(&["confirm", "--item", "2"])), @r#"
    --- stderr
    Run RUN has your confirmation.
    --- exit 0
    "#);
    let name = &stage.runs()[0];
    assert_eq!(stage.say(&["confirm", name, "one.checklist", "plan"]).code, 0);
    assert_eq!(stage.say(&["confirm", "--reason", "seen"]).code, 0);
    assert_snapshot!(shown(&stage.end(run)), @r#"
    `web` started by SOMEBODY.
    stage one: started.
    one/checklist~1: Before: waits for ME, somebody-else to tick off 1 `plan read`, 2 `on-call told`: `rollout confirm RUN one/checklist~1 ITEM`.
    one/checklist~1: `on-call told` ticked off by ME (1 left).
    one/checklist~1: `plan read` ticked off by SOMEBODY.
    one/confirm~1: Drained? waits for a yes of ME, somebody-else: `rollout confirm RUN one/confirm~1`.
    one/confirm~1: confirmed by SOMEBODY: seen.
    stage one: done.
    succeeded.
    --- stderr
    Run RUN.
    Run RUN ended after A WHILE: succeeded.
    --- exit 0
    "#);
    let events = stage.say(&["events", "--format", "json"]).out;
    let wanted = ["approval_requested", "ticked", "confirmed"];
    let events: Vec<&str> =
        events.lines().filter(|it| wanted.iter().any(|kind| it.contains(&format!("\"type\":\"{kind}\"")))).collect();
    assert_snapshot!(events.join("\n").replace(current_person().0.as_str(), "ME"), @r#"
    {"seq":4,"run":"RUN","at":"INSTANT","type":"approval_requested","path":"one/checklist~1","items":["plan read","on-call told"],"kind":"checklist","need":2,"people":["ME","somebody-else"],"text":"Before","hash":"HASH"}
    {"seq":5,"run":"RUN","at":"INSTANT","type":"ticked","path":"one/checklist~1","by":"SOMEBODY","item":2,"left":1,"text":"on-call told","hash":"HASH"}
    {"seq":6,"run":"RUN","at":"INSTANT","type":"ticked","path":"one/checklist~1","by":"SOMEBODY","item":1,"left":0,"text":"plan read","hash":"HASH"}
    {"seq":8,"run":"RUN","at":"INSTANT","type":"approval_requested","path":"one/confirm~1","kind":"confirm","need":1,"people":["ME","somebody-else"],"text":"Drained?","hash":"HASH"}
    {"seq":9,"run":"RUN","at":"INSTANT","type":"confirmed","path":"one/confirm~1","by":"SOMEBODY","reason":"seen","hash":"HASH"}
    "#);
}

#[test]
fn a_no_ends_the_run_and_is_its_reason() {
    let stage = asking("    confirm \"Drained?\" by us");
    let run = started(&stage);
    let said = stage.say(&["reject", "--reason", "still busy"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert_snapshot!(shown(&stage.end(run)), @r#"
    `web` started by SOMEBODY.
    stage one: started.
    one/confirm~1: Drained? waits for a yes of ME, somebody-else: `rollout confirm RUN one/confirm~1`.
    one/confirm~1: rejected by SOMEBODY: still busy.
    step one/confirm~1: failed: ME rejected it: still busy.
    stage one: failed: `one/confirm~1` failed.
    run: rolling back: `one/confirm~1` failed.
    failed: `one/confirm~1`: ME rejected it: still busy.
    --- stderr
    Run RUN.
    Run RUN ended after A WHILE: failed.
    --- exit 7
    "#);
}

#[test]
fn an_approval_of_a_run_that_nobody_drives_goes_on_with_it() {
    let stage = asking("    confirm \"Drained?\" by us");
    let mut run = started(&stage);
    run.kill().expect("it is a child");
    run.wait().expect("it ends");
    assert_snapshot!(shown(&stage.say(&["confirm"])), @r#"
    the engine is here again and goes on.
    one/confirm~1: confirmed by SOMEBODY.
    stage one: done.
    succeeded.
    --- stderr
    Run RUN has your confirmation.
    Run RUN ended after A WHILE: succeeded.
    --- exit 0
    "#);
}

#[test]
fn an_approval_that_only_its_author_could_give_is_refused_at_once() {
    let me = current_person().0;
    let stage = Stage::with("web.rollout", &format!("rollout web {{ stage one {{ approve [\"{me}\"] }} }}\n"));
    assert_snapshot!(shown(&stage.say(&["run", "web.rollout"])), @r#"
    --- stderr
    error: `one/approve~1` needs somebody other than ME, who starts the run, and nobody is left
    hint: Let somebody else start it, or name more people.
    --- exit 2
    "#);
}

#[test]
fn reasons_of_resume_retry_and_skip_are_kept() {
    let stage = Stage::with(
        "web.rollout",
        "rollout web { on_failure = pause\n stage one { run \"false\" }\n stage two { pause \"look\" } }\n",
    );
    assert_eq!(stage.say(&["run", "web.rollout"]).code, 6);
    assert_eq!(stage.say(&["retry", "--reason", "once more"]).code, 6);
    assert_eq!(stage.say(&["skip", "--reason", "never mind"]).code, 6);
    assert_eq!(stage.say(&["resume", "--reason", "looked at"]).code, 0);
    let events = stage.say(&["events"]).out;
    for (kind, reason) in [("step_skipped", "never mind"), ("resumed", "looked at"), ("retried", "once more")] {
        let line = events.lines().find(|it| it.contains(kind) && it.contains(reason));
        assert!(line.is_some(), "{kind}: {events}");
    }
}

/// The account that systems keep for whoever is nobody.
const NOBODY: u32 = 65534;

#[test]
fn somebody_else_answers_in_a_shared_folder_and_may_do_nothing_else() {
    if current_person().0 != "root" {
        // Nobody else can become another user.
        return;
    }
    let stage =
        Stage::with("web.rollout", "rollout web { stage one { approve [\"nobody\"], run \"echo went on\" } }\n");
    std::fs::create_dir(stage.state()).expect("made");
    let to_nobody = |path: &std::path::Path| std::os::unix::fs::chown(path, None, Some(NOBODY)).expect("root may");
    to_nobody(&stage.state());
    std::fs::set_permissions(stage.path(), std::fs::Permissions::from_mode(0o755)).expect("ours");
    let program = stage.path().join("rollout-of-nobody");
    std::fs::copy(assert_cmd::cargo::cargo_bin!("rollout"), &program).expect("copied");
    let as_nobody = |words: &[&str]| {
        let mut command = std::process::Command::new(&program);
        command.args(words).arg("--state").arg(stage.state()).env_clear().current_dir("/");
        let output = command.uid(NOBODY).gid(NOBODY).stdin(Stdio::null()).output().expect("it starts");
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let run = stage.start(&["run", "web.rollout"]);
    stage.until("people are asked", || stage.say(&["status"]).out.contains("rollout approve"));
    assert_eq!(as_nobody(&["approve"]).0, Some(2), "the folder is its owner's alone");
    signal(&run, "INT");
    assert_eq!(stage.end(run).code, 6);
    std::fs::set_permissions(stage.state(), std::fs::Permissions::from_mode(0o2750)).expect("ours");

    let run = stage.start(&["resume"]);
    stage.until("it goes on", || stage.say(&["status"]).out.contains("running"));
    stage.until("the engine is there", || stage.state().join("control.sock").exists());
    let (code, said) = as_nobody(&["pause"]);
    assert_eq!(code, Some(2), "{said}");
    stage.until("nobody gets through", || as_nobody(&["approve"]).0 == Some(0));
    let ended = stage.end(run);
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(stage.say(&["events"]).out.contains("by=nobody"));
}
