//! From a name to its row. Knows the areas of the table and nothing else.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::place::BODIES;
use super::row::SHARED;
use super::{Place, PropertyRow, WordRow, actions, declarations, flow, gates, people, scenarios};

/// The areas in the order of the reference.
const AREAS: &[&[WordRow]] =
    &[declarations::WORDS, flow::WORDS, actions::WORDS, gates::WORDS, people::WORDS, scenarios::WORDS];

/// Returns every word in the order of the reference.
pub fn words() -> impl Iterator<Item = &'static WordRow> {
    AREAS.iter().copied().flatten()
}

/// Returns the word of this name that may stand here.
pub fn word(place: Place, name: &str) -> Option<&'static WordRow> {
    named(name).iter().copied().find(|row| row.places.contains(&place))
}

/// Returns where words of this name may stand; empty if there is none.
pub fn places_of(name: &str) -> Vec<Place> {
    named(name).iter().flat_map(|row| row.places.iter().copied()).collect()
}

/// Returns the names of the words that may stand here.
pub fn word_names(place: Place) -> impl Iterator<Item = &'static str> {
    words().filter(move |row| row.places.contains(&place)).map(|row| row.name)
}

/// Returns every property of a word: its own, then those that all words of its kind have.
pub fn properties(word: &'static WordRow) -> impl Iterator<Item = &'static PropertyRow> {
    let is_executed = matches!(word.name, "stage" | "apply") || word.places.iter().any(|it| BODIES.contains(it));
    let shared = SHARED.iter().filter(move |row| row.name != "when" || is_executed);
    word.properties.iter().chain(shared)
}

/// Returns a property of a word.
pub fn property(word: &'static WordRow, name: &str) -> Option<&'static PropertyRow> {
    properties(word).find(|row| row.name == name)
}

/// Returns the names of a word's properties.
pub fn property_names(word: &'static WordRow) -> impl Iterator<Item = &'static str> {
    properties(word).map(|row| row.name)
}

/// Returns the names of the words that have a property of this name.
pub fn owners(property: &str) -> Vec<&'static str> {
    let has = |row: &&WordRow| row.properties.iter().any(|it| it.name == property);
    let mut owners: Vec<&'static str> = words().filter(has).map(|row| row.name).collect();
    owners.dedup();
    owners
}

fn named(name: &str) -> &'static [&'static WordRow] {
    static INDEX: OnceLock<HashMap<&'static str, Vec<&'static WordRow>>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let mut index: HashMap<&'static str, Vec<&'static WordRow>> = HashMap::new();
        words().for_each(|row| index.entry(row.name).or_default().push(row));
        index
    });
    index.get(name).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod cases {
    use super::*;

    #[test]
    fn a_place_has_at_most_one_word_of_a_name() {
        for row in words() {
            for place in row.places {
                let same = named(row.name).iter().filter(|it| it.places.contains(place)).count();
                assert_eq!(same, 1, "{} in {place:?}", row.name);
            }
        }
    }

    #[test]
    fn no_word_has_a_property_twice() {
        for row in words() {
            for property in row.properties {
                let same = property_names(row).filter(|it| *it == property.name).count();
                assert_eq!(same, 1, "{} of {}", property.name, row.name);
            }
        }
    }
}
