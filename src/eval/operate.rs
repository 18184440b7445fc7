//! The operators, on values that are there: comparisons, sums, choices, fields, elements, ranges. Never evaluates.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;
use std::sync::Arc;

use super::member::{Membership, elements, is_in};
use super::{Fuel, Truth, Wrong, share_up};
use crate::model::Comparison;
use crate::source::Span;
use crate::value::{Compared, Sum, Value, arithmetic, compare, share_of};

/// What is said of a value that is not there.
#[cold]
pub(super) fn absent(span: Span) -> Wrong {
    Wrong::cannot(span, "this is absent; say with `??` what stands for it, or ask `== null` first")
}

/// A value in backticks, cut short if it is long: for messages.
pub(super) fn shown(value: &Value) -> String {
    struct Short(String);
    impl Write for Short {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            let room = 60_usize.saturating_sub(self.0.chars().count());
            self.0.extend(text.chars().take(room));
            if text.chars().count() > room { Err(std::fmt::Error) } else { Ok(()) }
        }
    }
    let mut short = Short(String::new());
    let end = if write!(short, "{value}").is_ok() { "" } else { "…" };
    format!("`{}{end}`", short.0)
}

/// What a value is, with its article: for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "absent",
        Value::Unknown => "unknown",
        Value::Bool(_) => "a bool",
        Value::Int(_) => "an int",
        Value::Number(_) => "a number",
        Value::Percent(_) => "a percent",
        Value::Duration(_) => "a duration",
        Value::Size(_) => "a size",
        Value::Time(_) => "a time",
        Value::Date(_) => "a date",
        Value::Instant(_) => "an instant",
        Value::Weekday(_) => "a weekday",
        Value::Text(_) => "a string",
        Value::List(_) => "a list",
        Value::Record(_) => "a record",
        Value::Range(_) => "a range",
        Value::Target(_) => "a target",
        Value::Window(_) => "a window",
        Value::Secret(_) => "a secret",
    }
}

/// Returns the elements of a list or range, and takes their steps.
pub(super) fn listed<'v>(value: &'v Value, span: Span, fuel: &mut Fuel) -> Result<Cow<'v, [Value]>, Wrong> {
    if value.is_null() {
        return Err(absent(span));
    }
    let elements = elements(value).map_err(|why| Wrong::cannot(span, why))?;
    if let Cow::Owned(made) = &elements {
        fuel.spend(made.len(), span)?;
    }
    Ok(elements)
}

pub(super) fn field(of: &Value, name: &str, span: Span) -> Result<Value, Wrong> {
    match of {
        Value::Target(target) => Ok(target.label(name).unwrap_or(Value::Null)),
        Value::Record(record) => Ok(record.get(name).cloned().unwrap_or(Value::Null)),
        Value::Unknown => Ok(Value::Unknown),
        Value::Null => Err(absent(span)),
        other => Err(Wrong::cannot(span, format!("{} is {} and has no field `{name}`", shown(other), kind(other)))),
    }
}

pub(super) fn index(of: &Value, at: &Value, span: Span) -> Result<Value, Wrong> {
    match (of, at) {
        (Value::Unknown, _) | (_, Value::Unknown) => Ok(Value::Unknown),
        (Value::Null, _) | (_, Value::Null) => Err(absent(span)),
        (Value::List(list), Value::Int(at)) => element(list, *at, span),
        (Value::Range(_), Value::Int(at)) => {
            let list = elements(of).map_err(|why| Wrong::cannot(span, why))?;
            element(&list, *at, span)
        }
        (Value::Record(_) | Value::Target(_), Value::Text(name)) => field(of, name, span),
        (of, at) => {
            let message = format!("{} is {} and has nothing at {}", shown(of), kind(of), shown(at));
            Err(Wrong::cannot(span, message))
        }
    }
}

fn element(list: &[Value], at: i64, span: Span) -> Result<Value, Wrong> {
    let found = usize::try_from(at).ok().and_then(|at| list.get(at));
    found.cloned().ok_or_else(|| {
        let message = format!("there is no element {at}: the list has {}, counted from 0", list.len());
        Wrong::cannot(span, message)
    })
}

pub(super) fn minus(of: &Value, span: Span) -> Result<Value, Wrong> {
    let large = || Wrong::cannot(span, format!("the negative of {} is too large", shown(of)));
    match of {
        Value::Int(int) => int.checked_neg().map(Value::Int).ok_or_else(large),
        Value::Number(number) => Ok(Value::Number(-number)),
        Value::Percent(points) => Ok(Value::Percent(-points)),
        Value::Duration(ms) => ms.checked_neg().map(Value::Duration).ok_or_else(large),
        Value::Unknown => Ok(Value::Unknown),
        Value::Null => Err(absent(span)),
        other => Err(Wrong::cannot(span, format!("{} is {} and has no negative", shown(other), kind(other)))),
    }
}

pub(super) fn sum(sum: Sum, left: &Value, right: &Value, span: Span, fuel: &mut Fuel) -> Result<Value, Wrong> {
    match (left, right) {
        (Value::Unknown, _) | (_, Value::Unknown) => return Ok(Value::Unknown),
        (Value::Null, _) | (_, Value::Null) => return Err(absent(span)),
        (Value::Text(l), Value::Text(r)) if sum == Sum::Add => fuel.spend_text(l.len() + r.len(), span)?,
        (Value::List(l), Value::List(r)) if sum == Sum::Add => {
            fuel.spend(l.len() + r.len(), span)?;
        }
        (left, right) if !is_quantity(left) || !is_quantity(right) => {
            let message = format!("{} `{}` {} means nothing", shown(left), sum.sign(), shown(right));
            return Err(Wrong::cannot(span, message));
        }
        _ => {}
    }
    let result = arithmetic(sum, left, right).map_err(|why| Wrong::cannot(span, why))?;
    if let Value::List(_) = result {
        fuel.spend_value(&result, span)?;
    }
    Ok(result)
}

fn is_quantity(value: &Value) -> bool {
    match value {
        Value::Int(_)
        | Value::Number(_)
        | Value::Percent(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Date(_)
        | Value::Instant(_) => true,
        Value::Null
        | Value::Unknown
        | Value::Bool(_)
        | Value::Time(_)
        | Value::Weekday(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::Range(_)
        | Value::Target(_)
        | Value::Window(_)
        | Value::Secret(_) => false,
    }
}

pub(super) fn compared(
    comparison: Comparison,
    left: &Value,
    right: &Value,
    span: Span,
    fuel: &mut Fuel,
) -> Result<Truth, Wrong> {
    if matches!(left, Value::Unknown) || matches!(right, Value::Unknown) {
        return Ok(Truth::Unknown);
    }
    // What is compared part by part costs its parts; what is compared at once was paid with its own step.
    if matches!(left, Value::List(_) | Value::Record(_)) {
        fuel.spend_value(left, span)?;
    }
    if comparison == Comparison::In {
        return membership(left, right, span, fuel);
    }
    let holds = match compare(left, right) {
        Compared::Ordered(ordering) => holds(comparison, ordering),
        Compared::Same(same) => match comparison {
            Comparison::Equal => same,
            Comparison::NotEqual => !same,
            Comparison::Less | Comparison::LessEqual | Comparison::Greater | Comparison::GreaterEqual => {
                return Err(unordered(left, right, span));
            }
            Comparison::In => unreachable!("membership was answered above"),
        },
        Compared::Never => return Err(never_compared(left, right, span)),
    };
    Ok(Truth::from(holds))
}

fn holds(comparison: Comparison, ordering: Ordering) -> bool {
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterEqual => ordering.is_ge(),
        Comparison::In => unreachable!("membership is no order"),
    }
}

#[cold]
fn unordered(left: &Value, right: &Value, span: Span) -> Wrong {
    if left.is_null() || right.is_null() {
        return absent(span);
    }
    let message = format!("{} and {} have no order; compare them with `==`", shown(left), shown(right));
    Wrong::cannot(span, message)
}

#[cold]
fn never_compared(left: &Value, right: &Value, span: Span) -> Wrong {
    if matches!(left, Value::Secret(_)) || matches!(right, Value::Secret(_)) {
        return Wrong::cannot(span, "a secret is never compared");
    }
    let (l, r) = (shown(left), shown(right));
    Wrong::cannot(span, format!("{l} is {} and {r} is {}: they are never compared", kind(left), kind(right)))
}

fn membership(left: &Value, right: &Value, span: Span, fuel: &mut Fuel) -> Result<Truth, Wrong> {
    if let Value::List(list) = right {
        fuel.spend(list.len(), span)?;
    }
    match is_in(left, right) {
        Membership::Known(truth) => Ok(truth),
        Membership::Absent => Err(absent(span)),
        Membership::OfText => Err(Wrong::cannot(
            span,
            "`in` asks for an element; write `contains(text, part)` to ask for a part of a text",
        )),
        Membership::Never => Err(never_compared(left, right, span)),
    }
}

/// A choice from a list, or a share of a quantity.
pub(super) fn of(left: &Value, right: &Value, span: Span, fuel: &mut Fuel) -> Result<Value, Wrong> {
    match (left, right) {
        (Value::Unknown, _) | (_, Value::Unknown) => Ok(Value::Unknown),
        (Value::Null, _) | (_, Value::Null) => Err(absent(span)),
        (Value::Percent(points), Value::List(_) | Value::Range(_)) => {
            let list = listed(right, span, fuel)?;
            if !(0.0..=100.0).contains(points) {
                let message = format!("{} of a list is not between 0% and 100%", shown(left));
                return Err(Wrong::cannot(span, message));
            }
            first(right, &list, share_up(*points, list.len()), span, fuel)
        }
        (Value::Int(count), Value::List(_) | Value::Range(_)) => {
            let list = listed(right, span, fuel)?;
            let found = usize::try_from(*count).ok().filter(|it| *it <= list.len());
            let count = found.ok_or_else(|| {
                Wrong::cannot(span, format!("`{count} of` asks for {count}, and there are {}", list.len()))
            })?;
            first(right, &list, count, span, fuel)
        }
        (Value::Percent(points), whole) if is_quantity(whole) => {
            share_of(*points, whole).map_err(|why| Wrong::cannot(span, why))
        }
        (left, right) => {
            let message = format!("{} `of` {} means nothing", shown(left), shown(right));
            Err(Wrong::cannot(span, message))
        }
    }
}

fn first(whole: &Value, list: &[Value], count: usize, span: Span, fuel: &mut Fuel) -> Result<Value, Wrong> {
    if count == list.len() && matches!(whole, Value::List(_)) {
        return Ok(whole.clone());
    }
    fuel.spend(count, span)?;
    Ok(Value::List(list[..count].into()))
}

pub(super) fn range(first: Value, last: Value, span: Span) -> Result<Value, Wrong> {
    if first == Value::Unknown || last == Value::Unknown {
        return Ok(Value::Unknown);
    }
    if first.is_null() || last.is_null() {
        return Err(absent(span));
    }
    let Compared::Ordered(ordering) = compare(&first, &last) else {
        let message = format!("from {} to {} is no range", shown(&first), shown(&last));
        return Err(Wrong::cannot(span, message));
    };
    // Weeks and days go round; `1..0` is a count of none; everything else that ends before it begins is a mistake.
    let may_turn = matches!(first, Value::Weekday(_) | Value::Time(_) | Value::Int(_));
    if ordering.is_gt() && !may_turn {
        let message = format!("the range ends at {}, before it begins at {}", shown(&last), shown(&first));
        return Err(Wrong::cannot(span, message));
    }
    Ok(Value::Range(Arc::new((first, last))))
}
