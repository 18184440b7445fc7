//! Windows in which nothing can ever begin. Looks at ten years of each window that is known, in whatever zone.

use super::checker::Checker;
use crate::calendar::{Calendar, LOOK_AHEAD_MS, When};
use crate::diag::{Code, Diagnostic};
use crate::eval::{Fuel, NoScope, eval};
use crate::model::{Expr, ExprKind, WindowForm};
use crate::source::Span;
use crate::value::{At, Value, Window};

/// The first instant of the year 2000: no window was frozen then for good.
const FROM: At = At(946_684_800_000);

impl<'t> Checker<'t> {
    /// Warns of a window that never opens, or closes before anything may begin.
    pub fn lint_window(&mut self, form: &WindowForm) {
        if let Some(calendar) = known_calendar(form) {
            self.warn_never(&form.name, &calendar, form.span);
        }
    }

    /// The same for a window that is made of others.
    pub fn lint_combined(&mut self, name: &str, window: &Window, span: Span) {
        if let Ok(calendar) = Calendar::of(window) {
            self.warn_never(name, &calendar, span);
        }
    }

    fn warn_never(&mut self, name: &str, calendar: &Calendar, span: Span) {
        let until = FROM.plus_ms(LOOK_AHEAD_MS);
        let When::NotBefore(_) = calendar.starts(FROM, until) else { return };
        let problem = match calendar.opens(FROM, until) {
            When::NotBefore(_) => Diagnostic::new(Code::NEVER_OPENS, span, format!("`{name}` never opens"))
                .help("look at its days and hours: are there any at which it could open?"),
            When::At(_) => {
                let message = format!("nothing can ever begin in `{name}`");
                let problem = Diagnostic::new(Code::NEVER_OPENS, span, message);
                problem.help("its `latest_start` is as long as it is open: make it shorter")
            }
        };
        self.say(problem);
    }
}

/// How many openings are measured to find the longest: more than a year of days, and more than seven years of weeks.
const OPENINGS_MAX: usize = 400;

/// Returns how long a window is ever open at a stretch; none if it never closes, or never opens.
pub(super) fn longest_open(calendar: &Calendar) -> Option<i64> {
    let openings = calendar.openings(FROM, FROM.plus_ms(LOOK_AHEAD_MS)).take(OPENINGS_MAX);
    let lengths: Option<Vec<i64>> = openings.map(|it| Some(it.closes.at()?.since_ms(it.opens))).collect();
    lengths?.into_iter().max()
}

/// The window as it would be in UTC, if nothing else depends on its parameters.
pub(super) fn known_calendar(form: &WindowForm) -> Option<Calendar> {
    let anywhere = WindowForm { zone: None, params: Vec::new(), ..form.clone() };
    let expr = Expr::new(ExprKind::Window(anywhere.into(), Vec::new()), form.span);
    match eval(&expr, &NoScope, &mut Fuel::default()) {
        Ok(Value::Window(window)) => Calendar::of(opened(&window)?).ok(),
        Ok(_) | Err(_) => None,
    }
}

/// A window that was read without mistakes opens somehow.
fn opened(window: &Window) -> Option<&Window> {
    let is_empty = |it: &Window| match it {
        Window::Declared(it) => matches!(&it.opens, crate::value::Opens::Hours(openings) if openings.is_empty()),
        Window::Both(..) | Window::Either(..) | Window::Not(_) => false,
    };
    (!is_empty(window)).then_some(window)
}
