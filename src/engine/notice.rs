//! Notices: said in the background, tried a few times, and never a reason to fail. What follows a notice does not wait
//! for it; only the end of the run does.

use smol_str::SmolStr;

use super::ask::Asking;
use super::here::Probing;
use super::turn::{Turn, began};
use super::{
    Answer, Cause, CommandJob, Ending, Event, Fault, FaultKind, Job, Mail, NoticeForm, NoticeJob, NoticeKey,
    SecretText, Waiting,
};
use crate::model::{Act, ChannelMeans, Expr, Notify, Settings};
use crate::plan::{NodeKind, Place};
use crate::value::Value;

/// How long one attempt may take, unless it is said.
const NOTICE_TIMEOUT_MS: i64 = 10_000;

/// How often a notice is sent at most.
const NOTICE_TRIES_MAX: u32 = 4;

/// The pause before the second attempt; doubled before each further one.
const NOTICE_BACKOFF_MS: i64 = 2_000;

/// How much of a notice stands in the subject of a mail.
const SUBJECT_CHARS_MAX: usize = 120;

impl Turn<'_> {
    /// Says something, and lets what follows go on.
    pub fn begin_notice(&mut self, place: Place, notify: &Notify) {
        let message = self.text(&notify.message, place);
        self.emit(began(place));
        match message {
            Ok(message) => {
                let channel = self.plan.channels[notify.channel.index()].name.clone();
                self.emit(Event::Noticed { place, channel, message });
                self.send_notice(place, notify);
            }
            Err(cause) => self.notice_lost(place, cause),
        }
    }

    fn send_notice(&mut self, place: Place, notify: &Notify) {
        match self.notice_job(place, notify) {
            Ok(Some(job)) => self.ask(place, false, job),
            Ok(None) => self.end(place, Ending::Done),
            Err(cause) => self.notice_lost(place, cause),
        }
    }

    /// Nobody will hear it; that is remembered, and nothing fails.
    fn notice_lost(&mut self, place: Place, cause: Cause) {
        self.emit(Event::Warned { place, cause });
        self.end(place, Ending::Done);
    }

    /// Returns what sends a notice; none if it is said by being remembered.
    fn notice_job(&self, place: Place, notify: &Notify) -> Result<Option<Job>, Cause> {
        let here = self.here(place, Probing::Blind);
        let asking = Asking { turn: self, scope: &here, place };
        let settings = Settings { timeout: notify.timeout.clone(), ..Settings::default() };
        let timeout_ms = asking.timeout_ms(&settings, NOTICE_TIMEOUT_MS)?;
        let (at, message) = self.run.notices.get(&place).cloned().unwrap_or((self.now, String::new()));
        let post = |url: &Expr, body: serde_json::Value, key: Option<NoticeKey>| {
            let (url, body) = (asking.secret_text(url)?, body.to_string());
            Ok(Job::Notice(NoticeJob { url, form: NoticeForm::Post { body, key }, timeout_ms }))
        };
        Ok(Some(match &self.plan.channels[notify.channel.index()].means {
            ChannelMeans::Log => return Ok(None),
            ChannelMeans::Slack { url } => post(url, serde_json::json!({ "text": for_slack(&message) }), None)?,
            ChannelMeans::Webhook { url, key } => {
                let run = self.run.id().map_or("", SmolStr::as_str);
                let path = self.plan.path(place);
                let key = key.as_ref().map(|it| {
                    // The same notice has the same name however often it is sent.
                    let id = format!("{run}/{path}");
                    Ok(NoticeKey { id, at_s: at.0.div_euclid(1000), key: asking.secret_text(it)? })
                });
                let body = serde_json::json!({
                    "run": run, "rollout": self.plan.rollout, "path": path, "message": message, "at": at.to_string(),
                });
                post(url, body, key.transpose()?)?
            }
            ChannelMeans::Email { server, from, to } => {
                let (run, path) = (self.run.id().map_or("", SmolStr::as_str), self.plan.path(place));
                let to = asking.value(to)?.as_list().unwrap_or_default().iter().map(Value::to_string).collect();
                let mail = Mail {
                    from: asking.text(from)?,
                    to,
                    subject: subject(&self.plan.rollout, &message),
                    body: format!("{message}\n\n-- \nrun {run} of {}, {path}, {at}\n", self.plan.rollout),
                    id: name_of(run, &path),
                };
                let url = asking.secret_text(server)?;
                Job::Notice(NoticeJob { url, form: NoticeForm::Mail(mail), timeout_ms })
            }
            ChannelMeans::Command(exec) => {
                let command = asking.exec(exec, timeout_ms as i64)?;
                Job::Command(CommandJob { stdin: Some(SecretText::plain(message)), timeout_ms, ..command })
            }
        }))
    }

    /// A notice arrived, or did not.
    pub fn hear_notice(&mut self, place: Place, notify: &Notify, attempt: u32, answer: Answer) {
        self.emit(Event::Answered { place, attempt, answer: answer.clone() });
        match answer {
            Answer::Done(_) | Answer::Probed { .. } => self.end(place, Ending::Done),
            Answer::Fault(fault) => self.notice_faulted(place, notify, fault),
        }
    }

    fn notice_faulted(&mut self, place: Place, notify: &Notify, fault: Fault) {
        let tries = self.run.frames.get(&place).map_or(NOTICE_TRIES_MAX, |it| it.tries);
        match fault.kind {
            // Whoever hears it twice knows it by its name.
            FaultKind::Unknown => self.send_notice(place, notify),
            FaultKind::NotBegun => self.notice_later(place, 0),
            FaultKind::Refused | FaultKind::Signalled | FaultKind::TimedOut | FaultKind::Unreachable
                if tries < NOTICE_TRIES_MAX =>
            {
                self.notice_later(place, tries.saturating_sub(1));
            }
            FaultKind::Refused
            | FaultKind::Signalled
            | FaultKind::TimedOut
            | FaultKind::Unreachable
            | FaultKind::Ended
            | FaultKind::Missing => self.notice_lost(place, Cause::Fault { fault }),
        }
    }

    fn notice_later(&mut self, place: Place, doubled: u32) {
        let until = self.now.plus_ms(NOTICE_BACKOFF_MS << doubled);
        self.emit(Event::Waiting { place, until, why: Waiting::Backoff });
    }

    /// A notice goes on whatever the run does: also while it is paused, and while what is around it closes.
    pub fn go_on_notice(&mut self, place: Place, notify: &Notify) {
        let frame = &self.run.frames[&place];
        if !frame.asked && frame.waits.is_some_and(|(until, _)| until <= self.now) {
            self.send_notice(place, notify);
        }
    }

    pub fn is_notice(&self, place: Place) -> bool {
        matches!(&self.plan.node(place.node).kind, NodeKind::Act(act) if matches!(**act, Act::Notify(_)))
    }

    /// Whether a place is under way beside what follows it.
    pub fn is_background(&self, place: Place) -> bool {
        matches!(&self.plan.node(place.node).kind, NodeKind::Act(act) if act.is_background())
    }

    /// Whether a notice is still on its way.
    pub fn has_open_notices(&self) -> bool {
        self.run.frames.keys().any(|it| self.is_notice(*it))
    }
}

/// Returns the subject of a mail: one line, without anything that is no character to read.
fn subject(rollout: &str, message: &str) -> String {
    let line: String = message.lines().next().unwrap_or_default().chars().filter(|it| !it.is_control()).collect();
    let mut short: String = line.chars().take(SUBJECT_CHARS_MAX).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    format!("[{rollout}] {short}")
}

/// Returns the name of a mail; what cannot stand in one is replaced.
fn name_of(run: &str, path: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() || "-_".contains(it) { it } else { '.' };
    format!("{}.{run}@rollout", path.chars().map(plain).collect::<String>())
}

/// Slack reads three characters as its own; what is said has them spelled out, so that it can say nothing to everybody.
fn for_slack(message: &str) -> String {
    message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
