//! `rollout explore`: every combination of a few faults on virtual time, and the shortest way to each bad ending. Runs
//! no step and sends no request.

use std::time::{Duration, Instant};

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::inputs::Inputs;
use super::palette::Paint;
use super::suppose::{Supposed, suppose};
use crate::plan::Plan;
use crate::runtime::Clock;
use crate::sim::{Bad, Explored, Finding, Level, explore};
use crate::value::{LiteralShape, Value, parse_literal, show_duration};

/// Try every combination of a few faults, and show the shortest way to each bad ending. Runs no step and sends no request
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file, or `FILE#NAME` when it holds several rollouts
    file: String,
    /// How many things may go wrong in one run
    #[arg(long, value_name = "N", default_value_t = 2)]
    faults: u32,
    /// How long to search; what is left out then is said
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    within: String,
    #[command(flatten)]
    inputs: Inputs,
    /// What earlier runs are taken to have kept, as in a test: `kept(*) { version = "2.0.9" }`
    #[arg(long, value_name = "kept(…) { … }")]
    given: Vec<String>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let within = within(&arguments.within)?;
    let start = Clock::start().now();
    let wanted = arguments.inputs.wanted(&arguments.file, Some(start));
    refuse_facts(&arguments.given)?;
    let Supposed { plan, kept, .. } = suppose(context, &wanted, &arguments.given, start)?;
    let began = Instant::now();
    let explored = explore(&plan, &kept, start, arguments.faults, &mut |_| began.elapsed() < within);
    match context.terminal.is_json() {
        true => context.terminal.result(&document(&plan, &explored).to_string()),
        false => show(context, &plan, &explored),
    }
    Ok(if explored.findings.is_empty() { Exit::Done } else { Exit::Findings })
}

fn within(text: &str) -> Result<Duration, Failure> {
    match parse_literal(LiteralShape::Duration, text) {
        Ok(Value::Duration(ms)) if ms > 0 => Ok(Duration::from_millis(ms as u64)),
        Ok(_) | Err(_) => Err(Failure::usage(format!("`{text}` is no duration")).hint("Say `--within 30s`.")),
    }
}

/// What the world answers is what a search tries out; only what is kept from before can be said.
fn refuse_facts(given: &[String]) -> Result<(), Failure> {
    match given.iter().find(|it| !it.trim_start().starts_with("kept")) {
        None => Ok(()),
        Some(other) => Err(Failure::usage(format!("`--given '{other}'` says what a search tries out itself"))
            .hint("Say what earlier runs kept: `--given 'kept(*) { version = \"2.0.9\" }'`.")),
    }
}

fn show(context: &Context, plan: &Plan, explored: &Explored) {
    let terminal = context.terminal;
    for bad in Bad::ALL {
        for finding in explored.findings.iter().filter(|it| it.bad == bad) {
            let title = terminal.painted(Paint::Bad, bad.title());
            terminal.result(&format!("{title}: {}", finding.words));
            way(finding, plan).iter().for_each(|it| terminal.result(it));
            terminal.result("");
        }
    }
    if explored.findings.is_empty() {
        terminal.result(&format!("No bad ending of `{}` was found.", plan.rollout));
    }
    covered(explored).iter().for_each(|it| terminal.result(it));
}

/// Returns what happens on the way to a finding, a line each.
fn way(finding: &Finding, plan: &Plan) -> Vec<String> {
    let line = |after_ms: i64, words: &str| format!("  {:>10}  {words}", show_duration(after_ms / 1000 * 1000));
    let mut lines: Vec<String> =
        finding.way.iter().map(|(after_ms, turning)| line(*after_ms, &turning.in_words(plan))).collect();
    let there = match finding.bad {
        Bad::NotUndone | Bad::Uncovered | Bad::NeedsHands => "so the run ends",
        Bad::Stuck => "so it rests",
        Bad::ForEver | Bad::Ungated | Bad::Broken => "so it is",
    };
    lines.push(line(finding.after_ms, there));
    lines
}

/// Says what was looked at, and what was not.
fn covered(explored: &Explored) -> Vec<String> {
    let level = |(faults, level): (usize, &Level)| {
        let faults = match faults {
            0 => "without a fault".to_owned(),
            1 => "with one fault".to_owned(),
            count => format!("with {count} faults"),
        };
        match (level.is_whole, level.tried, level.about) {
            (true, 1, _) => format!("the one run {faults}"),
            (true, tried, _) => format!("all {tried} runs {faults}"),
            (false, 0, _) => format!("none {faults}"),
            (false, tried, about) => format!("{tried} of about {about} runs {faults}"),
        }
    };
    let levels: Vec<String> = explored.levels.iter().enumerate().map(level).collect();
    let mut lines = vec![format!("Covered: {}.", levels.join(", "))];
    let alike: usize = explored.levels.iter().map(|it| it.alike).sum();
    lines.push(format!(
        "{alike} of these were in a state like one seen before at once; there are {} different states.",
        explored.states
    ));
    if explored.is_thinned {
        lines.push(
            "Of long stretches of samples the first 4 were disturbed, then the 8th, the 16th, the 32nd and so on."
                .to_owned(),
        );
    }
    if explored.levels.iter().any(|it| !it.is_whole) {
        lines.push("The time ran out: `--within` gives more.".to_owned());
    }
    lines.push(
        "Taken for granted: a command takes a minute, people answer after five, targets of a fleet with the same labels are alike."
            .to_owned(),
    );
    lines.extend(explored.undriven.iter().map(|it| format!("Not covered: {it}.")));
    lines
}

fn document(plan: &Plan, explored: &Explored) -> serde_json::Value {
    let findings = explored.findings.iter().map(|it| {
        let way = it.way.iter().map(|(after_ms, turning)| {
            serde_json::json!({ "after_ms": after_ms, "fault": turning.is_fault(), "text": turning.in_words(plan) })
        });
        serde_json::json!({
            "kind": it.bad.name(),
            "place": it.place,
            "text": it.words,
            "faults": it.faults,
            "after_ms": it.after_ms,
            "way": way.collect::<Vec<_>>(),
        })
    });
    let levels = explored.levels.iter().enumerate().map(|(faults, it)| {
        serde_json::json!({
            "faults": faults, "tried": it.tried, "alike": it.alike, "about": it.about, "is_whole": it.is_whole,
        })
    });
    serde_json::json!({
        "version": 1,
        "rollout": plan.rollout,
        "findings": findings.collect::<Vec<_>>(),
        "covered": levels.collect::<Vec<_>>(),
        "states": explored.states,
        "samples_thinned": explored.is_thinned,
        "not_covered": explored.undriven,
    })
}
