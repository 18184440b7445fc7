//! Expressions whose value the plan knows already: they become that value.

use smol_str::SmolStr;

use crate::eval::Wrong;
use crate::model::{Expr, ExprKind};
use crate::source::Span;
use crate::value::Value;

/// Replaces an expression, or the parts of it that are known, by values.
///
/// What can never have a value is collected; what only the run knows is left as it is.
pub(super) fn fold(expr: &mut Expr, eval: &mut dyn FnMut(&Expr) -> Result<Value, Wrong>, wrong: &mut Vec<Wrong>) {
    if expr.known().is_some() || matches!(expr.kind, ExprKind::Local(_)) && eval(expr).is_ok_and(|it| stays(&it)) {
        return;
    }
    if !holds_secret(expr) {
        match eval(expr) {
            // A list of targets is held once, in the plan's table, and not wherever it is named.
            Ok(value) if stays(&value) => {}
            Ok(value) => expr.kind = ExprKind::Value(value),
            Err(it) if it.is_not_known_here() => {}
            Err(it) => wrong.push(it),
        }
    }
    if wrong.is_empty() && expr.known().is_none() {
        expr.for_each_part_mut(&mut |part| fold_part(part, eval));
    }
}

/// Parts of an expression may be bound within it, or never be asked for: what cannot be is not reported for them.
fn fold_part(expr: &mut Expr, eval: &mut dyn FnMut(&Expr) -> Result<Value, Wrong>) {
    if expr.known().is_some() {
        return;
    }
    if !holds_secret(expr)
        && let Ok(value) = eval(expr)
        && !stays(&value)
    {
        expr.kind = ExprKind::Value(value);
        return;
    }
    expr.for_each_part_mut(&mut |part| fold_part(part, eval));
}

fn stays(value: &Value) -> bool {
    matches!(value, Value::List(list) if list.iter().any(|it| it.as_target().is_some()))
        || matches!(value, Value::Target(_) | Value::Unknown)
}

fn holds_secret(expr: &Expr) -> bool {
    let mut holds = false;
    expr.walk(&mut |it| holds |= matches!(it.kind, ExprKind::Value(Value::Secret(_))));
    holds
}

/// Collects where an expression reads something kept without saying what it is when nothing was.
pub(super) fn bare_kept(expr: &Expr, reads: &mut Vec<(Option<Expr>, SmolStr, Span)>) {
    match &expr.kind {
        ExprKind::Coalesce(left, right) if matches!(left.kind, ExprKind::Kept { .. }) => bare_kept(right, reads),
        ExprKind::Compare(_, left, right) if is_null(left) || is_null(right) => {}
        // A condition about what is kept decides whether it is read.
        ExprKind::If(..) => {}
        ExprKind::Kept { target, key } => reads.push((target.as_deref().cloned(), key.clone(), expr.span)),
        _ => expr.for_each_part(&mut |part| bare_kept(part, reads)),
    }
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Value(Value::Null))
}
