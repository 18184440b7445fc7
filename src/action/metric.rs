//! One number, read where it is: asked of a server, found in a JSON document, printed by a program. An empty answer
//! is no data, a source that does not answer is unknown. Knows no condition and no gate.

use serde_json::Value as Json;

use super::{alerts, prometheus};
use crate::engine::{Fault, HttpJob, MetricAsk, MetricSource, Probed};
use crate::value::{At, Type, Value};

/// The request that reads a number, where a request does.
///
/// # Errors
/// Nothing of the past can be asked of this source.
pub(super) fn request(ask: &MetricAsk) -> Result<HttpJob, Probed> {
    match (&ask.source, ask.over) {
        (MetricSource::Prometheus { url, query, headers, timeout_ms }, over) => {
            let path = if ask.series { "query_range" } else { "query" };
            let form = prometheus::form_body(query, over, ask.series, ask.timed);
            Ok(prometheus::request((url, headers, *timeout_ms), path, form))
        }
        (MetricSource::Http { request, .. } | MetricSource::Alertmanager { request }, None) => Ok(request.clone()),
        (
            MetricSource::Http { .. }
            | MetricSource::Alertmanager { .. }
            | MetricSource::Command(_)
            | MetricSource::Recorded { .. },
            _,
        ) => Err(Probed::Unknown { why: NO_PAST.to_owned() }),
    }
}

const NO_PAST: &str = "this source knows only what is now; `before` and `trend` need one that keeps the past";

/// A number, if there is one, and what else the source had to say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub number: Option<f64>,
    pub note: Option<String>,
}

/// Reads what a source answered.
pub(super) fn read(ask: &MetricAsk, answer: Result<String, Fault>) -> Probed {
    let text = match answer {
        Ok(text) => text,
        Err(fault) => return Probed::Unknown { why: fault.message },
    };
    if ask.series {
        return match prometheus::matrix(&text) {
            Ok(samples) if samples.is_empty() => Probed::Absent { why: "there is no data".to_owned() },
            Ok(samples) => {
                let (times, values): (Vec<At>, Vec<f64>) = samples.into_iter().unzip();
                let values = values.into_iter().map(|it| it * ask.factor).collect();
                Probed::Series { values, times: if ask.timed { times } else { Vec::new() } }
            }
            Err(why) => Probed::Unknown { why },
        };
    }
    let plain = |number: Result<Option<f64>, String>| number.map(|number| Found { number, note: None });
    let found = match &ask.source {
        MetricSource::Prometheus { .. } => prometheus::instant(&text),
        MetricSource::Http { pointer, .. } => plain(document(&text, pointer)),
        MetricSource::Alertmanager { .. } => alerts::firing(&text),
        MetricSource::Command(_) => plain(printed(&text)),
        MetricSource::Recorded { .. } => Err("what was recorded is read from its store".to_owned()),
    };
    match found {
        Ok(found) => told(found, ask),
        Err(why) => Probed::Unknown { why },
    }
}

/// Tells what was found in the unit of its metric.
pub(super) fn told(found: Found, ask: &MetricAsk) -> Probed {
    match found.number {
        Some(number) if number.is_nan() => Probed::Absent { why: "it is not a number (NaN)".to_owned() },
        Some(number) => match measured(number, &ask.of, ask.factor) {
            Some(value) => Probed::Sampled { value, note: found.note },
            None => Probed::Unknown { why: format!("{number} is no {}", ask.of) },
        },
        None => {
            let said = found.note.map_or_else(String::new, |it| format!("; {it}"));
            Probed::Absent { why: format!("there is no data{said}") }
        }
    }
}

/// Gives a number of a source the unit of its metric.
pub(super) fn measured(number: f64, of: &Type, factor: f64) -> Option<Value> {
    let scaled = number * factor;
    if !scaled.is_finite() {
        return None;
    }
    Some(match of {
        Type::Percent => Value::Percent(scaled),
        Type::Duration => Value::Duration(scaled.round() as i64),
        Type::Size if scaled >= 0.0 => Value::Size(scaled.round() as u64),
        Type::Size => return None,
        Type::Int => Value::Int(scaled.round() as i64),
        _ => Value::Number(scaled),
    })
}

/// Reads the number at a place of a JSON document.
fn document(body: &str, pointer: &str) -> Result<Option<f64>, String> {
    let document: Json = serde_json::from_str(body).map_err(|error| format!("the answer is not JSON: {error}"))?;
    match document.pointer(pointer) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Number(number)) => Ok(number.as_f64()),
        Some(Json::String(text)) => {
            text.trim().parse().map(Some).map_err(|_| format!("at `{pointer}` stands `{text}`, which is not a number"))
        }
        Some(Json::Bool(_) | Json::Array(_) | Json::Object(_)) => {
            Err(format!("at `{pointer}` stands something that is not a number"))
        }
    }
}

/// Reads the number that a program printed.
fn printed(text: &str) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("it printed `{}`, which is not a number", cut(text)))
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_document_may_be_empty() {
        assert_eq!(document("{\"a\":[1,2.5]}", "/a/1"), Ok(Some(2.5)));
        assert_eq!(document("{\"a\":null}", "/a"), Ok(None));
        assert!(document("{\"a\":{}}", "/a").is_err());
    }

    #[test]
    fn a_number_gets_the_unit_of_its_metric() {
        assert_eq!(measured(0.05, &Type::Percent, 100.0), Some(Value::Percent(5.0)));
        assert_eq!(measured(0.25, &Type::Duration, 1000.0), Some(Value::Duration(250)));
        assert_eq!(measured(f64::INFINITY, &Type::Duration, 1000.0), None);
        assert_eq!(measured(-1.0, &Type::Size, 1.0), None);
    }
}
