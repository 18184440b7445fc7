//! What people are asked for: approvals, checklists, confirmations. Holds who may answer as an expression; who does
//! is the run's business.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, OnFailure};
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

/// What a failed question means for what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    Rollback,
    RollbackStage,
    Pause,
    Stop,
    /// It is asked again, without a limit.
    Hold,
    /// The run goes on without it.
    Warn,
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

impl Otherwise {
    /// Every choice as it is written.
    pub const ALL: [(Otherwise, &'static str); 6] = [
        (Otherwise::Rollback, "rollback"),
        (Otherwise::RollbackStage, "rollback_stage"),
        (Otherwise::Pause, "pause"),
        (Otherwise::Stop, "stop"),
        (Otherwise::Hold, "hold"),
        (Otherwise::Warn, "warn"),
    ];

    /// Returns what a failure does, if it is one.
    pub fn on_failure(self) -> Option<OnFailure> {
        match self {
            Otherwise::Rollback => Some(OnFailure::Rollback),
            Otherwise::RollbackStage => Some(OnFailure::RollbackStage),
            Otherwise::Pause => Some(OnFailure::Pause),
            Otherwise::Stop => Some(OnFailure::Stop),
            Otherwise::Hold | Otherwise::Warn => None,
        }
    }
}

impl Ask {
    /// Returns who may answer, each once, where that is known.
    pub fn names(&self) -> Option<Vec<SmolStr>> {
        self.of.known().map(names_in)
    }

    /// Calls `visit` for each of its expressions, to change it.
    pub fn for_each_expr_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        match &mut self.kind {
            AskKind::Approve { need, .. } => visit(need),
            AskKind::Checklist { items } => items.iter_mut().for_each(&mut *visit),
            AskKind::Confirm => {}
        }
        visit(&mut self.of);
        self.text.iter_mut().for_each(&mut *visit);
        self.within.iter_mut().for_each(visit);
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
