//! Numbers that somebody pushes with `rollout record`: read by a live run, refused in a wrong unit, there after a crash,
//! too old after a while, and compared with what was before.

use super::stage::{Said, Stage, signal};

const SITES: &str = r#"
fleet sites { target ny {}, target paris {} }
metric adoption(site: target): percent { from = recorded, valid = 1h }
rollout shop {
  stage all {
    for site in sites {
      step put { run "echo ${site}" }
      check adoption(site) > 40% { within = 30s, every = 100ms }
    }
  }
}
"#;

fn record(stage: &Stage, words: &str) -> Said {
    let words: Vec<&str> = ["record"].into_iter().chain(words.split(' ')).collect();
    stage.say(&words)
}

/// An instant so many minutes ago.
fn ago(minutes: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    rollout::value::At(now as i64 - minutes as i64 * 60_000).to_string()
}

#[test]
fn what_is_recorded_is_held_against_the_live_run_that_reads_it() {
    let stage = Stage::with("shop.rollout", SITES);
    let run = stage.start(&["run", "shop.rollout"]);
    stage.until("the engine listens and the run lives", || {
        stage.state().join("control.sock").exists() && !stage.runs().is_empty()
    });
    let wrong = [
        ("adoption 0.42 --target ny", "`adoption` is a percent, and `0.42` is not: write it as `42%`"),
        ("adoption 300ms --target ny", "is a percent"),
        ("adoption 42%", "say which with `--target`"),
        ("adoption 42% --target nyc", "did you mean `ny`?"),
        ("adoption 42% --target ny --run nobody", "no live run"),
        ("adoption 42% --target ny --at 2099-01-01T00:00Z", "has not come yet"),
    ];
    for (words, expected) in wrong {
        let said = record(&stage, words);
        assert!(said.code == 2 && said.err.contains(expected), "{words}: {}", said.shown());
    }
    for (site, value) in [("ny", "41%"), ("paris", "57.5%")] {
        let said = record(&stage, &format!("adoption {value} --target {site}"));
        assert_eq!(said.code, 0, "{}", said.shown());
        assert_eq!(said.out, format!("`adoption` of `{site}` was {value} at INSTANT.\n"));
        assert_eq!(said.err, "");
    }
    let said = stage.end(run);
    assert_eq!(said.code, 0, "{}", said.shown());
    let why = stage.say(&["why"]);
    assert!(why.out.contains("57.5%") && why.out.contains("17.5%"), "{}", why.shown());
}

/// One value goes through the engine and one past it, with the engine killed between.
#[test]
fn what_was_recorded_is_there_after_a_crash() {
    let stage = Stage::with("shop.rollout", SITES);
    let mut run = stage.start(&["run", "shop.rollout"]);
    stage.until("the engine listens and the run lives", || {
        stage.state().join("control.sock").exists() && !stage.runs().is_empty()
    });
    assert_eq!(record(&stage, "adoption 61% --target paris").code, 0);
    signal(&run, "KILL");
    run.wait().expect("it ends");
    let said = record(&stage, "adoption 44 --target ny");
    assert!(said.code == 2 && said.err.contains("write it as `42%`"), "{}", said.shown());
    assert_eq!(record(&stage, "adoption 44% --target ny").code, 0);
    let said = stage.say(&["resume-all"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    let why = stage.say(&["why", "all/ny"]);
    assert!(why.out.contains("44%"), "{}", why.shown());
    let why = stage.say(&["why", "all/paris"]);
    assert!(why.out.contains("61%"), "{}", why.shown());
}

/// Plays one condition after some values were recorded.
fn played(metric: &str, values: &[String], rest: &str) -> (Said, Said) {
    let stage = Stage::with("r.rollout", &format!("{metric}\n{rest}\n"));
    for value in values {
        let said = record(&stage, value);
        assert_eq!(said.code, 0, "{}", said.shown());
        assert_eq!(said.err, "No live run reads it yet.\n");
    }
    let said = stage.say(&["run", "r.rollout", "--yes"]);
    (said, stage.say(&["why"]))
}

#[test]
fn a_value_counts_for_a_while_and_then_there_is_none() {
    let check = "rollout r { stage s { check users > 10 } }";
    let metric = "metric users: int { from = recorded }";
    let (said, why) = played(metric, &["users 12".to_owned()], check);
    assert_eq!(said.code, 0, "{}", why.shown());

    let (said, why) = played(metric, &[], check);
    assert!(said.code == 7 && why.out.contains("nothing was recorded yet"), "{}", why.shown());

    let old = [format!("users 12 --at {}", ago(20))];
    let (said, why) = played(metric, &old, check);
    assert!(said.code == 7 && why.out.contains("too old"), "{}", why.shown());
    let longer = "metric users: int { from = recorded, valid = 1h }";
    assert_eq!(played(longer, &old, check).0.code, 0);
    let missing = "metric users: int { from = recorded, missing = 11 }";
    assert_eq!(played(missing, &old, check).0.code, 0);

    // What it was recorded as is not what the metric is; nobody knew of the metric then.
    let (said, why) = played(metric, &["users 12%".to_owned()], check);
    assert!(said.code == 7 && why.out.contains("`12%` was recorded"), "{}", why.shown());
}

#[test]
fn what_was_recorded_before_the_change_is_compared_and_what_lasts_is_sustained() {
    let values: Vec<String> = [(40, 90), (30, 110), (20, 100), (0, 70)]
        .into_iter()
        .map(|(minutes, users)| format!("users {users} --at {}", ago(minutes)))
        .collect();
    let metric = "metric users: int { from = recorded, valid = 1h }";
    let change = "step change { run \"true\", undo { run \"true\" } }";
    let before = "before(users, over = 45m, ago = 10m)";
    let check = format!("rollout r {{ stage s {{ {change}\n check users >= 80% of {before} }} }}");
    let (said, why) = played(metric, &values, &check);
    assert_eq!(said.code, 3, "{}", said.shown());
    assert!(why.out.contains("70") && why.out.contains("80"), "{}", why.shown());
    assert_eq!(played(metric, &values[..3], &check).0.code, 0);

    let threshold = format!("{metric}\nthreshold few = users < 80 {{ sustained = 1s }}");
    let watch = format!("rollout r {{ stage s {{ {change}\n watch not few {{ lasts = 3s, every = 200ms }} }} }}");
    let (said, why) = played(&threshold, &values, &watch);
    assert_eq!(said.code, 3, "{}{}", said.shown(), why.shown());
    assert_eq!(played(&threshold, &values[..3], &watch).0.code, 0);
}

/// What is a month old is forgotten, but for a live run that looks back further.
#[test]
fn what_is_old_is_forgotten_unless_a_live_run_may_ask_for_it() {
    const DAY: u64 = 24 * 60;
    let kept = |stage: &Stage| {
        let store = rusqlite::Connection::open(stage.state().join("samples.db")).expect("it opens");
        store.query_row("SELECT count(*) FROM sample", [], |row| row.get::<_, u32>(0)).expect("it counts")
    };
    let nobody = Stage::new();
    for days in [29, 31] {
        assert_eq!(record(&nobody, &format!("users 9 --at {}", ago(days * DAY))).code, 0);
    }
    // Looked for with the first number, and then with every thousandth.
    assert_eq!(kept(&nobody), 2);
    let alone = Stage::new();
    assert_eq!(record(&alone, &format!("users 9 --at {}", ago(31 * DAY))).code, 0);
    assert_eq!(kept(&alone), 0);

    for (looks_back, left) in [("45d", 1), ("5d", 0)] {
        let stage = Stage::with(
            "r.rollout",
            &format!(
                "metric users: int {{ from = recorded }}\n\
                 rollout r {{ stage s {{ wait 1m, check users > before(users, over = 1d, ago = {looks_back}) }} }}\n"
            ),
        );
        let mut run = stage.start(&["run", "r.rollout", "--yes"]);
        stage.until("the engine listens and the run lives", || {
            stage.state().join("control.sock").exists() && !stage.runs().is_empty()
        });
        let said = record(&stage, &format!("users 9 --at {}", ago(40 * DAY)));
        assert_eq!(said.code, 0, "{}", said.shown());
        assert_eq!(kept(&stage), left, "{looks_back}");
        signal(&run, "KILL");
        run.wait().expect("it ends");
    }
}
