//! People of a test's own: users that only the run's engine knows by their names, in a mount namespace with a list of users
//! of its own, and that answer it as themselves. Only root can become somebody else; for anybody else there is no crew.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rollout::runtime::current_person;

use super::stage::{Said, Stage};

/// Who there is. Their numbers begin where no distribution has users.
const NAMES: [&str; 5] = ["dana", "lee", "kim", "robin", "alex"];
const FIRST: u32 = 64_101;
const GROUP: u32 = 64_100;

/// Those who answer what a run asks.
pub struct Crew<'s> {
    stage: &'s Stage,
    program: PathBuf,
}

impl<'s> Crew<'s> {
    /// Brings people to a stage, and lets them see its runs.
    pub fn on(stage: &'s Stage) -> Option<Crew<'s>> {
        if current_person().0 != "root" {
            eprintln!("only root can answer as somebody else: this test is left out");
            return None;
        }
        let state = stage.state();
        std::fs::create_dir(&state).expect("it is made");
        chown(&state, None, Some(GROUP)).expect("root may");
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o2750)).expect("it is ours");
        std::fs::set_permissions(stage.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        let program = stage.path().join("rollout-of-the-crew");
        std::fs::copy(assert_cmd::cargo::cargo_bin!("rollout"), &program).expect("it is copied");
        let users = NAMES.iter().zip(FIRST..).map(|(name, uid)| format!("{name}:x:{uid}:{GROUP}::/:/bin/sh\n"));
        stage.write("users", &format!("root:x:0:0::/root:/bin/sh\n{}", users.collect::<String>()));
        Some(Crew { stage, program })
    }

    /// Returns a command of the program that runs where these people have their names.
    pub fn command(&self, words: &[&str]) -> Command {
        let plain = self.stage.command(&[]);
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", "mount --bind users /etc/passwd && exec \"$@\"", "sh"]);
        command.arg(plain.get_program()).args(words).current_dir(self.stage.path());
        command.env_clear().env("HOME", self.stage.path()).env("PATH", std::env::var_os("PATH").expect("a PATH"));
        command.stdin(Stdio::null());
        command
    }

    /// Says something as one of them.
    pub fn says(&self, name: &str, words: &[&str]) -> Said {
        let at = NAMES.iter().position(|it| *it == name).expect("somebody of the crew");
        let mut command = Command::new(&self.program);
        command.args(words).arg("--state").arg(self.stage.state()).env_clear().current_dir("/").stdin(Stdio::null());
        let output = command.uid(FIRST + at as u32).gid(GROUP).output().expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Waits until a place asks, and answers as one of them; what is said too early is said again.
    pub fn answers(&self, name: &str, words: &[&str]) {
        let said = std::cell::RefCell::new(String::new());
        self.stage.until(&format!("{name} can say {words:?}"), || {
            let answer = self.says(name, words);
            *said.borrow_mut() = answer.shown();
            answer.code == 0
        });
    }

    /// Waits for a checklist and ticks all of it off.
    pub fn ticks(&self, name: &str, run: &str, path: &str, items: usize) {
        for item in 1..=items {
            self.answers(name, &["confirm", run, path, &item.to_string()]);
        }
    }
}
