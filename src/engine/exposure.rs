//! Shares of traffic and of users: what was there before is read and remembered first, then the share is set and read
//! back. Setting twice does no harm, so whatever was interrupted is done again. Knows no router but by its commands.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::ask::Asking;
use super::frame::Shape;
use super::here::{Probing, not_a};
use super::turn::Turn;
use super::{Answer, Cause, Ending, Event, Fault, FaultKind, Job, KeptValue, RouterCall, RouterJob, Run, Waiting};
use crate::eval::Called;
use crate::model::{self, Act, FlagShare, RouterMeans, Settings, Traffic};
use crate::plan::{NodeKind, Place, Plan};
use crate::value::{Type, Value};

/// How long a command of a router may take, unless it is said.
const ROUTER_TIMEOUT_MS: i64 = 60_000;

/// On the way back a router is asked so often at most: to set, and to say what is set.
const UNDO_ASKS_MAX: u32 = 11;

/// The pause before a router is asked again on the way back.
const UNDO_BACKOFF_MS: i64 = 1_000;

/// Routers may round what they are told: shares that are closer together than this are the same.
const ROUNDING: f64 = 0.5;

/// A part of all traffic or of all users, in percent from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(f64);

/// What has a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExposureKind {
    Traffic,
    Flag,
}

/// What is asked of a router next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// What is there before.
    Before,
    Set,
    ReadBack,
}

impl Share {
    pub const NONE: Share = Share(0.0);

    /// Returns a share; none if it lies outside of 0 to 100.
    pub fn of_percent(points: f64) -> Option<Share> {
        (0.0..=100.0).contains(&points).then_some(Share(points))
    }

    pub fn percent(self) -> f64 {
        self.0
    }

    /// Reads what a router printed: `25`, `25%`, `0.5 %`.
    pub fn read(text: &str) -> Option<Share> {
        let number = text.trim().trim_end_matches('%').trim_end();
        number.parse().ok().and_then(Share::of_percent)
    }

    /// Whether a router that was told one says the other. Nobody and everybody are never rounded to.
    fn is_about(self, other: Share) -> bool {
        let ends = |it: Share| (it.0 == 0.0, it.0 == 100.0);
        (self.0 - other.0).abs() < ROUNDING && ends(self) == ends(other)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::Percent(self.0))
    }
}

impl Turn<'_> {
    /// Asks a router for what comes next.
    pub fn ask_router(&mut self, place: Place, traffic: &Traffic) {
        match self.router_job(traffic, place) {
            Ok(job) => self.ask(place, false, job),
            Err(cause) if self.is_going_back(place) => self.undo_refused(place, &self.explain(&cause)),
            Err(cause) => self.fail(place, cause),
        }
    }

    pub fn router_job(&self, traffic: &Traffic, place: Place) -> Result<Job, Cause> {
        let here = self.here(place, Probing::Blind);
        let router = &self.plan.routers[traffic.router.index()];
        let arguments = traffic.arguments.iter().map(|it| self.value(it, place));
        let mut arguments = arguments.collect::<Result<Vec<Value>, Cause>>()?;
        let subject = self.subject(traffic, place)?;
        let set = match self.phase(place) {
            Phase::Set => Some(self.aim(traffic, place)?),
            Phase::Before | Phase::ReadBack => None,
        };
        let params = match set {
            Some(share) => {
                arguments.push(Value::Number(share.percent()));
                router.params.as_slice()
            }
            None => router.own_params(),
        };
        let scope = Called::new(&here, params, &arguments);
        let asking = Asking { turn: self, scope: &scope, place };
        let settings = Settings { timeout: traffic.timeout.clone(), ..Settings::default() };
        let timeout_ms = asking.timeout_ms(&settings, ROUTER_TIMEOUT_MS)?;
        let call = match (&router.means, set) {
            (RouterMeans::Command { set: run, .. }, Some(_)) | (RouterMeans::Command { read: run, .. }, None) => {
                RouterCall::Command(asking.run(run, timeout_ms as i64)?)
            }
            (RouterMeans::Haproxy(haproxy), set) => RouterCall::Haproxy(asking.haproxy(haproxy, set, timeout_ms)?),
            (RouterMeans::Nginx(nginx), set) => RouterCall::Command(asking.nginx(nginx, set, timeout_ms)?),
        };
        Ok(Job::Router(RouterJob { router: subject, set, call }))
    }

    /// Returns what has the share, as a person would write it: `edge`, `edge(factory-ny)`.
    fn subject(&self, traffic: &Traffic, place: Place) -> Result<String, Cause> {
        let name = &self.plan.routers[traffic.router.index()].name;
        let arguments = traffic.arguments.iter().map(|it| self.text(it, place)).collect::<Result<Vec<_>, _>>()?;
        Ok(if arguments.is_empty() { name.to_string() } else { format!("{name}({})", arguments.join(", ")) })
    }

    /// Returns the share that is to be: what the action says, or on the way back what was there before.
    fn aim(&self, traffic: &Traffic, place: Place) -> Result<Share, Cause> {
        match self.run.exposed_before.get(&place) {
            Some((_, before)) if self.is_going_back(place) => Ok(*before),
            Some(_) | None => self.share(&traffic.share, place),
        }
    }

    fn share(&self, share: &model::Expr, place: Place) -> Result<Share, Cause> {
        match self.value(share, place)? {
            Value::Percent(points) => Share::of_percent(points).ok_or_else(|| Cause::Value {
                message: format!("a share lies between 0% and 100%, and this is {}", Value::Percent(points)),
            }),
            other => Err(not_a(&Type::Percent, &other)),
        }
    }

    fn phase(&self, place: Place) -> Phase {
        let is_set = self.run.frames.get(&place).is_some_and(|it| it.shape == Shape::Set);
        let looks = self.is_going_back(place) && self.tries(place) == 0;
        if is_set || looks {
            Phase::ReadBack
        } else if self.run.exposed_before.contains_key(&place) {
            Phase::Set
        } else {
            Phase::Before
        }
    }

    /// On the way back the first question is whether there is anything to set.
    fn is_look(&self, place: Place) -> bool {
        self.is_going_back(place) && self.tries(place) == 1
    }

    fn tries(&self, place: Place) -> u32 {
        self.run.frames.get(&place).map_or(0, |it| it.tries)
    }

    fn is_going_back(&self, place: Place) -> bool {
        self.run.frames.get(&place).is_some_and(|it| it.undo.is_some())
    }

    /// A router has answered.
    pub fn hear_router(&mut self, place: Place, traffic: &Traffic, attempt: u32, answer: Answer) {
        let phase = if self.is_look(place) { Phase::ReadBack } else { self.phase(place) };
        self.emit(Event::Answered { place, attempt, answer: answer.clone() });
        let done = match answer {
            Answer::Done(done) => done,
            Answer::Fault(fault) => return self.router_faulted(place, traffic, fault),
            Answer::Probed { .. } => return,
        };
        match (phase, Share::read(&done.stdout)) {
            (Phase::Set, _) => self.let_settle(place, traffic),
            (Phase::Before, Some(share)) => self.read_before(place, traffic, share),
            (Phase::ReadBack, Some(share)) => self.read_back(place, traffic, share),
            (Phase::Before | Phase::ReadBack, None) => {
                let router = &self.plan.routers[traffic.router.index()].name;
                let message = match done.stdout.trim() {
                    "" => format!("`read` of `{router}` printed nothing, and a share in percent is needed"),
                    said => format!("`read` of `{router}` printed `{}`, which is no share in percent", cut(said)),
                };
                self.router_refused(place, message);
            }
        }
    }

    fn let_settle(&mut self, place: Place, traffic: &Traffic) {
        match traffic.settle.as_ref().map(|it| self.duration_ms(it, place)).transpose() {
            Ok(Some(ms)) => {
                self.emit(Event::Waiting { place, until: self.now.plus_ms(ms), why: Waiting::Settle });
            }
            Ok(None) => self.ask_router(place, traffic),
            Err(cause) => self.router_refused(place, self.explain(&cause)),
        }
    }

    fn read_before(&mut self, place: Place, traffic: &Traffic, share: Share) {
        if self.closing_around(place).is_some() {
            return self.end(place, Ending::Dropped);
        }
        match self.subject(traffic, place) {
            Ok(subject) => {
                self.emit(Event::ExposureRead { place, subject, share });
                self.ask_router(place, traffic);
            }
            Err(cause) => self.fail(place, cause),
        }
    }

    fn read_back(&mut self, place: Place, traffic: &Traffic, share: Share) {
        let (aim, subject) = match (self.aim(traffic, place), self.subject(traffic, place)) {
            (Ok(aim), Ok(subject)) => (aim, subject),
            (Err(cause), _) | (_, Err(cause)) => return self.router_refused(place, self.explain(&cause)),
        };
        if !share.is_about(aim) && self.is_look(place) {
            return self.ask_router(place, traffic);
        }
        if !share.is_about(aim) {
            return self.router_refused(place, format!("`{subject}` was set to {aim}, and reads {share}"));
        }
        let before = self.share_before(place, &subject);
        self.emit(Event::Exposed { place, subject, share, before });
        if self.is_going_back(place) {
            self.emit(Event::Undone { place });
        } else {
            self.end(place, Ending::Done);
        }
    }

    /// Returns what a share was until now: on the way back what this run had set.
    fn share_before(&self, place: Place, subject: &str) -> Share {
        let set = self.run.exposures.get(&(ExposureKind::Traffic, subject.to_owned())).copied();
        let read = self.run.exposed_before.get(&place).map(|(_, share)| *share);
        let latest = if self.is_going_back(place) { set.or(read) } else { read };
        latest.unwrap_or(Share::NONE)
    }

    fn router_faulted(&mut self, place: Place, traffic: &Traffic, fault: Fault) {
        if !self.is_going_back(place) {
            let act = Act::Traffic(traffic.clone());
            return self.faulted(place, &act, fault);
        }
        match fault.kind {
            FaultKind::Unknown | FaultKind::NotBegun if self.run.paused.is_none() => self.ask_router(place, traffic),
            FaultKind::Unknown | FaultKind::NotBegun => {
                self.emit(Event::Waiting { place, until: self.now, why: Waiting::Backoff });
            }
            FaultKind::Refused
            | FaultKind::Signalled
            | FaultKind::TimedOut
            | FaultKind::Unreachable
            | FaultKind::Ended
            | FaultKind::Missing => self.undo_refused(place, &fault.message),
        }
    }

    fn router_refused(&mut self, place: Place, message: String) {
        if self.is_going_back(place) {
            self.undo_refused(place, &message);
        } else {
            self.fail(place, Cause::Fault { fault: refusal(&message) });
        }
    }

    /// The way back is tried a few times before a person is needed.
    fn undo_refused(&mut self, place: Place, message: &str) {
        let asked = self.tries(place);
        if asked == 0 || asked >= UNDO_ASKS_MAX {
            return self.emit(Event::UndoFailed { place, fault: refusal(message) });
        }
        let until = self.now.plus_ms(UNDO_BACKOFF_MS << (asked / 2).min(6));
        self.emit(Event::Waiting { place, until, why: Waiting::Backoff });
    }

    /// Brings the share back that was there before, where one was read.
    pub fn go_back_traffic(&mut self, place: Place, traffic: &Traffic) {
        let frame = &self.run.frames[&place];
        if !self.run.exposed_before.contains_key(&place) {
            return self.emit(Event::Undone { place });
        }
        let waits = frame.waits.is_some_and(|(until, _)| until > self.now);
        if !frame.asked && !waits && self.run.paused.is_none() {
            self.ask_router(place, traffic);
        }
    }

    /// A flag is the engine's own: its share is set by being remembered.
    pub fn set_flag(&mut self, place: Place, flag: &FlagShare) {
        match self.share(&flag.share, place) {
            Ok(share) => {
                let name = self.plan.flags[flag.flag.index()].name.clone();
                let before = self.run.flag_share(&name);
                self.emit(Event::Exposed { place, subject: name.to_string(), share, before });
                let (key, value) = (flag_key(&name), Value::Percent(share.percent()));
                self.emit(Event::Kept { place, target: None, key, value });
                self.end(place, Ending::Done);
            }
            Err(cause) => self.fail(place, cause),
        }
    }

    /// What a rollback does to a flag beside what it does to everything that is kept.
    pub fn go_back_flag(&mut self, place: Place) {
        if let Some((subject, share)) = self.run.exposed_before.get(&place).cloned() {
            let before = self.run.flag_share(&subject);
            self.emit(Event::Exposed { place, subject, share, before });
        }
    }
}

impl Run {
    /// Returns the shares that this run has set, of traffic first.
    pub fn exposures(&self) -> impl Iterator<Item = (ExposureKind, &str, Share)> {
        self.exposures.iter().map(|((kind, subject), share)| (*kind, subject.as_str(), *share))
    }

    /// Returns the share of a flag: what this run or an earlier one has set, nothing if none has.
    pub fn flag_share(&self, flag: &str) -> Share {
        kept_share(self.kept.get(&(None, flag_key(flag))))
    }
}

/// Returns the share of a flag among what the runs of its rollout have kept.
pub fn flag_share_of(kept: &[KeptValue], flag: &str) -> Share {
    let key = flag_key(flag);
    kept_share(kept.iter().find(|it| it.target.is_none() && it.key == key).map(|it| &it.value))
}

fn kept_share(kept: Option<&Value>) -> Share {
    match kept {
        Some(Value::Percent(points)) => Share::of_percent(*points).unwrap_or(Share::NONE),
        Some(_) | None => Share::NONE,
    }
}

/// Returns whether a place sets a share, and of what.
pub fn exposure_kind(plan: &Plan, place: Place) -> Option<ExposureKind> {
    match &plan.node(place.node).kind {
        NodeKind::Act(act) => match **act {
            Act::Traffic(_) => Some(ExposureKind::Traffic),
            Act::Flag(_) => Some(ExposureKind::Flag),
            _ => None,
        },
        _ => None,
    }
}

/// Under which a flag's share is kept for later runs: no name of the language has a space.
fn flag_key(flag: &str) -> SmolStr {
    SmolStr::new(format!("flag {flag}"))
}

fn refusal(message: &str) -> Fault {
    Fault { kind: FaultKind::Refused, message: message.to_owned(), code: None }
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_says_its_share_in_one_of_a_few_ways() {
        for (text, points) in [("25", 25.0), ("25%", 25.0), (" 0.5 %\n", 0.5), ("100", 100.0), ("0", 0.0)] {
            assert_eq!(Share::read(text), Share::of_percent(points), "{text}");
        }
        for text in ["", "%", "a quarter", "101", "-1", "NaN", "25 of 100"] {
            assert_eq!(Share::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_router_may_round_but_not_to_nobody_or_everybody() {
        let about = |one, other| Share(one).is_about(Share(other));
        assert!(about(33.0, 33.3) && about(25.0, 25.0) && about(0.0, 0.0) && about(100.0, 100.0));
        assert!(!about(0.0, 0.3) && !about(100.0, 99.8) && !about(25.0, 26.0));
    }
}
