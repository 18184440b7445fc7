//! `rollout decide`: what one user or request gets at the present share of a flag or of traffic. Only reads, beside
//! whatever engine lives.

use std::collections::BTreeMap;
use std::io::BufRead;

use clap::Args;
use serde::Serialize;
use smol_str::SmolStr;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::settle::{reader, state_folder};
use crate::diag::nearest;
use crate::engine::{Event, Share, flag_share_of};
use crate::journal::{Reader, RunSummary};
use crate::model::Act;
use crate::plan::{Node, NodeKind, Plan};
use crate::view::{Side, Split};

/// Say what one user or request gets of a flag or of traffic now
#[derive(Debug, Args)]
pub struct Arguments {
    /// The flag, or the router with what it is about: `checkout`, `edge`, `local(ny)`
    what: String,
    /// The user, session or request; `-` reads many from standard input, a line each
    #[arg(long = "for", value_name = "UNIT")]
    unit: String,
    /// The run whose flag or router is meant, where several rollouts have one of that name
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// End with 1 unless it is exposed
    #[arg(long)]
    exit_code: bool,
}

/// What programs read.
#[derive(Serialize)]
struct Said<'a> {
    version: u32,
    rollout: &'a str,
    /// The run that has set the share last.
    run: &'a str,
    #[serde(flatten)]
    side: Side<'a>,
}

/// Where the share that is asked for stands.
struct Standing {
    plan: Plan,
    run: RunSummary,
    share: Share,
}

const PAGE: usize = 4096;

pub fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let reader = reader(&state_folder(context.globals)?)?;
    if arguments.unit == "-" {
        return answer_each(context, &arguments, &reader);
    }
    let standing = standing(&reader, &arguments)?;
    let exposed = tell(context, &arguments.what, &standing, &arguments.unit)?;
    Ok(if arguments.exit_code && !exposed { Exit::Findings } else { Exit::Done })
}

/// Answers line by line with the share of that moment, for as long as somebody asks.
fn answer_each(context: &Context<'_>, arguments: &Arguments, reader: &Reader) -> Result<Exit, Failure> {
    if arguments.exit_code {
        return Err(Failure::usage("many answers have no one exit code").hint("Leave `--exit-code` out."));
    }
    let mut seen = reader.runs()?.iter().map(|it| it.last_seq).max().unwrap_or(0);
    let mut standing = standing(reader, arguments)?;
    for unit in std::io::stdin().lock().lines() {
        let unit = unit?;
        if moved(reader, &mut seen)? {
            standing = self::standing(reader, arguments)?;
        }
        tell(context, &arguments.what, &standing, &unit)?;
        if context.terminal.is_reader_gone() {
            break;
        }
    }
    Ok(Exit::Done)
}

/// Whether anything has happened since that may have moved a share.
fn moved(reader: &Reader, seen: &mut u64) -> Result<bool, Failure> {
    let mut moved = false;
    loop {
        let page = reader.records(None, *seen, PAGE)?;
        let Some(last) = page.last() else { return Ok(moved) };
        *seen = last.seq;
        moved |= page.iter().any(|it| {
            matches!(
                *it.event,
                Event::RunStarted(_) | Event::Kept { .. } | Event::ExposureRead { .. } | Event::Exposed { .. }
            )
        });
    }
}

/// Says what a unit gets, and returns whether it is exposed.
fn tell(context: &Context<'_>, what: &str, standing: &Standing, unit: &str) -> Result<bool, Failure> {
    let Standing { plan, run, share } = standing;
    let split = match plan.flags.iter().find(|it| it.name == what) {
        Some(flag) => Split::of_flag(flag, *share),
        None => Split::of_traffic(what, *share),
    };
    let side = split.side(unit);
    let exposed = side.exposed;
    if context.terminal.is_json() {
        let said = Said { version: 1, rollout: &run.rollout, run: &run.id, side };
        context.terminal.result(&serde_json::to_string(&said).map_err(std::io::Error::from)?);
        return Ok(exposed);
    }
    context.terminal.result(side.variant);
    if context.terminal.verbose > 0 {
        let (bucket, is) = (side.bucket, if exposed { "is" } else { "is not" });
        let of = format!("of {} {}", run.rollout, run.id);
        context.terminal.say(&format!("`{unit}` has bucket {bucket} and {is} among the {share} {of}."));
    }
    Ok(exposed)
}

/// Finds the share: of a flag what is kept for its rollout, of traffic what a run has set or read last.
fn standing(reader: &Reader, arguments: &Arguments) -> Result<Standing, Failure> {
    let runs = reader.runs()?;
    let (run, plan) = setting(reader, &runs, arguments)?;
    let what = arguments.what.as_str();
    if plan.flags.iter().any(|it| it.name == what) {
        let share = flag_share_of(&reader.kept(&run.rollout)?, what);
        return Ok(Standing { plan, run, share });
    }
    let of_rollout = runs.iter().rev().filter(|it| it.rollout == run.rollout);
    for run in of_rollout.filter(|it| arguments.run.as_ref().is_none_or(|run| it.id == *run)) {
        if let Some(share) = traffic_share(reader, run, what)? {
            return Ok(Standing { plan, run: run.clone(), share });
        }
    }
    let message = format!("no run of `{}` has set or read the share of `{what}` yet", run.rollout);
    Err(Failure::usage(message).hint("Until one has, everything goes where it always went."))
}

/// Returns the flag or the router whose share a node sets.
fn sets(plan: &Plan, node: &Node) -> Option<SmolStr> {
    let NodeKind::Act(act) = &node.kind else { return None };
    match &**act {
        Act::Flag(flag) => Some(plan.flags[flag.flag.index()].name.clone()),
        Act::Traffic(traffic) => Some(plan.routers[traffic.router.index()].name.clone()),
        _ => None,
    }
}

/// Returns the newest run that sets what is asked for, with its plan; that has to be one rollout.
fn setting(reader: &Reader, runs: &[RunSummary], arguments: &Arguments) -> Result<(RunSummary, Plan), Failure> {
    let what = arguments.what.as_str();
    let mut newest: BTreeMap<&SmolStr, &RunSummary> = BTreeMap::new();
    let named = |it: &&RunSummary| arguments.run.as_ref().is_none_or(|run| it.id == *run);
    newest.extend(runs.iter().filter(named).map(|it| (&it.rollout, it)));
    if let (Some(run), true) = (&arguments.run, newest.is_empty()) {
        reader.run(run)?;
    }
    let (mut setting, mut names) = (Vec::new(), Vec::new());
    for run in newest.into_values() {
        let plan = reader.plan(&run.plan)?;
        let router = what.split('(').next().unwrap_or(what);
        let set: Vec<SmolStr> = plan.nodes.iter().filter_map(|it| sets(&plan, it)).collect();
        if set.iter().any(|it| it == what || it == router) {
            setting.push((run.clone(), plan));
        } else {
            names.extend(set);
        }
    }
    match setting.len() {
        0 => {
            let near = nearest(what, names.iter().map(SmolStr::as_str));
            let near = near.map_or_else(String::new, |it| format!("; did you mean `{it}`?"));
            Err(Failure::usage(format!("no run sets the share of `{what}`{near}"))
                .hint("It is the name of a flag, or a router with what it is about: `edge`, `local(ny)`."))
        }
        1 => Ok(setting.remove(0)),
        _ => {
            let rollouts: Vec<String> = setting.iter().map(|(run, _)| format!("`{}`", run.rollout)).collect();
            Err(Failure::usage(format!("{} have `{what}`: say which with `--run`", rollouts.join(" and "))))
        }
    }
}

/// Returns the share of traffic that a run has set or read last.
fn traffic_share(reader: &Reader, run: &RunSummary, what: &str) -> Result<Option<Share>, Failure> {
    let (mut after, mut found) = (0, None);
    loop {
        let page = reader.records(Some(&run.id), after, PAGE)?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.seq;
        for record in &page {
            if let Event::Exposed { subject, share, .. } | Event::ExposureRead { subject, share, .. } = &*record.event
                && subject == what
            {
                found = Some(*share);
            }
        }
    }
}
