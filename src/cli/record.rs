//! `rollout record`: pushes numbers that metrics with `from = recorded` read.

use std::io::BufRead;

use clap::Args;
use serde_json::json;
use smol_str::SmolStr;

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
    /// The metric; `-` reads many from standard input, a line each: metric, value, and perhaps the target
    metric: String,
    /// The number with its unit: 42, 0.5, 42%, 300ms, 512MiB
    value: Option<String>,
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

/// Where numbers are kept: the living engine is told, or they are kept by ourselves. Several may write there.
struct Keeper {
    folder: StateFolder,
    engine: Option<Client>,
    ourselves: Recorder,
}

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = state_folder(context.globals)?;
    let mut keeper = Keeper { ourselves: Recorder::new(&folder), engine: None, folder };
    let at = arguments.at.as_deref().map(|it| instant_or_now(Some(it))).transpose()?;
    let Arguments { metric, value, target, run, .. } = arguments;
    let asked = ToRecord {
        metric: metric.into(),
        value: String::new(),
        target: target.map(Into::into),
        run: run.map(Into::into),
        at,
    };
    match value {
        Some(value) => {
            let asked = ToRecord { value, ..asked };
            let recorded = keeper.record(asked.clone()).await?;
            tell(context, &asked, recorded);
        }
        None if asked.metric == "-" => return keep_each(context, &mut keeper, &asked).await,
        None => return Err(Failure::usage(format!("no value of `{}` is given", asked.metric))),
    }
    Ok(Exit::Done)
}

/// Keeps line by line what comes in; the first that is refused ends it, and what came before is kept.
async fn keep_each(context: &Context<'_>, keeper: &mut Keeper, asked: &ToRecord) -> Result<Exit, Failure> {
    let mut kept: u64 = 0;
    for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let asked = match words[..] {
            [] => continue,
            [metric, value] => ToRecord { metric: metric.into(), value: value.to_owned(), ..asked.clone() },
            [metric, value, target] => {
                let target = Some(SmolStr::new(target));
                ToRecord { metric: metric.into(), value: value.to_owned(), target, ..asked.clone() }
            }
            [_] | [_, _, _, _, ..] => {
                let message = format!("line {number}: `{line}` is no metric with its value");
                return Err(
                    Failure::usage(message).hint("Write `latency 120ms`, or with its target `latency 120ms ny`.")
                );
            }
        };
        let recorded = keeper.record(asked.clone()).await.map_err(|it| at_line(number, it))?;
        kept += 1;
        if context.terminal.is_json() {
            tell(context, &asked, recorded);
        }
    }
    if !context.terminal.is_json() {
        context.terminal.say(&format!("{kept} kept."));
    }
    Ok(Exit::Done)
}

fn at_line(number: u64, failure: Failure) -> Failure {
    Failure { message: format!("line {number}: {}", failure.message), ..failure }
}

fn tell(context: &Context<'_>, asked: &ToRecord, Recorded { value, at, read_by }: Recorded) {
    if context.terminal.is_json() {
        let said = json!({
            "metric": asked.metric, "target": asked.target, "run": asked.run,
            "at": at.to_string(), "value": value.to_string(), "read_by": read_by,
        });
        return context.terminal.result(&said.to_string());
    }
    let about = asked.target.as_ref().map_or_else(String::new, |it| format!(" of `{it}`"));
    context.terminal.result(&format!("`{}`{about} was {value} at {at}.", asked.metric));
    if read_by.is_empty() {
        context.terminal.say("No live run reads it yet.");
    }
}

impl Keeper {
    async fn record(&mut self, asked: ToRecord) -> Result<Recorded, Failure> {
        if self.engine.is_none() {
            self.engine = match Client::connect(&self.folder).await {
                Ok(client) => Some(client),
                Err(ClientError::NoEngine) => None,
                Err(error) => return Err(error.into()),
            };
        }
        if let Some(client) = &mut self.engine {
            match client.record(asked.clone()).await {
                // It has gone, and so has what it was told: we keep it.
                Err(ClientError::NoEngine | ClientError::Broken(_)) => self.engine = None,
                answer => return Ok(answer?),
            }
        }
        Ok(self.ourselves.record(asked, current_person())?)
    }
}
