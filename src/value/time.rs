//! Instants, civil dates and times, weekdays. Never asks what time it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An instant in milliseconds since 1970-01-01T00:00Z, as every clock here counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct At(pub i64);

impl At {
    /// Returns the instant this many milliseconds later; past the end of time it stays there.
    pub fn plus_ms(self, ms: i64) -> At {
        At(self.0.saturating_add(ms))
    }

    /// Returns the milliseconds from `earlier` to here.
    pub fn since_ms(self, earlier: At) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn timestamp(self) -> jiff::Timestamp {
        // Whole seconds: the last millisecond of the last second is no instant that jiff makes from milliseconds.
        let (least, most) = (jiff::Timestamp::MIN.as_second() * 1000, jiff::Timestamp::MAX.as_second() * 1000);
        jiff::Timestamp::from_millisecond(self.0.clamp(least, most)).expect("a clamped instant is in range")
    }

    /// Returns the date of this instant in UTC.
    pub fn utc_date(self) -> Date {
        Date(self.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date())
    }
}

/// RFC 3339 in UTC, with milliseconds only where there are any.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

/// A civil date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub jiff::civil::Date);

/// A time of day in seconds since midnight, 24:00 included as an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeOfDay(pub u32);

/// A day of the week, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    pub const ALL: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    /// The three letters that the language uses.
    pub fn name(self) -> &'static str {
        match self {
            Weekday::Mon => "mon",
            Weekday::Tue => "tue",
            Weekday::Wed => "wed",
            Weekday::Thu => "thu",
            Weekday::Fri => "fri",
            Weekday::Sat => "sat",
            Weekday::Sun => "sun",
        }
    }

    pub fn from_name(name: &str) -> Option<Weekday> {
        Weekday::ALL.into_iter().find(|it| it.name() == name)
    }
}
