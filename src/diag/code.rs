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
    TOO_LARGE = "E0101", "the file is too large";
    JUNK = "E0102", "a character that means nothing";
    UNCLOSED_TEXT = "E0103", "a text that is not closed";
    UNCLOSED_BRACKET = "E0104", "a bracket that is not closed";
    STRAY_CLOSER = "E0105", "a closing bracket without an opening one";
    MISSING_VALUE = "E0106", "a value is missing";
    MISSING_EQUALS = "E0107", "`=` is missing";
    SURPLUS_COMMA = "E0108", "a comma too many";
    UNKNOWN_UNIT = "E0109", "an unknown unit";
    SINGLE_QUOTES = "E0110", "a text in single quotes";
    TOO_DEEP = "E0111", "nested too deeply";
    CHAINED = "E0112", "comparisons do not chain";
    OPERATOR_SPACING = "E0113", "an operator with space on one side";
    UNKNOWN_ESCAPE = "E0114", "an unknown escape";
    BAD_LITERAL = "E0115", "a time, date or instant that is none";
    UNEXPECTED = "E0116", "more than was expected";
    MISSING_BODY = "E0117", "the `{` of a body is missing";
    FOREIGN_OPERATOR = "E0118", "an operator of other languages";
    CONDITIONAL = "E0119", "an `if` without `then` or `else`";
    MISPLACED_WHERE = "E0120", "a `where` that filters nothing";
    MISSING_TYPE = "E0121", "a type is missing";
    // Plans.
    INPUT = "E0801", "an input without a right value";
    VALUE = "E0802", "no value";
    LOOP = "E0803", "a loop over nothing, or over nobody knows what";
    NUMBER = "E0804", "a number that cannot be";
    FLEET_LOAD = "E0805", "a fleet that cannot be loaded";
    KEPT_MISSING = "E0806", "an undo without what it needs";
    STAGE_CYCLE = "E0807", "stages that wait for each other";
    PLAN_TOO_LARGE = "E0808", "a plan that is too large";
}

/// Returns what is known of a code, however its letters are written.
pub fn code_row(code: &str) -> Option<&'static CodeRow> {
    CODES.iter().find(|row| row.code.0.eq_ignore_ascii_case(code))
}
