//! `all` and `any` over a list or a comprehension: conditions joined one by one, until nothing can change any more.

use super::evaluate::{condition, no_condition, passes};
use super::{Bound, Fuel, Scope, Truth, Wrong, eval, operate};
use crate::model::{Expr, ExprKind};
use crate::source::Span;
use crate::value::Value;

/// How conditions of a list are joined into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    All,
    Any,
}

/// Joins a comprehension's conditions one by one, and stops where nothing can change any more. Over nothing, and where
/// it is unknown whether there is anything, the whole is unknown.
pub(super) fn quantify(
    quantifier: Quantifier,
    argument: &Expr,
    scope: &dyn Scope,
    fuel: &mut Fuel,
) -> Result<Truth, Wrong> {
    let ExprKind::Generate { each, local, list, filter } = &argument.kind else {
        let list = eval(argument, scope, fuel)?;
        return joined(quantifier, &list, argument.span, fuel);
    };
    let source = eval(list, scope, fuel)?;
    if source == Value::Unknown {
        return Ok(Truth::Unknown);
    }
    let mut join = Join::new(quantifier);
    for element in operate::listed(&source, list.span, fuel)?.iter() {
        let inner = Bound::new(scope, *local, element);
        let counts = passes(filter.as_deref(), &inner, fuel)?;
        if counts == Truth::Violated {
            continue;
        }
        join.add(counts, condition(each, &inner, fuel)?);
        if join.is_decided() {
            break;
        }
    }
    Ok(join.end())
}

fn joined(quantifier: Quantifier, list: &Value, span: Span, fuel: &mut Fuel) -> Result<Truth, Wrong> {
    if *list == Value::Unknown {
        return Ok(Truth::Unknown);
    }
    let mut join = Join::new(quantifier);
    for value in operate::listed(list, span, fuel)?.iter() {
        join.add(Truth::Holds, Truth::of(value).ok_or_else(|| no_condition(value, span))?);
    }
    Ok(join.end())
}

/// Conditions joined so far.
struct Join {
    quantifier: Quantifier,
    truth: Truth,
    /// Whether any element counts for certain.
    counts: bool,
}

impl Join {
    fn new(quantifier: Quantifier) -> Join {
        Join { quantifier, truth: Truth::from(quantifier == Quantifier::All), counts: false }
    }

    fn add(&mut self, counts: Truth, holds: Truth) {
        self.counts |= counts == Truth::Holds;
        self.truth = match self.quantifier {
            Quantifier::All => self.truth.and(counts.not().or(holds)),
            Quantifier::Any => self.truth.or(counts.and(holds)),
        };
    }

    fn is_decided(&self) -> bool {
        self.counts && self.truth == Truth::from(self.quantifier == Quantifier::Any)
    }

    fn end(self) -> Truth {
        if self.counts { self.truth } else { Truth::Unknown }
    }
}
