//! The engine is killed at random, hundreds of times, and stopped for a while: its steps notice nothing.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::ledger;
use crate::stage::Stage;

/// How often the engine is killed in all. Short runs lie: a protocol with a hole has passed 275 kills and failed at 430.
const KILLS: u32 = 400;
const STEPS: u32 = 90;
const AT_ONCE: u32 = 4;
/// Histories that are played side by side.
const SIDE_BY_SIDE: u32 = 3;
/// How long an engine lives, in milliseconds after it has begun.
const LIFE_MS: std::ops::Range<u64> = 1..90;

#[test]
fn no_step_runs_twice_or_is_lost_however_often_the_engine_is_killed() {
    let kills = AtomicU32::new(0);
    let histories = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for seed in 0..SIDE_BY_SIDE {
            let (kills, histories) = (&kills, &histories);
            scope.spawn(move || {
                let mut luck = fastrand::Rng::with_seed(seed.into());
                while kills.load(Ordering::SeqCst) < KILLS {
                    let history = histories.fetch_add(1, Ordering::SeqCst);
                    live_and_die(&mut luck, kills, &format!("seed {seed}, history {history}"));
                }
            });
        }
    });
    println!("{kills:?} kills in {histories:?} histories of {STEPS} steps");
}

/// Plays one history: each engine is killed after a while, until one of them gets to the end.
fn live_and_die(luck: &mut fastrand::Rng, kills: &AtomicU32, what: &str) {
    let stage = Stage::with("once.rollout", &ledger::rollout(STEPS, AT_ONCE, "0.02"));
    let mut command = stage.command(&["run", "once.rollout", "--yes"]);
    loop {
        let mut engine = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        if luck.u8(0..8) == 0 {
            engine = engine.env("ROLLOUT_SPAWNER", "off");
        }
        let mut engine = engine.spawn().expect("it starts");
        let lives = Duration::from_millis(luck.u64(LIFE_MS));
        let before = stage.read("log.txt").len();
        // From when it has done something, or it would never get anywhere on a machine that is busy.
        let since = Instant::now();
        while engine.try_wait().expect("it is a child").is_none()
            && stage.read("log.txt").len() == before
            && since.elapsed() < Duration::from_millis(luck.u64(300..1500))
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(lives);
        engine.kill().expect("it is a child");
        let ended = engine.wait().expect("it ends");
        if let Some(code) = ended.code() {
            assert_eq!(code, 0, "{what}");
            break;
        }
        kills.fetch_add(1, Ordering::SeqCst);
        let is_remembered = stage.state().join("journal.db").exists() && !stage.runs().is_empty();
        command = stage.command(if is_remembered { &["resume-all"] } else { &["run", "once.rollout", "--yes"] });
    }
    ledger::hold(&stage, STEPS, what);
}

#[test]
fn an_engine_that_is_stopped_for_a_while_goes_on_where_it_was() {
    let stage = Stage::with("once.rollout", &ledger::rollout(40, 4, "0.1"));
    let mut engine = stage.start(&["run", "once.rollout", "--yes"]);
    let pid = Pid::from_child(&engine);
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(150));
        if engine.try_wait().expect("it is a child").is_some() {
            break;
        }
        kill_process(pid, Signal::STOP).expect("it is there");
        let before = stage.read("log.txt");
        std::thread::sleep(Duration::from_millis(300));
        let begun = stage.read("log.txt").lines().count() - before.lines().count();
        assert!(begun <= 4, "only what was under way goes on: {begun}");
        kill_process(pid, Signal::CONT).expect("it is there");
    }
    let said = stage.end(engine);
    assert_eq!(said.code, 0, "{}", said.shown());
    ledger::hold(&stage, 40, "stopped and continued");
}

#[test]
fn limits_of_steps_hold_while_the_engine_is_stopped() {
    let text = "rollout late {\n  stage only { run \"echo 1 >> log.txt; sleep 60\" { timeout = 1s } }\n}\n";
    let stage = Stage::with("late.rollout", text);
    let engine = stage.start(&["run", "late.rollout"]);
    stage.until("it has begun", || stage.read("log.txt") == "1\n");
    kill_process(Pid::from_child(&engine), Signal::STOP).expect("it is there");
    let mark = format!("ROLLOUT_OUTPUT={}", stage.state().display());
    let is_running = || {
        let all = std::fs::read_dir("/proc").expect("linux").flatten();
        let environments = all.map(|it| std::fs::read(it.path().join("environ")).unwrap_or_default());
        environments.into_iter().any(|it| it.split(|byte| *byte == 0).any(|line| line.starts_with(mark.as_bytes())))
    };
    stage.until("the command is ended", || !is_running());
    kill_process(Pid::from_child(&engine), Signal::CONT).expect("it is there");
    let said = stage.end(engine);
    assert!(said.out.contains("no end within 1s"), "{}", said.shown());
}

/// `kill` from a step that ends its own engine: what is to be recorded is recorded by the next.
#[test]
fn a_step_that_kills_its_engine_is_recorded_by_the_next() {
    let text =
        "rollout bold {\n  stage only { run \"echo x >> log.txt; kill -KILL $(cat engine.pid); echo done\" }\n}\n";
    let stage = Stage::with("bold.rollout", text);
    let mut shell = Command::new("sh");
    shell.args(["-c", "echo $$ > engine.pid; exec \"$0\" run bold.rollout --yes"]);
    shell.arg(assert_cmd::cargo::cargo_bin!("rollout")).current_dir(stage.path()).env("HOME", stage.path());
    assert_eq!(shell.output().expect("it starts").status.code(), None, "it was killed");
    let resumed = stage.say(&["resume-all"]);
    assert_eq!(resumed.code, 0, "{}", resumed.shown());
    assert_eq!(stage.read("log.txt"), "x\n");
}
