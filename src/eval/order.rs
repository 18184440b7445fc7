//! The one order in which values are sorted, and the one sameness by which they are told apart. Total on values of one
//! kind, so that sorting never depends on where it began; an `int` and a `number` are compared exactly.

use std::cmp::Ordering;

use crate::value::{Compared, Record, Value, compare};

/// Returns whether two values are the same; of different kinds they never are.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match compare(left, right) {
        Compared::Ordered(ordering) => ordering == Ordering::Equal,
        Compared::Same(same) => same,
        Compared::Never => false,
    }
}

/// The kinds within which there is an order that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    Plain,
    Percent,
    Duration,
    Size,
    Time,
    Date,
    Instant,
    Weekday,
    Text,
}

/// Returns the kind within which a value is ordered, if it is.
pub(super) fn rank(value: &Value) -> Option<Rank> {
    Some(match value {
        Value::Int(_) | Value::Number(_) => Rank::Plain,
        Value::Percent(_) => Rank::Percent,
        Value::Duration(_) => Rank::Duration,
        Value::Size(_) => Rank::Size,
        Value::Time(_) => Rank::Time,
        Value::Date(_) => Rank::Date,
        Value::Instant(_) => Rank::Instant,
        Value::Weekday(_) => Rank::Weekday,
        Value::Text(_) => Rank::Text,
        Value::Null
        | Value::Unknown
        | Value::Bool(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::Range(_)
        | Value::Target(_)
        | Value::Window(_)
        | Value::Secret(_) => return None,
    })
}

/// Orders any two values: first by kind, then within it. Values that are the same are equal here, and no others.
pub(super) fn order(left: &Value, right: &Value) -> Ordering {
    use Value::{Bool, Date, Duration, Instant, Int, List, Number, Percent, Secret, Size, Target, Text, Time, Weekday};
    match (left, right) {
        (Int(l), Int(r)) => l.cmp(r),
        (Number(l), Number(r)) | (Percent(l), Percent(r)) => floats(*l, *r),
        (Int(l), Number(r)) => int_and_float(*l, *r),
        (Number(l), Int(r)) => int_and_float(*r, *l).reverse(),
        (Duration(l), Duration(r)) => l.cmp(r),
        (Size(l), Size(r)) => l.cmp(r),
        (Time(l), Time(r)) => l.cmp(r),
        (Date(l), Date(r)) => l.cmp(r),
        (Instant(l), Instant(r)) => l.cmp(r),
        (Weekday(l), Weekday(r)) => l.cmp(r),
        (Text(l), Text(r)) | (Secret(l), Secret(r)) => l.cmp(r),
        (Bool(l), Bool(r)) => l.cmp(r),
        (Target(l), Target(r)) => (&l.name, &l.fleet).cmp(&(&r.name, &r.fleet)),
        (List(l), List(r)) => lists(l, r),
        (Value::Window(l), Value::Window(r)) if l == r => Ordering::Equal,
        // They have no order that means anything, but one all the same.
        (Value::Window(l), Value::Window(r)) => format!("{l:?}").cmp(&format!("{r:?}")),
        (Value::Record(l), Value::Record(r)) => records(l, r),
        (Value::Range(l), Value::Range(r)) => order(&l.0, &r.0).then_with(|| order(&l.1, &r.1)),
        _ => kind_number(left).cmp(&kind_number(right)),
    }
}

fn lists(left: &[Value], right: &[Value]) -> Ordering {
    let parts = left.iter().zip(right).map(|(l, r)| order(l, r));
    parts.into_iter().find(|it| it.is_ne()).unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn records(left: &Record, right: &Record) -> Ordering {
    let parts = left.iter().zip(right).map(|(l, r)| l.0.cmp(r.0).then_with(|| order(l.1, r.1)));
    parts.into_iter().find(|it| it.is_ne()).unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// No literal and no sum is other than finite; a total order holds even so.
fn floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.total_cmp(&right))
}

/// Compares without rounding the integer, which above 2^53 would make neighbours equal.
fn int_and_float(int: i64, float: f64) -> Ordering {
    // Two to the 63rd: from here on every float is beyond every integer, and a cast would be held at the end.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return 0.0_f64.total_cmp(&float);
    }
    if float >= BEYOND {
        return Ordering::Less;
    }
    if float < -BEYOND {
        return Ordering::Greater;
    }
    let whole = float.trunc();
    int.cmp(&(whole as i64)).then_with(|| whole.partial_cmp(&float).unwrap_or(Ordering::Equal))
}

fn kind_number(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Unknown => 1,
        Value::Bool(_) => 2,
        Value::Int(_) | Value::Number(_) => 3,
        Value::Percent(_) => 4,
        Value::Duration(_) => 5,
        Value::Size(_) => 6,
        Value::Time(_) => 7,
        Value::Date(_) => 8,
        Value::Instant(_) => 9,
        Value::Weekday(_) => 10,
        Value::Text(_) => 11,
        Value::List(_) => 12,
        Value::Record(_) => 13,
        Value::Range(_) => 14,
        Value::Target(_) => 15,
        Value::Secret(_) => 16,
        Value::Window(_) => 17,
    }
}
