//! When each stage begins and ends if everything goes well: the run is played three times, at its quickest, as is
//! likely, and at its slowest. Delays, windows, waves and places side by side come out of the engine itself.

use std::collections::BTreeSet;

use super::Past;
use super::ahead::{Ahead, Seen};
use super::pace::{Pace, Times};
use super::smooth::smooth;
use super::trouble::{Trouble, troubles};
use crate::engine::{Command, Heard, KeptValue, Outcome, Person, Run, RunForecast, RunStarted, explain, first_failure};
use crate::plan::{Ends, KeptValues, NodeId, NodeKind, Outlook, Plan, PlanSummary};
use crate::value::At;

/// When things are to be expected.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    /// From when it looks ahead.
    pub start: At,
    /// The run as a whole.
    pub run: Expected,
    by_node: Vec<Expected>,
    /// How long it takes to take everything back once all is done.
    pub rollback_ms: Option<i64>,
    /// What was taken for granted, a clause each.
    pub assumed: Vec<String>,
    /// Why something is not known, a clause each.
    pub unknown: Vec<String>,
    /// What cannot be in time, or never begins.
    pub troubles: Vec<Trouble>,
}

/// When something begins and ends; what is not known is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expected {
    pub begins: Three,
    pub ends: Three,
}

/// One instant, three times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Three {
    pub earliest: Option<At>,
    pub likely: Option<At>,
    pub latest: Option<At>,
}

/// Looks ahead from the start of a run that has not begun.
pub fn forecast(plan: &Plan, kept: &KeptValues, start: At, past: &Past) -> Forecast {
    let times = Times::of(plan, past);
    look_ahead(plan, start, |smooth, pace, look| {
        look(Ahead::from_start(smooth, &times, pace, start, Heard::Start(Box::new(started(plan, kept, start)))))
    })
}

/// Looks ahead from where a run is.
pub fn forecast_from(plan: &Plan, run: &Run, now: At, past: &Past) -> Forecast {
    let times = Times::of(plan, past);
    look_ahead(plan, now, |smooth, pace, look| look(Ahead::from_here(smooth, &times, pace, run.clone(), now)))
}

/// Returns how long it takes from now on to take back what a run has done; none if that cannot be told.
pub fn way_back(plan: &Plan, run: &Run, now: At, past: &Past) -> Option<i64> {
    let times = Times::of(plan, past);
    let smooth = smooth(plan, Pace::Likely);
    go_back(Ahead::from_here(&smooth, &times, Pace::Likely, run.clone(), now))
}

/// Returns what a run that reads its own forecast is told when it starts; none for the others.
pub fn pinned(plan: &Plan, kept: &KeptValues, start: At, past: &Past) -> Option<RunForecast> {
    plan.reads_forecast().then(|| {
        let Forecast { run, rollback_ms, .. } = forecast(plan, kept, start, past);
        RunForecast { earliest: run.ends.earliest, latest: run.ends.latest, rollback_ms }
    })
}

impl Forecast {
    /// Writes down in a summary of the same plan when everything ends.
    pub fn fill(&self, summary: &mut PlanSummary) {
        for node in &mut summary.nodes {
            let id = NodeId(node.id);
            node.forecast = if id == NodeId::ROOT { self.run.ends.written() } else { self.of(id).ends.written() };
        }
        summary.forecast = Some(self.outlook());
    }

    /// Returns the run as a whole as programs see it.
    pub fn outlook(&self) -> Outlook {
        Outlook {
            start: self.start.to_string(),
            ends: self.run.ends.written(),
            rollback_ms: self.rollback_ms,
            assumed: self.assumed.clone(),
            unknown: self.unknown.clone(),
        }
    }

    /// Returns when a node first begins, and when the last of its places ends.
    pub fn of(&self, node: NodeId) -> Expected {
        self.by_node.get(node.index()).copied().unwrap_or_default()
    }
}

impl Three {
    /// Returns it as programs see it.
    pub fn written(&self) -> Ends {
        let [earliest, likely, latest] =
            [self.earliest, self.likely, self.latest].map(|it| it.map(|it| it.to_string()));
        Ends { earliest, likely, latest }
    }
}

/// What one pass came to.
struct Looked {
    run: Seen,
    by_node: Vec<Seen>,
    rollback_ms: Option<i64>,
    troubles: Vec<Trouble>,
}

type Look<'l> = dyn FnMut(Ahead<'_>) -> Looked + 'l;

fn look_ahead(plan: &Plan, start: At, mut from: impl FnMut(&Plan, Pace, &mut Look<'_>) -> Looked) -> Forecast {
    let (mut assumed, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    let passes = Pace::ALL.map(|pace| {
        from(&smooth(plan, pace), pace, &mut |ahead| look(plan, ahead, pace, start, &mut assumed, &mut unknown))
    });
    let [least, likely, most] = &passes;
    let by_node = (0..plan.nodes.len()).map(|at| expected([least, likely, most].map(|it| it.by_node[at])));
    Forecast {
        start,
        run: expected([least.run, likely.run, most.run]),
        by_node: by_node.collect(),
        rollback_ms: likely.rollback_ms,
        assumed: assumed.into_iter().collect(),
        unknown: unknown.into_iter().collect(),
        troubles: least.troubles.clone(),
    }
}

fn look(
    plan: &Plan,
    mut ahead: Ahead<'_>,
    pace: Pace,
    start: At,
    assumed: &mut BTreeSet<String>,
    unknown: &mut BTreeSet<String>,
) -> Looked {
    let settled = ahead.until(|run| run.settled().is_some());
    let succeeded = ahead.run.settled() == Some(Outcome::Succeeded);
    if settled && !succeeded {
        unknown.insert(failure(plan, &ahead.run));
    }
    let troubles = if pace == Pace::Least { troubles(plan, &ahead) } else { Vec::new() };
    let by_node = (0..plan.nodes.len() as u32).map(|it| believed(plan, &ahead, NodeId(it), succeeded)).collect();
    let ends = settled.then_some(ahead.now);
    assumed.append(&mut ahead.assumed);
    unknown.append(&mut ahead.unknown);
    let rollback_ms = if pace == Pace::Likely && succeeded { go_back(ahead) } else { None };
    Looked { run: Seen { begins: Some(start), ends }, by_node, rollback_ms, troubles }
}

/// In a run that came to no good end only what lies in stages that ended well has ended.
fn believed(plan: &Plan, ahead: &Ahead, node: NodeId, succeeded: bool) -> Seen {
    let seen = ahead.seen(node);
    let mut around = std::iter::successors(Some(node), |it| (*it != NodeId::ROOT).then(|| plan.node(*it).parent));
    let stage = around.find(|it| matches!(plan.node(*it).kind, NodeKind::Stage(_)));
    let ended = succeeded || stage.is_some_and(|it| ahead.seen(it).ends.is_some());
    Seen { ends: seen.ends.filter(|_| ended), ..seen }
}

fn expected([least, likely, most]: [Seen; 3]) -> Expected {
    let three = |pick: fn(&Seen) -> Option<At>| {
        // Slower steps may end a run sooner, where they fall into another window; a range stays a range.
        let earliest = pick(&least).map(whole_second);
        let likely = pick(&likely).map(whole_second).map(|it| earliest.map_or(it, |least| it.max(least)));
        let latest = pick(&most).map(whole_second).map(|it| likely.map_or(it, |likely| it.max(likely)));
        Three { earliest, likely, latest }
    };
    Expected { begins: three(|it| it.begins), ends: three(|it| it.ends) }
}

fn whole_second(at: At) -> At {
    At(at.0.saturating_add(999).div_euclid(1_000) * 1_000)
}

/// Everything is taken back from here; returns how long that takes.
fn go_back(mut ahead: Ahead<'_>) -> Option<i64> {
    let from = ahead.now;
    if !ahead.run.is_rolling_back() {
        ahead.hear(Heard::Command { by: Person("forecast".into()), command: Command::Rollback { reason: None } });
    }
    if !ahead.run.is_rolling_back() && ahead.run.finished().is_none() && ahead.run.outcome_so_far().is_none() {
        return None;
    }
    ahead.until(|run| run.finished().is_some()).then(|| ahead.now.since_ms(from))
}

fn failure(plan: &Plan, run: &Run) -> String {
    match first_failure(run) {
        Some((place, cause)) => {
            let place = place.map_or(String::new(), |it| format!("`{}`: ", plan.path(it)));
            format!("it would fail: {place}{}", explain(plan, run, cause))
        }
        None => "it would not succeed".to_owned(),
    }
}

/// The start of a run that is only thought of. What it says of its own forecast goes nowhere.
fn started(plan: &Plan, kept: &KeptValues, start: At) -> RunStarted {
    let kept = kept.iter().map(|((target, key), value)| KeptValue {
        target: target.clone(),
        key: key.clone(),
        value: value.clone(),
    });
    RunStarted {
        run: "forecast".into(),
        rollout: plan.rollout.clone(),
        plan: "forecast".into(),
        inputs: plan.inputs.clone(),
        by: Person("forecast".into()),
        reason: None,
        kept: kept.collect(),
        forecast: Some(RunForecast { earliest: Some(start), latest: Some(start), rollback_ms: Some(0) }),
    }
}
