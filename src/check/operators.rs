//! Operators: which types combine, and what comes of it.

use super::checker::Checker;
use super::exprs::Typed;
use super::mismatch::{shortened, with_remedy};
use crate::diag::{Code, Diagnostic};
use crate::model::{Comparison, ExprKind};
use crate::source::Span;
use crate::syntax::{self, BinaryOp, UnaryOp};
use crate::value::{Sum, Type};

impl<'t> Checker<'t> {
    pub fn unary_expr(&mut self, op: UnaryOp, of: syntax::Expr<'t>, span: Span) -> Typed {
        match op {
            UnaryOp::Not => {
                let Typed { expr, of } = self.condition_or_window(of, &Type::Bool);
                self.folded(Typed::new(ExprKind::Not(Box::new(expr)), of, span))
            }
            UnaryOp::Minus => {
                let inner = self.expr(of, None);
                let signed = matches!(inner.of, Type::Any | Type::Int | Type::Number | Type::Percent | Type::Duration);
                if !signed {
                    let message = format!("there is no negative of {}", inner.of.described());
                    self.say(Diagnostic::new(Code::NO_SUM, span, message));
                    return Typed::bad(span);
                }
                self.folded(Typed::new(ExprKind::Minus(Box::new(inner.expr)), inner.of, span))
            }
        }
    }

    pub fn binary_expr(
        &mut self,
        op: BinaryOp,
        left: syntax::Expr<'t>,
        right: syntax::Expr<'t>,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logic(op == BinaryOp::And, left, right, span),
            BinaryOp::Eq => self.comparison(Comparison::Equal, left, right, span),
            BinaryOp::Ne => self.comparison(Comparison::NotEqual, left, right, span),
            BinaryOp::Lt => self.comparison(Comparison::Less, left, right, span),
            BinaryOp::Le => self.comparison(Comparison::LessEqual, left, right, span),
            BinaryOp::Gt => self.comparison(Comparison::Greater, left, right, span),
            BinaryOp::Ge => self.comparison(Comparison::GreaterEqual, left, right, span),
            BinaryOp::In => self.membership(left, right, span),
            BinaryOp::Coalesce => self.coalesce(left, right, span, want),
            BinaryOp::Add => self.sum(Sum::Add, left, right, span),
            BinaryOp::Sub => self.sum(Sum::Sub, left, right, span),
            BinaryOp::Mul => self.sum(Sum::Mul, left, right, span),
            BinaryOp::Div => self.sum(Sum::Div, left, right, span),
            BinaryOp::Of => self.of_expr(left, right, span),
        }
    }

    fn logic(&mut self, and: bool, left: syntax::Expr<'t>, right: syntax::Expr<'t>, span: Span) -> Typed {
        let Typed { expr: left, of } = self.condition_or_window(left, &Type::Bool);
        let right = self.knowing(&left, and, |it| it.typed(right, &of));
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = if and { ExprKind::And(left, right) } else { ExprKind::Or(left, right) };
        self.folded(Typed::new(kind, of, span))
    }

    /// What `and`, `or` and `not` join: conditions, or windows.
    fn condition_or_window(&mut self, tree: syntax::Expr<'t>, want: &Type) -> Typed {
        let typed = self.expr(tree, Some(want));
        if typed.of.is_window() {
            return typed;
        }
        let fits = self.expect_type(tree, &typed.expr, &typed.of, want);
        let kind = if fits { typed.expr.kind } else { ExprKind::Bad };
        Typed::new(kind, want.clone(), typed.expr.span)
    }

    fn comparison(&mut self, how: Comparison, left: syntax::Expr<'t>, right: syntax::Expr<'t>, span: Span) -> Typed {
        let (l, r) = self.both_sides(left, right);
        let equality = matches!(how, Comparison::Equal | Comparison::NotEqual);
        let absent = |of: &Type| matches!(of, Type::Optional(_));
        if !equality && (absent(&l.of) || absent(&r.of)) {
            let (tree, wanted) = if absent(&l.of) { (left, r.of.present()) } else { (right, l.of.present()) };
            let wanted = wanted.clone();
            self.say_absent(tree.span(), tree.text(), &wanted);
            return Typed::bad(span);
        }
        let comparable = l.of.join(&r.of).is_some_and(|it| equality || has_order(&it)) || both_texts(&l.of, &r.of);
        if !comparable {
            self.say_incomparable(how, (left, &l), (right, &r));
            return Typed::new(ExprKind::Bad, Type::Bool, span);
        }
        let kind = ExprKind::Compare(how, Box::new(l.expr), Box::new(r.expr));
        self.folded(Typed::new(kind, Type::Bool, span))
    }

    /// Lowers both sides of a comparison, each guided by the other: a bare name may be a value of an enumeration.
    fn both_sides(&mut self, left: syntax::Expr<'t>, right: syntax::Expr<'t>) -> (Typed, Typed) {
        let bare = left.as_name().is_some_and(|it| !self.is_bound(it.text()));
        if bare {
            let r = self.expr(right, None);
            let l = self.expr(left, enumeration(&r.of));
            return (l, r);
        }
        let l = self.expr(left, None);
        let r = self.expr(right, enumeration(&l.of));
        (l, r)
    }

    fn say_incomparable(
        &mut self,
        how: Comparison,
        left: (syntax::Expr<'t>, &Typed),
        right: (syntax::Expr<'t>, &Typed),
    ) {
        let (l, r) = (&left.1.of, &right.1.of);
        for (tree, typed, other) in [(left.0, left.1, r), (right.0, right.1, l)] {
            let number = matches!(typed.of, Type::Int | Type::Number);
            let measured = matches!(other.present(), Type::Duration | Type::Percent | Type::Size);
            if number && measured {
                let whole = if tree.span() == left.0.span() { right.0 } else { left.0 };
                let message = format!(
                    "`{}` is {}, and this number has no unit",
                    shortened(whole.text()),
                    other.present().described()
                );
                let problem = Diagnostic::new(Code::NO_UNIT, tree.span(), message);
                self.say(with_remedy(problem, tree.span(), &typed.expr, &typed.of, other));
                return;
            }
        }
        let span = left.0.span().to(right.0.span());
        let same = l.present() == r.present();
        let message = match (same, how) {
            (true, _) => format!("{} has no order", l.described()),
            (false, _) => format!("{} is never compared with {}", l.described(), r.described()),
        };
        let problem = Diagnostic::new(Code::INCOMPARABLE, span, message);
        let problem = problem
            .also(left.0.span(), format!("is {}", l.described()))
            .also(right.0.span(), format!("is {}", r.described()));
        let named = matches!((l, r), (Type::Target, Type::Text) | (Type::Text, Type::Target));
        self.say(if named { problem.help("compare its name: `.name`") } else { problem });
    }

    fn membership(&mut self, left: syntax::Expr<'t>, right: syntax::Expr<'t>, span: Span) -> Typed {
        let r = self.expr(right, None);
        let element = r.of.element();
        let l = self.expr(left, element.as_ref().and_then(enumeration));
        let fits = match &r.of {
            Type::Text => l.of.fits(&Type::Text),
            Type::Map(_) | Type::Record(_) => l.of.fits(&Type::Text),
            Type::Any => true,
            _ => element.is_some_and(|it| it.join(&l.of).is_some() || both_texts(&it, &l.of)),
        };
        if !fits {
            let message = format!("{} is never in {}", l.of.described(), r.of.described());
            let problem = Diagnostic::new(Code::INCOMPARABLE, span, message);
            self.say(problem.also(right.span(), format!("is {}", r.of.described())));
            return Typed::new(ExprKind::Bad, Type::Bool, span);
        }
        let kind = ExprKind::Compare(Comparison::In, Box::new(l.expr), Box::new(r.expr));
        self.folded(Typed::new(kind, Type::Bool, span))
    }

    fn coalesce(&mut self, left: syntax::Expr<'t>, right: syntax::Expr<'t>, span: Span, want: Option<&Type>) -> Typed {
        let l = self.expr(left, want);
        let r = self.expr(right, Some(l.of.present()));
        let Some(of) = l.of.present().join(&r.of) else {
            self.expect_type(right, &r.expr, &r.of, l.of.present());
            return Typed::bad(span);
        };
        // An undo may read what was kept without more, but a first run finds nothing there.
        let is_kept = matches!(l.expr.kind, ExprKind::Kept { .. });
        if !is_kept && !matches!(l.of, Type::Optional(_) | Type::Any) {
            let message = format!("`{}` is always there", shortened(left.text()));
            let problem = Diagnostic::new(Code::NO_EFFECT, right.span(), message);
            self.say(problem.because("never used").help("leave `??` and what follows away"));
        }
        self.folded(Typed::new(ExprKind::Coalesce(Box::new(l.expr), Box::new(r.expr)), of, span))
    }

    fn sum(&mut self, sum: Sum, left: syntax::Expr<'t>, right: syntax::Expr<'t>, span: Span) -> Typed {
        let (l, r) = (self.expr(left, None), self.expr(right, None));
        for (tree, typed, other) in [(left, &l, &r), (right, &r, &l)] {
            if let Type::Optional(_) = typed.of {
                let wanted = other.of.present().clone();
                self.say_absent(tree.span(), tree.text(), &wanted);
                return Typed::bad(span);
            }
            if let Type::Secret(of) = &typed.of {
                self.say_shown_secret(&typed.expr, of);
                return Typed::bad(span);
            }
        }
        let fleets = sum == Sum::Add && is_targets(&l.of) && is_targets(&r.of);
        let unknown = matches!(l.of, Type::Any) || matches!(r.of, Type::Any);
        let of = match () {
            () if unknown => Some(Type::Any),
            () if fleets => Some(Type::Fleet),
            () => sum.type_of(&l.of, &r.of),
        };
        let Some(of) = of else {
            self.say_no_sum(sum, (left, &l), (right, &r), span);
            return Typed::bad(span);
        };
        self.folded(Typed::new(ExprKind::Sum(sum, Box::new(l.expr), Box::new(r.expr)), of, span))
    }

    fn say_no_sum(
        &mut self,
        sum: Sum,
        left: (syntax::Expr<'t>, &Typed),
        right: (syntax::Expr<'t>, &Typed),
        span: Span,
    ) {
        let (l, r) = (&left.1.of, &right.1.of);
        let message = format!("`{}` does not combine {} and {}", sum.sign(), l.described(), r.described());
        let problem = Diagnostic::new(Code::NO_SUM, span, message)
            .also(left.0.span(), format!("is {}", l.described()))
            .also(right.0.span(), format!("is {}", r.described()));
        let texts = matches!(l, Type::Text) || matches!(r, Type::Text);
        let number = |of: &Type| matches!(of, Type::Int | Type::Number);
        self.say(match () {
            () if sum == Sum::Add && texts => problem.help("write both into one text: `\"${…}${…}\"`"),
            () if number(r) => with_remedy(problem, right.0.span(), &right.1.expr, r, l),
            () if number(l) => with_remedy(problem, left.0.span(), &left.1.expr, l, r),
            () => problem,
        });
    }

    /// `10% of factories` chooses, `110% of x` scales, `rest of f` is what nothing before takes.
    fn of_expr(&mut self, left: syntax::Expr<'t>, right: syntax::Expr<'t>, span: Span) -> Typed {
        let r = self.expr(right, None);
        if left.as_name().is_some_and(|it| it.text() == "rest") {
            return self.rest(right, r, span);
        }
        let l = self.expr(left, None);
        let elements = r.of.element().is_some();
        let of = match (&l.of, &r.of) {
            (Type::Int | Type::Percent | Type::Any, _) if elements => Some(r.of.clone()),
            (Type::Percent | Type::Any, Type::Int) => Some(Type::Number),
            (Type::Percent | Type::Any, Type::Number | Type::Percent | Type::Duration | Type::Size | Type::Any) => {
                Some(r.of.clone())
            }
            _ => None,
        };
        let Some(of) = of else {
            if let Type::Optional(_) = r.of {
                self.say_absent(right.span(), right.text(), &Type::Any);
                return Typed::bad(span);
            }
            let message = format!("there is no {} of {}", of_what(&l.of), r.of.described());
            let help = "write `10% of` or `3 of` a fleet or list, or a percent of a quantity";
            self.say(Diagnostic::new(Code::NO_SUM, span, message).help(help));
            return Typed::bad(span);
        };
        self.folded(Typed::new(ExprKind::Of(Box::new(l.expr), Box::new(r.expr)), of, span))
    }

    fn rest(&mut self, tree: syntax::Expr<'t>, of: Typed, span: Span) -> Typed {
        if !is_targets(&of.of) {
            let message = format!("`rest of` is about targets, and this is {}", of.of.described());
            self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message));
            return Typed::bad(span);
        }
        if !self.spot.staged {
            let problem = Diagnostic::new(Code::NOT_HERE, span, "`rest of` is what earlier stages have left");
            self.say(problem.because("in no stage"));
            return Typed::bad(span);
        }
        Typed::new(ExprKind::Rest(Box::new(of.expr)), Type::Fleet, span)
    }

    pub fn if_expr(
        &mut self,
        cond: syntax::Expr<'t>,
        then: syntax::Expr<'t>,
        otherwise: syntax::Expr<'t>,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let condition = self.typed(cond, &Type::Bool);
        let yes = self.knowing(&condition, true, |it| it.expr(then, want));
        let no = self.knowing(&condition, false, |it| it.expr(otherwise, want));
        let joined = yes.of.join(&no.of).or_else(|| both_texts(&yes.of, &no.of).then_some(Type::Text));
        let Some(of) = joined else {
            let message = format!("one branch is {}, the other {}", yes.of.described(), no.of.described());
            let problem = Diagnostic::new(Code::MISMATCH, otherwise.span(), message);
            self.say(
                problem
                    .because(format!("is {}", no.of.described()))
                    .also(then.span(), format!("is {}", yes.of.described())),
            );
            return Typed::bad(span);
        };
        let kind = ExprKind::If(Box::new(condition), Box::new(yes.expr), Box::new(no.expr));
        self.folded(Typed::new(kind, of, span))
    }
}

/// Returns the type that says what a bare name on the other side may mean.
fn enumeration(of: &Type) -> Option<&Type> {
    matches!(of.present(), Type::OneOf(_) | Type::Text).then_some(of)
}

fn both_texts(left: &Type, right: &Type) -> bool {
    left.present().fits(&Type::Text) && right.present().fits(&Type::Text)
}

fn is_targets(of: &Type) -> bool {
    of.fits(&Type::Fleet)
}

fn of_what(of: &Type) -> String {
    match of {
        Type::Int => "count".to_owned(),
        other => other.to_string(),
    }
}

fn has_order(of: &Type) -> bool {
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
            | Type::Text
            | Type::OneOf(_)
    )
}
