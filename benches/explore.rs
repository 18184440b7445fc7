//! How long it takes to try every combination of two and three faults over the largest examples.

#![allow(clippy::disallowed_methods, reason = "a bench is the world around the rooms")]

use std::time::Duration;

use rollout::check::check;
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, PlanRequest, plan, read_inputs};
use rollout::sim::{START, explore};
use rollout::source::MemoryWorld;

fn main() {
    for (file, text) in [
        ("rolling/pool.rollout", include_str!("../examples/rolling/pool.rollout")),
        ("staging/shop.rollout", include_str!("../examples/staging/shop.rollout")),
        ("staged/model.rollout", include_str!("../examples/staged/model.rollout")),
    ] {
        for faults in [1, 2, 3] {
            search(file, text, faults);
        }
    }
}

fn search(file: &str, text: &str, faults: u32) {
    let world = MemoryWorld::default().with(file, text);
    let checked = check(&world, file);
    let (program, rollout) = (&checked.program, RolloutId(0));
    let inputs = read_inputs(program.rollout(rollout), &GivenInputs::default(), &world).expect("all have defaults");
    let kept = KeptValues::new();
    let plan = plan(&PlanRequest {
        program,
        sources: &checked.sources,
        rollout,
        file,
        folder: "/",
        inputs,
        profile: None,
        now: START,
        world: &world,
        kept: &kept,
        only: None,
    })
    .expect("an example can be planned");
    let begun = cpu();
    let explored = explore(&plan, &kept, START, faults, &mut |_| true);
    let took = cpu() - begun;
    let tried: usize = explored.levels.iter().map(|it| it.tried).sum();
    println!("{file}, {faults} faults: {tried} runs, {} states, {:.3} s of CPU", explored.states, took.as_secs_f64());
}

/// What this thread has used of a core: the machine may be busy with other things.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
