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
fn the_picture_in_the_readme_is_of_the_quickstart() {
    let mut command = Command::new(cargo_bin("rollout"));
    let drawn = command.args(["graph", "examples/quickstart/site.rollout", "--as", "svg"]).current_dir(root()).output();
    let drawn = drawn.expect("it can be run").stdout;
    is_committed("docs/pictures/quickstart.svg", &String::from_utf8(drawn).expect("a picture is text"));
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
