//! What a timeline says at an instant.

use smol_str::SmolStr;

use super::moments::Moments;
use crate::model::{Timeline, Which};
use crate::value::{At, Value};

/// Returns whether a timeline is about these arguments, and how many of them it names; more is more specific.
pub(super) fn fits(timeline: &Timeline, about: &[SmolStr]) -> Option<usize> {
    let same = timeline.arguments.len() == about.len()
        && timeline.arguments.iter().zip(about).all(|(which, it)| match which {
            Which::Any => true,
            Which::Is(name) => name == it,
        });
    same.then(|| timeline.arguments.iter().filter(|it| **it != Which::Any).count())
}

/// Returns the value at an instant; none before the first point.
pub(super) fn value_at(timeline: &Timeline, moments: &Moments, about: &[SmolStr], now: At) -> Option<Value> {
    let mut before: Option<(At, &Value)> = None;
    let mut after: Option<(At, &Value)> = None;
    for point in &timeline.points {
        let Some(at) = moments.instant(&point.at, about) else { continue };
        if at <= now && before.is_none_or(|(it, _)| it <= at) {
            before = Some((at, &point.value));
        } else if at > now && after.is_none_or(|(it, _)| at < it) {
            after = Some((at, &point.value));
        }
    }
    let (at, value) = before?;
    match after.filter(|_| timeline.ramp) {
        Some((until, next)) => Some(between(value, next, now.since_ms(at) as f64 / until.since_ms(at) as f64)),
        None => Some(value.clone()),
    }
}

/// Returns the mean over a stretch of time. Before the scenario began everything was as it was when it began.
pub(super) fn mean_over(timeline: &Timeline, moments: &Moments, about: &[SmolStr], from: At, to: At) -> Option<Value> {
    /// At so many even distances it is looked at: exact where the value is held.
    const LOOKS: i64 = 60;
    let step = (to.since_ms(from) / LOOKS).max(1);
    let looks = (0..LOOKS).map(|it| from.plus_ms(it * step).max(moments.start()));
    let values: Vec<Value> = looks.map(|at| value_at(timeline, moments, about, at)).collect::<Option<_>>()?;
    let known: Vec<f64> = values.iter().filter_map(Value::as_number).collect();
    if known.is_empty() {
        return Some(Value::Unknown);
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    values.iter().find(|it| **it != Value::Unknown).map(|it| like(it, mean))
}

/// Returns the samples over some time, at even distances; nothing where nothing is known.
pub(super) fn samples_over(
    timeline: &Timeline,
    moments: &Moments,
    about: &[SmolStr],
    from: At,
    to: At,
) -> Vec<(At, f64)> {
    const LOOKS: i64 = 60;
    let step = (to.since_ms(from) / LOOKS).max(1);
    let looks = (0..LOOKS).map(|it| from.plus_ms(it * step));
    let sample = |at: At| Some((at, value_at(timeline, moments, about, at.max(moments.start()))?.as_number()?));
    looks.filter_map(sample).collect()
}

/// Returns a number as a value of the same kind as another.
fn like(value: &Value, number: f64) -> Value {
    match value {
        Value::Int(_) => Value::Int(number.round() as i64),
        Value::Percent(_) => Value::Percent(number),
        Value::Duration(_) => Value::Duration(number.round() as i64),
        Value::Size(_) => Value::Size(number.round() as u64),
        _ => Value::Number(number),
    }
}

/// Returns the value so far on the way between two; where there is no way, the first.
fn between(from: &Value, to: &Value, share: f64) -> Value {
    match (from.as_number(), to.as_number()) {
        (Some(start), Some(end)) => like(from, start + (end - start) * share),
        _ => from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Base, Moment, Point};

    fn timeline(points: &[(i64, Value)], ramp: bool) -> Timeline {
        let point = |(ms, value): &(i64, Value)| Point {
            at: Moment { base: Base::Start, offset_ms: *ms },
            value: value.clone(),
        };
        Timeline { name: "p95".into(), arguments: vec![], points: points.iter().map(point).collect(), ramp }
    }

    #[test]
    fn a_value_is_held_until_the_next_point_or_goes_there_on_a_line() {
        let moments = Moments::new(At(1000));
        let points = [(0, Value::Percent(0.0)), (100, Value::Percent(10.0))];
        let at = |ramp, ms: i64| value_at(&timeline(&points, ramp), &moments, &[], At(1000 + ms));
        assert_eq!(at(false, 50), Some(Value::Percent(0.0)));
        assert_eq!(at(true, 50), Some(Value::Percent(5.0)));
        assert_eq!(at(true, 200), Some(Value::Percent(10.0)));
        let late = timeline(&[(100, Value::Bool(true))], false);
        assert_eq!(value_at(&late, &moments, &[], At(1050)), None, "nothing is known before the first point");
    }
}
