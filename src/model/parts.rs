//! The parts of an expression, to look at or to change. Each list of parts is written once, for both.

use std::sync::Arc;

use super::{Expr, ExprKind, TextPart, WindowForm};

/// One method that visits the parts, through `&` or `&mut`.
macro_rules! parts {
    ($(#[$doc:meta])* $name:ident, $form:ident $($mutable:tt)?) => {
        $(#[$doc])*
        pub fn $name<'e>(&'e $($mutable)? self, visit: &mut dyn FnMut(&'e $($mutable)? Expr)) {
            match & $($mutable)? self.kind {
                ExprKind::Value(_)
                | ExprKind::Local(_)
                | ExprKind::Fleet(_)
                | ExprKind::Run(_)
                | ExprKind::Loop(_)
                | ExprKind::Wave(_)
                | ExprKind::Touched(_)
                | ExprKind::Stage(..)
                | ExprKind::Today
                | ExprKind::Bad => {}
                ExprKind::Text(parts) => {
                    for part in parts {
                        match part {
                            TextPart::Chunk(_) => {}
                            TextPart::Hole(hole) => visit(hole),
                        }
                    }
                }
                ExprKind::Window(form, list) => {
                    list.into_iter().for_each(&mut *visit);
                    $form(form, visit);
                }
                ExprKind::List(list)
                | ExprKind::Builtin(_, list)
                | ExprKind::Probe(_, list)
                | ExprKind::Metric(_, list)
                | ExprKind::Threshold(_, list)
                | ExprKind::Gate(_, list) => list.into_iter().for_each(visit),
                ExprKind::Before(before) => {
                    let stretch = [& $($mutable)? before.over, & $($mutable)? before.ago];
                    (& $($mutable)? before.arguments).into_iter().for_each(&mut *visit);
                    stretch.into_iter().flatten().for_each(visit);
                }
                ExprKind::Trend(trend) => {
                    (& $($mutable)? trend.arguments).into_iter().for_each(&mut *visit);
                    visit(& $($mutable)? trend.over);
                    (& $($mutable)? trend.per).into_iter().for_each(visit);
                }
                ExprKind::Record(fields) => {
                    for (_, value) in fields {
                        visit(value);
                    }
                }
                ExprKind::Rest(of) | ExprKind::Field(of, _) | ExprKind::Not(of) | ExprKind::Minus(of) => visit(of),
                ExprKind::Index(a, b)
                | ExprKind::Sum(_, a, b)
                | ExprKind::Compare(_, a, b)
                | ExprKind::And(a, b)
                | ExprKind::Or(a, b)
                | ExprKind::Coalesce(a, b)
                | ExprKind::Of(a, b)
                | ExprKind::Range(a, b) => {
                    visit(a);
                    visit(b);
                }
                ExprKind::If(cond, then, otherwise) => {
                    visit(cond);
                    visit(then);
                    visit(otherwise);
                }
                ExprKind::Generate { each, list, filter, .. } => {
                    visit(list);
                    if let Some(filter) = filter {
                        visit(filter);
                    }
                    visit(each);
                }
                ExprKind::Filter { list, filter, .. } => {
                    visit(list);
                    visit(filter);
                }
                ExprKind::Output(output) => {
                    if let Some(target) = & $($mutable)? output.target {
                        visit(target);
                    }
                }
                ExprKind::Kept { target, .. } => {
                    if let Some(target) = target {
                        visit(target);
                    }
                }
            }
        }
    };
}

fn of_form<'e>(form: &'e Arc<WindowForm>, visit: &mut dyn FnMut(&'e Expr)) {
    form.for_each_expr(visit);
}

/// A form that several share becomes one of its own before it is changed.
fn of_form_mut<'e>(form: &'e mut Arc<WindowForm>, visit: &mut dyn FnMut(&'e mut Expr)) {
    Arc::make_mut(form).for_each_expr_mut(visit);
}

impl Expr {
    parts! {
        /// Calls `visit` for each expression directly within this one.
        for_each_part, of_form
    }

    parts! {
        /// Calls `visit` for each expression directly within this one, to change it.
        for_each_part_mut, of_form_mut mut
    }
}
