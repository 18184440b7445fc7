//! Prometheus' HTTP API: what is asked of it, and what its answers say. Knows no unit and no gate.

use serde_json::Value as Json;

use super::metric::Found;
use crate::engine::{HttpJob, Piece, SecretText, StatusRange, percent_encoded};
use crate::value::At;

/// The request for one question.
pub(super) fn request(
    (url, headers, timeout_ms): (&str, &[(smol_str::SmolStr, SecretText)], u64),
    path: &str,
    form: String,
) -> HttpJob {
    let mut headers = headers.to_vec();
    let kind = "application/x-www-form-urlencoded".to_owned();
    headers.push(("content-type".into(), SecretText::plain(kind)));
    HttpJob {
        method: "POST".into(),
        url: format!("{}/api/v1/{path}", url.trim_end_matches('/')),
        headers,
        // A long query fits into a body and not into an address.
        body: Some(SecretText(vec![Piece::Plain(form)])),
        timeout_ms,
        accept: ANSWERED.to_vec(),
    }
}

/// What Prometheus answers itself: with these it says in the body what was wrong with a query. All others are those of
/// whoever stands before it, as one that wants a login.
const ANSWERED: [StatusRange; 4] = [
    StatusRange { first: 200, last: 299 },
    StatusRange { first: 400, last: 400 },
    StatusRange { first: 422, last: 422 },
    StatusRange { first: 503, last: 503 },
];

/// How far the samples of a mean over the past lie apart.
const STEP_MS: i64 = 60_000;

/// No series is asked for with more samples; Prometheus refuses more than 11 000.
const SERIES_MAX: i64 = 10_000;

/// So many samples of a stretch show where it goes, however short it is.
const TREND_STEPS: i64 = 30;

/// Writes what is asked: the value now, the mean over a while, or all samples of it.
pub(super) fn form_body(query: &str, over: Option<(At, At)>, series: bool, timed: bool) -> String {
    let Some((from, to)) = over else { return format!("query={}", percent_encoded(query)) };
    let (over_ms, end_s) = (to.since_ms(from).max(1), to.0.div_euclid(1000));
    let step_ms = STEP_MS.min(if timed { over_ms / TREND_STEPS } else { over_ms }).max(1);
    if series {
        let (start_s, step_s) = (from.0.div_euclid(1000), (over_ms / SERIES_MAX).max(step_ms).div_euclid(1000).max(1));
        return format!("query={}&start={start_s}&end={end_s}&step={step_s}", percent_encoded(query));
    }
    let mean = format!("avg_over_time(({query})[{over_ms}ms:{step_ms}ms])");
    format!("query={}&time={end_s}", percent_encoded(&mean))
}

/// Writes the question for the values at even distances.
pub(super) fn steps_body(query: &str, (from, to): (At, At), every_ms: i64) -> String {
    let seconds = |at: At| format!("{}.{:03}", at.0.div_euclid(1000), at.0.rem_euclid(1000));
    let (start, end, step) = (seconds(from), seconds(to), seconds(At(every_ms)));
    format!("query={}&start={start}&end={end}&step={step}", percent_encoded(query))
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

/// Reads one sample, or none, and what Prometheus warns of.
pub(super) fn instant(body: &str) -> Result<Found, String> {
    let answer = granted(body)?;
    Ok(Found { number: one(&answer)?, note: warnings(&answer) })
}

/// Returns what Prometheus has to say beside its answer, such as that a part of its storage did not answer.
fn warnings(answer: &Json) -> Option<String> {
    const SHOWN_MAX: usize = 3;
    let all: Vec<&str> = answer["warnings"].as_array()?.iter().filter_map(Json::as_str).collect();
    let shown = all[..all.len().min(SHOWN_MAX)].join("; ");
    (!all.is_empty()).then(|| format!("Prometheus warns: {shown}"))
}

fn one(answer: &Json) -> Result<Option<f64>, String> {
    let result = &answer["data"]["result"];
    match answer["data"]["resultType"].as_str() {
        Some("scalar") => sample(result).map(Some),
        Some("vector") => match result.as_array().map(Vec::as_slice) {
            Some([]) | None => Ok(None),
            Some([one]) => sample(&one["value"]).map(Some),
            Some(many) => Err(several(many.len())),
        },
        Some(other) => Err(format!("the query gives a {other}, and one number is needed")),
        None => Err("the answer is not that of Prometheus".to_owned()),
    }
}

/// Reads the answer to a range query: the samples of one series, or none.
pub(super) fn matrix(body: &str) -> Result<Vec<(At, f64)>, String> {
    let answer = granted(body)?;
    match answer["data"]["result"].as_array().map(Vec::as_slice) {
        Some([]) | None => Ok(Vec::new()),
        Some([one]) => one["values"].as_array().into_iter().flatten().map(timed).collect(),
        Some(many) => Err(several(many.len())),
    }
}

/// What one step of a range came to: its instant, and each series' number there.
pub(super) type Step = (At, Vec<f64>);

/// Reads the answer to a range query, step by step, whatever series it has.
pub(super) fn steps(body: &str) -> Result<(Vec<Step>, Option<String>), String> {
    let answer = granted(body)?;
    let mut found: std::collections::BTreeMap<At, Vec<f64>> = Default::default();
    for series in answer["data"]["result"].as_array().into_iter().flatten() {
        for pair in series["values"].as_array().into_iter().flatten() {
            let (at, number) = timed(pair)?;
            found.entry(at).or_default().push(number);
        }
    }
    Ok((found.into_iter().collect(), warnings(&answer)))
}

pub(super) fn several(many: usize) -> String {
    format!("the query gives {many} series and one is needed; aggregate it")
}

fn timed(pair: &Json) -> Result<(At, f64), String> {
    let at = pair[0].as_f64().ok_or("the answer holds a sample without its time")?;
    Ok((At((at * 1000.0).round() as i64), sample(pair)?))
}

fn sample(pair: &Json) -> Result<f64, String> {
    let text = pair[1].as_str().ok_or("the answer holds no sample")?;
    match text {
        "+Inf" | "Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        text => text.parse().map_err(|_| format!("`{text}` is not a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(number: Option<f64>) -> Found {
        Found { number, note: None }
    }

    fn vector(values: &[&str]) -> String {
        let series: Vec<String> =
            values.iter().map(|it| format!("{{\"metric\":{{}},\"value\":[1.5,\"{it}\"]}}")).collect();
        let list = series.join(",");
        format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{list}]}}}}")
    }

    #[test]
    fn one_series_is_a_sample_none_is_no_data_and_several_are_a_mistake() {
        assert_eq!(instant(&vector(&["0.05"])), Ok(found(Some(0.05))));
        assert_eq!(instant(&vector(&[])), Ok(found(None)));
        assert!(instant(&vector(&["1", "2"])).is_err());
        assert!(instant("{\"status\":\"error\",\"error\":\"parse error\"}").is_err_and(|it| it.contains("parse")));
        assert!(instant("<html>").is_err());
    }

    #[test]
    fn what_it_warns_of_is_told() {
        let answer = "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"2\"]},\"warnings\":[\"partial\"]}";
        let note = Some("Prometheus warns: partial".to_owned());
        assert_eq!(instant(answer), Ok(Found { number: Some(2.0), note }));
    }

    #[test]
    fn a_range_is_read_step_by_step() {
        let answer = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[\
            {\"values\":[[1,\"0.5\"],[2.5,\"NaN\"]]},{\"values\":[[1,\"7\"]]}]}}";
        let (steps, _) = steps(answer).expect("it is one");
        assert_eq!(steps[0], (At(1000), vec![0.5, 7.0]));
        assert_eq!(steps[1].0, At(2500));
        assert!(steps[1].1[0].is_nan());
    }
}
