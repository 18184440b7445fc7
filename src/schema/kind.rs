//! What a property may hold, as the table says it. Knows how it is written, not how it is checked.

use std::fmt;

/// What a property may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Number,
    Percent,
    Duration,
    Text,
    Regex,
    Instant,
    /// Any value.
    Value,
    /// A condition, which is true, false or unknown.
    Condition,
    /// How many: `3`, or a share: `10%`.
    Count,
    /// Cumulative counts or shares: `[1, 10%, 100%]`.
    Counts,
    /// One number for all, or one for each wave.
    CountOrCounts,
    /// A duration, or from the least to the most: `4m..10m`.
    Takes,
    /// One of these names.
    OneOf(&'static [&'static str]),
    List(&'static Kind),
    /// A text that may hold secrets.
    SecretText,
    /// Names with texts that may hold secrets.
    SecretTexts,
    /// Exit codes, or a pattern for the output, or a record of both.
    AcceptCommand,
    /// Status codes: `200`, `200..204`, or a list of these.
    AcceptStatus,
    /// Names of stages.
    Stages,
    /// Codes of warnings.
    Codes,
    /// How often a thing is tried at most.
    Attempts,
    /// A wait, or a list of waits.
    Waits,
    /// What to do with a step of which nobody knows whether it ended.
    Interrupted,
    /// Named values of the word's own.
    Record,
    /// Weekdays, one or several.
    Days,
    /// Hours from one time to another, once or several times.
    Hours,
    /// Dates and ranges of dates or instants.
    Freezes,
    /// Something that another declaration names.
    Named(&'static str),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Number => "number",
            Kind::Percent => "percent",
            Kind::Duration => "duration",
            Kind::Text => "string",
            Kind::Regex => "regex",
            Kind::Instant => "instant",
            Kind::Value => "any",
            Kind::Condition => "condition",
            Kind::Count => "int or percent",
            Kind::Counts => "list of int or percent",
            Kind::CountOrCounts => "int or percent, or a list of these",
            Kind::Takes => "duration or range of durations",
            Kind::OneOf(names) => return f.write_str(&names.join(" | ")),
            Kind::List(of) => return write!(f, "list<{of}>"),
            Kind::SecretText => "string, may hold secrets",
            Kind::SecretTexts => "record of strings, may hold secrets",
            Kind::AcceptCommand => {
                "int, range or list of exit codes; or a regex for the output; or `{ codes, output }`"
            }
            Kind::AcceptStatus => "int, range or list of these",
            Kind::Stages => "list of stages",
            Kind::Codes => "list of codes",
            Kind::Attempts => "int",
            Kind::Waits => "duration or list<duration>",
            Kind::Interrupted => "retry | fail | ask | verify(PROBE)",
            Kind::Record => "record",
            Kind::Days => "weekday, range of weekdays, or list of these",
            Kind::Hours => "range of times, or list of these",
            Kind::Freezes => "date, range of dates or instants, or list of these",
            Kind::Named(what) => what,
        })
    }
}
