//! What was once recorded is readable for ever: the journals under `tests/journals` verify, read, and are written
//! the same way again.

use std::path::{Path, PathBuf};

use rollout::engine::{Event, Outcome, Run, apply};
use rollout::journal::{Entry, Journal, Reader, Sqlite, StoredPlan, verify};
use rollout::value::At;

use crate::sessions::HOSTS;
use crate::stage::Stage;
use crate::toy;

const RUN: &str = "20261121-aaaa";

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
    let (_folder, reader) = copied("v1", "every-event.db");
    let verified = verify(&reader, RUN).expect("the run is there");
    assert_eq!(verified.broken, None);
    assert_eq!(verified.records as usize, toy::every_event(&toy::plan("vision_model")).len());
}

#[test]
fn recorded_events_are_read_and_written_as_they_were() {
    let (_folder, reader) = copied("v1", "every-event.db");
    let records = reader.records(Some(RUN), 0, usize::MAX).expect("they read");
    let events: Vec<Event> = records.iter().map(|it| (*it.event).clone()).collect();
    assert_eq!(events, toy::every_event(&toy::plan("vision_model")));
    let connection = rusqlite::Connection::open(_folder.path().join("journal.db")).expect("it opens");
    let mut query = connection.prepare("SELECT body FROM event ORDER BY seq").expect("the table is there");
    let bodies = query.query_map([], |row| row.get::<_, String>(0)).expect("it reads");
    for (body, event) in bodies.zip(&events) {
        assert_eq!(body.expect("text"), serde_json::to_string(event).expect("plain data"));
    }
}

#[test]
fn recorded_plans_read() {
    let (_folder, reader) = copied("v1", "every-event.db");
    let run = reader.run(RUN).expect("the run is there");
    assert_eq!(reader.plan(&run.plan).expect("it reads").rollout, "vision_model");
}

#[test]
fn recorded_runs_replay_to_their_ending() {
    let (_folder, reader) = copied("v1", "runs.db");
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

/// Run by hand, once for each version of the format: `cargo test record_ -- --ignored`.
#[test]
#[ignore = "records the corpus anew"]
fn record_the_corpus() {
    let path = recorded("v1", "every-event.db");
    assert!(!path.exists(), "a recorded journal stays as it is");
    let plan = toy::plan("vision_model");
    let sqlite = Sqlite::open(&path).expect("it opens");
    for (step, event) in toy::every_event(&plan).into_iter().enumerate() {
        let stored = (step == 0).then(|| StoredPlan::of(&plan));
        let at = At(1_794_900_000_000 + step as i64 * 1000);
        let entry = Entry { run: RUN.into(), at, events: vec![event], plan: stored };
        sqlite.append(vec![entry]).wait().expect("it is written");
    }
}

/// Run by hand as well: two real runs, one of which is taken back.
#[test]
#[ignore = "records the corpus anew"]
fn record_real_runs() {
    let path = recorded("v1", "runs.db");
    assert!(!path.exists(), "a recorded journal stays as it is");
    let stage = Stage::with("hosts.rollout", HOSTS);
    assert_eq!(stage.say(&["run", "hosts.rollout"]).code, 0);
    assert_eq!(stage.say(&["run", "hosts.rollout", "--input", "fails=true"]).code, 3);
    std::fs::copy(stage.state().join("journal.db"), path).expect("the engine has gone, so the file is whole");
}
