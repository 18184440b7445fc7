//! The evaluator: an expression, a scope and fuel give a value, or say where there is none and why. Asks nothing but
//! the scope.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Bound, Fuel, Rise, Scope, Silence, Stretch, Truth, Wrong, builtin, operate, read, text, window};
use crate::model::{Before, Expr, ExprKind, LocalId, OutputRef, Trend};
use crate::source::Span;
use crate::value::{Record, Value, Window};

/// Returns the value of an expression.
///
/// # Errors
/// Names the innermost part that has no value, and says whether another scope may know it.
pub fn eval(expr: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    fuel.enter(expr.span)?;
    let value = eval_kind(expr, scope, fuel);
    fuel.leave();
    value
}

/// Returns what is known of a condition.
///
/// # Errors
/// As [`eval`], and if the value is no condition.
pub fn condition(expr: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Truth, Wrong> {
    let value = eval(expr, scope, fuel)?;
    Truth::of(&value).ok_or_else(|| no_condition(&value, expr.span))
}

#[cold]
pub(super) fn no_condition(value: &Value, span: Span) -> Wrong {
    match value {
        Value::Null => operate::absent(span),
        other => Wrong::cannot(span, format!("{} is not a condition", operate::shown(other))),
    }
}

fn eval_kind(expr: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let span = expr.span;
    match &expr.kind {
        ExprKind::Value(value) => Ok(value.clone()),
        ExprKind::Text(parts) => text::text(parts, span, scope, fuel),
        ExprKind::List(list) => eval_list(list, span, scope, fuel),
        ExprKind::Record(fields) => eval_record(fields, span, scope, fuel),
        ExprKind::Local(local) => known(scope.local(*local), span),
        ExprKind::Fleet(fleet) => known(scope.fleet(*fleet), span),
        ExprKind::Rest(of) => {
            let of = eval(of, scope, fuel)?;
            known(scope.rest(&of), span)
        }
        ExprKind::Field(of, name) => operate::field(&eval(of, scope, fuel)?, name, of.span),
        ExprKind::Index(of, at) => {
            let (list, index) = both(of, at, scope, fuel)?;
            operate::index(&list, &index, span)
        }
        ExprKind::Not(of) => negated(&eval(of, scope, fuel)?, of.span),
        ExprKind::Minus(of) => operate::minus(&eval(of, scope, fuel)?, span),
        ExprKind::Sum(sum, left, right) => {
            let (left, right) = both(left, right, scope, fuel)?;
            operate::sum(*sum, &left, &right, span, fuel)
        }
        ExprKind::Compare(comparison, left, right) => {
            let (left, right) = both(left, right, scope, fuel)?;
            let truth = operate::compared(*comparison, &left, &right, span, fuel)?;
            scope.compared(*comparison, &left, &right, truth);
            Ok(truth.value())
        }
        ExprKind::And(left, right) => eval_and(left, right, scope, fuel),
        ExprKind::Or(left, right) => eval_or(left, right, scope, fuel),
        ExprKind::Coalesce(left, right) => match eval(left, scope, fuel)? {
            Value::Null => eval(right, scope, fuel),
            present => Ok(present),
        },
        ExprKind::Of(left, right) => {
            let (left, right) = both(left, right, scope, fuel)?;
            operate::of(&left, &right, span, fuel)
        }
        ExprKind::If(cond, then, otherwise) => match condition(cond, scope, fuel)? {
            Truth::Holds => eval(then, scope, fuel),
            Truth::Violated => eval(otherwise, scope, fuel),
            Truth::Unknown => if_unknown(then, otherwise, scope, fuel),
        },
        ExprKind::Range(first, last) => {
            let (first, last) = both(first, last, scope, fuel)?;
            operate::range(first, last, span)
        }
        ExprKind::Generate { each, local, list, filter } => {
            generate(Some(each), *local, list, filter.as_deref(), scope, fuel)
        }
        ExprKind::Filter { local, list, filter } => generate(None, *local, list, Some(filter), scope, fuel),
        ExprKind::Builtin(builtin, arguments) => builtin::call(*builtin, arguments, span, scope, fuel),
        ExprKind::Probe(probe, arguments) => {
            let arguments = eval_all(arguments, scope, fuel)?;
            known(scope.probe(*probe, &arguments), span)
        }
        ExprKind::Window(form, arguments) => {
            let arguments = eval_all(arguments, scope, fuel)?;
            window::window(form, &arguments, scope, fuel)
        }
        ExprKind::Metric(metric, arguments) => {
            let arguments = eval_all(arguments, scope, fuel)?;
            known(scope.metric(*metric, &arguments), span)
        }
        ExprKind::Before(before) => eval_before(before, span, scope, fuel),
        ExprKind::Trend(trend) => eval_trend(trend, span, scope, fuel),
        ExprKind::Threshold(threshold, arguments) => {
            let arguments = eval_all(arguments, scope, fuel)?;
            known(scope.threshold(*threshold, &arguments), span)
        }
        ExprKind::Gate(gate, arguments) => {
            let arguments = eval_all(arguments, scope, fuel)?;
            known(scope.gate(*gate, &arguments), span)
        }
        ExprKind::Output(output) => eval_output(output, span, scope, fuel),
        ExprKind::Kept { target, key } => {
            let target = eval_some(target.as_deref(), scope, fuel)?;
            known(scope.kept(target.as_ref(), key), span)
        }
        ExprKind::Run(field) => known(scope.run(*field), span),
        ExprKind::Loop(field) => known(scope.loop_field(*field), span),
        ExprKind::Wave(field) => known(scope.wave(*field), span),
        ExprKind::Touched(stage) => known(scope.touched(stage.as_deref()), span),
        ExprKind::Stage(path, field) => known(scope.stage(path, *field), span),
        ExprKind::Today => known(scope.today(), span),
        ExprKind::Bad => Err(Wrong::cannot(span, "this was reported as an error and has no value")),
    }
}

/// Where it is unknown which of two values stands, both are looked at: if they are one, that is it.
fn if_unknown(then: &Expr, otherwise: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let (then, otherwise) = both(then, otherwise, scope, fuel)?;
    Ok(if then == otherwise { then } else { Value::Unknown })
}

/// How long the stretch is over which what was before is taken, if it is not said.
const BEFORE_OVER_MS: i64 = 3_600_000;

fn eval_before(before: &Before, span: Span, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let arguments = eval_all(&before.arguments, scope, fuel)?;
    let mut length = |expr: &Option<Expr>, default: i64| -> Result<i64, Wrong> {
        let value = eval_some(expr.as_ref(), scope, fuel)?;
        Ok(value.and_then(|it| it.as_duration_ms()).unwrap_or(default).max(0))
    };
    let stretch = Stretch { over_ms: length(&before.over, BEFORE_OVER_MS)?, ago_ms: length(&before.ago, 0)? };
    known(scope.before(before.metric, &arguments, stretch), span)
}

fn eval_trend(trend: &Trend, span: Span, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let arguments = eval_all(&trend.arguments, scope, fuel)?;
    let over_ms = eval(&trend.over, scope, fuel)?.as_duration_ms().unwrap_or(0).max(1);
    let per = eval_some(trend.per.as_ref(), scope, fuel)?;
    let per_ms = per.and_then(|it| it.as_duration_ms()).unwrap_or(over_ms);
    known(scope.trend(trend.metric, &arguments, Rise { over_ms, per_ms }), span)
}

/// Puts the place to what a scope said.
pub(super) fn known<T>(answer: Result<T, Silence>, span: Span) -> Result<T, Wrong> {
    answer.map_err(|silence| silent(silence, span))
}

#[cold]
fn silent(silence: Silence, span: Span) -> Wrong {
    match silence {
        Silence::NotKnownHere => Wrong::not_known_here(span, "this is only known later, while the run goes on"),
        Silence::Cannot(why) => Wrong::cannot(span, why),
    }
}

fn both(left: &Expr, right: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<(Value, Value), Wrong> {
    Ok((eval(left, scope, fuel)?, eval(right, scope, fuel)?))
}

fn eval_some(expr: Option<&Expr>, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Option<Value>, Wrong> {
    expr.map(|it| eval(it, scope, fuel)).transpose()
}

fn eval_all(list: &[Expr], scope: &dyn Scope, fuel: &mut Fuel) -> Result<Vec<Value>, Wrong> {
    list.iter().map(|it| eval(it, scope, fuel)).collect()
}

fn eval_list(list: &[Expr], span: Span, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let list = Value::List(eval_all(list, scope, fuel)?.into());
    fuel.spend_value(&list, span)?;
    Ok(list)
}

fn eval_record(fields: &[(SmolStr, Expr)], span: Span, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let mut record = Record::new();
    for (name, expr) in fields {
        record.insert(name.clone(), eval(expr, scope, fuel)?);
    }
    let record = Value::Record(record.into());
    fuel.spend_value(&record, span)?;
    Ok(record)
}

/// The opposite of a condition, or the times outside of a window.
fn negated(of: &Value, span: Span) -> Result<Value, Wrong> {
    if let Value::Window(of) = of {
        return window::combined(Window::Not(Arc::clone(of)), span);
    }
    Truth::of(of).map(|it| it.not().value()).ok_or_else(|| no_condition(of, span))
}

fn eval_and(left: &Expr, right: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let left_value = eval(left, scope, fuel)?;
    if let Value::Window(_) = left_value {
        return eval_windows(&left_value, right, true, scope, fuel);
    }
    let first = Truth::of(&left_value).ok_or_else(|| no_condition(&left_value, left.span))?;
    if first == Truth::Violated {
        return Ok(first.value());
    }
    Ok(first.and(second(right, scope, fuel)?).value())
}

fn eval_or(left: &Expr, right: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let left_value = eval(left, scope, fuel)?;
    if let Value::Window(_) = left_value {
        return eval_windows(&left_value, right, false, scope, fuel);
    }
    let first = Truth::of(&left_value).ok_or_else(|| no_condition(&left_value, left.span))?;
    if first == Truth::Holds {
        return Ok(first.value());
    }
    Ok(first.or(second(right, scope, fuel)?).value())
}

/// The condition on the right. A window there had a window on its left, of which nothing is known.
fn second(right: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Truth, Wrong> {
    match eval(right, scope, fuel)? {
        Value::Window(_) => Ok(Truth::Unknown),
        value => Truth::of(&value).ok_or_else(|| no_condition(&value, right.span)),
    }
}

/// Two windows: open where both are, or where one is.
fn eval_windows(left: &Value, right: &Expr, both: bool, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let value = eval(right, scope, fuel)?;
    if value == Value::Unknown {
        return Ok(value);
    }
    let (Value::Window(left), Value::Window(other)) = (left, &value) else {
        return Err(Wrong::cannot(right.span, format!("{} is not a window", operate::shown(&value))));
    };
    let (left, other) = (Arc::clone(left), Arc::clone(other));
    let joined = if both { Window::Both(left, other) } else { Window::Either(left, other) };
    window::combined(joined, right.span)
}

fn eval_output(output: &OutputRef, span: Span, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let target = eval_some(output.target.as_deref(), scope, fuel)?;
    let Some(written) = known(scope.output(&output.path, target.as_ref(), &output.key), span)? else {
        return Ok(Value::Null);
    };
    let value = read::read_as(&written, &output.of)
        .map_err(|why| Wrong::cannot(span, format!("`{}.{}`: {why}", output.path, output.key)))?;
    fuel.spend_value(&value, span)?;
    Ok(value)
}

/// The elements that pass the filter, as they are or as `each` makes them. If it is unknown whether one passes,
/// the list is unknown.
fn generate(
    each: Option<&Expr>,
    local: LocalId,
    list: &Expr,
    filter: Option<&Expr>,
    scope: &dyn Scope,
    fuel: &mut Fuel,
) -> Result<Value, Wrong> {
    let source = eval(list, scope, fuel)?;
    if source == Value::Unknown {
        return Ok(source);
    }
    let elements = operate::listed(&source, list.span, fuel)?;
    let mut made = Vec::with_capacity(if filter.is_none() { elements.len() } else { 0 });
    for element in elements.iter() {
        let inner = Bound::new(scope, local, element);
        match passes(filter, &inner, fuel)? {
            Truth::Holds => {}
            Truth::Violated => continue,
            Truth::Unknown => return Ok(Value::Unknown),
        }
        made.push(match each {
            Some(each) => eval(each, &inner, fuel)?,
            None => element.clone(),
        });
    }
    let made = Value::List(made.into());
    fuel.spend_value(&made, list.span)?;
    Ok(made)
}

pub(super) fn passes(filter: Option<&Expr>, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Truth, Wrong> {
    filter.map_or(Ok(Truth::Holds), |it| condition(it, scope, fuel))
}

/// Evaluates arguments into a place on the stack where there are few, as there mostly are.
pub(super) fn with_arguments<T>(
    arguments: &[Expr],
    scope: &dyn Scope,
    fuel: &mut Fuel,
    then: impl FnOnce(&[Value], &mut Fuel) -> Result<T, Wrong>,
) -> Result<T, Wrong> {
    let mut few = [Value::Null, Value::Null, Value::Null];
    if arguments.len() > few.len() {
        let many = eval_all(arguments, scope, fuel)?;
        return then(&many, fuel);
    }
    for (place, argument) in few.iter_mut().zip(arguments) {
        *place = eval(argument, scope, fuel)?;
    }
    then(&few[..arguments.len()], fuel)
}
