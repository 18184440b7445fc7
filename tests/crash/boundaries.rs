//! The engine and the supervisor are killed at each system call that touches a file of an attempt, one call at a time:
//! `strace` kills whoever makes the call. Whatever is on disk then must be understood.

use std::path::Path;
use std::process::{Command, Stdio};

use rollout::engine::{Answer, Event, FaultKind};
use rollout::journal::Reader;

use crate::stage::Stage;

/// The most calls that one process makes on one file; where a kill no longer happens, all have been tried.
const CALLS_MAX: u32 = 30;
/// The calls by which a file of an attempt comes to be, changes, or is looked at.
const CALLS: &str = "openat,link,linkat,rename,renameat,renameat2,unlink,unlinkat,flock,write,read,fsync,fdatasync";
/// The files of an attempt.
const ENDINGS: [&str; 8] = ["claim-new", "fence-new", "claim", "log", "turns", "result-new", "result", "out"];

/// What may have come of a step whose supervisor was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// Its result is recorded, whatever happened to the engine.
    OnlySucceed,
    /// Nobody knows, or it could not be begun: then it ran once, or never, and a person is asked.
    BeUnknown,
}

#[test]
fn the_engine_is_killed_at_every_call_beside_a_step_that_runs() {
    at_every_call(&|| begun("1"), May::OnlySucceed, 8);
}

#[test]
fn the_engine_is_killed_at_every_call_beside_a_step_that_has_ended() {
    let ended = || {
        let (stage, run, attempt) = begun("0.1");
        let result = stage.state().join(format!("logs/{run}/{attempt}.result"));
        stage.until("the step has ended", || result.exists());
        (stage, run, attempt)
    };
    at_every_call(&ended, May::OnlySucceed, 8);
}

#[test]
fn the_supervisor_is_killed_at_every_call() {
    let attempt = begun("0.1").2;
    let waiting = || {
        let stage = Stage::with("once.rollout", &text("wait 1s, ", "0.1"));
        let mut engine = stage.start(&["run", "once.rollout", "--yes"]);
        stage.until("it waits", || stage.state().join("journal.db").exists() && !stage.runs().is_empty());
        engine.kill().expect("it is a child");
        engine.wait().expect("it ends");
        let run = stage.runs().remove(0);
        (stage, run, attempt.clone())
    };
    at_every_call(&waiting, May::BeUnknown, 8);
}

fn text(first: &str, seconds: &str) -> String {
    let script = format!("echo x >> log.txt; sleep {seconds}; echo said; echo aside >&2; exit 3");
    format!("rollout once {{\n  stage only {{ {first}run \"{script}\" {{ accept = 3 }} }}\n}}\n")
}

/// Makes a stage whose engine was killed beside a step that takes so long; with the names of the run and the attempt.
fn begun(seconds: &str) -> (Stage, String, String) {
    let stage = Stage::with("once.rollout", &text("wait 1ms, ", seconds));
    let mut engine = stage.start(&["run", "once.rollout", "--yes"]);
    let claim = || {
        let runs = std::fs::read_dir(stage.state().join("logs")).ok()?.flatten();
        let mut files = runs.flat_map(|it| std::fs::read_dir(it.path()).into_iter().flatten().flatten());
        files.find(|it| it.path().extension().is_some_and(|it| it == "claim")).map(|it| it.path())
    };
    stage.until("it has begun", || claim().is_some());
    engine.kill().expect("it is a child");
    engine.wait().expect("it ends");
    let claim = claim().expect("nobody has removed it");
    let name = |path: &Path| path.file_name().and_then(|it| it.to_str()).expect("it has a name").to_owned();
    let run = name(claim.parent().expect("it lies in a folder"));
    (stage, run, name(&claim.with_extension("")))
}

/// Picks a run up again and again, each time killed at another call on another file, until no kill happens any more.
fn at_every_call(prepare: &dyn Fn() -> (Stage, String, String), may: May, kills_min: u32) {
    let found = Command::new("strace").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok_and(|it| it.success()), "this test needs `strace`: sudo apt-get install strace");
    let (mut kills, mut unknown) = (0, 0);
    for ending in ENDINGS {
        for nth in 1..=CALLS_MAX {
            assert!(nth < CALLS_MAX, "more calls than that touch `{ending}`");
            let (stage, run, attempt) = prepare();
            let file = stage.state().join(format!("logs/{run}/{attempt}.{ending}"));
            let is_killed = resume_killed(&stage, &file, nth);
            unknown += u32::from(hold(&stage, &format!("`{ending}`, call {nth}"), may));
            if !is_killed {
                break;
            }
            kills += 1;
        }
    }
    println!("{kills} kills, after {unknown} of them nobody knew");
    assert!(kills >= kills_min, "only {kills} calls were found, so something else was looked at");
}

/// Resumes under `strace`, which kills whoever makes the `nth` call on a file; returns whether somebody was killed.
fn resume_killed(stage: &Stage, file: &Path, nth: u32) -> bool {
    let trace = stage.path().join("trace");
    let plain = stage.command(&["resume-all"]);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&trace).arg("-P").arg(file);
    command.args(["-e", &format!("trace={CALLS}"), "-e", &format!("inject={CALLS}:signal=SIGKILL:when={nth}")]);
    command.arg(plain.get_program()).args(plain.get_args()).current_dir(stage.path()).env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("it starts");
    std::fs::read_to_string(trace).unwrap_or_default().contains("killed by SIGKILL")
}

/// Lets the run come to rest and holds it against what may be. Returns whether nobody knew.
fn hold(stage: &Stage, what: &str, may: May) -> bool {
    let last = stage.say(&["resume-all"]);
    let ran = stage.read("log.txt").lines().count();
    let reader = Reader::open(&stage.state().join("journal.db")).expect("it opens");
    let run = reader.newest().expect("it reads").expect("there is one");
    let records = reader.records(Some(&run.id), 0, usize::MAX).expect("they read");
    let answers: Vec<&Answer> = records
        .iter()
        .filter_map(|it| match &*it.event {
            Event::Answered { answer, .. } => Some(answer),
            _ => None,
        })
        .filter(|it| !matches!(it, Answer::Fault(fault) if fault.kind == FaultKind::NotBegun))
        .collect();
    let [answer] = &answers[..] else { panic!("{what}: one answer, not {answers:?}: {}", last.shown()) };
    match answer {
        Answer::Done(done) => {
            assert_eq!((ran, done.code, done.stdout.as_str()), (1, 3, "said"), "{what}");
            false
        }
        Answer::Fault(fault) => {
            let is_unknown = fault.kind == FaultKind::Unknown && ran <= 1;
            let is_unbegun = fault.kind == FaultKind::Unreachable && ran == 0;
            assert!(may == May::BeUnknown && (is_unknown || is_unbegun), "{what}: {fault:?}, it ran {ran} times");
            true
        }
        Answer::Probed { .. } => panic!("{what}: nobody asked a probe"),
    }
}
