//! How the actions at the leaves begin, wait, are answered and end.

use super::turn::{Turn, began};
use super::{Answer, Cause, Effect, Ending, Event, Fault, FaultKind, Job, PauseReason, Truth, Waiting};
use crate::model::{Act, Check, Interrupted, Keep, Otherwise, Retry, Settings};
use crate::plan::{NodeKind, Place};
use crate::value::{At, Value};

/// How long a check waits before it asks again, unless it says otherwise.
pub(super) const CHECK_EVERY_MS: i64 = 5_000;

/// How long the pause before a second attempt is, unless a retry says otherwise.
const BACKOFF_MS: i64 = 1_000;

/// No pause between attempts is longer.
const BACKOFF_MS_MAX: i64 = 3_600_000;

impl Turn<'_> {
    pub fn begin_act(&mut self, place: Place, act: &Act) {
        match act {
            Act::Run(_) | Act::Exec(_) | Act::Http(_) => self.ask_job(place, act),
            Act::Check(check) => self.begin_check(place, check),
            Act::Watch(watch) => self.begin_watch(place, watch),
            Act::Guard(watch) => self.begin_guard(place, watch),
            Act::Require { condition, .. } => self.ask_condition(place, condition),
            Act::Wait { duration } => {
                let until = self.duration_ms(duration, place).map(|ms| self.now.plus_ms(ms));
                self.wait(place, until);
            }
            Act::WaitUntil { instant } => {
                let until = self.instant(instant, place);
                self.wait(place, until);
            }
            Act::Log { message } => match self.text(message, place) {
                Ok(message) => {
                    self.emit(Event::Logged { place, message });
                    self.end(place, Ending::Done);
                }
                Err(cause) => self.fail(place, cause),
            },
            Act::Fail { message } => {
                let cause = self.text(message, place).map_or_else(|cause| cause, |message| Cause::Said { message });
                self.fail(place, cause);
            }
            Act::Pause { message } => match self.text(message, place) {
                Ok(message) => {
                    self.emit(began(place));
                    self.emit(Event::Paused { why: PauseReason::Said { place, message }, by: None });
                }
                Err(cause) => self.fail(place, cause),
            },
            Act::Restore { .. } => self.emit(began(place)),
            Act::Keep(keep) => self.keep(place, keep),
            Act::Ask(ask) => self.ask_people(place, ask),
            Act::Traffic(traffic) => self.ask_router(place, traffic),
            Act::Flag(flag) => self.set_flag(place, flag),
            Act::Notify(notify) => self.begin_notice(place, notify),
        }
    }

    fn wait(&mut self, place: Place, until: Result<At, Cause>) {
        match until {
            Ok(until) => self.emit(Event::Waiting { place, until, why: Waiting::Wait }),
            Err(cause) => self.fail(place, cause),
        }
    }

    fn keep(&mut self, place: Place, keep: &Keep) {
        let target = match keep.target.as_ref().map(|it| self.value(it, place)).transpose() {
            Ok(Some(Value::Target(target))) => Some(target.name.clone()),
            Ok(_) => None,
            Err(cause) => return self.fail(place, cause),
        };
        match self.value(&keep.value, place) {
            Ok(value) => {
                self.emit(Event::Kept { place, target, key: keep.key.clone(), value });
                self.end(place, Ending::Done);
            }
            Err(cause) => self.fail(place, cause),
        }
    }

    /// Asks the world to do what an action says.
    fn ask_job(&mut self, place: Place, act: &Act) {
        match self.job(act, place) {
            Ok(job) => self.ask(place, false, job),
            Err(cause) => self.fail(place, cause),
        }
    }

    pub fn ask(&mut self, place: Place, verify: bool, job: Job) {
        let attempt = self.run.last_attempt(place) + 1;
        self.emit(Event::Asked { place, attempt, verify });
        self.step.effects.push(Effect::Perform { place, attempt, job: Box::new(job) });
    }

    fn begin_check(&mut self, place: Place, check: &Check) {
        match check.settle.as_ref().map(|it| self.duration_ms(it, place)).transpose() {
            Ok(Some(ms)) => {
                self.emit(Event::Waiting { place, until: self.now.plus_ms(ms), why: Waiting::Settle });
            }
            Ok(None) => self.ask_condition(place, &check.condition),
            Err(cause) => self.fail(place, cause),
        }
    }

    /// A condition was decided: what that means for the action that wanted it.
    pub fn judge(&mut self, place: Place, truth: Truth) {
        let NodeKind::Act(act) = &self.plan.node(place.node).kind else { return };
        match &**act {
            Act::Check(check) => self.judge_check(place, check, truth),
            Act::Watch(watch) => self.judge_watch(place, watch),
            Act::Guard(watch) => {
                self.judge_watch(place, watch);
                self.after_guard_sample(place, watch);
            }
            Act::Require { condition, message } => {
                if truth == Truth::Holds {
                    return self.end(place, Ending::Done);
                }
                let said = message.as_ref().map(|it| self.text(it, place)).transpose();
                let cause = match said {
                    Ok(Some(message)) => Cause::Said { message },
                    Ok(None) => Cause::Condition { truth, message: self.shown(condition, place) },
                    Err(cause) => cause,
                };
                self.fail(place, cause);
            }
            _ => self.judge_verified(place, truth),
        }
    }

    fn judge_check(&mut self, place: Place, check: &Check, truth: Truth) {
        if truth == Truth::Holds {
            return self.end(place, Ending::Done);
        }
        let within = check.within.as_ref().map(|it| self.duration_ms(it, place)).transpose();
        let every = check.every.as_ref().map_or(Ok(CHECK_EVERY_MS), |it| self.duration_ms(it, place));
        let begun = self.run.frames.get(&place).map_or(self.now, |it| it.begun);
        match (within, every) {
            (Ok(within), Ok(every)) => {
                let last = begun.plus_ms(within.unwrap_or(0));
                if self.now < last {
                    // Never later than the end of the time it has.
                    let until = self.now.plus_ms(every.max(1)).min(last);
                    self.wait_to_look(place, until, Waiting::Again);
                } else {
                    self.check_failed(place, check, truth, every);
                }
            }
            (Err(cause), _) | (_, Err(cause)) => self.fail(place, cause),
        }
    }

    /// A check has had its time: it fails, unless it says otherwise.
    fn check_failed(&mut self, place: Place, check: &Check, truth: Truth, every_ms: i64) {
        let cause = Cause::Condition { truth, message: check.shown.clone() };
        match check.otherwise {
            Some(Otherwise::Warn) => {
                self.emit(Event::Warned { place, cause });
                self.end(place, Ending::Done);
            }
            Some(Otherwise::Hold) => {
                let until = self.now.plus_ms(every_ms.max(1));
                self.wait_to_look(place, until, Waiting::Again);
            }
            Some(Otherwise::Rollback | Otherwise::RollbackStage | Otherwise::Pause | Otherwise::Stop) | None => {
                self.fail(place, cause);
            }
        }
    }

    /// Looks again later, unless what encloses it lets go meanwhile: then nothing is looked at any more.
    pub fn wait_to_look(&mut self, place: Place, until: At, why: Waiting) {
        if self.closing_around(place).is_some() && !self.is_guard(place) {
            return self.end(place, Ending::Dropped);
        }
        self.emit(Event::Waiting { place, until, why });
    }

    /// Something that was waited for, or asked, or paused for may have come.
    pub fn go_on_act(&mut self, place: Place, act: &Act) {
        if let Act::Notify(notify) = act {
            return self.go_on_notice(place, notify);
        }
        let frame = self.run.frames[&place].clone();
        if frame.asked {
            return;
        }
        if self.closing_around(place).is_some() {
            // A guard ends with what it guards, once nothing is under way there.
            return if !self.is_guard(place) {
                self.end(place, Ending::Dropped)
            };
        }
        if let Some((until, why)) = frame.waits {
            if until <= self.now && (why == Waiting::Wait || self.run.paused.is_none()) {
                self.waited(place, act, why);
            }
            return;
        }
        match act {
            Act::Pause { .. } => {
                let waits = matches!(&self.run.paused, Some(PauseReason::Said { place: it, .. }) if *it == place);
                // A pause while the run was paused already is told when that one ends.
                if !waits && self.run.paused.is_none() {
                    self.end(place, Ending::Done);
                }
            }
            Act::Restore { save } => self.go_on_restore(place, save),
            Act::Ask(ask) => self.go_on_ask(place, ask),
            Act::Run(_)
            | Act::Exec(_)
            | Act::Http(_)
            | Act::Check(_)
            | Act::Watch(_)
            | Act::Guard(_)
            | Act::Require { .. }
            | Act::Wait { .. }
            | Act::WaitUntil { .. }
            | Act::Log { .. }
            | Act::Fail { .. }
            | Act::Keep(_)
            | Act::Traffic(_)
            | Act::Flag(_)
            | Act::Notify(_) => {}
        }
    }

    fn waited(&mut self, place: Place, act: &Act, why: Waiting) {
        match (why, act) {
            (Waiting::Wait, _) => self.end(place, Ending::Done),
            (Waiting::Settle | Waiting::Again, Act::Check(check)) => self.ask_condition(place, &check.condition),
            (Waiting::Settle | Waiting::Sample, Act::Watch(watch) | Act::Guard(watch)) => {
                self.ask_condition(place, &watch.condition);
            }
            (Waiting::Settle, Act::Traffic(traffic)) => self.ask_router(place, traffic),
            (Waiting::Backoff, act) => self.ask_anew(place, act),
            (
                Waiting::Settle
                | Waiting::Again
                | Waiting::Sample
                | Waiting::Delay
                | Waiting::NotBefore
                | Waiting::Window,
                _,
            ) => {}
        }
    }

    pub fn hear_answer(&mut self, place: Place, attempt: u32, answer: Answer) {
        let NodeKind::Act(act) = &self.plan.node(place.node).kind else { return };
        match &**act {
            Act::Traffic(traffic) => return self.hear_router(place, traffic, attempt, answer),
            Act::Notify(notify) => return self.hear_notice(place, notify, attempt, answer),
            _ => {}
        }
        let verifying = self.run.frames.get(&place).is_some_and(|it| it.verifying);
        self.emit(Event::Answered { place, attempt, answer: answer.clone() });
        match answer {
            Answer::Done(_) => self.end(place, Ending::Done),
            Answer::Probed { results } => self.probed(place, act, verifying, &results),
            Answer::Fault(fault) => self.faulted(place, act, fault),
        }
    }

    /// An interrupted attempt was looked at: it was done, or not, or nobody knows.
    fn judge_verified(&mut self, place: Place, truth: Truth) {
        let NodeKind::Act(act) = &self.plan.node(place.node).kind else { return };
        match truth {
            Truth::Holds => self.end(place, Ending::Done),
            Truth::Violated => self.ask_job(place, act),
            Truth::Unknown => self.await_person(place, unknown_fault()),
        }
    }

    pub fn faulted(&mut self, place: Place, act: &Act, fault: Fault) {
        match fault.kind {
            FaultKind::Unknown => self.interrupted(place, act, fault),
            FaultKind::NotBegun => self.begin_later(place, act),
            FaultKind::Missing => self.await_person(place, fault),
            FaultKind::Refused
            | FaultKind::Signalled
            | FaultKind::TimedOut
            | FaultKind::Unreachable
            | FaultKind::Ended => self.refused(place, act, fault),
        }
    }

    /// It never began: a paused run asks for it when somebody resumes.
    fn begin_later(&mut self, place: Place, act: &Act) {
        if self.closing_around(place).is_some() {
            self.end(place, Ending::Dropped);
        } else if self.run.paused.is_some() {
            self.emit(Event::Waiting { place, until: self.now, why: Waiting::Backoff });
        } else {
            self.ask_anew(place, act);
        }
    }

    fn ask_anew(&mut self, place: Place, act: &Act) {
        match act {
            Act::Check(_) | Act::Require { .. } => self.ask_again(place, act),
            act => self.ask_job(place, act),
        }
    }

    fn refused(&mut self, place: Place, act: &Act, fault: Fault) {
        let tries = self.run.frames.get(&place).map_or(1, |it| it.tries);
        let retry = act.settings().and_then(|it| it.retry.as_ref());
        let wait_ms = retry.and_then(|it| self.next_attempt(it, tries, place));
        match wait_ms {
            Some(ms) if self.closing_around(place).is_none() && fault.kind != FaultKind::Ended => {
                self.emit(Event::Waiting { place, until: self.now.plus_ms(ms), why: Waiting::Backoff });
            }
            _ => self.fail(place, Cause::Fault { fault }),
        }
    }

    /// Nobody knows whether it ran to its end: its `interrupted` decides.
    fn interrupted(&mut self, place: Place, act: &Act, fault: Fault) {
        let asks_only = matches!(act, Act::Check(_) | Act::Watch(_) | Act::Guard(_) | Act::Require { .. });
        // To set a share once more does no harm.
        let sets = matches!(act, Act::Traffic(_)).then_some(Interrupted::Retry);
        let policy = act.settings().map(Settings::when_interrupted).or(sets);
        match policy {
            // A question can be asked again at any time.
            _ if asks_only => self.ask_again(place, act),
            // A run that was paused stays so: it is tried again when somebody resumes.
            Some(Interrupted::Retry) if self.run.paused.is_some() => {
                self.emit(Event::Waiting { place, until: self.now, why: Waiting::Backoff });
            }
            Some(Interrupted::Retry) => self.ask_job(place, act),
            Some(Interrupted::Fail) => self.fail(place, Cause::Fault { fault }),
            Some(Interrupted::Verify(condition)) => match self.probes(&condition, place) {
                Ok(probes) => self.ask(place, true, Job::Probes { probes }),
                Err(cause) => self.fail(place, cause),
            },
            Some(Interrupted::Ask) | None => self.await_person(place, fault),
        }
    }

    fn ask_again(&mut self, place: Place, act: &Act) {
        match act {
            Act::Check(check) => self.ask_condition(place, &check.condition),
            Act::Watch(watch) | Act::Guard(watch) => self.ask_condition(place, &watch.condition),
            Act::Require { condition, .. } => self.ask_condition(place, condition),
            _ => {}
        }
    }

    /// It counts as failed, and the run pauses until a person has looked.
    fn await_person(&mut self, place: Place, fault: Fault) {
        self.emit(Event::Paused { why: PauseReason::Interrupted { place }, by: None });
        self.fail(place, Cause::Fault { fault });
    }

    /// Returns the pause before the next attempt, if there is one.
    pub fn next_attempt(&self, retry: &Retry, attempts_made: u32, place: Place) -> Option<i64> {
        let attempts = self.value(&retry.attempts, place).ok()?.as_int()?;
        if i64::from(attempts_made) >= attempts {
            return None;
        }
        let backoff = retry.backoff.as_ref().map(|it| self.value(it, place)).transpose().ok()?;
        let nth = attempts_made.saturating_sub(1);
        Some(match backoff {
            None => doubled(BACKOFF_MS, nth),
            Some(Value::Duration(ms)) => doubled(ms, nth),
            Some(Value::List(list)) => {
                let wait = list.get(nth as usize).or(list.last());
                wait.and_then(Value::as_duration_ms).unwrap_or(BACKOFF_MS)
            }
            Some(_) => BACKOFF_MS,
        })
    }
}

fn doubled(ms: i64, times: u32) -> i64 {
    ms.saturating_mul(1_i64.checked_shl(times).unwrap_or(i64::MAX)).min(BACKOFF_MS_MAX.max(ms))
}

fn unknown_fault() -> Fault {
    Fault { kind: FaultKind::Unknown, message: "nobody knows whether it ran to its end".to_owned(), code: None }
}

impl Act {
    /// Returns what `run`, `exec` and `http` have in common.
    pub fn settings(&self) -> Option<&Settings> {
        match self {
            Act::Run(run) => Some(&run.settings),
            Act::Exec(exec) => Some(&exec.settings),
            Act::Http(http) => Some(&http.settings),
            Act::Check(_)
            | Act::Watch(_)
            | Act::Guard(_)
            | Act::Require { .. }
            | Act::Wait { .. }
            | Act::WaitUntil { .. }
            | Act::Log { .. }
            | Act::Fail { .. }
            | Act::Pause { .. }
            | Act::Restore { .. }
            | Act::Keep(_)
            | Act::Ask(_)
            | Act::Traffic(_)
            | Act::Flag(_)
            | Act::Notify(_) => None,
        }
    }
}

impl Settings {
    /// Returns what to do when nobody knows whether it ran to its end.
    fn when_interrupted(&self) -> Interrupted {
        match &self.interrupted {
            Some(it) => it.clone(),
            None if self.idempotent => Interrupted::Retry,
            None => Interrupted::Ask,
        }
    }
}
