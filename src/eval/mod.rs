//! Scope · eval: an expression in a scope has a value. One evaluator for plan time and run time: it always ends,
//! and whatever cannot be is an error with its place.
//!
//! - `scope`: what a name stands for where an expression is evaluated
//! - `wrong`: why there is no value, and where
//! - `fuel`: how much work and how much depth one evaluation may take
//! - `evaluate`: the evaluator
//! - `quantify`: `all` and `any`
//! - `operate`: comparisons, fields, elements, ranges
//! - `truth`: conditions that hold, are violated, or are unknown
//! - `member`: what is in a list or a range, and what a range lists
//! - `order`: the one order in which values are sorted
//! - `share`: how many targets a share or a count chooses
//! - `text`: strings with holes, and those that may hold secrets
//! - `read`: from the text that a command wrote to a typed value
//! - `window`: from the form of a window to its value
//! - `builtin`: what each built-in function does
//! - `collect`: what those that take lists do
//! - `signature`: what each built-in function takes and gives

mod builtin;
mod collect;
mod evaluate;
mod fuel;
mod member;
mod operate;
mod order;
mod quantify;
mod read;
mod scope;
mod share;
mod signature;
mod text;
mod truth;
mod window;
mod wrong;

#[cfg(test)]
mod cases;

#[cfg(test)]
mod properties;

pub use evaluate::{condition, eval};
pub use fuel::Fuel;
pub use member::elements;
pub use read::{json_as, json_value, read_as};
pub use scope::{Answer, Bound, Called, NoScope, Rise, Scope, Silence, Stretch};
pub use share::{share_down, share_up};
pub use signature::{TypeWrong, builtin_type};
pub use text::{Piece, text_with_secrets};
pub use truth::Truth;
pub use window::{hours_of, no_zone};
pub use wrong::{Wrong, WrongKind};
