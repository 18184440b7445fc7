//! What each built-in function takes and gives: one row each, read by the checker; the evaluator does what it promises.

use crate::model::Builtin;
use crate::value::Type;

/// Arguments that do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeWrong {
    /// Which one, from 0; none if there are too few or too many.
    pub argument: Option<usize>,
    /// A sentence without a period.
    pub message: String,
}

/// What may stand at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Text,
    MaybeText,
    Pattern,
    Int,
    /// An int or a number.
    Plain,
    /// An int, a number or a percent.
    Scaled,
    /// A list of anything that has elements.
    List,
    /// A list of what has an order.
    Ordered,
    /// A list of what can be added up.
    Measured,
    Conditions,
    /// A number, percent, duration or size.
    Measure,
    /// What may be compared with the first argument.
    SameMeasure,
    /// A list or a text.
    Holder,
    /// An element, or a part, of the first argument.
    Part,
    /// A list, a text, or something with fields.
    Countable,
    Fields,
    /// Anything of which the text may be shown.
    Showable,
    ShowableList,
}

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Text,
    Bool,
    Int,
    Number,
    Any,
    Texts,
    People,
    /// An element of the first argument, or what the arguments have in common.
    Element,
    MaybeElement,
    /// The element, where it is an int a number.
    Mean,
    Elements,
    /// A percent for a percent, else a number.
    Scaled,
}

struct Row {
    wants: &'static [Want],
    /// How many of the last may be left out.
    optional: usize,
    gives: Gives,
}

fn row(builtin: Builtin) -> Row {
    use Want::{
        Conditions, Countable, Fields, Holder, Int, List, MaybeText, Measure, Measured, Ordered, Part, Pattern, Plain,
        SameMeasure, Scaled, Showable, ShowableList, Text,
    };
    let (wants, optional, gives): (&'static [Want], usize, Gives) = match builtin {
        Builtin::Env => (&[Text, MaybeText], 1, Gives::Text),
        Builtin::File => (&[Text], 0, Gives::Text),
        Builtin::Json => (&[Text], 0, Gives::Any),
        Builtin::Lower => (&[Text], 0, Gives::Text),
        Builtin::Upper => (&[Text], 0, Gives::Text),
        Builtin::Trim => (&[Text], 0, Gives::Text),
        Builtin::Split => (&[Text, Text], 0, Gives::Texts),
        Builtin::Join => (&[ShowableList, Text], 0, Gives::Text),
        Builtin::Replace => (&[Text, Text, Text], 0, Gives::Text),
        Builtin::Matches => (&[Text, Pattern], 0, Gives::Bool),
        Builtin::Len => (&[Countable], 0, Gives::Int),
        Builtin::Min => (&[Ordered], 0, Gives::Element),
        Builtin::Max => (&[Ordered], 0, Gives::Element),
        Builtin::Sum => (&[Measured], 0, Gives::Element),
        Builtin::Avg => (&[Measured], 0, Gives::Mean),
        Builtin::Round => (&[Scaled, Int], 1, Gives::Scaled),
        Builtin::Down => (&[Plain], 0, Gives::Int),
        Builtin::Nearest => (&[Plain], 0, Gives::Int),
        Builtin::First => (&[List], 0, Gives::MaybeElement),
        Builtin::Last => (&[List], 0, Gives::MaybeElement),
        Builtin::Sort => (&[Ordered], 0, Gives::Elements),
        Builtin::Unique => (&[List], 0, Gives::Elements),
        Builtin::Contains => (&[Holder, Part], 0, Gives::Bool),
        Builtin::Keys => (&[Fields], 0, Gives::Texts),
        Builtin::Format => (&[Showable], 0, Gives::Text),
        Builtin::All => (&[Conditions], 0, Gives::Bool),
        Builtin::Any => (&[Conditions], 0, Gives::Bool),
        Builtin::None => (&[Conditions], 0, Gives::Bool),
        Builtin::Score => (&[Measure, SameMeasure, SameMeasure], 0, Gives::Number),
        Builtin::Role => (&[Text], 0, Gives::People),
        Builtin::Raw => (&[Text], 0, Gives::Text),
    };
    Row { wants, optional, gives }
}

/// Returns what a built-in function gives for arguments of these types.
///
/// # Errors
/// Says which argument does not fit, and what would.
pub fn builtin_type(builtin: Builtin, arguments: &[Type]) -> Result<Type, TypeWrong> {
    if matches!(builtin, Builtin::Min | Builtin::Max) && arguments.len() > 1 {
        return several(builtin, arguments);
    }
    let Row { wants, optional, gives } = row(builtin);
    if arguments.len() > wants.len() || arguments.len() + optional < wants.len() {
        return Err(wrong_count(builtin, arguments.len()));
    }
    for (at, (want, has)) in wants.iter().zip(arguments).enumerate() {
        if !want.takes(has, arguments) {
            let message = format!("`{}` takes {} here, not {has}", builtin.row().name, want.name());
            return Err(TypeWrong { argument: Some(at), message });
        }
    }
    Ok(gives.of(arguments))
}

fn wrong_count(builtin: Builtin, count: usize) -> TypeWrong {
    let row = builtin.row();
    let message = format!("`{}` is written `{}`, and here are {count} arguments", row.name, row.signature);
    TypeWrong { argument: None, message }
}

/// `min(a, b, …)`: all of them in one order.
fn several(builtin: Builtin, arguments: &[Type]) -> Result<Type, TypeWrong> {
    let name = builtin.row().name;
    let mut common = arguments[0].clone();
    for (at, argument) in arguments.iter().enumerate() {
        if !is_ordered(argument) {
            let message = format!("`{name}` compares numbers, units, times or strings, and {argument} has no order");
            return Err(TypeWrong { argument: Some(at), message });
        }
        common = in_common(&common, argument).ok_or_else(|| TypeWrong {
            argument: Some(at),
            message: format!("`{name}` never compares {argument} with {common}"),
        })?;
    }
    Ok(common)
}

/// Two string types have at least `string` in common.
fn in_common(left: &Type, right: &Type) -> Option<Type> {
    let both_texts = is_text(left) && is_text(right);
    left.join(right).or_else(|| both_texts.then_some(Type::Text))
}

fn is_text(it: &Type) -> bool {
    it.fits(&Type::Text)
}

fn is_ordered(it: &Type) -> bool {
    use Type::{Any, Date, Duration, Instant, Int, Number, Percent, Size, Time, Weekday};
    matches!(it, Any | Int | Number | Percent | Duration | Size | Time | Date | Instant | Weekday) || is_text(it)
}

fn is_measured(it: &Type) -> bool {
    matches!(it, Type::Any | Type::Int | Type::Number | Type::Percent | Type::Duration | Type::Size)
}

/// The type of the elements of what is a list, or stands for one.
fn element(it: &Type) -> Option<Type> {
    let element = it.element()?;
    let counts = |it: &Type| matches!(it, Type::Any | Type::Int | Type::Date | Type::Weekday);
    match it {
        Type::Range(_) => Some(element).filter(counts),
        _ => Some(element),
    }
}

/// Whether a text may show it: no secret is part of it.
fn is_showable(it: &Type) -> bool {
    match it {
        Type::Secret(_) | Type::People | Type::Router | Type::Channel | Type::Callable(_) => false,
        Type::List(of) | Type::Map(of) | Type::Range(of) | Type::Optional(of) => is_showable(of),
        Type::Record(record) => record.fields.values().all(is_showable),
        Type::Any
        | Type::Bool
        | Type::Int
        | Type::Number
        | Type::Percent
        | Type::Duration
        | Type::Size
        | Type::Time
        | Type::Date
        | Type::Instant
        | Type::Weekday
        | Type::Text
        | Type::Regex
        | Type::Url
        | Type::OneOf(_)
        | Type::Target
        | Type::Fleet => true,
    }
}

impl Want {
    fn name(self) -> &'static str {
        match self {
            Want::Text | Want::MaybeText => "a string",
            Want::Pattern => "a regex",
            Want::Int => "an int",
            Want::Plain => "a number",
            Want::Scaled => "a number or a percent",
            Want::List => "a list",
            Want::Ordered => "a list of numbers, units, times or strings",
            Want::Measured => "a list of numbers, percents, durations or sizes",
            Want::Conditions => "a list of conditions",
            Want::Measure => "a number, percent, duration or size",
            Want::SameMeasure => "what the first argument is",
            Want::Holder => "a list or a string",
            Want::Part => "what may be an element of the first",
            Want::Countable => "a list, a string or a map",
            Want::Fields => "a map or a record",
            Want::Showable => "a value that may be shown",
            Want::ShowableList => "a list of values that may be shown",
        }
    }

    fn takes(self, has: &Type, arguments: &[Type]) -> bool {
        let element = || element(has);
        match self {
            Want::Text => is_text(has),
            Want::MaybeText => is_text(has.present()),
            Want::Pattern => is_text(has),
            Want::Int => has.fits(&Type::Int),
            Want::Plain => has.fits(&Type::Number),
            Want::Scaled => has.fits(&Type::Number) || *has == Type::Percent,
            Want::List => element().is_some(),
            Want::Ordered => element().is_some_and(|it| is_ordered(&it)),
            Want::Measured => element().is_some_and(|it| is_measured(&it)),
            Want::Conditions => element().is_some_and(|it| it.fits(&Type::Bool)),
            Want::Measure => is_measured(has),
            Want::SameMeasure => is_measured(has) && in_common(&arguments[0], has).is_some(),
            Want::Holder => element().is_some() || is_text(has),
            Want::Part => is_part(has, &arguments[0]),
            Want::Countable => element().is_some() || is_text(has) || matches!(has, Type::Map(_) | Type::Record(_)),
            Want::Fields => matches!(has, Type::Map(_) | Type::Record(_) | Type::Any),
            Want::Showable => is_showable(has),
            Want::ShowableList => element().is_some_and(|it| is_showable(&it)),
        }
    }
}

fn is_part(what: &Type, holder: &Type) -> bool {
    match element(holder) {
        Some(element) => in_common(&element, what).is_some(),
        None => is_text(what),
    }
}

impl Gives {
    fn of(self, arguments: &[Type]) -> Type {
        let element = || arguments.first().and_then(element).unwrap_or(Type::Any);
        match self {
            Gives::Text => Type::Text,
            Gives::Bool => Type::Bool,
            Gives::Int => Type::Int,
            Gives::Number => Type::Number,
            Gives::Any => Type::Any,
            Gives::Texts => Type::list(Type::Text),
            Gives::People => Type::People,
            Gives::Element => element(),
            Gives::MaybeElement => element().optional(),
            Gives::Mean => match element() {
                Type::Int => Type::Number,
                other => other,
            },
            Gives::Elements => Type::list(element()),
            Gives::Scaled => match arguments.first() {
                Some(Type::Percent) => Type::Percent,
                _ => Type::Number,
            },
        }
    }
}
