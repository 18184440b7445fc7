//! `rollout pause`, `resume`, `retry`, `skip`, `advance`, `hold`, `goto`, `cancel`: what a person wants of a live run, and the way from any
//! such wish to the engine. Where no engine lives,
//! the command becomes it until the run has ended or rests.

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::follow::{Follow, From};
use super::interrupt::Interrupts;
use super::reach::{Reached, reach};
use super::run::finish;
use super::settle::{reader, run_to_steer, state_folder};
use crate::engine::Command;
use crate::journal::RunSummary;
use crate::runtime::current_person;

/// How many jobs may be under way at once where the command becomes the engine.
const JOBS: usize = 64;

/// Let what is under way end, and begin nothing new
#[derive(Debug, Args)]
pub struct PauseArguments {
    #[command(flatten)]
    which: Which,
}

/// Go on with a paused run
#[derive(Debug, Args)]
pub struct ResumeArguments {
    #[command(flatten)]
    which: Which,
}

/// Try again what has failed
#[derive(Debug, Args)]
pub struct RetryArguments {
    #[command(flatten)]
    which: Which,
    /// Only what has failed at or beneath this path
    path: Option<String>,
}

/// Count what has failed as done
#[derive(Debug, Args)]
pub struct SkipArguments {
    #[command(flatten)]
    which: Which,
    /// Only what has failed at or beneath this path
    path: Option<String>,
}

/// End what is under way, then do as `on_failure` says
#[derive(Debug, Args)]
pub struct CancelArguments {
    #[command(flatten)]
    which: Which,
}

/// Let go on what waits for its time: a delay, a wait, a watch, a window that is shut
#[derive(Debug, Args)]
pub struct AdvanceArguments {
    #[command(flatten)]
    which: Which,
    /// Only what waits at or beneath this path
    path: Option<String>,
}

/// Let nothing advance to the next stage or wave
#[derive(Debug, Args)]
pub struct HoldArguments {
    #[command(flatten)]
    which: Which,
}

/// Go to a stage at once, without what comes before it
#[derive(Debug, Args)]
pub struct GotoArguments {
    /// The run; the only live one when only a stage is named
    run: String,
    /// The stage
    path: Option<String>,
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
    /// For whom; it is recorded as a claim and never counts
    #[arg(long = "as", value_name = "NAME")]
    claim: Option<String>,
}

/// Which run, and why.
#[derive(Debug, Args)]
pub struct Which {
    /// The run; the only live one when unnamed
    pub run: Option<String>,
    /// Why, for the record
    #[arg(long)]
    pub reason: Option<String>,
    /// For whom; it is recorded as a claim and never counts
    #[arg(long = "as", value_name = "NAME")]
    pub claim: Option<String>,
}

impl Which {
    /// Makes a wish for this run.
    pub fn wish(self, done: &'static str, command: impl FnOnce(Option<String>) -> Command) -> Wish {
        let command = command(self.reason);
        let command = match self.claim {
            Some(claim) => Command::As { claim: claim.into(), wish: Box::new(command) },
            None => command,
        };
        Wish { run: self.run, command, done }
    }
}

/// One wish for one run.
pub struct Wish {
    pub run: Option<String>,
    pub command: Command,
    /// What it is when it has happened.
    pub done: &'static str,
}

impl std::convert::From<PauseArguments> for Wish {
    fn from(PauseArguments { which }: PauseArguments) -> Wish {
        which.wish("is paused", |reason| Command::Pause { reason })
    }
}

impl std::convert::From<ResumeArguments> for Wish {
    fn from(ResumeArguments { which }: ResumeArguments) -> Wish {
        which.wish("goes on", |reason| Command::Resume { reason })
    }
}

impl std::convert::From<RetryArguments> for Wish {
    fn from(RetryArguments { which, path }: RetryArguments) -> Wish {
        which.wish("tries again", |reason| Command::Retry { path, reason })
    }
}

impl std::convert::From<SkipArguments> for Wish {
    fn from(SkipArguments { which, path }: SkipArguments) -> Wish {
        which.wish("goes on without it", |reason| Command::Skip { path, reason })
    }
}

impl std::convert::From<CancelArguments> for Wish {
    fn from(CancelArguments { which }: CancelArguments) -> Wish {
        which.wish("is being cancelled", |reason| Command::Cancel { reason })
    }
}

impl std::convert::From<AdvanceArguments> for Wish {
    fn from(AdvanceArguments { which, path }: AdvanceArguments) -> Wish {
        which.wish("advances", |reason| Command::Advance { path, reason })
    }
}

impl std::convert::From<HoldArguments> for Wish {
    fn from(HoldArguments { which }: HoldArguments) -> Wish {
        which.wish("is held", |reason| Command::Hold { reason })
    }
}

impl std::convert::From<GotoArguments> for Wish {
    fn from(GotoArguments { run, path, reason, claim }: GotoArguments) -> Wish {
        let (run, path) = match path {
            Some(path) => (Some(run), path),
            None => (None, run),
        };
        Which { run, reason, claim }.wish("goes to the stage", |reason| Command::Goto { path, reason })
    }
}

pub async fn run(context: &Context<'_>, wish: Wish) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = state_folder(context.globals)?;
    let RunSummary { id: run, last_seq, .. } = run_to_steer(&reader(&folder)?, wish.run.as_deref())?;
    let mut interrupts = Interrupts::listen()?;
    let pauses = matches!(wish.command.wish(), Command::Pause { .. });
    let (reached, heeded) = loop {
        let reached = reach(&folder, JOBS).await?;
        let heeded = reached.way().command(&run, current_person(), wish.command.clone()).await;
        // One that was on its way out has not heard: then somebody else is the engine, or we are.
        if heeded.is_ok() || reached.is_alive().await {
            break (reached, heeded);
        }
    };
    let way = reached.way();
    if heeded.is_ok() {
        context.terminal.say(&format!("Run {run} {}.", wish.done));
    }
    let followed = match (&reached, heeded) {
        (Reached::Here(_), Ok(())) if !pauses => {
            let from = From::After(last_seq);
            Follow::new(context.terminal, &folder, &[run])?.until_rest(&way, from, None, &mut interrupts).await
        }
        (Reached::Here(_) | Reached::There(..), Ok(())) => Ok(Exit::Done),
        // A refused wish leaves the run as it was: nobody drives it.
        (Reached::Here(_), Err(failure)) => {
            finish(context, reached, Ok(Exit::Done), &mut interrupts).await?;
            return Err(failure);
        }
        (Reached::There(..), Err(failure)) => Err(failure),
    };
    finish(context, reached, followed, &mut interrupts).await
}
