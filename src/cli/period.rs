//! A stretch of time that is looked at: since when and until when, as a person says it.

use clap::Args;

use super::failure::Failure;
use crate::runtime::Clock;
use crate::value::{At, LiteralShape, Value, parse_literal};

/// Which runs are meant, by when they began.
#[derive(Debug, Args)]
pub struct Period {
    /// Only runs that began then or later: `2026-11-01`, an instant, or `7d` for the last seven days
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only runs that began before then
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
}

/// From one instant to another, that one not included.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    since: Option<At>,
    until: Option<At>,
}

impl Period {
    /// Reads what was said.
    pub fn bounds(&self) -> Result<Bounds, Failure> {
        let now = Clock::start().now();
        let read = |text: &Option<String>| text.as_deref().map(|it| instant(it, now)).transpose();
        Ok(Bounds { since: read(&self.since)?, until: read(&self.until)? })
    }
}

impl Bounds {
    pub fn hold(self, at: At) -> bool {
        self.since.is_none_or(|it| at >= it) && self.until.is_none_or(|it| at < it)
    }
}

/// Reads an instant, a day as it begins in UTC, or how long ago something was.
fn instant(text: &str, now: At) -> Result<At, Failure> {
    if let Ok(Value::Instant(at)) = parse_literal(LiteralShape::Instant, text) {
        return Ok(at);
    }
    if let Ok(Value::Date(_)) = parse_literal(LiteralShape::Date, text)
        && let Ok(Value::Instant(at)) = parse_literal(LiteralShape::Instant, &format!("{text}T00:00Z"))
    {
        return Ok(at);
    }
    if let Ok(Value::Duration(ms)) = parse_literal(LiteralShape::Duration, text) {
        return Ok(now.plus_ms(-ms));
    }
    let hint =
        "Say a day such as `2026-11-01`, an instant such as `2026-11-01T09:00Z`, or `7d` for the last seven days.";
    Err(Failure::usage(format!("`{text}` is no time")).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_three_ways() {
        let now = At(1_795_000_000_000);
        let read = |text: &str| instant(text, now).map(|it| it.to_string()).map_err(|it| it.message);
        assert_eq!(read("2026-11-01").as_deref(), Ok("2026-11-01T00:00:00Z"));
        assert_eq!(read("2026-11-01T09:00Z").as_deref(), Ok("2026-11-01T09:00:00Z"));
        assert_eq!(instant("2d", now).ok(), Some(now.plus_ms(-172_800_000)));
        assert!(read("soon").is_err_and(|it| it.contains("`soon` is no time")));
    }
}
