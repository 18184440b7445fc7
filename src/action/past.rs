//! What a metric was, step by step, as it would have been read at each of them. Only sources that keep the past know.

use std::collections::BTreeMap;

use super::metric::{Found, told};
use super::{Performer, prometheus};
use crate::engine::{MetricAsk, MetricSource, Probed};
use crate::value::At;

/// How many steps are asked for at once; Prometheus refuses more than 11 000.
const STEPS_MAX: i64 = 5_000;

/// What a metric was at some steps; at a step that is not there, it had no data.
pub type Past = BTreeMap<At, Probed>;

impl Performer {
    /// Reads what a query of Prometheus would have come to at even distances.
    ///
    /// # Errors
    /// A sentence without a period: why nobody can tell.
    pub async fn past(&self, ask: &MetricAsk, (from, to): (At, At), every_ms: i64) -> Result<Past, String> {
        let MetricSource::Prometheus { url, query, headers, timeout_ms } = &ask.source else {
            return Err("this source knows only what is now".to_owned());
        };
        let mut past = Past::new();
        let mut start = from;
        while start <= to {
            let end = start.plus_ms((STEPS_MAX - 1) * every_ms).min(to);
            let form = prometheus::steps_body(query, (start, end), every_ms);
            let request = prometheus::request((url, headers, *timeout_ms), "query_range", form);
            let answer = self.fetched(&request).await.map_err(|fault| fault.message)?;
            let (steps, note) = prometheus::steps(&answer)?;
            past.extend(steps.into_iter().map(|(at, numbers)| (at, at_step(&numbers, note.as_ref(), ask))));
            start = start.plus_ms(STEPS_MAX * every_ms);
        }
        Ok(past)
    }
}

fn at_step(numbers: &[f64], note: Option<&String>, ask: &MetricAsk) -> Probed {
    match numbers {
        [] => Probed::Absent { why: "there is no data".to_owned() },
        [number] => told(Found { number: Some(*number), note: note.cloned() }, ask),
        many => Probed::Unknown { why: prometheus::several(many.len()) },
    }
}
