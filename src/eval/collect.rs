//! What the built-in functions that take lists do: sums, extremes, sorting, searching.

use super::Fuel;
use super::builtin::{Call, Fault};
use super::member::is_element;
use super::order::{Rank, order, rank};
use crate::value::{Sum, Value, arithmetic};

/// The least or greatest of a list or of several values; over nothing it is unknown.
pub(super) fn extreme(call: &Call<'_>, fuel: &mut Fuel, wins: fn(std::cmp::Ordering) -> bool) -> Result<Value, Fault> {
    let list = if call.values.len() == 1 { call.list(0, fuel)? } else { call.values.into() };
    fuel.spend(list.len(), call.span)?;
    if list.is_empty() || list.contains(&Value::Unknown) {
        return Ok(Value::Unknown);
    }
    check_ordered(&list)?;
    let rest = list[1..].iter();
    Ok(rest.fold(&list[0], |best, it| if wins(order(it, best)) { it } else { best }).clone())
}

fn check_ordered(list: &[Value]) -> Result<(), Fault> {
    let mistyped = Fault::Mistyped { at: 0, wanted: "values of one kind that have an order" };
    let Some(first) = list.first() else { return Ok(()) };
    let kind: Option<Rank> = rank(first);
    if kind.is_some() && list.iter().all(|it| rank(it) == kind) { Ok(()) } else { Err(mistyped) }
}

/// The sum of the elements; over nothing it is 0.
pub(super) fn sum(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let list = call.list(0, fuel)?;
    fuel.spend(list.len(), call.span)?;
    added(&list)
}

fn added(list: &[Value]) -> Result<Value, Fault> {
    let mut elements = list.iter();
    let Some(first) = elements.next() else { return Ok(Value::Int(0)) };
    if list.contains(&Value::Unknown) {
        return Ok(Value::Unknown);
    }
    let is_measured = |it: &Value| {
        matches!(it, Value::Int(_) | Value::Number(_) | Value::Percent(_) | Value::Duration(_) | Value::Size(_))
    };
    if !list.iter().all(|it| is_measured(it) && rank(it) == rank(first)) {
        return Err(Fault::Mistyped { at: 0, wanted: "a list of numbers, percents, durations or sizes of one kind" });
    }
    elements.try_fold(first.clone(), |sum, it| arithmetic(Sum::Add, &sum, it)).map_err(Fault::Cannot)
}

/// The mean of the elements; over nothing it is unknown, as no data says nothing.
pub(super) fn avg(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let list = call.list(0, fuel)?;
    fuel.spend(list.len(), call.span)?;
    if list.is_empty() {
        return Ok(Value::Unknown);
    }
    match added(&list)? {
        Value::Unknown => Ok(Value::Unknown),
        sum => arithmetic(Sum::Div, &sum, &Value::Number(list.len() as f64)).map_err(Fault::Cannot),
    }
}

pub(super) fn sort(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let mut list = call.list(0, fuel)?.into_owned();
    fuel.spend(list.len() * 4, call.span)?;
    if list.contains(&Value::Unknown) {
        return Ok(Value::Unknown);
    }
    check_ordered(&list)?;
    list.sort_by(order);
    Ok(Value::List(list.into()))
}

pub(super) fn unique(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let list = call.list(0, fuel)?;
    for value in list.iter() {
        fuel.spend_value(value, call.span)?;
    }
    fuel.spend(list.len() * 4, call.span)?;
    let mut places: Vec<usize> = (0..list.len()).collect();
    places.sort_by(|l, r| order(&list[*l], &list[*r]));
    places.dedup_by(|later, first| order(&list[*later], &list[*first]).is_eq());
    places.sort_unstable();
    Ok(Value::list(places.into_iter().map(|it| list[it].clone())))
}

pub(super) fn contains(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    if let Some(Value::Text(text)) = call.values.first() {
        fuel.spend_text(text.len(), call.span)?;
        return Ok(Value::Bool(text.contains(call.text(1)?.as_str())));
    }
    let list = call.list(0, fuel)?;
    let what = call.values.get(1).ok_or(Fault::Mistyped { at: 1, wanted: "an element" })?;
    fuel.spend_value(what, call.span)?;
    fuel.spend(list.len(), call.span)?;
    Ok(is_element(what, &list).value())
}

pub(super) fn keys(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let Some(Value::Record(record)) = call.values.first() else {
        return Err(Fault::Mistyped { at: 0, wanted: "a map or a record" });
    };
    fuel.spend(record.len(), call.span)?;
    Ok(Value::list(record.keys().map(|it| Value::Text(it.clone()))))
}
