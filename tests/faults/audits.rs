//! `rollout audit` finds whatever was done to a record behind the program's back, and signed ends that were kept
//! elsewhere find a journal that was cut short or replaced, chain and all.

use rollout::journal::{Hash, Reader, Verifier, key_path};
use rusqlite::Connection;

use crate::stage::Stage;

const TEXT: &str = "people us = [\"root\", \"SOMEBODY\"]
rollout hosts {
  stage one { run \"echo one\" }
  stage two { approve us { author_may = true } }
  stage three { run \"echo three\" }
}
";

/// A run that somebody has approved and that has ended.
fn ended() -> Stage {
    let me = Stage::new().command(&["x"]).get_current_dir().map(|_| whoami()).expect("somebody");
    let stage = Stage::with("hosts.rollout", &TEXT.replace("SOMEBODY", &me));
    let run = stage.start(&["run", "hosts.rollout", "--yes", "--reason", "a new version"]);
    stage.until("it waits for approval", || stage.say(&["status"]).out.contains("approve"));
    assert_eq!(stage.say(&["approve", "--reason", "looked at it"]).code, 0);
    assert_eq!(stage.end(run).code, 0);
    stage
}

fn whoami() -> String {
    let output = std::process::Command::new("id").arg("-un").output().expect("it starts");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

fn database(stage: &Stage) -> Connection {
    let connection = Connection::open(stage.state().join("journal.db")).expect("it opens");
    let triggers = ["event_stays", "event_remains", "plan_stays", "plan_remains", "head_stays", "head_remains"];
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).expect("it is there");
    }
    connection
}

#[test]
fn an_audit_says_who_did_what_when_and_why() {
    let stage = ended();
    let said = stage.say(&["audit"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(
        said.out.contains("`hosts` started by SOMEBODY.") || said.out.contains("`hosts` started by"),
        "{}",
        said.out
    );
    for wanted in ["looked at it", "the chain is whole: HASH.", "signed 2 times, up to record"] {
        assert!(said.out.contains(wanted), "{wanted}: {}", said.out);
    }
    let json: serde_json::Value = serde_json::from_str(&stage.say(&["audit", "--format", "json"]).out).expect("JSON");
    let acts: Vec<&str> =
        json["acts"].as_array().expect("a list").iter().filter_map(|it| it["type"].as_str()).collect();
    assert_eq!(acts, ["run_started", "approved"]);
    assert_eq!(json["acts"][0]["reason"], "a new version");
    assert_eq!(json["acts"][1]["reason"], "looked at it");
    assert_eq!(json["clean"], true);
}

#[test]
fn edited_removed_inserted_and_reordered_records_are_found() {
    let deeds = [
        ("edited", "UPDATE event SET body = replace(body, 'looked at it', 'never seen it')"),
        ("edited", "UPDATE event SET at = at + 60000 WHERE number = 5"),
        ("removed", "DELETE FROM event WHERE number = 5"),
        (
            "inserted",
            "UPDATE event SET seq = seq + 1000 WHERE number > 5;
             UPDATE event SET seq = seq - 999 WHERE number > 5;
             INSERT INTO event SELECT 6, run, 5, at, body, hash FROM event WHERE number = 5",
        ),
        (
            "order",
            "UPDATE event SET seq = 1000 WHERE number = 5; UPDATE event SET seq = 5 WHERE number = 6;
             UPDATE event SET seq = 6 WHERE seq = 1000",
        ),
        ("and is gone", "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)"),
        ("not the one of digest", "UPDATE plan SET body = CAST(replace(CAST(body AS TEXT), 'echo', 'ecHo') AS BLOB)"),
        ("its row says another person", "UPDATE run SET person = 'mallory'"),
        ("its row says another outcome", "UPDATE run SET outcome = 'failed'"),
        ("its end is not signed", "DELETE FROM head WHERE number > 20 OR number = (SELECT max(number) FROM head)"),
    ];
    let stage = ended();
    let path = stage.state().join("journal.db");
    let whole = std::fs::read(&path).expect("it reads");
    for (found, deed) in deeds {
        for left in ["journal.db-wal", "journal.db-shm"] {
            let _ = std::fs::remove_file(stage.state().join(left));
        }
        std::fs::write(&path, &whole).expect("it writes");
        database(&stage).execute_batch(deed).expect("whoever can write the file can do so");
        let said = stage.say(&["audit"]);
        assert!(said.code == 1 && said.out.contains(found), "{deed}: {}", said.shown());
    }
}

/// Writes the chain of all records anew, as somebody would who knows how it is made and has no key.
fn rechain(connection: &Connection) {
    let mut query = connection
        .prepare("SELECT event.seq, run.id, event.number, event.at, event.body FROM event JOIN run ON run.key = event.run ORDER BY seq")
        .expect("it asks");
    let rows = query.query_map([], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, i64>(2)?,
            row.get(3)?,
            row.get::<_, String>(4)?,
        ))
    });
    let rows: Vec<(i64, String, i64, i64, String)> = rows.expect("it reads").map(|it| it.expect("a row")).collect();
    let mut hash = Hash::NONE;
    for (seq, run, number, at, body) in rows {
        hash = hash.link(&run, number as u64, rollout::value::At(at), body.as_bytes());
        connection
            .execute("UPDATE event SET hash = ?2 WHERE seq = ?1", rusqlite::params![seq, &hash.0[..]])
            .expect("it writes");
    }
}

#[test]
fn a_chain_that_was_made_anew_does_not_fit_what_was_signed() {
    let stage = ended();
    let connection = database(&stage);
    connection
        .execute_batch("UPDATE event SET body = replace(body, 'looked at it', 'never seen it')")
        .expect("written");
    rechain(&connection);
    drop(connection);
    std::fs::remove_file(stage.state().join("journal.acked")).expect("it is there");
    let said = stage.say(&["audit"]);
    assert!(said.code == 1 && said.out.contains("is not the one that was signed"), "{}", said.shown());
}

#[test]
fn an_end_that_was_kept_elsewhere_finds_a_journal_that_was_cut_short_or_replaced() {
    let stage = ended();
    let exported = stage.say(&["audit", "--export", "end.txt"]);
    assert_eq!(exported.code, 0, "{}", exported.shown());
    assert_eq!(stage.say(&["audit", "--against", "end.txt"]).code, 0);
    let key = stage.say(&["audit", "--format", "json"]).out;
    let key: serde_json::Value = serde_json::from_str(&key).expect("JSON");
    let key = key["signer"].as_str().expect("a key").to_owned();
    assert_eq!(stage.say(&["audit", "--against", "end.txt", "--key", &key]).code, 0);

    // Cut short, with every trace beside it taken away.
    let cut = "DELETE FROM event WHERE number > 6; DELETE FROM head; UPDATE run SET outcome = NULL, finished = NULL";
    database(&stage).execute_batch(cut).expect("it writes");
    std::fs::remove_file(stage.state().join("journal.acked")).expect("it is there");
    assert_eq!(stage.say(&["audit"]).code, 0, "by itself it cannot be told");
    let said = stage.say(&["audit", "--against", "end.txt"]);
    assert!(said.code == 1 && said.out.contains("and is gone."), "{}", said.shown());

    // Replaced by another one, key and all.
    std::fs::remove_dir_all(stage.state()).expect("it is ours");
    let other = stage.start(&["run", "hosts.rollout", "--yes"]);
    stage.until("it waits for approval", || stage.say(&["status"]).out.contains("approve"));
    let said = stage.say(&["audit", "--against", "end.txt"]);
    assert!(said.code == 1 && said.err.contains("of which there is a signed end"), "{}", said.shown());
    assert_eq!(stage.say(&["approve"]).code, 0);
    assert_eq!(stage.end(other).code, 0);
    let said = stage.say(&["audit", "--key", &key]);
    assert!(said.code == 1 && said.out.contains("another key than the one that is trusted"), "{}", said.shown());
}

#[test]
fn a_signed_end_that_was_changed_is_not_believed() {
    let stage = ended();
    assert_eq!(stage.say(&["audit", "--export", "end.txt"]).code, 0);
    let text = stage.read("end.txt");
    let number: u64 = text.lines().nth(1).and_then(|it| it.parse().ok()).expect("how many records");
    stage.write("less.txt", &text.replacen(&format!("\n{number}\n"), &format!("\n{}\n", number - 1), 1));
    let said = stage.say(&["audit", "--against", "less.txt"]);
    assert!(said.code == 1 && said.out.contains("its signature does not fit"), "{}", said.shown());
    stage.write("none.txt", "hello\n");
    assert_eq!(stage.say(&["audit", "--against", "none.txt"]).code, 2);
}

#[test]
fn the_key_is_the_owners_and_what_it_signs_anybody_can_check() {
    use std::os::unix::fs::PermissionsExt;
    let stage = ended();
    let path = stage.state().join("journal.db");
    let mode = std::fs::metadata(key_path(&path)).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let reader = Reader::open(&path).expect("it opens");
    let run = reader.newest().expect("it reads").expect("there is one").id;
    let verifier = Verifier::parse(&reader.signer(&run).expect("it reads").expect("it is signed")).expect("a key");
    for (number, note) in reader.heads(&run).expect("they read") {
        let head = verifier.open(&note).expect("it is signed");
        assert_eq!(reader.link_at(&run, number).expect("it reads"), Some(head.hash));
    }
}
