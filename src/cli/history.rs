//! `rollout history`: the runs of this folder and how they ended.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;
use smol_str::SmolStr;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::period::Period;
use super::settle::{reader, state_folder};
use crate::engine::{Event, Outcome};
use crate::journal::{Reader, RunSummary};
use crate::plan::Plan;
use crate::value::show_duration;

/// Show the runs of this folder
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the runs of this rollout
    rollout: Option<String>,
    /// Only the runs that ended so: `succeeded`, `rolled_back`, `failed`, `needs_hands`, `cancelled`, or `live`
    #[arg(long, value_name = "OUTCOME", value_parser = wanted_outcome)]
    outcome: Option<Wanted>,
    /// Only the runs that this person started
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
    /// Only the runs in which something began for this target
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    #[command(flatten)]
    period: Period,
    /// Only so many, the newest
    #[arg(long, default_value_t = 50, value_name = "N")]
    last: usize,
}

/// How runs that are wanted have ended.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Live,
    Ended(Outcome),
}

fn wanted_outcome(text: &str) -> Result<Wanted, String> {
    let ended = Outcome::ALL.into_iter().find(|it| it.name() == text.replace(['-', ' '], "_"));
    match ended {
        Some(outcome) => Ok(Wanted::Ended(outcome)),
        None if text == "live" => Ok(Wanted::Live),
        None => Err("say `succeeded`, `rolled_back`, `failed`, `needs_hands`, `cancelled` or `live`".to_owned()),
    }
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let bounds = arguments.period.bounds()?;
    let reader = reader(&state_folder(context.globals)?)?;
    let mut runs = reader.runs()?;
    let has_any = !runs.is_empty();
    runs.retain(|it| arguments.rollout.as_ref().is_none_or(|wanted| it.rollout == wanted.as_str()));
    runs.retain(|it| arguments.by.as_ref().is_none_or(|wanted| it.by.0 == wanted.as_str()) && bounds.hold(it.started));
    runs.retain(|it| match arguments.outcome {
        None => true,
        Some(Wanted::Live) => it.outcome.is_none(),
        Some(Wanted::Ended(outcome)) => it.outcome == Some(outcome),
    });
    if let Some(target) = &arguments.target {
        only_with(&reader, target, &mut runs)?;
    }
    let skipped = runs.len().saturating_sub(arguments.last);
    let width = runs.iter().map(|it| it.rollout.chars().count()).max().unwrap_or(0);
    for run in &runs[skipped..] {
        let text = if context.terminal.is_json() { as_json(run) } else { as_text(context, run, width) };
        context.terminal.result(&text);
    }
    if runs.is_empty() {
        context.terminal.say(if has_any { "No run is so." } else { "There is no run yet." });
    }
    Ok(Exit::Done)
}

/// Keeps the runs in which something began for a target.
fn only_with(reader: &Reader, target: &str, runs: &mut Vec<RunSummary>) -> Result<(), Failure> {
    let mut plans: BTreeMap<SmolStr, Plan> = BTreeMap::new();
    let mut found = Vec::new();
    for run in std::mem::take(runs) {
        if !plans.contains_key(&run.plan) {
            plans.insert(run.plan.clone(), reader.plan(&run.plan)?);
        }
        let plan = &plans[&run.plan];
        if plan.targets.iter().any(|it| it.name == target) && began_for(reader, &run, plan, target)? {
            found.push(run);
        }
    }
    *runs = found;
    Ok(())
}

fn began_for(reader: &Reader, run: &RunSummary, plan: &Plan, target: &str) -> Result<bool, Failure> {
    let mut after = 0;
    loop {
        let page = reader.records(Some(&run.id), after, PAGE)?;
        let is_it = |event: &Event| match event {
            Event::Began { place, .. } => plan.target_of(*place).is_some_and(|it| it.name == target),
            _ => false,
        };
        if page.iter().any(|it| is_it(&it.event)) {
            return Ok(true);
        }
        match page.last() {
            Some(last) => after = last.seq,
            None => return Ok(false),
        }
    }
}

const PAGE: usize = 4096;

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
