//! Lists, ranges, what is made from each element, and choices of elements.

use std::sync::Arc;

use super::checker::Checker;
use super::exprs::Typed;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind, FleetId, LocalId};
use crate::source::Span;
use crate::syntax::{self, Args, Name};
use crate::value::Type;

impl<'t> Checker<'t> {
    pub fn list_expr(&mut self, args: Args<'t>, span: Span, want: Option<&Type>) -> Typed {
        let values: Vec<syntax::Expr<'t>> = args.iter().filter_map(|it| it.value).collect();
        if let [only] = values[..]
            && matches!(only.kind(), syntax::ExprKind::Generate { .. } | syntax::ExprKind::Filter { .. })
        {
            return self.expr(only, want);
        }
        let wanted = want.map(Type::present).and_then(Type::element).filter(|it| !matches!(it, Type::Any));
        let mut list = Vec::with_capacity(values.len());
        let mut common: Option<(Type, Span)> = None;
        for value in values {
            match &wanted {
                Some(wanted) => list.push(self.typed(value, wanted)),
                None => {
                    let typed = self.expr(value, None);
                    common = Some(self.in_common(common, &typed.of, value.span()));
                    list.push(typed.expr);
                }
            }
        }
        let element = wanted.or(common.map(|(of, _)| of)).unwrap_or(Type::Any);
        self.folded(Typed::new(ExprKind::List(list), Type::list(element), span))
    }

    /// Joins the type of one more element to that of those before.
    fn in_common(&mut self, common: Option<(Type, Span)>, of: &Type, span: Span) -> (Type, Span) {
        let Some((before, first)) = common else { return (of.clone(), span) };
        if is_count(&before) && is_count(of) {
            // Counts and shares side by side, as in `waves`: who asks for the list says whether it may be so.
            return (if before == *of { before } else { Type::Any }, first);
        }
        match before.join(of).or_else(|| fields_in_common(&before, of)) {
            Some(joined) => (joined, first),
            None => {
                let message =
                    format!("a list holds one type, and here are {} and {}", before.described(), of.described());
                let problem = Diagnostic::new(Code::MISMATCH, span, message);
                self.say(
                    problem.because(format!("is {}", of.described())).also(first, format!("is {}", before.described())),
                );
                (Type::Any, first)
            }
        }
    }

    pub fn range_expr(&mut self, from: syntax::Expr<'t>, to: syntax::Expr<'t>, span: Span) -> Typed {
        let left = self.expr(from, None);
        let right = self.expr(to, Some(&left.of));
        let joined = left.of.join(&right.of);
        let Some(of) = joined.filter(has_ranges) else {
            let message = format!("there is no range from {} to {}", left.of.described(), right.of.described());
            self.say(
                Diagnostic::new(Code::MISMATCH, span, message).help("a range has two ends of one type: `mon..fri`"),
            );
            return Typed::bad(span);
        };
        let kind = ExprKind::Range(Box::new(left.expr), Box::new(right.expr));
        self.folded(Typed::new(kind, Type::Range(Arc::new(of)), span))
    }

    /// Lowers a list that is run over, and says what each element is.
    pub fn over(&mut self, tree: syntax::Expr<'t>) -> (Expr, Type) {
        let list = self.expr(tree, None);
        match list.of.element() {
            Some(element) => (list.expr, element),
            None => {
                if let Type::Optional(_) = list.of {
                    self.say_absent(tree.span(), tree.text(), &Type::list(Type::Any));
                } else {
                    let message = format!("this is {}, and a list is needed", list.of.described());
                    self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message).because("has no elements"));
                }
                (Expr::new(ExprKind::Bad, tree.span()), Type::Any)
            }
        }
    }

    /// Binds the name of an element, and remembers of which fleets it is.
    pub fn bind_element(&mut self, name: Name<'t>, list: &Expr, of: Type) -> LocalId {
        let local = self.bind_local(name, of, None);
        let mut fleets = Vec::new();
        if self.fleets_of(list, &mut fleets) {
            self.locals[local.index()].fleets = fleets;
        }
        local
    }

    /// Collects the fleets that a choice of targets is from; false if that is not known.
    pub fn fleets_of(&self, expr: &Expr, fleets: &mut Vec<FleetId>) -> bool {
        match &expr.kind {
            ExprKind::Fleet(fleet) => {
                let from = self.labels.chosen_from(*fleet);
                fleets.extend(from.iter().copied().filter(|it| !fleets.contains(it)).collect::<Vec<_>>());
                true
            }
            ExprKind::Rest(of) | ExprKind::Of(_, of) | ExprKind::Filter { list: of, .. } => self.fleets_of(of, fleets),
            ExprKind::Sum(_, left, right) => self.fleets_of(left, fleets) && self.fleets_of(right, fleets),
            _ => false,
        }
    }

    pub fn generate_expr(
        &mut self,
        each: syntax::Expr<'t>,
        name: Name<'t>,
        list: syntax::Expr<'t>,
        filter: Option<syntax::Expr<'t>>,
        span: Span,
    ) -> Typed {
        let (list, element) = self.over(list);
        let mark = self.mark();
        let local = self.bind_element(name, &list, element);
        let filter = filter.map(|it| self.typed(it, &Type::Bool));
        let each = match &filter {
            Some(filter) => self.knowing(&filter.clone(), true, |it| it.expr(each, None)),
            None => self.expr(each, None),
        };
        self.forget(mark);
        let (list, filter) = (Box::new(list), filter.map(Box::new));
        let kind = ExprKind::Generate { each: Box::new(each.expr), local, list, filter };
        Typed::new(kind, Type::list(each.of), span)
    }

    pub fn filter_expr(
        &mut self,
        name: Name<'t>,
        list: syntax::Expr<'t>,
        filter: syntax::Expr<'t>,
        span: Span,
    ) -> Typed {
        let (list, element) = self.over(list);
        let of = if matches!(element, Type::Target) { Type::Fleet } else { Type::list(element.clone()) };
        let mark = self.mark();
        let local = self.bind_element(name, &list, element);
        let filter = self.typed(filter, &Type::Bool);
        self.forget(mark);
        Typed::new(ExprKind::Filter { local, list: Box::new(list), filter: Box::new(filter) }, of, span)
    }
}

/// Joins two records without names: a field that only one of them has may be absent.
fn fields_in_common(left: &Type, right: &Type) -> Option<Type> {
    let (Type::Record(left), Type::Record(right)) = (left, right) else { return None };
    if left.name.is_some() || right.name.is_some() {
        return None;
    }
    let mut fields = Vec::new();
    for (name, of) in &left.fields {
        let joined = right.fields.get(name).map_or_else(|| Some(of.clone().optional()), |other| of.join(other))?;
        fields.push((name.clone(), joined));
    }
    let more = right.fields.iter().filter(|(name, _)| !left.fields.contains_key(*name));
    fields.extend(more.map(|(name, of)| (name.clone(), of.clone().optional())));
    Some(Type::record(fields))
}

fn is_count(of: &Type) -> bool {
    matches!(of, Type::Int | Type::Percent)
}

fn has_ranges(of: &Type) -> bool {
    matches!(
        of,
        Type::Any
            | Type::Int
            | Type::Number
            | Type::Percent
            | Type::Duration
            | Type::Size
            | Type::Time
            | Type::Date
            | Type::Instant
            | Type::Weekday
    )
}
