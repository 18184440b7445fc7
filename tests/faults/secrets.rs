//! A canary in every channel that a secret may take and in some that it may not: afterwards nothing that the program
//! wrote, printed or started shows it, in any form.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::stage::Stage;

const CANARY: &str = "kana\"ri/vogel+&7<x> \\9z";

const TEXT: &str = r#"
secret token = env("TOKEN")
secret filed = file("token.txt")
secret asked = command(["cat", "token.txt"])
rollout leaky {
  on_failure = stop
  stage one {
    run "printf %s \"$T\"; echo" { env = { T = token } }
    run "cat; echo" { stdin = filed }
    run "printf %s \"$T\" | base64 -w0; printf 'a%s' \"$T\" | base64 -w0; printf 'ab%s' \"$T\" | base64 -w0; echo" { env = { T = token } }
    run "printf %s \"$T\" | od -An -tx1 -v | tr -d ' \\n'; echo" { env = { T = asked } }
    run "printf %s \"$T\" | cut -c1-9; for c in 1 2 3; do printf %s \"$T\"; sleep 0.02; done >&2" { env = { T = token } }
    step kept {
      run "echo \"value=$T\" >> $ROLLOUT_OUTPUT; sleep 0.3" { env = { T = token } }
      outputs { value: string }
    }
    log "it said ${one.kept.value}"
    run "printf %s \"$T\" | head -c 12; printf %s \"$T\" | tail -c +13; exit 3" { env = { T = token } }
  }
}
"#;

/// The canary as it is, in base64 at each offset, in hexadecimal, and escaped for URLs, JSON and shells.
fn forms() -> BTreeSet<Vec<u8>> {
    let raw = CANARY.as_bytes();
    let mut forms: BTreeSet<Vec<u8>> = BTreeSet::from([raw.to_vec()]);
    for offset in 0..3 {
        let padded = [vec![b'x'; offset], raw.to_vec()].concat();
        for text in [STANDARD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            // What comes before and after colours the first and the last characters.
            let from = [0, 2, 3][offset];
            let text = text.trim_end_matches('=');
            forms.insert(text.as_bytes()[from..text.len() - 2].to_vec());
        }
    }
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.insert(hex.to_uppercase().into_bytes());
    forms.insert(hex.into_bytes());
    let escaped: String = raw
        .iter()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    forms.insert(escaped.to_lowercase().into_bytes());
    forms.insert(escaped.replace("%20", "+").into_bytes());
    forms.insert(escaped.into_bytes());
    let json = serde_json::to_string(CANARY).expect("a text");
    forms.insert(json.trim_matches('"').as_bytes().to_vec());
    forms.insert(serde_json::to_string(&json).expect("a text").trim_matches('"').as_bytes().to_vec());
    forms
}

fn shown_in<'f>(bytes: &[u8], forms: &'f BTreeSet<Vec<u8>>) -> Option<&'f [u8]> {
    forms.iter().find(|it| memchr::memmem::find(bytes, it).is_some()).map(Vec::as_slice)
}

fn look(what: &str, bytes: &[u8], forms: &BTreeSet<Vec<u8>>) {
    if let Some(form) = shown_in(bytes, forms) {
        panic!("{what} shows the canary as `{}`", String::from_utf8_lossy(form));
    }
}

fn every_file(folder: &Path, look: &mut dyn FnMut(&Path, &[u8])) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("it reads").flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("it has a type"));
        if kind.is_dir() {
            count += every_file(&path, look);
        } else if kind.is_file() {
            look(&path, &fs::read(&path).expect("it reads"));
            count += 1;
        }
    }
    count
}

#[test]
fn the_forms_are_really_found() {
    let forms = forms();
    assert!(forms.len() >= 12, "{} forms", forms.len());
    for text in [CANARY.to_owned(), STANDARD.encode(CANARY), STANDARD.encode(format!("a{CANARY}zzz"))] {
        assert!(shown_in(format!("before {text} after").as_bytes(), &forms).is_some(), "{text}");
    }
    assert!(shown_in(b"nothing of the kind", &forms).is_none());
}

#[test]
fn a_secret_shows_nowhere() {
    let stage = Stage::with("leaky.rollout", TEXT);
    let outside = tempfile::tempdir().expect("a folder");
    stage.write("token.txt", CANARY);
    let forms = forms();
    let ended = AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        let lines = scope.spawn(|| {
            let mut seen = 0;
            while !ended.load(Ordering::SeqCst) {
                for entry in fs::read_dir("/proc").expect("linux").flatten() {
                    if entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
                        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                        look("a command line", &line, &forms);
                        seen += 1;
                    }
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            seen
        });
        let mut command = stage.command(&["run", "leaky.rollout", "--yes", "--verbose", "--log", "trace"]);
        let output = command.env("TOKEN", CANARY).env("TMPDIR", outside.path()).output().expect("it starts");
        ended.store(true, Ordering::SeqCst);
        assert!(lines.join().expect("no command line shows it") > 10);
        output
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("exit code 3") || said.contains("exited with 3") || said.contains("failed"), "{said}");
    look("the output", said.as_bytes(), &forms);
    for words in [
        &["logs"][..],
        &["events"],
        &["events", "--format", "json"],
        &["status", "--format", "json"],
        &["audit"],
        &["audit", "--format", "json"],
        &["history", "--format", "json"],
        &["why"],
        &["plan", "leaky.rollout", "--format", "json"],
    ] {
        let output = stage.command(words).env("TOKEN", CANARY).output().expect("it starts");
        look(&words.join(" "), &output.stdout, &forms);
        look(&words.join(" "), &output.stderr, &forms);
    }
    let files = every_file(&stage.state(), &mut |path, bytes| look(&path.display().to_string(), bytes, &forms));
    assert!(files > 5, "only {files} files");
    every_file(outside.path(), &mut |path, bytes| look(&path.display().to_string(), bytes, &forms));
    // Whoever owns the machine aside, nobody may even look.
    assert_eq!(fs::metadata(stage.state()).expect("it is there").permissions().mode() & 0o077, 0);
}
