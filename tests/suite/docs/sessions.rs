//! Every terminal session on a page gives what the page shows. Files of the page are written where they stand, then
//! the commands run in a folder of their own. What differs from run to run (names, times) is compared as a pattern.

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use regex::Regex;

use super::pages::{Complaints, Page, pages, root};

#[test]
fn every_session_is_real() {
    let pages = pages();
    let with_sessions: Vec<&Page> =
        pages.iter().filter(|it| it.blocks().iter().any(|it| it.info == "console")).collect();
    assert!(with_sessions.len() > 2, "only {} pages have sessions", with_sessions.len());
    let mut complaints = Complaints::default();
    // Side by side: the pages wait more than they work.
    std::thread::scope(|scope| {
        let played = with_sessions.iter().map(|page| (*page, scope.spawn(|| play(page))));
        for (page, played) in played.collect::<Vec<_>>() {
            compare(page, &played.join().expect("a page can be played"), &mut complaints);
        }
    });
}

fn compare(page: &Page, played: &str, complaints: &mut Complaints) {
    let (found, wanted) = (alike(played), alike(&page.text));
    if std::env::var_os("UPDATE_DOCS").is_some_and(|it| it == "1")
        && !found.iter().map(|it| &it.1).eq(wanted.iter().map(|it| &it.1))
    {
        return fs::write(root().join(&page.path), played).expect("the page can be written");
    }
    let first = found.iter().zip(&wanted).find(|(found, wanted)| found.1 != wanted.1);
    if let Some((found, wanted)) = first {
        let what = format!(
            "the page shows `{}`, and what happens is `{}`; write it with `UPDATE_DOCS=1 cargo test --test suite docs`, \
             and read what has changed",
            wanted.1, found.1
        );
        complaints.add(page, wanted.0, what);
    } else if found.len() != wanted.len() {
        complaints.add(page, 1, "more or less happens than the page shows");
    }
}

/// Returns the page with what its commands really print.
fn play(page: &Page) -> String {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = &temporary.path().canonicalize().expect("it is there");
    if page.text.contains("$ rollout run examples/") {
        copy(&root().join("examples"), &folder.join("examples"));
    }
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
                fs::write(folder.join(name), by_whoever_plays(&text)).expect("the file can be written");
            }
            played.push_str(&text);
        }
        played.push_str("```\n");
    }
    played
}

/// Who acts on a page is dana; where a file names her it means whoever plays the page.
fn by_whoever_plays(text: &str) -> String {
    Regex::new(r"\bdana\b").expect("it is a pattern").replace_all(text, player()).into_owned()
}

fn player() -> String {
    let name = Command::new("id").arg("-un").output().expect("there is `id`").stdout;
    String::from_utf8_lossy(&name).trim().to_owned()
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
    let person = Regex::new(&format!(r"\b{}\b", regex::escape(&player()))).expect("it is a pattern");
    let text = text.replace(&folder.display().to_string(), "/home/dana/rollouts");
    let text = person.replace_all(&text, "dana");
    text.lines().flat_map(|it| [it.trim_end(), "\n"]).collect()
}

/// Returns the lines of a page with their numbers and without what differs from run to run. What goes on side by
/// side may be told in any order, so the lines of a block are sorted; how often a check asked depends on how busy the
/// machine is.
fn alike(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut block: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(without_chance(text).lines()).filter(|(_, it)| !it.contains(": attempt ")) {
        if line.starts_with("$ ") || line.starts_with("```") || line.is_empty() {
            lines.append(&mut sorted(&mut block));
            lines.push((number, line.to_owned()));
        } else {
            block.push((number, line.to_owned()));
        }
    }
    lines.append(&mut sorted(&mut block));
    lines
}

fn sorted(block: &mut Vec<(usize, String)>) -> Vec<(usize, String)> {
    let mut block = std::mem::take(block);
    block.sort_by(|a, b| a.1.cmp(&b.1));
    block.dedup_by(|a, b| a.1 == b.1);
    block
}

fn without_chance(text: &str) -> String {
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
    text
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
