//! `rollout kpi`: how well rollouts go, over all runs of the folder.

use std::collections::BTreeMap;

use clap::Args;
use smol_str::SmolStr;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::period::Period;
use super::settle::{reader, state_folder};
use crate::journal::{Reader, RunSummary, Shelves, each};
use crate::plan::Plan;
use crate::value::show_roughly;
use crate::view::{Figures, Kpi, Spread, kpi};

/// Show how well rollouts go: success, time to all, recovery, approvals
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the runs of this rollout
    #[arg(long, value_name = "NAME")]
    rollout: Option<String>,
    #[command(flatten)]
    period: Period,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let bounds = arguments.period.bounds()?;
    let reader = reader(&state_folder(context.globals)?)?;
    let mut runs = reader.runs()?;
    runs.retain(|it| arguments.rollout.as_ref().is_none_or(|wanted| it.rollout == wanted.as_str()));
    runs.retain(|it| bounds.hold(it.started));
    let figures = figures(&reader, &runs)?;
    let kpi = kpi(&figures);
    if context.terminal.is_json() {
        context.terminal.result(&serde_json::to_string(&kpi).map_err(std::io::Error::from)?);
    } else {
        show(context, &kpi);
    }
    Ok(Exit::Done)
}

fn figures(reader: &Reader, runs: &[RunSummary]) -> Result<Vec<(SmolStr, Figures)>, Failure> {
    let mut plans: BTreeMap<SmolStr, Plan> = BTreeMap::new();
    let read_plan = |digest: &str| reader.plan(digest);
    let records = |run: &str, after, limit| reader.records(Some(run), after, limit);
    let mut all = Vec::with_capacity(runs.len());
    for run in runs {
        if !plans.contains_key(&run.plan) {
            plans.insert(run.plan.clone(), reader.plan(&run.plan)?);
        }
        let plan = &plans[&run.plan];
        let mut figures = Figures::default();
        let shelves = Shelves { runs, plan: &read_plan, records: &records };
        each(&run.id, &shelves, |it| figures.hear(plan, it.at, &it.event))?;
        all.push((run.rollout.clone(), figures));
    }
    Ok(all)
}

fn show(context: &Context, kpi: &Kpi) {
    let terminal = context.terminal;
    if kpi.runs == 0 {
        return terminal.say("No run has ended yet.");
    }
    let mut rows: Vec<(&str, String)> = Vec::new();
    let live = if kpi.live > 0 { format!(", {} live", kpi.live) } else { String::new() };
    let Kpi { succeeded, rolled_back, failed, needs_hands, cancelled, .. } = kpi;
    rows.push(("runs", format!(
        "{}: {succeeded} succeeded, {rolled_back} rolled back, {failed} failed, {needs_hands} needed hands, {cancelled} cancelled{live}",
        kpi.runs
    )));
    rows.push(("success without rollback", percent(kpi.success_percent)));
    rows.push(("time to 100%", spread(kpi.to_all_ms)));
    rows.push(("targets affected by failures", format!("{} of {} changed", kpi.targets_affected, kpi.targets_changed)));
    let unrecovered = if kpi.unrecovered > 0 { format!("; {} not recovered", kpi.unrecovered) } else { String::new() };
    rows.push(("time to recover", format!("{}{unrecovered}", spread(kpi.to_recover_ms))));
    rows.push(("lead time of approvals", spread(kpi.lead_ms)));
    if kpi.by_rollout.len() > 1 {
        for (name, of) in &kpi.by_rollout {
            rows.push((
                name,
                format!("{} of {} ({})", of.succeeded, of.runs - of.cancelled, percent(of.success_percent)),
            ));
        }
    }
    let width = rows.iter().map(|it| it.0.chars().count()).max().unwrap_or(0);
    for (name, value) in rows {
        terminal.result(&format!("{}  {value}", terminal.painted(Paint::Quiet, &format!("{name:width$}"))));
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |it| format!("{it}%"))
}

fn spread(spread: Option<Spread>) -> String {
    match spread {
        None => "-".to_owned(),
        Some(it) if it.count == 1 => show_roughly(it.median),
        Some(it) => {
            format!(
                "median {}, 90% within {}, {} to {} ({})",
                show_roughly(it.median),
                show_roughly(it.p90),
                show_roughly(it.least),
                show_roughly(it.most),
                it.count
            )
        }
    }
}
