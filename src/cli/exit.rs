//! How a command ends, for the shell. These numbers are a promise.

use std::process::ExitCode;

use crate::engine::Outcome;

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Something was found that should not be there.
    Findings,
    /// Wrong usage, or unreadable input.
    Usage,
    RolledBack,
    NeedsHands,
    Cancelled,
    /// Still running or waiting when the command returned.
    Unfinished,
    Failed,
    /// The journal could not be written: the engine ended before anything was believed.
    Journal,
}

impl Exit {
    pub fn number(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::RolledBack => 3,
            Exit::NeedsHands => 4,
            Exit::Cancelled => 5,
            Exit::Unfinished => 6,
            Exit::Failed => 7,
            Exit::Journal => 8,
        }
    }

    /// How a run ended; none: it has not.
    pub fn of(outcome: Option<Outcome>) -> Exit {
        match outcome {
            None => Exit::Unfinished,
            Some(Outcome::Succeeded) => Exit::Done,
            Some(Outcome::RolledBack) => Exit::RolledBack,
            Some(Outcome::NeedsHands) => Exit::NeedsHands,
            Some(Outcome::Cancelled) => Exit::Cancelled,
            Some(Outcome::Failed) => Exit::Failed,
        }
    }

    /// Of several runs the one that needs a person most speaks for all.
    pub fn worst(all: impl IntoIterator<Item = Exit>) -> Exit {
        let weight = |it: &Exit| match it {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Cancelled => 2,
            Exit::RolledBack => 3,
            Exit::Unfinished => 4,
            Exit::Failed => 5,
            Exit::NeedsHands => 6,
            Exit::Usage => 7,
            Exit::Journal => 8,
        };
        all.into_iter().max_by_key(weight).unwrap_or(Exit::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.number())
    }
}
