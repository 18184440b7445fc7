//! What the language means by its conditions, windows and ways of steering: every scenario of `tests/scenarios` is
//! played, and its file is free of complaints.

use std::path::Path;
use std::process::{Command, Output};

fn rollout(words: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("rollout"));
    command.args(words).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it starts")
}

#[test]
fn every_scenario_goes_as_the_language_says() {
    let played = rollout(&["test", "tests/scenarios"]);
    let text = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{text}");
    let passed = text.lines().filter(|it| it.starts_with("pass")).count();
    assert!(passed >= 135, "only {passed} scenarios were played");
}

#[test]
fn no_scenario_stands_in_a_file_that_is_complained_about() {
    let checked = rollout(&["check", "tests/scenarios"]);
    let text = format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success() && text.contains("nothing to complain about"), "{text}");
}

#[test]
fn every_file_of_scenarios_says_what_it_is_about() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        assert!(text.starts_with("# ") && text.contains("\ntest \""), "{}", path.display());
    }
}
