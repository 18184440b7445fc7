//! `rollout record`: pushes a number that a metric with `from = recorded` reads.

use clap::Args;
use serde_json::json;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::settle::state_folder;
use super::simulate::instant_or_now;
use crate::runtime::{Client, ClientError, Recorded, Recorder, StateFolder, ToRecord, current_person};

/// Push a number that a metric with `from = recorded` reads
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub struct Arguments {
    /// The metric
    metric: String,
    /// The number with its unit: 42, 0.5, 42%, 300ms, 512MiB
    value: String,
    /// The target that it is about, where the metric is about one
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Only for this run [default: for every run]
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// When it was so [default: now]
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
}

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = state_folder(context.globals)?;
    let asked = ToRecord {
        metric: arguments.metric.as_str().into(),
        value: arguments.value,
        target: arguments.target.map(Into::into),
        run: arguments.run.map(Into::into),
        at: arguments.at.as_deref().map(|it| instant_or_now(Some(it))).transpose()?,
    };
    let recorded = record(&folder, asked.clone()).await?;
    if context.terminal.is_json() {
        let Recorded { value, at, read_by } = recorded;
        let said = json!({
            "metric": asked.metric, "target": asked.target, "run": asked.run,
            "at": at.to_string(), "value": value.to_string(), "read_by": read_by,
        });
        context.terminal.result(&said.to_string());
        return Ok(Exit::Done);
    }
    let about = asked.target.map_or_else(String::new, |it| format!(" of `{it}`"));
    context.terminal.result(&format!("`{}`{about} was {} at {}.", asked.metric, recorded.value, recorded.at));
    if recorded.read_by.is_empty() {
        context.terminal.say("No live run reads it yet.");
    }
    Ok(Exit::Done)
}

/// Tells the living engine, or keeps it ourselves: several may write where samples are kept.
async fn record(folder: &StateFolder, asked: ToRecord) -> Result<Recorded, Failure> {
    match Client::connect(folder).await {
        Ok(mut client) => match client.record(asked.clone()).await {
            Err(ClientError::NoEngine) => {}
            answer => return Ok(answer?),
        },
        Err(ClientError::NoEngine) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Recorder::new(folder).record(asked, current_person())?)
}
