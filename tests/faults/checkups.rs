//! `rollout doctor` says what is wrong, and an engine does not begin where nothing can be made durable.

use std::os::unix::fs::PermissionsExt;

use crate::stage::Stage;
use crate::strace;

const TEXT: &str = "rollout one { stage only { run \"true\" } }\n";

fn state_of(json: &str, name: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let checks = json["checks"].as_array().expect("a list");
    let found = checks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no check `{name}`"));
    found["state"].as_str().expect("a text").to_owned()
}

#[test]
fn a_sound_set_up_is_sound() {
    let stage = Stage::with("one.rollout", TEXT);
    assert_eq!(stage.say(&["doctor"]).code, 0, "before there is anything");
    assert_eq!(stage.say(&["run", "one.rollout", "--yes"]).code, 0);
    let said = stage.say(&["doctor", "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    for name in ["permissions", "journal", "engine", "clock", "sh"] {
        assert_eq!(state_of(&said.out, name), "good", "{name}: {}", said.out);
    }
    for name in ["file_system", "room", "files", "core_dumps", "time_zones", "bash", "certificates"] {
        state_of(&said.out, name);
    }
}

#[test]
fn what_is_wrong_is_said_and_is_in_the_exit_code() {
    let stage = Stage::with("one.rollout", TEXT);
    assert_eq!(stage.say(&["run", "one.rollout", "--yes"]).code, 0);
    std::fs::set_permissions(stage.state(), std::fs::Permissions::from_mode(0o755)).expect("ours");
    let said = stage.say(&["doctor", "--format", "json"]);
    assert_eq!((said.code, state_of(&said.out, "permissions").as_str()), (1, "bad"), "{}", said.shown());
    std::fs::set_permissions(stage.state(), std::fs::Permissions::from_mode(0o700)).expect("ours");
    std::fs::set_permissions(stage.state().join("signing.key"), std::fs::Permissions::from_mode(0o644)).expect("ours");
    assert_eq!(stage.say(&["doctor"]).code, 1);
    std::fs::set_permissions(stage.state().join("signing.key"), std::fs::Permissions::from_mode(0o600)).expect("ours");
    assert_eq!(stage.say(&["doctor"]).code, 0);

    let mut without = stage.command(&["doctor", "--format", "json"]);
    let said = without.env("PATH", "/nonexistent").output().expect("it starts");
    assert_eq!(state_of(&String::from_utf8(said.stdout).expect("UTF-8"), "sh"), "bad");

    let journal = stage.state().join("journal.db");
    let intruder = rusqlite::Connection::open(&journal).expect("it opens");
    let value = serde_json::to_string(&rollout::value::Value::text("9")).expect("plain data");
    intruder.execute("INSERT INTO kept VALUES ('one', '', 'version', ?1, 1)", [value]).expect("it writes");
    drop(intruder);
    let said = stage.say(&["doctor"]);
    assert!(said.code == 1 && said.out.contains("what `one` has kept is not what its records say"), "{}", said.shown());
    std::fs::write(&journal, "nothing of ours").expect("it writes");
    assert_eq!(stage.say(&["doctor"]).code, 1);
}

#[test]
fn no_engine_begins_on_a_network_file_system() {
    let stage = Stage::with("one.rollout", TEXT);
    std::fs::create_dir(stage.state()).expect("made");
    // The kernel's answer is replaced by that of an NFS mount: its number stands first, low byte first.
    let nfs = ["statfs:poke_exit=@arg2=6969000000000000".to_owned()];
    let output = strace::run(&stage, &nfs, &["run", "one.rollout", "--yes"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("lies on a network file system (nfs)"), "{said}");
    let output = strace::run(&stage, &nfs, &["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("network file system (nfs): no engine begins there"), "{said}");
    assert!(!stage.state().join("journal.db").exists());
}
