//! Word · lookup: the one table of words and properties. Checker, formatter, completion, hover and the reference
//! pages all read it.
//!
//! - `row`: what is known of a word and of a property
//! - `kind`: what a property may hold
//! - `place`: where a word may stand
//! - `declarations`, `flow`, `actions`, `gates`, `people`, `scenarios`: the rows, by area
//! - `lookup`: from a name to its row
//! - `reference`: the table as pages for people

mod actions;
mod declarations;
mod flow;
mod gates;
mod kind;
mod lookup;
mod people;
mod place;
mod reference;
mod row;
mod scenarios;

pub use kind::Kind;
pub use lookup::{owners, places_of, properties, property, property_names, word, word_names, words};
pub use place::Place;
pub use reference::reference;
pub use row::{Meaning, PropertyRow, WordRow};
pub use scenarios::{FACTS, FactRow};
