//! How much work and how much depth one evaluation may take, so that every one of them ends. Measures work in steps,
//! never in time: the same expression always ends in the same way.

use regex::{Regex, RegexBuilder};
use smol_str::SmolStr;

use super::Wrong;
use crate::source::Span;
use crate::value::Value;

/// What an evaluation may still spend.
#[derive(Debug)]
pub struct Fuel {
    left: u64,
    depth: u32,
    /// The pattern that was used last: one `matches` over a fleet compiles once.
    pattern: Option<(SmolStr, Regex)>,
}

/// Steps that one evaluation may take: each part of an expression and each element or 64 bytes made is one.
const STEPS_MAX: u64 = 5_000_000;

/// How deep expressions, and the values they make, may be nested.
const DEPTH_MAX: u32 = 256;

/// The longest text that an expression may make.
pub(super) const TEXT_BYTES_MAX: usize = 16 << 20;

/// The largest compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 20;

impl Default for Fuel {
    fn default() -> Fuel {
        Fuel::of(STEPS_MAX)
    }
}

impl Fuel {
    /// Fuel for this many steps.
    pub fn of(steps: u64) -> Fuel {
        Fuel { left: steps, depth: 0, pattern: None }
    }

    /// Returns how many steps are left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Goes one level down and takes a step; whoever enters leaves.
    pub(super) fn enter(&mut self, span: Span) -> Result<(), Wrong> {
        if self.depth >= DEPTH_MAX {
            return Err(Wrong::cannot(span, format!("this is nested more than {DEPTH_MAX} levels deep")));
        }
        self.spend(1, span)?;
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn spend(&mut self, steps: usize, span: Span) -> Result<(), Wrong> {
        match self.left.checked_sub(steps as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Wrong::cannot(span, "this takes too many steps to work out; choose from a shorter list"))
            }
        }
    }

    /// Takes the steps that a text of this length costs.
    pub(super) fn spend_text(&mut self, bytes: usize, span: Span) -> Result<(), Wrong> {
        if bytes > TEXT_BYTES_MAX {
            return Err(Wrong::cannot(span, format!("this text is longer than {} MiB", TEXT_BYTES_MAX >> 20)));
        }
        self.spend(bytes / 64, span)
    }

    /// Takes a step for each value within a value, so that one whose parts are shared costs what it seems to hold.
    pub(super) fn spend_value(&mut self, value: &Value, span: Span) -> Result<(), Wrong> {
        self.spend_within(value, span, 0)
    }

    fn spend_within(&mut self, value: &Value, span: Span, depth: u32) -> Result<(), Wrong> {
        if depth >= DEPTH_MAX {
            return Err(Wrong::cannot(span, format!("this value is nested more than {DEPTH_MAX} levels deep")));
        }
        match value {
            Value::List(list) => {
                self.spend(list.len(), span)?;
                list.iter().try_for_each(|it| self.spend_within(it, span, depth + 1))
            }
            Value::Record(record) => {
                self.spend(record.len(), span)?;
                record.values().try_for_each(|it| self.spend_within(it, span, depth + 1))
            }
            Value::Range(range) => {
                self.spend_within(&range.0, span, depth + 1)?;
                self.spend_within(&range.1, span, depth + 1)
            }
            Value::Text(text) => self.spend(text.len() / 64, span),
            Value::Null
            | Value::Unknown
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
            | Value::Target(_)
            | Value::Window(_)
            | Value::Secret(_) => Ok(()),
        }
    }

    /// Returns the compiled pattern, or a sentence on why it is none.
    pub(super) fn pattern(&mut self, pattern: &SmolStr) -> Result<&Regex, String> {
        let is_last = self.pattern.as_ref().is_some_and(|(last, _)| last == pattern);
        if !is_last {
            self.pattern = Some((pattern.clone(), compile(pattern)?));
        }
        Ok(&self.pattern.as_ref().expect("it was the last one, or was just put there").1)
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX).build().map_err(
        |error| {
            let told = error.to_string();
            let why = told.lines().last().unwrap_or("it cannot be read").trim_start_matches("error: ");
            format!("`{pattern}` is not a pattern: {why}")
        },
    )
}
