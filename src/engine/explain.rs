//! Why something happened, in words: from a cause to where it began.

use super::{Cause, PauseReason, Run, Truth};
use crate::plan::{Place, Plan};
use crate::value::show_duration;

/// Returns a sentence without a period that says where and why the first failure was.
pub fn explain(plan: &Plan, run: &Run, cause: &Cause) -> String {
    match origin(run, cause) {
        (Some(place), cause) => format!("`{}`: {}", plan.path(place), in_words(cause)),
        (None, cause) => in_words(cause),
    }
}

/// Returns where the failure began that a run ends or rests for, and why; none if it has no such failure.
pub fn first_failure(run: &Run) -> Option<(Option<Place>, &Cause)> {
    if let Some(cause) = &run.failure {
        return Some(origin(run, cause));
    }
    match run.paused.as_ref()? {
        PauseReason::Failed { place }
        | PauseReason::Interrupted { place }
        | PauseReason::Unanswered { place }
        | PauseReason::Rejected { place } => {
            let cause = run.causes.get(place)?;
            let (deeper, cause) = origin(run, cause);
            Some((deeper.or(Some(*place)), cause))
        }
        PauseReason::Asked { .. } | PauseReason::Said { .. } => None,
    }
}

/// Returns the place where a cause began, if it began beneath another.
pub fn origin_of(run: &Run, cause: &Cause) -> Option<Place> {
    origin(run, cause).0
}

/// Joins words of the language or the command line: "`retry`, `skip` or `rollback`".
pub fn either(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|it| format!("`{it}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

/// Follows a cause to the place where it began.
fn origin<'r>(run: &'r Run, cause: &'r Cause) -> (Option<Place>, &'r Cause) {
    let (mut at, mut cause) = (None, cause);
    while let Cause::Within { place } = cause {
        at = Some(*place);
        match run.causes.get(place) {
            Some(inner) => cause = inner,
            None => break,
        }
    }
    (at, cause)
}

fn in_words(cause: &Cause) -> String {
    match cause {
        Cause::Fault { fault } => fault.message.clone(),
        Cause::Condition { truth: Truth::Unknown, message } => format!("{message} is not known"),
        Cause::Condition { message, .. } => format!("{message} does not hold"),
        Cause::Value { message } | Cause::Said { message } => message.clone(),
        Cause::Within { .. } => "something in it failed".to_owned(),
        Cause::TooMany { failed, tolerated } => format!("{failed} failed and at most {tolerated} may"),
        Cause::TimedOut { after_ms } => format!("it took longer than {}", show_duration(*after_ms)),
        Cause::WindowClosed { at } => format!("its window closed at {at}"),
        Cause::DeadlinePassed { deadline } => format!("its deadline {deadline} has passed"),
        Cause::Unanswered { missing, after_ms } => {
            let answers = if *missing == 1 { "one answer" } else { "answers" };
            let count = if *missing == 1 { String::new() } else { format!("{missing} ") };
            format!("{count}{answers} did not come within {}", show_duration(*after_ms))
        }
        Cause::Rejected { by, reason: Some(reason) } => format!("{} rejected it: {reason}", by.0),
        Cause::Rejected { by, reason: None } => format!("{} rejected it", by.0),
        Cause::Person { by, reason: Some(reason) } => format!("{} wanted it: {reason}", by.0),
        Cause::Person { by, reason: None } => format!("{} wanted it", by.0),
    }
}
