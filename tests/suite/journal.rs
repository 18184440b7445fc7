//! The journal keeps what it was given, in order, unchanged, also for another process, and says so when it cannot.

use std::path::{Path, PathBuf};

use rollout::engine::{Event, Outcome};
use rollout::journal::{Entry, Journal, JournalError, Memory, Reader, Sqlite, StoredPlan, verify};
use rollout::plan::{Place, Plan};
use rollout::value::{At, Value};
use tempfile::TempDir;

use crate::toy;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    (folder, path)
}

fn begin(run: &str, plan: &Plan) -> Entry {
    Entry { run: run.into(), at: At(1000), events: vec![toy::started(run, plan)], plan: Some(StoredPlan::of(plan)) }
}

fn add(run: &str, at: i64, events: Vec<Event>) -> Entry {
    Entry { run: run.into(), at: At(at), events, plan: None }
}

fn log(message: &str) -> Event {
    Event::Logged { place: Place::ROOT, message: message.to_owned() }
}

#[test]
fn a_stored_plan_has_the_digest_of_the_plan() {
    let plan = toy::plan("web");
    assert_eq!(StoredPlan::of(&plan).digest, plan.digest());
}

#[test]
fn what_was_appended_is_there_for_another_reader_and_after_a_restart() {
    let (_folder, path) = place();
    let plan = toy::plan("web");
    let journal = Sqlite::open(&path).expect("it opens");
    let written =
        journal.append(vec![begin("a", &plan), add("a", 2000, vec![log("x"), log("y")])]).wait().expect("durable");
    let beside = Reader::open(&path).expect("a second reader opens");
    assert_eq!(beside.records(Some("a"), 0, 10).expect("they read"), written);
    drop((journal, beside));

    let journal = Sqlite::open(&path).expect("it opens again");
    let more = journal.append(vec![add("a", 3000, vec![toy::finished(Outcome::Succeeded)])]).wait().expect("durable");
    assert_eq!((more[0].seq, more[0].number), (4, 4));
    let run = journal.reader().run("a").expect("it is there");
    assert_eq!((run.outcome, run.finished, run.last_seq), (Some(Outcome::Succeeded), Some(At(3000)), 4));
    drop(journal);
    // Nobody writes any more; reading goes on.
    let after = Reader::open(&path).expect("it opens without a writer");
    assert_eq!(verify(&after, "a").expect("it is there").broken, None);
    assert_eq!(after.plan(&run.plan).expect("it reads"), plan);
}

#[test]
fn positions_count_over_all_runs_and_numbers_within_one() {
    let (_folder, path) = place();
    let plan = toy::plan("web");
    let journal = Sqlite::open(&path).expect("it opens");
    let entries = vec![begin("a", &plan), begin("b", &plan), add("a", 1, vec![log("x")]), add("b", 1, vec![log("y")])];
    let records = journal.append(entries).wait().expect("durable");
    let seen: Vec<_> = records.iter().map(|it| (it.seq, it.run.as_str(), it.number)).collect();
    assert_eq!(seen, [(1, "a", 1), (2, "b", 1), (3, "a", 2), (4, "b", 2)]);
    let after: Vec<u64> = journal.records(Some("b"), 2, 10).expect("they read").iter().map(|it| it.seq).collect();
    assert_eq!(after, [4]);
    assert_eq!(journal.reader().unfinished().expect("they read").len(), 2);
}

#[test]
fn nothing_that_was_written_can_be_changed_by_accident() {
    let (_folder, path) = place();
    let journal = Sqlite::open(&path).expect("it opens");
    journal.append(vec![begin("a", &toy::plan("web"))]).wait().expect("durable");
    let intruder = rusqlite::Connection::open(&path).expect("it opens");
    for attempt in ["UPDATE event SET body = ''", "DELETE FROM event", "UPDATE plan SET body = x''", "DELETE FROM plan"]
    {
        let refused = intruder.execute(attempt, []).expect_err("a trigger refuses");
        assert!(refused.to_string().contains("append-only"), "{attempt}: {refused}");
    }
}

#[test]
fn one_changed_bit_in_any_record_is_found_where_it_is() {
    let (_folder, path) = place();
    let plan = toy::plan("web");
    let journal = Sqlite::open(&path).expect("it opens");
    let events = toy::every_event(&plan).split_off(1);
    let count = events.len() as u64 + 1;
    journal.append(vec![begin("a", &plan), add("a", 2000, events)]).wait().expect("durable");
    drop(journal);
    for seq in 1..=count {
        for (column, change) in
            [("body", "body || ' '"), ("at", "at + 1"), ("number", "number + 1"), ("hash", "zeroblob(32)")]
        {
            let (_copy, copied) = place();
            std::fs::copy(&path, &copied).expect("it copies");
            let intruder = rusqlite::Connection::open(&copied).expect("it opens");
            intruder.execute_batch("DROP TRIGGER event_stays").expect("whoever can write the file can do so");
            intruder
                .execute(&format!("UPDATE event SET {column} = {change} WHERE seq = ?1"), [seq as i64])
                .expect("it writes");
            let verified = verify(&Reader::open(&copied).expect("it opens"), "a").expect("it is there");
            assert_eq!(verified.broken.map(|it| it.seq), Some(seq), "{column} of {seq}");
        }
    }
}

#[test]
fn a_changed_plan_is_found() {
    let (_folder, path) = place();
    let journal = Sqlite::open(&path).expect("it opens");
    journal.append(vec![begin("a", &toy::plan("web"))]).wait().expect("durable");
    let intruder = rusqlite::Connection::open(&path).expect("it opens");
    let change =
        "DROP TRIGGER plan_stays; UPDATE plan SET body = CAST(replace(CAST(body AS TEXT), 'web', 'wet') AS BLOB)";
    intruder.execute_batch(change).expect("it writes");
    let broken = verify(journal.reader(), "a").expect("it is there").broken.expect("found");
    assert!(broken.why.starts_with("its plan is not the one of digest"), "{}", broken.why);
}

#[test]
fn the_last_kept_value_counts_and_null_forgets() {
    let (_folder, path) = place();
    let journal = Sqlite::open(&path).expect("it opens");
    let events = vec![
        toy::kept(Some("ny"), "version", Value::text("1")),
        toy::kept(Some("ny"), "version", Value::text("2")),
        toy::kept(None, "count", Value::Int(3)),
        toy::kept(Some("la"), "version", Value::text("1")),
        toy::kept(Some("la"), "version", Value::Null),
    ];
    journal.append(vec![begin("a", &toy::plan("web")), add("a", 1, events)]).wait().expect("durable");
    let kept = journal.kept("web").expect("they read");
    let seen: Vec<_> = kept.iter().map(|it| (it.target.as_deref(), it.key.as_str(), it.value.clone())).collect();
    assert_eq!(seen, [(None, "count", Value::Int(3)), (Some("ny"), "version", Value::text("2"))]);
    assert_eq!(journal.kept("other").expect("they read"), []);
}

#[test]
fn the_journal_on_disk_answers_as_the_plain_one() {
    for seed in 0..40 {
        let mut luck = fastrand::Rng::with_seed(seed);
        let (_folder, path) = place();
        let disk = Sqlite::open(&path).expect("it opens");
        let memory = Memory::new();
        let plans = [toy::plan("web"), Plan { exclusive: Some("db".to_owned()), ..toy::plan("db") }];
        let mut live: Vec<String> = Vec::new();
        for at in 0..60 {
            let mut entries = Vec::new();
            if live.is_empty() || luck.u8(..6) == 0 {
                let run = format!("r{at}");
                entries.push((run.clone(), vec![toy::started(&run, &plans[luck.usize(..2)])], true));
                live.push(run);
            }
            for _ in 0..luck.usize(..3) {
                let run = luck.choice(&live).expect("one is live").clone();
                let target = luck.choice([None, Some("ny"), Some("la")]).flatten();
                let value = luck.choice([Value::Null, Value::Int(at), Value::text("x")]).expect("one of three");
                entries.push((run, vec![log("x"), toy::kept(target, "version", value)], false));
            }
            if live.len() > 1 && luck.u8(..8) == 0 {
                entries.push((live.swap_remove(0), vec![toy::finished(Outcome::RolledBack)], false));
            }
            let entries_for = || -> Vec<Entry> {
                let build = |(run, events, first): &(String, Vec<Event>, bool)| {
                    let Some(Event::RunStarted(started)) = events.first().filter(|_| *first) else {
                        return add(run, at, events.clone());
                    };
                    let plan = plans.iter().find(|it| it.rollout == started.rollout).map(StoredPlan::of);
                    Entry { run: run.as_str().into(), at: At(at), events: events.clone(), plan }
                };
                entries.iter().map(build).collect()
            };
            let written = disk.append(entries_for()).wait().expect("durable");
            assert_eq!(written, memory.append(entries_for()).wait().expect("kept"), "seed {seed}");
        }
        assert_eq!(disk.runs(), memory.runs(), "seed {seed}");
        assert_eq!(disk.records(None, 7, 1000), memory.records(None, 7, 1000), "seed {seed}");
        assert_eq!(disk.records(Some("r0"), 0, 3), memory.records(Some("r0"), 0, 3), "seed {seed}");
        for plan in &plans {
            assert_eq!(disk.kept(&plan.rollout), memory.kept(&plan.rollout), "seed {seed}");
        }
    }
}

#[test]
fn appends_from_many_threads_are_all_kept_and_chained() {
    let (_folder, path) = place();
    let journal = Sqlite::open(&path).expect("it opens");
    let plan = toy::plan("web");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (journal, plan) = (&journal, &plan);
            scope.spawn(move || {
                let run = format!("r{thread}");
                journal.append(vec![begin(&run, plan)]).wait().expect("durable");
                for at in 0..50 {
                    let records = journal.append(vec![add(&run, at, vec![log("x")])]).wait().expect("durable");
                    assert_eq!(records[0].number, at as u64 + 2);
                }
            });
        }
    });
    for thread in 0..8 {
        let verified = verify(journal.reader(), &format!("r{thread}")).expect("it is there");
        assert_eq!((verified.records, verified.broken), (51, None));
    }
}

#[test]
fn an_append_to_an_unknown_run_is_refused_and_nothing_is_promised_after() {
    let (_folder, path) = place();
    let journal = Sqlite::open(&path).expect("it opens");
    assert!(journal.append(vec![add("nobody", 1, vec![log("x")])]).wait().is_err());
    assert!(journal.append(vec![begin("a", &toy::plan("web"))]).wait().is_err());
    assert_eq!(journal.runs().expect("reading goes on"), []);
}

#[test]
fn what_is_no_journal_of_ours_is_named() {
    let (_folder, path) = place();
    assert_eq!(opened(&path), JournalError::Absent { path: path.clone() });

    std::fs::write(&path, "a".repeat(4096)).expect("it writes");
    assert!(matches!(Sqlite::open(&path).err(), Some(JournalError::Corrupt { .. })));

    std::fs::remove_file(&path).expect("it is there");
    let other = rusqlite::Connection::open(&path).expect("it opens");
    other.execute_batch("CREATE TABLE notes (text TEXT)").expect("it writes");
    assert_eq!(Sqlite::open(&path).err(), Some(JournalError::Foreign { path: path.clone() }));

    std::fs::remove_file(&path).expect("it is there");
    drop(Sqlite::open(&path).expect("it opens"));
    let later = rusqlite::Connection::open(&path).expect("it opens");
    later.execute_batch("PRAGMA user_version = 9").expect("it writes");
    let newer = JournalError::NewerFormat { path: path.clone(), found: 9, known: 2 };
    assert_eq!(Sqlite::open(&path).err(), Some(newer.clone()));
    assert_eq!(opened(&path), newer);
}

fn opened(path: &Path) -> JournalError {
    Reader::open(path).err().expect("it does not open")
}

/// Run by hand, in release: `cargo test --release -- --ignored --nocapture the_price_of_a_commit`.
#[test]
#[ignore = "measures"]
fn the_price_of_a_commit() {
    let (_folder, path) = place();
    let journal = Sqlite::open(&path).expect("it opens");
    journal.append(vec![begin("a", &toy::plan("web"))]).wait().expect("durable");
    for events in [1, 2, 4, 100] {
        let commits = 2000;
        let (clock, cpu) = (std::time::Instant::now(), cpu_ms());
        for at in 0..commits {
            let batch =
                (0..events).map(|_| log("a line of some sixty bytes that somebody wanted to be logged")).collect();
            journal.append(vec![add("a", at, batch)]).wait().expect("durable");
        }
        let (wall, cpu) = (clock.elapsed().as_micros() as i64 / commits, (cpu_ms() - cpu) * 1000 / commits);
        println!("{events} events a commit: {wall} us wall, {cpu} us of the processor");
    }
    let file = std::fs::File::create(path.with_extension("raw")).expect("it opens");
    let clock = std::time::Instant::now();
    for _ in 0..2000 {
        std::io::Write::write_all(&mut &file, &[7; 4096]).expect("it writes");
        file.sync_data().expect("it syncs");
    }
    println!("write and fdatasync alone: {} us wall", clock.elapsed().as_micros() / 2000);
}

fn cpu_ms() -> i64 {
    let usage = std::fs::read_to_string("/proc/self/stat").expect("linux");
    let fields: Vec<i64> =
        usage.rsplit(") ").next().expect("fields").split(' ').filter_map(|it| it.parse().ok()).collect();
    // utime and stime, in ticks of 10 ms; the state before them is no number.
    (fields[10] + fields[11]) * 10
}
