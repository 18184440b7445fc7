//! The board at one moment, for people and for programs. Knows the time only as it is told.

use serde::Serialize;

use super::{Board, ExposureStatus, OpenItem};
use crate::engine::{Cause, PauseReason, Waiting, either, explain};
use crate::plan::{Ends, Outlook, Place};
use crate::value::At;

/// What `status --format json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub version: u32,
    pub run: String,
    pub rollout: String,
    /// `running`, `paused`, `rolling_back`, or how it ended.
    pub state: &'static str,
    /// How it ended.
    pub outcome: Option<&'static str>,
    pub started: Option<String>,
    pub finished: Option<String>,
    pub percent: u32,
    pub counts: Counts,
    /// When it ends if it goes on as it did so far.
    pub eta: Option<String>,
    /// What is to be expected from here on, where somebody looked ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Outlook>,
    pub stages: Vec<StageStatus>,
    /// The shares that the run has set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exposures: Vec<ExposureStatus>,
    /// Paths of what is under way.
    pub running: Vec<String>,
    pub waiting_for: Vec<WaitingFor>,
    /// What could not be undone.
    pub needs_hands: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Counts {
    pub total: u32,
    pub done: u32,
    pub failed: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct StageStatus {
    pub path: String,
    pub status: &'static str,
    pub total: u32,
    pub done: u32,
    pub failed: u32,
    pub running: u32,
    /// When it ends, where somebody looked ahead and it has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Ends>,
}

/// One thing that holds the run.
#[derive(Debug, Clone, Serialize)]
pub struct WaitingFor {
    /// `person`, `approval`, `checklist`, `confirm`, `wait`, `delay`, `backoff`, `settle`, `again`.
    pub kind: &'static str,
    pub path: String,
    pub until: Option<String>,
    /// What a person reads: a sentence without a period.
    pub what: String,
    /// Who may answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// How many answers are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<u32>,
    /// What is left of a checklist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<OpenItem>,
}

impl WaitingFor {
    /// Whether somebody has to do something.
    pub fn is_of_people(&self) -> bool {
        matches!(self.kind, "person" | "approval" | "checklist" | "confirm")
    }

    fn new(kind: &'static str, path: String, until: Option<String>, what: String) -> WaitingFor {
        WaitingFor { kind, path, until, what, people: Vec::new(), missing: None, items: Vec::new() }
    }
}

/// More than so many paths are not listed.
const LISTED_MAX: usize = 100;

impl Board {
    /// Returns what there is to say at an instant.
    pub fn project(&self, run: &str, now: At) -> Status {
        let (done, total) = self.counts();
        let failed = self.stages.iter().filter(|it| it.is_top).map(|it| it.failed).sum();
        let outcome = self.run.settled().map(|it| it.name());
        Status {
            version: 1,
            run: run.to_owned(),
            rollout: self.plan.rollout.to_string(),
            state: self.state(),
            outcome,
            started: self.began.map(|it| it.to_string()),
            finished: self.ended.map(|it| it.to_string()),
            percent: self.percent(),
            counts: Counts { total, done, failed },
            eta: self.eta(now).map(|it| it.to_string()),
            forecast: None,
            stages: self.stages.iter().map(|it| self.stage_status(it)).collect(),
            exposures: self.exposures(),
            running: self.active().into_iter().take(LISTED_MAX).map(|(place, _)| self.plan.path(place)).collect(),
            waiting_for: self.waiting_for(),
            needs_hands: self.run.stuck().take(LISTED_MAX).map(|it| self.plan.path(it)).collect(),
        }
    }

    pub fn state(&self) -> &'static str {
        match self.run.finished() {
            Some(outcome) => outcome.name(),
            None if self.run.is_retained() => "retained",
            None if self.run.paused().is_some() => "paused",
            None if self.run.is_rolling_back() => "rolling_back",
            None => "running",
        }
    }

    pub fn percent(&self) -> u32 {
        let (done, total) = self.counts();
        if total == 0 { 0 } else { (u64::from(done) * 100 / u64::from(total)) as u32 }
    }

    /// Returns when the run ends if it goes on as it did so far.
    pub fn eta(&self, now: At) -> Option<At> {
        let (done, total) = self.counts();
        let began = self.began?;
        // Nobody knows how long people take.
        let goes_forward = self.state() == "running" && !self.run.awaits_people() && done > 0 && done < total;
        goes_forward.then(|| now.plus_ms(now.since_ms(began) * i64::from(total - done) / i64::from(done)))
    }

    fn stage_status(&self, stage: &super::StageBoard) -> StageStatus {
        let place = self.stage_place(stage);
        StageStatus {
            path: self.plan.path(place),
            status: self.run.status(place).name(),
            total: stage.total,
            done: stage.done,
            failed: stage.failed,
            running: stage.live,
            forecast: None,
        }
    }

    /// Returns what has to happen before the run goes on, people first.
    pub fn waiting_for(&self) -> Vec<WaitingFor> {
        let mut holds: Vec<WaitingFor> = self.run.paused().map(|why| self.pause_hold(why)).into_iter().collect();
        for place in self.run.awaiting().take(LISTED_MAX) {
            let path = self.plan.path(place);
            let what = format!("`{path}` has failed: say {}", self.ways_on(place));
            if holds.iter().all(|it| it.path != path) {
                holds.push(WaitingFor::new("person", path, None, what));
            }
        }
        if self.run.is_on_hold() {
            let what = "it is held: say `advance` to let it go on to the next stage".to_owned();
            holds.push(WaitingFor::new("person", String::new(), None, what));
        }
        if let Some(until) = self.run.retained_until() {
            let what = format!("it has succeeded and can be taken back until {until}");
            let until = Some(until.to_string());
            holds.push(WaitingFor::new("retained", String::new(), until, what));
        }
        holds.extend(self.waiting_for_people().take(LISTED_MAX));
        for (place, until, why) in self.open_waits().take(LISTED_MAX) {
            let (kind, what) = wait_words(why);
            let what = match self.shut.get(&place).filter(|_| why == Waiting::Window) {
                Some(shut) => format!("{what}: {shut}; it opens {until}"),
                None => format!("{what} until {until}"),
            };
            holds.push(WaitingFor::new(kind, self.plan.path(place), Some(until.to_string()), what));
        }
        holds
    }

    fn pause_hold(&self, why: &PauseReason) -> WaitingFor {
        let (path, what) = match why {
            PauseReason::Asked { reason: Some(reason) } => (String::new(), format!("it was paused: {reason}")),
            PauseReason::Asked { reason: None } => (String::new(), "it was paused".to_owned()),
            PauseReason::Said { place, message } => (self.plan.path(*place), message.clone()),
            PauseReason::Failed { place } => {
                let path = self.plan.path(*place);
                let what = format!("`{path}` has failed: say {}", self.ways_on(*place));
                (path, what)
            }
            PauseReason::Interrupted { place } => {
                let why = explain(&self.plan, &self.run, &Cause::Within { place: *place });
                (self.plan.path(*place), format!("{why}: say {}", self.ways_on(*place)))
            }
            PauseReason::Unanswered { place } => {
                let path = self.plan.path(*place);
                let what = format!("`{path}` was not answered in time: answer it now, or say `resume` to ask again");
                (path, what)
            }
            PauseReason::Rejected { place } => {
                let path = self.plan.path(*place);
                let what = format!("`{path}` was rejected: say `resume` to ask again, or `rollback`");
                (path, what)
            }
        };
        WaitingFor::new("person", path, None, what)
    }

    fn ways_on(&self, place: Place) -> String {
        either(self.run.ways_on(&self.plan, place))
    }
}

fn wait_words(why: Waiting) -> (&'static str, &'static str) {
    match why {
        Waiting::Wait => ("wait", "it waits"),
        Waiting::Delay => ("delay", "its delay lasts"),
        Waiting::NotBefore => ("not_before", "it does not begin"),
        Waiting::Window => ("window", "its window is shut"),
        Waiting::Backoff => ("backoff", "the next attempt comes after a pause"),
        Waiting::Settle => ("settle", "it lets things settle"),
        Waiting::Again => ("again", "it is asked again"),
        Waiting::Sample => ("sample", "it is watched, and looked at again"),
    }
}
