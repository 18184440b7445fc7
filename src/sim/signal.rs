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

/// Returns the value so far on the way between two; where there is no way, the first.
fn between(from: &Value, to: &Value, share: f64) -> Value {
    let line = |from: f64, to: f64| from + (to - from) * share;
    match (from, to) {
        (Value::Int(from), Value::Int(to)) => Value::Int(line(*from as f64, *to as f64).round() as i64),
        (Value::Number(from), Value::Number(to)) => Value::Number(line(*from, *to)),
        (Value::Percent(from), Value::Percent(to)) => Value::Percent(line(*from, *to)),
        (Value::Duration(from), Value::Duration(to)) => Value::Duration(line(*from as f64, *to as f64).round() as i64),
        (Value::Size(from), Value::Size(to)) => Value::Size(line(*from as f64, *to as f64).round() as u64),
        (from, _) => from.clone(),
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
