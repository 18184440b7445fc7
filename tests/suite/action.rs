//! Acting in the world: processes, secrets, requests and probes as they really behave on this machine.

use std::collections::BTreeMap;
use std::future::pending;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rollout::action::{
    Attempt, Environment, LeftOver, Live, Performer, ProcessIdentity, Quiet, SecretSource, Stream, Vault, end_left_over,
};
use rollout::engine::{
    Answer, CommandAccept, CommandJob, Done, Fault, FaultKind, HttpJob, Invocation, Job, Piece, ProbeAsk, ProbeJob,
    Probed, SecretText, Shell, StatusRange,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Remembers every line it hears.
#[derive(Default)]
struct Heard(Mutex<Vec<(Stream, String)>>);

impl Live for Heard {
    fn line(&self, step: &str, stream: Stream, line: &str) {
        assert_eq!(step, "stage/step");
        self.0.lock().expect("no test panics while listening").push((stream, line.to_owned()));
    }
}

/// A folder with a performer, and what may be set for an attempt.
struct Bench {
    folder: TempDir,
    performer: Performer,
    heard: Arc<Heard>,
    attempt: Attempt,
}

impl Bench {
    fn new() -> Bench {
        Bench::with(Vault::empty())
    }

    fn with(vault: Vault) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let heard = Arc::new(Heard::default());
        let attempt = Attempt {
            run: "run-1".to_owned(),
            step: "stage/step".to_owned(),
            attempt: 2,
            log: folder.path().join("logs/1.log"),
            output_file: folder.path().join("out/1"),
            log_limit_bytes: Attempt::LOG_LIMIT_BYTES,
            grace_ms: 300,
        };
        let performer = Performer::new(Arc::new(vault), Arc::clone(&heard) as Arc<dyn Live>, Environment::of_engine());
        Bench { folder, performer, heard, attempt }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn script(&self, text: &str) -> CommandJob {
        CommandJob {
            what: Invocation::Script { shell: Shell::Sh, text: text.to_owned() },
            env: Vec::new(),
            pass_env: Vec::new(),
            cwd: self.folder.path().display().to_string(),
            stdin: None,
            timeout_ms: 20_000,
            accept: CommandAccept { codes: vec![0], output: None },
        }
    }

    async fn run(&self, job: CommandJob) -> Answer {
        self.perform(&Job::Command(job)).await
    }

    async fn perform(&self, job: &Job) -> Answer {
        self.performer.perform(&self.attempt, job, pending(), |_| {}).await
    }

    async fn done(&self, text: &str) -> Done {
        match self.run(self.script(text)).await {
            Answer::Done(done) => done,
            other => panic!("`{text}`: {other:?}"),
        }
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.attempt.log).unwrap_or_default()).into_owned()
    }

    fn lines(&self) -> Vec<(Stream, String)> {
        self.heard.0.lock().expect("no test panics while listening").clone()
    }
}

fn fault(answer: Answer) -> Fault {
    match answer {
        Answer::Fault(fault) => fault,
        other => panic!("expected a fault: {other:?}"),
    }
}

fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

/// Waits until a process is gone. The system takes a moment to clear up.
fn is_gone_soon(pid: u32) -> bool {
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        !is_running(pid)
    })
}

fn pids(path: &str) -> Vec<u32> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().map(|pid| pid.parse().expect("a number")).collect()
}

async fn vault(name: &str, value: &str, folder: &Path) -> Vault {
    let path = folder.join(name);
    std::fs::write(&path, format!("{value}\n")).expect("a secret is written");
    let (vault, failures) = Vault::load(&[(name.into(), SecretSource::File(path))], &Environment::of_engine()).await;
    assert!(failures.is_empty(), "{failures:?}");
    vault
}

fn secret(name: &str) -> SecretText {
    SecretText(vec![Piece::Secret(name.into())])
}

#[tokio::test]
async fn a_command_answers_with_its_output_and_leaves_a_log() {
    let bench = Bench::new();
    let done = bench.done("echo one; echo two >&2; printf three").await;
    assert_eq!(done, Done { code: 0, stdout: "one\nthree".to_owned(), outputs: BTreeMap::new() });
    let mut logged: Vec<String> = bench.log().lines().map(str::to_owned).collect();
    logged.sort();
    assert_eq!(logged, ["one", "three", "two"]);
    let mut lines = bench.lines();
    lines.sort_by(|one, other| one.1.cmp(&other.1));
    let expected = [(Stream::Stdout, "one"), (Stream::Stdout, "three"), (Stream::Stderr, "two")];
    assert_eq!(lines, expected.map(|(stream, line)| (stream, line.to_owned())));
}

#[tokio::test]
async fn a_silent_command_leaves_no_trace() {
    let bench = Bench::new();
    bench.done(":").await;
    assert!(!bench.attempt.log.exists());
    assert!(!bench.attempt.output_file.exists());
}

#[tokio::test]
async fn an_exit_code_that_is_not_accepted_is_a_fault_that_says_why() {
    let bench = Bench::new();
    let refused = fault(bench.run(bench.script("echo 'no such image' >&2; exit 7")).await);
    assert_eq!((refused.kind, refused.code), (FaultKind::Refused, Some(7)));
    assert_eq!(refused.message, "exit code 7: no such image");
    let mut job = bench.script("exit 3");
    job.accept.codes = vec![0, 3];
    assert!(matches!(bench.run(job).await, Answer::Done(Done { code: 3, .. })));
    let mut job = bench.script("echo 'status: degraded'");
    job.accept.output = Some("status: (ok|green)".to_owned());
    assert_eq!(fault(bench.run(job.clone()).await).message, "its output does not match `status: (ok|green)`");
    job.what = Invocation::Script { shell: Shell::Sh, text: "echo 'status: green'".to_owned() };
    assert!(matches!(bench.run(job).await, Answer::Done(_)));
}

#[tokio::test]
async fn a_script_stops_at_its_first_failure() {
    let bench = Bench::new();
    assert_eq!(fault(bench.run(bench.script("false; echo never")).await).code, Some(1));
    assert_eq!(bench.log(), "");
    let mut job = bench.script("false | true");
    job.what = Invocation::Script { shell: Shell::Bash, text: "false | true".to_owned() };
    assert_eq!(fault(bench.run(job).await).code, Some(1));
}

#[tokio::test]
async fn what_cannot_be_started_says_so() {
    let bench = Bench::new();
    let mut job = bench.script("");
    job.what = Invocation::Exec { argv: vec!["no-such-program".to_owned()] };
    let refused = fault(bench.run(job.clone()).await);
    assert_eq!(refused.kind, FaultKind::Unreachable);
    assert_eq!(refused.message, "the program `no-such-program` is not there, or not executable");
    job.what = Invocation::Exec { argv: vec!["true".to_owned()] };
    job.cwd = bench.path("nowhere");
    assert_eq!(
        fault(bench.run(job.clone()).await).message,
        format!("its folder `{}` does not exist", bench.path("nowhere"))
    );
    job.cwd = bench.path("");
    job.env = vec![("X".into(), SecretText::plain("a\0b"))];
    assert!(fault(bench.run(job.clone()).await).message.contains("`X` holds a NUL"));
    job.env = vec![("X".into(), SecretText::plain("x".repeat(200_000)))];
    assert!(fault(bench.run(job).await).message.contains("128 KiB"));
}

#[tokio::test]
async fn the_environment_is_clean() {
    let bench = Bench::new();
    let mut job = bench.script("env | cut -d= -f1 | sort | tr '\\n' ' '");
    job.env = vec![("MINE".into(), SecretText::plain("1"))];
    let Answer::Done(done) = bench.run(job).await else { panic!("it runs") };
    let allowed = [
        "HOME",
        "LANG",
        "MINE",
        "OLDPWD",
        "PATH",
        "PWD",
        "ROLLOUT_ATTEMPT",
        "ROLLOUT_OUTPUT",
        "ROLLOUT_RUN",
        "ROLLOUT_STEP",
        "SHLVL",
        "TZ",
        "_",
    ];
    let names: Vec<&str> = done.stdout.split_whitespace().collect();
    assert!(names.iter().all(|name| allowed.contains(name)), "{names:?}");
    let done = bench.done("echo $ROLLOUT_RUN $ROLLOUT_STEP $ROLLOUT_ATTEMPT; pwd -P").await;
    let folder = bench.folder.path().canonicalize().expect("the folder is there");
    assert_eq!(done.stdout, format!("run-1 stage/step 2\n{}", folder.display()));
    let mut job = bench.script("echo \"$CARGO_MANIFEST_DIR\"");
    job.pass_env = vec!["CARGO_MANIFEST_*".into()];
    assert!(matches!(bench.run(job).await, Answer::Done(done) if done.stdout == env!("CARGO_MANIFEST_DIR")));
}

#[tokio::test]
async fn outputs_are_read_back_and_the_file_is_gone() {
    let bench = Bench::new();
    let done = bench.done("echo version=1.2 >> \"$ROLLOUT_OUTPUT\"; echo 'note=a = b' >> \"$ROLLOUT_OUTPUT\"").await;
    let expected = [("note".into(), "a = b".to_owned()), ("version".into(), "1.2".to_owned())];
    assert_eq!(done.outputs, expected.into());
    assert!(!bench.attempt.output_file.exists());
    let hostile = [
        "echo nonsense > \"$ROLLOUT_OUTPUT\"",
        "printf 'a=\\377' > \"$ROLLOUT_OUTPUT\"",
        "head -c 2000000 /dev/zero > \"$ROLLOUT_OUTPUT\"",
        "mkfifo \"$ROLLOUT_OUTPUT\"",
        "ln -s /etc/passwd \"$ROLLOUT_OUTPUT\"",
        "seq -f 'k%g=1' 300 > \"$ROLLOUT_OUTPUT\"",
    ];
    for text in hostile {
        let refused = fault(bench.run(bench.script(text)).await);
        assert_eq!(refused.kind, FaultKind::Refused, "`{text}`");
        assert!(refused.message.contains("its output file"), "`{text}`: {}", refused.message);
        std::fs::remove_file(&bench.attempt.output_file).ok();
    }
}

#[tokio::test]
async fn standard_input_arrives_whole_even_if_nobody_reads_it() {
    let bench = Bench::new();
    let text = "0123456789abcdef".repeat(40_000);
    let mut job = bench.script("cksum; wc -c");
    job.stdin = Some(SecretText::plain(text.clone()));
    job.what = Invocation::Exec { argv: vec!["wc".to_owned(), "-c".to_owned()] };
    assert!(matches!(bench.run(job.clone()).await, Answer::Done(done) if done.stdout == text.len().to_string()));
    job.what = Invocation::Exec { argv: vec!["true".to_owned()] };
    assert!(matches!(bench.run(job).await, Answer::Done(_)));
    assert_eq!(bench.done("cat").await.stdout, "");
}

#[tokio::test]
async fn time_out_ends_the_command_with_all_it_started() {
    let bench = Bench::new();
    let mut job =
        bench.script("(trap '' TERM; sleep 300 & echo $! > inner; wait) & sleep 300 & echo $! $$ > outer; wait");
    job.timeout_ms = 400;
    let since = Instant::now();
    let late = fault(bench.run(job).await);
    assert_eq!((late.kind, late.message.as_str()), (FaultKind::TimedOut, "no end within 400ms"));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    let started = [pids(&bench.path("inner")), pids(&bench.path("outer"))].concat();
    assert_eq!(started.len(), 3);
    assert!(started.into_iter().all(is_gone_soon));
}

#[tokio::test]
async fn a_command_that_ends_in_order_gets_its_time() {
    let bench = Bench::new();
    let mut job = bench.script("trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done");
    job.timeout_ms = 300;
    let since = Instant::now();
    assert_eq!(fault(bench.run(job).await).kind, FaultKind::TimedOut);
    assert!(since.elapsed() >= Duration::from_millis(300));
    // The shell may remark that its `sleep` was ended as well.
    assert!(bench.lines().contains(&(Stream::Stdout, "bye".to_owned())), "{}", bench.log());
}

#[tokio::test]
async fn a_command_that_will_not_end_is_killed_after_its_grace() {
    let bench = Bench::new();
    let mut job = bench.script("trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done");
    job.timeout_ms = 300;
    let since = Instant::now();
    assert_eq!(fault(bench.run(job).await).kind, FaultKind::TimedOut);
    assert!(since.elapsed() >= Duration::from_millis(600), "{:?}", since.elapsed());
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert!(pids(&bench.path("pid")).into_iter().all(is_gone_soon));
}

#[tokio::test]
async fn cancelling_ends_the_command() {
    let bench = Bench::new();
    let job = Job::Command(bench.script("sleep 300 & echo $! $$ > pids; wait"));
    let ended = tokio::time::sleep(Duration::from_millis(300));
    let answer = bench.performer.perform(&bench.attempt, &job, ended, |_| {}).await;
    assert_eq!(fault(answer).kind, FaultKind::Ended);
    let pids = pids(&bench.path("pids"));
    assert_eq!(pids.len(), 2);
    assert!(pids.into_iter().all(is_gone_soon));
}

#[tokio::test]
async fn dropping_the_future_kills_the_group() {
    let bench = Bench::new();
    let job = Job::Command(bench.script("sleep 300 & echo $! $$ > pids; wait"));
    let perform = bench.performer.perform(&bench.attempt, &job, pending(), |_| {});
    assert!(tokio::time::timeout(Duration::from_millis(300), perform).await.is_err());
    let pids = pids(&bench.path("pids"));
    assert_eq!(pids.len(), 2);
    assert!(pids.into_iter().all(is_gone_soon));
}

#[tokio::test]
async fn a_grandchild_that_holds_the_output_open_is_not_waited_for() {
    let bench = Bench::new();
    let since = Instant::now();
    let done = bench.done("echo done; sleep 300 & echo $! > pid").await;
    assert_eq!(done.stdout, "done");
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    assert!(pids(&bench.path("pid")).into_iter().all(is_gone_soon));
    assert!(bench.log().contains("held its output open"), "{}", bench.log());
}

#[tokio::test]
async fn what_a_command_leaves_running_in_order_goes_on() {
    let bench = Bench::new();
    bench.done("sleep 300 >/dev/null 2>&1 & echo $! > pid").await;
    let pids = pids(&bench.path("pid"));
    assert!(pids.iter().all(|pid| is_running(*pid)));
    pids.iter().for_each(|pid| drop(Command::new("kill").arg(pid.to_string()).status()));
}

#[tokio::test]
async fn a_foreign_signal_is_told_apart() {
    let bench = Bench::new();
    let refused = fault(bench.run(bench.script("kill -9 $$")).await);
    assert_eq!((refused.kind, refused.message.as_str()), (FaultKind::Signalled, "ended by signal 9"));
}

#[tokio::test]
async fn output_beyond_the_limit_is_read_but_not_kept() {
    let mut bench = Bench::new();
    bench.attempt.log_limit_bytes = 1_000;
    let done = bench.done("seq 100000; echo end").await;
    assert!(done.stdout.ends_with("100000\nend"));
    let log = bench.log();
    assert!(log.starts_with("1\n2\n3\n"));
    assert!(log.ends_with("[rollout: the output is longer than 1000 bytes; the rest is not kept]\n"), "{log}");
    assert!(log.len() < 1_200);
}

#[tokio::test]
async fn hostile_output_does_no_harm() {
    let bench = Bench::new();
    let done = bench.done("printf 'a\\377\\000\\033[31mb\\r\\n\\n'; head -c 10000000 /dev/zero | tr '\\0' x").await;
    assert_eq!(done.stdout.len(), 64 << 10);
    assert!(done.stdout.chars().all(|char| char == 'x'));
    let lines = bench.lines();
    assert_eq!(lines[0].1, "a\u{fffd}\0\u{1b}[31mb");
    assert_eq!(lines[1].1, "");
    assert!(lines.iter().all(|(_, line)| line.len() <= 64 << 10));
    assert_eq!(lines.iter().skip(2).map(|(_, line)| line.len()).sum::<usize>(), 10_000_000);
    assert_eq!(std::fs::metadata(&bench.attempt.log).expect("there is a log").len(), 12 + 10_000_000 + 1);
    let done = bench.done("head -c 100000 /dev/zero | tr '\\0' '\\377'").await;
    assert!(done.stdout.len() <= 64 << 10);
}

#[tokio::test]
async fn a_secret_reaches_its_command_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let value = "s3cr3t-\"value\" & more";
    let bench = Bench::with(vault("token", value, folder.path()).await);
    let text = r#"
        [ "$TOKEN" = 's3cr3t-"value" & more' ]
        [ "$(cat)" = "in: $TOKEN" ]
        echo "plain $TOKEN"
        printf '%s' "$TOKEN" | base64
        printf 'x%s' "$TOKEN" | base64 -w 0
        printf '%s' "$TOKEN" | od -An -tx1 | tr -d ' \n'
        for part in 's3c' 'r3t-"va' 'lue" & more'; do printf '%s' "$part"; sleep 0.1; done
        echo "key=$TOKEN" >> "$ROLLOUT_OUTPUT"
        echo "error: $TOKEN is wrong" >&2
        exit "$CODE"
    "#;
    let mut job = bench.script(text);
    job.stdin = Some(SecretText(vec![Piece::Plain("in: ".to_owned()), Piece::Secret("token".into())]));
    job.env = vec![("TOKEN".into(), secret("token")), ("CODE".into(), SecretText::plain("0"))];
    let Answer::Done(done) = bench.run(job.clone()).await else { panic!("{}", bench.log()) };
    assert_eq!(done.outputs["key"], "***");
    assert!(done.stdout.starts_with("plain ***\n***"), "{}", done.stdout);
    job.env[1].1 = SecretText::plain("1");
    let refused = fault(bench.run(job).await);
    assert_eq!(refused.message, "exit code 1: error: *** is wrong");
    let told: String = bench.lines().into_iter().map(|(_, line)| line + "\n").collect();
    for shown in [bench.log(), told, done.stdout, format!("{:?}", bench.performer_vault(folder.path()).await)] {
        for spelling in ["s3cr3t", "value", "czNjcjN0", "N0LSJ2YWx1", "7333637233742d"] {
            assert!(!shown.contains(spelling), "`{spelling}` is shown in {shown}");
        }
    }
}

impl Bench {
    async fn performer_vault(&self, folder: &Path) -> Vault {
        vault("token", "s3cr3t-\"value\" & more", folder).await
    }
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = folder.path().join("short");
    std::fs::write(&short, "1234567\n").expect("a secret is written");
    let program = |text: &str| SecretSource::Command {
        argv: vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()],
        folder: std::env::temp_dir(),
    };
    let declared = [
        ("unset".into(), SecretSource::Env("ROLLOUT_TEST_IS_NOT_SET".to_owned())),
        ("short".into(), SecretSource::File(short)),
        ("absent".into(), SecretSource::File(folder.path().join("absent"))),
        ("failing".into(), program("exit 3")),
        ("asked".into(), program("echo 12345678")),
        ("home".into(), SecretSource::Env("CARGO_MANIFEST_DIR".to_owned())),
    ];
    let (vault, failures) = Vault::load(&declared, &Environment::of_engine()).await;
    let names: Vec<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["unset", "short", "absent", "failing"]);
    assert_eq!(vault.resolve(&secret("asked")).as_deref(), Ok("12345678"));
    assert_eq!(vault.resolve(&secret("home")).as_deref(), Ok(env!("CARGO_MANIFEST_DIR")));
    let bench = Bench::with(vault);
    for name in ["unset", "short", "absent", "failing", "undeclared"] {
        let mut job = bench.script("echo never");
        job.env = vec![("X".into(), secret(name))];
        let missing = fault(bench.run(job).await);
        assert_eq!(missing.kind, FaultKind::Missing);
        assert!(missing.message.contains(&format!("the secret `{name}` is not there")), "{}", missing.message);
    }
}

/// Answers each connection with what a text says, after the request has been read; `hang` never answers.
async fn serve(answers: &'static [(&'static str, &'static str)]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut bytes = [0; 4096];
                while !request.windows(4).any(|four| four == b"\r\n\r\n") {
                    match stream.read(&mut bytes).await {
                        Ok(count) if count > 0 => request.extend_from_slice(&bytes[..count]),
                        _ => return,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let answer = answers
                    .iter()
                    .find(|(known, _)| *known == path)
                    .map_or("404 Not Found\r\n\r\n", |(_, answer)| answer);
                match answer {
                    "hang" => tokio::time::sleep(Duration::from_secs(60)).await,
                    "echo" => {
                        let text = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{request}");
                        stream.write_all(text.as_bytes()).await.ok();
                    }
                    "flood" => {
                        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await.ok();
                        while stream.write_all(&[b'x'; 65_536]).await.is_ok() {}
                    }
                    answer => drop(stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await),
                }
            });
        }
    });
    port
}

fn get(port: u16, path: &str) -> HttpJob {
    HttpJob {
        method: "GET".into(),
        url: format!("http://127.0.0.1:{port}{path}"),
        headers: Vec::new(),
        body: None,
        timeout_ms: 5_000,
        accept: Vec::new(),
    }
}

const ANSWERS: &[(&str, &str)] = &[
    ("/ok", "200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"),
    ("/down", "503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    ("/here", "302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    ("/away", "302 Found\r\nLocation: http://localhost:1/ok\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    ("/round", "302 Found\r\nLocation: /round\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    ("/cut", "200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort"),
    ("/hang", "hang"),
    ("/echo", "echo"),
    ("/flood", "flood"),
];

#[tokio::test]
async fn a_request_is_judged_by_its_status() {
    let bench = Bench::new();
    let port = serve(ANSWERS).await;
    let Answer::Done(done) = bench.perform(&Job::Http(get(port, "/ok"))).await else { panic!("it answers 200") };
    assert_eq!((done.code, done.stdout.as_str()), (200, "ok"));
    let refused = fault(bench.perform(&Job::Http(get(port, "/down"))).await);
    assert_eq!((refused.kind, refused.code, refused.message.as_str()), (FaultKind::Refused, Some(503), "answered 503"));
    let mut job = get(port, "/down");
    job.accept = vec![StatusRange { first: 500, last: 503 }];
    assert!(matches!(bench.perform(&Job::Http(job)).await, Answer::Done(Done { code: 503, .. })));
}

#[tokio::test]
async fn redirects_stay_within_their_host() {
    let bench = Bench::new();
    let port = serve(ANSWERS).await;
    assert!(matches!(bench.perform(&Job::Http(get(port, "/here"))).await, Answer::Done(Done { code: 200, .. })));
    for path in ["/away", "/round"] {
        let refused = fault(bench.perform(&Job::Http(get(port, path))).await);
        assert_eq!(refused.message, "answered 302, a redirect that is not followed", "{path}");
    }
}

#[tokio::test]
async fn no_answer_is_no_refusal() {
    let bench = Bench::new();
    let port = serve(ANSWERS).await;
    let mut job = get(port, "/hang");
    job.timeout_ms = 300;
    let late = fault(bench.perform(&Job::Http(job)).await);
    assert_eq!((late.kind, late.message.as_str()), (FaultKind::TimedOut, "no answer within 300ms"));
    let cut = fault(bench.perform(&Job::Http(get(port, "/cut"))).await);
    assert_eq!(cut.kind, FaultKind::Unreachable);
    let closed = fault(bench.perform(&Job::Http(get(free_port().await, "/"))).await);
    assert_eq!(closed.kind, FaultKind::Unreachable);
    assert!(closed.message.starts_with("`127.0.0.1` could not be reached: "), "{}", closed.message);
    for url in ["nonsense", "ftp://127.0.0.1/", "http://"] {
        let mut job = get(port, "/");
        job.url = url.to_owned();
        assert_eq!(fault(bench.perform(&Job::Http(job)).await).kind, FaultKind::Unreachable, "{url}");
    }
    let ended = tokio::time::sleep(Duration::from_millis(100));
    let job = Job::Http(get(port, "/hang"));
    assert_eq!(fault(bench.performer.perform(&bench.attempt, &job, ended, |_| {}).await).kind, FaultKind::Ended);
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let bench = Bench::new();
    let port = serve(ANSWERS).await;
    let Answer::Done(done) = bench.perform(&Job::Http(get(port, "/flood"))).await else { panic!("it answers 200") };
    assert_eq!(done.stdout.len(), 64 << 10);
    let reply = rollout::action::send(&rollout::action::http_client(), &get(port, "/flood"), &Vault::empty()).await;
    assert_eq!(reply.expect("it answers").body.len(), rollout::action::BODY_BYTES_MAX);
}

#[tokio::test]
async fn a_header_may_hold_a_secret_that_never_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Bench::with(vault("token", "abcdefgh-token", folder.path()).await);
    let mut job = get(serve(ANSWERS).await, "/echo");
    job.method = "POST".into();
    job.headers = vec![(
        "Authorization".into(),
        SecretText(vec![Piece::Plain("Bearer ".to_owned()), Piece::Secret("token".into())]),
    )];
    job.body = Some(SecretText::plain("hello"));
    let Answer::Done(done) = bench.perform(&Job::Http(job)).await else { panic!("it answers 200") };
    assert!(done.stdout.starts_with("POST /echo HTTP/1.1"), "{}", done.stdout);
    assert!(done.stdout.to_lowercase().contains("authorization: bearer ***"), "{}", done.stdout);
}

/// Returns a port on which nobody listens.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port()
}

#[tokio::test]
async fn probes_answer_in_order_and_tell_no_from_no_answer() {
    let bench = Bench::new();
    let port = serve(ANSWERS).await;
    let mut late = get(port, "/hang");
    late.timeout_ms = 300;
    let mut slow = bench.script("sleep 300");
    slow.timeout_ms = 300;
    let tcp = |host: &str, port| ProbeAsk::Tcp { host: host.to_owned(), port, timeout_ms: 2_000 };
    let asks = vec![
        ProbeAsk::Command(bench.script("sleep 0.3")),
        ProbeAsk::Command(bench.script("echo broken >&2; exit 1")),
        ProbeAsk::Command(slow),
        ProbeAsk::Http(get(port, "/ok")),
        ProbeAsk::Http(get(port, "/down")),
        ProbeAsk::Http(late),
        tcp("127.0.0.1", port),
        tcp("127.0.0.1", free_port().await),
        tcp("no-such-host.invalid", 80),
    ];
    let probes = asks
        .into_iter()
        .map(|ask| ProbeJob { name: "up(a)".to_owned(), subject: "up".into(), arguments: Vec::new(), ask })
        .collect();
    let Answer::Probed { results } = bench.perform(&Job::Probes { probes }).await else {
        panic!("probes are answered")
    };
    let marks: Vec<&str> = results
        .iter()
        .map(|probed| match probed {
            Probed::Holds => "holds",
            Probed::Violated { .. } => "violated",
            Probed::Unknown { .. } => "unknown",
            Probed::Sampled { .. } => "sampled",
            Probed::Series { .. } => "series",
            Probed::Absent { .. } => "absent",
        })
        .collect();
    let expected = ["holds", "violated", "unknown", "holds", "violated", "unknown", "holds", "violated", "unknown"];
    assert_eq!(marks, expected, "{results:?}");
    assert_eq!(results[1], Probed::Violated { why: "exit code 1: broken".to_owned() });
    assert_eq!(results[2], Probed::Unknown { why: "no end within 300ms".to_owned() });
}

#[tokio::test]
async fn a_group_left_over_from_a_killed_engine_can_be_ended() {
    let bench = Bench::new();
    let job = Job::Command(bench.script("sleep 300 & echo $! > inner; echo $$ > outer; wait"));
    let identity = Mutex::new(None);
    let perform =
        bench.performer.perform(&bench.attempt, &job, pending(), |it| *identity.lock().expect("no panic") = Some(it));
    let other = async {
        while pids(&bench.path("outer")).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let identity = identity.lock().expect("no panic").clone().expect("the process was named");
        assert_eq!(vec![identity.pid], pids(&bench.path("outer")));
        let elsewhere = ProcessIdentity { boot_id: "another".to_owned(), ..identity.clone() };
        assert_eq!(end_left_over(&elsewhere, Duration::ZERO), LeftOver::WasGone);
        let earlier = ProcessIdentity { started_after: 1, started_before: 2, ..identity.clone() };
        assert_eq!(end_left_over(&earlier, Duration::ZERO), LeftOver::NotOurs);
        assert!(is_running(identity.pid));
        let grace = Duration::from_secs(2);
        let ending = identity.clone();
        let ended = tokio::task::spawn_blocking(move || end_left_over(&ending, grace)).await;
        assert_eq!(ended.expect("it returns"), LeftOver::Ended);
        identity
    };
    let (answer, identity) = tokio::join!(perform, other);
    assert_eq!(fault(answer).kind, FaultKind::Signalled);
    assert!(pids(&bench.path("inner")).into_iter().all(is_gone_soon));
    assert_eq!(end_left_over(&identity, Duration::ZERO), LeftOver::WasGone);
}

#[tokio::test]
async fn members_of_a_group_whose_leader_is_gone_are_ended_too() {
    let bench = Bench::new();
    let job = Job::Command(bench.script("sleep 300 >/dev/null 2>&1 & echo $! > inner"));
    let identity = Mutex::new(None);
    bench.performer.perform(&bench.attempt, &job, pending(), |it| *identity.lock().expect("no panic") = Some(it)).await;
    let identity = identity.into_inner().expect("no panic").expect("the process was named");
    let pids = pids(&bench.path("inner"));
    assert!(pids.iter().all(|pid| is_running(*pid)));
    assert_eq!(end_left_over(&identity, Duration::from_secs(2)), LeftOver::Ended);
    assert!(pids.into_iter().all(is_gone_soon));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_commands_side_by_side_each_get_their_own_answer() {
    let bench = Bench::new();
    let performer = Performer::new(Arc::new(Vault::empty()), Arc::new(Quiet), Environment::of_engine());
    let tasks = (0..200).map(|number| {
        let (performer, job) =
            (performer.clone(), Job::Command(bench.script(&format!("echo {number}; exit $(({number} % 3))"))));
        let attempt = Attempt { log: bench.folder.path().join(format!("logs/{number}")), ..bench.attempt.clone() };
        tokio::spawn(async move { (number, performer.perform(&attempt, &job, pending(), |_| {}).await) })
    });
    for task in tasks.collect::<Vec<_>>() {
        let (number, answer) = task.await.expect("it ends");
        match answer {
            Answer::Done(done) => assert_eq!((done.stdout, number % 3), (number.to_string(), 0)),
            answer => assert_eq!(fault(answer).code, Some(number % 3)),
        }
    }
}
