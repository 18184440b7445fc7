//! What is in a list or a range, and what a range lists. Ranges include both ends; weekdays and times go round.

use std::borrow::Cow;

use super::Truth;
use super::operate::{kind, shown};
use super::order::same;
use crate::value::{Compared, Date, Value, Weekday, compare};

/// The longest range that is a list.
const RANGE_MAX: i64 = 1_000_000;

/// Returns the elements of a list, or of a range of ints, dates or weekdays.
///
/// # Errors
/// A sentence without a period for everything else.
pub fn elements(value: &Value) -> Result<Cow<'_, [Value]>, String> {
    match value {
        Value::List(list) => Ok(Cow::Borrowed(list)),
        Value::Range(range) => range_elements(&range.0, &range.1).map(Cow::Owned),
        other => Err(format!("{} is {}, not a list", shown(other), kind(other))),
    }
}

fn range_elements(first: &Value, last: &Value) -> Result<Vec<Value>, String> {
    match (first, last) {
        (Value::Int(first), Value::Int(last)) => {
            let count = last.saturating_sub(*first);
            check_length(count)?;
            Ok((*first..=*last).map(Value::Int).collect())
        }
        (Value::Date(first), Value::Date(last)) => dates(*first, *last),
        (Value::Weekday(first), Value::Weekday(last)) => {
            let count = days_from(*first, *last) + 1;
            let week = Weekday::ALL.into_iter().cycle().skip(*first as usize);
            Ok(week.take(count).map(Value::Weekday).collect())
        }
        (first, _) => {
            Err(format!("a range is a list of ints, dates or weekdays, and {} is {}", shown(first), kind(first)))
        }
    }
}

fn check_length(steps: i64) -> Result<(), String> {
    if steps < RANGE_MAX { Ok(()) } else { Err(format!("a range of more than {RANGE_MAX} elements is not a list")) }
}

fn dates(first: Date, last: Date) -> Result<Vec<Value>, String> {
    let days = last.0.since(first.0).map_err(|_| "this range is too long to be a list".to_owned())?.get_days();
    check_length(i64::from(days))?;
    let series = first.0.series(jiff::Span::new().days(1));
    Ok(series.take_while(|it| *it <= last.0).map(|it| Value::Date(Date(it))).collect())
}

/// How many days after the first the last comes, at least none.
fn days_from(first: Weekday, last: Weekday) -> usize {
    (7 + last as usize - first as usize) % 7
}

/// What there is to say of `x in xs`.
pub(super) enum Membership {
    Known(Truth),
    Absent,
    /// The right side is a text.
    OfText,
    /// The two sides have nothing to do with each other.
    Never,
}

/// Returns whether a value is an element of a list or lies within a range. If it was not found among elements of which
/// one is unknown, that is unknown.
pub(super) fn is_in(what: &Value, of: &Value) -> Membership {
    match of {
        Value::List(list) => Membership::Known(is_element(what, list)),
        Value::Range(_) if what.is_null() => Membership::Absent,
        Value::Range(range) => lies_within(what, &range.0, &range.1),
        Value::Null => Membership::Absent,
        Value::Text(_) => Membership::OfText,
        Value::Unknown => Membership::Known(Truth::Unknown),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Number(_)
        | Value::Percent(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::Instant(_)
        | Value::Weekday(_)
        | Value::Record(_)
        | Value::Target(_)
        | Value::Window(_)
        | Value::Secret(_) => Membership::Never,
    }
}

pub(super) fn is_element(what: &Value, list: &[Value]) -> Truth {
    if list.iter().any(|it| same(what, it)) {
        return Truth::Holds;
    }
    if list.contains(&Value::Unknown) { Truth::Unknown } else { Truth::Violated }
}

fn lies_within(what: &Value, first: &Value, last: &Value) -> Membership {
    if let (Value::Weekday(what), Value::Weekday(first), Value::Weekday(last)) = (what, first, last) {
        return Membership::Known(Truth::from(days_from(*first, *what) <= days_from(*first, *last)));
    }
    let (Compared::Ordered(from_first), Compared::Ordered(from_last)) = (compare(what, first), compare(what, last))
    else {
        return Membership::Never;
    };
    let turns = matches!(what, Value::Time(_)) && first_is_after(first, last);
    let within = if turns { from_first.is_ge() || from_last.is_le() } else { from_first.is_ge() && from_last.is_le() };
    Membership::Known(Truth::from(within))
}

fn first_is_after(first: &Value, last: &Value) -> bool {
    matches!(compare(first, last), Compared::Ordered(ordering) if ordering.is_gt())
}
