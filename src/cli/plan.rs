//! `rollout plan`: what would happen, in which order, and what its shares and counts come to. Touches nothing.

use std::path::PathBuf;

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::program::{Wanted, plan_for, split_name};
use super::settle::kept_values;
use crate::plan::{Plan, summary};
use crate::report::{GraphFormat, draw, graph_of};

/// Show what a rollout would do: its stages, targets and numbers. Touches nothing
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file, or `FILE#NAME` when it holds several rollouts
    pub file: String,
    #[command(flatten)]
    pub inputs: Inputs,
}

/// Where the values of inputs come from.
#[derive(Debug, Args)]
pub struct Inputs {
    /// A value for an input; may be said several times
    #[arg(long = "input", short = 'i', value_name = "NAME=VALUE")]
    pub input: Vec<String>,
    /// A file with values for inputs: a record, as JSON or YAML
    #[arg(long, value_name = "FILE")]
    pub inputs: Option<PathBuf>,
    /// Values that the rollout itself has under this name
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Take fleets to hold only targets for which this holds: `target.zone == "eu"`
    #[arg(long, value_name = "CONDITION")]
    pub only: Option<String>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let plan = planned(context, &arguments)?;
    if context.terminal.is_json() {
        let text = serde_json::to_string(&summary(&plan)).expect("a summary is plain data");
        context.terminal.result(&text);
    } else {
        show(context, &plan);
    }
    Ok(Exit::Done)
}

/// Plans the file that is meant with the inputs that are given.
pub fn planned(context: &Context, arguments: &Arguments) -> Result<Plan, Failure> {
    let (file, rollout) = split_name(&arguments.file);
    let wanted = Wanted {
        file,
        rollout,
        inputs: &arguments.inputs.input,
        inputs_file: arguments.inputs.inputs.as_deref(),
        profile: arguments.inputs.profile.as_deref(),
        only: arguments.inputs.only.as_deref(),
    };
    plan_for(context, &wanted, |rollout| kept_values(context, rollout))
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
