//! The standard library, built into the binary: `use std.rolling.rolling` reads `stdlib/rolling.rollout`.

/// Each module of the library with its text, in alphabetical order.
pub const LIBRARY: &[(&str, &str)] = &[];

/// Returns the text of a module of the standard library.
pub fn library_text(module: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(name, _)| *name == module).map(|(_, text)| *text)
}
