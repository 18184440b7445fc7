//! A hermetic folder in which the program is really run: its own home, its own state, no variables but the few that
//! are given. What it says is compared after what differs from run to run has been replaced.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A folder to run the program in.
pub struct Stage {
    folder: TempDir,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Stage {
    pub fn new() -> Stage {
        Stage { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A stage with one file in it.
    pub fn with(name: &str, text: &str) -> Stage {
        let stage = Stage::new();
        stage.write(name, text);
        stage
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("it writes");
    }

    /// Returns the text of a file; empty if there is none.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    pub fn state(&self) -> PathBuf {
        self.path().join(".rollout")
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("rollout"));
        command.args(words).current_dir(self.path()).env_clear().env("HOME", self.path());
        command.env("PATH", std::env::var_os("PATH").expect("a PATH")).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn say(&self, words: &[&str]) -> Said {
        self.said(self.command(words).output().expect("it starts"))
    }

    /// Starts a command and goes on.
    pub fn start(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    }

    /// Waits for a command that was started.
    pub fn end(&self, child: Child) -> Said {
        self.said(child.wait_with_output().expect("it ends"))
    }

    /// Waits until something is so.
    pub fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(90);
        while !is_so() {
            assert!(Instant::now() < deadline, "it never came to be that {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The names of the runs, the oldest first.
    pub fn runs(&self) -> Vec<String> {
        let said = self.command(&["history", "--format", "json"]).output().expect("it starts");
        let lines = String::from_utf8(said.stdout).expect("UTF-8");
        let runs = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        runs.map(|it| it["run"].as_str().expect("a name").to_owned()).collect()
    }

    /// The numbers of the supervisors that have begun and whose answers are not remembered yet.
    pub fn supervisors(&self) -> Vec<u32> {
        let logs = std::fs::read_dir(self.state().join("logs")).into_iter().flatten().flatten();
        let files = logs.flat_map(|it| std::fs::read_dir(it.path()).into_iter().flatten().flatten());
        let claims = files.filter(|it| it.path().extension().is_some_and(|it| it == "claim"));
        let claims = claims.filter_map(|it| std::fs::read(it.path()).ok());
        let claims = claims.map(|it| serde_json::from_slice::<serde_json::Value>(&it).expect("a claim is whole"));
        claims.filter_map(|it| it["supervisor"]["pid"].as_u64().map(|it| it as u32)).collect()
    }

    fn said(&self, output: Output) -> Said {
        let text = |bytes: Vec<u8>| self.same(&String::from_utf8(bytes).expect("UTF-8"));
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Replaces what differs from run to run.
    fn same(&self, text: &str) -> String {
        let text = text.replace(self.path().to_str().expect("UTF-8"), "STAGE");
        let rules = [
            (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "INSTANT"),
            (r"\d{8}-[0-9a-z]{4}\b", "RUN"),
            (r"(?m)^\d\d:\d\d:\d\d ", ""),
            (r"after [0-9a-z]+(ms|s)", "after A WHILE"),
            (r"\bby [a-z0-9_-]+([.:])", "by SOMEBODY$1"),
            (r"[a-z0-9_-]+ want(ed|s) it", "SOMEBODY want$1 it"),
            (r#""by":"[^"]*""#, r#""by":"SOMEBODY""#),
            (r"\b[0-9a-f]{64}\b", "HASH"),
        ];
        rules.iter().fold(text, |text, (pattern, name)| {
            regex::Regex::new(pattern).expect("a pattern").replace_all(&text, *name).into_owned()
        })
    }
}

impl Said {
    /// Everything, as a session shows it.
    pub fn shown(&self) -> String {
        let mut shown = self.out.clone();
        if !self.err.is_empty() {
            shown.push_str("--- stderr\n");
            shown.push_str(&self.err);
        }
        format!("{shown}--- exit {}\n", self.code)
    }
}

/// Sends a signal.
pub fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().expect("it starts");
    assert!(sent.success(), "the process is there");
}
