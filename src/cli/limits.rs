//! `rollout limits`: the limits in force, so that nobody finds them by running into them.

use clap::Args;
use serde_json::{Map, json};

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;

/// Show the limits in force
#[derive(Debug, Args)]
pub struct Arguments {}

/// Name, value, and what it means.
const LIMITS: [(&str, &str, &str); 13] = [
    ("source_file", "16 MiB", "a larger file is refused"),
    ("plan_nodes", "200000", "steps of a plan, each counted once for all of its targets"),
    ("plan_slots", "5000000", "steps of a plan, counted for each target"),
    ("jobs", "64", "commands, requests and probes under way at once; `--jobs N`"),
    ("step_timeout", "1h", "unless the step says `timeout`"),
    ("step_grace", "10s", "between asking a command to end and making it"),
    ("step_output_kept", "64 KiB", "of what a command prints, for expressions"),
    ("step_log", "100 MiB", "of what a command prints, in its log"),
    ("window_parts", "256", "windows that one window is made of"),
    ("window_horizon", "10 years", "how far ahead openings are looked for"),
    ("judge_samples", "1000000", "samples on each side that are compared; more do not pass"),
    ("journal_room", "4 MiB", "held back on the disk for the last records; as much again has to be free to go on"),
    ("secret", "8 bytes", "a shorter one could not be masked"),
];

pub fn run(context: &Context, _arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    if context.terminal.is_json() {
        let limits: Map<_, _> = LIMITS.iter().map(|(name, value, _)| ((*name).to_owned(), json!(value))).collect();
        context.terminal.result(&serde_json::Value::Object(limits).to_string());
    } else {
        for (name, value, meaning) in LIMITS {
            context.terminal.result(&format!("{name:16}  {value:>8}  {meaning}"));
        }
    }
    Ok(Exit::Done)
}
