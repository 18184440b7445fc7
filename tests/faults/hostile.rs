//! Names that are meant to lead elsewhere: of rollouts, stages, targets, outputs and kept values. Nothing outside the
//! state folder comes to be, and nothing that was there changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::stage::Stage;

const NAMES: [&str; 16] = [
    "../../escaped",
    "/tmp/escaped-absolute",
    "..",
    ".",
    "a/../../../b",
    "..\\..\\windows",
    "con\u{0}nul",
    "line\nbreak",
    "tab\there",
    "$(touch escaped)",
    "`touch escaped`",
    "; touch escaped;",
    "' touch escaped '",
    "\u{202e}txt.exe",
    "-rf",
    "~root",
];

/// Every file and folder beneath one but the state folder, with what is in it.
fn tree(folder: &Path, state: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it reads").flatten() {
        let path = entry.path();
        if path == state {
            continue;
        }
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(tree(&path, state));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap_or_default());
        }
    }
    found
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text").replace("\\u0000", "\\u{0}").replace('$', "$$")
}

/// A program in which a stage and a step have a name.
fn with_stage(name: &str) -> String {
    let word = quoted(name);
    format!("rollout r {{\n  stage {word} {{ step inner {{ run \"echo x\" }} }}\n}}\n")
}

/// A program whose targets have names that only the plan knows, and leave outputs and kept values.
const WITH_TARGETS: &str = "fleet all = csv(\"names.csv\")
rollout r {
  stage one {
    for t in all {
      step inner {
        run \"printf '%s' ${t} > /dev/null; echo value=${t} >> $ROLLOUT_OUTPUT\"
        outputs { value: string }
      }
      keep place = t.name
    }
  }
}
";

/// Runs a program; returns whether it was run to its end. Nothing outside the state folder may change.
fn stays_inside(name: &str, text: &str, csv: &str) -> bool {
    let around = tempfile::tempdir().expect("a folder");
    let stage = Stage::with("r.rollout", text);
    stage.write("names.csv", csv);
    fs::create_dir(stage.path().join("deep")).expect("made");
    let before = (tree(stage.path(), &stage.state()), tree(around.path(), Path::new("/")));
    let mut command = stage.command(&["run", "r.rollout", "--yes"]);
    let output = command.env("TMPDIR", around.path()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // A name may be refused; it may not be followed.
    assert!(matches!(output.status.code(), Some(0 | 2 | 7)), "{name:?}: {:?} {said}", output.status);
    let after = (tree(stage.path(), &stage.state()), tree(around.path(), Path::new("/")));
    assert_eq!(before, after, "{name:?}: {said}");
    for gone in ["/tmp/escaped-absolute", "/tmp/escaped"] {
        assert!(!Path::new(gone).exists(), "{name:?} made `{gone}`");
    }
    output.status.success()
}

#[test]
fn whatever_things_are_called_nothing_leaves_the_state_folder() {
    let mut ran = 0;
    for name in NAMES {
        let is_run = stays_inside(name, &with_stage(name), "name\n");
        assert!(!is_run, "a stage may be called {name:?}");
        let csv = format!("name,zone\n\"{}\",x\nplain,y\n", name.replace('"', "\"\""));
        ran += usize::from(stays_inside(name, WITH_TARGETS, &csv));
    }
    println!("{ran} of {} names were those of targets in a run, the others were refused", NAMES.len());
    assert!(ran >= 10, "only {ran} names were run with");
}

#[test]
fn a_run_is_only_ever_looked_for_by_its_name() {
    let stage = Stage::with("r.rollout", "rollout r { stage one { run \"echo x\" } }\n");
    assert_eq!(stage.say(&["run", "r.rollout", "--yes"]).code, 0);
    let before = tree(stage.path(), &stage.state());
    for name in NAMES.into_iter().filter(|it| !it.contains('\0')) {
        for command in ["status", "logs", "events", "audit", "rollback", "cancel", "why"] {
            let output = stage.command(&[command, "--", name]).output().expect("it starts");
            assert_eq!(output.status.code(), Some(2), "{command} {name:?}");
        }
    }
    assert_eq!(before, tree(stage.path(), &stage.state()));
}
