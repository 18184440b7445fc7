//! Texts with their holes.

use std::sync::Arc;

use smol_str::SmolStr;

use super::checker::Checker;
use super::exprs::Typed;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind, TextPart};
use crate::source::Span;
use crate::syntax::{self, ExprKind as Tree, TextLiteral};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Lowers a text. Where an enumeration or a pattern is wanted it must be one of them.
    pub fn text_expr(&mut self, text: TextLiteral<'t>, want: Option<&Type>) -> Typed {
        let span = text.span();
        let Some(plain) = text.plain() else { return self.interpolated(text, span) };
        match want.map(Type::present) {
            Some(Type::OneOf(members)) => {
                if !members.iter().any(|it| *it == plain) {
                    self.say_no_value(&plain, members, span);
                    return Typed::bad(span);
                }
                Typed::value(Value::text(plain), Type::OneOf(Arc::clone(members)), span)
            }
            Some(Type::Regex) => {
                self.check_pattern(&plain, span);
                Typed::value(Value::text(plain), Type::Regex, span)
            }
            Some(Type::Url) => Typed::value(Value::text(plain), Type::Url, span),
            _ => Typed::value(Value::text(plain), Type::Text, span),
        }
    }

    /// Reports a pattern that is none, and returns whether it is one.
    pub fn check_pattern(&mut self, pattern: &str, span: Span) -> bool {
        if self.patterns.contains(pattern) {
            return true;
        }
        match regex::Regex::new(pattern) {
            Ok(_) => self.patterns.insert(pattern.to_owned()),
            Err(error) => {
                let whole = error.to_string();
                let why = whole.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.say(Diagnostic::new(Code::BAD_PATTERN, span, "this pattern cannot be read").because(why));
                false
            }
        }
    }

    /// Lowers a URL. Its holes stay holes, known or not: each is spelled as one component when it is sent.
    pub fn url(&mut self, tree: syntax::Expr<'t>) -> Expr {
        match tree.kind() {
            Tree::Text(text) if text.plain().is_none() => {
                let typed = self.with_holes(text, tree.span());
                let fits = self.expect_type(tree, &typed.expr, &typed.of, &Type::Text);
                if fits { typed.expr } else { Expr::new(ExprKind::Bad, tree.span()) }
            }
            _ => self.typed(tree, &Type::Text),
        }
    }

    fn interpolated(&mut self, text: TextLiteral<'t>, span: Span) -> Typed {
        let typed = self.with_holes(text, span);
        self.folded(typed)
    }

    fn with_holes(&mut self, text: TextLiteral<'t>, span: Span) -> Typed {
        let mut parts = Vec::new();
        let mut holds_secret = false;
        for part in text.parts() {
            parts.push(match part {
                syntax::TextPart::Chunk(chunk, _) => TextPart::Chunk(SmolStr::new(chunk)),
                syntax::TextPart::Hole(tree, _) => {
                    let hole = self.hole(tree);
                    holds_secret |= matches!(hole.of, Type::Secret(_));
                    TextPart::Hole(hole.expr)
                }
            });
        }
        let of = if holds_secret { Type::Secret(Arc::new(Type::Text)) } else { Type::Text };
        Typed::new(ExprKind::Text(parts), of, span)
    }

    /// Lowers what stands in a hole: anything that has a text.
    pub fn hole(&mut self, tree: syntax::Expr<'t>) -> Typed {
        let typed = self.expr(tree, None);
        match &typed.of {
            Type::Optional(_) => {
                self.say_absent(tree.span(), tree.text(), &Type::Text);
                Typed { of: Type::Any, expr: Expr::new(ExprKind::Bad, tree.span()) }
            }
            Type::Callable(_) | Type::People | Type::Router | Type::Channel => {
                let message = format!("{} has no text", typed.of.described());
                self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message));
                Typed::bad(tree.span())
            }
            _ => typed,
        }
    }
}
