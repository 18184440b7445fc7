//! Random rollouts against what a rollback has to be: whatever began later is taken back before what it rests on,
//! nothing that was touched is left, and a graph that waits for itself is never planned.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fastrand::Rng;
use rollout::check::check;
use rollout::diag::Code;
use rollout::engine::{Ending, Event, Outcome};
use rollout::plan::{KeptValues, NodeId, NodeKind, Place, Plan, Role, stage_graph};
use rollout::sim::{Luck, Odds, Played, play};
use rollout::source::MemoryWorld;

use super::examples::planned;

/// A rollout with stages, loops, steps, saves and parallel parts, drawn from a seed.
fn program(seed: u64) -> String {
    let mut random = Rng::with_seed(seed);
    let mut text = String::from("fleet sites {\n");
    for site in 0..random.u32(1..7) {
        let _ = writeln!(text, "  target t{site} {{}}");
    }
    text.push_str("}\nprobe up(site: target) { run \"true\" }\n");
    text.push_str("action put(site: target) {\n  run \"put ${site}\"\n  keep version = \"2\"\n  undo { run \"back ${site}\" }\n}\n");
    text.push_str("rollout saga {\n");
    for stage in 0..random.u32(1..5) {
        let before: Vec<String> = (0..stage).filter(|_| random.bool()).map(|it| format!("s{it}")).collect();
        let _ = writeln!(text, "  stage s{stage} {{\n    after = [{}]", before.join(", "));
        for entry in 0..random.u32(1..4) {
            stage_entry(&mut text, &mut random, stage * 10 + entry);
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

fn stage_entry(text: &mut String, random: &mut Rng, number: u32) {
    match random.u32(0..7) {
        0 => step(text, number),
        1 => {
            text.push_str("    parallel {\n");
            step(text, number * 10 + 1);
            step(text, number * 10 + 2);
            text.push_str("    }\n");
        }
        2 => text.push_str("    wait 5m\n"),
        3 => text.push_str("    approve [\"dana\", \"lee\"] { need = 2, within = 4h }\n"),
        4 => text.push_str("    checklist \"all\" by [\"dana\", \"lee\"] { \"one\", \"two\", on_reject = rollback }\n"),
        _ => a_loop(text, random, number),
    }
}

fn step(text: &mut String, number: u32) {
    let _ = writeln!(text, "    step a{number} {{ run \"do {number}\", undo {{ run \"undo {number}\" }} }}");
}

fn a_loop(text: &mut String, random: &mut Rng, number: u32) {
    let list = if random.bool() { "rest of sites" } else { "50% of sites" };
    let _ = writeln!(text, "    for site in {list} {{\n      may_be_empty = true, at_once = {}", random.u32(1..4));
    if random.bool() {
        let _ = writeln!(text, "      tolerate = {}", random.u32(1..3));
    }
    if random.bool() {
        let _ = writeln!(
            text,
            "      save c{number} {{ run \"save\", restore {{ run \"restore ${{c{number}.stdout}}\" }} }}"
        );
    }
    text.push_str("      put(site)\n");
    step(text, number * 10 + 3);
    if random.bool() {
        text.push_str("      check up(site) { within = 10m, every = 2m }\n");
    }
    text.push_str("    }\n");
}

fn plan_of(text: &str) -> Plan {
    let world = MemoryWorld::default().with("saga.rollout", text);
    let checked = check(&world, "saga.rollout");
    assert!(checked.is_sound(), "{:?}\n{text}", checked.diagnostics);
    planned(&checked, "saga.rollout", &KeptValues::new())
}

/// A unit with a way back of its own: when it began, when it ended, when its undo began and ended.
#[derive(Debug, Default, Clone, Copy)]
struct Life {
    began: Option<usize>,
    done: Option<usize>,
    undo_began: Option<usize>,
    undone: Option<usize>,
}

fn lives(plan: &Plan, played: &Played) -> BTreeMap<Place, Life> {
    let mut lives: BTreeMap<Place, Life> = BTreeMap::new();
    let is_unit = |place: &Place| {
        let node = plan.node(place.node);
        node.undo.is_some() && matches!(node.kind, NodeKind::Step(_) | NodeKind::Sequence(Role::Save))
    };
    for (at, (_, event)) in played.events.iter().enumerate() {
        match event {
            Event::Began { place, .. } if is_unit(place) => lives.entry(*place).or_default().began = Some(at),
            Event::Ended { place, ending: Ending::Done } if is_unit(place) => {
                lives.entry(*place).or_default().done = Some(at);
            }
            Event::UndoBegan { place, .. } if is_unit(place) => lives.entry(*place).or_default().undo_began = Some(at),
            Event::Undone { place } if is_unit(place) => lives.entry(*place).or_default().undone = Some(at),
            _ => {}
        }
    }
    lives
}

/// Whether the second place rests on the first: the same target or no target between, or a later stage.
fn rests_on(plan: &Plan, first: Place, second: Place) -> bool {
    let (one, other) = (stage(plan, first), stage(plan, second));
    if one == other {
        return plan.target_of(first) == plan.target_of(second) || plan.target_of(first).is_none();
    }
    let mut open = vec![other];
    while let Some(stage) = open.pop() {
        if stage == one {
            return true;
        }
        if let NodeKind::Stage(node) = &plan.node(stage).kind {
            open.extend(&node.after);
        }
    }
    false
}

fn stage(plan: &Plan, place: Place) -> NodeId {
    plan.stage_of(place).expect("a unit stands in a stage").node
}

#[test]
fn what_is_taken_back_goes_back_in_the_order_in_which_it_rests() {
    let odds = Odds {
        job_fails: 100,
        probe_violated: 150,
        probe_unknown: 50,
        person_rejects: 150,
        person_silent: 250,
        person_late: 400,
    };
    let (mut rolled_back, mut pairs) = (0, 0);
    for seed in 0..300 {
        let text = program(seed);
        let plan = plan_of(&text);
        let played = play(&plan, &KeptValues::new(), Luck { seed, odds }, &mut |_| None);
        let outcome = played.outcome.clone().unwrap_or_else(|it| panic!("seed {seed}: {it:?}\n{text}"));
        let lives = lives(&plan, &played);
        if outcome == Outcome::RolledBack {
            rolled_back += 1;
            for (place, life) in &lives {
                let failed_before = life.done.is_none();
                assert!(life.undone.is_some() || failed_before, "seed {seed}: `{}` stays\n{text}", plan.path(*place));
            }
        }
        for (first, a) in &lives {
            for (second, b) in &lives {
                let (Some(done), Some(began), Some(undo_began)) = (a.done, b.began, a.undo_began) else { continue };
                // A tolerated target goes back alone, before what comes later even begins.
                let later = done < began && began < undo_began;
                if later && rests_on(&plan, *first, *second) && b.undo_began.is_some() {
                    pairs += 1;
                    let undone = b.undone.unwrap_or(usize::MAX);
                    let stuck = b.undone.is_none();
                    assert!(
                        undone < undo_began || stuck,
                        "seed {seed}: `{}` goes back before `{}`\n{text}",
                        plan.path(*first),
                        plan.path(*second)
                    );
                }
            }
        }
    }
    assert!(rolled_back > 40, "only {rolled_back} of 300 rolled back");
    assert!(pairs > 300, "only {pairs} pairs were looked at");
}

#[test]
fn every_random_rollout_ends_the_same_wherever_the_engine_dies() {
    let odds = Odds {
        job_fails: 80,
        probe_violated: 100,
        probe_unknown: 50,
        person_rejects: 150,
        person_silent: 250,
        person_late: 400,
    };
    for seed in 1000..1060 {
        let text = program(seed);
        let plan = plan_of(&text);
        let kept = KeptValues::new();
        let mut random = Rng::with_seed(seed);
        let luck = Luck { seed, odds };
        let events = play(&plan, &kept, luck, &mut |_| None).events.len();
        let points: Vec<usize> = (0..20).map(|_| random.usize(1..=events)).collect();
        rollout::sim::crashed(&plan, &kept, luck, |at| points.contains(&at))
            .unwrap_or_else(|broken| panic!("seed {seed}, crashes after {points:?}: {broken}\n{text}"));
    }
}

#[test]
fn a_plan_is_acyclic_or_there_is_none() {
    let (mut rings, mut plans) = (0, 0);
    for seed in 0..300 {
        let mut random = Rng::with_seed(seed);
        let stages = random.u32(1..8);
        let mut text = String::from("rollout graph {\n");
        for stage in 0..stages {
            let before: Vec<String> =
                (0..stages).filter(|_| random.u32(0..6) == 0).map(|it| format!("s{it}")).collect();
            let _ = writeln!(text, "  stage s{stage} {{ after = [{}], log \"here\" }}", before.join(", "));
        }
        text.push_str("}\n");
        let checked = check(&MemoryWorld::default().with("graph.rollout", &text), "graph.rollout");
        if checked.diagnostics.iter().any(|it| it.code == Code::STAGE_CYCLE) {
            rings += 1;
            continue;
        }
        plans += 1;
        let plan = planned(&checked, "graph.rollout", &KeptValues::new());
        assert!(petgraph::algo::toposort(&stage_graph(&plan), None).is_ok(), "{text}");
    }
    assert!(rings > 20 && plans > 20, "{rings} rings, {plans} plans");
}
