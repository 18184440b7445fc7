//! Instants, durations and outcomes as a reader of a document has them.

use super::page::{Mood, Span};
use crate::calendar::local;
use crate::engine::Truth;
use crate::view::{Account, Foreseen, When};

/// How a reader has times: as the clocks of a zone show them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'z> {
    pub zone: &'z str,
}

impl Words<'_> {
    pub fn moment(self, when: When) -> String {
        local(when.0, self.zone, "%Y-%m-%d %H:%M:%S")
    }

    /// A dash where there is none.
    pub fn maybe(self, when: Option<When>) -> String {
        when.map_or_else(|| "-".to_owned(), |it| self.moment(it))
    }

    /// When something was to happen, and within which bounds.
    pub fn foreseen(self, it: Foreseen) -> String {
        match (it.earliest, it.likely, it.latest) {
            (Some(earliest), Some(likely), Some(latest)) if earliest < latest => {
                format!("{} ({} to {})", self.moment(likely), self.moment(earliest), self.moment(latest))
            }
            (_, Some(likely), _) => self.moment(likely),
            (Some(earliest), None, _) => format!("{} at the earliest", self.moment(earliest)),
            (None, None, _) => "-".to_owned(),
        }
    }
}

/// Returns how the run ended, or what it does.
pub(super) fn outcome_word(account: &Account) -> Span {
    let word = account.outcome.unwrap_or(account.state);
    let mood = match word {
        "succeeded" => Mood::Good,
        "failed" | "needs_hands" => Mood::Bad,
        "running" => Mood::Quiet,
        _ => Mood::Careful,
    };
    Span::Word(mood, word.replace('_', " "))
}

pub(super) fn status_word(status: &str) -> Span {
    let mood = match status {
        "done" => Mood::Good,
        "failed" | "stuck" => Mood::Bad,
        "undone" | "undoing" | "stopped" => Mood::Careful,
        _ => Mood::Quiet,
    };
    Span::Word(mood, status.to_owned())
}

pub(super) fn truth_word(truth: Truth) -> Span {
    match truth {
        Truth::Holds => Span::Word(Mood::Good, "holds".to_owned()),
        Truth::Violated => Span::Word(Mood::Bad, "violated".to_owned()),
        Truth::Unknown => Span::Word(Mood::Careful, "unknown".to_owned()),
    }
}
