//! Numbers with as many digits as say something to a person. Programs get what was measured.

use super::Value;

/// So many digits count; before the point all are kept.
const DIGITS: i32 = 4;

impl Value {
    /// Returns the value with four digits that count, where it is a percent or a number.
    pub fn brief(&self) -> Value {
        match self {
            Value::Percent(points) => Value::Percent(brief(*points)),
            Value::Number(number) => Value::Number(brief(*number)),
            other => other.clone(),
        }
    }
}

/// Returns two values that are compared, shorter if they can still be told apart then.
pub fn briefly(left: &Value, right: &Value) -> (Value, Value) {
    let (shorter, other) = (left.brief(), right.brief());
    if shorter == other && left != right { (left.clone(), right.clone()) } else { (shorter, other) }
}

fn brief(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let before_point = number.abs().log10().floor() as i32 + 1;
    let places = (DIGITS - before_point).clamp(0, 12) as usize;
    // As text: a factor of ten would bring in an error of its own.
    format!("{number:.places$}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_left_and_none_before_the_point_is_lost() {
        let cases = [
            (9.259_259_259, "9.259%"),
            (0.001_234_567, "0.001235%"),
            (99.987, "99.99%"),
            (100.0, "100%"),
            (123_456.789, "123457%"),
            (-2.5, "-2.5%"),
            (0.1 + 0.2, "0.3%"),
            (0.0, "0%"),
        ];
        for (points, expected) in cases {
            assert_eq!(Value::Percent(points).brief().to_string(), expected);
        }
        assert_eq!(Value::Int(1_234_567).brief(), Value::Int(1_234_567));
        assert_eq!(Value::Number(f64::INFINITY).brief(), Value::Number(f64::INFINITY));
    }

    #[test]
    fn what_is_compared_can_be_told_apart() {
        let (close, limit) = (Value::Percent(1.000_04), Value::Percent(1.0));
        assert_eq!(briefly(&close, &limit), (close.clone(), limit.clone()));
        let shorter = briefly(&Value::Percent(9.259_259), &limit);
        assert_eq!(shorter, (Value::Percent(9.259), Value::Percent(1.0)));
    }
}
