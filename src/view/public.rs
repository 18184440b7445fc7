//! Journal events as programs see them: `{"seq","run","at","type","path",…,"hash"}`. The journal's own form may
//! gain a version; this one is a promise.

use serde_json::{Map, Value as Json, json};

use super::noun;
use crate::engine::{Answer, Cause, Ending, Event, PauseReason};
use crate::plan::{Place, Plan};
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

/// Returns an event as programs see it.
pub fn public_event(plan: &Plan, facts: EventFacts, event: &Event) -> Json {
    let (kind, place, more) = public(plan, event);
    let mut json = Map::new();
    json.insert("seq".to_owned(), facts.seq.into());
    json.insert("run".to_owned(), facts.run.into());
    json.insert("at".to_owned(), facts.at.to_string().into());
    json.insert("type".to_owned(), kind.into());
    json.insert("path".to_owned(), place.map_or_else(String::new, |it| plan.path(it)).into());
    if let Some(target) = place.and_then(|it| plan.target_of(it)) {
        json.insert("target".to_owned(), target.name.as_str().into());
    }
    if let Json::Object(more) = more {
        json.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    json.insert("hash".to_owned(), facts.hash.into());
    Json::Object(json)
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
        Event::Began { place, elements, timeout, deadline } => {
            let more = json!({
                "elements": elements.as_ref().map(Vec::len),
                "timeout": instant(*timeout),
                "deadline": instant(*deadline),
            });
            (named(place, "started"), Some(place), more)
        }
        Event::Skipped { place, by } => (named(place, "skipped"), Some(place), json!({"by": by})),
        Event::Asked { place, attempt, verify } => {
            ("step_asked".to_owned(), Some(place), json!({"attempt": attempt, "verify": verify.then_some(true)}))
        }
        Event::Answered { place, attempt, answer } => {
            ("step_answered".to_owned(), Some(place), answered(*attempt, answer))
        }
        Event::Evaluated { place, truth, evidence } => {
            ("gate_evaluated".to_owned(), Some(place), json!({"truth": truth, "evidence": evidence}))
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
        Event::Logged { place, message } => ("logged".to_owned(), Some(place), json!({"message": message})),
        Event::Paused { why, by } => return paused(why, json!(by)),
        Event::Resumed { by } => ("resumed".to_owned(), None, json!({"by": by})),
        Event::Retried { place, by } => ("retried".to_owned(), Some(place), json!({"by": by})),
        Event::RollbackStarted { place, cause } => ("rollback_started".to_owned(), Some(place), why(plan, cause)),
        Event::UndoBegan { place, .. } => ("undo_started".to_owned(), Some(place), Json::Null),
        Event::Undone { place } => (named(place, "undone"), Some(place), Json::Null),
        Event::UndoFailed { place, fault } => ("undo_failed".to_owned(), Some(place), json!({"why": fault.message})),
        Event::Recovered => ("recovered".to_owned(), None, Json::Null),
        Event::Finishing { outcome } => ("finishing".to_owned(), None, json!({"outcome": outcome})),
        Event::RunFinished { outcome, reason } => {
            ("run_finished".to_owned(), None, json!({"outcome": outcome, "reason": reason}))
        }
    };
    (kind, place.copied(), more)
}

fn instant(at: Option<At>) -> Option<String> {
    at.map(|it| it.to_string())
}

fn answered(attempt: u32, answer: &Answer) -> Json {
    match answer {
        Answer::Done(done) => json!({"attempt": attempt, "result": "done", "code": done.code, "outputs": done.outputs}),
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
        Cause::DeadlinePassed { deadline } => json!({"cause": "deadline_passed", "deadline": deadline.to_string()}),
        Cause::Person { by, reason } => json!({"cause": "person", "by": by, "reason": reason}),
    }
}
