//! What performing costs beside starting: processor time of 2,000 commands that do nothing, two at once, through the
//! performer with everything on, and by a bare loop that only spawns and waits. Prints both and their ratio.

#![allow(clippy::disallowed_methods, reason = "a measurement has a clock and a disk")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rollout::action::{Attempt, Environment, Performer, Quiet, Vault};
use rollout::engine::{Answer, CommandAccept, CommandJob, Invocation, Job};

const COMMANDS: u32 = 2_000;
const AT_ONCE: u32 = 2;
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a folder for logs");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let path = std::env::var_os("PATH").expect("a PATH");
    let program =
        std::env::split_paths(&path).map(|folder| folder.join("true")).find(|it| it.exists()).expect("`true`");
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let bare = cost(|| bare(&program));
        let performed = cost(|| runtime.block_on(performed(folder.path())));
        ratios.push(performed / bare);
        let each = 1e6 / f64::from(COMMANDS);
        println!(
            "round {round}: bare {:.0} us, performed {:.0} us each, ratio {:.3}",
            bare * each,
            performed * each,
            performed / bare
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("ratio of processor time, median of {ROUNDS} rounds: {:.3}", ratios[ROUNDS / 2]);
}

/// The leanest loop there is: the program is already found.
fn bare(program: &Path) {
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                for _ in 0..COMMANDS / AT_ONCE {
                    let status = Command::new(program).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).status();
                    assert!(status.expect("`true` starts").success());
                }
            });
        }
    });
}

async fn performed(folder: &Path) {
    let performer = Performer::new(Arc::new(Vault::empty()), Arc::new(Quiet), Environment::of_engine());
    let workers = (0..AT_ONCE).map(|worker| {
        let (performer, folder) = (performer.clone(), folder.to_owned());
        tokio::spawn(async move {
            for number in 0..COMMANDS / AT_ONCE {
                let attempt = attempt(&folder, worker, number);
                let answer = performer.perform(&attempt, &job(&folder), std::future::pending(), |_| {}).await;
                assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.expect("a worker ends in order");
    }
}

fn attempt(folder: &Path, worker: u32, number: u32) -> Attempt {
    Attempt {
        run: "bench".to_owned(),
        step: format!("stage/{worker}/step"),
        attempt: 1,
        log: folder.join(format!("{worker}-{number}.log")),
        output_file: folder.join(format!("out/{worker}-{number}")),
        log_limit_bytes: Attempt::LOG_LIMIT_BYTES,
        grace_ms: Attempt::GRACE_MS,
    }
}

fn job(folder: &Path) -> Job {
    Job::Command(CommandJob {
        what: Invocation::Exec { argv: vec!["true".to_owned()] },
        env: Vec::new(),
        pass_env: Vec::new(),
        cwd: folder.display().to_string(),
        stdin: None,
        timeout_ms: 3_600_000,
        accept: CommandAccept { codes: vec![0], output: None },
    })
}

/// Returns the processor time in seconds that some work takes, its children included.
fn cost(work: impl FnOnce()) -> f64 {
    let before = processor_seconds();
    work();
    processor_seconds() - before
}

/// Reads the time of this process and of its children that have ended from `/proc`.
fn processor_seconds() -> f64 {
    let own = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the system tells about processes");
    let (_, rest) = stat.rsplit_once(')').expect("the name is in parentheses");
    let fields: Vec<f64> =
        rest.split_ascii_whitespace().skip(11).take(4).map(|it| it.parse().expect("a number")).collect();
    let ticks_per_second = 100.0;
    own.tv_sec as f64 + own.tv_nsec as f64 / 1e9 + (fields[2] + fields[3]) / ticks_per_second
}
