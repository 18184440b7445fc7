//! `rollout graph`: a rollout drawn, for a terminal, a wiki or another program.

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::plan::{self, document, looked_ahead, planned};
use crate::report::{GraphFormat, draw, graph_of};

/// Draw the graph of a rollout
#[derive(Debug, Args)]
// Those of a plan are a group of the same name.
#[group(skip)]
pub struct Arguments {
    #[command(flatten)]
    plan: plan::Arguments,
    /// How it is drawn
    #[arg(long = "as", value_name = "text|dot|mermaid|svg|json", default_value = "text")]
    shape: String,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let Some(format) = GraphFormat::from_name(&arguments.shape) else {
        let message = format!("a graph cannot be drawn as `{}`", arguments.shape);
        return Err(Failure::usage(message).hint("Say `--as text`, `dot`, `mermaid`, `svg` or `json`."));
    };
    let made = planned(context, &arguments.plan)?;
    let plan = &made.plan;
    let text = match format {
        GraphFormat::Json => document(plan, &looked_ahead(context, &arguments.plan, &made)?),
        GraphFormat::Text | GraphFormat::Dot | GraphFormat::Mermaid | GraphFormat::Svg => draw(&graph_of(plan), format),
    };
    context.terminal.result(text.trim_end());
    Ok(Exit::Done)
}
