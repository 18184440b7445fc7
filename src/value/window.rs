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

    /// Whether it is made of more than so many parts. A part that stands in it twice counts twice.
    pub fn has_more_parts_than(&self, most: usize) -> bool {
        fn count(window: &Window, left: &mut usize) -> bool {
            if *left == 0 {
                return true;
            }
            *left -= 1;
            match window {
                Window::Declared(_) => false,
                Window::Both(a, b) | Window::Either(a, b) => count(a, left) || count(b, left),
                Window::Not(of) => count(of, left),
            }
        }
        let mut left = most;
        count(self, &mut left)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn night() -> Window {
        Window::Declared(DeclaredWindow {
            name: "night".into(),
            zone: "Europe/Berlin".into(),
            opens: Opens::Hours(vec![Opening {
                days: vec![Weekday::Sat],
                from: TimeOfDay(79_200),
                to: TimeOfDay(21_600),
            }]),
            except: vec![Freeze::Instants(At(1), At(2))],
            rules: WindowRules { latest_start_ms: 60_000, closing: Closing::Pause, rollback_is_exempt: false },
        })
    }

    #[test]
    fn a_combination_has_the_strictest_rules_of_its_parts() {
        let plain = |closing| {
            let Window::Declared(declared) = night() else { unreachable!("it is declared") };
            let rules = WindowRules { closing, ..WindowRules::default() };
            Arc::new(Window::Declared(DeclaredWindow { rules, ..declared }))
        };
        let both = Window::Both(Arc::new(night()), plain(Closing::Rollback));
        let strict = WindowRules { latest_start_ms: 60_000, closing: Closing::Rollback, rollback_is_exempt: false };
        assert_eq!(both.rules(), strict);
        let outside = Window::Either(Arc::new(Window::Not(Arc::new(night()))), plain(Closing::Finish));
        assert_eq!(outside.rules(), WindowRules::default());
        assert_eq!(outside.to_string(), "not night or night");
        assert!(both.has_more_parts_than(2) && !both.has_more_parts_than(3));
    }

    /// Journals hold windows: a change of this text is a change of their format.
    #[test]
    fn windows_are_written_as_they_always_were() {
        let written = serde_json::to_string(&Window::Not(Arc::new(night()))).expect("it is plain data");
        let expected = concat!(
            r#"{"not":{"declared":{"name":"night","zone":"Europe/Berlin","#,
            r#""opens":{"hours":[{"days":["sat"],"from":79200,"to":21600}]},"except":[{"instants":[1,2]}],"#,
            r#""rules":{"latest_start_ms":60000,"closing":"pause","rollback_is_exempt":false}}}}"#
        );
        assert_eq!(written, expected);
        let read: Window = serde_json::from_str(&written).expect("what was written can be read");
        assert_eq!(read, Window::Not(Arc::new(night())));
    }
}
