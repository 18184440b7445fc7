//! What people are asked and what they say, as lines, for programs, and as what a run waits for. One file for all
//! that concerns people; shows, and decides nothing.

use serde::Serialize;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use super::Board;
use super::line::{Line, Tone};
use super::status::WaitingFor;
use crate::engine::{Event, Request, Unmet};
use crate::model::AskKind;
use crate::plan::{Place, Plan};

/// An item of a checklist that nobody has ticked off.
#[derive(Debug, Clone, Serialize)]
pub struct OpenItem {
    /// From 1, as `rollout confirm` takes it.
    pub number: u32,
    pub text: String,
}

/// Returns what there is to read of what people are asked or say.
pub(super) fn people_line(board: &Board, event: &Event) -> Option<Line> {
    let path = |place: &Place| board.plan.path(*place);
    let because = |reason: &Option<String>| reason.as_ref().map_or_else(String::new, |it| format!(": {it}"));
    let (tone, text) = match event {
        Event::ApprovalRequested { place, .. } => {
            let Asked { text, wanted, command } = asked(board, *place)?;
            (Tone::Careful, format!("{}: {text}waits for {wanted}: {command}.", path(place)))
        }
        Event::Approved { place, by, reason, left } => {
            let more = if *left == 0 { String::new() } else { format!(" ({left} more needed)") };
            (Tone::Good, format!("{}: approved by {}{}{more}.", path(place), by.0, because(reason)))
        }
        Event::Rejected { place, by, reason } => {
            (Tone::Bad, format!("{}: rejected by {}{}.", path(place), by.0, because(reason)))
        }
        Event::Ticked { place, text, by, reason, left, .. } => {
            let more = if *left == 0 { String::new() } else { format!(" ({left} left)") };
            (Tone::Good, format!("{}: `{text}` ticked off by {}{}{more}.", path(place), by.0, because(reason)))
        }
        Event::Confirmed { place, by, reason } => {
            (Tone::Good, format!("{}: confirmed by {}{}.", path(place), by.0, because(reason)))
        }
        Event::Expired { place } => {
            let left = board.run.request(*place).map_or(0, Request::left);
            (Tone::Careful, format!("{}: the time to answer is over ({left} more needed).", path(place)))
        }
        Event::Claimed { by, claim } => {
            (Tone::Plain, format!("{} says to act for `{claim}`; it counts as {}.", by.0, by.0))
        }
        _ => return None,
    };
    Some(Line { tone, text })
}

/// A question in words: what people are shown, what is wanted of whom, and the command that answers.
struct Asked {
    text: String,
    wanted: String,
    command: String,
}

fn asked(board: &Board, place: Place) -> Option<Asked> {
    let request = board.run.request(place)?;
    let kind = &board.plan.ask_at(place.node)?.kind;
    let (path, run) = (board.plan.path(place), board.run.id().map(SmolStr::as_str).unwrap_or_default());
    let names: Vec<&str> = request.missing().map(SmolStr::as_str).collect();
    let names = names.join(", ");
    let wanted = match (kind, request.left()) {
        (AskKind::Approve { .. }, 1) => format!("one approval of {names}"),
        (AskKind::Approve { .. }, left) => format!("{left} approvals of {names}"),
        (AskKind::Confirm, _) => format!("a yes of {names}"),
        (AskKind::Checklist { .. }, _) => {
            let items: Vec<String> = request.open_items().map(|(at, it)| format!("{} `{it}`", at + 1)).collect();
            format!("{names} to tick off {}", items.join(", "))
        }
    };
    let until = request.until.map_or_else(String::new, |it| format!(" until {it}"));
    let command = match kind {
        AskKind::Approve { .. } => format!("`rollout approve {run} {path}`"),
        AskKind::Confirm => format!("`rollout confirm {run} {path}`"),
        AskKind::Checklist { .. } => format!("`rollout confirm {run} {path} ITEM`"),
    };
    let text = request.text.as_ref().map_or_else(String::new, |it| format!("{} ", sentence(it)));
    Some(Asked { text, wanted: format!("{wanted}{until}"), command })
}

/// Ends a text so that more can follow it.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '?', '!', ':']) { text.to_owned() } else { format!("{text}:") }
}

/// The part of the table of public events that is about people.
pub(super) fn people_public(plan: &Plan, event: &Event) -> (String, Option<Place>, Json) {
    let (kind, place, more) = match event {
        Event::ApprovalRequested { place, of, need, until, text, items } => {
            let items = (!items.is_empty()).then_some(items);
            let kind = plan.ask_at(place.node).map(|it| kind_name(&it.kind));
            let more = json!({
                "kind": kind, "people": of, "need": need, "until": until.map(|it| it.to_string()), "text": text,
                "items": items,
            });
            ("approval_requested", Some(*place), more)
        }
        Event::Approved { place, by, reason, left } => {
            ("approved", Some(*place), json!({"by": by, "reason": reason, "left": left}))
        }
        Event::Rejected { place, by, reason } => ("rejected", Some(*place), json!({"by": by, "reason": reason})),
        Event::Ticked { place, item, text, by, reason, left } => {
            let more = json!({"item": item + 1, "text": text, "by": by, "reason": reason, "left": left});
            ("ticked", Some(*place), more)
        }
        Event::Confirmed { place, by, reason } => ("confirmed", Some(*place), json!({"by": by, "reason": reason})),
        Event::Expired { place } => ("approval_expired", Some(*place), json!({})),
        Event::Claimed { by, claim } => ("claimed", None, json!({"by": by, "claim": claim})),
        _ => unreachable!("only what is about people comes here"),
    };
    (kind.to_owned(), place, more)
}

fn kind_name(kind: &AskKind) -> &'static str {
    match kind {
        AskKind::Approve { .. } => "approval",
        AskKind::Checklist { .. } => "checklist",
        AskKind::Confirm => "confirm",
    }
}

impl Board {
    /// Returns what people may answer now.
    pub(super) fn waiting_for_people(&self) -> impl Iterator<Item = WaitingFor> + '_ {
        let open = self.run.requests().filter(|(_, it)| !matches!(it.unmet, Some(Unmet::Rejected { .. })));
        open.filter_map(|(place, request)| {
            let Asked { text, wanted, command } = asked(self, place)?;
            Some(WaitingFor {
                kind: kind_name(&self.plan.ask_at(place.node)?.kind),
                path: self.plan.path(place),
                until: request.until.map(|it| it.to_string()),
                what: format!("{text}{wanted}: {command}"),
                people: request.missing().map(SmolStr::to_string).collect(),
                missing: Some(request.left()),
                items: request
                    .open_items()
                    .map(|(at, text)| OpenItem { number: at + 1, text: text.to_owned() })
                    .collect(),
            })
        })
    }
}
