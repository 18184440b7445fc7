//! `rollout resume-all`: after a crash, pick every unfinished run up and stay until all have ended or rest.

use clap::Args;
use smol_str::SmolStr;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::follow::{Follow, From};
use super::interrupt::Interrupts;
use super::reach::reach;
use super::run::finish;
use super::settle::{reader, state_folder};
use crate::journal::{Reader, RunSummary, Shelves, unfiled};

/// Pick up every unfinished run after a crash
#[derive(Debug, Args)]
pub struct Arguments {
    /// How many jobs may be under way at once
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
}

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = state_folder(context.globals)?;
    let reader = reader(&folder)?;
    let unfinished = reader.unfinished()?;
    let unwritten = unwritten(&reader)?;
    // Of runs that have ended, only what was to be written about them is done.
    let all = || unfinished.iter().chain(&unwritten);
    let from = From::After(all().map(|it| it.last_seq).max().unwrap_or(0));
    let unfinished: Vec<SmolStr> = all().map(|it| it.id.clone()).collect();
    if unfinished.is_empty() {
        context.terminal.say("Nothing is unfinished.");
        return Ok(Exit::Done);
    }
    let mut interrupts = Interrupts::listen()?;
    let reached = reach(&folder, usize::from(arguments.jobs)).await?;
    let way = reached.way();
    let mut picked_up = Vec::new();
    let mut exits = Vec::new();
    for run in unfinished {
        match way.adopt(&run).await {
            Ok(()) => picked_up.push(run),
            // One run that cannot be picked up keeps no other from going on.
            Err(failure) => {
                context.terminal.fail(&failure);
                exits.push(Exit::Unfinished);
            }
        }
    }
    let followed =
        Follow::new(context.terminal, &folder, &picked_up)?.until_rest(&way, from, None, &mut interrupts).await;
    let followed = followed.map(|exit| Exit::worst(exits.into_iter().chain([exit])));
    finish(context, reached, followed, &mut interrupts).await
}

/// Returns the runs that have ended and whose artifacts a crash has left unwritten.
fn unwritten(reader: &Reader) -> Result<Vec<RunSummary>, Failure> {
    let runs = reader.runs()?;
    let plan = |digest: &str| reader.plan(digest);
    let records = |run: &str, after, limit| reader.records(Some(run), after, limit);
    Ok(unfiled(&Shelves { runs: &runs, plan: &plan, records: &records })?)
}
