//! What a test expects: conditions on a run that has ended. What they ask of it stands in them as locals, each with the
//! fact that it is.

use smol_str::SmolStr;

use super::checker::Checker;
use super::exprs::Typed;
use super::timelines::history_named;
use crate::diag::{Code, Diagnostic};
use crate::model::{Comparison, Expectation, Expr, ExprKind, Fact, FactUse, Halt, History};
use crate::schema::{FACTS, Place, word};
use crate::source::Span;
use crate::syntax::{self, Args, BinaryOp, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

/// How a scenario may end: as a run does, or not at all.
const OUTCOMES: [&str; 7] = ["succeeded", "rolled_back", "failed", "needs_hands", "cancelled", "paused", "waiting"];

impl<'t> Checker<'t> {
    /// Reads one `expect`.
    pub fn expectation(&mut self, entry: Entry<'t>) -> Option<Expectation> {
        let row = word(Place::Test, "expect").expect("the table has `expect`");
        if !self.expect_plain(row, entry, 2) {
            return None;
        }
        let tree = entry.items().nth(1)?;
        self.tried.iter_mut().for_each(|it| it.facts.clear());
        let condition = self.typed(tree, &Type::Bool);
        let facts = self.tried.as_mut().map(|it| std::mem::take(&mut it.facts)).unwrap_or_default();
        if let Some(Value::Bool(always)) = condition.known() {
            let message = if *always { "this is always so" } else { "this is never so" };
            let problem = Diagnostic::new(Code::NO_EFFECT, tree.span(), message);
            self.say(problem.because("nothing in it depends on the run"));
        }
        Some(Expectation { condition, facts, span: tree.span() })
    }

    /// Lowers what only an expectation knows; none if it is an expression like any other.
    pub fn fact_expr(&mut self, tree: syntax::Expr<'t>) -> Option<Typed> {
        if self.spot.place != Place::Test || self.tried.is_none() {
            return None;
        }
        let span = tree.span();
        match tree.kind() {
            Tree::Binary { op, left, right, .. } => self.fact_comparison(op, left, right, span),
            Tree::Call { callee, args } => {
                let name = callee.as_name()?.text();
                if self.is_bound(name) {
                    return None;
                }
                self.fact_call(name, args, span)
            }
            Tree::Name(name) => self.fact_name(name.text(), span),
            Tree::Field { of, name } => self.fact_field(of, name.text(), span),
            _ => None,
        }
    }

    fn fact_name(&mut self, name: &str, span: Span) -> Option<Typed> {
        if self.is_bound(name) {
            return None;
        }
        if let Some(halt) = Halt::ALL.into_iter().find(|it| it.name() == name) {
            let problem =
                Diagnostic::new(Code::SHAPE, span, format!("`{}` is compared with a stage or a step", halt.name()));
            self.say(problem.help(format!("write `{} == pilot.deploy`", halt.name())));
            return Some(Typed::bad(span));
        }
        match name {
            "outcome" => Some(self.fact(Fact::Outcome, outcome_type(), span)),
            "took" => Some(self.fact(Fact::Took, Type::Duration, span)),
            _ => self.known_target(name).map(|it| Typed::value(it, Type::Target, span)),
        }
    }

    /// `pilot.touched`, `pilot.outcome`, `kept(berlin).version`.
    fn fact_field(&mut self, of: syntax::Expr<'t>, name: &str, span: Span) -> Option<Typed> {
        if let Tree::Call { callee, args } = of.kind()
            && callee.as_name().is_some_and(|it| it.text() == "kept")
        {
            let target = args.iter().next().and_then(|it| it.value).and_then(|it| it.as_name());
            let target = self.known_target(target.filter(|it| !self.is_bound(it.text()))?.text())?;
            let (of, _, _) = self.kept_key(name)?;
            let target = Box::new(Expr::value(target, span));
            let kind = ExprKind::Kept { target: Some(target), key: SmolStr::new(name) };
            return Some(Typed::new(kind, of, span));
        }
        let stage = self.as_unit(of).filter(|it| it.of.is_none() && self.has_unit(&it.unit.path))?;
        match name {
            "touched" => Some(Typed::new(ExprKind::Touched(Some(stage.unit.path)), Type::list(Type::Target), span)),
            _ => None,
        }
    }

    fn fact_comparison(
        &mut self,
        op: BinaryOp,
        left: syntax::Expr<'t>,
        right: syntax::Expr<'t>,
        span: Span,
    ) -> Option<Typed> {
        let how = match op {
            BinaryOp::Eq => Comparison::Equal,
            BinaryOp::Ne => Comparison::NotEqual,
            BinaryOp::In => Comparison::In,
            _ => return None,
        };
        let name = left.as_name().filter(|it| !self.is_bound(it.text()))?.text();
        if name == "outcome" {
            let left = self.fact(Fact::Outcome, outcome_type(), left.span()).expr;
            let several = how == Comparison::In;
            let right = self.typed(right, &if several { Type::list(outcome_type()) } else { outcome_type() });
            let kind = ExprKind::Compare(how, Box::new(left), Box::new(right));
            return Some(Typed::new(kind, Type::Bool, span));
        }
        let halt = Halt::ALL.into_iter().find(|it| it.name() == name && how != Comparison::In)?;
        let Some(meant) = self.unit_meant(right) else { return Some(Typed::bad(span)) };
        let there = self.fact(Fact::At(halt, meant.unit), Type::Bool, left.span());
        Some(match how {
            Comparison::NotEqual => Typed::new(ExprKind::Not(Box::new(there.expr)), Type::Bool, span),
            _ => there,
        })
    }

    fn fact_call(&mut self, name: &str, args: Args<'t>, span: Span) -> Option<Typed> {
        let row = FACTS.iter().find(|it| it.name == name && it.shape.contains('('))?;
        let Some(tree) = args.iter().next().and_then(|it| it.value).filter(|_| args.len() == 1) else {
            let problem = Diagnostic::new(Code::ARGUMENTS, args.span(), format!("`{name}` takes one argument"));
            self.say(problem.help(format!("it is written `{}`", row.shape)));
            return Some(Typed::bad(span));
        };
        if let Some(history) = history_named(name) {
            return Some(self.history_call(history, tree, span));
        }
        Some(match name {
            "count" => self.count_call(tree, span),
            "logged" => {
                let text = self.constant(tree, &Type::Text).and_then(|it| it.as_text().cloned()).unwrap_or_default();
                self.fact(Fact::Logged(text), Type::Bool, span)
            }
            _ => {
                let Some(meant) = self.unit_meant(tree) else { return Some(Typed::bad(span)) };
                match name {
                    "attempts" => self.fact(Fact::Attempts(meant.unit), Type::Int, span),
                    "begins" => self.fact(Fact::Begins(meant.unit), Type::Duration, span),
                    _ => self.fact(Fact::Ends(meant.unit), Type::Duration, span),
                }
            }
        })
    }

    /// `undone(pilot.deploy)`, for a target that may be worked out only later: `undone(pilot.deploy[site])`.
    fn history_call(&mut self, history: History, tree: syntax::Expr<'t>, span: Span) -> Typed {
        let Some(meant) = self.unit_meant(tree) else { return Typed::bad(span) };
        let Some(of) = meant.of.filter(|_| meant.unit.target.is_none()) else {
            return self.fact(Fact::Ever(history, meant.unit), Type::Bool, span);
        };
        let target = self.typed(of, &Type::Target);
        let name = Expr::new(ExprKind::Field(Box::new(target), SmolStr::new("name")), of.span());
        let targets = self.fact(Fact::Targets(history, meant.unit), Type::list(Type::Text), span).expr;
        let kind = ExprKind::Compare(Comparison::In, Box::new(name), Box::new(targets));
        Typed::new(kind, Type::Bool, span)
    }

    fn count_call(&mut self, tree: syntax::Expr<'t>, span: Span) -> Typed {
        let counted = match tree.kind() {
            Tree::Call { callee, args } => {
                callee.as_name().and_then(|it| history_named(it.text())).zip(args.iter().next())
            }
            _ => None,
        };
        let Some((history, unit)) = counted.and_then(|(history, arg)| Some((history, arg.value?))) else {
            let problem = Diagnostic::new(Code::SHAPE, tree.span(), "`count` counts what happened to something");
            self.say(problem.help("write `count(done(pilot.deploy))`; the length of a list is `len(…)`"));
            return Typed::bad(span);
        };
        match self.unit_meant(unit) {
            Some(meant) => self.fact(Fact::Count(history, meant.unit), Type::Int, span),
            None => Typed::bad(span),
        }
    }

    /// Puts a fact into an expectation.
    fn fact(&mut self, fact: Fact, of: Type, span: Span) -> Typed {
        let local = self.new_local(of.clone());
        if let Some(tried) = &mut self.tried {
            tried.facts.push(FactUse { local, fact, span });
        }
        Typed::new(ExprKind::Local(local), of, span)
    }
}

fn outcome_type() -> Type {
    Type::OneOf(OUTCOMES.iter().map(SmolStr::new).collect())
}
