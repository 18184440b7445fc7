//! The functions that are built in: one row each. Checker, evaluator, hover and reference pages read this table.

use serde::{Deserialize, Serialize};

macro_rules! builtins {
    ($($variant:ident = $name:literal, $signature:literal, $doc:literal;)*) => {
        /// A function that is built in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Builtin {
            $(#[doc = $doc] $variant,)*
        }

        /// Every built-in function, in the order of the reference.
        pub const BUILTINS: &[BuiltinRow] = &[
            $(BuiltinRow { builtin: Builtin::$variant, name: $name, signature: $signature, doc: $doc },)*
        ];
    };
}

/// What is known of a built-in function.
#[derive(Debug, Clone, Copy)]
pub struct BuiltinRow {
    pub builtin: Builtin,
    pub name: &'static str,
    /// As the reference writes it: `round(x: number, digits: int = 0): number`.
    pub signature: &'static str,
    pub doc: &'static str,
}

builtins! {
    Env = "env", "env(name: string, default: string?): string",
        "The value of an environment variable when the plan is made; recorded in the run, so not for secrets.";
    File = "file", "file(path: string): string", "The text of a file beside this one, read when the plan is made.";
    Json = "json", "json(text: string): map<any>", "The record or list that a JSON text holds.";
    Lower = "lower", "lower(text: string): string", "The text in lower case.";
    Upper = "upper", "upper(text: string): string", "The text in upper case.";
    Trim = "trim", "trim(text: string): string", "The text without white space at its ends.";
    Split = "split", "split(text: string, by: string): list<string>", "The parts of a text between separators.";
    Join = "join", "join(list: list<any>, by: string): string", "The elements as one text with a separator between.";
    Replace = "replace", "replace(text: string, from: string, to: string): string", "The text with every `from` as `to`.";
    Matches = "matches", "matches(text: string, pattern: regex): bool", "Whether a pattern matches somewhere in a text.";
    Len = "len", "len(of: list<any> | string | map<any>): int", "How many elements, characters or fields there are.";
    Min = "min", "min(list: list<T>): T", "The least element, or the lesser of several values.";
    Max = "max", "max(list: list<T>): T", "The greatest element, or the greater of several values.";
    Sum = "sum", "sum(list: list<T>): T", "The sum of the elements.";
    Avg = "avg", "avg(list: list<T>): T", "The mean of the elements.";
    Round = "round", "round(x: number, digits: int = 0): number", "The number rounded half away from zero.";
    Down = "down", "down(x: number): int", "The next whole number below.";
    Nearest = "nearest", "nearest(x: number): int", "The nearest whole number.";
    First = "first", "first(list: list<T>): T?", "The first element, if there is one.";
    Last = "last", "last(list: list<T>): T?", "The last element, if there is one.";
    Sort = "sort", "sort(list: list<T>): list<T>", "The elements in ascending order.";
    Unique = "unique", "unique(list: list<T>): list<T>", "The elements without repetitions, in their order.";
    Contains = "contains", "contains(in: list<T> | string, what: T): bool", "Whether an element or a part is there.";
    Keys = "keys", "keys(of: map<any>): list<string>", "The names of the fields, in alphabetical order.";
    Format = "format", "format(value: any): string", "The value as text, as interpolation writes it.";
    All = "all", "all(list: list<bool>): bool", "Whether all conditions hold; over nothing it is unknown.";
    Any = "any", "any(list: list<bool>): bool", "Whether one of the conditions holds; over nothing it is unknown.";
    None = "none", "none(list: list<bool>): bool", "Whether none of the conditions holds; over nothing it is unknown.";
    Score = "score", "score(m: T, good: T, bad: T): number",
        "How good a value is: 100 at `good` and beyond, 0 at `bad` and beyond, straight between.";
    Role = "role", "role(name: string): people",
        "Who has a role when the plan is made: the members of the operating system's group of that name.";
    Raw = "raw", "raw(text: string): string", "Puts a text into a command unquoted, as if it were part of the script.";
}

impl Builtin {
    pub fn from_name(name: &str) -> Option<Builtin> {
        BUILTINS.iter().find(|row| row.name == name).map(|row| row.builtin)
    }

    pub fn row(self) -> &'static BuiltinRow {
        &BUILTINS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_at_its_number() {
        for row in BUILTINS {
            assert_eq!(row.builtin.row().name, row.name);
            assert!(row.signature.starts_with(row.name), "{}", row.signature);
        }
    }
}
