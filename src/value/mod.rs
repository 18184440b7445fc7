//! Value · combine: what expressions are made of: typed values with units, and how they combine.
//!
//! - `kind`: the types
//! - `target`: a thing that is rolled out to
//! - `data`: the values
//! - `time`: instants, durations, civil times
//! - `window`: when work may begin, as plain data
//! - `literal`: from the text of a literal to its value
//! - `matchers`: which labels something must have
//! - `combine`: arithmetic and comparison, with dimensions
//! - `show`: values as a person would write them
//! - `brief`: with as many digits as say something
//! - `beneath`: paths that lie beneath a folder

mod beneath;
mod brief;
mod combine;
mod data;
mod kind;
mod literal;
mod matchers;
mod show;
mod target;
mod time;
mod window;

pub use beneath::beneath;
pub use brief::briefly;
pub use combine::{Compared, Sum, arithmetic, compare, share_of};
pub use data::{Record, Value};
pub use kind::{Callable, RecordType, Type, Word};
pub use literal::{LiteralShape, parse_literal};
pub use matchers::matchers;
pub use show::{literal, show_duration, show_roughly};
pub use target::Target;
pub use time::{At, Date, TimeOfDay, Weekday};
pub use window::{Closing, DeclaredWindow, Freeze, Opening, Opens, Window, WindowRules};
