//! `rollout rollback`: shows what would be undone, asks, and takes the run back.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::forecast;
use super::palette::Paint;
use super::settle::{reader, run_to_steer, state_folder};
use super::steer::{self, Which};
use crate::engine::{Command, Status, exposure_kind};
use crate::journal::{Reader, RunSummary};
use crate::plan::{NodeId, Place, Slot};
use crate::runtime::Clock;
use crate::view::Board;

/// Take back everything that a live run has done
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Without asking
    #[arg(long)]
    yes: bool,
}

/// So many targets of a step are named.
const NAMED_MAX: usize = 5;

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let reader = reader(&state_folder(context.globals)?)?;
    let summary = run_to_steer(&reader, arguments.which.run.as_deref())?;
    if !arguments.yes {
        show(context, &reader, &summary)?;
        if !context.terminal.can_ask() {
            return Err(
                Failure::usage("nobody can be asked here").hint("Say `--yes` to take it back without a question.")
            );
        }
        if !context.terminal.confirm(&format!("Take run {} back?", summary.id)) {
            context.terminal.say("Nothing was changed.");
            return Ok(Exit::Usage);
        }
    }
    let which = Which { run: Some(summary.id.to_string()), ..arguments.which };
    steer::run(context, which.wish("is being rolled back", |reason| Command::Rollback { reason })).await
}

fn show(context: &Context, reader: &Reader, summary: &RunSummary) -> Result<(), Failure> {
    let mut board = Board::new(Arc::new(reader.plan(&summary.plan)?));
    for record in reader.records(Some(&summary.id), 0, usize::MAX)? {
        board.hear(record.at, &record.event);
    }
    let undone = undoable(&board);
    if undone.is_empty() {
        context.terminal.say("There is nothing to undo.");
        return Ok(());
    }
    for (step, places) in undone.iter().rev() {
        let names: Vec<String> = places.iter().rev().take(NAMED_MAX).map(|it| board.plan().path(*it)).collect();
        let more = places.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let step = context.terminal.painted(Paint::Strong, &board.plan().node_path(*step));
        context.terminal.say(&format!("undo {step} ({}): {}{more}", places.len(), names.join(", ")));
    }
    let past = forecast::past_in(reader, &board.plan().rollout)?;
    if let Some(ms) = crate::sim::way_back(board.plan(), board.run(), Clock::start().now(), &past) {
        context.terminal.say(&format!("It takes about {}.", forecast::rough(ms.max(1_000))));
    }
    Ok(())
}

/// Returns where something was done that has a way back, step by step.
fn undoable(board: &Board) -> BTreeMap<NodeId, Vec<Place>> {
    let plan = board.plan();
    let steps = (0..plan.nodes.len() as u32).map(NodeId).filter(|it| {
        let is_share = exposure_kind(plan, Place::new(*it, Slot::ONLY)).is_some();
        plan.node(*it).undo.is_some() || is_share
    });
    let mut undone = BTreeMap::new();
    for step in steps {
        let done = |status: &Status| match status {
            Status::Done | Status::Live | Status::Failed | Status::Dropped => true,
            Status::Idle | Status::Skipped | Status::Tolerated | Status::Undoing | Status::Undone | Status::Stuck => {
                false
            }
        };
        let slots = board.run().statuses_of(step).filter(|(_, status)| done(status));
        let places: Vec<Place> = slots.map(|(slot, _)| Place::new(step, slot)).collect();
        if !places.is_empty() {
            undone.insert(step, places);
        }
    }
    undone
}
