//! What was once recorded is readable for ever: the journals under `tests/journals` verify, read, and are written
//! the same way again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rollout::engine::{Event, Outcome, Run, apply};
use rollout::journal::{Entry, Journal, Reader, Sqlite, StoredPlan, audit, audit_file, verify};
use rollout::plan::{KeptValues, Plan};
use rollout::sim::{Luck, Odds, play};
use rollout::value::At;

use crate::people;
use crate::sessions::HOSTS;
use crate::stage::Stage;
use crate::toy;

const RUN: &str = "20261121-aaaa";
const DECIDED: &str = "20261121-bbbb";

/// Every version of the journal that was ever written; what is recorded anew goes to the last.
const VERSIONS: [&str; 2] = ["v1", "v2"];

/// The version in which the events were recorded that came later.
const LATER: &str = "v2";

fn recorded(version: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals").join(version).join(name)
}

/// Copies a recorded journal to where reading it may leave files beside it.
fn copied(version: &str, name: &str) -> (tempfile::TempDir, Reader) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    std::fs::copy(recorded(version, name), &path).expect("the recorded journal is there");
    let reader = Reader::open(&path).expect("a recorded journal opens");
    (folder, reader)
}

#[test]
fn recorded_journals_verify() {
    for version in VERSIONS {
        let (_folder, reader) = copied(version, "every-event.db");
        let verified = verify(&reader, RUN).expect("the run is there");
        assert_eq!(verified.broken, None);
        assert_eq!(verified.records as usize, toy::every_event(&toy::plan("vision_model")).len());
    }
}

#[test]
fn an_engine_takes_a_journal_of_any_version_over_and_changes_no_record() {
    for version in VERSIONS {
        let (folder, reader) = copied(version, "runs.db");
        let before = reader.records(None, 0, usize::MAX).expect("they read");
        drop(reader);
        let path = folder.path().join("journal.db");
        let plan = toy::plan("web");
        let journal = Sqlite::open(&path).expect("it opens");
        let entry = Entry {
            run: "later".into(),
            at: At(1),
            events: vec![toy::started("later", &plan), toy::finished(Outcome::Succeeded)],
            plan: Some(StoredPlan::of(&plan)),
        };
        journal.append(vec![entry]).wait().expect("durable");
        drop(journal);
        let reader = Reader::open(&path).expect("it opens");
        let after = reader.records(None, 0, before.len()).expect("they read");
        assert_eq!(before, after, "{version}");
        for run in reader.runs().expect("they read") {
            let audited = audit(&reader, &run.id, None).expect("it is there");
            assert!(audited.is_clean(), "{version}: {audited:?}");
            assert_eq!(audited.signer.is_some(), version != "v1" || run.id == "later");
        }
        assert_eq!(audit_file(&reader).expect("it reads"), Vec::<String>::new());
    }
}

#[test]
fn recorded_events_are_read_and_written_as_they_were() {
    are_as_they_were("every-event.db", &toy::every_event(&toy::plan("vision_model")));
    are_as_they_were("people.db", &toy::people_events(&toy::plan("vision_model")));
}

#[test]
fn events_that_came_later_are_read_and_written_as_they_were() {
    are_as_they_were_in(LATER, "later-events.db", &toy::later_events(&toy::plan("vision_model")));
}

/// What is not recorded could be written otherwise one day, and nobody would notice.
#[test]
fn every_kind_of_event_is_recorded() {
    let plan = toy::plan("vision_model");
    let all = [toy::every_event(&plan), toy::people_events(&plan), toy::later_events(&plan)].concat();
    let recorded: BTreeSet<String> = all.iter().map(kind).collect();
    let text = include_str!("../../src/engine/event.rs");
    let (_, variants) = text.split_once("pub enum Event {").expect("there is the enum");
    let (variants, _) = variants.split_once("\n}").expect("it ends");
    let name = |line: &str| -> Option<String> {
        let line = line.strip_prefix("    ").filter(|it| it.starts_with(|it: char| it.is_ascii_uppercase()))?;
        Some(line.chars().take_while(char::is_ascii_alphanumeric).collect())
    };
    let known: BTreeSet<String> = variants.lines().filter_map(name).map(|it| snake(&it)).collect();
    assert!(known.len() > 40, "{known:?}");
    assert_eq!(known.difference(&recorded).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn kind(event: &Event) -> String {
    let json = serde_json::to_value(event).expect("plain data");
    json["type"].as_str().expect("it says its kind").to_owned()
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn are_as_they_were(name: &str, events: &[Event]) {
    VERSIONS.iter().for_each(|version| are_as_they_were_in(version, name, events));
}

fn are_as_they_were_in(version: &str, name: &str, events: &[Event]) {
    let (folder, reader) = copied(version, name);
    let records = reader.records(Some(RUN), 0, usize::MAX).expect("they read");
    let read: Vec<Event> = records.iter().map(|it| (*it.event).clone()).collect();
    assert_eq!(read, events);
    let connection = rusqlite::Connection::open(folder.path().join("journal.db")).expect("it opens");
    let mut query = connection
        .prepare("SELECT body FROM event JOIN run ON run.key = event.run WHERE run.id = '20261121-aaaa' ORDER BY seq")
        .expect("the table is there");
    let bodies = query.query_map([], |row| row.get::<_, String>(0)).expect("it reads");
    for (body, event) in bodies.zip(events) {
        assert_eq!(body.expect("text"), serde_json::to_string(event).expect("plain data"));
    }
}

#[test]
fn recorded_plans_read() {
    for version in VERSIONS {
        let (_folder, reader) = copied(version, "every-event.db");
        let run = reader.run(RUN).expect("the run is there");
        assert_eq!(reader.plan(&run.plan).expect("it reads").rollout, "vision_model");
    }
}

#[test]
fn recorded_runs_replay_to_their_ending() {
    VERSIONS.iter().for_each(|version| replay_to_their_ending(version));
}

fn replay_to_their_ending(version: &str) {
    let (_folder, reader) = copied(version, "runs.db");
    let runs = reader.runs().expect("they read");
    let endings: Vec<Option<Outcome>> = runs.iter().map(|it| it.outcome).collect();
    assert_eq!(endings, [Some(Outcome::Succeeded), Some(Outcome::RolledBack)]);
    for summary in runs {
        assert_eq!(verify(&reader, &summary.id).expect("it is there").broken, None);
        let plan = reader.plan(&summary.plan).expect("it reads");
        let mut run = Run::new();
        for record in reader.records(Some(&summary.id), 0, usize::MAX).expect("they read") {
            apply(&plan, &mut run, record.at, &record.event);
        }
        assert_eq!(run.finished(), summary.outcome);
    }
}

#[test]
fn a_recorded_run_in_which_people_decided_replays_to_its_ending() {
    VERSIONS.iter().for_each(|version| people_replay_to_their_ending(version));
}

fn people_replay_to_their_ending(version: &str) {
    let (_folder, reader) = copied(version, "people.db");
    assert_eq!(verify(&reader, DECIDED).expect("it is there").broken, None);
    let summary = reader.run(DECIDED).expect("it is there");
    let plan = reader.plan(&summary.plan).expect("it reads");
    let mut run = Run::new();
    let mut decided = 0;
    for record in reader.records(Some(DECIDED), 0, usize::MAX).expect("they read") {
        decided += u32::from(matches!(&*record.event, Event::Approved { .. } | Event::Ticked { .. }));
        apply(&plan, &mut run, record.at, &record.event);
    }
    assert_eq!(run.finished(), summary.outcome);
    assert!(decided > 3, "people decided {decided} times");
}

/// Run by hand, once for each version of the format: `cargo test record_ -- --ignored`.
#[test]
#[ignore = "records the corpus anew"]
fn record_the_corpus() {
    record_events("every-event.db", toy::every_event(&toy::plan("vision_model")));
}

/// Run by hand as well.
#[test]
#[ignore = "records the corpus anew"]
fn record_what_came_later() {
    record_events("later-events.db", toy::later_events(&toy::plan("vision_model")));
}

fn record_events(name: &str, events: Vec<Event>) {
    let (folder, path) = to_record(name);
    let plan = toy::plan("vision_model");
    let sqlite = Sqlite::open(&folder.path().join("journal.db")).expect("it opens");
    for (step, event) in events.into_iter().enumerate() {
        let stored = (step == 0).then(|| StoredPlan::of(&plan));
        let at = At(1_794_900_000_000 + step as i64 * 1000);
        let entry = Entry { run: RUN.into(), at, events: vec![event], plan: stored };
        sqlite.append(vec![entry]).wait().expect("it is written");
    }
    drop(sqlite);
    std::fs::copy(folder.path().join("journal.db"), path).expect("nobody has it open, so the file is whole");
}

/// Where a journal is written, and where the file goes then; what lies beside a journal is no part of the corpus.
fn to_record(name: &str) -> (tempfile::TempDir, PathBuf) {
    let path = recorded(VERSIONS[VERSIONS.len() - 1], name);
    assert!(!path.exists(), "a recorded journal stays as it is");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    (tempfile::tempdir().expect("a folder"), path)
}

/// Run by hand as well: two real runs, one of which is taken back.
#[test]
#[ignore = "records the corpus anew"]
fn record_real_runs() {
    let (_folder, path) = to_record("runs.db");
    let stage = Stage::with("hosts.rollout", HOSTS);
    assert_eq!(stage.say(&["run", "hosts.rollout"]).code, 0);
    assert_eq!(stage.say(&["run", "hosts.rollout", "--input", "fails=true"]).code, 3);
    let journal = stage.state().join("journal.db");
    // Whoever closes last moves the log into the file.
    drop(Sqlite::open(&journal).expect("the engine has gone"));
    std::fs::copy(journal, path).expect("the file is whole");
}

/// Run by hand as well: every event about people, and a run on virtual time in which they decide.
#[test]
#[ignore = "records the corpus anew"]
fn record_people() {
    let (folder, path) = to_record("people.db");
    let sqlite = Sqlite::open(&folder.path().join("journal.db")).expect("it opens");
    let write = |run: &str, plan: &Plan, events: Vec<(At, Event)>| {
        for (step, (at, event)) in events.into_iter().enumerate() {
            let stored = (step == 0).then(|| StoredPlan::of(plan));
            let entry = Entry { run: run.into(), at, events: vec![event], plan: stored };
            sqlite.append(vec![entry]).wait().expect("it is written");
        }
    };
    let toy = toy::plan("vision_model");
    let at = |step: usize| At(1_794_900_000_000 + step as i64 * 1000);
    let events = toy::people_events(&toy).into_iter().enumerate().map(|(step, event)| (at(step), event));
    write(RUN, &toy, events.collect());
    // Where it was recorded is nobody's business.
    let plan = Plan { folder: "/srv/shop".to_owned(), ..people::plan_of(people::REVIEWED) };
    let luck = Luck { seed: 3, odds: Odds { person_silent: 200, ..Odds::NONE } };
    let mut events = play(&plan, &KeptValues::new(), luck, &mut |_| None).events;
    if let Some((_, Event::RunStarted(started))) = events.first_mut() {
        started.run = DECIDED.into();
        started.plan = plan.digest().into();
    }
    write(DECIDED, &plan, events);
    drop(sqlite);
    std::fs::copy(folder.path().join("journal.db"), path).expect("nobody has it open, so the file is whole");
}
