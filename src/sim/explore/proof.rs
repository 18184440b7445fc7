//! A bad ending as a test that shows it: what is given, and what comes of it. Knows how tests are written, and not
//! whether this one is enough: whoever shows it has tried it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use smol_str::SmolStr;

use super::ending::Bad;
use super::retold::Did;
use super::scene::{PERSON_MS, WORK_MS};
use super::search::Finding;
use crate::plan::{KeptValues, Plan};
use crate::sim::units::written;
use crate::value::{At, Value, literal, show_duration};

/// Writes a test that comes to a bad ending as it was found; with an instant, it starts then. None where a test has no
/// words for it.
///
/// # Errors
/// Why there is no such test, as the end of a sentence.
pub fn as_test(plan: &Plan, kept: &KeptValues, finding: &Finding, start: Option<At>) -> Result<String, &'static str> {
    if finding.bad == Bad::ForEver {
        return Err("it never ends, and a test has to");
    }
    let title = format!("{}: {}", finding.bad.title(), about(finding));
    let mut text = format!("test {} {{\n", quoted(&title));
    let inputs = plan.inputs.iter().filter_map(|(name, it)| Some(format!("{name} = {}", literal(it)?)));
    let inputs: Vec<String> = inputs.collect();
    let _ = match inputs.is_empty() {
        true => writeln!(text, "  call {} {{ }}", plan.rollout),
        false => writeln!(text, "  call {} {{ {} }}", plan.rollout, inputs.join(", ")),
    };
    if let Some(start) = start {
        let _ = writeln!(text, "  start = {}", Value::Instant(start));
    }
    let given =
        given_kept(kept).into_iter().chain(worked(plan, finding)?).chain(read(finding)).chain(asked(plan, finding));
    for given in given.chain(unasked(finding)) {
        let _ = writeln!(text, "  given {given}");
    }
    for expected in expected(finding) {
        let _ = writeln!(text, "  expect {expected}");
    }
    Ok(text + "}\n")
}

fn about(finding: &Finding) -> &str {
    if finding.place.is_empty() { &finding.words } else { &finding.place }
}

fn quoted(text: &str) -> String {
    literal(&Value::text(text)).unwrap_or_default()
}

fn given_kept(kept: &KeptValues) -> Vec<String> {
    let mut whose: BTreeMap<Option<SmolStr>, Vec<String>> = BTreeMap::new();
    for ((target, key), value) in kept {
        if let Some(value) = literal(value) {
            whose.entry(target.clone()).or_default().push(format!("{key} = {value}"));
        }
    }
    let line = |(target, values): (Option<SmolStr>, Vec<String>)| match target {
        Some(target) => format!("kept({target}) {{ {} }}", values.join(", ")),
        None => format!("kept {{ {} }}", values.join(", ")),
    };
    whose.into_iter().map(line).collect()
}

/// Every command takes its minute; those that failed are named.
fn worked(plan: &Plan, finding: &Finding) -> Result<Vec<String>, &'static str> {
    let (mut takes, mut fails) = (BTreeSet::new(), Vec::new());
    let minute = show_duration(WORK_MS);
    for (place, attempts) in &finding.retold.worked {
        let unit = written(plan, *place);
        let path = unit.split('[').next().unwrap_or_default();
        takes.insert(format!("{path} {{ takes = {minute} }}"));
        let failed = attempts.iter().take_while(|it| !**it).count();
        if attempts.iter().skip(failed).any(|it| !it) {
            return Err("a command fails after it went well");
        }
        match failed {
            0 => {}
            all if all == attempts.len() => fails.push(format!("{unit} {{ fails = true, takes = {minute} }}")),
            some => fails.push(format!("{unit} {{ fails = {some}, takes = {minute} }}")),
        }
    }
    Ok(takes.into_iter().chain(fails).collect())
}

/// What was read most often counts for all that is not named.
fn read(finding: &Finding) -> Vec<String> {
    let mut subjects: BTreeMap<&SmolStr, Vec<(&Vec<SmolStr>, String)>> = BTreeMap::new();
    for ((subject, about), values) in &finding.retold.read {
        subjects.entry(subject).or_default().push((about, timeline(values)));
    }
    let mut lines = Vec::new();
    for (subject, timelines) in subjects {
        if timelines.iter().any(|(about, _)| about.is_empty()) {
            lines.extend(timelines.iter().map(|(_, it)| format!("{subject} {{ {it} }}")));
            continue;
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        timelines.iter().for_each(|(_, it)| *counts.entry(it).or_default() += 1);
        let usual = counts.into_iter().max_by_key(|(it, count)| (*count, std::cmp::Reverse(it.len())));
        let usual = usual.map_or("", |(it, _)| it);
        let any = vec!["*"; timelines[0].0.len()].join(", ");
        lines.push(format!("{subject}({any}) {{ {usual} }}"));
        let others = timelines.iter().filter(|(_, it)| it != usual);
        lines.extend(others.map(|(about, it)| format!("{subject}({}) {{ {it} }}", about.join(", "))));
    }
    lines
}

/// Writes what was read as points in time, one for each change.
fn timeline(values: &[(i64, Option<Value>)]) -> String {
    let mut points: Vec<(i64, String)> = Vec::new();
    for (at_ms, value) in values {
        let value = value.as_ref().and_then(literal).unwrap_or_else(|| "unknown".to_owned());
        match points.last_mut() {
            Some((_, before)) if *before == value => {}
            Some((before_ms, before)) if *before_ms == *at_ms => *before = value,
            Some(_) => points.push((*at_ms, value)),
            None => points.push((0, value)),
        }
    }
    let written = |(at_ms, value): &(i64, String)| match at_ms {
        0 => format!("0h = {value}"),
        at_ms => format!("{} = {value}", show_duration(*at_ms)),
    };
    points.iter().map(written).collect::<Vec<_>>().join(", ")
}

fn asked(plan: &Plan, finding: &Finding) -> Vec<String> {
    let after = show_duration(PERSON_MS);
    let line = |(place, did): (&crate::plan::Place, &Did)| {
        let unit = written(plan, *place);
        match did {
            Did::Agreed => format!("{unit} {{ after = {after} }}"),
            Did::Refused => format!("{unit} {{ after = {after}, rejects = true }}"),
            Did::KeptSilent => format!("{unit} {{ by = [] }}"),
        }
    };
    finding.retold.asked.iter().map(line).collect()
}

fn unasked(finding: &Finding) -> Vec<String> {
    let retold = &finding.retold;
    let mut lines = Vec::new();
    if !retold.wishes.is_empty() {
        let wishes: Vec<String> =
            retold.wishes.iter().map(|(at_ms, wish)| format!("{} = {wish}", show_duration(*at_ms))).collect();
        lines.push(format!("operator {{ {} }}", wishes.join(", ")));
    }
    if !retold.reboots_ms.is_empty() {
        let reboots: Vec<String> = retold.reboots_ms.iter().map(|it| show_duration(*it)).collect();
        lines.push(format!("engine {{ reboots = [{}] }}", reboots.join(", ")));
    }
    lines
}

fn expected(finding: &Finding) -> Vec<String> {
    let outcome = format!("outcome == {}", finding.retold.outcome);
    let place = &finding.place;
    match finding.bad {
        Bad::NotUndone | Bad::Uncovered => vec![outcome, format!("started({place}) and not undone({place})")],
        Bad::Stuck if finding.retold.outcome == "waiting" => vec![outcome, format!("waits_for == {place}")],
        Bad::Ungated => vec![format!("started({place})")],
        Bad::NeedsHands | Bad::Stuck | Bad::ForEver | Bad::Broken => vec![outcome],
    }
}
