//! The table of codes: one row per code with its name and the page that explains it.

use std::fmt;

/// A code as people see it, such as `E0203`. Codes are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What is known of a code.
#[derive(Debug, Clone, Copy)]
pub struct CodeRow {
    pub code: Code,
    /// A few words: "unknown name".
    pub title: &'static str,
    /// The page that `rollout explain` shows, in Markdown.
    pub page: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal;)*) => {
        impl Code {
            $(#[doc = $title] pub const $name: Code = Code($code);)*
        }
        /// Every code there is, in order.
        pub const CODES: &[CodeRow] = &[
            $(CodeRow {
                code: Code($code),
                title: $title,
                page: include_str!(concat!("../../docs/errors/", $code, ".md")),
            },)*
        ];
    };
}

codes! {
    // Lexical and syntactic.
    SYNTAX = "E0100", "something else was expected";
}

/// Returns what is known of a code, however its letters are written.
pub fn code_row(code: &str) -> Option<&'static CodeRow> {
    CODES.iter().find(|row| row.code.0.eq_ignore_ascii_case(code))
}
