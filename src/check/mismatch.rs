//! Values of the wrong type, in a reader's words and with what to write instead.

use super::checker::Checker;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax;
use crate::value::{LiteralShape, Type, Value, parse_literal};

impl<'t> Checker<'t> {
    /// Reports a value that does not fit, and returns whether it fits.
    pub fn expect_type(&mut self, tree: syntax::Expr<'t>, expr: &Expr, of: &Type, want: &Type) -> bool {
        if of.fits(want) {
            return true;
        }
        let span = tree.span();
        match of {
            Type::Secret(_) => self.say_shown_secret(expr, want),
            Type::Optional(present) if present.fits(want) && !matches!(**present, Type::Any) => {
                self.say_absent(span, tree.text(), want);
            }
            _ => self.say_mismatch(span, expr, of, want),
        }
        false
    }

    fn say_mismatch(&mut self, span: Span, expr: &Expr, of: &Type, want: &Type) {
        let code = if is_bare_number(of) && unit_of(want).is_some() { Code::NO_UNIT } else { Code::MISMATCH };
        let message = match code {
            Code::NO_UNIT => format!("a {want} needs its unit"),
            _ => format!("this is {}, and {} is needed", of.described(), want.described()),
        };
        let problem = Diagnostic::new(code, span, message);
        let problem = if code == Code::NO_UNIT { problem } else { problem.because(format!("is {}", of.described())) };
        self.say(with_remedy(problem, span, expr, of, want));
    }

    /// Says that something may be absent where it is needed.
    pub fn say_absent(&mut self, span: Span, written: &str, want: &Type) {
        let problem = Diagnostic::new(Code::ABSENT, span, format!("`{}` may be absent", shortened(written)));
        let simple = !written.contains(char::is_whitespace);
        let help = match default_of(want.present()).filter(|_| simple) {
            Some(default) => {
                format!("say what then: `{} ?? {default}`, or ask with `if` or `when`", shortened(written))
            }
            None => "say what then with `??`, or ask with `if` or `when` whether it is there".to_owned(),
        };
        self.say(problem.because("there may be no value").help(help));
    }

    /// Says that a secret would be shown, or not be usable, where it stands.
    pub fn say_shown_secret(&mut self, expr: &Expr, want: &Type) {
        let mut found: Option<(Span, String)> = None;
        expr.walk(&mut |it| {
            if let ExprKind::Value(Value::Secret(name)) = &it.kind {
                found = Some((it.span, name.to_string()));
            }
        });
        let (span, name) = found.unwrap_or((expr.span, "it".to_owned()));
        let problem = Diagnostic::new(Code::SHOWN_SECRET, span, format!("the secret `{name}` would be shown here"));
        let variable = name.to_uppercase().replace(['-', '.'], "_");
        let help = match want {
            Type::Text | Type::Any => format!(
                "hand it to the command as a variable: `env = {{ {variable} = {name} }}`, and read `${variable}` there"
            ),
            _ => "a secret may stand in `env`, `stdin`, headers and bodies".to_owned(),
        };
        self.say(problem.because("everyone who sees the run would see it").help(help));
    }
}

/// Shortens what is written for a message.
pub(super) fn shortened(written: &str) -> String {
    let line = written.lines().next().unwrap_or_default();
    if line.chars().count() > 40 || line.len() < written.len() {
        format!("{}…", line.chars().take(36).collect::<String>())
    } else {
        line.to_owned()
    }
}

fn is_bare_number(of: &Type) -> bool {
    matches!(of, Type::Int | Type::Number)
}

fn unit_of(want: &Type) -> Option<&'static str> {
    match want.present() {
        Type::Duration => Some("duration"),
        Type::Percent => Some("percent"),
        Type::Size => Some("size"),
        _ => None,
    }
}

fn default_of(of: &Type) -> Option<&'static str> {
    Some(match of {
        Type::Text => "\"none\"",
        Type::Int | Type::Number => "0",
        Type::Bool => "false",
        Type::Duration => "0s",
        Type::Percent => "0%",
        _ => return None,
    })
}

/// Adds what to write instead, where that is known.
pub(super) fn with_remedy(problem: Diagnostic, span: Span, expr: &Expr, of: &Type, want: &Type) -> Diagnostic {
    match (expr.known(), want.present()) {
        (Some(Value::Int(number)), Type::Duration) => problem.help(duration_help(*number)),
        (Some(Value::Int(number)), Type::Percent) => {
            let text = format!("{number}%");
            problem.help(format!("write `{text}`")).fix(format!("write `{text}`"), span, text)
        }
        (Some(Value::Number(number)), Type::Percent) => {
            let points = if number.abs() <= 1.0 { number * 100.0 } else { *number };
            let text = Value::Percent(points).to_string();
            problem.help(format!("write `{text}`")).fix(format!("write `{text}`"), span, text)
        }
        (Some(Value::Int(number)), Type::Size) => problem.help(format!("write `{number}MiB`, or another unit of size")),
        (Some(Value::Text(text)), want) => match reread(text, want) {
            Some(shape) => {
                problem.help(format!("write `{shape}` without quotes")).fix("take the quotes away", span, shape)
            }
            None => problem,
        },
        (_, Type::Text) if *of == Type::Target => problem.help("write its name: `.name`, or `\"${…}\"`"),
        (_, Type::Text) => problem.help("write it as a text: `\"${…}\"`"),
        (_, Type::List(_)) if of.fits(&want.element().unwrap_or(Type::Any)) => problem.help("write a list: `[…]`"),
        (Some(Value::Percent(_)), Type::Number | Type::Int) => problem.help("leave the `%` away, or divide by `1%`"),
        _ => problem,
    }
}

/// Says how a number becomes a duration.
fn duration_help(number: i64) -> String {
    if number >= 100 {
        format!("write `{number}ms`, or `{number}s`")
    } else {
        format!("write `{number}s`, or `{number}m`")
    }
}

/// Returns what a text says without its quotes, if that is a value of the wanted type.
fn reread(text: &str, want: &Type) -> Option<String> {
    let shape = match want {
        Type::Int => LiteralShape::Int,
        Type::Duration => LiteralShape::Duration,
        Type::Percent => LiteralShape::Percent,
        Type::Size => LiteralShape::Size,
        Type::Number => LiteralShape::Number,
        _ => return None,
    };
    let digits = text.starts_with(|it: char| it.is_ascii_digit());
    let value = if digits { parse_literal(shape, text).ok()? } else { return None };
    (value.type_of() == *want && value.to_string() == text).then(|| text.to_owned())
}
