//! Values as a person would write them: `90s` as `1m30s`, a target by its name.

use std::fmt;

use super::{TimeOfDay, Type, Value};

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 3600, self.0 / 60 % 60)?;
        if self.0.is_multiple_of(60) { Ok(()) } else { write!(f, ":{:02}", self.0 % 60) }
    }
}

impl Type {
    /// Returns the type with its article where it has one: "an int".
    pub fn described(&self) -> String {
        match self {
            Type::Bool => "a condition".to_owned(),
            Type::Any => "any value".to_owned(),
            Type::People => "people".to_owned(),
            Type::OneOf(_) => format!("one of {self}"),
            Type::Optional(inner) if matches!(**inner, Type::Any) => "`null`".to_owned(),
            Type::Optional(inner) => format!("{}, which may be absent", inner.described()),
            Type::Int
            | Type::Number
            | Type::Instant
            | Type::Percent
            | Type::Duration
            | Type::Size
            | Type::Time
            | Type::Date
            | Type::Weekday
            | Type::Text
            | Type::Regex
            | Type::Url
            | Type::List(_)
            | Type::Map(_)
            | Type::Range(_)
            | Type::Record(_)
            | Type::Target
            | Type::Fleet
            | Type::Router
            | Type::Channel
            | Type::Secret(_)
            | Type::Callable(_) => self.with_article(),
        }
    }

    /// Returns the type as it is written, with its article: "a bool".
    pub fn with_article(&self) -> String {
        let article = if matches!(self.present(), Type::Int | Type::Instant) { "an" } else { "a" };
        format!("{article} {self}")
    }
}

/// What interpolation writes, and what commands see.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Unknown => f.write_str("unknown"),
            Value::Bool(bool) => write!(f, "{bool}"),
            Value::Int(int) => write!(f, "{int}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Percent(points) => write!(f, "{}%", (points * 1e9).round() / 1e9),
            Value::Duration(ms) => f.write_str(&show_duration(*ms)),
            Value::Size(bytes) => f.write_str(&show_size(*bytes)),
            Value::Time(time) => write!(f, "{time}"),
            Value::Date(date) => write!(f, "{}", date.0),
            Value::Instant(at) => write!(f, "{at}"),
            Value::Weekday(day) => f.write_str(day.name()),
            Value::Text(text) => f.write_str(text),
            Value::Target(target) => f.write_str(&target.name),
            Value::Window(window) => write!(f, "{window}"),
            Value::Secret(name) => write!(f, "<secret {name}>"),
            Value::Range(range) => write!(f, "{}..{}", range.0, range.1),
            Value::List(list) => write_list(f, list),
            Value::Record(record) => {
                f.write_str("{ ")?;
                for (at, (key, value)) in record.iter().enumerate() {
                    write!(f, "{}{key} = {value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(" }")
            }
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, list: &[Value]) -> fmt::Result {
    for (at, value) in list.iter().enumerate() {
        write!(f, "{}{value}", if at == 0 { "" } else { ", " })?;
    }
    Ok(())
}

/// Writes milliseconds without what does not matter at their length: `4m12s` of four minutes and 12.3 seconds.
pub fn show_roughly(ms: i64) -> String {
    let step = match ms {
        ..1_000 => 1,
        1_000..60_000 => 100,
        60_000..86_400_000 => 1_000,
        _ => 60_000,
    };
    show_duration(ms - ms % step)
}

/// Writes milliseconds with the units of the language, largest first: `1d2h`, `90ms`, `-5m`.
pub fn show_duration(ms: i64) -> String {
    const UNITS: [(&str, u64); 6] =
        [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut text = String::from(if ms < 0 { "-" } else { "" });
    let mut left = ms.unsigned_abs();
    for (unit, size) in UNITS {
        // Weeks read well only on their own: `10d` rather than `1w3d`.
        let fits = if unit == "w" { left.is_multiple_of(size) } else { left >= size };
        if fits && left > 0 {
            text.push_str(&format!("{}{unit}", left / size));
            left %= size;
        }
    }
    text
}

fn show_size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 8] = [
        ("TiB", 1 << 40),
        ("TB", 1_000_000_000_000),
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("KB", 1_000),
    ];
    let whole = UNITS.iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size));
    whole.map_or_else(|| format!("{bytes}B"), |(unit, size)| format!("{}{unit}", bytes / size))
}

/// Returns a value as the language writes it; none for what has no literal.
pub fn literal(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace("${", "$${");
            format!("\"{escaped}\"")
        }
        Value::List(list) => {
            let all: Option<Vec<String>> = list.iter().map(literal).collect();
            format!("[{}]", all?.join(", "))
        }
        Value::Record(record) => {
            let all = record.iter().map(|(key, it)| Some(format!("{key} = {}", literal(it)?)));
            format!("{{ {} }}", all.collect::<Option<Vec<String>>>()?.join(", "))
        }
        Value::Unknown | Value::Target(_) | Value::Secret(_) | Value::Window(_) => return None,
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Number(_)
        | Value::Percent(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::Instant(_)
        | Value::Weekday(_)
        | Value::Range(_) => value.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_with_the_units_of_the_language() {
        let cases = [(0, "0s"), (90_000, "1m30s"), (1_209_600_000, "2w"), (864_000_000, "10d"), (250, "250ms")];
        for (ms, text) in cases {
            assert_eq!(show_duration(ms), text);
        }
    }
}
