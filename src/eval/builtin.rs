//! What each built-in function does. Reads the environment and files through the scope alone.

use smol_str::{SmolStr, StrExt};

use super::evaluate::{known, with_arguments};
use super::operate::{absent, kind, listed, shown};
use super::quantify::{Quantifier, quantify};
use super::{Fuel, Scope, Wrong, collect, json_value, text};
use crate::model::{Builtin, Expr};
use crate::source::Span;
use crate::value::Value;

/// Why a call gives nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// The checker lets no such argument through; what came from an untyped text may still be one.
    Mistyped {
        at: usize,
        wanted: &'static str,
    },
    /// Arguments of the right types of which nothing comes.
    Cannot(String),
    Wrong(Wrong),
}

impl From<Wrong> for Fault {
    fn from(wrong: Wrong) -> Fault {
        Fault::Wrong(wrong)
    }
}

/// Calls a built-in function.
pub(super) fn call(
    builtin: Builtin,
    arguments: &[Expr],
    span: Span,
    scope: &dyn Scope,
    fuel: &mut Fuel,
) -> Result<Value, Wrong> {
    if let (Builtin::All | Builtin::Any | Builtin::None, [argument]) = (builtin, arguments) {
        let all = if builtin == Builtin::All { Quantifier::All } else { Quantifier::Any };
        let truth = quantify(all, argument, scope, fuel)?;
        return Ok(if builtin == Builtin::None { truth.not().value() } else { truth.value() });
    }
    with_arguments(arguments, scope, fuel, |values, fuel| {
        apply(builtin, values, span, scope, fuel).map_err(|fault| placed(fault, builtin, arguments, values, span))
    })
}

#[cold]
fn placed(fault: Fault, builtin: Builtin, arguments: &[Expr], values: &[Value], span: Span) -> Wrong {
    match fault {
        Fault::Wrong(wrong) => wrong,
        Fault::Cannot(why) => Wrong::cannot(span, why),
        Fault::Mistyped { at, wanted } => {
            let place = arguments.get(at).map_or(span, |it| it.span);
            let name = builtin.row().name;
            match values.get(at) {
                Some(Value::Null) => absent(place),
                Some(has) => {
                    let message = format!("`{name}` takes {wanted}, and {} is {}", shown(has), kind(has));
                    Wrong::cannot(place, message)
                }
                None => Wrong::cannot(place, format!("`{name}` lacks {wanted}")),
            }
        }
    }
}

/// Applies a function to its arguments. What is unknown makes the whole unknown, unless it is only to be shown.
pub(super) fn apply(
    builtin: Builtin,
    values: &[Value],
    span: Span,
    scope: &dyn Scope,
    fuel: &mut Fuel,
) -> Result<Value, Fault> {
    if builtin != Builtin::Format && values.contains(&Value::Unknown) {
        return Ok(Value::Unknown);
    }
    let call = Call { values, span };
    match builtin {
        Builtin::Env => env(&call, scope),
        Builtin::File => Ok(Value::Text(known(scope.file(call.text(0)?), span)?)),
        Builtin::Role => Ok(Value::list(known(scope.members(call.text(0)?), span)?.into_iter().map(Value::Text))),
        Builtin::Json => json(&call, fuel),
        Builtin::Lower => call.changed_text(fuel, |it| it.to_lowercase_smolstr()),
        Builtin::Upper => call.changed_text(fuel, |it| it.to_uppercase_smolstr()),
        Builtin::Trim => call.changed_text(fuel, |it| SmolStr::new(it.trim())),
        Builtin::Split => split(&call, fuel),
        Builtin::Join => {
            let list = call.list(0, fuel)?;
            fuel.spend(list.len(), span)?;
            Ok(Value::Text(text::join(&list, call.text(1)?, span, fuel)?))
        }
        Builtin::Replace => replace(&call, fuel),
        Builtin::Matches => matches(&call, fuel),
        Builtin::Len => len(&call, fuel),
        Builtin::Min => collect::extreme(&call, fuel, |ordering| ordering.is_lt()),
        Builtin::Max => collect::extreme(&call, fuel, |ordering| ordering.is_gt()),
        Builtin::Sum => collect::sum(&call, fuel),
        Builtin::Avg => collect::avg(&call, fuel),
        Builtin::Round => round(&call),
        Builtin::Down => whole(call.plain(0)?.floor()),
        Builtin::Nearest => whole(call.plain(0)?.round()),
        Builtin::First => Ok(call.list(0, fuel)?.first().cloned().unwrap_or(Value::Null)),
        Builtin::Last => Ok(call.list(0, fuel)?.last().cloned().unwrap_or(Value::Null)),
        Builtin::Sort => collect::sort(&call, fuel),
        Builtin::Unique => collect::unique(&call, fuel),
        Builtin::Contains => collect::contains(&call, fuel),
        Builtin::Keys => collect::keys(&call, fuel),
        Builtin::Format => {
            let value = values.first().ok_or(Fault::Mistyped { at: 0, wanted: "a value" })?;
            Ok(Value::Text(text::format(value, span, fuel)?))
        }
        Builtin::All | Builtin::Any | Builtin::None => Err(Fault::Mistyped { at: 0, wanted: "one list of conditions" }),
        Builtin::Score => score(values),
        Builtin::Raw => Ok(Value::Text(call.text(0)?.clone())),
    }
}

/// The arguments of a call, each asked for as what it should be.
pub(super) struct Call<'c> {
    pub values: &'c [Value],
    pub span: Span,
}

impl<'c> Call<'c> {
    pub fn text(&self, at: usize) -> Result<&'c SmolStr, Fault> {
        self.values.get(at).and_then(Value::as_text).ok_or(Fault::Mistyped { at, wanted: "a string" })
    }

    fn changed_text(&self, fuel: &mut Fuel, change: impl Fn(&str) -> SmolStr) -> Result<Value, Fault> {
        let text = self.text(0)?;
        fuel.spend_text(text.len(), self.span)?;
        Ok(Value::Text(change(text)))
    }

    pub fn list(&self, at: usize, fuel: &mut Fuel) -> Result<std::borrow::Cow<'c, [Value]>, Fault> {
        match self.values.get(at) {
            Some(value @ (Value::List(_) | Value::Range(_))) => Ok(listed(value, self.span, fuel)?),
            _ => Err(Fault::Mistyped { at, wanted: "a list" }),
        }
    }

    fn plain(&self, at: usize) -> Result<f64, Fault> {
        match self.values.get(at) {
            Some(Value::Int(int)) => Ok(*int as f64),
            Some(Value::Number(number)) => Ok(*number),
            _ => Err(Fault::Mistyped { at, wanted: "a number" }),
        }
    }
}

fn env(call: &Call<'_>, scope: &dyn Scope) -> Result<Value, Fault> {
    let name = call.text(0)?;
    if let Some(text) = known(scope.variable(name), call.span)? {
        return Ok(Value::Text(text));
    }
    match call.values.get(1) {
        Some(Value::Text(default)) => Ok(Value::Text(default.clone())),
        None | Some(Value::Null) => {
            Err(Fault::Cannot(format!("the environment variable `{name}` is not set; give it a `default`")))
        }
        Some(_) => Err(Fault::Mistyped { at: 1, wanted: "a string" }),
    }
}

fn json(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let text = call.text(0)?;
    fuel.spend_text(text.len(), call.span)?;
    let value = json_value(text).map_err(Fault::Cannot)?;
    fuel.spend_value(&value, call.span)?;
    Ok(value)
}

/// The parts between separators; without a separator, the characters.
fn split(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let (text, by) = (call.text(0)?, call.text(1)?);
    fuel.spend_text(text.len(), call.span)?;
    let list = if by.is_empty() {
        fuel.spend(text.len(), call.span)?;
        Value::list(text.chars().map(|it| Value::Text(SmolStr::from_iter([it]))))
    } else {
        Value::list(text.split(by.as_str()).map(Value::text))
    };
    fuel.spend_value(&list, call.span)?;
    Ok(list)
}

fn replace(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let times = text.matches(from.as_str()).count();
    let bytes = text.len().saturating_add(times.saturating_mul(to.len()));
    fuel.spend_text(bytes, call.span)?;
    Ok(Value::Text(text.replace_smolstr(from, to)))
}

fn matches(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let (text, pattern) = (call.text(0)?, call.text(1)?);
    fuel.spend_text(text.len(), call.span)?;
    Ok(Value::Bool(fuel.pattern(pattern).map_err(Fault::Cannot)?.is_match(text)))
}

fn len(call: &Call<'_>, fuel: &mut Fuel) -> Result<Value, Fault> {
    let count = match call.values.first() {
        Some(Value::List(list)) => list.len(),
        Some(Value::Record(record)) => record.len(),
        Some(Value::Text(text)) => {
            fuel.spend_text(text.len(), call.span)?;
            text.chars().count()
        }
        Some(Value::Range(_)) => call.list(0, fuel)?.len(),
        _ => return Err(Fault::Mistyped { at: 0, wanted: "a list, a string or a map" }),
    };
    Ok(Value::Int(count as i64))
}

/// How many digits a float can show; more change nothing.
const DIGITS_MAX: i64 = 15;

fn round(call: &Call<'_>) -> Result<Value, Fault> {
    let digits = match call.values.get(1) {
        None => 0,
        Some(Value::Int(digits)) => (*digits).clamp(-DIGITS_MAX, DIGITS_MAX) as i32,
        Some(_) => return Err(Fault::Mistyped { at: 1, wanted: "an int" }),
    };
    match call.values.first() {
        Some(Value::Percent(points)) => Ok(Value::Percent(rounded(*points, digits))),
        _ => Ok(Value::Number(rounded(call.plain(0)?, digits))),
    }
}

/// Rounds half away from zero as on paper: `2.675` to two digits is `2.68`, though the float lies a hair below.
fn rounded(number: f64, digits: i32) -> f64 {
    let factor = 10_f64.powi(digits.abs());
    let scaled = if digits < 0 { number / factor } else { number * factor };
    let whole = (scaled * (1.0 + 4.0 * f64::EPSILON)).round();
    let result = if digits < 0 { whole * factor } else { whole / factor };
    if result.is_finite() { result } else { number }
}

fn whole(number: f64) -> Result<Value, Fault> {
    // Beyond 2^53 a float no longer counts by ones.
    if number.abs() <= 9_007_199_254_740_992.0 {
        Ok(Value::Int(number as i64))
    } else {
        Err(Fault::Cannot(format!("`{number}` is too large for an int")))
    }
}

/// How good a value is between two bounds of its own kind.
fn score(values: &[Value]) -> Result<Value, Fault> {
    let mut numbers = [0.0; 3];
    for (at, number) in numbers.iter_mut().enumerate() {
        *number = values.get(at).and_then(Value::as_number).ok_or(Fault::Mistyped { at, wanted: "a measure" })?;
    }
    let [value, good, bad] = numbers;
    if good == bad {
        return Err(Fault::Cannot("`score` needs two bounds that differ".to_owned()));
    }
    Ok(Value::Number((100.0 * (value - bad) / (good - bad)).clamp(0.0, 100.0)))
}
