//! From the text that a command, a file or a person wrote to a value of the type that is wanted. Knows the shapes of
//! literals only to hand each to the reader that knows its meaning.

use std::sync::Arc;

use smol_str::SmolStr;

use super::operate::shown;
use crate::value::{LiteralShape, Record, RecordType, Type, Value, Weekday, parse_literal};

/// Reads a text as a value of a type: `5m` as a duration, a JSON text as a list, a map or a record.
///
/// A text that is wanted as it is stays as it is; around everything else white space does not count.
///
/// # Errors
/// A sentence without a period.
pub fn read_as(text: &str, of: &Type) -> Result<Value, String> {
    let trimmed = text.trim();
    match of {
        Type::Text | Type::Any | Type::Url | Type::Regex => Ok(Value::text(text)),
        Type::OneOf(texts) => one_of(trimmed, texts),
        Type::Bool => match trimmed {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(not_a(trimmed, of)),
        },
        Type::Int => trimmed.parse().map(Value::Int).map_err(|_| not_a(trimmed, of)),
        Type::Number => number(trimmed).map(Value::Number).ok_or_else(|| not_a(trimmed, of)),
        Type::Percent => {
            let points = trimmed.strip_suffix('%').and_then(number);
            points.map(Value::Percent).ok_or_else(|| not_a(trimmed, of))
        }
        Type::Duration => literal(LiteralShape::Duration, trimmed, of, is_measured),
        Type::Size => literal(LiteralShape::Size, trimmed, of, is_measured),
        Type::Time => literal(LiteralShape::Time, trimmed, of, is_clock),
        Type::Date => literal(LiteralShape::Date, trimmed, of, |_| true),
        Type::Instant => literal(LiteralShape::Instant, trimmed, of, |_| true),
        Type::Weekday => Weekday::from_name(trimmed).map(Value::Weekday).ok_or_else(|| not_a(trimmed, of)),
        Type::Optional(_) if trimmed.is_empty() => Ok(Value::Null),
        Type::Optional(of) => read_as(text, of),
        Type::List(_) | Type::Map(_) | Type::Record(_) => typed(parse_json(trimmed)?, of),
        Type::Range(_)
        | Type::Target
        | Type::Fleet
        | Type::People
        | Type::Router
        | Type::Channel
        | Type::Secret(_)
        | Type::Callable(_) => Err(format!("{} cannot be read from a text", of.with_article())),
    }
}

/// Reads a JSON value as a value of a type; within it, a string may be anything that a text may be.
///
/// # Errors
/// A sentence without a period.
pub fn json_as(json: serde_json::Value, of: &Type) -> Result<Value, String> {
    typed(json, of)
}

/// Returns what a JSON text holds.
///
/// # Errors
/// A sentence without a period that says where the text goes wrong.
pub fn json_value(text: &str) -> Result<Value, String> {
    parse_json(text).and_then(plain)
}

fn parse_json(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))
}

fn not_a(text: &str, of: &Type) -> String {
    format!("{} is not {}", shown(&Value::text(text)), of.with_article())
}

fn number(text: &str) -> Option<f64> {
    let looks_right = text.starts_with(|it: char| it.is_ascii_digit() || it == '-' || it == '.');
    text.parse().ok().filter(|it: &f64| looks_right && it.is_finite())
}

/// A name among those that are allowed.
fn one_of(text: &str, allowed: &[SmolStr]) -> Result<Value, String> {
    match allowed.iter().find(|it| *it == text) {
        Some(found) => Ok(Value::Text(found.clone())),
        None => {
            let names: Vec<String> = allowed.iter().map(|it| format!("`{it}`")).collect();
            Err(format!("{} is none of {}", shown(&Value::text(text)), names.join(", ")))
        }
    }
}

/// Reads a literal whose text has at least the outline of one; what it means is up to the reader of literals.
fn literal(shape: LiteralShape, text: &str, of: &Type, has_shape: fn(&str) -> bool) -> Result<Value, String> {
    if !has_shape(text) {
        return Err(not_a(text, of));
    }
    parse_literal(shape, text)
}

/// Digits first and a unit last: `1h30m`, `0.5s`, `512MiB`.
fn is_measured(text: &str) -> bool {
    let starts = text.starts_with(|it: char| it.is_ascii_digit());
    let ends = text.ends_with(|it: char| it.is_ascii_alphabetic());
    starts && ends && text.chars().all(|it| it.is_ascii_alphanumeric() || it == '.')
}

/// `22:00` or `22:00:30`.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    (2..=3).contains(&parts.len()) && parts.iter().all(|it| it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit()))
}

/// A JSON value as it is: what has no type of its own there has none here.
fn plain(json: serde_json::Value) -> Result<Value, String> {
    typed(json, &Type::Any)
}

/// A JSON value as a type; within it, a string may be anything that a text may be.
fn typed(json: serde_json::Value, of: &Type) -> Result<Value, String> {
    use serde_json::Value as Json;
    match (json, of) {
        (Json::Null, Type::Optional(_) | Type::Any) => Ok(Value::Null),
        (json, Type::Optional(of)) => typed(json, of),
        (Json::Bool(bool), Type::Bool | Type::Any) => Ok(Value::Bool(bool)),
        (Json::Number(number), _) => typed_number(&number, of),
        (Json::String(text), _) => read_as(&text, of),
        (Json::Array(list), Type::Any) => typed_list(list, &Type::Any),
        (Json::Array(list), Type::List(of)) => typed_list(list, of),
        (Json::Object(fields), Type::Any) => typed_fields(fields, |_| Some(&Type::Any)).map(record),
        (Json::Object(fields), Type::Map(of)) => typed_fields(fields, |_| Some(of)).map(record),
        (Json::Object(fields), Type::Record(of)) => typed_record(fields, of),
        (json, of) => Err(not_a(&json.to_string(), of)),
    }
}

fn typed_number(number: &serde_json::Number, of: &Type) -> Result<Value, String> {
    let wrong = || not_a(&number.to_string(), of);
    match of {
        Type::Int => number.as_i64().map(Value::Int).ok_or_else(wrong),
        Type::Number => number.as_f64().map(Value::Number).ok_or_else(wrong),
        Type::Any => match number.as_i64() {
            Some(int) => Ok(Value::Int(int)),
            None => number.as_f64().map(Value::Number).ok_or_else(wrong),
        },
        // As a number it may have lost what it was written with: `1.10` is `1.1`.
        Type::Text | Type::Url | Type::Regex => Err(format!("{}; write it in quotes", wrong())),
        _ => Err(wrong()),
    }
}

fn typed_list(list: Vec<serde_json::Value>, of: &Type) -> Result<Value, String> {
    let values: Result<Vec<Value>, String> = list.into_iter().map(|it| typed(it, of)).collect();
    Ok(Value::List(values?.into()))
}

fn typed_fields<'t>(
    fields: serde_json::Map<String, serde_json::Value>,
    of: impl Fn(&str) -> Option<&'t Type>,
) -> Result<Record, String> {
    let typed_field = |(name, json): (String, serde_json::Value)| {
        let of = of(&name).ok_or_else(|| format!("there is no field `{name}` in this record"))?;
        let value = typed(json, of).map_err(|why| format!("`{name}`: {why}"))?;
        Ok((SmolStr::new(name), value))
    };
    fields.into_iter().map(typed_field).collect()
}

fn typed_record(fields: serde_json::Map<String, serde_json::Value>, of: &RecordType) -> Result<Value, String> {
    let read = typed_fields(fields, |name| of.fields.get(name))?;
    let missing = of.fields.iter().find(|(name, of)| !read.contains_key(*name) && !matches!(of, Type::Optional(_)));
    match missing {
        None => Ok(record(read)),
        Some((name, _)) => Err(format!("the field `{name}` is missing")),
    }
}

fn record(fields: Record) -> Value {
    Value::Record(Arc::new(fields))
}
