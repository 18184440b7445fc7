//! `rollout backtest`: when a gate would have fired over a while that is past, as a table and as a picture. A rollout of
//! one watch is written for the purpose and played by the engine itself, with answers from the past of the sources.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::command::Context;
use super::disk::Disk;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::program::show_findings;
use super::settle::state_folder;
use super::simulate::instant_or_now;
use super::suppose::WithTail;
use super::window_name::{listed, parted, targets};
use crate::action::{Past, Performer};
use crate::check::{Checked, check};
use crate::diag::nearest;
use crate::engine::{Evidence, MetricAsk, MetricSource, ProbeAsk, ProbeJob, Probed, Truth};
use crate::model::{Gate, Program, RolloutId};
use crate::plan::{KeptValues, Plan, PlanRequest, plan};
use crate::report::{Backtest, Spell, chart};
use crate::runtime::{Clock, performer_for};
use crate::sim::{Replay, perform};
use crate::value::{At, LiteralShape, Target, Type, Value, briefly, parse_literal, show_duration};

/// Show when a gate would have fired over a while that is past. Runs no step
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file that declares the gate
    file: String,
    /// The gate, with its arguments if it has any: 'healthy(ny)'
    #[arg(long, value_name = "GATE")]
    gate: String,
    /// The target that it is about, if the gate is named without it
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
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

/// The while that is looked at.
#[derive(Clone, Copy)]
struct While {
    from: At,
    to: At,
    every_ms: i64,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let span = span(&arguments)?;
    let (gate, plan) = planned(context, &arguments, span)?;
    let backtest = looked_back(context, gate, plan, span)?;
    if let Some(path) = &arguments.output {
        std::fs::write(path, chart(&backtest))
            .map_err(|error| Failure::usage(format!("could not write `{}`: {error}", path.display())))?;
    }
    match context.terminal.is_json() {
        true => context.terminal.result(&document(&backtest).to_string()),
        false => show(context, &backtest),
    }
    Ok(Exit::Done)
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
fn planned(context: &Context, arguments: &Arguments, span: While) -> Result<(String, Plan), Failure> {
    let here = std::env::current_dir()?;
    let folder = here.to_str().ok_or_else(|| Failure::usage("the current folder is not named in UTF-8"))?;
    let plain = check(&Disk::checking(&here), &arguments.file);
    refuse_unsound(context, &plain, arguments)?;
    let disk = Disk::planning(&here);
    let Called { shown, text, about } = called(&plain.program, arguments, &disk)?;
    let tail = watch(&text, about.as_ref(), span);
    let checked =
        check(&WithTail { disk: &Disk::checking(&here), file: &arguments.file, tail: &tail }, &arguments.file);
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
        world: &disk,
        kept: &KeptValues::default(),
        only: None,
    });
    match planned {
        Ok(plan) => Ok((shown, plan)),
        Err(wrong) => {
            show_findings(context, &wrong, &checked.sources);
            Err(Failure::usage(format!("the gate `{shown}` cannot be asked")))
        }
    }
}

fn refuse_unsound(context: &Context, checked: &Checked, arguments: &Arguments) -> Result<(), Failure> {
    if checked.is_sound() {
        return Ok(());
    }
    show_findings(context, &checked.diagnostics, &checked.sources);
    Err(Failure::usage(format!("`{}` in `{}` cannot be understood", arguments.gate, arguments.file)))
}

/// A gate as it is called.
struct Called {
    /// As a person would write it.
    shown: String,
    /// As the language does, with `subject` for the target.
    text: String,
    about: Option<Target>,
}

fn called(program: &Program, arguments: &Arguments, disk: &Disk) -> Result<Called, Failure> {
    let (name, words) = parted(&arguments.gate)?;
    let gate = gate_named(program, name)?;
    let mut words = words.into_iter();
    let (mut about, mut texts, mut shown): (Option<Target>, Vec<String>, Vec<String>) = (None, Vec::new(), Vec::new());
    for param in &gate.params {
        let is_target = param.of == Type::Target;
        let word = match (&arguments.target, is_target) {
            (Some(target), true) => Some(target.as_str()),
            _ => words.next(),
        };
        match word {
            None if param.default.is_some() => break,
            None => return Err(missing(program, gate, param.of == Type::Target, disk)),
            Some(word) if is_target && about.is_none() => {
                about = Some(target_named(program, word, disk)?);
                texts.push("subject".to_owned());
                shown.push(word.to_owned());
            }
            Some(_) if is_target => {
                return Err(Failure::usage(format!("`{name}` is about several targets, and one can be looked at")));
            }
            Some(word) => {
                texts.push(word.to_owned());
                shown.push(word.to_owned());
            }
        }
    }
    if let Some(stray) = words.next() {
        return Err(Failure::usage(format!("`{name}` takes no `{stray}`")));
    }
    let call = |arguments: &[String]| match arguments {
        [] => name.to_owned(),
        some => format!("{name}({})", some.join(", ")),
    };
    Ok(Called { shown: call(&shown), text: call(&texts), about })
}

fn gate_named<'p>(program: &'p Program, name: &str) -> Result<&'p Gate, Failure> {
    let own = name.rsplit('.').next().unwrap_or(name);
    if let Some(gate) = program.gates.iter().find(|it| it.name == own) {
        return Ok(gate);
    }
    let names = program.gates.iter().map(|it| it.name.as_str());
    let hint = match nearest(own, names.clone()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if program.gates.is_empty() => "Declare one: `gate healthy { require error_rate < 1% }`.".to_owned(),
        None => listed(names),
    };
    Err(Failure::usage(format!("no gate is named `{name}`")).hint(hint))
}

fn target_named(program: &Program, name: &str, disk: &Disk) -> Result<Target, Failure> {
    let all = targets(program, disk)?;
    if let Some(target) = all.iter().find(|it| it.name == name) {
        return Ok(target.clone());
    }
    let hint = match nearest(name, all.iter().map(|it| it.name.as_str())) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => listed(all.iter().map(|it| it.name.as_str())),
    };
    Err(Failure::usage(format!("no fleet has a target `{name}`")).hint(hint))
}

fn missing(program: &Program, gate: &Gate, is_target: bool, disk: &Disk) -> Failure {
    let message = format!("`{}` depends on {}", gate.name, if is_target { "a target" } else { "more than that" });
    let first = targets(program, disk).unwrap_or_default().into_iter().next();
    let example = first.map_or_else(|| "…".to_owned(), |it| it.name.to_string());
    Failure::usage(message).hint(format!("Say it: `--gate '{}({example})'`.", gate.name))
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
fn looked_back(context: &Context, gate: String, plan: Plan, span: While) -> Result<Backtest, Failure> {
    let folder = state_folder(context.globals)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let plan = Arc::new(plan);
    let performer = runtime.block_on(performer_for(&folder, &plan));
    let mut library = Library { runtime, performer, span, known: BTreeMap::new() };
    let mut answer = |probe: &ProbeJob, now: At| library.answer(probe, now);
    let mut cast = Replay::new(span.to, &mut answer);
    let played = perform(&plan, &KeptValues::default(), span.from, &mut cast, &mut |_| None);
    Ok(Backtest::of(gate, (span.from, span.to), span.every_ms, &played.events))
}

/// What is known of the past: each query is asked once for the whole while.
struct Library {
    runtime: tokio::runtime::Runtime,
    performer: Performer,
    span: While,
    known: BTreeMap<String, Result<Past, String>>,
}

impl Library {
    fn answer(&mut self, probe: &ProbeJob, now: At) -> Probed {
        let ProbeAsk::Metric(ask) = &probe.ask else {
            return Probed::Unknown { why: "a probe knows only what is now".to_owned() };
        };
        match (&ask.source, ask.over) {
            (MetricSource::Prometheus { .. }, None) => self.step(ask, now),
            (MetricSource::Recorded { metric, target, since, .. }, None) => {
                let (metric, target) = (metric.clone(), target.clone());
                let source = MetricSource::Recorded { metric, target, since: *since, until: Some(now) };
                self.runtime.block_on(self.performer.look(&MetricAsk { source, ..ask.clone() }))
            }
            (MetricSource::Prometheus { .. } | MetricSource::Recorded { .. }, Some(_)) => {
                self.runtime.block_on(self.performer.look(ask))
            }
            (MetricSource::Http { .. } | MetricSource::Alertmanager { .. } | MetricSource::Command(_), _) => {
                Probed::Unknown { why: "this source knows only what is now".to_owned() }
            }
        }
    }

    fn step(&mut self, ask: &MetricAsk, now: At) -> Probed {
        let key = serde_json::to_string(ask).expect("a question is plain data");
        let While { from, to, every_ms } = self.span;
        if !self.known.contains_key(&key) {
            let past = self.runtime.block_on(self.performer.past(ask, (from, to), every_ms));
            self.known.insert(key.clone(), past);
        }
        match &self.known[&key] {
            Ok(past) => past.get(&now).cloned().unwrap_or(Probed::Absent { why: "there is no data".to_owned() }),
            Err(why) => Probed::Unknown { why: why.clone() },
        }
    }
}

fn document(backtest: &Backtest) -> serde_json::Value {
    let spells = backtest.spells().into_iter().map(|it| {
        json!({ "from": it.from.to_string(), "to": it.to.to_string(), "truth": it.truth, "samples": it.samples,
                "evidence": it.because })
    });
    let traces = backtest.traces().into_iter().map(|it| {
        let shown = |it: &Option<Value>| it.as_ref().map(Value::to_string);
        let points = it.points.iter().map(|it| {
            json!({ "at": it.at.to_string(), "value": shown(&it.value), "bound": shown(&it.bound), "truth": it.truth })
        });
        json!({ "what": it.what, "points": points.collect::<Vec<_>>() })
    });
    json!({
        "version": 1,
        "gate": backtest.gate,
        "from": backtest.from.to_string(),
        "to": backtest.to.to_string(),
        "every_ms": backtest.every_ms,
        "samples": backtest.samples.len(),
        "holds": backtest.count(Truth::Holds),
        "violated": backtest.count(Truth::Violated),
        "unknown": backtest.count(Truth::Unknown),
        "stretches": spells.collect::<Vec<_>>(),
        "lines": traces.collect::<Vec<_>>(),
    })
}

fn show(context: &Context, backtest: &Backtest) {
    let terminal = context.terminal;
    let spells = backtest.spells();
    let fired: Vec<&Spell<'_>> = spells.iter().filter(|it| it.truth == Truth::Violated).collect();
    let every = show_duration(backtest.every_ms);
    terminal.result(&format!("`{}` from {} to {}, every {every}.", backtest.gate, backtest.from, backtest.to));
    terminal.result(&match &fired[..] {
        [] => "It would not have fired.".to_owned(),
        [once] => format!("It would have fired once, at {}.", once.from),
        [first, ..] => format!("It would have fired {} times, first at {}.", fired.len(), first.from),
    });
    let [holds, violated, unknown] = [Truth::Holds, Truth::Violated, Truth::Unknown].map(|it| backtest.count(it));
    let samples = backtest.samples.len();
    terminal
        .result(&format!("Of {samples} samples it held at {holds}, was violated at {violated}, unknown at {unknown}."));
    terminal.result("");
    let width = spells.iter().flat_map(|it| [it.from, it.to]).map(|it| it.to_string().len()).max().unwrap_or(0);
    let head = format!("{:width$}  {:width$}  verdict   samples  because", "from", "to");
    terminal.result(&terminal.painted(Paint::Quiet, &head));
    for spell in &spells {
        let (paint, verdict) = match spell.truth {
            Truth::Holds => (Paint::Good, "holds   "),
            Truth::Violated => (Paint::Bad, "violated"),
            Truth::Unknown => (Paint::Careful, "unknown "),
        };
        let (from, to) = (spell.from.to_string(), spell.to.to_string());
        let verdict = terminal.painted(paint, verdict);
        let because = if spell.truth == Truth::Holds { String::new() } else { because(&spell.because) };
        let row = format!("{from:width$}  {to:width$}  {verdict}  {:>7}  {because}", spell.samples);
        terminal.result(row.trim_end());
    }
}

/// How many lines of a gate a row of the table names.
const NAMED_MAX: usize = 3;

fn because(evidence: &[&Evidence]) -> String {
    let mut said: Vec<String> = evidence.iter().take(NAMED_MAX).map(|it| line(it)).collect();
    if evidence.len() > NAMED_MAX {
        said.push(format!("{} more", evidence.len() - NAMED_MAX));
    }
    said.join("; ")
}

fn line(evidence: &Evidence) -> String {
    match (&evidence.value, &evidence.bound) {
        (Some(value), Some(bound)) if evidence.truth != Truth::Unknown => {
            let (value, bound) = briefly(value, bound);
            format!("{}: {value} against {bound}", evidence.what)
        }
        _ if evidence.why.is_empty() => evidence.what.clone(),
        _ => format!("{}: {}", evidence.what, evidence.why),
    }
}
