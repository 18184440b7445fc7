//! What the engine alone costs for each node: graphs of no-op steps played on virtual time, with nothing remembered
//! on disk and nothing started. And how fast whole programs are checked.

#![allow(clippy::disallowed_methods, reason = "a bench is the world around the rooms")]

use std::fmt::Write as _;
use std::time::Duration;

use rollout::check::check;
use rollout::model::RolloutId;
use rollout::plan::{KeptValues, PlanRequest, plan};
use rollout::sim::{Luck, Odds, play};
use rollout::source::MemoryWorld;
use rollout::value::{At, Record};

fn main() {
    for count in [1_000, 10_000] {
        for (shape, before) in [("wide", 0), ("chain", 1), ("layered", 100)] {
            schedule(shape, before, count);
        }
    }
    for megabytes in [1, 10] {
        check_speed(megabytes);
    }
}

/// Plays a graph in which each step comes after the one so many places before it.
fn schedule(shape: &str, before: usize, count: usize) {
    let mut text = String::from("rollout graph {\n");
    for step in 0..count {
        let after = if before > 0 && step >= before { format!("s{}", step - before) } else { String::new() };
        let _ = writeln!(text, "  stage s{step} {{ after = [{after}], exec [\"true\"] }}");
    }
    text.push_str("}\n");
    let world = MemoryWorld::default().with("graph.rollout", &text);
    let checked = check(&world, "graph.rollout");
    assert!(checked.is_sound(), "{:?}", checked.diagnostics.first());
    let kept = KeptValues::new();
    let plan = plan(&PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout: RolloutId(0),
        file: "graph.rollout",
        folder: "/",
        inputs: Record::new(),
        profile: None,
        now: At(0),
        world: &world,
        kept: &kept,
        only: None,
    })
    .expect("it can be planned");
    let begun = cpu();
    let played = play(&plan, &kept, Luck { seed: 1, odds: Odds::NONE }, &mut |_| None);
    let took = cpu() - begun;
    assert!(played.outcome.is_ok());
    let each = took.as_secs_f64() * 1e6 / plan.nodes.len() as f64;
    println!(
        "schedule {shape:<8} {count:>6} steps: {each:.1} µs CPU for each of {} nodes, {} events",
        plan.nodes.len(),
        played.events.len()
    );
}

fn check_speed(megabytes: usize) {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < megabytes * 1_000_000 {
        number += 1;
        program(&mut text, number);
    }
    let world = MemoryWorld::default().with("big.rollout", &text);
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let begun = cpu();
        let checked = check(&world, "big.rollout");
        best = best.min((cpu() - begun).as_secs_f64());
        assert!(checked.is_sound(), "{:?}", checked.diagnostics.first());
    }
    println!("check {megabytes:>2} MB: {:.1} MB/s of CPU, reading included", text.len() as f64 / 1e6 / best);
}

/// Writes a fleet, a probe, an action and a rollout, all with names of their own.
fn program(text: &mut String, n: usize) {
    let _ = write!(
        text,
        r#"
fleet hosts_{n} {{
  target web-{n}-1 {{ zone = "Europe/Berlin", tier = 1 }}
  target web-{n}-2 {{ zone = "America/New_York", tier = 2 }}
}}
## A host answers with the version that was put there.
probe up_{n}(host: target) {{ http GET "http://${{host}}.example/health" {{ accept = 200, timeout = 2s }} }}
action deploy_{n}(host: target, version: string) {{
  run "deploy.sh ${{host}} ${{version}}" {{ timeout = 10m, env = {{ ZONE = "${{host.zone}}" }} }}
  keep version_{n} = version
  undo {{ run "deploy.sh ${{host}} ${{kept(host).version_{n} ?? "none"}}" }}
}}
rollout web_{n} {{
  input version: string = "1.0.{n}" {{ matches = r"\d+\.\d+\.\d+" }}
  input pause_between: duration = 5m
  stage first {{
    for host in 1 of hosts_{n} {{
      deploy_{n}(host, version)
      check up_{n}(host) {{ within = 5m, every = 10s }}
    }}
  }}
  stage rest {{
    delay = 2 * pause_between
    for host in rest of hosts_{n} {{
      at_once = 2, tolerate = 10%                      # one in ten may fail
      deploy_{n}(host, version)
      check up_{n}(host) {{ within = 5m, every = 10s }}
    }}
  }}
  on rolled_back {{ log "back to the version before: ${{run.reason}}" }}
}}
"#
    );
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
