//! `rollout engine`, hidden: the engine that `--detach` leaves in the background. Apart from the terminal, it waits
//! a while for its first run, and goes when all runs rest.

use std::time::Duration;

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupts;
use super::settle::state_folder;
use crate::engine::Command;
use crate::runtime::{Engine, EngineSettings, HostHandle, current_person};

/// Drive runs that are handed over
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 64)]
    jobs: u16,
}

/// How long it waits for a first run.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    // In a session of its own no terminal takes it along when it closes. A group's leader cannot have one.
    if let Err(error) = rustix::process::setsid() {
        tracing::debug!(%error, "it has a session of its own already");
    }
    let folder = state_folder(context.globals)?;
    let settings = EngineSettings { jobs: usize::from(arguments.jobs) };
    let Some(engine) = Engine::begin(&folder, &settings)? else { return Ok(Exit::Done) };
    let host = engine.host().clone();
    let mut interrupts = Interrupts::listen()?;
    wait_for_a_run(&host).await;
    let left = engine.leave();
    tokio::pin!(left);
    loop {
        tokio::select! {
            ended = &mut left => {
                ended.map_err(Failure::of_journal)?;
                return Ok(Exit::Done);
            }
            () = interrupts.next() => pause_all(&host).await,
        }
    }
}

async fn wait_for_a_run(host: &HostHandle) {
    let mut waited = Duration::ZERO;
    while waited < PATIENCE && host.runs().await.is_ok_and(|it| it.is_empty()) {
        tokio::time::sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
}

async fn pause_all(host: &HostHandle) {
    for run in host.runs().await.unwrap_or_default() {
        let reason = Some("the engine was asked to end".to_owned());
        // One that rests already needs no command.
        let _ = host.command(&run.id, current_person(), Command::Pause { reason }).await;
    }
}
