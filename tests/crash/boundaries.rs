//! The engine and the supervisor are killed at each system call that touches a file of an attempt, one call at a time:
//! `strace` kills whoever makes the call. Whatever is on disk then must be understood.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rollout::engine::{Answer, Event, FaultKind};
use rollout::journal::Reader;

use crate::stage::Stage;

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
    at_every_call(&|| begun("1"), May::OnlySucceed, 15);
}

#[test]
fn the_engine_is_killed_at_every_call_beside_a_step_that_has_ended() {
    let ended = || {
        let (stage, run, attempt) = begun("0.1");
        let result = stage.state().join(format!("logs/{run}/{attempt}.result"));
        stage.until("the step has ended", || result.exists());
        (stage, run, attempt)
    };
    at_every_call(&ended, May::OnlySucceed, 7);
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
    at_every_call(&waiting, May::BeUnknown, 20);
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

/// Picks a run up again and again, each time killed at another call on another file. Which calls there are, a run that
/// is only looked at has said.
fn at_every_call(prepare: &dyn Fn() -> (Stage, String, String), may: May, kills_min: u32) {
    let found = Command::new("strace").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok_and(|it| it.success()), "this test needs `strace`: sudo apt-get install strace");
    let (stage, run, attempt) = prepare();
    let file = |stage: &Stage, ending: &str| stage.state().join(format!("logs/{run}/{attempt}.{ending}"));
    let files: Vec<PathBuf> = ENDINGS.iter().map(|it| file(&stage, it)).collect();
    let looked = resume_traced(&stage, &files, None);
    let (mut kills, mut unknown) = (0, 0);
    for ((ending, call), times) in calls(&looked, &attempt) {
        for nth in 1..=times {
            let (stage, run, attempt) = prepare();
            let file = stage.state().join(format!("logs/{run}/{attempt}.{ending}"));
            let traced = resume_traced(&stage, &[file], Some((&call, nth)));
            kills += u32::from(traced.contains("killed by SIGKILL"));
            unknown += u32::from(hold(&stage, &format!("`{call}` {nth} on `{ending}`"), may));
        }
    }
    println!("{kills} kills, after {unknown} of them nobody knew");
    assert!(kills >= kills_min, "only {kills} calls were found, so something else was looked at");
}

/// Reads from a trace which calls touch which files, and how often one process makes each.
fn calls(trace: &str, attempt: &str) -> BTreeMap<(&'static str, String), u32> {
    let mut by_process: BTreeMap<(&str, &'static str, &str), u32> = BTreeMap::new();
    for line in trace.lines() {
        let Some((process, rest)) = line.split_once(' ') else { continue };
        let Some((call, words)) = rest.trim_start().split_once('(') else { continue };
        for ending in ENDINGS {
            let touches = |end: char| words.contains(&format!("/{attempt}.{ending}{end}"));
            if touches('"') || touches('>') {
                *by_process.entry((process, ending, call)).or_default() += 1;
            }
        }
    }
    let mut most = BTreeMap::new();
    for ((_, ending, call), times) in by_process {
        let known: &mut u32 = most.entry((ending, call.to_owned())).or_default();
        *known = times.max(*known);
    }
    most
}

/// Resumes under `strace` and returns what it saw of some files. Whoever makes the call that is named, for so many
/// times, is killed.
fn resume_traced(stage: &Stage, files: &[PathBuf], kill: Option<(&str, u32)>) -> String {
    let trace = stage.path().join("trace");
    let plain = stage.command(&["resume-all"]);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-o"]).arg(&trace).args(["-e", &format!("trace={CALLS}")]);
    for file in files {
        command.arg("-P").arg(file);
    }
    if let Some((call, nth)) = kill {
        command.args(["-e", &format!("inject={call}:signal=SIGKILL:when={nth}")]);
    }
    command.arg(plain.get_program()).args(plain.get_args()).current_dir(stage.path()).env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("it starts");
    std::fs::read_to_string(trace).unwrap_or_default()
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
