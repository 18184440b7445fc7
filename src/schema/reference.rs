//! The table as pages for people, in Markdown. Knows nothing that the rows do not say.

use std::fmt::Write;

use super::{FACTS, Meaning, PropertyRow, WordRow, properties, words};
use crate::model::BUILTINS;

/// Returns the reference of all words, properties and built-in functions.
pub fn reference() -> String {
    let mut page = String::from("# Reference\n\n## Words\n");
    words().for_each(|row| write_word(&mut page, row));
    page.push_str("\n## Functions\n\n| function | what it gives |\n| --- | --- |\n");
    for row in BUILTINS {
        let _ = writeln!(page, "| `{}` | {} |", row.signature.replace('|', "\\|"), row.doc);
    }
    page.push_str("\n## What a test may expect\n\n| written | what it says |\n| --- | --- |\n");
    for row in FACTS {
        let _ = writeln!(page, "| `{}` | {} |", row.shape, row.doc);
    }
    page
}

fn write_word(page: &mut String, row: &'static WordRow) {
    let places: Vec<&str> = row.places.iter().map(|it| it.words()).collect();
    let _ = write!(page, "\n### `{}`\n\n{}\n\n", row.shape, row.doc);
    let _ = writeln!(page, "Stands in {}.{}", places.join(", "), later_note(row.meaning));
    if properties(row).next().is_some() && row.body.is_some() {
        page.push_str("\n| property | holds | default | |\n| --- | --- | --- | --- |\n");
        properties(row).for_each(|property| write_property(page, property));
    }
}

fn write_property(page: &mut String, row: &PropertyRow) {
    let kind = row.kind.to_string().replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;");
    let note = later_note(row.meaning);
    let _ = writeln!(page, "| `{}` | {kind} | {} | {}{note} |", row.name, row.default, row.doc);
}

fn later_note(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Now => "",
        Meaning::Later => " Known, but not performed by this version.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_and_function_has_its_place_on_the_page() {
        let page = reference();
        for row in words() {
            assert!(page.contains(row.shape), "{}", row.name);
        }
        for row in FACTS {
            assert!(page.contains(row.shape), "{}", row.name);
        }
        for row in BUILTINS {
            assert!(page.contains(row.doc), "{}", row.name);
        }
    }
}
