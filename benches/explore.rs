//! How long it takes to try every combination of two and three faults over the largest examples.

#![allow(clippy::disallowed_methods, reason = "a bench is the world around the rooms")]

use std::time::Duration;

use rollout::check::check;
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, PlanRequest, plan, read_inputs};
use rollout::sim::{START, explore};
use rollout::source::MemoryWorld;
use rollout::value::Value;

/// The largest example: what its one input is, and what an earlier run has kept for each of its targets.
const VISION: &str = include_str!("../examples/vision/vision.rollout");
const FACTORIES: &str = include_str!("../examples/vision/factories.csv");

fn main() {
    for (file, text) in [
        ("rolling/pool.rollout", include_str!("../examples/rolling/pool.rollout")),
        ("staging/shop.rollout", include_str!("../examples/staging/shop.rollout")),
        ("staged/model.rollout", include_str!("../examples/staged/model.rollout")),
    ] {
        let world = MemoryWorld::default().with(file, text);
        for faults in [1, 2, 3] {
            search(&world, file, &[], &KeptValues::new(), faults);
        }
    }
    let world = MemoryWorld::default().with("vision.rollout", VISION).with("factories.csv", FACTORIES);
    let targets = FACTORIES.lines().skip(1).filter_map(|it| it.split(',').next());
    let kept: KeptValues = targets.map(|it| ((Some(it.into()), "version".into()), Value::text("2.0.9"))).collect();
    for faults in [1, 2] {
        search(&world, "vision.rollout", &[("version", "2.1.0")], &kept, faults);
    }
}

fn search(world: &MemoryWorld, file: &str, given: &[(&str, &str)], kept: &KeptValues, faults: u32) {
    let checked = check(world, file);
    let (program, rollout) = (&checked.program, RolloutId(checked.program.rollouts.len() as u32 - 1));
    let words = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let given = GivenInputs { words, ..GivenInputs::default() };
    let inputs = read_inputs(program.rollout(rollout), &given, world).expect("all have values");
    let plan = plan(&PlanRequest {
        program,
        sources: &checked.sources,
        rollout,
        file,
        folder: "",
        inputs,
        profile: None,
        now: START,
        world,
        kept,
        only: None,
    })
    .expect("an example can be planned");
    let begun = cpu();
    let explored = explore(&plan, kept, START, faults, &mut |_| true);
    let took = cpu() - begun;
    let tried: usize = explored.levels.iter().map(|it| it.tried).sum();
    println!("{file}, {faults} faults: {tried} runs, {} states, {:.3} s of CPU", explored.states, took.as_secs_f64());
}

/// What this thread has used of a core: the machine may be busy with other things.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
