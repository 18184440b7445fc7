//! What people say to what they are asked, and when: drawn from a seed and the question alone. Among them are some who
//! were not asked.

use super::Luck;
use crate::engine::{Command, Person, Request};
use crate::model::AskKind;
use crate::plan::{Place, Plan};

/// Somebody who was not asked and answers all the same.
const STRANGER: &str = "mallory";

/// The longest that somebody takes to answer, and the longest for one who is late.
const ANSWER_MS_MAX: i64 = 10 * 60_000;
const LATE_MS_MAX: i64 = 6 * 3_600_000;

impl Luck {
    /// Returns who says what, and after how many milliseconds, when people are asked for the nth time at a place.
    pub fn replies(&self, plan: &Plan, place: Place, nth: u32, request: &Request) -> Vec<(i64, Person, Command)> {
        let Some(ask) = plan.ask_at(place.node) else { return Vec::new() };
        let mut random = self.random(place, nth);
        let path = plan.path(place);
        let mut replies = Vec::new();
        let askers = request.of.iter().map(|it| it.as_str()).chain([STRANGER]);
        for name in askers {
            let drawn = random.u32(0..1000);
            let silent = drawn < self.odds.person_silent;
            let rejects = !silent && drawn < self.odds.person_silent + self.odds.person_rejects;
            for item in 0..request.items.len().max(1) {
                let late = random.u32(0..1000) < self.odds.person_late;
                let after_ms = random.i64(1_000..if late { LATE_MS_MAX } else { ANSWER_MS_MAX });
                if silent {
                    continue;
                }
                let command = if rejects {
                    Command::Reject { path: Some(path.clone()), reason: Some("drawn".to_owned()) }
                } else {
                    yes(&ask.kind, path.clone(), item)
                };
                replies.push((after_ms, Person(name.into()), command));
            }
        }
        replies
    }
}

/// The yes to a question; to an item of it where there are several.
pub(super) fn yes(kind: &AskKind, path: String, item: usize) -> Command {
    let (path, reason) = (Some(path), None);
    match kind {
        AskKind::Approve { .. } => Command::Approve { path, reason },
        AskKind::Confirm => Command::Confirm { path, item: None, reason },
        AskKind::Checklist { .. } => Command::Confirm { path, item: Some((item + 1).to_string()), reason },
    }
}
