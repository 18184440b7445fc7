//! What remembering costs: events appended through the whole journal (written form, hash chain, rows, commit) beside
//! the bare disk, one after the other in the same second, because a disk is never as fast as it was a minute ago.

#![allow(clippy::disallowed_methods, reason = "a measurement has a clock and a disk")]

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rollout::engine::Event;
use rollout::journal::{Entry, Journal, Sqlite, StoredPlan};
use rollout::plan::Place;
use rollout::value::At;

#[allow(dead_code, reason = "the suite needs more of it")]
#[path = "../tests/suite/toy.rs"]
mod toy;

const ROUNDS: usize = 7;
/// One of ours and one of the bare disk by turns, so many times a round: only neighbours can be compared.
const TURNS: usize = 400;
const GROUP: usize = 100;
const GROUPS: usize = 600;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk that is measured");
    let journal = Sqlite::open(&folder.path().join("journal.db")).expect("it opens");
    begin(&journal);
    let bare = bare_file(folder.path());
    let mut ratios = Vec::new();
    let mut rates = Vec::new();
    for round in 1..=ROUNDS {
        let (alone, single) = by_turns(&bare, &journal);
        let grouped = (GROUP * GROUPS) as f64 / groups(&journal).as_secs_f64();
        println!(
            "round {round}: bare write and fdatasync {:.0} us, one event a commit {:.0} us (medians), \
             events in groups of {GROUP}: {grouped:.0}/s",
            alone.as_secs_f64() * 1e6,
            single.as_secs_f64() * 1e6,
        );
        ratios.push(alone.as_secs_f64() / single.as_secs_f64());
        rates.push(grouped);
    }
    ratios.sort_by(f64::total_cmp);
    rates.sort_by(f64::total_cmp);
    println!("one at a time: {:.2} of the rate of the bare disk (median of {ROUNDS})", ratios[ROUNDS / 2]);
    println!("in groups of {GROUP}: {:.0} events/s (median), {:.0} at best", rates[ROUNDS / 2], rates[ROUNDS - 1]);
}

fn bare_file(folder: &Path) -> File {
    let file = File::create(folder.join("bare")).expect("it opens");
    file.write_all_at(&vec![7; 500 * 4096], 0).expect("it writes");
    file.sync_all().expect("it syncs");
    file
}

/// Returns the medians of a page that is written over and synced, and of an event that is appended.
fn by_turns(bare: &File, journal: &Sqlite) -> (Duration, Duration) {
    let (mut alone, mut single) = (Vec::new(), Vec::new());
    for at in 0..TURNS {
        let clock = Instant::now();
        bare.write_all_at(&[at as u8; 4096], (at as u64 % 500) * 4096).expect("it writes");
        bare.sync_data().expect("it syncs");
        alone.push(clock.elapsed());
        let clock = Instant::now();
        journal.append(vec![entry(at as i64, 1)]).wait().expect("durable");
        single.push(clock.elapsed());
    }
    alone.sort();
    single.sort();
    (alone[TURNS / 2], single[TURNS / 2])
}

/// As a host does while much goes on: what is to come is appended while the last is on its way.
fn groups(journal: &Sqlite) -> Duration {
    let clock = Instant::now();
    let mut under_way = VecDeque::new();
    for at in 0..GROUPS {
        under_way.push_back(journal.append(vec![entry(at as i64, GROUP)]));
        if under_way.len() > 4 {
            under_way.pop_front().expect("there are five").wait().expect("durable");
        }
    }
    for receipt in under_way {
        receipt.wait().expect("durable");
    }
    clock.elapsed()
}

fn entry(at: i64, count: usize) -> Entry {
    let place = Place::ROOT;
    let events = (0..count).map(|number| match number % 3 {
        0 => Event::Asked { place, attempt: 1, verify: false },
        1 => Event::Undone { place },
        _ => Event::Logged { place, message: "a line that somebody wanted to be logged".to_owned() },
    });
    Entry { run: "bench".into(), at: At(1_795_000_000_000 + at), events: events.collect(), plan: None }
}

fn begin(journal: &Sqlite) {
    let plan = toy::plan("bench");
    let entry = Entry {
        run: "bench".into(),
        at: At(0),
        events: vec![toy::started("bench", &plan)],
        plan: Some(StoredPlan::of(&plan)),
    };
    journal.append(vec![entry]).wait().expect("durable");
}
