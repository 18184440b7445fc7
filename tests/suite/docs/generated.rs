//! Pages that are written from the tables of the program, so that they never say anything else than it does.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use rollout::diag::CODES;
use rollout::schema::reference;

use super::pages::root;

#[test]
fn the_reference_of_the_language_is_what_the_table_says() {
    is_committed("docs/reference/language.md", &reference());
}

#[test]
fn the_list_of_codes_is_what_the_table_says() {
    is_committed("docs/reference/errors.md", &errors());
}

#[test]
fn the_list_of_commands_is_what_they_say_of_themselves() {
    let help = said(&["--help"]);
    let commands = help.lines().skip_while(|it| *it != "Commands:").skip(1).take_while(|it| !it.is_empty());
    let commands: Vec<&str> = commands.filter_map(|it| it.split_whitespace().next()).collect();
    assert!(commands.len() > 10, "only {} commands", commands.len());
    let mut page = format!("# Commands\n\n```text\n{help}```\n");
    for command in commands {
        let _ = write!(page, "\n## `rollout {command}`\n\n```text\n{}```\n", said(&[command, "--help"]));
    }
    is_committed("docs/reference/commands.md", &page);
}

#[test]
fn the_picture_in_the_readme_is_of_the_quickstart() {
    let drawn = said(&["graph", "examples/quickstart/site.rollout", "--as", "svg"]);
    is_committed("docs/pictures/quickstart.svg", &drawn);
}

/// The pictures on the pages of strategies, with the example that each is of.
const STRATEGIES: &[(&str, &str)] = &[
    ("blue-green", "blue-green/shop.rollout"),
    ("canary", "canary/model.rollout"),
    ("feature-flag", "flag/checkout.rollout"),
    ("immediate", "immediate/fix.rollout"),
    ("multi-region", "regions/world.rollout#world"),
    ("phased", "weekly/finance.rollout"),
    ("rolling", "rolling/pool.rollout"),
    ("scheduled", "scheduled/workflow.rollout"),
    ("staged", "staged/model.rollout"),
    ("staging", "staging/shop.rollout"),
    ("traffic", "traffic/shop.rollout"),
];

#[test]
fn the_pictures_of_the_strategies_are_of_the_examples() {
    for (name, example) in STRATEGIES {
        let drawn = said(&["graph", &format!("examples/{example}"), "--as", "svg"]);
        is_committed(&format!("docs/pictures/{name}.svg"), &drawn);
    }
}

/// Returns what the program prints in the project's folder.
fn said(words: &[&str]) -> String {
    let mut command = Command::new(cargo_bin("rollout"));
    let output = command.args(words).env_clear().current_dir(root()).output().expect("it can be run");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    text.lines().flat_map(|it| [it.trim_end(), "\n"]).collect()
}

fn is_committed(path: &str, wanted: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|it| it == "1") {
        fs::write(&file, wanted).expect("the page can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == wanted, "`{path}` is out of date: write it with `UPDATE_DOCS=1 cargo test --test suite docs`");
}

const KINDS: &[(&str, &str)] = &[
    ("E01", "How a file is written"),
    ("E02", "Names"),
    ("E03", "Words and properties"),
    ("E04", "Types and units"),
    ("E05", "Strategies, actions, stages"),
    ("E06", "Fleets, imports, files"),
    ("E07", "Secrets and shells"),
    ("E08", "Plans: told by `rollout plan` and `rollout run`, with the values that they have"),
    ("W00", "Warnings"),
];

fn errors() -> String {
    let mut page = String::from(
        "# Codes\n\nEvery finding has a code. `rollout explain CODE` shows its page in the terminal. A warning is \
         silenced for one entry by `allow = [W0012]`, with the reason in the entry's doc comment.\n",
    );
    for (prefix, title) in KINDS {
        let _ = write!(page, "\n## {title}\n\n| code | |\n| --- | --- |\n");
        for row in CODES.iter().filter(|it| it.code.0.starts_with(prefix)) {
            let _ = writeln!(page, "| [{0}](../errors/{0}.md) | {1} |", row.code, row.title);
        }
    }
    page
}
