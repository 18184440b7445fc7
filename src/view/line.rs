//! One event as a line of a log: what a person wants to read of it, and how glad it is. Most events are none.

use super::exposure::exposure_line;
use super::people::people_line;
use super::public::is_question;
use super::{Board, noun};
use crate::engine::{
    Cause, Ending, Event, Evidence, Outcome, PauseReason, Truth, Waiting, explain, exposure_kind, origin_of,
};
use crate::plan::{NodeKind, Place, Role};
use crate::value::{At, show_duration};

/// A line to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub tone: Tone,
    pub text: String,
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Careful,
    Bad,
}

/// Returns what there is to read of an event that a board has just heard.
pub fn line(board: &Board, at: At, event: &Event) -> Option<Line> {
    let path = |place: &Place| board.plan.path(*place);
    let because = |cause: &Cause| because(board, cause);
    let with = |reason: &Option<String>| reason.as_ref().map_or_else(String::new, |it| format!(": {it}"));
    match event {
        Event::RunStarted(it) => plain(format!("`{}` started by {}.", it.rollout, it.by.0)),
        Event::Began { place, .. } if is_shown(board, *place) => {
            plain(format!("{} {}: started.", noun_at(board, *place), path(place)))
        }
        Event::Skipped { place, by: Some(by), reason } => {
            careful(format!("{}: skipped by {}{}.", path(place), by.0, with(reason)))
        }
        Event::Skipped { place, by: None, .. } if is_shown(board, *place) => {
            plain(format!("{} {}: skipped.", noun_at(board, *place), path(place)))
        }
        Event::Asked { place, attempt, verify: false } if *attempt > 1 && is_counted(board, *place) => {
            plain(format!("{}: attempt {attempt}.", path(place)))
        }
        Event::Asked { place, verify: true, .. } => {
            plain(format!("{}: was it done before the engine died?", path(place)))
        }
        Event::Evaluated { place, truth, evidence, .. } => evaluated(board, *place, *truth, evidence),
        Event::Held { place, until, why } => {
            let until = until.map_or_else(|| "for longer than anybody looked".to_owned(), |it| format!("until {it}"));
            careful(format!("{}: waits for its window {until}: {why}.", or_run(path(place))))
        }
        Event::Shut { place, until, why } => {
            careful(format!("{}: nothing more begins until {until}: {why}.", or_run(path(place))))
        }
        Event::OnHold { by, reason } => careful(format!("held by {}{}: nothing advances.", by.0, with(reason))),
        Event::HoldLifted { by, reason } => plain(format!("{} let the run advance again{}.", by.0, with(reason))),
        Event::Advanced { place, by, reason } => {
            careful(format!("{}: {} let it go on{}.", or_run(path(place)), by.0, with(reason)))
        }
        Event::Warned { place, cause } => careful(format!("{}: warning: {}.", path(place), because(cause))),
        Event::Waiting { place, until, why: Waiting::Wait | Waiting::Delay | Waiting::NotBefore } => {
            plain(format!("{}: waits {}, until {until}.", path(place), show_duration(until.since_ms(at).max(0))))
        }
        Event::Ended { place, ending } => ended(board, *place, ending),
        Event::WaveAdvanced { place, wave } => plain(format!("{}: wave {}.", path(place), wave + 1)),
        Event::Closing { place, cause } => {
            careful(format!("{}: nothing new starts: {}.", or_run(path(place)), because(cause)))
        }
        Event::ExposureRead { .. } | Event::Exposed { .. } | Event::Noticed { .. } => exposure_line(board, event),
        Event::Logged { message, .. } => plain(message.clone()),
        Event::Paused { why, by } => careful(paused(board, why, by.as_ref().map(|it| it.0.as_str()))),
        Event::Resumed { by, reason } => plain(format!("resumed by {}{}.", by.0, with(reason))),
        Event::Retried { place, by, reason } => {
            plain(format!("{}: {} wants it tried again{}.", path(place), by.0, with(reason)))
        }
        Event::ApprovalRequested { .. }
        | Event::Approved { .. }
        | Event::Rejected { .. }
        | Event::Ticked { .. }
        | Event::Confirmed { .. }
        | Event::Expired { .. }
        | Event::Claimed { .. } => people_line(board, event),
        Event::RollbackStarted { place, cause } => {
            careful(format!("{}: rolling back: {}.", or_run(path(place)), because(cause)))
        }
        Event::Undone { place } if is_undo_shown(board, *place) => plain(format!("{}: undone.", path(place))),
        Event::UndoFailed { place, fault }
            if is_undo_shown(board, *place) || exposure_kind(&board.plan, *place).is_some() =>
        {
            bad(format!("{}: could not be undone: {}.", path(place), fault.message))
        }
        Event::Filed { folder, instead_of, failure } => filed(folder, instead_of.as_deref(), failure.as_deref()),
        Event::Recovered => careful("the engine is here again and goes on.".to_owned()),
        Event::Retained { until } => Some(Line { tone: Tone::Good, text: retained(*until) }),
        Event::RunFinished { outcome, reason } => finished(*outcome, reason.as_deref()),
        Event::Began { .. }
        | Event::Skipped { by: None, .. }
        | Event::Asked { verify: false, .. }
        | Event::Answered { .. }
        | Event::Baseline { .. }
        | Event::Entered { .. }
        | Event::Opened { .. }
        | Event::Waiting {
            why: Waiting::Backoff | Waiting::Settle | Waiting::Again | Waiting::Sample | Waiting::Window,
            ..
        }
        | Event::Kept { .. }
        | Event::UndoBegan { .. }
        | Event::Undone { .. }
        | Event::UndoFailed { .. }
        | Event::Finishing { .. } => None,
    }
}

/// Returns why, in words. What has failed has said why on a line of its own: what follows from it only names it.
fn because(board: &Board, cause: &Cause) -> String {
    match origin_of(&board.run, cause) {
        Some(place) if has_own_line(board, place) => format!("`{}` failed", board.plan.path(place)),
        Some(_) | None => explain(&board.plan, &board.run, cause),
    }
}

/// Whether the failure of a place is a line of its own.
fn has_own_line(board: &Board, place: Place) -> bool {
    let is_leaf = matches!(board.plan.node(place.node).kind, NodeKind::Act(_) | NodeKind::Step(_));
    is_leaf || board.is_element(place) || is_shown(board, place)
}

fn plain(text: String) -> Option<Line> {
    Some(Line { tone: Tone::Plain, text })
}

fn careful(text: String) -> Option<Line> {
    Some(Line { tone: Tone::Careful, text })
}

fn bad(text: String) -> Option<Line> {
    Some(Line { tone: Tone::Bad, text })
}

fn noun_at(board: &Board, place: Place) -> &'static str {
    noun(&board.plan.node(place.node).kind)
}

fn or_run(path: String) -> String {
    if path.is_empty() { "run".to_owned() } else { path }
}

/// Whether a person counts the attempts of a place: a router is asked several times whenever it is set.
fn is_counted(board: &Board, place: Place) -> bool {
    !is_question(&board.plan, place) && exposure_kind(&board.plan, place).is_none()
}

/// Stages begin and end for everybody to see; what lies beneath is seen when it ends.
fn is_shown(board: &Board, place: Place) -> bool {
    matches!(board.plan.node(place.node).kind, NodeKind::Stage(_))
}

fn is_undo_shown(board: &Board, place: Place) -> bool {
    match board.plan.node(place.node).kind {
        NodeKind::Stage(_) | NodeKind::Sequence(Role::Target) => true,
        NodeKind::Rollout { .. }
        | NodeKind::Child { .. }
        | NodeKind::Loop(_)
        | NodeKind::Parallel
        | NodeKind::Step(_)
        | NodeKind::Act(_)
        | NodeKind::Sequence(_) => false,
    }
}

/// A condition that does not hold is worth a line; one that holds lets something end, and that is. What it warns of
/// is told once, until it is something else.
fn evaluated(board: &Board, place: Place, truth: Truth, evidence: &[Evidence]) -> Option<Line> {
    let seen: Vec<String> = evidence.iter().filter(|it| it.truth != Truth::Holds).map(with_reason).collect();
    let seen = seen.join(", ");
    let warns: Vec<String> = evidence.iter().filter(|it| it.warns).map(with_reason).collect();
    match truth {
        // Without evidence there is nothing to see but the failure that follows.
        _ if seen.is_empty() => None,
        Truth::Holds if board.warns_anew(place) => {
            careful(format!("{}: passes, and warns: {}.", board.plan.path(place), warns.join(", ")))
        }
        Truth::Holds => None,
        Truth::Violated => careful(format!("{}: does not hold: {seen}.", board.plan.path(place))),
        Truth::Unknown => careful(format!("{}: is not known: {seen}.", board.plan.path(place))),
    }
}

fn with_reason(evidence: &Evidence) -> String {
    if evidence.why.is_empty() { evidence.what.clone() } else { format!("{} ({})", evidence.what, evidence.why) }
}

fn ended(board: &Board, place: Place, ending: &Ending) -> Option<Line> {
    let path = board.plan.path(place);
    let node = board.plan.node(place.node);
    let why = |cause: &Cause| because(board, cause);
    let is_unit = board.is_element(place) || is_shown(board, place);
    let of = match board.count_at(place) {
        Some((done, total)) if board.is_element(place) => format!(" ({done} of {total})"),
        _ => String::new(),
    };
    let noun = noun(&node.kind);
    match ending {
        Ending::Done if is_unit => Some(Line { tone: Tone::Good, text: format!("{noun} {path}: done{of}.") }),
        Ending::Failed { cause: Cause::Within { .. } } if !is_unit => None,
        Ending::Failed { cause } if has_own_line(board, place) => {
            bad(format!("{noun} {path}: failed{of}: {}.", why(cause)))
        }
        Ending::Tolerated { cause } => careful(format!("{noun} {path}: failed and is tolerated{of}: {}.", why(cause))),
        Ending::Dropped if is_unit => careful(format!("{noun} {path}: stopped.")),
        Ending::Done | Ending::Failed { .. } | Ending::Dropped => None,
    }
}

fn paused(board: &Board, why: &PauseReason, by: Option<&str>) -> String {
    let who = by.map_or(String::new(), |by| format!(" by {by}"));
    match why {
        PauseReason::Asked { reason: Some(reason) } => format!("paused{who}: {reason}."),
        PauseReason::Asked { reason: None } => format!("paused{who}."),
        PauseReason::Said { message, .. } => format!("paused: {message}."),
        PauseReason::Failed { place } => format!("paused: `{}` has failed.", board.plan.path(*place)),
        PauseReason::Interrupted { place } => {
            format!("paused: `{}` needs a person.", board.plan.path(*place))
        }
        PauseReason::Unanswered { place } => {
            format!("paused: `{}` was not answered in time.", board.plan.path(*place))
        }
        PauseReason::Rejected { place } => format!("paused: `{}` was rejected.", board.plan.path(*place)),
    }
}

fn retained(until: Option<At>) -> String {
    match until {
        Some(until) => format!("succeeded; it can be taken back until {until}."),
        None => "succeeded; it is looked after for a while.".to_owned(),
    }
}

/// Says that the documents of a run are not where they were to be.
pub(super) fn not_filed(folder: &str, failure: &str) -> String {
    match folder {
        "" => format!("the artifacts are not written: {failure}"),
        folder => format!("the artifacts are not in `{folder}`: {failure}"),
    }
}

fn filed(folder: &str, instead_of: Option<&str>, failure: Option<&str>) -> Option<Line> {
    match (instead_of, failure) {
        (_, Some(failure)) => careful(format!("run: warning: {}.", not_filed(folder, failure))),
        (Some(wanted), None) => careful(format!("artifacts: `{folder}`, because `{wanted}` is not this run's.")),
        (None, None) => plain(format!("artifacts: `{folder}`.")),
    }
}

fn finished(outcome: Outcome, reason: Option<&str>) -> Option<Line> {
    let (tone, words) = match outcome {
        Outcome::Succeeded => (Tone::Good, "succeeded"),
        Outcome::RolledBack => (Tone::Careful, "rolled back"),
        Outcome::Failed => (Tone::Bad, "failed"),
        Outcome::NeedsHands => (Tone::Bad, "needs hands: something could not be undone"),
        Outcome::Cancelled => (Tone::Careful, "cancelled"),
    };
    let text = reason.map_or_else(|| format!("{words}."), |reason| format!("{words}: {reason}."));
    Some(Line { tone, text })
}
