//! What is known to be there after it was asked: `if x != null`, a `when`, the left of an `and`.

use std::fmt::Write;

use super::checker::Checker;
use super::exprs::Typed;
use crate::model::{Comparison, Expr, ExprKind};
use crate::value::Value;

impl<'t> Checker<'t> {
    /// Takes the `?` off an expression that is known to be there.
    pub fn maybe_present(&mut self, typed: Typed) -> Typed {
        let crate::value::Type::Optional(of) = &typed.of else { return typed };
        if self.frames[self.at].present.is_empty() {
            return typed;
        }
        let is_present = key(&typed.expr).is_some_and(|it| self.frames[self.at].present.contains(&it));
        if is_present { Typed { of: (**of).clone(), ..typed } } else { typed }
    }

    /// Does something where a condition is known to hold, or not to hold.
    pub fn knowing<T>(&mut self, condition: &Expr, holds: bool, work: impl FnOnce(&mut Checker<'t>) -> T) -> T {
        let (at, before) = (self.at, self.frames[self.at].present.len());
        let mut present = Vec::new();
        learn(condition, holds, &mut present);
        self.frames[at].present.extend(present);
        let answer = work(self);
        self.frames[at].present.truncate(before);
        answer
    }
}

/// Collects what must be there if a condition holds, or if it does not.
fn learn(condition: &Expr, holds: bool, present: &mut Vec<String>) {
    match &condition.kind {
        ExprKind::And(left, right) if holds => {
            learn(left, true, present);
            learn(right, true, present);
        }
        ExprKind::Or(left, right) if !holds => {
            learn(left, false, present);
            learn(right, false, present);
        }
        ExprKind::Not(of) => learn(of, !holds, present),
        ExprKind::Compare(comparison, left, right) => {
            let differs = match comparison {
                Comparison::Equal => !holds,
                Comparison::NotEqual => holds,
                Comparison::Less
                | Comparison::LessEqual
                | Comparison::Greater
                | Comparison::GreaterEqual
                | Comparison::In => return,
            };
            let asked = match (left.known(), right.known()) {
                (_, Some(Value::Null)) => left,
                (Some(Value::Null), _) => right,
                // Equal to something that is there, it is there itself.
                (None, Some(_)) if !differs => return present.extend(key(left)),
                (Some(_), None) if !differs => return present.extend(key(right)),
                _ => return,
            };
            if differs {
                present.extend(key(asked));
            }
        }
        _ => {}
    }
}

/// Writes an expression that always has the same value in one place, so that it is recognized again.
fn key(expr: &Expr) -> Option<String> {
    let mut text = String::new();
    write_key(expr, &mut text).then_some(text)
}

fn write_key(expr: &Expr, text: &mut String) -> bool {
    match &expr.kind {
        ExprKind::Local(local) => write!(text, "l{}", local.0).is_ok(),
        ExprKind::Field(of, name) => write_key(of, text) && write!(text, ".{name}").is_ok(),
        ExprKind::Index(of, at) => {
            let index = at.known().map(ToString::to_string);
            index.is_some_and(|index| write_key(of, text) && write!(text, "[{index:?}]").is_ok())
        }
        ExprKind::Kept { target: None, key } => write!(text, "kept.{key}").is_ok(),
        ExprKind::Kept { target: Some(target), key } => {
            text.push_str("kept(");
            write_key(target, text) && write!(text, ").{key}").is_ok()
        }
        ExprKind::Output(output) => write!(text, "{}:{}", output.path, output.key).is_ok() && output.target.is_none(),
        ExprKind::Builtin(builtin, list) => {
            text.push_str(builtin.row().name);
            list.iter().all(|it| {
                text.push(' ');
                write_key(it, text)
            })
        }
        _ => false,
    }
}
