//! Strings with holes: what each hole writes. Never quotes for a shell or a query; that is for those who know the place.

use std::fmt::{self, Write};

use smol_str::{SmolStr, SmolStrBuilder};

use super::evaluate::condition;
use super::fuel::TEXT_BYTES_MAX;
use super::operate::absent;
use super::{Fuel, Scope, Truth, Wrong, eval};
use crate::model::{Expr, ExprKind, TextPart};
use crate::source::Span;
use crate::value::{Sum, Value};

/// A part of a text that may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Plain(String),
    /// The content of the secret with this name.
    Secret(SmolStr),
}

/// Returns a text in pieces, for the places where a secret may stand: `env`, `stdin`, headers.
///
/// # Errors
/// As [`eval`]; a secret within a list or a record is refused.
pub fn text_with_secrets(expr: &Expr, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Vec<Piece>, Wrong> {
    let mut pieces = Vec::new();
    write_pieces(expr, &mut pieces, scope, fuel)?;
    Ok(pieces)
}

/// Returns the value of a string with holes.
pub(super) fn text(parts: &[TextPart], span: Span, scope: &dyn Scope, fuel: &mut Fuel) -> Result<Value, Wrong> {
    let mut builder = Builder::default();
    for part in parts {
        match part {
            TextPart::Chunk(chunk) => builder.write_str(chunk).map_err(|_| builder.too_long(span))?,
            TextPart::Hole(hole) => {
                let value = eval(hole, scope, fuel)?;
                check_showable(&value, hole.span)?;
                write!(builder, "{value}").map_err(|_| builder.too_long(span))?;
            }
        }
    }
    fuel.spend_text(builder.bytes, span)?;
    Ok(Value::Text(builder.text.finish()))
}

/// Returns a value as text, as a hole writes it; an absent one is written too.
pub(super) fn format(value: &Value, span: Span, fuel: &mut Fuel) -> Result<SmolStr, Wrong> {
    if let Value::Text(text) = value {
        return Ok(text.clone());
    }
    if !value.is_null() {
        check_showable(value, span)?;
    }
    let mut builder = Builder::default();
    write!(builder, "{value}").map_err(|_| builder.too_long(span))?;
    fuel.spend_text(builder.bytes, span)?;
    Ok(builder.text.finish())
}

/// Joins values into a text.
pub(super) fn join(list: &[Value], by: &str, span: Span, fuel: &mut Fuel) -> Result<SmolStr, Wrong> {
    let mut builder = Builder::default();
    for (at, value) in list.iter().enumerate() {
        if !value.is_null() {
            check_showable(value, span)?;
        }
        write!(builder, "{}{value}", if at == 0 { "" } else { by }).map_err(|_| builder.too_long(span))?;
    }
    fuel.spend_text(builder.bytes, span)?;
    Ok(builder.text.finish())
}

fn check_showable(value: &Value, span: Span) -> Result<(), Wrong> {
    if value.is_null() {
        return Err(absent(span));
    }
    match secret_within(value) {
        None => Ok(()),
        Some(name) => {
            let message =
                format!("the secret `{name}` would be shown here; hand it over in `env`, `stdin` or a header");
            Err(Wrong::cannot(span, message))
        }
    }
}

fn secret_within(value: &Value) -> Option<&SmolStr> {
    match value {
        Value::Secret(name) => Some(name),
        Value::List(list) => list.iter().find_map(secret_within),
        Value::Record(record) => record.values().find_map(secret_within),
        Value::Range(range) => secret_within(&range.0).or_else(|| secret_within(&range.1)),
        Value::Null
        | Value::Unknown
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Number(_)
        | Value::Percent(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::Instant(_)
        | Value::Weekday(_)
        | Value::Text(_)
        | Value::Window(_)
        | Value::Target(_) => None,
    }
}

/// A text that grows to its limit and no further; a short one never leaves the stack.
#[derive(Default)]
struct Builder {
    text: SmolStrBuilder,
    bytes: usize,
}

impl Builder {
    fn too_long(&self, span: Span) -> Wrong {
        Wrong::cannot(span, format!("this text is longer than {} MiB", TEXT_BYTES_MAX >> 20))
    }
}

impl Write for Builder {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes += text.len();
        if self.bytes > TEXT_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}

/// Follows the expression wherever it joins or chooses texts, because a text that holds a secret is never a value.
fn write_pieces(expr: &Expr, pieces: &mut Vec<Piece>, scope: &dyn Scope, fuel: &mut Fuel) -> Result<(), Wrong> {
    fuel.enter(expr.span)?;
    let written = write_kind(expr, pieces, scope, fuel);
    fuel.leave();
    written
}

fn write_kind(expr: &Expr, pieces: &mut Vec<Piece>, scope: &dyn Scope, fuel: &mut Fuel) -> Result<(), Wrong> {
    match &expr.kind {
        ExprKind::Text(parts) => parts.iter().try_for_each(|part| match part {
            TextPart::Chunk(chunk) => {
                push_plain(pieces, chunk);
                Ok(())
            }
            TextPart::Hole(hole) => write_pieces(hole, pieces, scope, fuel),
        }),
        ExprKind::If(cond, then, otherwise) => match condition(cond, scope, fuel)? {
            Truth::Holds => write_pieces(then, pieces, scope, fuel),
            Truth::Violated => write_pieces(otherwise, pieces, scope, fuel),
            Truth::Unknown => Err(Wrong::cannot(cond.span, "it is unknown which of the two stands here")),
        },
        ExprKind::Sum(Sum::Add, left, right) if is_text(left) || is_text(right) => {
            write_pieces(left, pieces, scope, fuel)?;
            write_pieces(right, pieces, scope, fuel)
        }
        _ => match eval(expr, scope, fuel)? {
            Value::Secret(name) => {
                pieces.push(Piece::Secret(name));
                Ok(())
            }
            Value::Null => Err(absent(expr.span)),
            value => {
                push_plain(pieces, &format(&value, expr.span, fuel)?);
                Ok(())
            }
        },
    }
}

/// Whether this is a text at first sight; a sum of which neither side is one is evaluated as a whole.
fn is_text(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Text(_) | ExprKind::Value(Value::Text(_)) => true,
        ExprKind::Sum(Sum::Add, left, right) => is_text(left) || is_text(right),
        _ => false,
    }
}

fn push_plain(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Plain(plain)) => plain.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece::Plain(text.to_owned())),
    }
}
