//! What is known of a word and of a property: rows of plain data. Knows nothing of programs.

use super::{Kind, Place};

/// Whether this version performs what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Now,
    /// Known, so that it is never ignored in silence; refused when checked.
    Later,
}

/// A word: `word args… { entries }`.
#[derive(Debug, Clone, Copy)]
pub struct WordRow {
    pub name: &'static str,
    /// Where it may stand.
    pub places: &'static [Place],
    /// How it is written.
    pub shape: &'static str,
    /// What its body is, if it has one.
    pub body: Option<Place>,
    pub doc: &'static str,
    pub properties: &'static [PropertyRow],
    pub meaning: Meaning,
}

/// A property: `key = value`.
#[derive(Debug, Clone, Copy)]
pub struct PropertyRow {
    pub name: &'static str,
    pub kind: Kind,
    /// As the reference writes it; empty where leaving it out means nothing of the kind.
    pub default: &'static str,
    pub doc: &'static str,
    pub meaning: Meaning,
}

/// A word that is performed.
pub(super) const fn now(
    name: &'static str,
    shape: &'static str,
    places: &'static [Place],
    body: Option<Place>,
    properties: &'static [PropertyRow],
    doc: &'static str,
) -> WordRow {
    WordRow { name, places, shape, body, doc, properties, meaning: Meaning::Now }
}

/// A word that is known and not performed yet.
pub(super) const fn later(
    name: &'static str,
    shape: &'static str,
    places: &'static [Place],
    body: Option<Place>,
    properties: &'static [PropertyRow],
    doc: &'static str,
) -> WordRow {
    WordRow { name, places, shape, body, doc, properties, meaning: Meaning::Later }
}

/// A property that is performed.
pub(super) const fn property(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> PropertyRow {
    PropertyRow { name, kind, default, doc, meaning: Meaning::Now }
}

/// A property that is known and not performed yet.
pub(super) const fn property_later(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> PropertyRow {
    PropertyRow { name, kind, default, doc, meaning: Meaning::Later }
}

/// What every word may have beside its own; `when` stands on what is executed.
pub(super) const SHARED: &[PropertyRow] = &[
    property("when", Kind::Condition, "", "Only if this holds; otherwise it is skipped."),
    property("allow", Kind::Codes, "[]", "Warnings that are not reported for this entry; say why in its doc comment."),
];
