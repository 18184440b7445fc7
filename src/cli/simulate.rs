//! `rollout simulate`: one what-if run on virtual time. What nobody says is taken to go well, and listed at the end.

use clap::Args;
use smol_str::SmolStr;

use super::command::Context;
use super::disk::Disk;
use super::exit::Exit;
use super::failure::Failure;
use super::inputs::Inputs;
use super::palette::Paint;
use super::program::{inputs_for, rollout_named, show_findings};
use super::settle::kept_values;
use crate::check::{Checked, check};
use crate::diag::Diagnostic;
use crate::model::Given;
use crate::plan::{KeptValues, PlanRequest, plan};
use crate::runtime::Clock;
use crate::sim::{Manner, Played, Script, Stopped, given_kept, log_of, perform};
use crate::source::{ReadFailure, World};
use crate::value::{At, LiteralShape, Record, Value, parse_literal, show_duration};
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
    let file = wanted.file;
    let here = std::env::current_dir()?;
    let folder = here.to_str().ok_or_else(|| Failure::usage("the current folder is not named in UTF-8"))?;
    let plain = check(&Disk::checking(&here), file);
    refuse_unsound(context, &plain)?;
    let disk = Disk::planning(&here);
    let inputs = inputs_for(context, &plain, &wanted, &disk)?;
    let rollout = rollout_named(&plain.program, &wanted)?;
    let named = plain.program.rollout(rollout).name.clone();
    let tail = what_if(&named, &inputs, &arguments.given);
    let checked = check(&WithTail { disk: &Disk::checking(&here), file, tail: &tail }, file);
    refuse_unsound(context, &checked)?;
    let givens: &[Given] = checked.program.tests.last().map_or(&[], |it| &it.givens);
    let left = kept_values(context, &named)?.into_iter().map(|it| ((it.target, it.key), it.value));
    let mut kept: KeptValues = left.collect();
    kept.extend(given_kept(&checked.program, givens));
    let only = super::only::condition(wanted.only)?;
    let plan = plan(&PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout,
        file,
        folder,
        inputs,
        profile: wanted.profile.map(SmolStr::new),
        now: start,
        world: &disk,
        kept: &kept,
        only: only.as_deref(),
    });
    let plan = plan.map_err(|wrong| refused(context, &wrong, &checked))?;
    let mut script = Script::new(&plan, givens, start, Manner::Lenient);
    let played = perform(&plan, &kept, start, &mut script, &mut |_| None);
    let assumed = std::mem::take(&mut script.assumed).into_iter().collect();
    drop(script);
    let log = log_of(plan, &played, start);
    Ok(Simulated { rollout: named.to_string(), start, played, log, assumed })
}

fn refuse_unsound(context: &Context, checked: &Checked) -> Result<(), Failure> {
    if checked.is_sound() { Ok(()) } else { Err(refused(context, &checked.diagnostics, checked)) }
}

fn refused(context: &Context, wrong: &[Diagnostic], checked: &Checked) -> Failure {
    show_findings(context, wrong, &checked.sources);
    Failure::usage("this cannot be simulated")
        .hint("What earlier runs kept is said like this: `--given 'kept(*) { version = \"1.0.0\" }'`.")
}

/// What is given, as a test of the file itself: its names mean what they mean there.
fn what_if(rollout: &str, inputs: &Record, given: &[String]) -> String {
    let inputs: Vec<String> =
        inputs.iter().filter_map(|(name, it)| Some(format!("{name} = {}", literal(it)?))).collect();
    let given: String = given.iter().map(|it| format!("  given {it}\n")).collect();
    let inputs = inputs.join(", ");
    format!(
        "\n\ntest \"what if, from the command line\" {{\n  call {rollout} {{ {inputs} }}\n{given}  expect took >= 0s\n}}\n"
    )
}

/// Writes a value as the language does; none for what has no literal.
fn literal(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace("${", "$${");
            format!("\"{escaped}\"")
        }
        Value::List(list) => {
            let all: Option<Vec<String>> = list.iter().map(literal).collect();
            format!("[{}]", all?.join(", "))
        }
        Value::Record(record) => {
            let all = record.iter().map(|(key, it)| Some(format!("{key} = {}", literal(it)?)));
            format!("{{ {} }}", all.collect::<Option<Vec<String>>>()?.join(", "))
        }
        Value::Unknown | Value::Target(_) | Value::Secret(_) | Value::Window(_) => return None,
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Number(_)
        | Value::Percent(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::Instant(_)
        | Value::Weekday(_)
        | Value::Range(_) => value.to_string(),
    })
}

/// The disk, with something after the end of one file.
struct WithTail<'a> {
    disk: &'a Disk,
    file: &'a str,
    tail: &'a str,
}

impl World for WithTail<'_> {
    fn read(&self, path: &str) -> Result<String, ReadFailure> {
        let text = self.disk.read(path)?;
        Ok(if path == self.file { format!("{text}{}", self.tail) } else { text })
    }

    fn variable(&self, name: &str) -> Result<Option<String>, ReadFailure> {
        self.disk.variable(name)
    }

    fn command(&self, argv: &[String], folder: &str) -> Result<String, ReadFailure> {
        self.disk.command(argv, folder)
    }

    fn members(&self, role: &str) -> Result<Vec<String>, ReadFailure> {
        self.disk.members(role)
    }

    fn neighbours(&self, path: &str) -> Vec<String> {
        self.disk.neighbours(path)
    }
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
