//! Shares of traffic and of users: what was there before comes back, wherever the engine dies and whatever fails; and
//! what a share means for one user is what the published vectors say.

use std::collections::BTreeMap;
use std::sync::Arc;

use rollout::bucket::BUCKETS;
use rollout::check::check;
use rollout::engine::{Event, Outcome, Share};
use rollout::plan::{KeptValues, Place, Plan};
use rollout::sim::{Crash, Luck, Odds, Played, crashed, play};
use rollout::source::MemoryWorld;
use rollout::view::{Board, decision};

use super::examples::planned;
use super::stage::{Said, Stage};

/// Shares and notices wherever they may stand.
const EVERYWHERE: &str = r#"
    fleet sites { target a {}, target b {}, target c {} }
    router edge { command { set = "set ${percent}", read = "get" } }
    router local(site: target) { command { set = "set ${site} ${percent}", read = "get ${site}" } }
    flag checkout { variants = ["old", "new"] }
    channel told = slack("https://hooks.example.com/T")
    channel logged = log()

    rollout web {
      stage small {
        notify told "begins"
        traffic 5% { via = edge, settle = 30s }
        flag checkout = 5%
        watch true { lasts = 2m, every = 1m, allow = [W0005] }
      }
      stage sites {
        for site in sites {
          at_once = 2, tolerate = 1
          step shift {
            traffic 50% { via = local(site) }
            notify logged "half of ${site}"
            run "use ${site}"
            traffic 100% { via = local(site), settle = 1m }
            retry { attempts = 2 }
            undo { run "forget ${site}" }
          }
        }
      }
      stage all {
        parallel {
          notify told "side by side"
          traffic 100% { via = edge }
          flag checkout = 100%
        }
        run "finish", allow = [W0012]
      }
      on stage_done { notify told "a stage is done" }
      on rolled_back { notify logged "back", run "clean" }
      finally { notify told "over" }
    }
"#;

const SHAKY: Odds = Odds { job_fails: 90, ..Odds::NONE };

pub fn plan_of(text: &str) -> Plan {
    let world = MemoryWorld::default().with("web.rollout", text);
    let checked = check(&world, "web.rollout");
    assert!(checked.is_sound(), "{:?}", checked.diagnostics);
    planned(&checked, "web.rollout", &KeptValues::new())
}

fn played(plan: &Plan, seed: u64, crash: &mut dyn FnMut(usize) -> Option<Crash>) -> Played {
    play(plan, &KeptValues::new(), Luck { seed, odds: SHAKY }, crash)
}

/// Returns the share that each subject had last, and fails if one was set that had not been read.
fn shares(plan: &Plan, played: &Played) -> BTreeMap<String, Share> {
    let mut last = BTreeMap::new();
    let mut read: BTreeMap<Place, Share> = BTreeMap::new();
    for (_, event) in &played.events {
        match event {
            Event::ExposureRead { place, share, .. } => {
                assert_eq!(read.insert(*place, *share), None, "`{}` is read once", plan.path(*place));
            }
            Event::Undone { place } => drop(read.remove(place)),
            Event::Exposed { place, subject, share, .. } => {
                let is_router = subject != "checkout";
                assert!(!is_router || read.contains_key(place), "`{}` was read before", plan.path(*place));
                last.insert(subject.clone(), *share);
            }
            _ => {}
        }
    }
    last
}

#[test]
fn a_crash_after_any_event_changes_nothing() {
    let plan = plan_of(EVERYWHERE);
    let mut outcomes = BTreeMap::new();
    for seed in 0..10 {
        let calm = played(&plan, seed, &mut |_| None);
        *outcomes.entry(calm.outcome.clone().expect("it ends")).or_insert(0) += 1;
        for event in 1..=calm.events.len() {
            crashed(&plan, &KeptValues::new(), Luck { seed, odds: SHAKY }, |at| at == event)
                .unwrap_or_else(|broken| panic!("seed {seed}, crash after event {event}: {broken}"));
        }
    }
    assert!(outcomes.contains_key(&Outcome::RolledBack), "{outcomes:?}");
}

#[test]
fn whatever_dies_a_run_that_is_rolled_back_leaves_every_share_as_it_was() {
    let plan = plan_of(EVERYWHERE);
    let (mut rolled_back, mut changed) = (0, 0);
    for seed in 0..400 {
        let played = played(&plan, seed, &mut |event| (event as u64 % 11 == seed % 11).then_some(Crash::StepsLost));
        let outcome = played.outcome.clone().unwrap_or_else(|it| panic!("seed {seed}: {it:?}"));
        let last = shares(&plan, &played);
        if outcome == Outcome::RolledBack {
            rolled_back += 1;
            changed += usize::from(!last.is_empty());
            assert!(last.values().all(|it| *it == Share::NONE), "seed {seed}: {last:?}");
        }
    }
    assert!(rolled_back > 40 && changed > 20, "{rolled_back} rolled back, {changed} of them had set something");
}

#[test]
fn notices_that_arrive_nowhere_fail_nothing() {
    let plan = plan_of(
        "channel told = slack(\"https://hooks.example.com/T\")
         rollout web { stage one { notify told \"x\", log \"went on\" }, finally { notify told \"over\" } }",
    );
    for seed in 0..20 {
        let odds = Odds { job_fails: 1000, ..Odds::NONE };
        let played = play(&plan, &KeptValues::new(), Luck { seed, odds }, &mut |_| None);
        assert_eq!(played.outcome, Ok(Outcome::Succeeded));
        let count = |is_it: &dyn Fn(&Event) -> bool| played.events.iter().filter(|(_, it)| is_it(it)).count();
        assert_eq!(count(&|it| matches!(it, Event::Warned { .. })), 2);
        assert_eq!(count(&|it| matches!(it, Event::Asked { .. })), 8, "each is tried four times");
        let logged = played.events.iter().position(|(_, it)| matches!(it, Event::Logged { .. }));
        let answered = played.events.iter().position(|(_, it)| matches!(it, Event::Answered { .. }));
        assert!(logged < answered, "what follows does not wait");
    }
}

#[test]
fn a_flag_means_for_each_user_what_the_published_vectors_say() {
    let plan = |percent: &str| {
        plan_of(&format!(
            "flag new-search {{ variants = [\"old\", \"new\"], salt = \"checkout-2026\" }}
             rollout web {{ stage one {{ flag new-search = {percent} }} }}"
        ))
    };
    let vectors = include_str!("../bucket/vectors.csv").lines().skip(1).filter_map(|it| {
        let [salt, flag, unit, bucket, _] = it.split(',').collect::<Vec<_>>()[..] else { panic!("{it}") };
        let bucket: u32 = bucket.parse().expect("a number");
        (salt == "checkout-2026" && flag == "new-search").then_some((unit, bucket))
    });
    let vectors: Vec<(&str, u32)> = vectors.collect();
    assert!(vectors.len() >= 3, "{vectors:?}");
    let shares =
        [("0%", 0), ("15%", 15_000), ("18.1%", 18_100), ("18.101%", 18_101), ("50%", 50_000), ("100%", BUCKETS)];
    for (percent, below) in shares {
        let plan = plan(percent);
        let played = played(&plan, 1, &mut |_| None);
        let mut board = Board::new(Arc::new(plan));
        played.events.iter().for_each(|(at, event)| board.hear(*at, event));
        for (unit, bucket) in &vectors {
            let exposed = *bucket < below;
            let variant = decision(&board, "new-search", unit);
            assert_eq!(variant, Some(if exposed { "new" } else { "old" }), "{unit} at {percent}");
        }
        assert_eq!(decision(&board, "other", "user-1"), None);
    }
}

/// A router in a file, which a script sets; `bad` breaks what comes after it.
const SHOP: &str = r#"
    router edge { command { set = "./edge.sh ${percent}", read = "cat share" } }
    rollout shop {
      stage canary {
        traffic 25% { via = edge }
        run "test ! -e bad", allow = [W0012]
      }
    }
"#;

fn shop(share: &str, script: &str) -> Stage {
    let stage = Stage::with("shop.rollout", SHOP);
    stage.write("share", share);
    stage.write("edge.sh", &format!("#!/bin/sh\n{script}\n"));
    let made = std::process::Command::new("chmod").arg("+x").arg(stage.path().join("edge.sh")).status();
    assert!(made.is_ok_and(|it| it.success()));
    stage
}

fn run(stage: &Stage) -> Said {
    stage.say(&["run", "shop.rollout", "--yes"])
}

#[test]
fn a_router_is_set_and_after_a_failure_is_where_it_was() {
    let stage = shop("7\n", "echo $1 > share; echo $1 >> calls");
    let said = run(&stage);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.contains("traffic edge: 25%, was 7%."), "{}", said.out);
    assert_eq!(stage.read("share"), "25\n");
    assert!(stage.say(&["status"]).out.contains("set: traffic edge 25%"));

    stage.write("share", "7.5 %");
    stage.write("bad", "");
    let said = run(&stage);
    assert!(said.out.contains("traffic edge: 7.5%, was 25%."), "{}", said.out);
    assert!(said.out.contains("rolled back"), "{}", said.out);
    assert_eq!((stage.read("share").as_str(), stage.read("calls").as_str()), ("7.5\n", "25\n25\n7.5\n"));
}

#[test]
fn a_router_that_does_not_do_as_it_is_told_fails_and_both_numbers_are_named() {
    let said = run(&shop("0", "echo 10 > share"));
    assert!(said.out.contains("`edge` was set to 25%, and reads 10%"), "{}", said.out);
    // It does not go back either: a person is needed.
    assert!(said.out.contains("`edge` was set to 0%, and reads 10%"), "{}", said.out);
    assert!(said.out.contains("needs hands"), "{}", said.out);
}

#[test]
fn nothing_is_set_before_the_share_is_known() {
    let stage = shop("what?", "echo $1 > share; touch set");
    let said = run(&stage);
    assert!(said.out.contains("`read` of `edge` printed `what?`, which is no share in percent"), "{}", said.out);
    assert!(!stage.path().join("set").exists());
    assert!(said.out.contains("failed: "), "{}", said.out);
}

#[test]
fn a_flag_lasts_from_run_to_run() {
    let text = "flag checkout { variants = [\"old\", \"new\"] }
        rollout web { input share: percent\n stage one { flag checkout = share, run \"test ! -e bad\" { allow = [W0012] } } }";
    let stage = Stage::with("web.rollout", text);
    let set = |share: &str| stage.say(&["run", "web.rollout", "--yes", "--input", &format!("share={share}")]);
    let said = set("10%");
    assert!(said.out.contains("flag checkout: 10%, was 0%."), "{}", said.shown());
    assert!(set("30%").out.contains("flag checkout: 30%, was 10%."));
    stage.write("bad", "");
    let said = set("60%");
    assert!(said.out.contains("flag checkout: 60%, was 30%.\n"), "{}", said.out);
    assert!(said.out.contains("flag checkout: 30%, was 60%.\n"), "{}", said.out);
    std::fs::remove_file(stage.path().join("bad")).expect("it is there");
    assert!(set("0%").out.contains("flag checkout: 0%, was 30%."));
}
