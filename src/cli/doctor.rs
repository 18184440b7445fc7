//! `rollout doctor`: what is wrong with this set-up, and what is only odd. Changes nothing.

use clap::Args;
use serde_json::{Value as Json, json};

use super::checkup::{Check, State, checkup};
use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::settle::state_folder;

/// Look whether anything is wrong with this set-up
#[derive(Debug, Args)]
pub struct Arguments {}

pub async fn run(context: &Context<'_>, _arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let checks = checkup(&state_folder(context.globals)?).await;
    let healthy = checks.iter().all(|it| it.state != State::Bad);
    if context.terminal.is_json() {
        let all: Vec<Json> = checks.iter().map(as_json).collect();
        let json = json!({"version": 1, "program": env!("CARGO_PKG_VERSION"), "healthy": healthy, "checks": all});
        context.terminal.result(&json.to_string());
    } else {
        checks.iter().for_each(|it| context.terminal.result(&as_text(context, it)));
    }
    Ok(if healthy { Exit::Done } else { Exit::Findings })
}

fn as_json(check: &Check) -> Json {
    json!({"name": check.name, "state": check.state.name(), "said": check.said, "hint": check.hint})
}

fn as_text(context: &Context, check: &Check) -> String {
    let paint = match check.state {
        State::Good => Paint::Good,
        State::Careful => Paint::Careful,
        State::Bad => Paint::Bad,
    };
    let state = context.terminal.painted(paint, &format!("{:7}", check.state.name()));
    let hint = check.hint.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    format!("{state}  {:12}  {}.{hint}", check.name, check.said)
}
