//! The commands about files, as people and programs use them: `check` with its formats, exit codes and `--watch`,
//! `plan`, `graph`, `new`, `explain`; and texts that mean harm.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::stage::Stage;

const CLEAN: &str = "rollout web {\n  stage one { run \"true\" }\n}\n";
const WRONG: &str = "rollout web {\n  stgae one { run \"true\" }\n}\n";

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn check_tells_by_its_exit_code_what_it_found() {
    let stage = Stage::with("web.rollout", CLEAN);
    assert_eq!(stage.say(&["check"]).code, 0);
    stage.write("web.rollout", WRONG);
    let said = stage.say(&["check", "web.rollout"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("did you mean `stage`?"), "{}", said.out);
    let missing = stage.say(&["check", "none.rollout"]);
    assert_eq!(missing.code, 2, "{} {}", missing.out, missing.err);
}

#[test]
fn findings_are_written_for_machines() {
    let stage = Stage::with("web.rollout", WRONG);
    let document = json(&stage.say(&["check", "--format", "json"]).out);
    let all = document["diagnostics"].as_array().expect("a list");
    let found = all.iter().find(|it| it["severity"] == "error").expect("there is an error");
    assert_eq!(document["version"], 1);
    assert_eq!(document["summary"]["errors"], 1);
    assert_eq!((found["code"].as_str(), found["file"].as_str()), (Some("E0301"), Some("web.rollout")));
    assert_eq!(
        (found["span"]["start"]["line"].as_u64(), found["span"]["start"]["column"].as_u64()),
        (Some(2), Some(3))
    );
    assert_eq!(found["fixes"][0]["edits"][0]["text"], "stage");
    let github = stage.say(&["check", "--format", "github"]).out;
    assert!(github.starts_with("::error file=web.rollout,line=2,col=3,"), "{github}");
    let sarif = json(&stage.say(&["check", "--format", "sarif"]).out);
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "E0301");
}

#[test]
fn what_only_a_plan_shows_is_silenced_where_it_is_allowed() {
    let text = |allow: &str| {
        format!(
            "fleet hosts {{ target a {{}}, target b {{}} }}\nrollout web {{\n  input share: percent = 90%\n  stage one {{\n    \
             {allow}timeout = 5m\n    for h in share of hosts {{ step put {{ takes = 10m, run \"put\", undo {{ }} }} }}\n  }}\n}}\n"
        )
    };
    for (allow, codes) in
        [("", &["W0006", "W0040"][..]), ("allow = [W0040], ", &["W0006"]), ("allow = [W0006, W0040], ", &[])]
    {
        let stage = Stage::with("web.rollout", &text(allow));
        let said = stage.say(&["plan", "web.rollout"]);
        assert_eq!(said.code, 0, "{}", said.err);
        let told: Vec<&str> = said.err.lines().filter(|it| it.starts_with("W0")).collect();
        assert_eq!(told, codes, "{}", said.err);
    }
}

#[test]
fn a_plan_is_told_to_people_and_programs_and_touches_nothing() {
    let text = "fleet hosts { target a {}, target b {}, target c {} }\nrollout web {\n  input v: string\n  \
                stage one { for h in hosts { waves = [1, 100%], run \"touch ${h}-${v}\" } }\n}\n";
    let stage = Stage::with("web.rollout", text);
    let said = stage.say(&["plan", "web.rollout", "--input", "v=2"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("3 targets (a, b, c), 2 at once, waves 1 · 3"), "{}", said.out);
    let document = json(&stage.say(&["plan", "web.rollout", "--input", "v=2", "--format", "json"]).out);
    assert_eq!((document["rollout"].as_str(), document["inputs"]["v"].as_str()), (Some("web"), Some("2")));
    let nodes = document["nodes"].as_array().expect("a list");
    assert!(nodes.iter().any(|it| it["kind"] == "run" && it["targets"] == 3), "{document}");
    let again = json(&stage.say(&["plan", "web.rollout", "--input", "v=2", "--format", "json"]).out);
    assert_eq!(document["hash"], again["hash"]);
    let unsaid = stage.say(&["plan", "web.rollout"]);
    assert_eq!(unsaid.code, 2);
    assert!(unsaid.err.contains("the input `v` needs a value"), "{}", unsaid.err);
    let left: Vec<_> =
        std::fs::read_dir(stage.path()).expect("it is there").map(|it| it.expect("an entry").file_name()).collect();
    assert_eq!(left, ["web.rollout"], "a plan leaves nothing behind");
}

#[test]
fn a_graph_is_drawn_in_each_shape() {
    let stage = Stage::with("web.rollout", CLEAN);
    for (shape, begins) in [
        ("text", "rollout web"),
        ("dot", "digraph"),
        ("mermaid", "flowchart"),
        ("svg", "<svg"),
        ("json", "{\"version\":1"),
    ] {
        let said = stage.say(&["graph", "web.rollout", "--as", shape]);
        assert_eq!(said.code, 0, "{shape}: {}", said.err);
        assert!(said.out.contains(begins), "{shape}: {}", said.out);
    }
    assert_eq!(stage.say(&["graph", "web.rollout", "--as", "clay"]).code, 2);
}

#[test]
fn a_new_file_checks_and_runs_and_is_never_overwritten() {
    let stage = Stage::new();
    assert_eq!(stage.say(&["new", "shop"]).code, 0);
    let checked = stage.say(&["check", "shop.rollout"]);
    assert_eq!(checked.code, 0, "{}", checked.out);
    assert!(checked.out.is_empty(), "{}", checked.out);
    let run = stage.say(&["run", "shop.rollout"]);
    assert_eq!(run.code, 0, "{} {}", run.out, run.err);
    assert_eq!(stage.say(&["new", "shop"]).code, 2);
    assert_eq!(stage.say(&["new", "7"]).code, 2);
}

#[test]
fn a_code_is_explained_and_a_wrong_one_is_nearly() {
    let stage = Stage::new();
    assert!(stage.say(&["explain", "e0203"]).out.starts_with("# E0203"));
    let near = stage.say(&["explain", "E0299"]);
    assert_eq!(near.code, 2);
    assert!(near.err.contains("there is no code `E0299`"), "{}", near.err);
}

#[test]
fn what_means_harm_gets_a_finding_and_no_more() {
    let stage = Stage::new();
    let big = "# much\n".repeat(2_500_000);
    let cases: [(&str, Vec<u8>); 5] = [
        ("nul", b"rollout a {\0 stage b { run \"x\" } }\n".to_vec()),
        ("no-text", vec![0x72, 0xff, 0xfe, 0x00]),
        ("big", big.into_bytes()),
        ("deep", "((((((((((".repeat(20_000).into_bytes()),
        ("cut", b"rollout a { stage b { for x in [1, 2".to_vec()),
    ];
    for (name, bytes) in cases {
        let file = format!("{name}.rollout");
        std::fs::write(stage.path().join(&file), bytes).expect("it writes");
        let said = stage.say(&["check", &file]);
        assert_eq!(said.code, 1, "{name}: {} {}", said.out, said.err);
        assert!(!said.err.contains("panicked"), "{name}: {}", said.err);
    }
}

/// Collects what a watching command says, a line at a time.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, lines) = channel();
    for stream in [
        Box::new(child.stdout.take().expect("it is piped")) as Box<dyn std::io::Read + Send>,
        Box::new(child.stderr.take().expect("it is piped")),
    ] {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    lines
}

fn until(lines: &Receiver<String>, wanted: &str) {
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(Duration::from_secs(20)) {
            Ok(line) if line.contains(wanted) => return,
            Ok(line) => seen.push(line),
            Err(_) => panic!("`{wanted}` never came, only {seen:?}"),
        }
    }
}

#[test]
fn every_way_of_saving_is_seen_also_in_what_is_used() {
    let stage = Stage::with(
        "web.rollout",
        "use \"./parts.rollout\" as parts\nrollout web {\n  stage one { for h in parts.hosts { log \"${h}\" } }\n}\n",
    );
    stage.write("parts.rollout", "fleet hosts = csv(\"hosts.csv\")\n");
    stage.write("hosts.csv", "name\na\n");
    let mut child = stage.start(&["check", "--watch", "web.rollout"]);
    let lines = lines(&mut child);
    until(&lines, "nothing to complain about");
    // In place.
    stage.write("web.rollout", WRONG);
    until(&lines, "did you mean `stage`?");
    // Written beside and renamed over, as editors do; twice, because the first replaces what was watched.
    for _ in 0..2 {
        stage.write("web.new", "use \"./parts.rollout\" as parts\nrollout web {\n  stage one { for h in parts.hosts { log \"${h}\" } }\n}\n");
        std::fs::rename(stage.path().join("web.new"), stage.path().join("web.rollout")).expect("it renames");
        until(&lines, "nothing to complain about");
        stage.write("web.new", WRONG);
        std::fs::rename(stage.path().join("web.new"), stage.path().join("web.rollout")).expect("it renames");
        until(&lines, "did you mean `stage`?");
    }
    stage.write(
        "web.rollout",
        "use \"./parts.rollout\" as parts\nrollout web {\n  stage one { for h in parts.hosts { log \"${h}\" } }\n}\n",
    );
    until(&lines, "nothing to complain about");
    // What the file uses, and what that reads.
    stage.write("hosts.csv", "name\na\na\n");
    until(&lines, "E06");
    child.kill().expect("it was running");
    child.wait().expect("it ends");
}

/// What failed or was taken back is not counted as done, and a check beside targets is no unit of its own.
#[test]
fn percent_counts_what_is_where_it_was_to_come_to() {
    let text = "fleet hosts { target a {}, target b {}, target c {}, target d {} }\nprobe up(h: target) { run \"test ${h} != c\" }\n\
                rollout web {\n  stage one {\n    for h in hosts {\n      step put { run \"true\", undo { run \"true\" } }\n      check up(h)\n    }\n    \
                check all(up(h) for h in hosts)\n  }\n}\n";
    let stage = Stage::with("web.rollout", text);
    assert_eq!(stage.say(&["run", "web.rollout"]).code, 3);
    let status = json(&stage.say(&["status", "--format", "json"]).out);
    assert_eq!(status["percent"], 0, "{status}");
    assert_eq!(status["counts"], serde_json::json!({"total": 4, "done": 0, "failed": 1}));
    let kept = text.replace("stage one {", "on_failure = stop\n  stage one {");
    stage.write("web.rollout", &kept);
    assert_eq!(stage.say(&["run", "web.rollout"]).code, 7);
    let status = json(&stage.say(&["status", "--format", "json"]).out);
    assert_eq!((&status["percent"], &status["counts"]["done"]), (&serde_json::json!(50), &serde_json::json!(2)));
}
