//! What looking ahead costs: three passes through the whole run on virtual time, for fleets of all sizes.
//!
//! `cargo bench --bench forecast`

#![allow(clippy::disallowed_methods, reason = "a bench is the world around the rooms")]

use std::fmt::Write as _;
use std::time::Duration;

use rollout::check::check;
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, PlanRequest, plan, read_inputs};
use rollout::sim::{Past, forecast};
use rollout::source::MemoryWorld;
use rollout::value::At;

/// Some Monday: 2026-11-23T00:00Z.
const MONDAY: At = At(1_795_392_000_000);

fn main() {
    for targets in [100, 1_000, 10_000, 100_000] {
        look(targets, &fleet(targets, ""));
    }
    look(10_000, &fleet(10_000, "during = night\n"));
}

fn fleet(targets: usize, more: &str) -> String {
    let mut text = String::from("fleet sites {\n");
    for target in 0..targets {
        let _ = writeln!(text, "  target s{target} {{}}");
    }
    let step = |name: &str| format!("step {name} {{ takes = 1m..3m, run \"{name} ${{site}}\", undo {{ }} }}\n");
    let steps: String = ["a", "b", "c", "d", "e"].map(step).concat();
    let _ = write!(
        text,
        "}}\nwindow night {{ zone = \"Europe/Berlin\", hours = 22:00..06:00 }}\nrollout web {{ stage all {{ for site in \
         sites {{\n{more}at_once = 100\nwaves = [1%, 10%, 100%]\n{steps} }} }} }}\n"
    );
    text
}

fn look(targets: usize, text: &str) {
    let world = MemoryWorld::default().with("bench.rollout", text);
    let checked = check(&world, "bench.rollout");
    assert!(checked.is_sound(), "{:?}", checked.diagnostics.first());
    let inputs = read_inputs(checked.program.rollout(RolloutId(0)), &GivenInputs::default(), &world).expect("none");
    let kept = KeptValues::new();
    let request = PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout: RolloutId(0),
        file: "bench.rollout",
        folder: "/",
        inputs,
        profile: None,
        now: MONDAY,
        world: &world,
        kept: &kept,
        only: None,
    };
    let plan = plan(&request).expect("it can be planned");
    let begun = cpu();
    let forecast = forecast(&plan, &kept, MONDAY, &Past::default());
    let took = cpu() - begun;
    let windows = if text.contains("during = night") { ", in windows" } else { "" };
    let end = forecast.run.ends.latest.map_or_else(|| "an unknown time".to_owned(), |it| it.to_string());
    println!("{targets} targets × 5 steps{windows}: {:.3} s of CPU, ends {end} at the latest", took.as_secs_f64());
}

/// What this thread has used of a core: the machine may be busy with other things.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
