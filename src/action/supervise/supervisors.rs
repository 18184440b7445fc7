//! How the engine comes by a supervisor: from the spawner while there is one, and else by executing this very program
//! once more. Also finds those that an earlier engine left.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::sync::Mutex;

use super::channel::Channel;
use super::claim::Files;
use super::watched::Watched;
use crate::action::start::Errand;

/// Where supervisors come from. Cheap to clone.
#[derive(Clone)]
pub struct Supervisors {
    shared: Arc<Shared>,
}

struct Shared {
    /// What is executed where nothing forks: a program, and the words that make it a supervisor.
    program: Vec<String>,
    /// None once it has failed, or while somebody uses it and was let go half-way.
    channel: Mutex<Option<Channel>>,
    /// Executed ones that are to be collected.
    executed: std::sync::Mutex<Vec<Child>>,
}

/// Why there is no supervisor, as far as is known.
#[derive(Debug, thiserror::Error)]
pub(in crate::action) enum Unbegun {
    /// The next one does not need it.
    #[error("the spawner was lost on the way")]
    SpawnerLost,
    #[error(transparent)]
    Failed(#[from] io::Error),
}

/// The secrets that the commands of a run are to keep.
pub(in crate::action) struct Secrets {
    /// Tells them apart from those of another run.
    id: u64,
    values: Vec<String>,
}

impl Secrets {
    pub(in crate::action) fn new(values: impl Iterator<Item = String>) -> Secrets {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Secrets { id: NEXT.fetch_add(1, Ordering::Relaxed), values: values.collect() }
    }
}

impl Supervisors {
    /// Takes the spawner of this process, if there is one; else each supervisor is `program`, executed.
    pub fn new(program: &[&str]) -> Supervisors {
        let program = program.iter().map(|it| (*it).to_owned()).collect();
        let (channel, executed) = (Mutex::new(Channel::take()), std::sync::Mutex::default());
        Supervisors { shared: Arc::new(Shared { program, channel, executed }) }
    }

    /// Has an errand supervised.
    ///
    /// # Errors
    /// If no supervisor can be had. One that was lost on the way may have begun: what its files say is true.
    pub(in crate::action) async fn begin(&self, errand: &Errand, secrets: &Secrets) -> Result<Watched, Unbegun> {
        let files = Files::beside(&errand.attempt.log);
        let mut place = self.shared.channel.lock().await;
        // Taken out, so that a way on which somebody was let go half-way is not used again.
        let Some(mut channel) = place.take() else {
            drop(place);
            return Ok(Watched::new(self.execute(errand, secrets).await?, files)?);
        };
        let text = serde_json::to_vec(errand).map_err(io::Error::from)?;
        let begun = channel.supervise(&text, secrets.id, &secrets.values).await;
        match begun {
            Ok(supervisor) => {
                *place = Some(channel);
                Ok(Watched::new(supervisor, files)?)
            }
            Err(error) => {
                tracing::warn!(%error, "the spawner is gone; supervisors are executed from now on");
                Err(Unbegun::SpawnerLost)
            }
        }
    }

    async fn execute(&self, errand: &Errand, secrets: &Secrets) -> io::Result<OwnedFd> {
        #[derive(serde::Serialize)]
        struct Telling<'a> {
            errand: &'a Errand,
            secrets: &'a [String],
        }
        let text = serde_json::to_vec(&Telling { errand, secrets: &secrets.values })?;
        let (program, words) = self.shared.program.split_first().expect("a program has a name");
        let mut command = Command::new(program);
        command
            .arg0("rollout")
            .args(words)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn()?;
        let held = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
        let mut input = child.stdin.take().expect("it has a pipe");
        let told = tokio::task::spawn_blocking(move || input.write_all(&text)).await;
        let mut executed = self.shared.executed.lock().expect("nobody panics with it");
        executed.retain_mut(|it| matches!(it.try_wait(), Ok(None)));
        executed.push(child);
        told.map_err(io::Error::other)??;
        Ok(held)
    }
}
