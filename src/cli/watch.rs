//! `rollout watch`: stay with a run that an engine drives, from now on.

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::follow::{Follow, From};
use super::interrupt::Interrupts;
use super::reach::Way;
use super::settle::{reader, run_to_see, state_folder};

/// Stay with a run until it ends
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run; the newest when unnamed
    run: Option<String>,
}

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    watch(context, arguments.run.as_deref(), From::Start).await
}

/// Follows a run; here Ctrl-C only stops watching.
pub async fn watch(context: &Context<'_>, run: Option<&str>, from: From) -> Result<Exit, Failure> {
    let folder = state_folder(context.globals)?;
    let run = run_to_see(&reader(&folder)?, run)?.id;
    // A spectator's Ctrl-C is none of the run's business, so it never reaches `follow`.
    let mut leave = Interrupts::listen()?;
    let mut deaf = Interrupts::deaf();
    let follow = Follow::new(context.terminal, &folder, &[run])?;
    let way = Way::There(folder);
    tokio::select! {
        exit = follow.until_rest(&way, from, None, &mut deaf) => exit,
        () = leave.next() => Ok(Exit::Unfinished),
    }
}
