//! `rollout history`: the runs of this folder and how they ended.

use clap::Args;
use serde_json::json;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::settle::{reader, state_folder};
use crate::engine::Outcome;
use crate::journal::RunSummary;
use crate::value::show_duration;

/// Show the runs of this folder
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the runs of this rollout
    rollout: Option<String>,
    /// Only so many, the newest
    #[arg(long, default_value_t = 50, value_name = "N")]
    last: usize,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let mut runs = reader(&state_folder(context.globals)?)?.runs()?;
    runs.retain(|it| arguments.rollout.as_ref().is_none_or(|wanted| it.rollout == wanted.as_str()));
    let skipped = runs.len().saturating_sub(arguments.last);
    let width = runs.iter().map(|it| it.rollout.chars().count()).max().unwrap_or(0);
    for run in &runs[skipped..] {
        let text = if context.terminal.is_json() { as_json(run) } else { as_text(context, run, width) };
        context.terminal.result(&text);
    }
    if runs.is_empty() {
        context.terminal.say("There is no run yet.");
    }
    Ok(Exit::Done)
}

fn as_json(run: &RunSummary) -> String {
    let json = json!({
        "run": run.id,
        "rollout": run.rollout,
        "outcome": run.outcome.map(Outcome::name),
        "started": run.started.to_string(),
        "finished": run.finished.map(|it| it.to_string()),
        "by": run.by,
        "reason": run.reason,
        "plan": run.plan,
        "last_seq": run.last_seq,
    });
    json.to_string()
}

fn as_text(context: &Context, run: &RunSummary, width: usize) -> String {
    let (paint, outcome) = match run.outcome {
        None => (Paint::Strong, "live"),
        Some(outcome @ Outcome::Succeeded) => (Paint::Good, outcome.name()),
        Some(outcome @ (Outcome::RolledBack | Outcome::Cancelled)) => (Paint::Careful, outcome.name()),
        Some(outcome @ (Outcome::Failed | Outcome::NeedsHands)) => (Paint::Bad, outcome.name()),
    };
    let outcome = context.terminal.painted(paint, &format!("{:11}", outcome.replace('_', " ")));
    let took = run.finished.map_or_else(|| "-".to_owned(), |it| show_duration(it.since_ms(run.started)));
    format!("{}  {:width$}  {outcome}  {}  {took:>8}  {}", run.id, run.rollout, run.started, run.by.0)
}
