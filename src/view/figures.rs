//! The figures of one run, and of many: how often it went well, how long it took, whom failures reached, and how soon
//! they were mended. Every figure is defined here, once, and in `docs/formats.md` in words.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use smol_str::SmolStr;

use super::When;
use crate::engine::{Ending, Event, Outcome};
use crate::model::Act;
use crate::plan::{NodeKind, Place, Plan, Role};
use crate::value::At;

/// The figures of one run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunFigures {
    /// From the start to the moment at which every stage had ended well.
    pub to_all_ms: Option<i64>,
    /// When the first thing failed.
    pub first_failure: Option<When>,
    /// From the first failure to the moment at which everything that had failed was mended or taken back.
    pub to_recover_ms: Option<i64>,
    /// Targets that the run changed, for however long.
    pub targets_changed: u32,
    /// Of these, those that a failure reached.
    pub targets_affected: u32,
    /// From each question to people to the answer that settled it.
    pub lead_ms: Vec<i64>,
}

/// Works out the figures of one run while its events go by.
#[derive(Debug, Default)]
pub struct Figures {
    began: At,
    settled: Option<(At, Outcome)>,
    to_all: Option<At>,
    first_failure: Option<At>,
    /// Where something has failed that was neither done nor taken back since.
    broken: BTreeSet<Place>,
    /// When the last of them was mended.
    mended: Option<At>,
    taken_back: Option<At>,
    changed: BTreeSet<u32>,
    failed: BTreeSet<u32>,
    asked: BTreeMap<Place, At>,
    lead_ms: Vec<i64>,
}

impl Figures {
    /// Takes in what happened.
    pub fn hear(&mut self, plan: &Plan, at: At, event: &Event) {
        match event {
            Event::RunStarted(_) => self.began = at,
            Event::Asked { place, verify: false, .. } if changes(plan, *place) => {
                self.changed.extend(plan.target_index_of(*place));
            }
            Event::Ended { place, ending } => self.ended(plan, at, *place, ending),
            Event::Skipped { place, .. } | Event::Undone { place } => self.mend(plan, at, *place),
            Event::UndoFailed { place, .. } => self.fail(at, *place),
            Event::RollbackStarted { .. } => self.to_all = None,
            Event::ApprovalRequested { place, .. } => drop(self.asked.insert(*place, at)),
            Event::Approved { place, left: 0, .. }
            | Event::Ticked { place, left: 0, .. }
            | Event::Confirmed { place, .. }
            | Event::Rejected { place, .. } => {
                self.lead_ms.extend(self.asked.remove(place).map(|since| at.since_ms(since)));
            }
            Event::Expired { place } => drop(self.asked.remove(place)),
            Event::Finishing { outcome: Outcome::Succeeded } => self.to_all = Some(at),
            Event::Finishing { outcome: Outcome::RolledBack } => self.taken_back = Some(at),
            Event::Retained { .. } => self.settled = Some((at, Outcome::Succeeded)),
            Event::RunFinished { outcome, .. } => self.settled = Some((at, *outcome)),
            _ => {}
        }
    }

    fn ended(&mut self, plan: &Plan, at: At, place: Place, ending: &Ending) {
        match ending {
            Ending::Done => self.mend(plan, at, place),
            Ending::Failed { .. } | Ending::Tolerated { .. } => {
                self.fail(at, place);
                if plan.node(place.node).kind == NodeKind::Sequence(Role::Target) {
                    self.failed.extend(plan.target_index_of(place));
                }
            }
            Ending::Dropped => {}
        }
    }

    fn fail(&mut self, at: At, place: Place) {
        self.first_failure.get_or_insert(at);
        self.broken.insert(place);
    }

    /// What is done or taken back mends what failed at it and beneath it.
    fn mend(&mut self, plan: &Plan, at: At, place: Place) {
        let before = self.broken.len();
        self.broken.retain(|it| !plan.is_within(*it, place));
        if self.broken.len() < before && self.broken.is_empty() {
            self.mended = Some(at);
        }
    }

    /// How the run ended, or how it is certain to.
    pub fn outcome(&self) -> Option<Outcome> {
        self.settled.map(|(_, outcome)| outcome)
    }

    pub fn figures(&self) -> RunFigures {
        let outcome = self.outcome();
        let recovered = match outcome {
            Some(Outcome::RolledBack) => self.taken_back,
            Some(Outcome::Succeeded) => self.mended.filter(|_| self.broken.is_empty()),
            Some(Outcome::Failed | Outcome::NeedsHands | Outcome::Cancelled) | None => None,
        };
        let affected = match outcome {
            Some(Outcome::Succeeded) | None => self.failed.intersection(&self.changed).count(),
            Some(_) => self.changed.len(),
        };
        RunFigures {
            to_all_ms: self.to_all.map(|it| it.since_ms(self.began)),
            first_failure: self.first_failure.map(When),
            to_recover_ms: self.first_failure.zip(recovered).map(|(from, to)| to.since_ms(from)),
            targets_changed: self.changed.len() as u32,
            targets_affected: affected as u32,
            lead_ms: self.lead_ms.clone(),
        }
    }
}

/// Whether something is done at a place that may change its target, on the way there.
pub(super) fn changes(plan: &Plan, place: Place) -> bool {
    let changes = matches!(&plan.node(place.node).kind, NodeKind::Act(act) if Act::changes(act));
    let is_way_back = |it: Place| plan.node(it.node).kind == NodeKind::Sequence(Role::Undo);
    changes && !plan.all_around(place).any(is_way_back)
}

/// Figures over many runs.
#[derive(Debug, Clone, Serialize)]
pub struct Kpi {
    pub version: u32,
    /// Runs that have ended, those included that can still be taken back after their success.
    pub runs: u32,
    pub succeeded: u32,
    pub rolled_back: u32,
    pub failed: u32,
    pub needs_hands: u32,
    pub cancelled: u32,
    /// Runs that go on.
    pub live: u32,
    /// Of the runs that ended without having been cancelled, the share that succeeded: in percent.
    pub success_percent: Option<f64>,
    pub to_all_ms: Option<Spread>,
    pub to_recover_ms: Option<Spread>,
    /// Runs in which something failed, and of these those that nobody has mended or taken back.
    pub troubled: u32,
    pub unrecovered: u32,
    pub targets_changed: u32,
    pub targets_affected: u32,
    pub lead_ms: Option<Spread>,
    pub by_rollout: BTreeMap<SmolStr, RolloutKpi>,
}

/// The figures of one rollout among them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RolloutKpi {
    pub runs: u32,
    pub succeeded: u32,
    pub cancelled: u32,
    pub success_percent: Option<f64>,
}

/// How a figure is spread: nearest-rank percentiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub count: u32,
    pub least: i64,
    pub median: i64,
    pub p90: i64,
    pub most: i64,
}

impl Spread {
    /// Returns the spread of some figures; none of none.
    pub fn of(mut all: Vec<i64>) -> Option<Spread> {
        all.sort_unstable();
        let rank = |percent: usize| all[(all.len() * percent).div_ceil(100).max(1) - 1];
        let (least, most) = (*all.first()?, *all.last()?);
        Some(Spread { count: all.len() as u32, least, median: rank(50), p90: rank(90), most })
    }
}

/// Sums runs up.
pub fn kpi<'r>(runs: impl IntoIterator<Item = &'r (SmolStr, Figures)>) -> Kpi {
    let mut counts: BTreeMap<Outcome, u32> = BTreeMap::new();
    let mut by_rollout: BTreeMap<SmolStr, RolloutKpi> = BTreeMap::new();
    let (mut live, mut troubled, mut unrecovered, mut changed, mut affected) = (0, 0, 0, 0, 0);
    let (mut to_all, mut to_recover, mut leads) = (Vec::new(), Vec::new(), Vec::new());
    for (rollout, run) in runs {
        let figures = run.figures();
        leads.extend(&figures.lead_ms);
        let Some(outcome) = run.outcome() else {
            live += 1;
            continue;
        };
        *counts.entry(outcome).or_default() += 1;
        let of = by_rollout.entry(rollout.clone()).or_default();
        of.runs += 1;
        of.succeeded += u32::from(outcome == Outcome::Succeeded);
        of.cancelled += u32::from(outcome == Outcome::Cancelled);
        if outcome == Outcome::Succeeded {
            to_all.extend(figures.to_all_ms);
        }
        troubled += u32::from(figures.first_failure.is_some());
        unrecovered += u32::from(figures.first_failure.is_some() && figures.to_recover_ms.is_none());
        to_recover.extend(figures.to_recover_ms);
        changed += figures.targets_changed;
        affected += figures.targets_affected;
    }
    for of in by_rollout.values_mut() {
        of.success_percent = share(of.succeeded, of.runs - of.cancelled);
    }
    let count = |outcome| counts.get(&outcome).copied().unwrap_or(0);
    let (succeeded, cancelled) = (count(Outcome::Succeeded), count(Outcome::Cancelled));
    let ended: u32 = counts.values().sum();
    Kpi {
        version: 1,
        runs: ended,
        succeeded,
        rolled_back: count(Outcome::RolledBack),
        failed: count(Outcome::Failed),
        needs_hands: count(Outcome::NeedsHands),
        cancelled,
        live,
        success_percent: share(succeeded, ended - cancelled),
        to_all_ms: Spread::of(to_all),
        to_recover_ms: Spread::of(to_recover),
        troubled,
        unrecovered,
        targets_changed: changed,
        targets_affected: affected,
        lead_ms: Spread::of(leads),
        by_rollout,
    }
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| (f64::from(part) * 1000.0 / f64::from(whole)).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_were_there() {
        let spread = Spread::of(vec![40, 10, 30, 20]).expect("some figures");
        assert_eq!((spread.least, spread.median, spread.p90, spread.most, spread.count), (10, 20, 40, 40, 4));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(share(0, 0), None);
        assert_eq!(share(2, 3), Some(66.7));
    }
}
