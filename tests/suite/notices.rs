//! Notices as they really go out: to listeners, to programs, beside what follows them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::stage::Stage;

/// Listens, answers each request with a line, and hands on what it got; the port, and what came.
fn listen(answers: &'static [&'static str]) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sent, got) = channel();
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("a connection");
            let (mut request, mut bytes) = (Vec::new(), [0; 4096]);
            while !is_whole(&request) {
                match stream.read(&mut bytes) {
                    Ok(count) if count > 0 => request.extend_from_slice(&bytes[..count]),
                    _ => break,
                }
            }
            let status = answers.get(at).or(answers.last()).expect("there is an answer");
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).ok();
            if sent.send(String::from_utf8_lossy(&request).into_owned()).is_err() {
                return;
            }
        }
    });
    (port, got)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
    body.len() >= length.and_then(|it| it.trim().parse().ok()).unwrap_or(0)
}

fn body(request: &str) -> serde_json::Value {
    let (_, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    serde_json::from_str(body).expect("JSON")
}

fn next(got: &Receiver<String>) -> String {
    got.recv_timeout(Duration::from_secs(20)).expect("a request comes")
}

#[test]
fn slack_gets_a_text_and_nobody_sees_its_address() {
    let (port, got) = listen(&["200 OK"]);
    let stage = Stage::with(
        "web.rollout",
        r#"secret hook = env("HOOK")
        channel releases = slack(hook)
        rollout web {
          input who: string = "a \"b\" <!channel> & c"
          stage one { notify releases "rolled out by ${who}\n" }
        }"#,
    );
    let hook = format!("http://127.0.0.1:{port}/services/T-very-secret");
    let said = stage.command(&["run", "web.rollout", "--yes"]).env("HOOK", &hook).output().expect("it starts");
    let out = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{out}{}", String::from_utf8_lossy(&said.stderr));
    let request = next(&got);
    assert!(request.starts_with("POST /services/T-very-secret "), "{request}");
    assert_eq!(body(&request)["text"], "rolled out by a \"b\" &lt;!channel&gt; &amp; c\n");
    let events = stage.say(&["events", "--format", "json"]);
    assert!(events.out.contains("\"type\":\"noticed\""), "{}", events.out);
    assert!(!events.out.contains("very-secret") && !out.contains("very-secret"));
}

#[test]
fn a_webhook_is_told_where_and_when_and_can_tell_who_says_it() {
    let (port, got) = listen(&["503 Busy", "204 No Content"]);
    let stage = Stage::with(
        "web.rollout",
        &format!(
            "secret key = env(\"KEY\")
             channel releases = webhook(\"http://127.0.0.1:{port}/in\", key = key)
             rollout web {{ stage one {{ notify releases \"one\" }} }}"
        ),
    );
    let said = stage.command(&["run", "web.rollout", "--yes"]).env("KEY", "whsec_c29tZS1zaWduaW5nLWtleQ==").output();
    assert!(said.expect("it starts").status.success());
    let (refused, taken) = (next(&got), next(&got));
    let header = |request: &str, name: &str| {
        let found = request.lines().find_map(|it| it.strip_prefix(&format!("{name}: ")).map(str::to_owned));
        found.unwrap_or_else(|| panic!("no `{name}` in {request}"))
    };
    let run = &stage.runs()[0];
    for request in [&refused, &taken] {
        assert_eq!(header(request, "webhook-id"), format!("{run}/one/notify~1"));
        assert!(header(request, "webhook-signature").starts_with("v1,"));
        let body = body(request);
        assert_eq!((body["message"].as_str(), body["rollout"].as_str()), (Some("one"), Some("web")));
        assert_eq!((body["path"].as_str(), body["run"].as_str()), (Some("one/notify~1"), Some(run.as_str())));
    }
    // The same notice, sent twice, is the same to the last letter.
    assert_eq!(header(&refused, "webhook-signature"), header(&taken, "webhook-signature"));
}

#[test]
fn what_follows_a_notice_does_not_wait_and_the_end_of_the_run_does() {
    let stage = Stage::with(
        "web.rollout",
        r#"channel slow = command("sh", "-c", "sleep 1.5; cat > told; echo said >> order")
        rollout web { stage one { notify slow "hello ${1 + 1}", run "echo went on >> order" { allow = [W0012] } } }"#,
    );
    let begun = Instant::now();
    let said = stage.say(&["run", "web.rollout", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(begun.elapsed() > Duration::from_millis(1500));
    assert_eq!(stage.read("order"), "went on\nsaid\n");
    assert_eq!(stage.read("told"), "hello 2");
}

#[test]
fn a_notice_that_nobody_takes_is_a_warning() {
    let stage = Stage::with(
        "web.rollout",
        r#"channel dead = command("false")
        rollout web { stage one { notify dead "x" { timeout = 1s }, log "on" } }"#,
    );
    let said = stage.say(&["run", "web.rollout", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.contains("one/notify~1: warning: exit code 1."), "{}", said.out);
}

#[test]
fn whoever_is_told_of_a_pause_hears_it_while_it_lasts() {
    let stage = Stage::with(
        "web.rollout",
        r#"channel told = command("sh", "-c", "cat > told")
        rollout web {
          stage one { pause "look at it", log "on" }
          on paused { notify told "paused", log "it waits" }
        }"#,
    );
    let said = stage.say(&["run", "web.rollout", "--yes"]);
    assert!(said.out.contains("it waits"), "{}", said.shown());
    assert_eq!(stage.read("told"), "paused");
    let resumed = stage.say(&["resume"]);
    assert!(resumed.shown().contains("succeeded"), "{}", resumed.shown());
}
