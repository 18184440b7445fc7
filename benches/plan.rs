//! How long a plan over 100 000 targets × 5 steps takes, and how much memory; then what a run keeps for each target.
//! Times are CPU of this process; figures stand in `docs/benchmarks.md`.

#![allow(clippy::disallowed_methods, reason = "a measurement has a clock and a disk")]

use std::fmt::Write as _;
use std::time::Duration;

use rollout::check::check;
use rollout::engine::{Heard, Person, Run, RunStarted, step};
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, PlanRequest, plan, read_inputs};
use rollout::source::MemoryWorld;
use rollout::value::At;

fn main() {
    let targets: usize = std::env::args().filter_map(|it| it.parse().ok()).next().unwrap_or(100_000);
    let world = world(targets);
    let before = resident_mib();
    let (checked, check_time) = timed(|| check(&world, "fleet.rollout"));
    assert!(checked.is_sound(), "{:?}", checked.diagnostics);
    let checked_mib = resident_mib();
    let (plan, plan_time) = timed(|| {
        let inputs = read_inputs(&checked.program.rollouts[0], &GivenInputs::default(), &world).expect("it has none");
        plan(&PlanRequest {
            program: &checked.program,
            sources: &checked.sources,
            rollout: RolloutId(0),
            file: "fleet.rollout",
            folder: "/",
            inputs,
            profile: None,
            now: At(0),
            world: &world,
            kept: &KeptValues::new(),
            only: None,
        })
        .expect("it can be planned")
    });
    let planned_mib = resident_mib();
    let (digest, digest_time) = timed(|| plan.digest());
    let mut run = Run::new();
    let started = RunStarted {
        run: "bench".into(),
        rollout: plan.rollout.clone(),
        plan: digest.into(),
        inputs: plan.inputs.clone(),
        by: Person("bench".into()),
        reason: None,
        kept: Vec::new(),
        forecast: None,
    };
    let idle_before = resident_mib();
    let _ = step(&plan, &mut run, At(0), Heard::Start(Box::new(started)));
    let idle_mib = resident_mib() - idle_before;
    println!("targets             {targets} × 5 steps, {} nodes", plan.nodes.len());
    println!("read and check      {check_time:.0?} CPU, {:.0} MiB", checked_mib - before);
    println!("plan                {plan_time:.0?} CPU, {:.0} MiB more", planned_mib - checked_mib);
    println!("digest              {digest_time:.0?} CPU");
    println!("a run that begins   {:.0} bytes for each target", idle_mib * 1_048_576.0 / targets as f64);
    println!("resident in all     {:.0} MiB", resident_mib());
}

fn world(targets: usize) -> MemoryWorld {
    let mut csv = String::from("name,region,zone\n");
    for target in 0..targets {
        let _ = writeln!(csv, "host-{target:06},region-{},Europe/Berlin", target % 7);
    }
    let program = r#"
        fleet hosts = csv("hosts.csv")
        probe up(host: target) { run "true" }
        action deploy(host: target, version: string) {
          run "deploy.sh ${host} ${version}"
          keep version = version
          undo { run "deploy.sh ${host} ${kept(host).version ?? "none"}" }
        }
        rollout fleet {
          input version: string = "1"
          stage all {
            for host in hosts {
              at_once  = 100
              waves    = [1%, 10%, 100%]
              tolerate = [0, 1%, 1%]
              save config { run "backup.sh ${host}", restore { run "restore.sh ${host} ${config.stdout}" } }
              deploy(host, version)
              step restart { run "restart.sh ${host}", undo { run "restart.sh ${host}" } }
              check up(host) { within = 5m }
            }
          }
        }
    "#;
    MemoryWorld::default().with("fleet.rollout", program).with("hosts.csv", &csv)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = cpu();
    let done = work();
    (done, cpu() - before)
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux tells what a process holds");
    let pages: f64 =
        text.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("the second number is resident pages");
    pages * rustix::param::page_size() as f64 / 1_048_576.0
}
