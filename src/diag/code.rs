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
    // Names.
    CLASH = "E0201", "a name for two things";
    TAKEN = "E0202", "a name that the language uses";
    UNKNOWN_NAME = "E0203", "unknown name";
    WRONG_THING = "E0204", "a name of another kind of thing";
    CONSTANT_CYCLE = "E0205", "something that depends on itself";
    TOO_EARLY = "E0206", "used before it is there";
    NOT_HERE = "E0207", "not available here";
    AMBIGUOUS = "E0208", "a name that two steps have";
    // Words and properties.
    LATER = "E0300", "not performed by this version";
    UNKNOWN_WORD = "E0301", "unknown word";
    MISPLACED = "E0302", "a word in the wrong place";
    NO_PROPERTY = "E0303", "unknown property";
    PROPERTY_TWICE = "E0304", "given twice";
    FOREIGN_PROPERTY = "E0305", "a property of another word";
    MISSING = "E0306", "something required is missing";
    SHAPE = "E0307", "not written as the word is";
    // Types and units.
    MISMATCH = "E0400", "a value of the wrong type";
    NO_UNIT = "E0401", "a number without its unit";
    INCOMPARABLE = "E0402", "values that are never compared";
    NO_SUM = "E0403", "values that do not combine";
    ABSENT = "E0404", "a value that may be absent";
    NO_FIELD = "E0405", "unknown field";
    ARGUMENTS = "E0406", "wrong arguments";
    NO_VALUE = "E0407", "none of the values";
    NO_SUCH_LITERAL = "E0408", "a value that does not exist";
    ASKED_HERE = "E0409", "a probe where none is asked";
    UNKNOWN_TYPE = "E0410", "unknown type";
    NOT_KNOWN = "E0411", "must be known when the file is checked";
    NO_RESULT = "E0412", "an expression without a result";
    BAD_PATTERN = "E0413", "a pattern that cannot be read";
    OUT_OF_RANGE = "E0414", "a value out of range";
    TOO_MUCH = "E0415", "too large";
    // Strategies, actions, stages.
    CALL_CYCLE = "E0500", "something that calls itself";
    STAGE_CYCLE = "E0501", "stages that wait for each other";
    NO_STAGE = "E0502", "unknown stage";
    SLOT = "E0503", "a slot filled wrongly";
    NO_SAVE = "E0504", "nothing to restore";
    PER_WAVE = "E0505", "not one number for each wave";
    NEVER_KEPT = "E0506", "a value that is never kept";
    // Fleets, imports, files.
    UNREADABLE = "E0600", "a file that cannot be read";
    USE_CYCLE = "E0601", "files that use each other";
    NO_MODULE = "E0602", "unknown module";
    NO_MEMBER = "E0603", "unknown name in a file";
    BAD_ROWS = "E0604", "a file that does not list targets";
    BAD_LABEL = "E0605", "a label of the wrong type";
    // Secrets, shell.
    SHOWN_SECRET = "E0700", "a secret that would be shown";
    SHELL = "E0701", "a value where the shell cannot take one";
    // Plans.
    INPUT = "E0801", "an input without a right value";
    VALUE = "E0802", "no value";
    LOOP = "E0803", "a loop over nothing, or over nobody knows what";
    NUMBER = "E0804", "a number that cannot be";
    FLEET_LOAD = "E0805", "a fleet that cannot be loaded";
    KEPT_MISSING = "E0806", "an undo without what it needs";
    PLAN_TOO_LARGE = "E0807", "a plan that is too large";
    // Windows.
    NO_ZONE = "E0901", "an unknown zone";
    CRON = "E0902", "a cron expression that cannot be read";
    NO_HOURS = "E0903", "hours without time";
    TWO_WAYS = "E0904", "a window opened in two ways";
    // Tests.
    UNANSWERED = "E0950", "a question that the scenario does not answer";
    UNMET = "E0951", "an expectation that was not met";
    TIMELINE = "E0952", "a timeline that goes back";
    // Lints.
    UNUSED = "W0001", "an unused name";
    UNUSED_IMPORT = "W0002", "an unused import";
    UNREACHABLE = "W0003", "never reached";
    RAW = "W0004", "a value put into a script as it is";
    NO_EFFECT = "W0005", "without effect";
    ROUNDS = "W0006", "a share that is none or all";
    ALL_MAY_FAIL = "W0007", "every target may fail";
    EMPTY = "W0008", "nothing happens here";
    NO_UNDO = "W0012", "nothing undoes this";
    NEVER_OPENS = "W0020", "a window in which nothing can begin";
    BOTH_DAYS = "W0021", "days of the month and of the week at once";
    TOO_SHORT = "W0022", "a window shorter than the work in it";
    AUTHOR_ALONE = "W0030", "an approval that the author alone can give";
    NO_HOLD = "W0031", "raised, and nobody looks";
    NO_GATE = "W0032", "production, and nothing looked before";
    NO_LIMIT = "W0033", "a limit that never or always applies";
    TOO_FEW_SAMPLES = "W0034", "looked at too seldom";
    NOT_SETTLED = "W0035", "measured over a time before the change";
    TOO_LATE = "W0040", "a stage that cannot end in time";
    NEVER_BEGINS = "W0041", "something whose turn never comes";
    RUNS_OUT_FROZEN = "W0042", "an approval that can run out in a freeze";
    MANY_WINDOWS = "W0043", "a wave that waits for many windows";
}

/// Returns what is known of a code, however its letters are written.
pub fn code_row(code: &str) -> Option<&'static CodeRow> {
    CODES.iter().find(|row| row.code.0.eq_ignore_ascii_case(code))
}
