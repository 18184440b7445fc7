//! What a step costs beyond the process it starts: a graph of no-op steps run by `rollout` with its durable journal,
//! each under a supervisor that is forked, or (`executed`) is the program once more, beside a bare loop that only starts
//! the same processes, `make -j2` and `ninja -j2`, all in one run.
//!
//! `cargo bench --bench steps [-- COUNT]`; make and ninja are left out where they are not installed.

#![allow(clippy::disallowed_methods, reason = "a bench is the world around the rooms")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};

#[derive(Clone, Copy)]
enum Shape {
    Wide,
    Chain,
    Layered,
}

impl Shape {
    const ALL: [Shape; 3] = [Shape::Wide, Shape::Chain, Shape::Layered];

    fn name(self) -> &'static str {
        match self {
            Shape::Wide => "wide",
            Shape::Chain => "chain",
            Shape::Layered => "layered",
        }
    }

    /// Returns the steps that one comes after. Layers are a hundred wide, each step after two of the layer before.
    fn before(self, step: usize) -> Vec<usize> {
        match self {
            Shape::Wide => Vec::new(),
            Shape::Chain => step.checked_sub(1).into_iter().collect(),
            Shape::Layered if step < 100 => Vec::new(),
            Shape::Layered => vec![step - 100, step / 100 * 100 - 100 + (step + 1) % 100],
        }
    }
}

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|it| it.parse().ok()).collect();
    let counts = if given.is_empty() { vec![1_000, 10_000] } else { given };
    let folder = std::env::temp_dir().join(format!("rollout-steps-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    println!("open files allowed: {:?}", getrlimit(Resource::Nofile).current);
    for count in counts {
        println!("\n{count} steps, two at once; CPU is of the program and all it starts");
        let bare = measured(&mut || bare_loop(count));
        println!("{:<10} {:<8} {:>8.2?} CPU {:>8.2?} wall", "bare loop", "", bare.0, bare.1);
        for shape in Shape::ALL {
            for (name, run) in runners(&folder, shape, count) {
                match run {
                    None => println!("{name:<10} {:<8} is not installed", shape.name()),
                    Some(mut command) => {
                        let took = measured(&mut || {
                            let ended = command.status().expect("it can be started");
                            assert!(ended.success(), "{name} failed");
                        });
                        let ratio = took.0.as_secs_f64() / bare.0.as_secs_f64();
                        println!(
                            "{name:<10} {:<8} {:>8.2?} CPU {:>8.2?} wall  {ratio:.2} × bare",
                            shape.name(),
                            took.0,
                            took.1
                        );
                    }
                }
            }
        }
    }
    std::fs::remove_dir_all(&folder).expect("what was made can be removed");
}

fn runners(folder: &Path, shape: Shape, count: usize) -> Vec<(&'static str, Option<Command>)> {
    let place = folder.join(format!("{}-{count}", shape.name()));
    std::fs::create_dir_all(&place).expect("a folder can be made");
    std::fs::write(place.join("steps.rollout"), rollout_file(shape, count)).expect("a file can be written");
    std::fs::write(place.join("Makefile"), make_file(shape, count)).expect("a file can be written");
    std::fs::write(place.join("build.ninja"), ninja_file(shape, count)).expect("a file can be written");
    let quiet = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&place).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let state = place.join("state").display().to_string();
    let rollout = env!("CARGO_BIN_EXE_rollout");
    let run = || quiet(rollout, &["--state", &state, "run", "steps.rollout", "--yes", "--jobs", "2"]);
    let mut executing = run();
    executing.env("ROLLOUT_SPAWNER", "off");
    vec![
        ("rollout", Some(run())),
        ("executed", Some(executing)),
        ("make", is_there("make").then(|| quiet("make", &["-s", "-j2"]))),
        ("ninja", is_there("ninja").then(|| quiet("ninja", &["-j2"]))),
    ]
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Starts the processes and waits for them, two at a time, and does nothing else.
fn bare_loop(count: usize) {
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for _ in (half..count).step_by(2) {
                    let ended = Command::new("true").status().expect("`true` is everywhere");
                    assert!(ended.success());
                }
            });
        }
    });
}

fn rollout_file(shape: Shape, count: usize) -> String {
    let mut text = String::from("rollout steps {\n");
    for step in 0..count {
        let before: Vec<String> = shape.before(step).iter().map(|it| format!("s{it}")).collect();
        let _ = writeln!(text, "  stage s{step} {{ after = [{}], exec [\"true\"] }}", before.join(", "));
    }
    text.push_str("}\n");
    text
}

fn make_file(shape: Shape, count: usize) -> String {
    let names: Vec<String> = (0..count).map(|it| format!("s{it}")).collect();
    let mut text = format!("all: {}\n.PHONY: all {}\n", names.join(" "), names.join(" "));
    for step in 0..count {
        let before: Vec<String> = shape.before(step).iter().map(|it| format!("s{it}")).collect();
        let _ = writeln!(text, "s{step}: {}\n\t@true x", before.join(" "));
    }
    text
}

fn ninja_file(shape: Shape, count: usize) -> String {
    let mut text = String::from("rule r\n  command = true\n");
    for step in 0..count {
        let before: Vec<String> = shape.before(step).iter().map(|it| format!("s{it}")).collect();
        let _ = writeln!(text, "build s{step}: r {}", before.join(" "));
    }
    text
}

fn measured(work: &mut dyn FnMut()) -> (Duration, Duration) {
    let (begun, before) = (Instant::now(), cpu());
    work();
    (cpu() - before, begun.elapsed())
}

/// CPU of this process and of all children that ended, system time included.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux tells what a process used");
    let fields: Vec<u64> = text
        .rsplit_once(") ")
        .expect("a name is in parentheses")
        .1
        .split(' ')
        .skip(11)
        .take(4)
        .filter_map(|it| it.parse().ok())
        .collect();
    let ticks: u64 = fields.iter().sum();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}
