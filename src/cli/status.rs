//! `rollout status`: how far a run is, what it waits for, and how long it may take.

use std::sync::Arc;

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::follow::From;
use super::forecast;
use super::palette::Paint;
use super::settle::{reader, run_to_see, state_folder};
use super::terminal::Terminal;
use super::watch::watch;
use crate::journal::Reader;
use crate::plan::Outlook;
use crate::runtime::Clock;
use crate::value::At;
use crate::view::{Board, Status};

/// Show how far a run is
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run; the newest when unnamed
    run: Option<String>,
    /// Then stay with it until it ends
    #[arg(long)]
    follow: bool,
}

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let reader = reader(&state_folder(context.globals)?)?;
    let run = run_to_see(&reader, arguments.run.as_deref())?;
    let mut board = Board::new(Arc::new(reader.plan(&run.plan)?));
    let mut seen = 0;
    for record in reader.records(Some(&run.id), 0, usize::MAX)? {
        board.hear(record.at, &record.event);
        seen = record.seq;
    }
    let now = Clock::start().now();
    let mut status = board.project(&run.id, now);
    if board.run().settled().is_none() {
        look_ahead(&reader, &board, &mut status, now)?;
    }
    if context.terminal.is_json() {
        context.terminal.result(&serde_json::to_string(&status).expect("a status is plain data"));
    } else {
        show(context.terminal, &status);
    }
    match (arguments.follow, board.run().finished()) {
        (true, None) => watch(context, Some(&run.id), From::After(seen)).await,
        (true, ended) => Ok(Exit::of(ended)),
        (false, _) => Ok(Exit::Done),
    }
}

/// Adds when it is to be expected that the run and its stages end; that beats what goes by the pace so far.
fn look_ahead(reader: &Reader, board: &Board, status: &mut Status, now: At) -> Result<(), Failure> {
    let past = forecast::past_in(reader, &board.plan().rollout)?;
    let ahead = crate::sim::forecast_from(board.plan(), board.run(), now, &past);
    for (stage, shown) in board.stages().iter().zip(&mut status.stages) {
        let ends = ahead.of(stage.node).ends;
        shown.forecast = ends.earliest.is_some().then(|| ends.written());
    }
    let outlook = ahead.outlook();
    if !board.run().is_rolling_back() && outlook.ends.likely.is_some() {
        status.eta.clone_from(&outlook.ends.likely);
    }
    status.forecast = Some(outlook);
    Ok(())
}

fn show(terminal: &Terminal, status: &Status) {
    let Status { run, rollout, percent, .. } = status;
    let state = status.state.replace('_', " ");
    let paint = match status.state {
        "succeeded" => Paint::Good,
        "failed" | "needs_hands" => Paint::Bad,
        "paused" | "rolling_back" | "rolled_back" | "cancelled" => Paint::Careful,
        _ => Paint::Strong,
    };
    let counts = &status.counts;
    let failed = if counts.failed > 0 { format!(", {} failed", counts.failed) } else { String::new() };
    let state = terminal.painted(paint, &state);
    terminal.result(&format!("{rollout} {run}  {state}  {percent}% ({} of {}{failed})", counts.done, counts.total));
    let started = status.started.as_deref().unwrap_or("-");
    let ends = match (&status.finished, &status.eta) {
        (Some(finished), _) => format!("  ended {finished}"),
        (None, Some(eta)) => format!("  ends about {eta}{}", range(status.forecast.as_ref())),
        (None, None) => String::new(),
    };
    terminal.result(&format!("started {started}{ends}"));
    let width = status.stages.iter().map(|it| it.path.chars().count()).max().unwrap_or(0);
    for stage in &status.stages {
        let failed = if stage.failed > 0 { format!(", {} failed", stage.failed) } else { String::new() };
        let numbers = format!("{} of {}{failed}", stage.done, stage.total);
        let ends = match stage.forecast.as_ref().and_then(|it| it.likely.as_ref()) {
            Some(likely) => format!("  ends about {likely}"),
            None => String::new(),
        };
        terminal.result(&format!("  {:width$}  {:8}  {numbers}{ends}", stage.path, stage.status));
    }
    for share in &status.exposures {
        terminal.result(&format!("set: {share}"));
    }
    for path in status.running.iter().take(20) {
        terminal.result(&format!("running: {path}"));
    }
    for hold in &status.waiting_for {
        let path = if hold.path.is_empty() { String::new() } else { format!("{}: ", hold.path) };
        terminal.result(&format!("waits: {path}{}", hold.what));
    }
    for path in &status.needs_hands {
        terminal.result(&format!("by hand: {path}"));
    }
}

/// When it ends at the earliest and at the latest, as far as that can be told.
fn range(outlook: Option<&Outlook>) -> String {
    match outlook.map(|it| (&it.ends.earliest, &it.ends.latest)) {
        Some((Some(earliest), Some(latest))) if earliest != latest => format!(" ({earliest} to {latest})"),
        Some((Some(earliest), None)) => format!(" ({earliest} at the earliest)"),
        Some((Some(_) | None, Some(_)) | (None, None)) | None => String::new(),
    }
}
