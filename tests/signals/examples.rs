//! The examples that name a server, prepared to be run against it. The files are those of the
//! project; what differs is said as a person would say it: addresses in the environment or in the fleet's table, times as
//! inputs, and programs by a folder of their own in the path.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::stage::Stage;

/// Copies an example with all that lies beside it.
pub fn staged(example: &str) -> Stage {
    let stage = Stage::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example), stage.path());
    stage
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("it is made");
    for entry in std::fs::read_dir(from).expect("the example is there").flatten() {
        let there = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &there);
        } else {
            std::fs::copy(entry.path(), there).expect("it is copied");
        }
    }
}

/// Puts a program into a folder that stands first in the path.
pub fn program(stage: &Stage, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let folder = stage.path().join("bin");
    std::fs::create_dir_all(&folder).expect("it is made");
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\nset -eu\ncd \"$(dirname \"$0\")/..\"\n{script}\n")).expect("it writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
}

/// Starts a run with some inputs and variables.
pub fn started(stage: &Stage, file: &str, inputs: &[&str], variables: &[(&str, &str)]) -> Child {
    started_by(stage.command(&["run", file, "--yes"]), stage, inputs, variables)
}

pub fn started_by(mut command: Command, stage: &Stage, inputs: &[&str], variables: &[(&str, &str)]) -> Child {
    let path = std::env::var("PATH").expect("a PATH");
    inputs.iter().for_each(|it| {
        command.args(["--input", it]);
    });
    command.env("PATH", format!("{}:{path}", stage.path().join("bin").display()));
    command.envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}
