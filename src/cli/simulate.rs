//! `rollout simulate`: one what-if run on virtual time. What nobody says is taken to go well, and listed at the end.

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::inputs::Inputs;
use super::palette::Paint;
use super::suppose::{Supposed, givens, suppose};
use crate::runtime::Clock;
use crate::sim::{Manner, Played, Script, Stopped, log_of, perform};
use crate::value::{At, LiteralShape, Value, parse_literal, show_duration};
use crate::view::Line;

/// Play one what-if run on virtual time. Runs no step and sends no request
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file, or `FILE#NAME` when it holds several rollouts
    file: String,
    #[command(flatten)]
    inputs: Inputs,
    /// When the run begins, such as `2026-11-23T21:00[America/New_York]` [default: now]
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// What the world answers, as in a test: `up(*) { 0h = true, 2h = false }`
    #[arg(long, value_name = "SUBJECT { … }")]
    given: Vec<String>,
}

/// A what-if run that was played.
struct Simulated {
    rollout: String,
    start: At,
    played: Played,
    log: Vec<(i64, Line)>,
    assumed: Vec<String>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let start = instant_or_now(arguments.at.as_deref())?;
    let simulated = simulate(context, &arguments, start)?;
    match context.terminal.is_json() {
        true => context.terminal.result(&document(&simulated).to_string()),
        false => show(context, &simulated),
    }
    Ok(Exit::Done)
}

/// Returns the instant that is said, or that it is now.
pub fn instant_or_now(at: Option<&str>) -> Result<At, Failure> {
    let Some(text) = at else { return Ok(Clock::start().now()) };
    match parse_literal(LiteralShape::Instant, text) {
        Ok(Value::Instant(at)) => Ok(at),
        Ok(_) | Err(_) => {
            let hint = "Say `--at 2026-11-23T21:00Z`, or with a zone: `2026-11-23T21:00[Europe/Berlin]`.";
            Err(Failure::usage(format!("`{text}` is no instant")).hint(hint))
        }
    }
}

fn simulate(context: &Context, arguments: &Arguments, start: At) -> Result<Simulated, Failure> {
    let wanted = arguments.inputs.wanted(&arguments.file, Some(start));
    let Supposed { checked, plan, kept } = suppose(context, &wanted, &arguments.given, start)?;
    let rollout = plan.rollout.to_string();
    let mut script = Script::new(&plan, givens(&checked), start, Manner::Lenient);
    let played = perform(&plan, &kept, start, &mut script, &mut |_| None);
    let assumed = std::mem::take(&mut script.assumed).into_iter().collect();
    drop(script);
    let log = log_of(plan, &played, start);
    Ok(Simulated { rollout, start, played, log, assumed })
}

fn show(context: &Context, simulated: &Simulated) {
    let terminal = context.terminal;
    for (after_ms, line) in &simulated.log {
        let at = At(simulated.start.plus_ms(*after_ms).0 / 1000 * 1000);
        let when = terminal.painted(Paint::Quiet, &format!("{at}  {:>10}", show_duration(*after_ms / 1000 * 1000)));
        terminal.result(&format!("{when}  {}", terminal.painted(line.tone.into(), &line.text)));
    }
    terminal.result("");
    let took = show_duration(took_ms(simulated));
    let word = outcome(simulated);
    terminal.result(&match &simulated.played.outcome {
        Ok(_) => format!("`{}` would end {word} after {took}.", simulated.rollout),
        Err(_) => format!("`{}` would wait for a person after {took}: {word}.", simulated.rollout),
    });
    if !simulated.assumed.is_empty() {
        terminal.result("\nAssumed, because nothing says otherwise:");
        simulated.assumed.iter().for_each(|it| terminal.result(&format!("  - {it}")));
    }
}

fn took_ms(simulated: &Simulated) -> i64 {
    simulated.played.events.last().map_or(0, |(at, _)| at.since_ms(simulated.start))
}

fn outcome(simulated: &Simulated) -> &'static str {
    match &simulated.played.outcome {
        Ok(outcome) => outcome.name(),
        Err(Stopped::TooLong) => "it does not come to an end",
        Err(Stopped::Stuck | Stopped::Lost | Stopped::Broken(_)) => match simulated.played.run.paused() {
            Some(_) => "paused",
            None => "waiting",
        },
    }
}

fn document(simulated: &Simulated) -> serde_json::Value {
    let log = simulated.log.iter().map(|(after_ms, line)| {
        let at = simulated.start.plus_ms(*after_ms).to_string();
        serde_json::json!({ "at": at, "after_ms": after_ms, "text": line.text })
    });
    serde_json::json!({
        "version": 1,
        "rollout": simulated.rollout,
        "starts": simulated.start.to_string(),
        "outcome": outcome(simulated),
        "took_ms": took_ms(simulated),
        "log": log.collect::<Vec<_>>(),
        "assumed": simulated.assumed,
    })
}
