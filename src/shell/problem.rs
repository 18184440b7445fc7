//! Holes that no quoting makes safe: where they stand, why that is wrong, and the way out. Renders nothing.

use super::script::Hole;

/// Why a template cannot be lowered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The hole it is about; none where the script itself cannot be read.
    pub hole: Option<Hole>,
    pub place: Place,
}

/// A place in a script where a value cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Text that a program reads as a program of its own.
    Program {
        /// The program, as the script names it.
        by: String,
        /// What to write instead, as a full sentence.
        instead: &'static str,
    },
    /// Inside `$(( … ))`, or an operand that the shell computes with.
    Arithmetic,
    /// Inside the shell's own `${ … }`.
    Parameter,
    Backticks,
    Comment,
    /// In a here-document whose delimiter is quoted.
    QuotedDocument {
        delimiter: String,
    },
    /// The word that ends a here-document.
    Delimiter,
    /// Where the shell wants a name: left of `=`, after `for`, in a subscript, an argument of `read`.
    Name,
    /// After `>&` or `<&`.
    Descriptor,
    /// Directly after a backslash.
    Escaped,
    /// In `$'…'`, which not every `sh` knows.
    AnsiQuote,
    /// A value that the shell expands by itself later: `PS4`, `BASH_ENV`.
    Startup {
        variable: String,
    },
    /// A quote, substitution or here-document that is never closed.
    Unterminated {
        what: &'static str,
    },
    /// `<<<` in a script for `sh`.
    HereString,
    /// Substitutions in substitutions, deeper than anyone writes.
    TooDeep,
}

impl Problem {
    /// Says what is wrong, in the manner of a diagnostic.
    pub fn message(&self) -> String {
        match &self.place {
            Place::Program { by, .. } => format!("`{by}` would read this value as part of a program"),
            Place::Arithmetic => "a value cannot stand where the shell calculates".to_owned(),
            Place::Parameter => "a value cannot stand inside the shell's own `${ }`".to_owned(),
            Place::Backticks => "a value cannot stand inside backticks".to_owned(),
            Place::Comment => "this value stands in a comment of the script".to_owned(),
            Place::QuotedDocument { delimiter } => {
                format!("a value cannot stand in a here-document whose delimiter `{delimiter}` is quoted")
            }
            Place::Delimiter => "a value cannot be the delimiter of a here-document".to_owned(),
            Place::Name => "a value cannot stand where the shell wants the name of a variable".to_owned(),
            Place::Descriptor => "a value cannot be the number of a file descriptor".to_owned(),
            Place::Escaped => "a backslash stands directly before this value".to_owned(),
            Place::AnsiQuote => "`$'…'` means different things to different `sh`".to_owned(),
            Place::Startup { variable } => format!("the shell expands `{variable}` again when it uses it"),
            Place::Unterminated { what } => format!("this script has {what} that is never closed"),
            Place::HereString => "`<<<` is not known to `sh`".to_owned(),
            Place::TooDeep => "this script nests its substitutions too deep".to_owned(),
        }
    }

    /// Says why, in a few words for the label at the hole.
    pub fn because(&self) -> &'static str {
        match &self.place {
            Place::Program { .. } => "read a second time",
            Place::Arithmetic => "bash runs commands that it finds in an index",
            Place::Parameter => "quoting differs from shell to shell here",
            Place::Backticks => "each backslash counts twice here",
            Place::Comment => "the shell never sees it",
            Place::QuotedDocument { .. } => "nothing is expanded here",
            Place::Delimiter => "the shell expands nothing in a delimiter",
            Place::Name => "must be known before the script runs",
            Place::Descriptor => "the shell reads it again, as a number or a file",
            Place::Escaped => "would escape the quoting",
            Place::AnsiQuote => "dash and bash end it at different places",
            Place::Startup { .. } => "read a second time",
            Place::Unterminated { .. } => "left open",
            Place::HereString => "a word of bash",
            Place::TooDeep => "more than 64 levels",
        }
    }

    /// Says what to write instead, as a clause without period.
    pub fn help(&self) -> &str {
        match &self.place {
            Place::Program { instead, .. } => instead,
            Place::Arithmetic => {
                "calculate in the interpolation itself, as in `${count + 1}`, or compare with `[ ${count} -gt 3 ]`"
            }
            Place::Parameter => "store it in a variable first: `name=${…}`, then `$name` with the expansion you need",
            Place::Backticks => "write `$( … )`",
            Place::Comment => "take it out of the comment, or write `$${` to show it as text",
            Place::QuotedDocument { .. } => {
                "write the delimiter without quotes, and `\\$` for each dollar sign that is meant as text"
            }
            Place::Delimiter => "write a fixed word, as in `<<EOF`",
            Place::Name => "write the name out, or choose by `case ${…} in`",
            Place::Descriptor => "write the number out, or send to a file with `> ${…}`",
            Place::Escaped => "take the backslash away, or double it where one is meant as text",
            Place::AnsiQuote => "close the quote before the value, or say `shell = \"bash\"`",
            Place::Startup { .. } => "store it in a variable of another name",
            Place::Unterminated { .. } => "close it, or escape the character where it is meant as text",
            Place::HereString => "write `printf '%s\\n' ${…} |` before the command, or say `shell = \"bash\"`",
            Place::TooDeep => "move the inner part into a script file of its own",
        }
    }
}
