//! `rollout run`: plan a file, begin the run, and stay with it.

use std::process::Stdio;

use clap::Args;
use smol_str::SmolStr;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::follow::{Follow, From};
use super::inputs::Inputs;
use super::interrupt::Interrupts;
use super::program::{plan_for, variables_for};
use super::reach::{Feed, Reached, reach};
use super::settle::{kept_values, state_folder};
use crate::runtime::{Engine, StartRequest, StateFolder, current_person};

/// Run a rollout to its end
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file, or `FILE#NAME` when it holds several rollouts
    file: String,
    #[command(flatten)]
    inputs: Inputs,
    /// Begin without asking
    #[arg(long)]
    yes: bool,
    /// Leave the run to an engine in the background, and print the run's name
    #[arg(long)]
    detach: bool,
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
    /// How many jobs may be under way at once
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
}

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = state_folder(context.globals)?;
    let request = request(context, &arguments)?;
    if arguments.detach {
        return detach(context, &arguments, &folder, request).await;
    }
    let mut interrupts = Interrupts::listen()?;
    let (reached, seat, run) = begin(&folder, usize::from(arguments.jobs), request).await?;
    context.terminal.say(&format!("Run {run}."));
    let way = reached.way();
    let follow = Follow::new(context.terminal, &folder, &[run])?;
    let followed = follow.until_rest(&way, From::Start, Some(seat), &mut interrupts).await;
    finish(context, reached, followed, &mut interrupts).await
}

/// Ends a command that followed runs: as the engine it stays for those of others, unless its journal has failed.
pub async fn finish(
    context: &Context<'_>,
    reached: Reached,
    followed: Result<Exit, Failure>,
    interrupts: &mut Interrupts,
) -> Result<Exit, Failure> {
    let Reached::Here(mut engine) = reached else { return followed };
    if let Some(error) = engine.failure().await {
        return Err(Failure::of_journal(error));
    }
    let exit = followed?;
    leave(context, engine, interrupts).await?;
    Ok(exit)
}

/// Makes the plan, with what earlier runs have kept.
fn request(context: &Context, arguments: &Arguments) -> Result<StartRequest, Failure> {
    let wanted = arguments.inputs.wanted(&arguments.file, None);
    let plan = plan_for(context, &wanted, |rollout| kept_values(context, rollout))?.plan;
    let variables = variables_for(&plan);
    Ok(StartRequest { plan, by: current_person(), reason: arguments.reason.clone(), variables })
}

/// Hands the plan to the engine, or becomes it.
async fn begin(folder: &StateFolder, jobs: usize, request: StartRequest) -> Result<(Reached, Feed, SmolStr), Failure> {
    loop {
        let mut reached = reach(folder, jobs).await?;
        let Ok(seat) = reached.way().watch(None).await else { continue };
        match reached.start(request.clone()).await {
            Ok(Some(run)) => return Ok((reached, seat, run)),
            // It was on its way out: then somebody else is the engine, or we are.
            Ok(None) => {}
            Err(failure) => {
                if let Reached::Here(engine) = reached {
                    engine.leave().await?;
                }
                return Err(failure);
            }
        }
    }
}

/// Stays as long as runs are live that others have handed over.
async fn leave(context: &Context<'_>, engine: Engine, interrupts: &mut Interrupts) -> Result<(), Failure> {
    let host = engine.host().clone();
    let others: Vec<String> = host
        .runs()
        .await
        .unwrap_or_default()
        .iter()
        .filter(|it| !it.at_rest)
        .map(|it| format!("`{}`", it.id))
        .collect();
    if !others.is_empty() {
        context.terminal.say(&format!("Runs of others go on here: {}. Press Ctrl-C to pause them.", others.join(", ")));
    }
    let left = engine.leave();
    tokio::pin!(left);
    let mut commands =
        [crate::engine::Command::Cancel { reason: None }, crate::engine::Command::Pause { reason: None }].to_vec();
    loop {
        tokio::select! {
            ended = &mut left => return ended.map_err(Failure::of_journal),
            () = interrupts.next() => {
                let Some(command) = commands.pop() else { return Ok(()) };
                for run in host.runs().await.unwrap_or_default().iter().filter(|it| !it.at_rest) {
                    // One that has just ended needs no command.
                    let _ = host.command(&run.id, current_person(), command.clone()).await;
                }
            }
        }
    }
}

/// Leaves the run to an engine that outlives this command.
async fn detach(
    context: &Context<'_>,
    arguments: &Arguments,
    folder: &StateFolder,
    request: StartRequest,
) -> Result<Exit, Failure> {
    folder.prepare()?;
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.engine_log())?;
    for _ in 0..3 {
        // Where an engine lives already this one finds the lock taken and ends.
        let mut engine = std::process::Command::new(std::env::current_exe()?);
        engine.arg("--state").arg(folder.path()).args(["engine", "--jobs", &arguments.jobs.to_string()]);
        engine.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        engine.spawn()?;
        let mut client = super::reach::connect(folder).await?;
        match client.start(request.clone()).await {
            Ok(run) => {
                context.terminal.result(&run);
                return Ok(Exit::Done);
            }
            Err(crate::runtime::ClientError::NoEngine | crate::runtime::ClientError::Broken(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let hint = format!("See `{}`.", folder.engine_log().display());
    Err(Failure::usage("no engine stays in the background").hint(hint))
}
