//! Why a command did not do what it was asked: what happened, and what to do next.

use super::exit::Exit;
use crate::journal::JournalError;
use crate::runtime::{ClientError, EngineError, FolderError, StartRefusal, Unheard, Unrecorded};

/// One reason, as it is told to a person.
#[derive(Debug)]
pub struct Failure {
    /// Without a period.
    pub message: String,
    /// In full sentences.
    pub hint: Option<String>,
    pub exit: Exit,
}

impl Failure {
    /// Wrong usage, or something that cannot be read.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: None, exit: Exit::Usage }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    pub fn exit(mut self, exit: Exit) -> Failure {
        self.exit = exit;
        self
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Failure {
        let exit = if error.is_of_the_disk() { Exit::Journal } else { Exit::Usage };
        Failure::usage(error.to_string()).hint(error.hint()).exit(exit)
    }
}

impl Failure {
    /// The journal failed under a living engine: what it could not write down did not happen.
    pub fn of_journal(error: JournalError) -> Failure {
        Failure::from(error).exit(Exit::Journal)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Failure {
        match error {
            EngineError::Journal(error) => error.into(),
            EngineError::Folder(_) | EngineError::Socket { .. } => Failure::usage(error.to_string()).hint(error.hint()),
        }
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Failure {
        Failure::usage(error.to_string()).hint(error.hint())
    }
}

impl From<Unheard> for Failure {
    fn from(unheard: Unheard) -> Failure {
        match unheard {
            Unheard::Journal(error) => error.into(),
            Unheard::NotStarted(refusal) => {
                let hint = match refusal {
                    StartRefusal::Exclusive { .. } => {
                        "Wait until it has ended. If no engine drives it, pick it up with `rollout resume-all`."
                    }
                    StartRefusal::NoRoom => "Make room; what was brought to rest goes on by itself.",
                    StartRefusal::OutOfReach { .. } => "Let somebody else start it, or name more people.",
                };
                Failure::usage(refusal.to_string()).hint(hint)
            }
            Unheard::Refused(_) | Unheard::Leaving => Failure::usage(unheard.to_string()),
        }
    }
}

impl From<Unrecorded> for Failure {
    fn from(error: Unrecorded) -> Failure {
        match error {
            Unrecorded::Refused(why) => Failure::usage(why),
            Unrecorded::Journal(error) => error.into(),
            Unrecorded::Folder(error) => error.into(),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        match error {
            ClientError::NotStarted(refusal) => Unheard::NotStarted(refusal).into(),
            ClientError::NoEngine | ClientError::Broken(_) | ClientError::Refused(_) | ClientError::Strange(_) => {
                Failure::usage(error.to_string())
            }
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::usage(error.to_string())
    }
}
