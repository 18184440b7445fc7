//! A disk that is really full: a small file system in memory, in a mount namespace of its own, so that it takes nobody
//! with it and needs no more rights than a developer has.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::stage::Stage;

const TEXT: &str = "rollout long {
  stage only {
    for n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30] {
      run \"echo ${n}; sleep 0.15; head -c 6000 /dev/zero | tr '\\\\0' x\"
    }
  }
}
rollout short { stage only { run \"true\" } }
";

/// What happens inside: $1 is the program, $2 a folder of its own.
const SCRIPT: &str = r#"
set -u
mount -t tmpfs -o size=14m none "$2/.rollout" || exit 40
"$1" run long.rollout#long --yes > long.txt 2>&1 &
long=$!
waited=0
until [ -e .rollout/journal.reserve ] && grep -q started long.txt; do
  sleep 0.05; waited=$((waited + 1)); [ $waited -lt 200 ] || exit 41
done
cat /dev/zero > .rollout/fill 2>/dev/null
waited=0
until grep -q 'the disk is full' long.txt; do
  sleep 0.05; waited=$((waited + 1)); [ $waited -lt 400 ] || { cat long.txt; exit 42; }
  cat /dev/zero >> .rollout/fill 2>/dev/null
done
"$1" run long.rollout#short --yes > short.txt 2>&1
echo "short ended with $?"
cat short.txt
"$1" status > status.txt 2>&1
echo "status ended with $?"
"$1" events > /dev/null 2>&1
echo "events ended with $?"
rm .rollout/fill
wait $long
echo "long ended with $?"
"$1" audit --all > audit.txt 2>&1
echo "audit ended with $?"
"$1" run long.rollout#short --yes > /dev/null 2>&1
echo "another short ended with $?"
cat long.txt audit.txt
"#;

#[test]
fn on_a_full_disk_nothing_begins_what_runs_comes_to_rest_and_goes_on_when_there_is_room() {
    let stage = Stage::with("long.rollout", TEXT);
    std::fs::create_dir(stage.state()).expect("made");
    std::fs::set_permissions(stage.state(), std::fs::Permissions::from_mode(0o700)).expect("ours");
    let program = stage.command(&[]).get_program().to_owned();
    // Whoever is not root is, in a namespace of their own.
    let root = Command::new("id").arg("-u").output().is_ok_and(|it| it.stdout == b"0\n");
    let mut command = Command::new("unshare");
    command.arg(if root { "-m" } else { "-rm" }).args(["sh", "-c", SCRIPT, "sh"]).arg(program).arg(stage.path());
    command.current_dir(stage.path()).env_clear().env("HOME", stage.path()).stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").expect("a PATH"));
    let output = command.output().expect("`unshare` is there: on Debian in `util-linux`");
    let said = String::from_utf8_lossy(&output.stdout);
    let whole = format!("{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{:?}: {whole}", output.status);
    assert!(said.contains("short ended with 2\nerror: the disk is full: nothing new begins"), "{whole}");
    assert!(said.contains("status ended with 0\nevents ended with 0\n"), "{whole}");
    assert!(said.contains("paused by the engine: the disk is full."), "{whole}");
    assert!(said.contains("resumed by the engine: there is room on the disk again."), "{whole}");
    assert!(said.contains("long ended with 0\naudit ended with 0\nanother short ended with 0\n"), "{whole}");
}
