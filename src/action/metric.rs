//! One number, read where it is: asked of Prometheus, found in a JSON document, printed by a program. An empty answer
//! is no data, a source that does not answer is unknown. Knows no condition and no gate.

use serde_json::Value as Json;

use crate::engine::{Done, Fault, HttpJob, MetricAsk, MetricSource, Piece, Probed, SecretText, percent_encoded};
use crate::value::{At, Type, Value};

/// The request that reads a number, where a request does.
///
/// # Errors
/// Nothing of the past can be asked of this source.
pub(super) fn request(ask: &MetricAsk) -> Result<HttpJob, Probed> {
    match (&ask.source, ask.over) {
        (MetricSource::Prometheus { url, query, headers, timeout_ms }, over) => {
            let mut headers = headers.clone();
            let form = "application/x-www-form-urlencoded".to_owned();
            headers.push(("content-type".into(), SecretText::plain(form)));
            Ok(HttpJob {
                method: "POST".into(),
                url: format!("{}/api/v1/query{}", url.trim_end_matches('/'), if ask.series { "_range" } else { "" }),
                headers,
                // A long query fits into a body and not into an address.
                body: Some(SecretText(vec![Piece::Plain(form_body(query, over, ask.series))])),
                timeout_ms: *timeout_ms,
                // Prometheus says in the body what was wrong with a query.
                accept: vec![crate::engine::StatusRange { first: 200, last: 599 }],
            })
        }
        (MetricSource::Http { request, .. }, None) => Ok(request.clone()),
        (MetricSource::Http { .. } | MetricSource::Command(_), _) => Err(Probed::Unknown {
            why: "this source knows only what is now; `before` needs one that keeps the past".to_owned(),
        }),
    }
}

/// How far the samples of a mean over the past lie apart.
const STEP_MS: i64 = 60_000;

/// No series is asked for with more samples; Prometheus refuses more than 11 000.
const SERIES_MAX: i64 = 10_000;

fn form_body(query: &str, over: Option<(At, At)>, series: bool) -> String {
    let Some((from, to)) = over else { return format!("query={}", percent_encoded(query)) };
    let (over_ms, end_s) = (to.since_ms(from).max(1), to.0.div_euclid(1000));
    let step_ms = STEP_MS.min(over_ms);
    if series {
        let (start_s, step_s) = (from.0.div_euclid(1000), (over_ms / SERIES_MAX).max(step_ms).div_euclid(1000).max(1));
        return format!("query={}&start={start_s}&end={end_s}&step={step_s}", percent_encoded(query));
    }
    let mean = format!("avg_over_time(({query})[{over_ms}ms:{step_ms}ms])");
    format!("query={}&time={end_s}", percent_encoded(&mean))
}

/// Reads what a source answered.
pub(super) fn read(ask: &MetricAsk, answer: Result<Done, Fault>) -> Probed {
    let done = match answer {
        Ok(done) => done,
        Err(fault) => return Probed::Unknown { why: fault.message },
    };
    if ask.series {
        return match matrix(&done.stdout) {
            Ok(values) if values.is_empty() => Probed::Absent { why: "there is no data".to_owned() },
            Ok(values) => Probed::Series { values: values.into_iter().map(|it| it * ask.factor).collect() },
            Err(why) => Probed::Unknown { why },
        };
    }
    let found = match &ask.source {
        MetricSource::Prometheus { .. } => prometheus(&done.stdout),
        MetricSource::Http { pointer, .. } => document(&done.stdout, pointer),
        MetricSource::Command(_) => printed(&done.stdout),
    };
    match found {
        Ok(Some(number)) if number.is_nan() => Probed::Absent { why: "it is not a number (NaN)".to_owned() },
        Ok(Some(number)) => match measured(number, &ask.of, ask.factor) {
            Some(value) => Probed::Sampled { value },
            None => Probed::Unknown { why: format!("{number} is no {}", ask.of) },
        },
        Ok(None) => Probed::Absent { why: "there is no data".to_owned() },
        Err(why) => Probed::Unknown { why },
    }
}

/// Gives a number of a source the unit of its metric.
fn measured(number: f64, of: &Type, factor: f64) -> Option<Value> {
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

/// Reads an answer of Prometheus' HTTP API that is not a refusal.
fn granted(body: &str) -> Result<Json, String> {
    let answer: Json = serde_json::from_str(body).map_err(|_| "the answer is not that of Prometheus".to_owned())?;
    if answer["status"] != "success" {
        let why = answer["error"].as_str().unwrap_or("it says no reason");
        return Err(format!("Prometheus refused the query: {why}"));
    }
    Ok(answer)
}

/// Reads the answer of Prometheus' HTTP API: one sample, or none.
fn prometheus(body: &str) -> Result<Option<f64>, String> {
    let answer = granted(body)?;
    let result = &answer["data"]["result"];
    match answer["data"]["resultType"].as_str() {
        Some("scalar") => sample(result).map(Some),
        Some("vector") => match result.as_array().map(Vec::as_slice) {
            Some([]) | None => Ok(None),
            Some([one]) => sample(&one["value"]).map(Some),
            Some(many) => Err(format!("the query gives {} series and one is needed; aggregate it", many.len())),
        },
        Some(other) => Err(format!("the query gives a {other}, and one number is needed")),
        None => Err("the answer is not that of Prometheus".to_owned()),
    }
}

/// Reads the answer to a range query: the samples of one series, or none.
fn matrix(body: &str) -> Result<Vec<f64>, String> {
    let answer = granted(body)?;
    match answer["data"]["result"].as_array().map(Vec::as_slice) {
        Some([]) | None => Ok(Vec::new()),
        Some([one]) => one["values"].as_array().into_iter().flatten().map(sample).collect(),
        Some(many) => Err(format!("the query gives {} series and one is needed; aggregate it", many.len())),
    }
}

fn sample(pair: &Json) -> Result<f64, String> {
    let text = pair[1].as_str().ok_or("the answer holds no sample")?;
    match text {
        "+Inf" | "Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        text => text.parse().map_err(|_| format!("`{text}` is not a number")),
    }
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

    fn vector(values: &[&str]) -> String {
        let series: Vec<String> =
            values.iter().map(|it| format!("{{\"metric\":{{}},\"value\":[1.5,\"{it}\"]}}")).collect();
        let list = series.join(",");
        format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{list}]}}}}")
    }

    #[test]
    fn one_series_is_a_sample_none_is_no_data_and_several_are_a_mistake() {
        assert_eq!(prometheus(&vector(&["0.05"])), Ok(Some(0.05)));
        assert_eq!(prometheus(&vector(&[])), Ok(None));
        assert!(prometheus(&vector(&["1", "2"])).is_err());
        assert!(prometheus("{\"status\":\"error\",\"error\":\"parse error\"}").is_err_and(|it| it.contains("parse")));
        assert!(prometheus("<html>").is_err());
    }

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
