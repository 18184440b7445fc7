//! What can go wrong once, where and when; and what a person may decide afterwards, which is no fault. Plain data with
//! its words; who lets it happen is none of its business.

use std::rc::Rc;

use crate::engine::Command;
use crate::plan::{Place, Plan};
use crate::sim::units::written;

/// Something that goes wrong once.
#[derive(Debug, Clone, PartialEq)]
pub enum Mishap {
    /// A command or request fails, this once.
    Fails { place: Place, attempt: u32 },
    /// What is asked there is answered so that it does not hold, until that has had its effect.
    Violated { place: Place },
    /// What is asked there is not answered, until that has had its effect.
    Unknown { place: Place },
    /// One of those who are asked says no.
    Rejected { place: Place },
    /// Nobody who is asked says anything.
    Silent { place: Place },
    /// The engine dies with what it had started, and is started again.
    Crash,
    /// Nothing reaches a target any more; by its place in the plan's table.
    Lost { target: u32 },
}

/// One thing on the way to a state that is not as it always goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Turning {
    Fault(Mishap),
    /// What a person wants of a run that waits for them.
    Choice(Command),
}

/// How a state was reached: the latest turning, and all before it.
#[derive(Debug)]
pub(super) struct Link {
    pub after_ms: i64,
    /// After how many things that happened by themselves.
    pub steps: usize,
    pub turning: Turning,
    pub before: Path,
}

pub(super) type Path = Option<Rc<Link>>;

/// Returns the links of a path, the first of them first.
pub(super) fn links(path: &Path) -> Vec<&Link> {
    let mut all: Vec<&Link> = std::iter::successors(path.as_deref(), |it| it.before.as_deref()).collect();
    all.reverse();
    all
}

/// Returns how often a person decided on a path.
pub(super) fn times_decided(path: &Path) -> usize {
    let links = std::iter::successors(path.as_deref(), |it| it.before.as_deref());
    links.filter(|it| matches!(it.turning, Turning::Choice(_))).count()
}

impl Turning {
    /// Returns what happens, in words.
    pub fn in_words(&self, plan: &Plan) -> String {
        match self {
            Turning::Fault(mishap) => mishap.in_words(plan),
            Turning::Choice(command) => format!("a person says `{}`", wish(command)),
        }
    }

    pub fn is_fault(&self) -> bool {
        matches!(self, Turning::Fault(_))
    }
}

impl Mishap {
    pub fn in_words(&self, plan: &Plan) -> String {
        let at = |place: &Place| written(plan, *place);
        match self {
            Mishap::Fails { place, attempt: 1 } => format!("`{}` fails", at(place)),
            Mishap::Fails { place, attempt } => format!("attempt {attempt} of `{}` fails", at(place)),
            Mishap::Violated { place } => format!("what `{}` asks for does not hold", at(place)),
            Mishap::Unknown { place } => format!("what `{}` asks for is not known", at(place)),
            Mishap::Rejected { place } => format!("`{}` is refused", at(place)),
            Mishap::Silent { place } => format!("nobody answers `{}`", at(place)),
            Mishap::Crash => "the engine dies, and with it what it had started".to_owned(),
            Mishap::Lost { target } => format!("`{}` is lost: nothing reaches it any more", lost(plan, *target)),
        }
    }

    /// Returns its name, as documents write it.
    pub fn name(&self) -> &'static str {
        match self {
            Mishap::Fails { .. } => "fails",
            Mishap::Violated { .. } => "violated",
            Mishap::Unknown { .. } => "unknown",
            Mishap::Rejected { .. } => "rejected",
            Mishap::Silent { .. } => "silent",
            Mishap::Crash => "crash",
            Mishap::Lost { .. } => "lost",
        }
    }
}

fn lost(plan: &Plan, target: u32) -> &str {
    &plan.targets[target as usize].name
}

/// Returns the word for what a person wants of a run that waits.
pub(super) fn wish(command: &Command) -> &'static str {
    match command.wish() {
        Command::Pause { .. } => "pause",
        Command::Resume { .. } => "resume",
        Command::Retry { .. } => "retry",
        Command::Skip { .. } => "skip",
        Command::Rollback { .. } => "rollback",
        Command::Approve { .. } => "approve",
        Command::Reject { .. } => "reject",
        Command::Confirm { .. } => "confirm",
        Command::Advance { .. } => "advance",
        Command::Hold { .. } => "hold",
        Command::Goto { .. } => "goto",
        Command::Cancel { .. } | Command::As { .. } => "cancel",
    }
}
