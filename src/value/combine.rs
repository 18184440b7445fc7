//! Arithmetic and comparison, with dimensions: the types that combine, and the values that come of it.
//! A sum that cannot be is an error with a sentence, never a panic and never a silent wrong number.

use std::cmp::Ordering;

use super::{At, Record, Type, Value};

/// The four operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sum {
    Add,
    Sub,
    Mul,
    Div,
}

/// How two values stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    Ordered(Ordering),
    /// They have no order, only sameness.
    Same(bool),
    /// They are of kinds that are never compared.
    Never,
}

impl Sum {
    pub fn sign(self) -> &'static str {
        match self {
            Sum::Add => "+",
            Sum::Sub => "-",
            Sum::Mul => "*",
            Sum::Div => "/",
        }
    }

    /// Returns the type of the result, if these types combine at all.
    pub fn type_of(self, left: &Type, right: &Type) -> Option<Type> {
        use Type::{Any, Date, Duration, Instant, Int, Number, Percent, Size, Text};
        let plain = |it: &Type| matches!(it, Int | Number);
        Some(match (self, left, right) {
            (_, Any, other) | (_, other, Any) => other.clone(),
            (Sum::Div, Int, Int) => Number,
            (_, Int, Int) => Int,
            (_, l, r) if plain(l) && plain(r) => Number,
            (Sum::Add | Sum::Sub, Percent, Percent) => Percent,
            (Sum::Add | Sum::Sub, Duration, Duration) => Duration,
            (Sum::Add | Sum::Sub, Size, Size) => Size,
            (Sum::Add | Sum::Sub, Instant, Duration) => Instant,
            (Sum::Add, Duration, Instant) => Instant,
            (Sum::Sub, Instant, Instant) => Duration,
            (Sum::Sub, Date, Date) => Duration,
            (Sum::Add | Sum::Sub, Date, Duration) => Date,
            (Sum::Div, l @ (Percent | Duration | Size), r) if l == r => Number,
            (Sum::Mul | Sum::Div, l @ (Percent | Duration | Size), r) if plain(r) => l.clone(),
            (Sum::Mul, l, r @ (Percent | Duration | Size)) if plain(l) => r.clone(),
            (Sum::Add, Text, Text) => Text,
            (Sum::Add, l @ Type::List(_), r @ Type::List(_)) => return l.join(r),
            _ => return None,
        })
    }
}

/// Returns the result of an operation whose types were checked.
///
/// # Errors
/// A sentence without a period: division by zero, a result too large or below nothing.
pub fn arithmetic(sum: Sum, left: &Value, right: &Value) -> Result<Value, String> {
    use Value::{Date, Duration, Instant, Int, Size, Text};
    let large = || format!("`{left} {} {right}` is too large", sum.sign());
    let int = |it: Option<i64>| it.map(Int).ok_or_else(large);
    let span = |it: Option<i64>| it.map(Duration).ok_or_else(large);
    let point = |it: Option<i64>| it.map(|ms| Instant(At(ms))).ok_or_else(large);
    match (sum, left, right) {
        (Sum::Add, Int(l), Int(r)) => int(l.checked_add(*r)),
        (Sum::Sub, Int(l), Int(r)) => int(l.checked_sub(*r)),
        (Sum::Mul, Int(l), Int(r)) => int(l.checked_mul(*r)),
        (Sum::Add, Duration(l), Duration(r)) => span(l.checked_add(*r)),
        (Sum::Sub, Duration(l), Duration(r)) => span(l.checked_sub(*r)),
        (Sum::Add, Instant(l), Duration(r)) | (Sum::Add, Duration(r), Instant(l)) => point(l.0.checked_add(*r)),
        (Sum::Sub, Instant(l), Duration(r)) => point(l.0.checked_sub(*r)),
        (Sum::Sub, Instant(l), Instant(r)) => span(l.0.checked_sub(r.0)),
        (Sum::Sub, Date(l), Date(r)) => {
            let days = l.0.since(r.0).map_err(|_| large())?.get_days();
            Ok(Duration(i64::from(days) * 86_400_000))
        }
        (Sum::Add | Sum::Sub, Date(l), Duration(r)) => {
            let days = r / 86_400_000;
            let days = if sum == Sum::Add { days } else { -days };
            let moved = l.0.checked_add(jiff::Span::new().try_days(days).map_err(|_| large())?);
            moved.map(|it| Date(super::Date(it))).map_err(|_| large())
        }
        (Sum::Add, Text(l), Text(r)) => Ok(Value::text(format!("{l}{r}"))),
        (Sum::Add, Value::List(l), Value::List(r)) => Ok(Value::list(l.iter().chain(r.iter()).cloned())),
        (Sum::Sub, Size(l), Size(r)) => {
            l.checked_sub(*r).map(Size).ok_or_else(|| format!("`{left} - {right}` is less than nothing"))
        }
        _ => measured(sum, left, right),
    }
}

/// A number with the unit it is measured in, for the operations that only scale.
fn measured(sum: Sum, left: &Value, right: &Value) -> Result<Value, String> {
    let never = || format!("`{left} {} {right}` means nothing", sum.sign());
    let (l, l_unit) = magnitude(left).ok_or_else(never)?;
    let (r, r_unit) = magnitude(right).ok_or_else(never)?;
    if sum == Sum::Div && r == 0.0 {
        return Err(format!("`{left} / {right}` divides by zero"));
    }
    let result = match sum {
        Sum::Add => l + r,
        Sum::Sub => l - r,
        Sum::Mul => l * r,
        Sum::Div => l / r,
    };
    let unit = match (sum, l_unit, r_unit) {
        (Sum::Add | Sum::Sub, Unit::None, Unit::None) => Unit::None,
        (Sum::Add | Sum::Sub, a, b) if a == b => a,
        (Sum::Div, a, b) if a == b => Unit::None,
        (Sum::Mul | Sum::Div, a, Unit::None) => a,
        (Sum::Mul, Unit::None, b) => b,
        _ => return Err(never()),
    };
    unit.wrap(result).ok_or_else(|| format!("`{left} {} {right}` is too large", sum.sign()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    None,
    Percent,
    Ms,
    Bytes,
}

impl Unit {
    fn wrap(self, number: f64) -> Option<Value> {
        let counts = number.is_finite() && number.abs() <= 9_007_199_254_740_992.0;
        Some(match self {
            Unit::None => Value::Number(number.is_finite().then_some(number)?),
            Unit::Percent => Value::Percent(number.is_finite().then_some(number)?),
            Unit::Ms => Value::Duration(counts.then(|| number.round() as i64)?),
            Unit::Bytes => Value::Size((counts && number >= 0.0).then(|| number.round() as u64)?),
        })
    }
}

fn magnitude(value: &Value) -> Option<(f64, Unit)> {
    Some(match value {
        Value::Int(int) => (*int as f64, Unit::None),
        Value::Number(number) => (*number, Unit::None),
        Value::Percent(points) => (*points, Unit::Percent),
        Value::Duration(ms) => (*ms as f64, Unit::Ms),
        Value::Size(bytes) => (*bytes as f64, Unit::Bytes),
        _ => return None,
    })
}

/// Returns a percentage of a quantity: `110% of 200ms` is `220ms`.
///
/// # Errors
/// A sentence without a period when the quantity cannot be scaled.
pub fn share_of(points: f64, whole: &Value) -> Result<Value, String> {
    let whole = match whole {
        Value::Int(int) => Value::Number(*int as f64),
        other => other.clone(),
    };
    let scaled = arithmetic(Sum::Mul, &whole, &Value::Number(points))?;
    arithmetic(Sum::Div, &scaled, &Value::Number(100.0))
}

/// Compares two values. Numbers compare across `int` and `number`; everything else only with its like.
pub fn compare(left: &Value, right: &Value) -> Compared {
    use Value::{Bool, Date, Duration, Instant, Int, Null, Number, Percent, Secret, Size, Target, Text, Time, Weekday};
    match (left, right) {
        (Int(l), Int(r)) => Compared::Ordered(l.cmp(r)),
        (Int(_) | Number(_), Int(_) | Number(_)) | (Percent(_), Percent(_)) => {
            let (l, r) = (magnitude(left).map_or(0.0, |it| it.0), magnitude(right).map_or(0.0, |it| it.0));
            // Finite by construction: literals and arithmetic refuse everything else.
            Compared::Ordered(l.partial_cmp(&r).unwrap_or(Ordering::Equal))
        }
        (Duration(l), Duration(r)) => Compared::Ordered(l.cmp(r)),
        (Size(l), Size(r)) => Compared::Ordered(l.cmp(r)),
        (Time(l), Time(r)) => Compared::Ordered(l.cmp(r)),
        (Date(l), Date(r)) => Compared::Ordered(l.cmp(r)),
        (Instant(l), Instant(r)) => Compared::Ordered(l.cmp(r)),
        (Weekday(l), Weekday(r)) => Compared::Ordered(l.cmp(r)),
        (Text(l), Text(r)) => Compared::Ordered(l.cmp(r)),
        (Null, _) | (_, Null) => Compared::Same(left.is_null() && right.is_null()),
        (Bool(l), Bool(r)) => Compared::Same(l == r),
        (Target(l), Target(r)) => Compared::Same(l == r),
        (Value::Window(l), Value::Window(r)) => Compared::Same(l == r),
        (Value::List(l), Value::List(r)) => Compared::Same(same_lists(l, r)),
        (Value::Record(l), Value::Record(r)) => Compared::Same(same_records(l, r)),
        (Value::Range(l), Value::Range(r)) => Compared::Same(is_same(&l.0, &r.0) && is_same(&l.1, &r.1)),
        (Secret(_), _) | (_, Secret(_)) => Compared::Never,
        _ => Compared::Never,
    }
}

fn is_same(left: &Value, right: &Value) -> bool {
    match compare(left, right) {
        Compared::Ordered(ordering) => ordering == Ordering::Equal,
        Compared::Same(same) => same,
        Compared::Never => false,
    }
}

fn same_lists(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(l, r)| is_same(l, r))
}

fn same_records(left: &Record, right: &Record) -> bool {
    left.len() == right.len() && left.iter().all(|(key, l)| right.get(key).is_some_and(|r| is_same(l, r)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_combine_as_they_do_on_paper() {
        let minute = Value::Duration(60_000);
        assert_eq!(arithmetic(Sum::Div, &minute, &Value::Duration(1_000)), Ok(Value::Number(60.0)));
        assert_eq!(arithmetic(Sum::Mul, &Value::Int(3), &minute), Ok(Value::Duration(180_000)));
        assert_eq!(Sum::Mul.type_of(&Type::Duration, &Type::Duration), None);
        assert_eq!(Sum::Add.type_of(&Type::Percent, &Type::Int), None);
        assert_eq!(share_of(110.0, &Value::Duration(200)), Ok(Value::Duration(220)));
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        assert!(arithmetic(Sum::Div, &Value::Int(1), &Value::Int(0)).is_err());
        assert!(arithmetic(Sum::Add, &Value::Int(i64::MAX), &Value::Int(1)).is_err());
        assert!(arithmetic(Sum::Sub, &Value::Size(1), &Value::Size(2)).is_err());
        assert_eq!(compare(&Value::Int(1), &Value::Text("1".into())), Compared::Never);
    }
}
