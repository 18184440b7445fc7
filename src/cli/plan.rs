//! `rollout plan`: what would happen, in which order, and what its shares and counts come to. Touches nothing.

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::forecast;
use super::inputs::Inputs;
use super::palette::Paint;
use super::program::{Made, plan_for, show_findings};
use super::settle::kept_values;
use super::simulate::instant_or_now;
use crate::plan::{Plan, summary};
use crate::report::{GraphFormat, draw, graph_of};
use crate::sim::Forecast;

/// Show what a rollout would do: its stages, targets and numbers. Touches nothing
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file, or `FILE#NAME` when it holds several rollouts
    pub file: String,
    #[command(flatten)]
    pub inputs: Inputs,
    /// When the run is to begin, such as `2026-11-23T21:00[America/New_York]` [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<String>,
    /// Show times as the clocks of this zone do [default: that of `$TZ`, or UTC]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let zone = forecast::zone(arguments.zone.as_deref())?;
    let made = planned(context, &arguments)?;
    let ahead = looked_ahead(context, &arguments, &made)?;
    if context.terminal.is_json() {
        context.terminal.result(&document(&made.plan, &ahead));
    } else {
        show(context, &made.plan);
        context.terminal.result("");
        forecast::show(context, &made.plan, &ahead, &zone);
    }
    let troubles = ahead.troubles.iter().map(|it| it.told(&made.plan, &zone));
    let mut warnings = made.warnings;
    warnings.extend(troubles.filter(|it| !made.allowed.silences(it)));
    if !warnings.is_empty() {
        show_findings(context, &warnings, &made.sources);
    }
    Ok(Exit::Done)
}

/// Plans the file that is meant with the inputs that are given.
pub fn planned(context: &Context, arguments: &Arguments) -> Result<Made, Failure> {
    let wanted = arguments.inputs.wanted(&arguments.file, Some(instant_or_now(arguments.at.as_deref())?));
    plan_for(context, &wanted, |rollout| kept_values(context, rollout))
}

/// Looks ahead of a run of a plan.
pub fn looked_ahead(context: &Context, arguments: &Arguments, made: &Made) -> Result<Forecast, Failure> {
    let start = instant_or_now(arguments.at.as_deref())?;
    let past = forecast::past_of(context, &made.plan.rollout)?;
    Ok(crate::sim::forecast(&made.plan, &made.kept, start, &past))
}

/// Returns what programs read of a plan.
pub fn document(plan: &Plan, forecast: &Forecast) -> String {
    let mut summary = summary(plan);
    forecast.fill(&mut summary);
    serde_json::to_string(&summary).expect("a summary is plain data")
}

fn show(context: &Context, plan: &Plan) {
    let terminal = context.terminal;
    let tree = draw(&graph_of(plan), GraphFormat::Text);
    terminal.result(tree.trim_end());
    terminal.result("");
    for (name, value) in &plan.inputs {
        terminal.result(&format!("{} {name} = {value}", terminal.painted(Paint::Quiet, "input")));
    }
    terminal.result(&format!("{} {}", terminal.painted(Paint::Quiet, "digest"), plan.digest()));
}
