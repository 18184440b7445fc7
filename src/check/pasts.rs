//! What is asked of a metric's past: what it was before the change, and where it is going.

use super::checker::Checker;
use super::declare::Declaration;
use super::exprs::Typed;
use crate::diag::{Code, Diagnostic};
use crate::model::{Before, Expr, ExprKind, MetricId, Trend};
use crate::source::Span;
use crate::syntax;
use crate::value::Type;

/// A metric as it is called, with what it measures.
struct Called {
    metric: MetricId,
    arguments: Vec<Expr>,
    of: Type,
}

impl<'t> Checker<'t> {
    /// `before(m, over = 1h, ago = 0s)`.
    pub fn before_call(&mut self, args: syntax::Args<'t>, span: Span) -> Typed {
        let Some((called, [over, ago])) = self.past_call("before", ["over", "ago"], args, span) else {
            return Typed::bad(span);
        };
        let before = Before { metric: called.metric, arguments: called.arguments, over, ago };
        Typed::new(ExprKind::Before(Box::new(before)), called.of, span)
    }

    /// `trend(m, over = 10m, per = 10m)`.
    pub fn trend_call(&mut self, args: syntax::Args<'t>, span: Span) -> Typed {
        let Some((called, [over, per])) = self.past_call("trend", ["over", "per"], args, span) else {
            return Typed::bad(span);
        };
        if let Some(name) = self.worked_out(called.metric) {
            let message = format!("`{name}` is worked out, and a trend is read off samples");
            let problem = Diagnostic::new(Code::MISMATCH, span, message);
            self.say(problem.help("take the trend of what it is worked out from"));
            return Typed::bad(span);
        }
        let Some(over) = over else {
            let problem = Diagnostic::new(Code::ARGUMENTS, span, "`trend` needs `over`");
            self.say(problem.because("how much time before now is looked at?").help("write `trend(m, over = 10m)`"));
            return Typed::bad(span);
        };
        // A half of a whole number is a rise as well.
        let of = if called.of == Type::Int { Type::Number } else { called.of };
        let trend = Trend { metric: called.metric, arguments: called.arguments, over, per };
        Typed::new(ExprKind::Trend(Box::new(trend)), of, span)
    }

    /// Returns the name of a metric that is a formula.
    fn worked_out(&self, metric: MetricId) -> Option<&'t str> {
        let declared = self.declared.iter().find(|it| it.kind == Declaration::Metric(metric))?;
        declared.entry.value().map(|_| declared.name)
    }

    /// Reads a metric and two lengths of time that may be said of it.
    fn past_call(
        &mut self,
        function: &str,
        names: [&str; 2],
        args: syntax::Args<'t>,
        span: Span,
    ) -> Option<(Called, [Option<Expr>; 2])> {
        let mut metric = None;
        let mut lengths = [None, None];
        for arg in args {
            let Some(tree) = arg.value else { continue };
            let named = arg.name.map(|it| it.text());
            match named.and_then(|named| names.iter().position(|it| *it == named)) {
                Some(at) => lengths[at] = Some(self.typed(tree, &Type::Duration)),
                None if named.is_none() && metric.is_none() => metric = Some((tree, self.expr(tree, None))),
                None => {
                    let message = format!("`{function}` takes a metric, `{}` and `{}`", names[0], names[1]);
                    self.say(Diagnostic::new(Code::ARGUMENTS, arg.span, message));
                    return None;
                }
            }
        }
        match metric {
            Some((_, Typed { expr: Expr { kind: ExprKind::Metric(metric, arguments), .. }, of })) => {
                Some((Called { metric, arguments, of }, lengths))
            }
            Some((_, Typed { of: Type::Any, .. })) => None,
            Some((tree, _)) => {
                let problem = Diagnostic::new(Code::MISMATCH, tree.span(), format!("`{function}` takes a metric"));
                self.say(problem.help(format!(
                    "write `{function}(p95(site){})`",
                    if function == "trend" { ", over = 10m" } else { "" }
                )));
                None
            }
            None => {
                self.say(Diagnostic::new(Code::ARGUMENTS, span, format!("`{function}` needs a metric")));
                None
            }
        }
    }
}
