//! The values. Cheap to clone; part of the journal, so their written form never changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{At, Date, Target, TimeOfDay, Type, Weekday, Window};

/// Fields by name, in alphabetical order.
pub type Record = BTreeMap<SmolStr, Value>;

/// A value of the language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Absent: what `T?` may be.
    Null,
    /// A condition about which nothing is known: no data, a source that is down.
    Unknown,
    Bool(bool),
    Int(i64),
    Number(f64),
    /// In points: `2.5%` is 2.5.
    Percent(f64),
    /// In milliseconds.
    Duration(i64),
    /// In bytes.
    Size(u64),
    Time(TimeOfDay),
    Date(Date),
    Instant(At),
    Weekday(Weekday),
    /// Strings, URLs, regexes and values of enumerations.
    Text(SmolStr),
    List(Arc<[Value]>),
    /// Records and maps.
    Record(Arc<Record>),
    /// From the first to the second, both included.
    Range(Arc<(Value, Value)>),
    Target(Arc<Target>),
    Window(Arc<Window>),
    /// A declared secret, by name; its content is never a value.
    Secret(SmolStr),
}

impl Value {
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(SmolStr::new(text))
    }

    pub fn list(values: impl IntoIterator<Item = Value>) -> Value {
        Value::List(values.into_iter().collect())
    }

    pub fn record(fields: impl IntoIterator<Item = (SmolStr, Value)>) -> Value {
        Value::Record(Arc::new(fields.into_iter().collect()))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns the number of a measure in its base unit: percent points, milliseconds, bytes. None for all else.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Int(int) | Value::Duration(int) => Some(*int as f64),
            Value::Number(number) | Value::Percent(number) => Some(*number),
            Value::Size(size) => Some(*size as f64),
            Value::Null
            | Value::Unknown
            | Value::Bool(_)
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

    pub fn as_text(&self) -> Option<&SmolStr> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn as_target(&self) -> Option<&Arc<Target>> {
        match self {
            Value::Target(target) => Some(target),
            _ => None,
        }
    }

    pub fn as_duration_ms(&self) -> Option<i64> {
        match self {
            Value::Duration(ms) => Some(*ms),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// Returns the type that this value has on its own, before any declaration widens it.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Null => Type::Optional(Arc::new(Type::Any)),
            Value::Unknown | Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Number(_) => Type::Number,
            Value::Percent(_) => Type::Percent,
            Value::Duration(_) => Type::Duration,
            Value::Size(_) => Type::Size,
            Value::Time(_) => Type::Time,
            Value::Date(_) => Type::Date,
            Value::Instant(_) => Type::Instant,
            Value::Weekday(_) => Type::Weekday,
            Value::Text(_) => Type::Text,
            Value::List(list) => Type::List(Arc::new(list.first().map_or(Type::Any, Value::type_of))),
            Value::Record(record) => Type::record(record.iter().map(|(key, value)| (key.clone(), value.type_of()))),
            Value::Range(range) => Type::Range(Arc::new(range.0.type_of())),
            Value::Target(_) => Type::Target,
            Value::Window(_) => Type::window(),
            Value::Secret(_) => Type::Secret(Arc::new(Type::Text)),
        }
    }
}
