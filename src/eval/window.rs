//! From the form of a window, with its blanks filled in, to a value. Knows which days and hours there are, not when they
//! come.

use std::sync::Arc;

use smol_str::SmolStr;

use super::evaluate::eval;
use super::operate::{absent, kind, shown};
use super::{Answer, Fuel, Scope, Silence, Wrong};
use crate::calendar::{is_zone, nearest_zone};
use crate::model::{Expr, LocalId, Param, WindowForm, WindowHours, WindowOpens};
use crate::source::Span;
use crate::value::{At, Date, DeclaredWindow, Freeze, Opening, Opens, TimeOfDay, Value, Weekday, Window, WindowRules};

/// How many windows one may be made of: what names itself twice in each of many lines grows beyond all bounds.
const PARTS_MAX: usize = 256;

/// The parameters of a form, with what was put into them. Of the scope around only what does not belong to a run is
/// in sight.
struct Filled<'f> {
    outer: &'f dyn Scope,
    params: &'f [Param],
    values: &'f [Value],
}

impl Scope for Filled<'_> {
    fn local(&self, local: LocalId) -> Answer {
        let at = self.params.iter().position(|it| it.local == local);
        at.and_then(|at| self.values.get(at)).cloned().ok_or(Silence::NotKnownHere)
    }

    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        self.outer.variable(name)
    }

    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        self.outer.file(path)
    }
}

/// Returns the window that a form is with these arguments.
pub(super) fn window(
    form: &WindowForm,
    arguments: &[Value],
    outer: &dyn Scope,
    fuel: &mut Fuel,
) -> Result<Value, Wrong> {
    let mut filling = Filling { form, scope: &Filled { outer, params: &form.params, values: arguments }, fuel };
    match filling.window(arguments) {
        Ok(window) => Ok(Value::Window(Arc::new(window))),
        Err(Hindered::Unknown) => Ok(Value::Unknown),
        Err(Hindered::Wrong(wrong)) => Err(wrong),
    }
}

/// Why a form is not filled in.
enum Hindered {
    /// Something that it needs is unknown, and so is the window.
    Unknown,
    Wrong(Wrong),
}

impl From<Wrong> for Hindered {
    fn from(wrong: Wrong) -> Hindered {
        Hindered::Wrong(wrong)
    }
}

/// A form that is being filled in.
struct Filling<'f> {
    form: &'f WindowForm,
    scope: &'f Filled<'f>,
    fuel: &'f mut Fuel,
}

impl Filling<'_> {
    fn window(&mut self, arguments: &[Value]) -> Result<Window, Hindered> {
        let form = self.form;
        let zone = match &form.zone {
            Some(zone) => self.zone(zone)?,
            None => "UTC".into(),
        };
        let opens = match &form.opens {
            WindowOpens::Hours(openings) => Opens::Hours(self.openings(openings)?),
            WindowOpens::Cron { fields, lasts } => {
                Opens::Cron { fields: fields.clone(), lasts_ms: self.duration(lasts, "lasts", 1)? }
            }
        };
        let mut except = Vec::new();
        for (value, span) in self.flat(&form.except)? {
            except.push(freeze(&value).map_err(|message| self.cannot(span, message))?);
        }
        let latest_start_ms = match &form.latest_start {
            Some(latest) => self.duration(latest, "latest_start", 0)?,
            None => 0,
        };
        let rules = WindowRules { latest_start_ms, closing: form.closing, rollback_is_exempt: form.rollback_is_exempt };
        Ok(Window::Declared(DeclaredWindow { name: called(form, arguments).into(), zone, opens, except, rules }))
    }

    fn value(&mut self, expr: &Expr) -> Result<Value, Hindered> {
        match eval(expr, self.scope, self.fuel)? {
            Value::Unknown => Err(Hindered::Unknown),
            Value::Null => Err(absent(expr.span).into()),
            value => Ok(value),
        }
    }

    fn cannot(&self, span: Span, message: impl std::fmt::Display) -> Hindered {
        let name = called(self.form, self.scope.values);
        Wrong::cannot(span, format!("`{name}`: {message}")).into()
    }

    fn zone(&mut self, expr: &Expr) -> Result<SmolStr, Hindered> {
        let value = self.value(expr)?;
        match (no_zone(&value), value.as_text()) {
            (None, Some(zone)) => Ok(zone.clone()),
            (None, None) => Err(self.cannot(expr.span, format!("{} is no zone", shown(&value)))),
            (Some(message), _) => {
                let near = value.as_text().and_then(|it| nearest_zone(it));
                let near = near.map_or_else(String::new, |it| format!("; did you mean `{it}`?"));
                Err(self.cannot(expr.span, format!("{message}{near}")))
            }
        }
    }

    fn duration(&mut self, expr: &Expr, name: &str, least: i64) -> Result<i64, Hindered> {
        let value = self.value(expr)?;
        match value.as_duration_ms() {
            Some(ms) if ms >= least => Ok(ms),
            _ => Err(self.cannot(expr.span, format!("`{name}` cannot be {}", shown(&value)))),
        }
    }

    fn openings(&mut self, openings: &[WindowHours]) -> Result<Vec<Opening>, Hindered> {
        let mut found = Vec::new();
        for WindowHours { days, hours } in openings {
            let mut weekdays = Vec::new();
            for (value, span) in self.flat(days)? {
                weekdays.extend(weekdays_of(&value).ok_or_else(|| self.cannot(span, no_days(&value)))?);
            }
            if days.is_empty() {
                weekdays = Weekday::ALL.to_vec();
            }
            weekdays.sort_unstable();
            weekdays.dedup();
            let mut ranges = Vec::new();
            for (value, span) in self.flat(hours)? {
                ranges.push(hours_of(&value).map_err(|message| self.cannot(span, message))?);
            }
            if hours.is_empty() {
                ranges.push((TimeOfDay(0), TimeOfDay(86_400)));
            }
            found.extend(ranges.into_iter().map(|(from, to)| Opening { days: weekdays.clone(), from, to }));
        }
        Ok(found)
    }

    /// The values of expressions, those of lists in their place, each with where it is written.
    fn flat(&mut self, exprs: &[Expr]) -> Result<Vec<(Value, Span)>, Hindered> {
        let mut flat = Vec::new();
        for expr in exprs {
            let value = self.value(expr)?;
            self.fuel.spend_value(&value, expr.span)?;
            flatten(value, expr.span, &mut flat);
        }
        Ok(flat)
    }
}

fn flatten(value: Value, span: Span, flat: &mut Vec<(Value, Span)>) {
    match &value {
        Value::List(list) => list.iter().for_each(|it| flatten(it.clone(), span, flat)),
        _ => flat.push((value, span)),
    }
}

/// As it is called: `night(berlin)`.
fn called(form: &WindowForm, arguments: &[Value]) -> String {
    if arguments.is_empty() {
        return form.name.to_string();
    }
    let shown: Vec<String> = arguments.iter().map(Value::to_string).collect();
    format!("{}({})", form.name, shown.join(", "))
}

/// Says why a value is no zone, without a period; none if it is one.
pub fn no_zone(value: &Value) -> Option<String> {
    match value.as_text() {
        Some(zone) if is_zone(zone) => None,
        Some(_) => Some(format!("there is no zone {}", shown(value))),
        None => Some(format!("{} is {}, not a zone", shown(value), kind(value))),
    }
}

fn no_days(value: &Value) -> String {
    format!("{} is {}, not a weekday", shown(value), kind(value))
}

fn weekdays_of(value: &Value) -> Option<Vec<Weekday>> {
    match value {
        Value::Weekday(day) => Some(vec![*day]),
        Value::Range(range) => {
            let (Value::Weekday(first), Value::Weekday(last)) = (&range.0, &range.1) else { return None };
            let count = (7 + *last as usize - *first as usize) % 7 + 1;
            Some(Weekday::ALL.into_iter().cycle().skip(*first as usize).take(count).collect())
        }
        _ => None,
    }
}

/// Returns from when to when hours are.
///
/// # Errors
/// A sentence without a period when there is no time between.
pub fn hours_of(value: &Value) -> Result<(TimeOfDay, TimeOfDay), String> {
    let Value::Range(range) = value else { return Err(format!("{} is {}, not hours", shown(value), kind(value))) };
    let (Value::Time(from), Value::Time(to)) = (&range.0, &range.1) else {
        return Err(format!("{} are not hours", shown(value)));
    };
    match (*from, *to) {
        (TimeOfDay(86_400), _) => Err(format!("the hours {} begin where the day ends", shown(value))),
        (from, to) if from == to => Err(format!("the hours {} end where they begin", shown(value))),
        hours => Ok(hours),
    }
}

fn freeze(value: &Value) -> Result<Freeze, String> {
    let freeze = match value {
        Value::Date(day) => Some(Freeze::Days(*day, *day)),
        Value::Range(range) => match (&range.0, &range.1) {
            (Value::Date(first), Value::Date(last)) => days(*first, *last),
            (Value::Instant(from), Value::Instant(to)) => instants(*from, *to),
            _ => None,
        },
        _ => None,
    };
    freeze
        .ok_or_else(|| format!("{} is {}, neither a date nor a range of dates or instants", shown(value), kind(value)))
}

fn days(first: Date, last: Date) -> Option<Freeze> {
    (first <= last).then_some(Freeze::Days(first, last))
}

fn instants(from: At, to: At) -> Option<Freeze> {
    (from <= to).then_some(Freeze::Instants(from, to))
}

/// Returns a window that is made of others, unless it is made of too many.
pub(super) fn combined(window: Window, span: Span) -> Result<Value, Wrong> {
    if window.has_more_parts_than(PARTS_MAX) {
        return Err(Wrong::cannot(span, format!("a window is made of at most {PARTS_MAX} others")));
    }
    Ok(Value::Window(Arc::new(window)))
}
