//! `rollout backtest`: when a gate would have fired over a while that is past, as a table and as a picture. A rollout of
//! one watch is written for each target and played by the engine itself, with answers from the past of the sources.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::backtest_shown::{LookedBack, document, show};
use super::command::Context;
use super::disk::Disk;
use super::exit::Exit;
use super::failure::Failure;
use super::gate_call::{GateCall, gate_calls};
use super::past::{Library, While};
use super::program::show_findings;
use super::settle::state_folder;
use super::simulate::instant_or_now;
use super::tail::checked_with_tail;
use crate::check::{Checked, check};
use crate::engine::ProbeJob;
use crate::model::RolloutId;
use crate::plan::{KeptValues, Plan, PlanRequest, plan};
use crate::report::{Backtest, chart, chart_of_many};
use crate::runtime::Clock;
use crate::sim::{Replay, perform};
use crate::value::{At, LiteralShape, Target, Value, parse_literal, show_duration};

/// Show when a gate would have fired over a while that is past. Runs no step
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file that declares the gate
    file: String,
    /// The gate, with its arguments if it has any: 'healthy(ny)'
    #[arg(long, value_name = "GATE")]
    gate: String,
    /// The target that it is about, if the gate is named without it; may be said several times, and may be a fleet, or '*' for
    /// all targets there are
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Where the while begins; the change that the gate is asked for is supposed to begin then
    #[arg(long, value_name = "INSTANT")]
    from: String,
    /// Where it ends
    #[arg(long, value_name = "INSTANT")]
    to: String,
    /// How far the samples lie apart
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    every: String,
    /// Write the picture there, as SVG
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// No backtest has more samples.
const SAMPLES_MAX: i64 = 20_000;

/// What the rollout is called that is written for the purpose.
const NAME: &str = "backtest-from-the-command-line";

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let span = span(&arguments)?;
    let here = std::env::current_dir()?;
    let plain = check(&Disk::checking(&here), &arguments.file);
    refuse_unsound(context, &plain, &arguments)?;
    let calls = gate_calls(&plain.program, &arguments.gate, &arguments.target, &Disk::planning(&here))?;
    let mut looked = LookedBack::default();
    for call in &calls {
        let plan = planned(context, &arguments, call, &here, span)?;
        looked_back(context, call, plan, span, &mut looked)?;
    }
    draw(&arguments, &looked)?;
    match context.terminal.is_json() {
        true => context.terminal.result(&document(&arguments.gate, &looked).to_string()),
        false => show(context.terminal, &arguments.gate, &looked),
    }
    Ok(Exit::Done)
}

fn draw(arguments: &Arguments, looked: &LookedBack) -> Result<(), Failure> {
    let Some(path) = &arguments.output else { return Ok(()) };
    let picture = match &looked.backtests[..] {
        [one] => chart(one),
        many => chart_of_many(&arguments.gate, many),
    };
    std::fs::write(path, picture)
        .map_err(|error| Failure::usage(format!("could not write `{}`: {error}", path.display())))
}

fn span(arguments: &Arguments) -> Result<While, Failure> {
    let (from, to) = (instant_or_now(Some(&arguments.from))?, instant_or_now(Some(&arguments.to))?);
    let every_ms = match parse_literal(LiteralShape::Duration, &arguments.every) {
        Ok(Value::Duration(ms)) if ms > 0 => ms,
        Ok(_) | Err(_) => {
            return Err(Failure::usage(format!("`{}` is no duration", arguments.every)).hint("Say `--every 1m`."));
        }
    };
    if to <= from {
        return Err(Failure::usage(format!("{to} is not after {from}")));
    }
    if to > Clock::start().now() {
        return Err(Failure::usage(format!("{to} has not come yet")).hint("A backtest looks at what is past."));
    }
    let samples = to.since_ms(from) / every_ms + 1;
    if samples > SAMPLES_MAX {
        let message = format!("these would be {samples} samples, and {SAMPLES_MAX} are looked at");
        return Err(Failure::usage(message).hint("Say a longer `--every`, or a shorter while."));
    }
    Ok(While { from, to, every_ms })
}

/// Plans a rollout that changes the gate's subject once and watches the gate from then on.
fn planned(
    context: &Context,
    arguments: &Arguments,
    call: &GateCall,
    here: &Path,
    span: While,
) -> Result<Plan, Failure> {
    let folder = here.to_str().ok_or_else(|| Failure::usage("the current folder is not named in UTF-8"))?;
    let tail = watch(&call.text, call.about.as_ref(), span);
    let checked = checked_with_tail(here, &arguments.file, &tail);
    refuse_unsound(context, &checked, arguments)?;
    let rollouts = &checked.program.rollouts;
    let at = rollouts.iter().position(|it| it.name == NAME).expect("the rollout was written into the file");
    let planned = plan(&PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout: RolloutId(at as u32),
        file: &arguments.file,
        folder,
        inputs: Default::default(),
        profile: None,
        now: span.from,
        world: &Disk::planning(here),
        kept: &KeptValues::default(),
        only: None,
    });
    planned.map_err(|wrong| {
        show_findings(context, &wrong, &checked.sources);
        Failure::usage(format!("the gate `{}` cannot be asked", call.shown))
    })
}

fn refuse_unsound(context: &Context, checked: &Checked, arguments: &Arguments) -> Result<(), Failure> {
    if checked.is_sound() {
        return Ok(());
    }
    show_findings(context, &checked.diagnostics, &checked.sources);
    Err(Failure::usage(format!("`{}` in `{}` cannot be understood", arguments.gate, arguments.file)))
}

/// The rollout of one watch. It never ends before its time, whatever the gate says.
fn watch(gate: &str, about: Option<&Target>, span: While) -> String {
    let (lasts, every) = (show_duration(span.to.since_ms(span.from)), show_duration(span.every_ms));
    let watch = format!(
        "watch {gate} {{ lasts = {lasts}, every = {every}, fail_after = 1000000000, unknown = 36500d, on_unknown = hold }}"
    );
    let body = match about {
        Some(Target { fleet, name, .. }) => {
            format!("for subject in {fleet} where subject.name == \"{name}\" {{\n    run \"true\"\n    {watch}\n  }}")
        }
        None => format!("run \"true\"\n  {watch}"),
    };
    format!("\n\nrollout {NAME} {{\n stage looked_back {{\n  {body}\n }}\n}}\n")
}

/// Plays the plan with what the sources know of the past.
fn looked_back(
    context: &Context,
    call: &GateCall,
    plan: Plan,
    span: While,
    looked: &mut LookedBack,
) -> Result<(), Failure> {
    let folder = state_folder(context.globals)?;
    let plan = Arc::new(plan);
    let mut library = Library::open(&folder, &plan, span)?;
    let mut answer = |probe: &ProbeJob, now: At| library.answer(probe, now);
    let mut cast = Replay::new(span.to, &mut answer);
    let played = perform(&plan, &KeptValues::default(), span.from, &mut cast, &mut |_| None);
    looked.backtests.push(Backtest {
        target: call.about.as_ref().map(|it| it.name.clone()),
        ..Backtest::of(call.shown.clone(), (span.from, span.to), span.every_ms, &played.events)
    });
    looked.without_past.append(&mut library.without_past);
    Ok(())
}
