//! Killed at every system call that changes the journal, and failed at every sync and every write: whatever was
//! acknowledged is there, the chain is whole, and the run comes to its end.

use std::collections::BTreeSet;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rollout::engine::Outcome;
use rollout::journal::{Reader, audit, audit_file};
use serde_json::Value as Json;

use crate::stage::Stage;
use crate::strace::{counted, run, traced};

const TEXT: &str = "rollout hosts {
  stage one {
    run \"echo one >> log.txt\" { idempotent = true }
    keep version = \"1\"
  }
  stage two { run \"echo two >> log.txt\" { idempotent = true } }
}
";

const RUN: [&str; 5] = ["run", "hosts.rollout", "--yes", "--format", "json"];

/// Calls that change something on the disk, or are the last before something changes.
const CHANGING: [&str; 13] = [
    "openat",
    "pwrite64",
    "write",
    "fdatasync",
    "fsync",
    "ftruncate",
    "fallocate",
    "unlink",
    "rename",
    "mkdir",
    "chmod",
    "close",
    "mmap",
];

/// Tries each of many injections on a stage of its own, two at a time; returns how many there were. Calls are counted
/// for each thread, so each is tried where a journal has to be made first and where there is one.
fn each(of: &[&str], what: &str, attempt: impl Fn(&Stage, &str) + Sync) -> usize {
    let next = AtomicUsize::new(0);
    let injections: Vec<(bool, String)> = [false, true]
        .into_iter()
        .flat_map(|has_journal| injections(of, what, has_journal).into_iter().map(move |it| (has_journal, it)))
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((has_journal, injection)) = injections.get(next.fetch_add(1, Ordering::SeqCst)) {
                    attempt(&staged(*has_journal), injection);
                }
            });
        }
    });
    injections.len()
}

/// A folder in which nothing was run yet, or where one run has ended.
fn staged(has_journal: bool) -> Stage {
    let stage = Stage::with("hosts.rollout", TEXT);
    if has_journal {
        assert_eq!(stage.say(&["run", "hosts.rollout", "--yes"]).code, 0);
        stage.write("log.txt", "");
    }
    stage
}

/// How often each call is made by the thread that makes it most often, when nothing goes wrong.
fn calls(of: &[&str], has_journal: bool) -> Vec<(String, usize)> {
    let stage = staged(has_journal);
    let output = run(&stage, &[], &RUN);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts = counted(&stage);
    let found: Vec<(String, usize)> = counts.into_iter().filter(|(name, _)| of.contains(&name.as_str())).collect();
    assert!(found.iter().map(|(_, count)| count).sum::<usize>() > 2, "{found:?}");
    found
}

fn injections(of: &[&str], what: &str, has_journal: bool) -> Vec<String> {
    let each = calls(of, has_journal).into_iter();
    each.flat_map(|(name, count)| (1..=count).map(move |at| format!("{name}:{{}}:when={at}")))
        .map(|it| it.replace("{}", what))
        .collect()
}

/// What was told as having happened is in the journal; the journal is whole.
fn nothing_is_lost(stage: &Stage, output: &Output, injection: &str) {
    let told = String::from_utf8_lossy(&output.stdout);
    let told: BTreeSet<String> = told
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok())
        .filter_map(|event| Some(event["hash"].as_str()?.to_owned()))
        .collect();
    let path = stage.state().join("journal.db");
    let Ok(reader) = Reader::open(&path) else {
        assert!(told.is_empty(), "{injection}: the journal is gone");
        return;
    };
    let records = reader.records(None, 0, usize::MAX).expect("they read");
    let stored: BTreeSet<String> = records.iter().map(|it| it.hash.to_string()).collect();
    assert!(told.is_subset(&stored), "{injection}: {} told and not stored", told.difference(&stored).count());
    assert_eq!(audit_file(&reader).expect("it reads"), Vec::<String>::new(), "{injection}");
    for run in reader.runs().expect("they read") {
        let audited = audit(&reader, &run.id, None).expect("it is there");
        assert!(audited.is_clean(), "{injection}: {audited:?}");
    }
}

/// The next engine brings it to its end; returns false if nothing had begun.
fn it_goes_on(stage: &Stage, injection: &str) -> bool {
    let path = stage.state().join("journal.db");
    let begun = Reader::open(&path).and_then(|it| it.newest()).ok().flatten();
    // One that had ended before it began is none of ours.
    let begun = begun.filter(|it| !it.is_finished() || stage.read("log.txt").contains("two"));
    let Some(begun) = begun else {
        assert_eq!(stage.read("log.txt"), "", "{injection}: something was done that nobody remembers");
        let again = stage.say(&["run", "hosts.rollout", "--yes"]);
        assert_eq!(again.code, 0, "{injection}: the folder is of no use: {}", again.shown());
        return false;
    };
    let resumed = stage.say(&["resume-all"]);
    assert_eq!(resumed.code, 0, "{injection}: {}", resumed.shown());
    let reader = Reader::open(&path).expect("it opens");
    let run = reader.run(&begun.id).expect("it is there");
    assert_eq!(run.outcome, Some(Outcome::Succeeded), "{injection}");
    let done = stage.read("log.txt");
    assert!(done.contains("one\n") && done.contains("two\n"), "{injection}: {done}");
    assert_eq!(reader.kept("hosts").expect("they read").len(), 1, "{injection}");
    assert!(audit(&reader, &begun.id, None).expect("it is there").is_clean(), "{injection}");
    true
}

#[test]
fn killed_at_any_call_on_the_journal_nothing_is_lost_and_it_goes_on() {
    let killed = AtomicUsize::new(0);
    let went_on = AtomicUsize::new(0);
    let tried = each(&CHANGING, "signal=SIGKILL", |stage, injection| {
        let output = run(stage, &[injection.to_owned()], &RUN);
        killed.fetch_add(usize::from(!output.status.success()), Ordering::SeqCst);
        nothing_is_lost(stage, &output, injection);
        went_on.fetch_add(usize::from(it_goes_on(stage, injection)), Ordering::SeqCst);
    });
    let (killed, went_on) = (killed.into_inner(), went_on.into_inner());
    println!("{tried} calls, {killed} lives ended there, {went_on} runs went on in the next");
    assert!(killed * 2 >= tried && went_on > 20, "{tried} calls, {killed} killed, {went_on} went on");
}

#[test]
fn the_first_sync_that_fails_ends_the_process_before_anything_is_believed() {
    let ended = AtomicUsize::new(0);
    let tried = each(&["fdatasync", "fsync"], "error=EIO", |stage, injection| {
        let output = run(stage, &[injection.to_owned()], &RUN);
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(8) => {
                ended.fetch_add(1, Ordering::SeqCst);
                assert!(said.contains("the disk failed under the journal at"), "{injection}: {said}");
            }
            // The last ones only move what is durable already.
            Some(0) => assert!(String::from_utf8_lossy(&output.stdout).contains("run_finished"), "{injection}"),
            other => panic!("{injection}: {other:?}: {said}"),
        }
        nothing_is_lost(stage, &output, injection);
        it_goes_on(stage, injection);
    });
    let ended = ended.into_inner();
    println!("{tried} syncs failed, {ended} processes ended with code 8");
    assert!(ended >= 5, "{ended} of {tried}");
}

#[test]
fn a_write_that_fails_ends_the_process_and_a_full_disk_does_not() {
    each(&["pwrite64"], "error=EIO", |stage, injection| {
        let output = run(stage, &[injection.to_owned()], &RUN);
        nothing_is_lost(stage, &output, injection);
        it_goes_on(stage, injection);
    });
    let went_on = AtomicUsize::new(0);
    let tried = each(&["pwrite64"], "error=ENOSPC", |stage, injection| {
        let output = run(stage, &[injection.to_owned()], &RUN);
        went_on.fetch_add(usize::from(output.status.success()), Ordering::SeqCst);
        nothing_is_lost(stage, &output, injection);
        it_goes_on(stage, injection);
    });
    let went_on = went_on.into_inner();
    println!("{tried} writes without room, {went_on} runs came to their end by themselves");
    assert!(went_on * 2 > tried, "{went_on} of {tried}");
}

#[test]
fn a_disk_that_stays_full_holds_the_run_where_it_is() {
    let stage = Stage::with("hosts.rollout", TEXT);
    let injection = ["pwrite64:error=ENOSPC:when=30+".to_owned(), "fallocate:error=ENOSPC:when=2+".to_owned()];
    let mut child = traced(&stage, &injection, &RUN).stdout(std::process::Stdio::null()).spawn().expect("it starts");
    let deadline = Instant::now() + Duration::from_secs(3);
    while Instant::now() < deadline && child.try_wait().expect("it is a child").is_none() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(child.try_wait().expect("it is a child").is_none(), "it waits for room");
    // Reading goes on.
    assert_eq!(stage.say(&["status"]).code, 0);
    let engine = engine_of(&stage);
    kill(engine);
    child.wait().expect("it ends");
    assert!(it_goes_on(&stage, "a disk that stays full"));
}

/// The process that holds the state folder's lock.
fn engine_of(stage: &Stage) -> u32 {
    let lock = stage.state().join("engine.lock").canonicalize().expect("it is there");
    let processes = std::fs::read_dir("/proc").expect("linux").flatten();
    let mut pids = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter_map(|it| std::fs::read_link(it.path()).ok()).any(|it| it == lock)
    })
    .expect("an engine lives")
}

fn kill(pid: u32) {
    let killed = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("it starts");
    assert!(killed.success(), "the process is there");
}
