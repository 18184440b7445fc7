//! Every example with answers that come once more: at any moment of a run, and after its end, an answer that was heard
//! before changes nothing.

use fastrand::Rng;
use rollout::engine::{Answer, Event, Heard, Run, apply, step};
use rollout::plan::{Place, Plan};
use rollout::sim::{Luck, Odds, Played, play};

use super::examples::{examples, left_before, planned, relative, without_findings};

/// At how many moments of a run echoes are heard.
const MOMENTS: usize = 80;

#[test]
fn an_answer_that_comes_again_changes_no_example() {
    let odds = Odds {
        job_fails: 60,
        probe_violated: 60,
        probe_unknown: 30,
        person_rejects: 100,
        person_silent: 100,
        person_late: 300,
    };
    let mut heard = 0;
    for path in examples() {
        let file = relative(&path);
        let kept = left_before(&file);
        let plan = planned(&without_findings(&file), &file, &kept);
        for seed in 0..3 {
            let played = play(&plan, &kept, Luck { seed, odds }, &mut |_| None);
            heard += echoes(&plan, &played, seed).unwrap_or_else(|it| panic!("{file}, seed {seed}: {it}"));
        }
    }
    assert!(heard > 1000, "only {heard} echoes were heard");
}

/// Folds a history, and tells the run earlier answers once more between its events and after the last.
fn echoes(plan: &Plan, played: &Played, seed: u64) -> Result<usize, String> {
    let mut random = Rng::with_seed(seed);
    let mut moments: Vec<usize> = (0..MOMENTS).map(|_| random.usize(1..=played.events.len())).collect();
    moments.push(played.events.len());
    let (mut run, mut answers, mut heard) = (Run::new(), Vec::<(Place, u32, Answer)>::new(), 0);
    for (at, (now, event)) in played.events.iter().enumerate() {
        apply(plan, &mut run, *now, event);
        if let Event::Answered { place, attempt, answer } = event {
            answers.push((*place, *attempt, answer.clone()));
        }
        if !moments.contains(&(at + 1)) || answers.is_empty() {
            continue;
        }
        let (place, attempt, answer) = answers[random.usize(0..answers.len())].clone();
        let (mut quiet, mut told) = (run.clone(), run.clone());
        // Between two events of a turn a look at the clock goes on with it: so does an echo, and no further.
        let expected = step(plan, &mut quiet, *now, Heard::Tick);
        let echo = step(plan, &mut told, *now, Heard::Answer { place, attempt, answer });
        if echo != expected || quiet != told {
            return Err(format!("`{}` was heard again after event {}", plan.path(place), at + 1));
        }
        heard += 1;
    }
    Ok(heard)
}
