//! One flipped bit in any record is found, named by run, record and position, and keeps no other run from going on.
//! So is one anywhere else in the file, unless it lies where nothing is kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rollout::engine::{Event, Outcome};
use rollout::journal::{
    Entry, Journal, JournalError, Reader, Sqlite, StoredPlan, audit, audit_file, slip_path, torn_tail, verify,
};
use rollout::plan::Place;
use rollout::value::At;
use tempfile::TempDir;

use crate::stage::Stage;
use crate::toy;

fn corpus() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals");
    let mut found = Vec::new();
    for version in std::fs::read_dir(root).expect("there is a corpus") {
        for file in std::fs::read_dir(version.expect("it reads").path()).expect("it reads") {
            found.push(file.expect("it reads").path());
        }
    }
    found.retain(|it| it.extension().is_some_and(|it| it == "db"));
    assert!(found.len() >= 4, "only {} recorded journals", found.len());
    found
}

/// Copies a journal to where it may be hurt.
fn copied(path: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("journal.db");
    std::fs::copy(path, &copy).expect("it copies");
    (folder, copy)
}

#[test]
fn one_flipped_bit_in_any_record_of_every_recorded_journal_is_found_where_it_is() {
    let mut luck = fastrand::Rng::with_seed(7);
    let mut flipped = 0;
    for recorded in corpus() {
        let (_folder, path) = copied(&recorded);
        let reader = Reader::open(&path).expect("it opens");
        let bytes = std::fs::read(&path).expect("it reads");
        for stored in reader.stored(None, 0, usize::MAX).expect("they read") {
            let Some(at) = whole(&bytes, &stored.body) else { continue };
            let bit = luck.usize(..stored.body.len() * 8);
            let mut hurt = bytes.clone();
            hurt[at + bit / 8] ^= 1 << (bit % 8);
            let (_folder, copy) = copied(&recorded);
            std::fs::write(&copy, hurt).expect("it writes");
            let found = verify(&Reader::open(&copy).expect("it opens"), &stored.run).expect("it is there");
            let broken = found.broken.unwrap_or_else(|| panic!("{} of {}", stored.seq, recorded.display()));
            assert_eq!((broken.seq, broken.number), (stored.seq, stored.number), "{}", broken.why);
            flipped += 1;
        }
    }
    assert!(flipped > 200, "only {flipped} records were hurt");
}

/// Where a body lies in the file, if it lies on one page and nowhere else.
fn whole(bytes: &[u8], body: &[u8]) -> Option<usize> {
    let mut places = memchr::memmem::find_iter(bytes, body);
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

/// What a journal says of everything.
type Said = (Vec<rollout::journal::RunSummary>, Vec<rollout::journal::Record>, Vec<rollout::engine::KeptValue>);

fn everything(path: &Path) -> Result<Said, JournalError> {
    let reader = Reader::open(path)?;
    let runs = reader.runs()?;
    let kept = runs.iter().map(|it| it.rollout.clone()).collect::<BTreeSet<_>>();
    let kept: Result<Vec<_>, _> = kept.iter().map(|it| reader.kept(it)).collect();
    Ok((runs, reader.records(None, 0, usize::MAX)?, kept?.concat()))
}

/// Whether anybody who looks would find something wrong.
fn is_found(path: &Path) -> Result<bool, JournalError> {
    let reader = Reader::open(path)?;
    let mut found = !audit_file(&reader)?.is_empty();
    for run in reader.runs()? {
        found |= !audit(&reader, &run.id, None)?.is_clean();
    }
    Ok(found)
}

#[test]
fn a_flipped_bit_anywhere_in_the_file_is_found_or_changes_nothing() {
    let recorded = corpus().into_iter().find(|it| it.ends_with("v2/runs.db")).expect("it was recorded");
    let (folder, path) = copied(&recorded);
    let bytes = std::fs::read(&path).expect("it reads");
    let whole = everything(&path).expect("it is whole");
    assert!(!is_found(&path).expect("it is whole"));
    let mut luck = fastrand::Rng::with_seed(11);
    let (mut found, mut unchanged) = (0, 0);
    for _ in 0..1500 {
        let bit = luck.usize(..bytes.len() * 8);
        let mut hurt = bytes.clone();
        hurt[bit / 8] ^= 1 << (bit % 8);
        let copy = folder.path().join("hurt.db");
        std::fs::write(&copy, hurt).expect("it writes");
        match everything(&copy) {
            Ok(said) if said == whole => unchanged += 1,
            Err(_) => found += 1,
            Ok(said) => {
                let is_found = is_found(&copy).unwrap_or(true);
                assert!(is_found, "bit {} of byte {}: {:?} for {:?}", bit % 8, bit / 8, said.0, whole.0);
                found += 1;
            }
        }
    }
    println!("{found} found, {unchanged} changed nothing");
    assert!(found > 200, "only {found} flips hit something");
}

fn begin(run: &str) -> Entry {
    let plan = toy::plan("web");
    Entry { run: run.into(), at: At(1000), events: vec![toy::started(run, &plan)], plan: Some(StoredPlan::of(&plan)) }
}

fn log(run: &str, message: &str) -> Entry {
    let event = Event::Logged { place: Place::ROOT, message: message.to_owned() };
    Entry { run: run.into(), at: At(2000), events: vec![event], plan: None }
}

/// A folder as an engine that was killed leaves it: with a log that nobody has moved into the tables.
fn left_open(entries: Vec<Vec<Entry>>) -> (TempDir, PathBuf) {
    let living = tempfile::tempdir().expect("a folder");
    let path = living.path().join("journal.db");
    let journal = Sqlite::open(&path).expect("it opens");
    for entries in entries {
        journal.append(entries).wait().expect("durable");
    }
    let dead = tempfile::tempdir().expect("a folder");
    for file in std::fs::read_dir(living.path()).expect("it reads").flatten() {
        std::fs::copy(file.path(), dead.path().join(file.file_name())).expect("it copies");
    }
    // The index into the log is the living one's.
    std::fs::remove_file(dead.path().join("journal.db-shm")).expect("it is there");
    let path = dead.path().join("journal.db");
    (dead, path)
}

fn wal(path: &Path) -> PathBuf {
    rollout::journal::log_path(path)
}

#[test]
fn a_torn_tail_that_was_never_acknowledged_is_dropped_and_counted() {
    let (_folder, path) = left_open(vec![vec![begin("a")], vec![log("a", "one")]]);
    assert_eq!(torn_tail(&path).expect("it reads"), None);
    let mut bytes = std::fs::read(wal(&path)).expect("it reads");
    // The beginning of one more commit: a page that belongs to this turn of the log, and half of another.
    let salt = bytes[16..24].to_vec();
    let mut page = vec![0; 24 + 4096];
    page[3] = 2;
    page[8..16].copy_from_slice(&salt);
    bytes.extend_from_slice(&page);
    bytes.extend_from_slice(&page[..2000]);
    std::fs::write(wal(&path), bytes).expect("it writes");
    assert_eq!(torn_tail(&path).expect("it reads").map(|it| it.dropped), Some(2));
    let journal = Sqlite::open(&path).expect("it opens all the same");
    assert_eq!(journal.verified("a").expect("it is whole").len(), 2);
    let more = journal.append(vec![log("a", "two")]).wait().expect("durable");
    assert_eq!((more[0].seq, more[0].number), (3, 3));
}

#[test]
fn a_flipped_bit_in_the_log_loses_nothing_in_silence_and_keeps_other_runs_going() {
    let entries = || vec![vec![begin("a")], vec![begin("b")], vec![log("a", "one")], vec![log("b", "two")]];
    let (_folder, whole) = left_open(entries());
    let length = std::fs::metadata(wal(&whole)).expect("it is there").len() as usize;
    let mut luck = fastrand::Rng::with_seed(3);
    let mut lost = 0;
    for _ in 0..60 {
        let (_folder, path) = left_open(entries());
        let mut bytes = std::fs::read(wal(&path)).expect("it reads");
        let bit = luck.usize(..length.min(bytes.len()) * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(wal(&path), bytes).expect("it writes");
        let Ok(journal) = Sqlite::open(&path) else {
            lost += 1;
            continue;
        };
        for (run, records) in [("a", 2), ("b", 2)] {
            match journal.verified(run) {
                Ok(found) => assert_eq!(found.len(), records, "bit {bit}: `{run}` lost something in silence"),
                Err(JournalError::Broken { run: named, number, .. }) => {
                    assert!(named == run && number == 2, "bit {bit}: {named} {number}");
                    lost += 1;
                }
                Err(JournalError::NoSuchRun { .. }) => {
                    let found = audit_file(journal.reader()).expect("it reads");
                    assert!(found.iter().any(|it| it.contains(&format!("run `{run}` is gone"))), "bit {bit}");
                    lost += 1;
                }
                Err(error) => panic!("bit {bit}: {error}"),
            }
        }
        // Whatever became of those, a new run goes on, at a position that nobody has had.
        let records = journal.append(vec![begin("c"), log("c", "three")]).wait().expect("durable");
        assert!(records[0].seq >= 5, "bit {bit}: position {} is given twice", records[0].seq);
    }
    assert!(lost > 5, "only {lost} flips hit the log");
}

#[test]
fn a_journal_that_is_older_than_its_slip_is_refused_for_the_runs_that_it_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let journal = Sqlite::open(&path).expect("it opens");
    journal.append(vec![begin("a"), begin("b")]).wait().expect("durable");
    drop(journal);
    let older = std::fs::read(&path).expect("it reads");
    let journal = Sqlite::open(&path).expect("it opens");
    journal.append(vec![log("a", "one")]).wait().expect("durable");
    drop(journal);
    std::fs::write(&path, older).expect("somebody restores it");
    let journal = Sqlite::open(&path).expect("it opens");
    let Err(JournalError::Broken { run, seq, number, why }) = journal.verified("a") else { panic!("it was refused") };
    assert_eq!((run.as_str(), seq, number), ("a", 3, 2), "{why}");
    assert_eq!(journal.verified("b").expect("it is whole").len(), 1);
    drop(journal);
    // Whoever means it says so.
    std::fs::remove_file(slip_path(&path)).expect("it is there");
    assert_eq!(Sqlite::open(&path).expect("it opens").verified("a").expect("it is whole").len(), 1);
}

const HOSTS: &str = "rollout hosts {
  stage one { run \"echo one >> log.txt\" }
  stage two { pause \"look\" }
  stage three { run \"echo three >> log.txt\" }
}
";

#[test]
fn an_engine_refuses_a_damaged_run_by_name_and_picks_the_others_up() {
    let stage = Stage::with("hosts.rollout", HOSTS);
    assert_eq!(stage.say(&["run", "hosts.rollout"]).code, 6);
    assert_eq!(stage.say(&["run", "hosts.rollout"]).code, 6);
    let runs = stage.runs();
    let path = stage.state().join("journal.db");
    let intruder = rusqlite::Connection::open(&path).expect("it opens");
    let change = "DROP TRIGGER event_stays; UPDATE event SET body = replace(body, 'echo', 'ecHo'), at = at + 1
                  WHERE number = 3 AND run = (SELECT key FROM run ORDER BY key LIMIT 1)";
    intruder.execute_batch(change).expect("it writes");
    drop(intruder);
    let resumed = stage.command(&["resume-all"]).output().expect("it starts");
    let said = String::from_utf8(resumed.stderr).expect("UTF-8");
    assert!(said.contains(&format!("number 3 of run `{}`, is not what was written", runs[0])), "{said}");
    assert_eq!(stage.say(&["resume", &runs[1]]).code, 0);
    assert_eq!(stage.read("log.txt"), "one\none\nthree\n");
    let audited = stage.say(&["audit", &runs[0]]);
    assert_eq!(audited.code, 1, "{}", audited.shown());
    assert!(audited.out.contains("record 3 (position 3) does not hold: it was edited"), "{}", audited.shown());
    assert_eq!(stage.say(&["audit", &runs[1]]).code, 0);
}

#[test]
fn the_ending_of_a_run_survives_being_looked_at_by_an_earlier_reader() {
    let (_folder, path) = left_open(vec![vec![begin("a")]]);
    let journal = Sqlite::open(&path).expect("it opens");
    let reader = Reader::open(&path).expect("it opens beside");
    journal
        .append(vec![Entry { run: "a".into(), at: At(3), events: vec![toy::finished(Outcome::Succeeded)], plan: None }])
        .wait()
        .expect("durable");
    assert_eq!(verify(&reader, "a").expect("it is there").broken, None);
    assert!(audit(&reader, "a", None).expect("it is there").is_clean());
}
