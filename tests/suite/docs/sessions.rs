//! Every terminal session on a page gives what the page shows. Files of the page are written where they stand, then
//! the commands run in a folder of their own. What differs from run to run (names, times) is compared as a pattern.

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use regex::Regex;

use super::pages::{Page, page, root};

#[test]
fn the_sessions_of_the_readme_are_real() {
    is_real("README.md");
}

#[test]
fn the_sessions_of_the_tutorial_are_real() {
    is_real("docs/tutorial.md");
}

fn is_real(path: &str) {
    let page = page(path.to_owned());
    let folder = tempfile::tempdir().expect("a folder");
    if page.text.contains("$ rollout run examples/") {
        copy(&root().join("examples"), &folder.path().join("examples"));
    }
    let played = play(&page, folder.path());
    if std::env::var_os("UPDATE_DOCS").is_some_and(|it| it == "1") {
        return fs::write(root().join(path), played).expect("the page can be written");
    }
    let (found, wanted) = (alike(&played), alike(&page.text));
    let first = found.iter().zip(&wanted).find(|(found, wanted)| found != wanted);
    let (found_line, wanted_line) = first.unwrap_or((&found[0], &wanted[0]));
    assert!(
        found == wanted,
        "`{path}` shows something else than happens: `{wanted_line}` instead of `{found_line}`; write it with \
         `UPDATE_DOCS=1 cargo test --test suite docs`, and read what has changed"
    );
}

/// Returns the page with what its commands really print.
fn play(page: &Page, folder: &Path) -> String {
    let mut played = String::new();
    let mut lines = page.text.lines();
    while let Some(line) = lines.next() {
        played.push_str(line);
        played.push('\n');
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|it| *it != "```").collect();
        if info == "console" {
            for command in body.iter().filter_map(|it| it.strip_prefix("$ ")) {
                played.push_str(&format!("$ {command}\n{}", output(command, folder)));
            }
        } else {
            let text: String = body.iter().flat_map(|it| [*it, "\n"]).collect();
            if let Some((_, name)) = info.split_once("file=") {
                fs::write(folder.join(name), &text).expect("the file can be written");
            }
            played.push_str(&text);
        }
        played.push_str("```\n");
    }
    played
}

/// Runs a command as a person would, and returns what they would see.
fn output(command: &str, folder: &Path) -> String {
    let program = cargo_bin("rollout");
    let programs = program.parent().expect("a program lies in a folder").display().to_string();
    let variables = [
        ("PATH", format!("{programs}:/usr/local/bin:/usr/bin:/bin")),
        ("HOME", folder.display().to_string()),
        ("ROLLOUT_STATE", folder.join(".rollout").display().to_string()),
        ("LANG", "C.UTF-8".to_owned()),
    ];
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(folder).env_clear().envs(variables);
    let output = shell.output().expect("there is a shell");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    // Somebody has to have done it, and on a page it is the same person everywhere.
    let name = Command::new("id").arg("-un").output().expect("there is `id`").stdout;
    let name = String::from_utf8_lossy(&name).trim().to_owned();
    let person = Regex::new(&format!(r"\b{}\b", regex::escape(&name))).expect("it is a pattern");
    let text = text.replace(&folder.display().to_string(), "/home/dana/rollouts");
    let text = person.replace_all(&text, "dana");
    text.lines().flat_map(|it| [it.trim_end(), "\n"]).collect()
}

/// Returns the lines of a page without what differs from run to run. What goes on side by side may be told in any
/// order, so the lines of a block are sorted; how often a check asked depends on how busy the machine is.
fn alike(text: &str) -> Vec<String> {
    let patterns = [
        (r"\d{8}-[0-9a-z]{4}", "RUN"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r"(?m)^\d\d:\d\d:\d\d", "CLOCK"),
        (r"\b(\d+(ms|s|m))+\b", "DURATION"),
        (r"[0-9a-f]{64}", "HASH"),
        (r"(done|failed|tolerated) \(\d+ of", "$1 (N of"),
        (r" +", " "),
    ];
    let mut text = text.to_owned();
    for (pattern, name) in patterns {
        text = Regex::new(pattern).expect("it is a pattern").replace_all(&text, name).into_owned();
    }
    let mut lines: Vec<String> = Vec::new();
    let mut block: Vec<String> = Vec::new();
    for line in text.lines().filter(|it| !it.contains(": attempt ")) {
        if line.starts_with("$ ") || line.starts_with("```") || line.is_empty() {
            block.sort();
            block.dedup();
            lines.append(&mut block);
            lines.push(line.to_owned());
        } else {
            block.push(line.to_owned());
        }
    }
    lines.append(&mut block);
    lines
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("it is a folder") {
        let entry = entry.expect("it can be read");
        let made = ["sites", "hosts", "pool", "servers", "factories"];
        match entry.path().is_dir() {
            // What runs of examples have left is none of theirs.
            true if made.iter().any(|it| entry.file_name() == *it) => {}
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).expect("a file can be copied")),
        }
    }
}
