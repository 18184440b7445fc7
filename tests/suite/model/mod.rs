//! Random sagas with everything that goes on side by side, waits, is asked for and is taken back, against the plainest
//! reading of the language: what is asked and when, what is taken back, and how it ends. Knows both sides, and that they
//! have to agree.
//!
//! - `saga`, `text`: a rollout that is drawn, and how a person would write it
//! - `fortune`: what the world answers
//! - `clock`, `gates`, `reading`: the plain reading
//! - `shell`: the engine in the same world

mod clock;
mod fortune;
mod gates;
mod reading;
mod saga;
mod shell;
mod text;

use std::collections::BTreeMap;

use fortune::Fortune;
use reading::read;
use saga::saga;
use shell::played;

use super::drive::plan_of;

/// Of a thousand commands so many fail; the others from seed to seed.
const ODDS: [u32; 4] = [40, 120, 250, 400];

/// Holds the engine against the plain reading for one seed.
fn agree(seed: u64) -> Result<&'static str, String> {
    let saga = saga(seed);
    let text = saga.text();
    let odds = ODDS[(seed % 4) as usize];
    let expected = read(&saga, Fortune::new(seed, odds));
    let told = played(&plan_of(&text), Fortune::new(seed, odds));
    if told == expected {
        return Ok(expected.ending);
    }
    let apart = told.asked.iter().zip(&expected.asked).take_while(|(told, expected)| told == expected).count();
    let next = |asked: &[(i64, String)]| format!("{:?}", &asked[apart..asked.len().min(apart + 6)]);
    Err(format!(
        "seed {seed}: alike until {:?}\nthe engine {}: {}, stuck {:?}\nthe reading {}: {}, stuck {:?}\n{text}",
        apart.checked_sub(1).map(|it| &told.asked[it]),
        told.ending,
        next(&told.asked),
        told.stuck,
        expected.ending,
        next(&expected.asked),
        expected.stuck,
    ))
}

/// More seeds are tried with `ROLLOUT_SEEDS=20000`.
#[test]
fn the_engine_reads_a_rollout_as_it_is_written() {
    let seeds = std::env::var("ROLLOUT_SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(600);
    let mut endings: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    for seed in 0..seeds {
        match agree(seed) {
            Ok(ending) => *endings.entry(ending).or_default() += 1,
            Err(it) => wrong.push(it),
        }
    }
    wrong.sort_by_key(String::len);
    assert!(
        wrong.is_empty(),
        "{} of {seeds} differ, among them\n{}",
        wrong.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
    for ending in ["succeeded", "rolled_back", "failed", "paused", "needs_hands"] {
        assert!(endings.get(ending).is_some_and(|it| *it > 25), "too few that end `{ending}`: {endings:?}");
    }
}

/// A watch that is being answered when another stage fails does not wait for its next sample first.
#[test]
fn a_sample_that_is_under_way_when_the_run_goes_back_holds_nothing_up() {
    let text = "probe c1_0() { run \"up\" }\nrollout r {\n  \
                stage look { after = [], watch c1_0() { lasts = 2d, every = 4s, fail_after = 100_000, on_unknown = hold } }\n  \
                stage work { after = [], step a2 { run \"a\" } }\n  finally { step last { run \"last\" } }\n}";
    let plan = plan_of(text);
    for seed in 0..40 {
        let (fails_at_ms, _) = Fortune::new(seed, 1_000).command("a2");
        let told = played(&plan, Fortune::new(seed, 1_000));
        let (last_at_ms, name) = told.asked.last().expect("something was asked");
        assert_eq!((told.ending, name.as_str()), ("failed", "last"), "seed {seed}");
        assert!(*last_at_ms < fails_at_ms + 2_000, "seed {seed}: {last_at_ms} and not {fails_at_ms}");
    }
}
