//! What counts as success of a command or a request, and what to do when nobody knows.

use smol_str::SmolStr;

use super::checker::Checker;
use super::exprs::Typed;
use super::word::{Parts, property_name};
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, Interrupted};
use crate::syntax::{self, ExprKind as Tree};
use crate::value::Type;

impl<'t> Checker<'t> {
    /// `interrupted = retry | fail | ask | verify(PROBE)`.
    pub fn interrupted(&mut self, parts: &Parts<'t>) -> Option<Interrupted> {
        let tree = parts.value("interrupted")?;
        match tree.kind() {
            Tree::Name(name) => match name.text() {
                "retry" => Some(Interrupted::Retry),
                "fail" => Some(Interrupted::Fail),
                "ask" => Some(Interrupted::Ask),
                other => {
                    let members: Vec<SmolStr> =
                        ["retry", "fail", "ask", "verify(…)"].into_iter().map(SmolStr::new).collect();
                    self.say_no_value(other, &members, tree.span());
                    None
                }
            },
            Tree::Call { callee, args } if callee.as_name().is_some_and(|it| it.text() == "verify") => {
                let condition = args.iter().next().and_then(|it| it.value)?;
                Some(Interrupted::Verify(self.condition(condition)))
            }
            _ => {
                let problem = Diagnostic::new(Code::SHAPE, tree.span(), "this does not say what to do");
                self.say(problem.help("write `retry`, `fail`, `ask` or `verify(PROBE)`"));
                None
            }
        }
    }

    /// Exit codes and a pattern for the output that count as success.
    pub fn accept_command(&mut self, parts: &Parts<'t>) -> (Option<Expr>, Option<Expr>) {
        let Some(tree) = parts.value("accept") else { return (None, None) };
        let Tree::Record(body) = tree.kind() else {
            let typed = self.expr(tree, Some(&Type::Regex));
            return match typed.of {
                Type::Regex | Type::Text => (None, Some(typed.expr)),
                _ => (self.codes(tree, typed), None),
            };
        };
        let (mut codes, mut output) = (None, None);
        for entry in body.entries().filter(|it| !it.is_broken()) {
            let (Some(name), Some(value)) = (property_name(entry), entry.value()) else { continue };
            match name.text() {
                "codes" => {
                    let typed = self.expr(value, None);
                    codes = self.codes(value, typed);
                }
                "output" => output = Some(self.typed(value, &Type::Regex)),
                other => {
                    let message = format!("`accept` has no field `{other}`");
                    self.say(Diagnostic::new(Code::NO_FIELD, name.span(), message).help("it has `codes` and `output`"));
                }
            }
        }
        (codes, output)
    }

    /// Status codes that count as success.
    pub fn accept_status(&mut self, parts: &Parts<'t>) -> Option<Expr> {
        let tree = parts.value("accept")?;
        let typed = self.expr(tree, None);
        self.codes(tree, typed)
    }

    /// An int, a range of ints, or a list of these.
    pub fn codes(&mut self, tree: syntax::Expr<'t>, typed: Typed) -> Option<Expr> {
        let is_code =
            |of: &Type| matches!(of, Type::Int | Type::Any) || matches!(of, Type::Range(of) if **of == Type::Int);
        let fits = is_code(&typed.of) || matches!(&typed.of, Type::List(of) if is_code(of));
        if !fits {
            let message = format!("this is {}, and codes are needed", typed.of.described());
            self.say(
                Diagnostic::new(Code::MISMATCH, tree.span(), message).help("write `200`, `200..204` or `[200, 404]`"),
            );
            return None;
        }
        Some(typed.expr)
    }
}
