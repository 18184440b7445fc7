//! Conditions that hold, are violated, or are unknown, joined as Kleene did: what is unknown decides nothing,
//! and hides nothing that is decided without it.

use crate::value::Value;

/// What is known of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    Holds,
    Violated,
    /// Nothing is known: no data, a source that is down, a condition over nothing.
    Unknown,
}

impl Truth {
    /// Returns what a value says as a condition, if it is one.
    pub fn of(value: &Value) -> Option<Truth> {
        match value {
            Value::Bool(true) => Some(Truth::Holds),
            Value::Bool(false) => Some(Truth::Violated),
            Value::Unknown => Some(Truth::Unknown),
            Value::Null
            | Value::Int(_)
            | Value::Number(_)
            | Value::Percent(_)
            | Value::Duration(_)
            | Value::Size(_)
            | Value::Time(_)
            | Value::Date(_)
            | Value::Instant(_)
            | Value::Weekday(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Record(_)
            | Value::Range(_)
            | Value::Target(_)
            | Value::Window(_)
            | Value::Secret(_) => None,
        }
    }

    pub fn value(self) -> Value {
        match self {
            Truth::Holds => Value::Bool(true),
            Truth::Violated => Value::Bool(false),
            Truth::Unknown => Value::Unknown,
        }
    }

    /// Violated if one of them is, unknown if one of the others is.
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::Violated, _) | (_, Truth::Violated) => Truth::Violated,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (Truth::Holds, Truth::Holds) => Truth::Holds,
        }
    }

    /// Holds if one of them does, unknown if one of the others is.
    pub fn or(self, other: Truth) -> Truth {
        self.not().and(other.not()).not()
    }

    #[allow(clippy::should_implement_trait, reason = "read beside `and` and `or`, not as an operator")]
    pub fn not(self) -> Truth {
        match self {
            Truth::Holds => Truth::Violated,
            Truth::Violated => Truth::Holds,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::Holds } else { Truth::Violated }
    }
}
