//! What people may want of a live run, and when that cannot be. A refusal says what can be wanted instead.

use super::run::EndingState;
use super::turn::Turn;
use super::{Cause, Command, Event, PauseReason, Person, Refusal};
use crate::plan::Place;

impl Turn<'_> {
    pub fn command(&mut self, by: Person, command: Command) {
        let refused = if let Some(outcome) = self.run.finished() {
            Err(format!("the run has ended: {}", outcome.name()))
        } else {
            self.obey(by, command)
        };
        self.step.refused = refused.err().map(Refusal);
    }

    fn obey(&mut self, by: Person, command: Command) -> Result<(), String> {
        match command {
            Command::Rollback { reason } if self.run.is_retained() => self.roll_back(by, reason),
            Command::As { claim, wish } => {
                self.obey(by.clone(), *wish)?;
                // Written before what was done under it; it changes nothing.
                self.step.events.insert(0, Event::Claimed { by, claim });
                Ok(())
            }
            Command::Approve { path, reason } => self.approve(by, path.as_deref(), reason),
            Command::Reject { path, reason } => self.reject(by, path.as_deref(), reason),
            Command::Confirm { path, item, reason } => self.confirm(by, path.as_deref(), item.as_deref(), reason),
            _ if self.run.is_retained() => Err("the run has succeeded: only `rollback` is left".to_owned()),
            Command::Pause { reason } => self.pause(by, reason),
            Command::Resume { reason } => self.resume(by, reason),
            Command::Retry { path, reason } => self.retry(by, path.as_deref(), reason),
            Command::Skip { path, reason } => self.skip(by, path.as_deref(), reason),
            Command::Rollback { reason } => self.roll_back(by, reason),
            Command::Advance { path, reason } => self.advance(by, path.as_deref(), reason),
            Command::Hold { reason } => self.hold(by, reason),
            Command::Goto { path, reason } => self.go_to(by, &path, reason),
            Command::Cancel { reason } => self.cancel(by, reason),
        }
    }

    fn pause(&mut self, by: Person, reason: Option<String>) -> Result<(), String> {
        if self.run.paused.is_some() {
            return Err("the run is paused already".to_owned());
        }
        self.emit(Event::Paused { why: PauseReason::Asked { reason }, by: Some(by) });
        Ok(())
    }

    fn resume(&mut self, by: Person, reason: Option<String>) -> Result<(), String> {
        match &self.run.paused {
            None => Err("the run is not paused".to_owned()),
            Some(_) if !self.run.awaiting.is_empty() => {
                let place = self.run.awaiting.first().copied().unwrap_or(Place::ROOT);
                let ways = super::explain::either(self.run.ways_on(self.plan, place));
                Err(format!("`{}` has failed: say {ways}", self.plan.path(place)))
            }
            Some(_) => {
                self.emit(Event::Resumed { by, reason });
                Ok(())
            }
        }
    }

    fn retry(&mut self, by: Person, path: Option<&str>, reason: Option<String>) -> Result<(), String> {
        for place in self.failed_at(path)? {
            self.emit(Event::Retried { place, by: by.clone(), reason: reason.clone() });
            if self.is_guard(place) {
                // What follows a guard has gone on without it: nobody comes by to begin it.
                self.guard_again(place);
            }
        }
        Ok(())
    }

    fn skip(&mut self, by: Person, path: Option<&str>, reason: Option<String>) -> Result<(), String> {
        let failed = self.failed_at(path)?;
        // Else anybody could do without those who have to approve.
        if let Some(path) = failed.iter().find_map(|it| self.run.unanswered_in(self.plan, *it)) {
            return Err(format!("nobody has said yes to `{path}`, and that cannot be skipped: say `retry`"));
        }
        for place in failed {
            self.emit(Event::Skipped { place, by: Some(by.clone()), reason: reason.clone() });
        }
        Ok(())
    }

    /// Returns where failures wait for a person, at or beneath a path.
    fn failed_at(&self, path: Option<&str>) -> Result<Vec<Place>, String> {
        let all = self.run.awaiting.iter().copied();
        let matching: Vec<Place> = all.filter(|it| path.is_none_or(|path| self.is_at(*it, path))).collect();
        if !matching.is_empty() {
            return Ok(matching);
        }
        match path {
            None => Err("nothing has failed that waits for a decision".to_owned()),
            Some(path) => Err(format!("nothing that has failed at `{path}` waits for a decision")),
        }
    }

    pub fn is_at(&self, place: Place, path: &str) -> bool {
        self.plan.rest_after(place, path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn roll_back(&mut self, by: Person, reason: Option<String>) -> Result<(), String> {
        self.refuse_at_the_end()?;
        self.emit(Event::RollbackStarted { place: Place::ROOT, cause: Cause::Person { by, reason } });
        Ok(())
    }

    fn cancel(&mut self, by: Person, reason: Option<String>) -> Result<(), String> {
        self.refuse_at_the_end()?;
        self.close(Place::ROOT, Cause::Person { by, reason }, true);
        Ok(())
    }

    fn refuse_at_the_end(&self) -> Result<(), String> {
        match &self.run.ending {
            EndingState::Forward | EndingState::Retained { .. } => Ok(()),
            EndingState::RollingBack { .. } => Err("the run is being rolled back already".to_owned()),
            EndingState::Stopping { .. } => Err("the run is being stopped already".to_owned()),
            EndingState::Finishing { .. } | EndingState::Finished { .. } => Err("the run is ending already".to_owned()),
        }
    }
}
