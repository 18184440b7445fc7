//! Steps under supervisors, as the whole program runs them: what reaches the disk, what is ended with a step, and what
//! a server hears when a request is sent again.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::stage::Stage;

const SECRET: &str = "s3cr3t-\"value\" & more";
/// What none of its spellings is without: as it is, escaped for JSON and URLs, in hex, and in base64 at each offset.
const TRACES: [&str; 9] = [
    "s3cr3t-\"value",
    "s3cr3t-\\\"value",
    "s3cr3t-%22value",
    "7333637233742d",
    "7333637233742D",
    "czNjcjN0LSJ2YWx1ZSIgJiBtb3Jl",
    "MzY3IzdC0idmFsdWUiICYgbW9yZ",
    "zM2NyM3QtInZhbHVlIiAmIG1vcm",
    "s3cr3t-\"val",
];

/// Every file under a folder that holds some text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("it reads").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(text.len()).any(|it| it == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

fn secretive(spawner: &str) {
    let script = r#"
        printf 'plain %s\n' "$T"
        printf '%s' "$T" | base64 -w 0
        printf ' x%s' "$T" | base64 -w 0
        printf ' yy%s' "$T" | base64 -w 0
        printf '%s' "$T" | od -An -tx1 -v | tr -d ' \n'
        echo
        printf '%s\n' "$T" | sed 's/ /%20/g; s/"/%22/g; s/&/%26/g'
        for part in 1-5 6-10 11-; do printf '%s' "$(printf '%s' "$T" | cut -c $part)"; sleep 0.1; done
        echo "error: $T is wrong" >&2
        echo begun > begun
        sleep 1
        echo "key=$T" >> "$ROLLOUT_OUTPUT"
        echo end"#;
    let text = format!(
        "secret token = env(\"TOKEN\")\nrollout hidden {{\n  stage only {{\n    run \"\"\"{script}\n    \"\"\" {{ env = {{ T = token }} }}\n  }}\n}}\n"
    );
    let stage = Stage::with("hidden.rollout", &text);
    let mut command = stage.command(&["run", "hidden.rollout", "--yes"]);
    let mut engine = command.env("TOKEN", SECRET).env("ROLLOUT_SPAWNER", spawner).spawn().expect("it starts");
    stage.until("it has printed all", || stage.read("begun") == "begun\n");
    engine.kill().expect("it is a child");
    engine.wait().expect("it ends");
    let look = |when: &str| {
        for trace in TRACES {
            assert_eq!(files_with(&stage.state().join("logs"), trace), Vec::<String>::new(), "`{trace}` {when}");
            let journal = files_with(&stage.state(), trace);
            assert_eq!(journal, Vec::<String>::new(), "`{trace}` {when}");
        }
    };
    // Only its supervisor knows the secret now: the next engine does not have it, and what it hides stays hidden.
    look("while nobody drives");
    let resumed = stage.say(&["resume-all"]);
    assert_eq!(resumed.code, 0, "{}", resumed.shown());
    look("at the end");
    let logs = stage.say(&["logs"]);
    assert!(logs.out.contains("plain ***") && logs.out.contains("end"), "{}", logs.shown());
    assert!(TRACES.iter().all(|it| !logs.shown().contains(it)), "{}", logs.shown());
}

#[test]
fn no_spelling_of_a_secret_reaches_the_disk() {
    secretive("on");
}

#[test]
fn nor_does_it_under_a_supervisor_that_is_executed() {
    secretive("off");
}

#[test]
fn what_leaves_its_group_is_ended_with_a_step_that_is_late() {
    let script = "setsid sh -c 'echo $$ > daemon; exec sleep 300' >/dev/null 2>&1 & sleep 300";
    let text = format!("rollout late {{\n  stage only {{ run \"{script}\" {{ timeout = 1s }} }}\n}}\n");
    let stage = Stage::with("late.rollout", &text);
    let said = stage.say(&["run", "late.rollout", "--yes"]);
    assert!(said.out.contains("no end within 1s"), "{}", said.shown());
    let daemon = stage.read("daemon");
    assert!(!daemon.is_empty(), "it was started");
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", daemon.trim())).unwrap_or_default();
    stage.until("it has ended", || stat().is_empty() || stat().contains(") Z "));
}

#[test]
fn a_request_that_is_sent_again_has_the_same_key() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let keys: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let heard = Arc::clone(&keys);
    std::thread::spawn(move || {
        for (nth, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("it connects");
            let mut request = Vec::new();
            let mut bytes = [0; 4096];
            while !request.windows(4).any(|it| it == b"\r\n\r\n") {
                let count = stream.read(&mut bytes).expect("it reads");
                request.extend_from_slice(&bytes[..count]);
            }
            let request = String::from_utf8(request).expect("text");
            let key = request.lines().find_map(|it| it.strip_prefix("idempotency-key: ")).expect("it has a key");
            let path = request.split(' ').nth(1).expect("a path").to_owned();
            heard.lock().expect("no panic").push((path, key.to_owned()));
            if nth == 0 {
                // Nobody answers the first: its engine is killed over it.
                std::mem::forget(stream);
            } else {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .expect("it writes");
            }
        }
    });
    let url = format!("http://127.0.0.1:{port}");
    let text = format!(
        "rollout post {{\n  stage only {{\n    http POST \"{url}/one\" {{ idempotent = true }}\n    http POST \"{url}/two\"\n    http POST \"{url}/own\" {{ headers = {{ \"Idempotency-Key\" = \"mine\" }} }}\n  }}\n}}\n"
    );
    let stage = Stage::with("post.rollout", &text);
    let mut engine = stage.start(&["run", "post.rollout", "--yes"]);
    stage.until("it is sent", || !keys.lock().expect("no panic").is_empty());
    engine.kill().expect("it is a child");
    engine.wait().expect("it ends");
    let resumed = stage.say(&["resume-all"]);
    assert_eq!(resumed.code, 0, "{}", resumed.shown());
    let keys = keys.lock().expect("no panic").clone();
    let of = |path: &str| keys.iter().filter(|it| it.0 == path).map(|it| it.1.clone()).collect::<Vec<_>>();
    let [first, second] = &of("/one")[..] else { panic!("it is sent twice: {keys:?}") };
    assert_eq!((first, first.len()), (second, 32));
    assert_ne!(of("/two"), std::slice::from_ref(first), "another request has another key");
    assert_eq!(of("/own"), ["mine"]);
}
