//! Requests that are routed by a share, and what came of them: an application asks which side each user is on, says how
//! it went, and a gate over what it said raises the share or takes it back.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use super::stage::{Said, Stage};

const SHOP: &str = r#"
flag checkout { variants = ["old", "new"], default = "old" }
metric failed_old: percent { from = recorded, over = 10m }
metric failed_new: percent { from = recorded, over = 10m }
metric latency_old: duration { from = recorded, over = 10m }
metric latency_new: duration { from = recorded, over = 10m }
gate no_worse() {
  require failed_new <= failed_old + 2%
  require latency_new <= 150% of latency_old
}
rollout shop {
  stage some {
    flag checkout = 25%
    watch no_worse() { settle = 5s, lasts = 10m, every = 500ms, pass_in_a_row = 3, fail_in_a_row = 3 }
  }
  stage all { flag checkout = 100% }
}
"#;

const APP: &str = r#"
seq -f 'user-%g' 1 1000 > users
rollout decide checkout --for - < users > sides
paste -d ' ' users sides | while read -r user side; do
  failed=0% latency=100ms
  case "$1,$side,$user" in failing,new,*7) failed=100% ;; slow,new,*) latency=200ms ;; esac
  echo "failed_$side $failed"
  echo "latency_$side $latency"
done | rollout record - --quiet
"#;

/// Runs the rollout beside an application, and returns how the run ended with the sides that the users got.
fn served(stage: &Stage, how: &str) -> (Said, String) {
    let run = stage.start(&["run", "shop.rollout", "--yes"]);
    stage.until("a quarter of the users is exposed", || {
        stage.say(&["status", "--format", "json"]).out.contains(r#""percent":25.0"#)
    });
    let program = assert_cmd::cargo::cargo_bin!("rollout");
    let path = format!("{}:/usr/bin:/bin", program.parent().expect("a folder").display());
    let mut app = std::process::Command::new("sh");
    app.args(["-eu", "app.sh", how]).current_dir(stage.path()).env_clear().env("HOME", stage.path()).env("PATH", path);
    let output = app.output().expect("there is a shell");
    assert!(output.status.success(), "{output:?}");
    (stage.end(run), stage.read("sides"))
}

fn stage() -> Stage {
    let stage = Stage::with("shop.rollout", SHOP);
    stage.write("app.sh", APP);
    stage
}

fn exposed(sides: &str) -> usize {
    sides.lines().filter(|it| *it == "new").count()
}

#[test]
fn a_side_that_is_no_worse_is_given_to_everybody() {
    let stage = stage();
    let (said, sides) = served(&stage, "well");
    assert_eq!(said.code, 0, "{}", said.shown());
    assert_eq!(sides.lines().count(), 1000);
    // As many as the buckets of these names say, every time and everywhere.
    assert_eq!(exposed(&sides), 257);
    // Whoever had it keeps it, and now all have.
    let all = stage.say(&["decide", "checkout", "--for", "user-1", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&all.out).expect("JSON");
    assert_eq!((all["exposed"].as_bool(), all["percent"].as_f64()), (Some(true), Some(100.0)));
    assert_eq!(stage.say(&["decide", "checkout", "--for", "user-1", "--exit-code"]).code, 0);
}

#[test]
fn a_side_that_fails_more_is_taken_back_from_everybody() {
    for how in ["failing", "slow"] {
        let stage = stage();
        let (said, sides) = served(&stage, how);
        assert_eq!((said.code, exposed(&sides)), (3, 257), "{how}: {}", said.shown());
        let why = stage.say(&["why"]);
        let expected = if how == "failing" { "require failed_new <= failed_old + 2%" } else { "200ms against 150ms" };
        assert!(why.out.contains(expected), "{}", why.shown());
        let nobody = stage.say(&["decide", "checkout", "--for", "user-1", "--exit-code"]);
        assert_eq!((nobody.code, nobody.out.as_str()), (1, "old\n"));
    }
}

/// One command stays open while the share moves: each answer is of its own moment.
#[test]
fn a_question_that_stays_open_hears_of_the_share_as_it_moves() {
    let stage = Stage::with(
        "shop.rollout",
        r#"
        flag checkout { variants = ["old", "new"], default = "old" }
        rollout shop {
          input share: percent
          stage all { flag checkout = share }
        }
        "#,
    );
    let run = |share: &str| {
        let said = stage.say(&["run", "shop.rollout", "--yes", "--input", &format!("share={share}")]);
        assert_eq!(said.code, 0, "{}", said.shown());
    };
    run("0%");
    let mut asking = stage.command(&["decide", "checkout", "--for", "-"]);
    let mut asking = asking.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut questions = asking.stdin.take().expect("it reads");
    let mut answers = BufReader::new(asking.stdout.take().expect("it writes")).lines();
    let mut ask = || {
        writeln!(questions, "user-1").expect("it listens");
        answers.next().expect("it answers").expect("text")
    };
    assert_eq!(ask(), "old");
    run("100%");
    assert_eq!(ask(), "new");
    run("10%");
    assert_eq!(ask(), "old", "bucket 20292 is beyond 10%");
    drop(questions);
    assert!(asking.wait().expect("it ends").success());
}

/// Traffic has sides as well: those of the router's own share.
#[test]
fn a_share_of_traffic_is_decided_as_the_router_was_told() {
    let stage = Stage::with(
        "edge.rollout",
        r#"
        router edge { command { set = "echo ${percent} > share", read = "cat share" } }
        fleet sites { target ny {} }
        router local(site: target) { command { set = "echo ${percent} > ${site}", read = "cat ${site}" } }
        rollout web {
          stage some {
            traffic 30% { via = edge, allow = [W0031] }
            for site in sites { traffic 60% { via = local(site), allow = [W0031] } }
          }
        }
        "#,
    );
    stage.write("share", "0");
    stage.write("ny", "0");
    let said = stage.say(&["run", "edge.rollout", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    stage.write("many", &(0..1000).map(|it| format!("request-{it}\n")).collect::<String>());
    for (what, share) in [("edge", 0.3), ("local(ny)", 0.6)] {
        let mut command = stage.command(&["decide", what, "--for", "-"]);
        let many = std::fs::File::open(stage.path().join("many")).expect("it is there");
        let output = command.stdin(many).output().expect("it starts");
        let text = String::from_utf8(output.stdout).expect("text");
        let canary = text.lines().filter(|it| *it == "canary").count() as f64 / 1000.0;
        assert_eq!(text.lines().count(), 1000);
        // Three times the standard deviation of so many draws.
        assert!((canary - share).abs() < 0.05, "{what}: {canary}");
    }
}

#[test]
fn what_cannot_be_decided_says_why() {
    let stage = Stage::with(
        "two.rollout",
        r#"
        flag checkout { variants = ["old", "new"], default = "old" }
        router edge { command { set = "true", read = "echo 0" } }
        rollout one { stage all { flag checkout = 10% } }
        rollout two { stage all { flag checkout = 20% } }
        rollout three { stage all { when = false, traffic 1% { via = edge, allow = [W0031] } } }
        "#,
    );
    let none = stage.say(&["decide", "checkout", "--for", "u"]);
    assert_eq!(none.code, 2, "{}", none.shown());
    for rollout in ["one", "two", "three"] {
        let said = stage.say(&["run", &format!("two.rollout#{rollout}"), "--yes"]);
        assert_eq!(said.code, 0, "{}", said.shown());
    }
    let runs = stage.runs();
    let cases: [(&[&str], &str); 5] = [
        (&["checkout"], "`one` and `two` have `checkout`: say which with `--run`"),
        (&["chekout"], "no run sets the share of `chekout`; did you mean `checkout`?"),
        (&["edge"], "no run of `three` has set or read the share of `edge` yet"),
        (&["checkout", "--run", "nobody"], "nobody"),
        (&["checkout", "--run", &runs[2]], "no run sets the share of `checkout`"),
    ];
    for (words, expected) in cases {
        let said = stage.say(&[&["decide", "--for", "u"], words].concat());
        assert!(said.code == 2 && said.err.contains(expected), "{words:?}: {}", said.shown());
    }
    let two = stage.say(&["decide", "checkout", "--for", "u", "--run", &runs[1], "--format", "json"]);
    assert!(two.out.contains(r#""percent":20.0"#), "{}", two.shown());
}

#[test]
fn lines_that_are_no_numbers_are_named_and_what_came_before_is_kept() {
    let stage = Stage::with("shop.rollout", SHOP);
    let record = |lines: &str| {
        stage.write("lines", lines);
        let lines = std::fs::File::open(stage.path().join("lines")).expect("it is there");
        let output = stage.command(&["record", "-"]).stdin(lines).output().expect("it starts");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, err) = record("failed_old 0%\n\nfailed_new 100% ny\n");
    assert_eq!((code, err.as_str()), (Some(0), "2 kept.\n"));
    for (lines, expected) in [
        ("failed_old 0%\nfailed_old\n", "line 2: `failed_old` is no metric with its value"),
        ("failed_old much\n", "line 1: `much` is no number"),
    ] {
        let (code, err) = record(lines);
        assert!(code == Some(2) && err.contains(expected), "{err}");
    }
}
