//! What is left of a run: its report in every format, its folder of artifacts, its place in the figures of all runs.

use insta::assert_snapshot;
use regex::Regex;
use rollout::journal::slip_path;
use rollout::runtime::current_person;
use serde_json::Value;

use crate::stage::Stage;

/// Two sites, a metric with its limits, a checklist-free way there and back; `bad` makes the second stage fail.
const SHOP: &str = r#"
fleet sites {
  target berlin {}
  target ny {}
}

metric errors(site: target): percent {
  from = command(["cat", "errors-${site}.txt"])
  unit = percent
}

gate healthy(site: target) {
  require errors(site) < 1%
  warn    errors(site) > 0.5%
}

## The shop, site by site.
rollout shop {
  input version: string = "1.2.0"
  secret token = env("TOKEN")
  artifacts = "deployments/${date}-${version}"

  ## One site first.
  stage pilot {
    risk = 20
    for site in 1 of sites {
      step put {
        run "echo do ${site} with $TOKEN" { env = { TOKEN = token } }
        undo { run "echo undo ${site}" }
      }
      keep version = version
      check healthy(site)
    }
  }
  stage rest {
    for site in rest of sites {
      step put {
        run "echo do ${site}"
        undo { run "echo undo ${site}" }
      }
      check healthy(site)
    }
    log "all sites have ${version}"
  }
}
"#;

fn shop(errors_ny: &str) -> Stage {
    let stage = Stage::with("shop.rollout", SHOP);
    stage.write("errors-berlin.txt", "0.1\n");
    stage.write("errors-ny.txt", errors_ny);
    stage
}

/// Runs the shop with a secret in its surroundings.
fn run(stage: &Stage, more: &[&str]) -> i32 {
    let words = [&["run", "shop.rollout", "-q"], more].concat();
    let ended = stage.command(&words).env("TOKEN", "s3cret-t0ken").output().expect("it starts");
    ended.status.code().expect("it ends by itself")
}

/// Without what differs from run to run.
fn same(text: &str) -> String {
    let me = current_person().0;
    let rules = [
        (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?", "WHEN"),
        (r"\d{4}-\d\d-\d\d", "DATE"),
        (r"\d{8}-[0-9a-z]{4}\b", "RUN"),
        (r"[0-9a-f]{64}", "HASH"),
        (r"\b(\d+(ms|s))+\b", "A WHILE"),
        (&format!(r"\b{}\b", regex::escape(&me)), "SOMEBODY"),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, name)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *name).into_owned()
    })
}

/// The report as it is, before anything is replaced.
fn report(stage: &Stage, format: &str) -> String {
    let output = stage.command(&["report", "--as", format]).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The folders of artifacts, in the order of their names.
fn folders(stage: &Stage) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(stage.path().join("deployments")) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|it| it.expect("it reads").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

fn artifact(stage: &Stage, folder: &str, name: &str) -> String {
    stage.read(&format!("deployments/{folder}/{name}"))
}

#[test]
fn a_run_that_went_well_is_told() {
    let stage = shop("0.7\n");
    assert_eq!(run(&stage, &["--reason", "the <new> shop"]), 0);
    assert_snapshot!(same(&report(&stage, "md")));
}

#[test]
fn a_run_that_was_taken_back_is_told_with_a_draft_of_its_post_mortem() {
    let stage = shop("4.2\n");
    assert_eq!(run(&stage, &[]), 3);
    assert_snapshot!(same(&report(&stage, "md")));
}

#[test]
fn the_record_says_who_what_when_and_where_its_proof_is() {
    let stage = shop("0.7\n");
    run(&stage, &["--reason", "spring"]);
    let record: Value = serde_json::from_str(&report(&stage, "json")).expect("JSON");
    assert_eq!(record["version"], 1);
    assert_eq!(record["outcome"], "succeeded");
    assert_eq!(record["reason"], "spring");
    assert_eq!(record["inputs"]["version"], "1.2.0");
    assert_eq!(record["stages"][0]["risk"], "20");
    assert_eq!(record["targets"][1]["name"], "ny");
    assert_eq!(record["kept"][0]["value"], "1.2.0");
    assert_eq!(record["metrics"][1]["subject"], "ny");
    assert_eq!(record["metrics"][1]["most"], "0.7%");
    assert_eq!(record["figures"]["targets_changed"], 2);
    let events = stage.command(&["events", "--format", "json"]).output().expect("it starts").stdout;
    let events = String::from_utf8(events).expect("UTF-8");
    let head: Value = serde_json::from_str(events.lines().last().expect("an event")).expect("JSON");
    assert_eq!(record["journal"]["head"], head["hash"]);
    assert_eq!(record["journal"]["records"], events.lines().count());
}

#[test]
fn a_page_needs_nothing_from_outside_and_what_people_wrote_stays_text() {
    let stage = shop("4.2\n");
    run(&stage, &["--reason", "</title><script>alert(1)</script>", "--input", "version=<img src=x onerror=a>"]);
    let page = report(&stage, "html");
    assert!(!page.contains("<script") && !page.contains("<img"), "markup of a run is in the page");
    assert!(page.contains("&lt;script&gt;alert(1)"), "the reason is not there");
    let outside = Regex::new(r#"(href|src)=|url\(|@import|<link"#).expect("a pattern");
    assert!(!outside.is_match(&page.replace("&lt;img src=x", "")), "the page needs another file");
    for wanted in ["<title id=\"p", "<desc id=\"p", "<caption>", "scope=\"col\"", "require errors(site) &lt; 1%"] {
        assert!(page.contains(wanted), "{wanted} is not in the page");
    }
    assert!(page.contains("class=\"limit\"") && page.contains("class=\"limit warns\""), "limits are not drawn");
}

#[test]
fn stages_and_gates_are_cases() {
    let stage = shop("4.2\n");
    run(&stage, &[]);
    let cases = same(&report(&stage, "junit"));
    let cases = Regex::new(r#" (time|timestamp)="[^"]*""#).expect("a pattern").replace_all(&cases, "").into_owned();
    assert_snapshot!(cases, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="shop" tests="4" skipped="0" failures="3" errors="0">
        <testsuite name="shop.stages" tests="2" skipped="0" errors="0" failures="2">
            <testcase name="pilot" classname="shop.stages">
                <failure message="undone: `rest/ny/check~1`: healthy(site) does not hold">undone: `rest/ny/check~1`: healthy(site) does not hold</failure>
            </testcase>
            <testcase name="rest" classname="shop.stages">
                <failure message="undone: rest/ny/check~1: healthy(site) does not hold">undone: rest/ny/check~1: healthy(site) does not hold
    rest/ny/check~1: healthy(site) does not hold</failure>
            </testcase>
        </testsuite>
        <testsuite name="shop.gates" tests="2" skipped="0" errors="0" failures="1">
            <testcase name="pilot/berlin/check~1: check healthy(site)" classname="shop.gates"/>
            <testcase name="rest/ny/check~1: check healthy(site)" classname="shop.gates">
                <failure message="violated: 1 of 1 times">violated: 1 of 1 times
    healthy(ny): require errors(site) &lt; 1% (4.2% against 1%, 3.2% from it)
    healthy(ny): warn errors(site) &gt; 0.5% (4.2% against 0.5%, 3.7% from it)</failure>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_run_leaves_its_folder_and_no_secret_in_it() {
    let stage = shop("0.7\n");
    assert_eq!(run(&stage, &[]), 0);
    let folders = folders(&stage);
    assert_eq!(folders.len(), 1, "{folders:?}");
    assert!(folders[0].ends_with("-1.2.0"), "{folders:?}");
    let folder = stage.path().join("deployments").join(&folders[0]);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("it is there")
        .map(|it| it.expect("it reads").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(
        names.join(" "),
        "checklist.md log.txt metrics.csv metrics.json plan.svg plan.txt record.json report.html report.md \
         rollback-plan.md steps.log"
    );
    for name in &names {
        assert!(!artifact(&stage, &folders[0], name).contains("s3cret-t0ken"), "{name} holds the secret");
    }
    assert!(artifact(&stage, &folders[0], "steps.log").contains("do berlin with ***"));
    assert!(artifact(&stage, &folders[0], "log.txt").ends_with("succeeded.\n"));
    assert!(artifact(&stage, &folders[0], "metrics.csv").lines().count() == 3);
    assert!(artifact(&stage, &folders[0], "rollback-plan.md").contains("| `rest/put` | 1 | run echo undo"));
}

#[test]
fn a_second_run_takes_nothing_from_the_first() {
    let stage = shop("0.7\n");
    run(&stage, &[]);
    let first = artifact(&stage, &folders(&stage)[0], "record.json");
    stage.write("errors-ny.txt", "4.2\n");
    let said = stage.command(&["run", "shop.rollout"]).env("TOKEN", "s3cret-t0ken").output().expect("it starts");
    let said = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(said.contains("is not this run's"), "{said}");
    let folders = folders(&stage);
    assert_eq!(folders.len(), 2, "{folders:?}");
    assert_eq!(artifact(&stage, &folders[0], "record.json"), first);
    assert!(artifact(&stage, &folders[1], "post-mortem.md").contains("## Remediation"));
}

#[test]
fn what_cannot_be_written_is_a_warning_and_never_a_failure() {
    let stage = shop("0.7\n");
    stage.write("deployments", "a file is in the way");
    let said = stage.command(&["run", "shop.rollout"]).env("TOKEN", "s3cret-t0ken").output().expect("it starts");
    assert_eq!(said.status.code(), Some(0));
    let out = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(out.contains("run: warning: the artifacts are not in `deployments/"), "{out}");
    assert!(out.contains("`deployments` is a link or a file, and no folder"), "{out}");
    assert!(report(&stage, "md").contains("## Warnings"));
}

#[test]
fn no_input_leads_out_of_the_folder() {
    let stage = shop("0.7\n");
    // What is known with the plan is refused with it.
    assert_eq!(run(&stage, &["--input", "version=/../../../outside"]), 2);
    // What only the run knows is a warning of the run.
    stage.write("shop.rollout", &SHOP.replace("${date}-${version}", "${run.reason}"));
    assert_eq!(run(&stage, &["--reason", "../../outside"]), 0);
    assert!(!stage.path().parent().expect("a folder").join("outside").exists());
    assert!(report(&stage, "md").contains("leads out of the folder of the file"));
    let text = SHOP.replace("deployments/${date}-${version}", "../outside");
    stage.write("out.rollout", &text);
    let said = stage.say(&["check", "out.rollout"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("`../outside` leads out of the folder of the file"), "{}", said.out);
}

#[test]
fn what_a_crash_left_unwritten_is_written_once() {
    let stage = shop("0.7\n");
    run(&stage, &[]);
    // As if the engine had died after the last event of the run.
    let journal = rusqlite::Connection::open(stage.state().join("journal.db")).expect("it opens");
    journal.execute_batch("DROP TRIGGER event_remains; DROP TRIGGER head_remains").expect("it lets go");
    let filed = "(SELECT number FROM event WHERE body LIKE '{\"type\":\"filed\"%')";
    journal.execute(&format!("DELETE FROM head WHERE number = {filed}"), []).expect("it deletes");
    let forgotten = journal.execute(&format!("DELETE FROM event WHERE number = {filed}"), []).expect("it deletes");
    assert_eq!(forgotten, 1);
    drop(journal);
    std::fs::remove_file(slip_path(&stage.state().join("journal.db"))).expect("it is there");
    std::fs::remove_dir_all(stage.path().join("deployments")).expect("it is there");
    let said = stage.say(&["resume-all"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.starts_with("artifacts: `deployments/"), "{}", said.shown());
    assert_eq!(folders(&stage).len(), 1);
    assert!(stage.say(&["resume-all"]).err.contains("Nothing is unfinished."));
}

#[test]
fn the_folder_is_written_again_on_demand_and_keeps_what_people_wrote() {
    let stage = shop("4.2\n");
    run(&stage, &[]);
    let folder = folders(&stage)[0].clone();
    stage.write(&format!("deployments/{folder}/post-mortem.md"), "What we learned.\n");
    std::fs::remove_file(stage.path().join("deployments").join(&folder).join("report.md")).expect("it is there");
    let said = stage.say(&["report", "--artifacts"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert_eq!(artifact(&stage, &folder, "post-mortem.md"), "What we learned.\n");
    assert!(artifact(&stage, &folder, "report.md").contains("rolled back"));
}

#[test]
fn a_run_that_is_taken_back_after_its_success_is_written_about_again() {
    let stage = shop("0.7\n");
    stage.write("shop.rollout", &SHOP.replace("  artifacts =", "  retain = 1h\n  artifacts ="));
    assert_eq!(run(&stage, &[]), 0);
    let folder = folders(&stage)[0].clone();
    assert!(artifact(&stage, &folder, "record.json").contains("\"state\": \"retained\""));
    let name = stage.runs()[0].clone();
    let said = stage.command(&["rollback", &name, "--yes"]).env("TOKEN", "s3cret-t0ken").output().expect("it starts");
    assert_eq!(said.status.code(), Some(3), "{}", String::from_utf8_lossy(&said.stderr));
    assert_eq!(folders(&stage).as_slice(), std::slice::from_ref(&folder));
    assert!(artifact(&stage, &folder, "record.json").contains("\"outcome\": \"rolled_back\""));
    assert!(artifact(&stage, &folder, "post-mortem.md").contains("## Timeline"));
}

#[test]
fn figures_are_those_of_all_runs() {
    let stage = shop("0.7\n");
    run(&stage, &[]);
    stage.write("errors-ny.txt", "4.2\n");
    run(&stage, &[]);
    run(&stage, &[]);
    let said = stage.command(&["kpi", "--format", "json"]).output().expect("it starts");
    let kpi: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!((&kpi["runs"], &kpi["succeeded"], &kpi["rolled_back"]), (&3.into(), &1.into(), &2.into()));
    assert_eq!(kpi["success_percent"], 33.3);
    assert_eq!((&kpi["targets_changed"], &kpi["targets_affected"]), (&6.into(), &4.into()));
    assert_eq!(kpi["to_all_ms"]["count"], 1);
    assert_eq!(kpi["to_recover_ms"]["count"], 2);
    assert_eq!(kpi["unrecovered"], 0);
    assert_eq!(kpi["by_rollout"]["shop"]["runs"], 3);
    let none = stage.command(&["kpi", "--until", "2020-01-01", "--format", "json"]).output().expect("it starts");
    let none: Value = serde_json::from_slice(&none.stdout).expect("JSON");
    assert_eq!((&none["runs"], &none["success_percent"]), (&0.into(), &Value::Null));
}

#[test]
fn history_is_filtered() {
    let stage = shop("4.2\n");
    run(&stage, &[]);
    stage.write("errors-ny.txt", "0.1\n");
    run(&stage, &[]);
    stage.write("errors-berlin.txt", "9\n");
    run(&stage, &[]);
    let count = |words: &[&str]| stage.say(&[&["history"], words].concat()).out.lines().count();
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--outcome", "rolled_back"]), 2);
    assert_eq!(count(&["--outcome", "succeeded"]), 1);
    assert_eq!(count(&["--outcome", "live"]), 0);
    assert_eq!(count(&["--target", "ny"]), 2);
    assert_eq!(count(&["--target", "berlin"]), 3);
    assert_eq!(count(&["--by", &current_person().0]), 3);
    assert_eq!(count(&["--by", "nobody-else"]), 0);
    assert_eq!(count(&["--since", "1d"]), 3);
    assert_eq!(count(&["--until", "1d"]), 0);
    assert_eq!(stage.say(&["history", "--since", "soon"]).code, 2);
}

#[test]
fn who_ticked_what_and_when_is_told() {
    let me = current_person().0;
    let text = format!(
        "people us = [\"{me}\"]\nrollout web {{\n  artifacts = \"out\"\n  stage one {{\n    \
         checklist \"Before\" by us {{ \"plan read\", \"on-call told\" }}\n    run \"echo went on\"\n  }}\n}}\n"
    );
    let stage = Stage::with("web.rollout", &text);
    let run = stage.start(&["run", "web.rollout"]);
    stage.until("people are asked", || stage.say(&["status"]).out.contains("plan read"));
    assert_eq!(stage.say(&["confirm", "--item", "2"]).code, 0);
    assert_eq!(stage.say(&["confirm", "--item", "1", "--reason", "read it twice"]).code, 0);
    assert_eq!(stage.end(run).code, 0);
    let report = same(&report(&stage, "md"));
    assert!(report.contains("| plan read | **ticked** | SOMEBODY | WHEN |"), "{report}");
    assert!(report.contains("SOMEBODY ticked WHEN: read it twice"), "{report}");
    assert!(stage.read("out/checklist.md").contains("| on-call told | **ticked** |"));
    let record: Value = serde_json::from_str(&stage.read("out/record.json")).expect("JSON");
    assert_eq!(record["decisions"][0]["outcome"], "given");
    assert_eq!(record["decisions"][0]["items"][0]["by"], me.as_str());
}

#[test]
fn what_waited_for_its_window_is_shaded_until_it_went_on() {
    let text = "window later { cron = \"* * * * *\", lasts = 1s, zone = \"UTC\" }\n\
                fleet sites { target a {} }\n\
                metric load(site: target): number { from = command([\"echo\", \"1\"]), allow = [W0001] }\n\
                gate calm(site: target) { require load(site) < 2 }\n\
                rollout one {\n  stage only {\n    for site in sites {\n      \
                step first { run \"true\", undo {} }\n      check calm(site)\n      \
                step put { run \"true\", during = later, undo {} }\n      check calm(site)\n    }\n  }\n}\n";
    let stage = Stage::with("one.rollout", text);
    let run = stage.start(&["run", "one.rollout"]);
    stage.until("it waits or has gone on", || {
        let out = stage.say(&["status"]).out;
        out.contains("its window is shut") || out.contains("succeeded")
    });
    let name = stage.runs()[0].clone();
    let waited = stage.say(&["status"]).out.contains("its window is shut");
    stage.say(&["advance", &name, "--reason", "a test waits for nobody"]);
    assert_eq!(stage.end(run).code, 0);
    if waited {
        let page = report(&stage, "html");
        assert!(page.contains("class=\"shade\""), "the wait is not shaded");
        let record: Value = serde_json::from_str(&report(&stage, "json")).expect("JSON");
        assert!(record["windows"][0]["until"].is_string(), "{}", record["windows"]);
        assert_eq!(record["interventions"][0]["what"], "let go on");
    }
}

#[test]
fn a_plan_of_another_day_is_the_same_plan_and_names_its_strategies() {
    let stage = Stage::with(
        "shop.rollout",
        r#"
        fleet sites { target ny {}, target paris {}, target tokyo {} }
        probe up(site: target) { tcp "${site}:80" }
        strategy inner(fleet: fleet) { stage look { for site in fleet { check up(site) } } }
        strategy outer(fleet: fleet) { apply inner as within { fleet = fleet } }
        rollout shop {
          artifacts = "deployments/${date}-shop"
          apply outer as first { fleet = sites }
          apply inner as second { fleet = sites }
        }
        rollout escaping {
          artifacts = "../${date}"
          stage one { log "x" }
        }
        "#,
    );
    let plan = |at: &str| {
        let said = stage.say(&["plan", "shop.rollout#shop", "--format", "json", "--at", at]);
        assert_eq!(said.code, 0, "{}", said.shown());
        serde_json::from_str::<serde_json::Value>(&said.out).expect("JSON")
    };
    let (today, tomorrow) = (plan("2026-11-23T09:00Z"), plan("2026-11-24T09:00Z"));
    assert_eq!(today["hash"], tomorrow["hash"]);
    let applied = |strategy: &str, path: &str| serde_json::json!({ "strategy": strategy, "as": path });
    let expected = [applied("outer", "first"), applied("inner", "first.within"), applied("inner", "second")];
    assert_eq!(today["strategies"], serde_json::json!(expected));
    // That it lies outside is said as before.
    let said = stage.say(&["plan", "shop.rollout#escaping"]);
    assert_ne!(said.code, 0, "{}", said.shown());
}
