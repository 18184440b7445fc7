//! Where the lines of a plot's grid stand, and what is written on them: round numbers and round times.

use crate::calendar::local;
use crate::value::{At, Value, show_duration};
use crate::view::like;

/// Steps between two times that people count in, in milliseconds.
const TIME_STEPS: [i64; 22] = [
    10,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    7_200_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
    604_800_000,
];

/// Returns about so many round instants between two, with what is written on each.
pub(super) fn times(from: At, to: At, count: i64, zone: &str) -> Vec<(At, String)> {
    let span = to.since_ms(from).max(1);
    let longest = TIME_STEPS[TIME_STEPS.len() - 1];
    let step = TIME_STEPS
        .into_iter()
        .find(|it| span / it <= count)
        .unwrap_or_else(|| longest * (span / longest / count).max(1));
    let pattern = match step {
        ..1_000 => "%H:%M:%S%.3f",
        1_000..60_000 => "%H:%M:%S",
        60_000..43_200_000 if span < 86_400_000 => "%H:%M",
        60_000..43_200_000 => "%b %d %H:%M",
        _ => "%b %d",
    };
    let first = from.0.div_euclid(step) * step;
    let marks = (0..).map(|it| At(first + it * step)).skip_while(|it| *it < from).take_while(|it| *it <= to);
    marks.map(|it| (it, local(it, zone, pattern))).collect()
}

/// Returns round numbers from the least to the most, both included, with about so many steps between.
pub(super) fn numbers(least: f64, most: f64, count: f64, like_this: &Value) -> Vec<(f64, String)> {
    let span = (most - least).max(f64::MIN_POSITIVE);
    let base = if matches!(like_this, Value::Size(_)) { 1024_f64 } else { 10.0 };
    let mut step = base.powf((span / count).log(base).floor());
    let factors: &[f64] = if base > 10.0 {
        &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0]
    } else {
        &[1.0, 2.0, 5.0, 10.0]
    };
    step *= factors.iter().copied().find(|it| span / (step * it) <= count).unwrap_or(base);
    let first = (least / step).floor() as i64;
    let last = (most / step).ceil() as i64;
    let marks = (first..=last.max(first + 1)).map(|it| it as f64 * step);
    marks.map(|it| (it, short(like_this, it))).collect()
}

/// Writes a number with the unit of another value, as short as on an axis.
pub(super) fn short(like_this: &Value, number: f64) -> String {
    match like_this {
        Value::Duration(_) if number == 0.0 => "0".to_owned(),
        Value::Duration(_) => show_duration(number.round() as i64),
        Value::Size(_) => {
            let units =
                [(1024_f64.powi(4), "TiB"), (1024_f64.powi(3), "GiB"), (1024_f64.powi(2), "MiB"), (1024.0, "KiB")];
            match units.into_iter().find(|(size, _)| number >= *size) {
                Some((size, unit)) => format!("{}{unit}", like(&Value::Number(0.0), number / size)),
                None => format!("{}B", number.round()),
            }
        }
        other => like(other, number).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_stands_on_round_numbers() {
        let shown = |least, most, like: &Value| -> Vec<String> {
            numbers(least, most, 4.0, like).into_iter().map(|(_, it)| it).collect()
        };
        assert_eq!(shown(0.0, 4.2, &Value::Percent(0.0)), ["0%", "2%", "4%", "6%"]);
        assert_eq!(shown(0.0, 310.0, &Value::Duration(0)), ["0", "100ms", "200ms", "300ms", "400ms"]);
        assert_eq!(shown(0.0, 3e9, &Value::Size(0)), ["0B", "1GiB", "2GiB", "3GiB"]);
    }

    #[test]
    fn times_are_round_and_within() {
        let from = At(1_795_000_000_000);
        let marks = times(from, from.plus_ms(3_600_000), 8, "UTC");
        assert!(marks.len() >= 3 && marks.len() <= 9, "{marks:?}");
        assert!(marks.iter().all(|(at, _)| at.0 % 600_000 == 0 && *at >= from));
    }
}
