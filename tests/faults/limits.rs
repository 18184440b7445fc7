//! More than anybody needs: output without end, thousands of approvals, loops within loops. Each meets a limit that is
//! documented, and a refusal that names it, and nothing grows with it.

use std::fs;

use rollout::check::check;
use rollout::engine::Event;
use rollout::journal::{Entry, Journal, Sqlite, StoredPlan, audit};
use rollout::plan::Place;
use rollout::source::MemoryWorld;
use rollout::value::At;

use crate::stage::Stage;
use crate::toy;

/// The most memory a command took, of all that this process has waited for.
fn most_memory_kib() -> u64 {
    let usage = fs::read_to_string("/proc/self/status").expect("linux");
    let line = usage.lines().find(|it| it.starts_with("VmHWM")).expect("it says so");
    line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number")
}

/// A gigabyte; a debug build looks at ten megabytes a second, and is content with a quarter.
const OUTPUT_BYTES: u64 = if cfg!(debug_assertions) { 1 << 28 } else { 1 << 30 };

#[test]
fn a_gigabyte_of_output_is_cut_at_the_limit_and_takes_no_memory() {
    let command = format!("yes 0123456789abcdef | head -c {OUTPUT_BYTES}");
    let text = format!("rollout loud {{ stage only {{ run \"{command}\" }} }}\n");
    let stage = Stage::with("loud.rollout", &text);
    let mut child = stage.command(&["run", "loud.rollout", "--yes", "-q"]).spawn().expect("it starts");
    let mut most = 0;
    while child.try_wait().expect("it is ours").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|it| it.starts_with("VmHWM")).unwrap_or("VmHWM: 0 kB");
        most = most.max(line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(child.wait().expect("it ends").success());
    let logs: Vec<u64> = files(&stage.state().join("logs"));
    let kept: u64 = logs.iter().sum();
    println!("{} MiB kept, {} MiB of memory at most", kept >> 20, most >> 10);
    assert!(kept > 90 << 20 && kept < 110 << 20, "{kept} bytes are kept");
    assert!(most < 256 << 10, "{most} KiB of memory");
}

fn files(folder: &std::path::Path) -> Vec<u64> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it reads").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.metadata().expect("it is there").len());
        }
    }
    found
}

#[test]
fn ten_thousand_approvals_are_remembered_signed_and_audited() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let journal = Sqlite::open(&path).expect("it opens");
    let plan = toy::plan("web");
    let begin =
        Entry { run: "a".into(), at: At(1), events: vec![toy::started("a", &plan)], plan: Some(StoredPlan::of(&plan)) };
    let mut receipts = vec![journal.append(vec![begin])];
    for number in 0..10_000_i64 {
        let by = rollout::engine::Person(format!("person-{number}").into());
        let event = Event::Approved { place: Place::ROOT, by, reason: None, left: 1 };
        receipts.push(journal.append(vec![Entry {
            run: "a".into(),
            at: At(2 + number),
            events: vec![event],
            plan: None,
        }]));
    }
    for receipt in receipts {
        receipt.wait().expect("durable");
    }
    let audited = audit(journal.reader(), "a", None).expect("it is there");
    assert!(audited.is_clean(), "{:?}", audited.findings);
    assert_eq!((audited.records, audited.signed.len()), (10_001, 10_000));
    assert!(most_memory_kib() < 1 << 20, "{} KiB of memory", most_memory_kib());
}

#[test]
fn loops_that_multiply_are_refused_with_the_limit_that_they_pass() {
    let list = |count: usize| (0..count).map(|it| it.to_string()).collect::<Vec<_>>().join(", ");
    let many = list(2000);
    let text = format!(
        "let many = [{many}]\nrollout matrix {{\n  stage one {{\n    for a in many {{ for b in many {{ for c in many {{ run \"echo ${{a}} ${{b}} ${{c}}\" }} }} }}\n  }}\n}}\n"
    );
    let stage = Stage::with("matrix.rollout", &text);
    let clock = std::time::Instant::now();
    let said = stage.say(&["plan", "matrix.rollout"]);
    assert!(clock.elapsed().as_secs() < 20, "it took {:?}", clock.elapsed());
    assert_eq!(said.code, 2, "{}", said.shown());
    assert!(said.err.contains("E0807") && said.err.contains("more than 5000000 slots"), "{}", said.shown());
    assert_eq!(stage.say(&["run", "matrix.rollout", "--yes"]).code, 2);
    assert!(!stage.state().join("journal.db").exists(), "nothing of it is remembered");
}

#[test]
fn a_line_of_ten_megabytes_and_a_nest_without_end_are_refused_in_words() {
    let long = format!("rollout long {{ stage one {{ log \"{}\" }} }}\n", "x".repeat(10 << 20));
    let nest = format!("let x = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000));
    for text in [long, nest] {
        let clock = std::time::Instant::now();
        drop(check(&MemoryWorld::default().with("big.rollout", &text), "big.rollout"));
        assert!(clock.elapsed().as_secs() < 10, "it took {:?}", clock.elapsed());
    }
}
