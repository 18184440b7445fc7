//! What people are asked for: approvals, checklists, confirmations. Holds who may answer as an expression; who does
//! is the run's business.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, Otherwise};
use crate::value::Value;

/// One question to people, at which the run waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub kind: AskKind,
    /// Who may answer: a list of names once it is evaluated.
    pub of: Expr,
    /// What they are shown: the prompt of an approval, the title of a checklist, the question.
    pub text: Option<Expr>,
    /// For ever by default.
    pub within: Option<Expr>,
    pub on_timeout: OnUnmet,
    pub on_reject: OnUnmet,
    pub otherwise: Option<Otherwise>,
}

/// What kind of answer is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskKind {
    Approve {
        /// How many different people.
        need: Expr,
        /// Whether who started the run counts.
        author_may: bool,
    },
    Checklist {
        items: Vec<Expr>,
        /// A list of further items, where they come from elsewhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<Expr>,
    },
    Confirm,
}

/// What happens when the answer is no, or does not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnmet {
    Pause,
    Fail,
    Rollback,
}

impl AskKind {
    /// Returns the word of the language.
    pub fn word(&self) -> &'static str {
        match self {
            AskKind::Approve { .. } => "approve",
            AskKind::Checklist { .. } => "checklist",
            AskKind::Confirm => "confirm",
        }
    }

    /// Names it with its article.
    pub fn noun(&self) -> &'static str {
        match self {
            AskKind::Approve { .. } => "an approval",
            AskKind::Checklist { .. } => "a checklist",
            AskKind::Confirm => "a confirmation",
        }
    }
}

impl OnUnmet {
    /// Every choice as it is written.
    pub const ALL: [(OnUnmet, &'static str); 3] =
        [(OnUnmet::Pause, "pause"), (OnUnmet::Fail, "fail"), (OnUnmet::Rollback, "rollback")];
}

impl Ask {
    /// Returns who may answer, each once, where that is known.
    pub fn names(&self) -> Option<Vec<SmolStr>> {
        self.of.known().map(names_in)
    }
}

/// Returns the names in a value that stands for people, each once.
pub fn names_in(people: &Value) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = Vec::new();
    for name in people.as_list().unwrap_or_default().iter().filter_map(Value::as_text) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}
