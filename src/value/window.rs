//! Windows as values: when work may begin, written down as plain data. Never asks what time it is, nor what a zone does.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{At, Date, TimeOfDay, Weekday};

/// A value of the type `window`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    Declared(DeclaredWindow),
    /// Open where both are.
    Both(Arc<Window>, Arc<Window>),
    /// Open where one of them is.
    Either(Arc<Window>, Arc<Window>),
    /// Open where the other one is shut.
    Not(Arc<Window>),
}

/// A window that was declared, with its parameters filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclaredWindow {
    /// As it is called: `night(berlin)`.
    pub name: SmolStr,
    /// The name of a zone: `Europe/Berlin`.
    pub zone: SmolStr,
    pub opens: Opens,
    /// When it stays shut, whatever opens it.
    pub except: Vec<Freeze>,
    pub rules: WindowRules,
}

/// What opens a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opens {
    /// Hours of days; open in any of them.
    Hours(Vec<Opening>),
    /// From each firing on for some time.
    Cron { fields: SmolStr, lasts_ms: i64 },
}

/// Hours that belong to the day on which they begin. They end before they begin where they cross midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub days: Vec<Weekday>,
    pub from: TimeOfDay,
    /// No longer part of it.
    pub to: TimeOfDay,
}

/// When a window stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freeze {
    /// Whole days of the window's zone, both included.
    Days(Date, Date),
    /// From the first instant on until before the second.
    Instants(At, At),
}

/// What holds around the close of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowRules {
    /// Nothing begins when the close is this near, or nearer.
    pub latest_start_ms: i64,
    pub closing: Closing,
    /// Whether rollback may happen while it is shut.
    pub rollback_is_exempt: bool,
}

/// What happens at the close to what has begun; the later in this list, the stricter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// What has begun ends.
    #[default]
    Finish,
    /// No further step begins.
    Pause,
    /// What has begun is undone.
    Rollback,
}

impl Closing {
    pub fn name(self) -> &'static str {
        match self {
            Closing::Finish => "finish",
            Closing::Pause => "pause",
            Closing::Rollback => "rollback",
        }
    }
}

impl Default for WindowRules {
    fn default() -> WindowRules {
        WindowRules { latest_start_ms: 0, closing: Closing::Finish, rollback_is_exempt: true }
    }
}

impl WindowRules {
    /// Returns the stricter of each rule: what two windows together ask for.
    pub fn strictest(self, other: WindowRules) -> WindowRules {
        WindowRules {
            latest_start_ms: self.latest_start_ms.max(other.latest_start_ms),
            closing: self.closing.max(other.closing),
            rollback_is_exempt: self.rollback_is_exempt && other.rollback_is_exempt,
        }
    }
}

impl Window {
    /// Returns the rules of a window. A combination has the strictest of its parts; what stands under `not` says when
    /// to stay away, and has no say in how work ends.
    pub fn rules(&self) -> WindowRules {
        match self {
            Window::Declared(declared) => declared.rules,
            Window::Both(a, b) | Window::Either(a, b) => a.rules().strictest(b.rules()),
            Window::Not(_) => WindowRules::default(),
        }
    }

    /// Whether it is made of two, so that it stands in parentheses within another.
    fn is_pair(&self) -> bool {
        matches!(self, Window::Both(..) | Window::Either(..))
    }
}

/// As a person would write it: `night(berlin) and not sale`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |it: &Window| if it.is_pair() { format!("({it})") } else { it.to_string() };
        match self {
            Window::Declared(declared) => f.write_str(&declared.name),
            Window::Both(a, b) => write!(f, "{} and {}", part(a), part(b)),
            Window::Either(a, b) => write!(f, "{} or {}", part(a), part(b)),
            Window::Not(of) => write!(f, "not {}", part(of)),
        }
    }
}
