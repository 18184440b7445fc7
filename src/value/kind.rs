//! The types of the language: what there is, when one fits another, and how they are written.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A type. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Fits everything: what stands where an error was already reported.
    Any,
    Bool,
    Int,
    Number,
    Percent,
    Duration,
    Size,
    Time,
    Date,
    Instant,
    Weekday,
    /// Written `string`.
    Text,
    Regex,
    Url,
    /// One of some strings.
    OneOf(Arc<[SmolStr]>),
    List(Arc<Type>),
    Map(Arc<Type>),
    Record(Arc<RecordType>),
    Range(Arc<Type>),
    Target,
    Fleet,
    People,
    Router,
    Channel,
    Secret(Arc<Type>),
    /// May be absent: `T?`.
    Optional(Arc<Type>),
    /// A declared thing that is called or named: a probe, a gate, a block.
    Callable(Callable),
}

/// A record type, with a name if it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordType {
    pub name: Option<SmolStr>,
    pub fields: IndexMap<SmolStr, Type>,
}

/// A thing with parameters: `gate(target)`, `metric<duration>(target)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callable {
    pub word: Word,
    pub params: Vec<Type>,
    /// What a metric measures; for the others what calling it gives.
    pub gives: Arc<Type>,
}

/// The kinds of callable things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    Window,
    Metric,
    Threshold,
    Gate,
    Probe,
    Block,
}

impl Word {
    pub const ALL: [Word; 6] = [Word::Window, Word::Metric, Word::Threshold, Word::Gate, Word::Probe, Word::Block];

    /// Returns whether a thing of this kind may be given where one of the other is asked for: whatever is a condition
    /// may be a gate.
    fn may_stand_for(self, wanted: Word) -> bool {
        self == wanted || wanted == Word::Gate && matches!(self, Word::Probe | Word::Threshold)
    }

    pub fn name(self) -> &'static str {
        match self {
            Word::Window => "window",
            Word::Metric => "metric",
            Word::Threshold => "threshold",
            Word::Gate => "gate",
            Word::Probe => "probe",
            Word::Block => "block",
        }
    }
}

impl Type {
    /// A record type without a name.
    pub fn record(fields: impl IntoIterator<Item = (SmolStr, Type)>) -> Type {
        Type::Record(Arc::new(RecordType { name: None, fields: fields.into_iter().collect() }))
    }

    /// The type of windows whose parameters are filled in.
    pub fn window() -> Type {
        Type::Callable(Callable { word: Word::Window, params: Vec::new(), gives: Arc::new(Type::Bool) })
    }

    /// Whether it is a window whose parameters are filled in: a value, not something to be called.
    pub fn is_window(&self) -> bool {
        matches!(self, Type::Callable(it) if it.word == Word::Window && it.params.is_empty())
    }

    pub fn list(of: Type) -> Type {
        Type::List(Arc::new(of))
    }

    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) | Type::Any => self,
            _ => Type::Optional(Arc::new(self)),
        }
    }

    /// Returns the type without its `?`.
    pub fn present(&self) -> &Type {
        match self {
            Type::Optional(of) => of,
            _ => self,
        }
    }

    /// Returns what each element of a list, fleet or range is, if this is one.
    pub fn element(&self) -> Option<Type> {
        match self {
            Type::List(of) | Type::Range(of) => Some((**of).clone()),
            Type::Fleet => Some(Type::Target),
            Type::People => Some(Type::Text),
            Type::Any => Some(Type::Any),
            _ => None,
        }
    }

    /// Returns whether a value of this type may stand where `wanted` is asked for.
    ///
    /// The only conversions are `int` to `number`, a string type to `string`, a fleet and a list of targets to
    /// each other, people and a list of names likewise, and a present value to an optional one.
    pub fn fits(&self, wanted: &Type) -> bool {
        match (self, wanted) {
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::Optional(of), Type::Optional(wanted)) => of.fits(wanted),
            (Type::Optional(_), _) => false,
            (_, Type::Optional(wanted)) => self.fits(wanted),
            (Type::Int, Type::Number) => true,
            (Type::OneOf(_) | Type::Url | Type::Regex, Type::Text) => true,
            (Type::OneOf(has), Type::OneOf(wanted)) => has.iter().all(|it| wanted.contains(it)),
            (Type::Fleet, Type::List(of)) => Type::Target.fits(of),
            (Type::List(of), Type::Fleet) => of.fits(&Type::Target),
            (Type::People, Type::List(of)) => Type::Text.fits(of),
            (Type::List(of), Type::People) => of.fits(&Type::Text),
            (Type::List(of), Type::List(wanted)) | (Type::Range(of), Type::Range(wanted)) => of.fits(wanted),
            (Type::Map(of), Type::Map(wanted)) => of.fits(wanted),
            (Type::Record(record), Type::Map(wanted)) => record.fields.values().all(|it| it.fits(wanted)),
            (Type::Record(has), Type::Record(wanted)) => has.fits(wanted),
            (Type::Secret(of), Type::Secret(wanted)) => of.fits(wanted),
            (Type::Callable(has), Type::Callable(wanted)) => has.fits(wanted),
            _ => self == wanted,
        }
    }

    /// Returns the type that holds values of both, if there is one.
    pub fn join(&self, other: &Type) -> Option<Type> {
        if self.fits(other) {
            Some(other.clone())
        } else if other.fits(self) {
            Some(self.clone())
        } else {
            let (mine, theirs) = (self.present(), other.present());
            let optional = matches!(self, Type::Optional(_)) || matches!(other, Type::Optional(_));
            let joined = match (mine, theirs) {
                (Type::OneOf(a), Type::OneOf(b)) => {
                    let more = b.iter().filter(|it| !a.contains(it));
                    Some(Type::OneOf(a.iter().chain(more).cloned().collect()))
                }
                (Type::List(a), Type::List(b)) => a.join(b).map(Type::list),
                _ if mine.fits(theirs) => Some(theirs.clone()),
                _ if theirs.fits(mine) => Some(mine.clone()),
                _ => None,
            };
            if optional { joined.map(Type::optional) } else { joined }
        }
    }
}

impl RecordType {
    fn fits(&self, wanted: &RecordType) -> bool {
        let known = self.fields.keys().all(|key| wanted.fields.contains_key(key));
        let given = wanted.fields.iter().all(|(key, wanted)| match self.fields.get(key) {
            Some(has) => has.fits(wanted),
            None => matches!(wanted, Type::Optional(_)),
        });
        known && given
    }
}

impl Callable {
    fn fits(&self, wanted: &Callable) -> bool {
        self.word.may_stand_for(wanted.word)
            && self.params.len() == wanted.params.len()
            && self.params.iter().zip(&wanted.params).all(|(has, wanted)| wanted.fits(has))
            && self.gives.fits(&wanted.gives)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Type::Any => "any",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Number => "number",
            Type::Percent => "percent",
            Type::Duration => "duration",
            Type::Size => "size",
            Type::Time => "time",
            Type::Date => "date",
            Type::Instant => "instant",
            Type::Weekday => "weekday",
            Type::Text => "string",
            Type::Regex => "regex",
            Type::Url => "url",
            Type::Target => "target",
            Type::Fleet => "fleet",
            Type::People => "people",
            Type::Router => "router",
            Type::Channel => "channel",
            Type::OneOf(texts) => return write_joined(f, texts.iter().map(|it| format!("{it:?}")), " | "),
            Type::List(of) => return write!(f, "list<{of}>"),
            Type::Map(of) => return write!(f, "map<{of}>"),
            Type::Range(of) => return write!(f, "range of {of}"),
            Type::Secret(of) => return write!(f, "secret<{of}>"),
            Type::Optional(of) if matches!(**of, Type::Any) => "null",
            Type::Optional(of) => return write!(f, "{of}?"),
            Type::Record(record) => return write!(f, "{record}"),
            Type::Callable(callable) => return write!(f, "{callable}"),
        };
        f.write_str(name)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => {
                f.write_str("{ ")?;
                write_joined(f, self.fields.iter().map(|(key, of)| format!("{key}: {of}")), ", ")?;
                f.write_str(" }")
            }
        }
    }
}

impl fmt::Display for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word.name())?;
        if self.word == Word::Metric {
            write!(f, "<{}>", self.gives)?;
        }
        if !self.params.is_empty() {
            f.write_str("(")?;
            write_joined(f, self.params.iter().map(Type::to_string), ", ")?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: impl Iterator<Item = String>, between: &str) -> fmt::Result {
    f.write_str(&parts.collect::<Vec<_>>().join(between))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_conversion_of_numbers_is_int_to_number() {
        assert!(Type::Int.fits(&Type::Number));
        assert!(!Type::Number.fits(&Type::Int));
        assert!(!Type::Percent.fits(&Type::Number));
        assert!(!Type::Int.optional().fits(&Type::Int));
        assert!(Type::Int.fits(&Type::Int.optional()));
    }

    #[test]
    fn types_are_written_as_in_a_file() {
        let one_of = Type::OneOf(Arc::from([SmolStr::new("a"), SmolStr::new("b")]));
        assert_eq!(one_of.to_string(), r#""a" | "b""#);
        assert_eq!(Type::list(Type::Text).optional().to_string(), "list<string>?");
    }
}
