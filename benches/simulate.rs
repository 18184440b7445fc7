//! How fast scenarios are played: events for each second of one core, for fleets of all sizes, for long watches, and
//! for many small tests.

#![allow(clippy::disallowed_methods, reason = "a bench is the world around the rooms")]

use std::fmt::Write as _;
use std::time::Duration;

use rollout::check::check;
use rollout::sim::{Trial, TrialRequest, Verdict, try_out};
use rollout::source::MemoryWorld;

fn main() {
    for targets in [100, 1_000, 10_000, 100_000] {
        play(&format!("{targets} targets × 5 steps"), &fleet(targets));
    }
    play("a watch of 30 days over 20 targets", &watch(20));
}

/// A fleet, and five steps for each of its targets.
fn fleet(targets: usize) -> String {
    let mut text = String::from("fleet sites {\n");
    for target in 0..targets {
        let _ = writeln!(text, "  target s{target} {{}}");
    }
    text.push_str(
        "}\nprobe up(site: target) { tcp \"${site}:80\" }\nrollout web {\n  stage all {\n    for site in sites {\n      \
         at_once = 100\n      step a { run \"a ${site}\", undo { } }\n      step b { run \"b ${site}\", undo { } }\n      \
         step c { run \"c ${site}\", undo { } }\n      step d { run \"d ${site}\", undo { } }\n      check up(site)\n    \
         }\n  }\n}\ntest \"all\" {\n  call web { }\n  given up(*) { 0h = true }\n  given all.a { takes = 1m }\n  expect \
         outcome == succeeded\n}\n",
    );
    text
}

/// A metric that is looked at every minute for a month.
fn watch(targets: usize) -> String {
    let mut text = String::from("fleet sites {\n");
    for target in 0..targets {
        let _ = writeln!(text, "  target s{target} {{}}");
    }
    text.push_str(
        "}\nmetric load(site: target): percent {\n  from = prometheus(\"http://127.0.0.1:9090\")\n  query = \
         \"load{site='${site}'}\"\n  unit = ratio\n}\nrollout web {\n  stage all {\n    for site in sites { step a { run \
         \"a ${site}\", undo { } } }\n    watch all(load(s) < 50% for s in touched) { lasts = 30d, every = 1m }\n  }\n}\n\
         test \"all\" {\n  call web { }\n  given load(*) { 0h = 1%, 29d = 40%, ramp = true }\n  expect outcome == \
         succeeded\n}\n",
    );
    text
}

fn play(what: &str, text: &str) {
    let world = MemoryWorld::default().with("bench.rollout", text);
    let checked = check(&world, "bench.rollout");
    assert!(checked.is_sound(), "{:?}", checked.diagnostics.first());
    let request = TrialRequest {
        program: &checked.program,
        sources: &checked.sources,
        file: "bench.rollout",
        folder: "/",
        world: &world,
    };
    let begun = cpu();
    let trial: Trial = try_out(request, &checked.program.tests[0]);
    let took = cpu() - begun;
    assert_eq!(trial.verdict, Verdict::Passed, "{what}");
    let rate = trial.events as f64 / took.as_secs_f64();
    println!("{what}: {} events in {:.3} s of CPU, {rate:.0} a second", trial.events, took.as_secs_f64());
}

/// What this thread has used of a core: the machine may be busy with other things.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
