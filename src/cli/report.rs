//! `rollout report`: what happened in a run, for people and for programs; and its folder of artifacts, written again.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::forecast;
use super::settle::{reader, run_to_see, state_folder};
use super::terminal::Format;
use crate::engine::Event;
use crate::journal::{JournalError, Reader, RunSummary, Shelves, Told, told};
use crate::plan::Plan;
use crate::report::{ReportFormat, report};
use crate::runtime::{Clock, StateFolder, file, printed};

/// Show what happened in a run: stages, verdicts, people, failures, what is left
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run; the newest when unnamed
    run: Option<String>,
    /// How it is written: Markdown, one HTML file, the deployment record, or JUnit [default: md]
    #[arg(long = "as", id = "as", value_enum, hide_possible_values = true, value_name = "md|html|json|junit")]
    format: Option<As>,
    /// Into this file rather than to the terminal
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the run's folder of artifacts, or what is missing of it, instead
    #[arg(long, conflicts_with_all = ["as", "output"])]
    artifacts: bool,
    /// Show times as the clocks of this zone do [default: that of `$TZ`, or UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

/// The formats by their names on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum As {
    Md,
    Html,
    Json,
    Junit,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let format = format(context, arguments.format)?;
    let zone = forecast::zone(arguments.zone.as_deref())?;
    let folder = state_folder(context.globals)?;
    let reader = reader(&folder)?;
    let run = run_to_see(&reader, arguments.run.as_deref())?;
    if arguments.artifacts {
        return file_again(context, &folder, &reader, &run);
    }
    let account = account_of(&reader, &run)?.account;
    let text = report(&account, format, &zone);
    match arguments.output {
        None => context.terminal.result(text.trim_end()),
        Some(file) => {
            let failed = |error| Failure::usage(format!("could not write `{}`: {error}", file.display()));
            std::fs::write(&file, text).map_err(failed)?;
            context.terminal.say(&format!("The report of {} is in {}.", account.run, file.display()));
        }
    }
    Ok(Exit::Done)
}

/// Reads what happened in a run.
fn account_of(reader: &Reader, run: &RunSummary) -> Result<Told, JournalError> {
    let runs = reader.runs()?;
    let plan = |digest: &str| reader.plan(digest);
    let records = |run: &str, after, limit| reader.records(Some(run), after, limit);
    told(run, &Shelves { runs: &runs, plan: &plan, records: &records }, Clock::start().now())
}

/// Writes the documents of a run where they belong; what people wrote there stays.
fn file_again(context: &Context, folder: &StateFolder, reader: &Reader, run: &RunSummary) -> Result<Exit, Failure> {
    if run.outcome.is_none() && account_of(reader, run)?.account.outcome.is_none() {
        let hint = "Its artifacts are written when it ends; `rollout report` shows how far it is.";
        return Err(Failure::usage(format!("`{}` has not ended", run.id)).hint(hint));
    }
    let runs = reader.runs()?;
    let plan = |digest: &str| reader.plan(digest);
    let records = |run: &str, after, limit| reader.records(Some(run), after, limit);
    let shelves = Shelves { runs: &runs, plan: &plan, records: &records };
    let printed = |plan: &Plan| printed(folder, &run.id, plan);
    match file(run, &shelves, &printed, Clock::start().now())? {
        Some(Event::Filed { folder, failure: Some(why), .. }) => {
            Err(Failure::usage(format!("the artifacts are not in `{folder}`: {why}")))
        }
        Some(Event::Filed { folder, .. }) => {
            context.terminal.result(&folder);
            Ok(Exit::Done)
        }
        _ => Err(Failure::usage(format!("`{}` names no folder for artifacts", run.rollout))
            .hint("Say `artifacts = \"deployments/${date}-NAME\"` in the rollout.")),
    }
}

fn format(context: &Context, wanted: Option<As>) -> Result<ReportFormat, Failure> {
    match (wanted, context.terminal.format) {
        (Some(As::Md), _) | (None, Format::Human) => Ok(ReportFormat::Markdown),
        (Some(As::Html), _) => Ok(ReportFormat::Html),
        (Some(As::Json), _) | (None, Format::Json) => Ok(ReportFormat::Json),
        (Some(As::Junit), _) | (None, Format::Junit) => Ok(ReportFormat::Junit),
        (None, Format::Github | Format::Sarif) => {
            Err(Failure::usage("this format is for findings only").hint("Say `--as md`, `html`, `json` or `junit`."))
        }
    }
}
