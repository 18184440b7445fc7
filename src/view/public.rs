//! Journal events as programs see them: `{"seq","run","at","type","path",…,"hash"}`. The journal's own form may
//! gain a version; this one is a promise.

use std::fmt;

use serde_json::{Map, Value as Json, json};

use super::exposure::exposure_public;
use super::noun;
use super::people::people_public;
use crate::engine::{Answer, Cause, Ending, Event, PauseReason};
use crate::model::Act;
use crate::plan::{NodeKind, Place, Plan};
use crate::value::At;

/// Where and when an event stands in the journal.
#[derive(Debug, Clone, Copy)]
pub struct EventFacts<'a> {
    pub seq: u64,
    pub run: &'a str,
    pub at: At,
    /// In hexadecimal.
    pub hash: &'a str,
}

/// An event as programs see it, its fields in the order in which they are written.
#[derive(Debug, Clone)]
pub struct PublicEvent {
    fields: Vec<(String, Json)>,
}

impl PublicEvent {
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns a field that is a text; empty if it is none.
    pub fn text(&self, name: &str) -> &str {
        self.fields().find(|(it, _)| *it == name).and_then(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// One line of JSON.
impl fmt::Display for PublicEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.fields.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            write!(f, "{before}\"{name}\":{value}")?;
        }
        write!(f, "}}")
    }
}

/// Returns an event as programs see it.
pub fn public_event(plan: &Plan, facts: EventFacts, event: &Event) -> PublicEvent {
    let (kind, place, more) = public(plan, event);
    let path = place.map_or_else(String::new, |it| plan.path(it));
    let mut fields: Vec<(String, Json)> = Vec::new();
    let mut field = |name: &str, value: Json| fields.push((name.to_owned(), value));
    field("seq", facts.seq.into());
    field("run", facts.run.into());
    field("at", facts.at.to_string().into());
    field("type", kind.into());
    field("path", path.into());
    if let Json::Object(more) = more {
        // What is kept for a target names it itself.
        if let Some(target) = place.and_then(|it| plan.target_of(it)).filter(|_| !more.contains_key("target")) {
            field("target", target.name.as_str().into());
        }
        more.into_iter().filter(|(_, value)| !value.is_null()).for_each(|(name, value)| field(&name, value));
    }
    field("hash", facts.hash.into());
    PublicEvent { fields }
}

/// The table: type, place, and what else there is to say.
fn public(plan: &Plan, event: &Event) -> (String, Option<Place>, Json) {
    let named = |place: &Place, verb: &str| format!("{}_{verb}", noun(&plan.node(place.node).kind));
    let (kind, place, more) = match event {
        Event::RunStarted(it) => {
            let inputs: Map<String, Json> =
                it.inputs.iter().map(|(name, value)| (name.to_string(), value.to_string().into())).collect();
            let more =
                json!({"rollout": it.rollout, "plan": it.plan, "inputs": inputs, "by": it.by, "reason": it.reason});
            ("run_started".to_owned(), None, more)
        }
        Event::Began { place, elements, timeout, deadline, .. } => {
            let more = json!({
                "elements": elements.as_ref().map(Vec::len),
                "timeout": instant(*timeout),
                "deadline": instant(*deadline),
            });
            (named(place, "started"), Some(place), more)
        }
        Event::Skipped { place, by, reason } => {
            (named(place, "skipped"), Some(place), json!({"by": by, "reason": reason}))
        }
        Event::Asked { place, attempt, verify } => {
            let kind = if *verify || is_question(plan, *place) { "gate_asked" } else { "step_started" };
            (kind.to_owned(), Some(place), json!({"attempt": attempt, "verify": verify.then_some(true)}))
        }
        Event::Answered { place, attempt, answer } => {
            let kind = if is_question(plan, *place) { "gate_answered" } else { "step_answered" };
            (kind.to_owned(), Some(place), answered(*attempt, answer))
        }
        Event::Evaluated { place, truth, evidence, .. } => {
            ("gate_evaluated".to_owned(), Some(place), json!({"truth": truth, "evidence": evidence}))
        }
        Event::Baseline { place, what, value } => {
            ("baseline_taken".to_owned(), Some(place), json!({"what": what, "value": value.to_string()}))
        }
        Event::Warned { place, cause } => ("warned".to_owned(), Some(place), why(plan, cause)),
        Event::Held { place, until, why } => {
            ("held".to_owned(), Some(place), json!({"until": instant(*until), "why": why}))
        }
        Event::Entered { place } => ("entered".to_owned(), Some(place), json!({})),
        Event::Opened { place, closes, closing } => {
            ("opened".to_owned(), Some(place), json!({"closes": closes.to_string(), "closing": closing}))
        }
        Event::Shut { place, until, why } => {
            ("shut".to_owned(), Some(place), json!({"until": until.to_string(), "why": why}))
        }
        Event::OnHold { by, reason } => ("on_hold".to_owned(), None, json!({"by": by, "reason": reason})),
        Event::HoldLifted { by, reason } => ("hold_lifted".to_owned(), None, json!({"by": by, "reason": reason})),
        Event::Advanced { place, by, reason } => {
            ("advanced".to_owned(), Some(place), json!({"by": by, "reason": reason}))
        }
        Event::Waiting { place, until, why } => {
            ("waiting".to_owned(), Some(place), json!({"until": until.to_string(), "why": why}))
        }
        Event::Ended { place, ending } => (named(place, "finished"), Some(place), ended(plan, ending)),
        Event::WaveAdvanced { place, wave } => ("wave_advanced".to_owned(), Some(place), json!({"wave": wave + 1})),
        Event::Closing { place, cause } => ("closing".to_owned(), Some(place), why(plan, cause)),
        Event::Kept { place, target, key, value } => {
            let more = json!({"target": target, "key": key, "value": value.to_string()});
            ("kept".to_owned(), Some(place), more)
        }
        Event::ExposureRead { .. } | Event::Exposed { .. } | Event::Noticed { .. } => {
            return exposure_public(plan, event);
        }
        Event::Logged { place, message } => ("logged".to_owned(), Some(place), json!({"message": message})),
        Event::Paused { why, by } => return paused(why, json!(by)),
        Event::Resumed { by, reason } => ("resumed".to_owned(), None, json!({"by": by, "reason": reason})),
        Event::Retried { place, by, reason } => {
            ("retried".to_owned(), Some(place), json!({"by": by, "reason": reason}))
        }
        Event::ApprovalRequested { .. }
        | Event::Approved { .. }
        | Event::Rejected { .. }
        | Event::Ticked { .. }
        | Event::Confirmed { .. }
        | Event::Expired { .. }
        | Event::Claimed { .. } => return people_public(plan, event),
        Event::RollbackStarted { place, cause } => ("rollback_started".to_owned(), Some(place), why(plan, cause)),
        Event::UndoBegan { place, .. } => ("undo_started".to_owned(), Some(place), json!({})),
        Event::Undone { place } => (named(place, "undone"), Some(place), json!({})),
        Event::UndoFailed { place, fault } => ("undo_failed".to_owned(), Some(place), json!({"why": fault.message})),
        Event::Filed { folder, instead_of, failure } => {
            ("filed".to_owned(), None, json!({"folder": folder, "instead_of": instead_of, "failure": failure}))
        }
        Event::Recovered => ("recovered".to_owned(), None, json!({})),
        Event::Finishing { outcome } => ("finishing".to_owned(), None, json!({"outcome": outcome})),
        Event::Retained { until } => ("retained".to_owned(), None, json!({"until": instant(*until)})),
        Event::RunFinished { outcome, reason } => {
            ("run_finished".to_owned(), None, json!({"outcome": outcome, "reason": reason}))
        }
    };
    (kind, place.copied(), more)
}

/// Whether a place only asks how the world is.
pub(super) fn is_question(plan: &Plan, place: Place) -> bool {
    match &plan.node(place.node).kind {
        NodeKind::Act(act) => matches!(**act, Act::Check(_) | Act::Watch(_) | Act::Guard(_) | Act::Require { .. }),
        NodeKind::Rollout { .. }
        | NodeKind::Child { .. }
        | NodeKind::Stage(_)
        | NodeKind::Loop(_)
        | NodeKind::Parallel
        | NodeKind::Step(_)
        | NodeKind::Sequence(_) => false,
    }
}

fn instant(at: Option<At>) -> Option<String> {
    at.map(|it| it.to_string())
}

fn answered(attempt: u32, answer: &Answer) -> Json {
    match answer {
        Answer::Done(done) => {
            let outputs = (!done.outputs.is_empty()).then_some(&done.outputs);
            json!({"attempt": attempt, "result": "done", "code": done.code, "outputs": outputs})
        }
        Answer::Fault(it) => {
            json!({"attempt": attempt, "result": "fault", "fault": it.kind, "why": it.message, "code": it.code})
        }
        Answer::Probed { results } => json!({"attempt": attempt, "result": "probed", "results": results}),
    }
}

fn ended(plan: &Plan, ending: &Ending) -> Json {
    let with = |result: &str, cause: &Cause| {
        let mut json = why(plan, cause);
        json["result"] = result.into();
        json
    };
    match ending {
        Ending::Done => json!({"result": "done"}),
        Ending::Dropped => json!({"result": "stopped"}),
        Ending::Failed { cause } => with("failed", cause),
        Ending::Tolerated { cause } => with("tolerated", cause),
    }
}

fn paused(why: &PauseReason, by: Json) -> (String, Option<Place>, Json) {
    let (place, cause, message) = match why {
        PauseReason::Asked { reason } => (None, "asked", reason.as_deref()),
        PauseReason::Said { place, message } => (Some(*place), "said", Some(message.as_str())),
        PauseReason::Failed { place } => (Some(*place), "failed", None),
        PauseReason::Interrupted { place } => (Some(*place), "interrupted", None),
        PauseReason::Unanswered { place } => (Some(*place), "unanswered", None),
        PauseReason::Rejected { place } => (Some(*place), "rejected", None),
    };
    ("paused".to_owned(), place, json!({"cause": cause, "message": message, "by": by}))
}

fn why(plan: &Plan, cause: &Cause) -> Json {
    match cause {
        Cause::Fault { fault } => {
            json!({"cause": "fault", "fault": fault.kind, "why": fault.message, "code": fault.code})
        }
        Cause::Condition { truth, message } => json!({"cause": "condition", "truth": truth, "why": message}),
        Cause::Value { message } => json!({"cause": "value", "why": message}),
        Cause::Said { message } => json!({"cause": "said", "why": message}),
        Cause::Within { place } => json!({"cause": "within", "failed_at": plan.path(*place)}),
        Cause::TooMany { failed, tolerated } => json!({"cause": "too_many", "failed": failed, "tolerated": tolerated}),
        Cause::TimedOut { after_ms } => json!({"cause": "timed_out", "after_ms": after_ms}),
        Cause::WindowClosed { at } => json!({"cause": "window_closed", "at": at.to_string()}),
        Cause::DeadlinePassed { deadline } => json!({"cause": "deadline_passed", "deadline": deadline.to_string()}),
        Cause::Unanswered { missing, after_ms } => {
            json!({"cause": "unanswered", "missing": missing, "after_ms": after_ms})
        }
        Cause::Rejected { by, reason } => json!({"cause": "rejected", "by": by, "reason": reason}),
        Cause::Person { by, reason } => json!({"cause": "person", "by": by, "reason": reason}),
    }
}
