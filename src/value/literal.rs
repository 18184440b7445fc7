//! From the text of a literal to its value. Expects the shape that the lexer saw; says what is wrong with the rest.

use super::{At, Date, TimeOfDay, Value};

/// What a literal looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralShape {
    Int,
    Number,
    Percent,
    Duration,
    Size,
    Time,
    Date,
    Instant,
}

/// Units of durations with their milliseconds, longest first.
const DURATION_UNITS: &[(&str, i64)] =
    &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// Units of sizes with their bytes.
const SIZE_UNITS: &[(&str, u64)] = &[
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// Returns the value of a literal.
///
/// # Errors
/// A sentence without a period when the number is too large or the date or time does not exist.
pub fn parse_literal(shape: LiteralShape, text: &str) -> Result<Value, String> {
    let clean: String = text.chars().filter(|it| *it != '_').collect();
    match shape {
        LiteralShape::Int => clean.parse().map(Value::Int).map_err(|_| too_large(text)),
        LiteralShape::Number => finite(&clean, text).map(Value::Number),
        LiteralShape::Percent => finite(clean.trim_end_matches('%'), text).map(Value::Percent),
        LiteralShape::Duration => duration_ms(&clean).map(Value::Duration).ok_or_else(|| too_large(text)),
        LiteralShape::Size => size_bytes(&clean).map(Value::Size).ok_or_else(|| too_large(text)),
        LiteralShape::Time => time_of_day(text).map(Value::Time),
        LiteralShape::Date => date(text).map(Value::Date),
        LiteralShape::Instant => instant(text).map(Value::Instant),
    }
}

fn too_large(text: &str) -> String {
    format!("`{text}` is too large")
}

fn finite(clean: &str, text: &str) -> Result<f64, String> {
    let number: f64 = clean.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if number.is_finite() { Ok(number) } else { Err(too_large(text)) }
}

/// Sums `1h30m`; the numbers of all parts but their order are free.
fn duration_ms(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut sum: i64 = 0;
    while !rest.is_empty() {
        let (number, unit, after) = part(rest)?;
        let factor = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?.1;
        sum = sum.checked_add(scaled(number, factor as f64)? as i64)?;
        rest = after;
    }
    (sum <= MAX_DURATION_MS).then_some(sum)
}

/// A hundred years: longer than any rollout, short enough that no sum of instants overflows.
const MAX_DURATION_MS: i64 = 100 * 366 * 86_400_000;

fn size_bytes(text: &str) -> Option<u64> {
    let (number, unit, _) = part(text)?;
    let factor = SIZE_UNITS.iter().find(|(name, _)| *name == unit)?.1;
    Some(scaled(number, factor as f64)? as u64)
}

/// Splits off a number and its unit.
fn part(text: &str) -> Option<(&str, &str, &str)> {
    let unit_at = text.find(|it: char| it.is_ascii_alphabetic())?;
    let unit_end = text[unit_at..].find(|it: char| !it.is_ascii_alphabetic()).map_or(text.len(), |it| unit_at + it);
    Some((&text[..unit_at], &text[unit_at..unit_end], &text[unit_end..]))
}

fn scaled(number: &str, factor: f64) -> Option<f64> {
    let product = number.parse::<f64>().ok()? * factor;
    // Beyond 2^53 a number no longer counts single units.
    (product <= 9_007_199_254_740_992.0).then_some(product.round())
}

fn time_of_day(text: &str) -> Result<TimeOfDay, String> {
    let wrong = || format!("there is no time `{text}`; hours go from 00 to 24, minutes and seconds from 00 to 59");
    let parts: Vec<u32> = text.split(':').map(|it| it.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    let (hour, minute, second) = (parts[0], parts.get(1).copied().unwrap_or(0), parts.get(2).copied().unwrap_or(0));
    let seconds = hour * 3600 + minute * 60 + second;
    let exists = minute < 60 && second < 60 && seconds <= 86_400;
    if exists { Ok(TimeOfDay(seconds)) } else { Err(wrong()) }
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map(Date).map_err(|_| format!("there is no date `{text}`"))
}

/// Reads `2026-12-24T22:00Z`, `…+01:00` and `…[Europe/Berlin]`. A time that a zone skips counts as the one after the gap,
/// one that it has twice as the first.
fn instant(text: &str) -> Result<At, String> {
    let wrong = |_| format!("there is no instant `{text}`");
    if text.ends_with(']') {
        let zoned: jiff::Zoned =
            text.parse().map_err(|_| format!("there is no instant `{text}`; is the zone known?"))?;
        return Ok(At(zoned.timestamp().as_millisecond()));
    }
    text.parse::<jiff::Timestamp>().map(|it| At(it.as_millisecond())).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_have_the_value_they_say() {
        let cases = [
            (LiteralShape::Int, "10_000", Value::Int(10_000)),
            (LiteralShape::Percent, "2.5%", Value::Percent(2.5)),
            (LiteralShape::Duration, "1h30m", Value::Duration(5_400_000)),
            (LiteralShape::Duration, "250ms", Value::Duration(250)),
            (LiteralShape::Size, "512MiB", Value::Size(536_870_912)),
            (LiteralShape::Time, "22:00", Value::Time(TimeOfDay(79_200))),
            (LiteralShape::Instant, "2026-12-24T22:00Z", Value::Instant(At(1_798_149_600_000))),
            (LiteralShape::Instant, "2026-11-23T21:00[America/New_York]", Value::Instant(At(1_795_485_600_000))),
        ];
        for (shape, text, value) in cases {
            assert_eq!(parse_literal(shape, text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_does_not_exist_is_said() {
        for (shape, text) in [
            (LiteralShape::Int, "99999999999999999999"),
            (LiteralShape::Time, "25:00"),
            (LiteralShape::Date, "2026-02-30"),
            (LiteralShape::Duration, "999999999w"),
            (LiteralShape::Instant, "2026-11-23T21:00[Nowhere/Land]"),
        ] {
            assert!(parse_literal(shape, text).is_err(), "{text}");
        }
    }
}
