//! Windows as they are declared: forms whose blanks are parameters. Filled in, a form is a value.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, Param};
use crate::source::Span;
use crate::value::Closing;

/// A declared window. Its expressions read nothing but its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowForm {
    pub name: SmolStr,
    pub params: Vec<Param>,
    /// UTC by default.
    pub zone: Option<Expr>,
    pub opens: WindowOpens,
    /// Dates, ranges of dates or of instants, and lists of these.
    pub except: Vec<Expr>,
    pub latest_start: Option<Expr>,
    pub closing: Closing,
    /// Whether rollback may happen while it is shut.
    pub rollback_is_exempt: bool,
    pub span: Span,
}

/// A constant that is a window: `let quiet = night and not sale`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CombinedWindow {
    pub name: SmolStr,
    pub window: Expr,
}

/// What opens it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowOpens {
    Hours(Vec<WindowHours>),
    /// Five fields, and how long it stays open.
    Cron {
        fields: SmolStr,
        lasts: Expr,
    },
}

/// One opening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowHours {
    /// Weekdays, ranges of them, and lists of these; every day if there are none.
    pub days: Vec<Expr>,
    /// Ranges of times, and lists of these; the whole day if there are none.
    pub hours: Vec<Expr>,
}

impl WindowForm {
    /// Calls `visit` for each expression of the form.
    pub fn for_each_expr<'f>(&'f self, visit: &mut dyn FnMut(&'f Expr)) {
        self.zone.iter().chain(&self.except).chain(&self.latest_start).for_each(&mut *visit);
        match &self.opens {
            WindowOpens::Hours(openings) => {
                openings.iter().flat_map(|it| it.days.iter().chain(&it.hours)).for_each(visit);
            }
            WindowOpens::Cron { lasts, .. } => visit(lasts),
        }
    }

    /// As [`WindowForm::for_each_expr`], to change them.
    pub fn for_each_expr_mut<'f>(&'f mut self, visit: &mut dyn FnMut(&'f mut Expr)) {
        self.zone.iter_mut().chain(&mut self.except).chain(&mut self.latest_start).for_each(&mut *visit);
        match &mut self.opens {
            WindowOpens::Hours(openings) => {
                openings.iter_mut().flat_map(|it| it.days.iter_mut().chain(&mut it.hours)).for_each(visit);
            }
            WindowOpens::Cron { lasts, .. } => visit(lasts),
        }
    }
}
