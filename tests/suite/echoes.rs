//! Every example with answers that come once more, and with answers that come in another order: an answer that was heard
//! before changes nothing, and of answers that come at about the same instant it does not matter which is the first.

use std::collections::BTreeMap;

use fastrand::Rng;
use rollout::engine::{Answer, Command, Event, Heard, Job, Person, Run, apply, step};
use rollout::plan::{KeptValues, Place, Plan};
use rollout::sim::{Asked, Cast, Luck, Odds, Played, START, Unasked, perform, play};
use rollout::value::At;

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

/// A world in which work takes whole minutes, so that much of it ends together; what ends together comes in an order that
/// is drawn.
struct Jostling {
    luck: Luck,
    /// None: in the order in which it was asked for.
    order: Option<Rng>,
    replies: BTreeMap<(At, u64), (Person, Command)>,
    requests: BTreeMap<Place, u32>,
}

/// So many milliseconds apart is together.
const TOGETHER_MS: i64 = 20;

impl Cast for Jostling {
    fn answer(&mut self, asked: &Asked) -> (i64, Answer) {
        let (takes_ms, answer) = self.luck.answer(asked.place, asked.attempt, asked.job);
        let takes_ms = match asked.job {
            Job::Probes { .. } => 1_000,
            Job::Command(_) | Job::Http(_) | Job::Router(_) | Job::Notice(_) => (takes_ms / 300_000 + 1) * 61_000,
        };
        let apart_ms = self.order.as_mut().map_or(0, |random| random.i64(0..TOGETHER_MS));
        (takes_ms + apart_ms, answer)
    }

    fn hear(&mut self, plan: &Plan, run: &Run, at: At, event: &Event) {
        let Event::ApprovalRequested { place, .. } = event else { return };
        let Some(request) = run.request(*place) else { return };
        let nth = self.requests.entry(*place).or_default();
        *nth += 1;
        for (after_ms, by, command) in self.luck.replies(plan, *place, *nth, request) {
            let key = (at.plus_ms(after_ms), self.replies.len() as u64);
            self.replies.insert(key, (by, command));
        }
    }

    fn next_turn(&self) -> Option<At> {
        self.replies.keys().next().map(|(at, _)| *at)
    }

    fn take_turn(&mut self, _run: &Run) -> Option<Unasked> {
        self.replies.pop_first().map(|(_, (by, command))| Unasked::Command(by, command))
    }

    /// Whoever is asked what to do about a failure takes the run back.
    fn decide(&mut self, _plan: &Plan, run: &Run) -> Option<(i64, Person, Command)> {
        run.paused()?;
        Some((300_000, Person("operator".into()), Command::Rollback { reason: None }))
    }
}

fn jostled(plan: &Plan, kept: &KeptValues, luck: Luck, order: Option<u64>) -> Played {
    let order = order.map(Rng::with_seed);
    let mut cast = Jostling { luck, order, replies: BTreeMap::new(), requests: BTreeMap::new() };
    perform(plan, kept, START, &mut cast, &mut |_| None)
}

/// Returns how a run ended, and which targets were given up.
fn ending(plan: &Plan, played: &Played) -> String {
    let given_up = played.events.iter().filter_map(|(_, event)| match event {
        Event::UndoBegan { place, tolerated: Some(_) } => Some(plan.path(*place)),
        _ => None,
    });
    let mut given_up: Vec<String> = given_up.collect();
    given_up.sort();
    format!("{:?}, given up: {given_up:?}", played.outcome)
}

/// Returns the places of answers in the order in which they were heard.
fn heard(played: &Played) -> Vec<Place> {
    let answered = played.events.iter().filter_map(|(_, event)| match event {
        Event::Answered { place, .. } => Some(*place),
        _ => None,
    });
    answered.collect()
}

#[test]
fn answers_that_come_together_may_come_in_any_order() {
    let odds = Odds { job_fails: 25, probe_violated: 15, probe_unknown: 0, ..Odds::NONE };
    let (mut compared, mut reordered) = (0, 0);
    for path in examples() {
        let file = relative(&path);
        let kept = left_before(&file);
        let plan = planned(&without_findings(&file), &file, &kept);
        for seed in 0..6 {
            let luck = Luck { seed, odds };
            let plain = jostled(&plan, &kept, luck, None);
            for order in 1..3 {
                let other = jostled(&plan, &kept, luck, Some(order));
                compared += 1;
                reordered += u32::from(heard(&plain) != heard(&other));
                assert_eq!(ending(&plan, &plain), ending(&plan, &other), "{file}, seed {seed}, order {order}");
            }
        }
    }
    assert!(reordered * 4 > compared, "only {reordered} of {compared} came in another order");
}
