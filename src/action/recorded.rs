//! Numbers that somebody pushed, read from their store: the newest that still counts, the mean over a while, or all of
//! it. Knows no source but the store.

use super::fault::duration_text;
use crate::engine::{MetricAsk, MetricSource, Probed};
use crate::journal::{JournalError, Samples, Wanted};
use crate::value::{At, Type, Value};

/// Reads a metric that is pushed, for one run.
pub(super) fn read(samples: &Samples, run: &str, ask: &MetricAsk) -> Probed {
    let MetricSource::Recorded { metric, target, since, until } = &ask.source else {
        return Probed::Unknown { why: "this is not recorded".to_owned() };
    };
    let wanted = Wanted { metric, target: target.as_deref(), run };
    let read = match ask.over {
        None => newest(samples, wanted, (*since, *until), &ask.of),
        Some(over) => past(samples, wanted, over, ask),
    };
    read.unwrap_or_else(|error| Probed::Unknown { why: error.to_string() })
}

fn newest(
    samples: &Samples,
    wanted: Wanted<'_>,
    (since, until): (At, Option<At>),
    of: &Type,
) -> Result<Probed, JournalError> {
    Ok(match samples.newest(wanted, until)? {
        None => Probed::Absent { why: "nothing was recorded yet".to_owned() },
        Some((at, _)) if at < since => {
            let older = duration_text(since.since_ms(at).unsigned_abs());
            Probed::Absent { why: format!("the newest value is of {at}, {older} too old") }
        }
        Some((_, value)) => match as_type(value, of) {
            Ok(value) => Probed::Sampled { value, note: None },
            Err(why) => Probed::Unknown { why },
        },
    })
}

fn past(samples: &Samples, wanted: Wanted<'_>, over: (At, At), ask: &MetricAsk) -> Result<Probed, JournalError> {
    let found = samples.between(wanted, over)?;
    let times = if ask.timed { found.iter().map(|(at, _)| *at).collect() } else { Vec::new() };
    let values = found.into_iter().map(|(_, value)| as_type(value, &ask.of));
    let numbers = values.map(|it| it.map(|it| base(&it))).collect::<Result<Vec<f64>, String>>();
    Ok(match numbers {
        Err(why) => Probed::Unknown { why },
        Ok(numbers) if numbers.is_empty() => Probed::Absent { why: "nothing was recorded then".to_owned() },
        Ok(values) if ask.series => Probed::Series { values, times },
        Ok(numbers) => {
            let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
            let note = Some(format!("the mean of {}", counted(numbers.len())));
            match super::metric::measured(mean, &ask.of, 1.0) {
                Some(value) => Probed::Sampled { value, note },
                None => Probed::Unknown { why: format!("{mean} is no {}", ask.of) },
            }
        }
    })
}

fn counted(samples: usize) -> String {
    if samples == 1 { "one sample".to_owned() } else { format!("{samples} samples") }
}

/// Takes a value for what its metric is: a whole number is a number, everything else is what it was recorded as.
fn as_type(value: Value, of: &Type) -> Result<Value, String> {
    match (&value, of) {
        (Value::Percent(_), Type::Percent)
        | (Value::Duration(_), Type::Duration)
        | (Value::Size(_), Type::Size)
        | (Value::Int(_), Type::Int)
        | (Value::Number(_), Type::Number) => Ok(value),
        (Value::Int(int), Type::Number) => Ok(Value::Number(*int as f64)),
        _ => Err(format!("`{value}` was recorded, and the metric is {}", of.described())),
    }
}

fn base(value: &Value) -> f64 {
    match value {
        Value::Percent(number) | Value::Number(number) => *number,
        Value::Duration(ms) => *ms as f64,
        Value::Size(bytes) => *bytes as f64,
        Value::Int(int) => *int as f64,
        _ => f64::NAN,
    }
}
