//! Forecasts as a person reads them: what earlier runs show, when things end, and what was taken for granted.

use super::command::Context;
use super::failure::Failure;
use super::palette::Paint;
use super::settle::state_folder;
use crate::calendar::{is_zone, local};
use crate::journal::{JournalError, Reader, past};
use crate::plan::{NodeId, NodeKind, Plan};
use crate::sim::{Forecast, Past, Three};
use crate::value::{At, show_duration};

/// Returns what earlier runs of a rollout show; nothing where none has run.
pub fn past_of(context: &Context, rollout: &str) -> Result<Past, Failure> {
    match Reader::open(&state_folder(context.globals)?.journal()) {
        Ok(reader) => Ok(past_in(&reader, rollout)?),
        Err(JournalError::Absent { .. }) => Ok(Past::default()),
        Err(error) => Err(error.into()),
    }
}

/// The same, from a journal that is open.
pub fn past_in(reader: &Reader, rollout: &str) -> Result<Past, JournalError> {
    let records = |run: &str, limit| reader.records(Some(run), 0, limit);
    past(rollout, &reader.runs()?, |digest| reader.plan(digest), records)
}

/// Returns the zone that is wanted: the one that is named, that of `$TZ`, or UTC.
pub fn zone(named: Option<&str>) -> Result<String, Failure> {
    match named {
        Some(zone) if is_zone(zone) => Ok(zone.to_owned()),
        Some(zone) => {
            Err(Failure::usage(format!("there is no zone `{zone}`")).hint("Say one such as `--zone Europe/Berlin`."))
        }
        None => Ok(std::env::var("TZ").ok().filter(|it| is_zone(it)).unwrap_or_else(|| "UTC".to_owned())),
    }
}

/// Shows when the run, and each of its stages, ends.
pub fn show(context: &Context, plan: &Plan, forecast: &Forecast, zone: &str) {
    let terminal = context.terminal;
    let start = shown(forecast.start, zone);
    terminal.result(&format!("If it begins {start} and all goes well:"));
    let mut rows = vec![["ends".to_owned(), "earliest".to_owned(), "likely".to_owned(), "latest".to_owned()]];
    let stages = (0..plan.nodes.len() as u32).map(NodeId);
    for stage in stages.filter(|it| matches!(plan.node(*it).kind, NodeKind::Stage(_))) {
        rows.push(row(&plan.node_path(stage), forecast.of(stage).ends, &|it| shown(it, zone)));
    }
    rows.push(row("all", forecast.run.ends, &|it| shown(it, zone)));
    rows.push(row("it takes", forecast.run.ends, &|it| rough(it.since_ms(forecast.start))));
    let width = |column: usize| rows.iter().map(|it| it[column].chars().count()).max().unwrap_or(0);
    let [name, earliest, likely] = [0, 1, 2].map(width);
    for (at, [first, second, third, last]) in rows.iter().enumerate() {
        let line = format!("  {first:name$}  {second:earliest$}  {third:likely$}  {last}");
        let paint = if at == 0 { Paint::Quiet } else { Paint::Plain };
        terminal.result(&terminal.painted(paint, line.trim_end()));
    }
    if let Some(ms) = forecast.rollback_ms.filter(|it| *it > 0) {
        terminal.result(&format!("Taking it all back would take about {}.", rough(ms)));
    }
    notes(&forecast.assumed, "assumed").into_iter().for_each(|it| terminal.result(&it));
    notes(&forecast.unknown, "unknown").into_iter().for_each(|it| terminal.result(&it));
}

fn notes(clauses: &[String], word: &str) -> Vec<String> {
    clauses.iter().map(|it| format!("{word}: {it}")).collect()
}

fn row(name: &str, three: Three, show: &dyn Fn(At) -> String) -> [String; 4] {
    let [earliest, likely, latest] =
        [three.earliest, three.likely, three.latest].map(|it| it.map_or_else(|| "-".to_owned(), show));
    [name.to_owned(), earliest, likely, latest]
}

fn shown(at: At, zone: &str) -> String {
    let pattern = if at.0 % 60_000 == 0 { "%a %Y-%m-%d %H:%M%:z" } else { "%a %Y-%m-%d %H:%M:%S%:z" };
    local(at, zone, pattern)
}

/// A duration without what does not matter at its length.
pub fn rough(ms: i64) -> String {
    let step = if ms >= 86_400_000 { 60_000 } else { 1_000 };
    show_duration(ms - ms % step)
}
