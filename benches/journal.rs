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
const ONE_AT_A_TIME: usize = 400;
const GROUP: usize = 100;
const GROUPS: usize = 600;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk that is measured");
    let journal = Sqlite::open(&folder.path().join("journal.db")).expect("it opens");
    begin(&journal);
    let mut ratios = Vec::new();
    let mut rates = Vec::new();
    for round in 1..=ROUNDS {
        let bare = rate(ONE_AT_A_TIME, bare(folder.path()));
        let single = rate(ONE_AT_A_TIME, singles(&journal));
        let grouped = rate(GROUP * GROUPS, groups(&journal));
        println!(
            "round {round}: bare fdatasync {bare:.0}/s, one event a commit {single:.0}/s ({:.2} of it), \
             events in groups of {GROUP}: {grouped:.0}/s",
            single / bare
        );
        ratios.push(single / bare);
        rates.push(grouped);
    }
    ratios.sort_by(f64::total_cmp);
    rates.sort_by(f64::total_cmp);
    println!("one at a time: {:.2} of the bare disk (median of {ROUNDS})", ratios[ROUNDS / 2]);
    println!("in groups of {GROUP}: {:.0} events/s (median), {:.0} at best", rates[ROUNDS / 2], rates[ROUNDS - 1]);
}

fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// A page is written over and synced, again and again.
fn bare(folder: &Path) -> Duration {
    let file = File::create(folder.join("bare")).expect("it opens");
    file.write_all_at(&vec![7; 1 << 21], 0).expect("it writes");
    file.sync_all().expect("it syncs");
    let clock = Instant::now();
    for at in 0..ONE_AT_A_TIME {
        file.write_all_at(&[at as u8; 4096], (at as u64 % 500) * 4096).expect("it writes");
        file.sync_data().expect("it syncs");
    }
    clock.elapsed()
}

fn singles(journal: &Sqlite) -> Duration {
    let clock = Instant::now();
    for at in 0..ONE_AT_A_TIME {
        journal.append(vec![entry(at as i64, 1)]).wait().expect("durable");
    }
    clock.elapsed()
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
