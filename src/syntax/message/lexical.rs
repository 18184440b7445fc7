//! Words for mistakes in characters, literals, quotes and brackets.

use super::Narrator;
use crate::diag::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::layout::NESTING_MAX;
use crate::syntax::mistake::MistakeKind;
use crate::syntax::parse::SIZE_MAX;
use crate::syntax::token::TokenKind;

impl Narrator<'_> {
    pub(super) fn lexical(&self, kind: &MistakeKind, span: Span) -> Diagnostic {
        match kind {
            MistakeKind::TooLarge => {
                let message = format!("the file is larger than {} MiB", SIZE_MAX >> 20);
                Diagnostic::new(Code::TOO_LARGE, span, message).help("split it, and join the parts with `use`")
            }
            MistakeKind::Junk => self.junk_characters(span),
            MistakeKind::UnclosedText | MistakeKind::UnclosedBlock | MistakeKind::UnclosedHole => {
                self.unclosed_text(kind, span)
            }
            MistakeKind::UnclosedBracket { opener, close } => self.unclosed_bracket(*opener, *close, span),
            MistakeKind::StrayCloser => self.stray_closer(span),
            MistakeKind::MissingBodyOpen => Diagnostic::new(Code::MISSING_BODY, span, "expected `{` to open a body")
                .because("the lines below are indented and end with a `}`")
                .fix("insert `{`", span, " {"),
            MistakeKind::BodyOnOwnLine { before } => self.body_on_own_line(*before, span),
            MistakeKind::TooDeep => {
                let message = format!("this nests more than {NESTING_MAX} levels deep");
                Diagnostic::new(Code::TOO_DEEP, span, message)
                    .because("brackets and operators count together")
                    .help("name a part of it with `let`, and use the name")
            }
            MistakeKind::UnknownUnit { write } => self.unknown_unit(write.as_deref(), span),
            MistakeKind::SpacedUnit { write } => {
                Diagnostic::new(Code::UNKNOWN_UNIT, span, "a unit stands right behind its number")
                    .because(format!("write `{write}`"))
                    .fix(format!("write `{write}`"), span, write.as_str())
            }
            MistakeKind::SingleQuotes => self.single_quotes(span),
            MistakeKind::LopsidedOperator => self.lopsided(span),
            MistakeKind::UnknownEscape => self.unknown_escape(span),
            MistakeKind::BadLiteral { what, write } => self.bad_literal(what, write.as_deref(), span),
            MistakeKind::Foreign { write } => self.foreign(write, span),
            MistakeKind::MissingAlias => Diagnostic::new(Code::MISSING_EQUALS, span, "expected `=` before the type")
                .because("`=` belongs here")
                .fix("insert `=`", span, " ="),
            MistakeKind::MissingEquals { name } => self.missing_equals(*name, span),
            MistakeKind::ChainedComparison { middle } => self.chained(*middle, span),
            MistakeKind::ChainedRange => {
                Diagnostic::new(Code::CHAINED, span, "ranges do not chain").because("this range has two ends already")
            }
            MistakeKind::MisplacedWhere => {
                Diagnostic::new(Code::MISPLACED_WHERE, span, "`where` filters a list, and none stands before it")
                    .because("expected `name in list` before this")
                    .help("write `site in factories where site.region == \"eu\"`")
            }
            MistakeKind::Unreadable => Diagnostic::new(Code::SYNTAX, span, "this part of the file could not be read"),
            MistakeKind::Node { .. } => unreachable!("nodes are told by their shape"),
        }
    }

    fn junk_characters(&self, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        let first = text.chars().next().unwrap_or(' ');
        let shown = match first {
            it if it.is_control() || it.is_whitespace() => format!("the character U+{:04X}", first as u32),
            '`' => "a backquote".to_owned(),
            _ => format!("`{}`", text.chars().take(12).collect::<String>()),
        };
        let found = Diagnostic::new(Code::JUNK, span, format!("{shown} means nothing here"));
        match first {
            '“' | '”' | '„' => {
                found.help("a text stands in straight quotes: `\"…\"`").fix("write `\"`", span, "\"")
            }
            '%' => self.spaced_percent(found),
            '$' => found.help("`${…}` stands inside a text: `\"${name}\"`"),
            '\'' => found.help("a text stands in double quotes: `\"…\"`"),
            it if it.is_control() || it.is_whitespace() => found.fix("remove it", span, ""),
            _ => found,
        }
    }

    /// `5 %` is meant to be `5%`.
    fn spaced_percent(&self, found: Diagnostic) -> Diagnostic {
        let span = found.span();
        let before = self.source.text()[..span.start as usize].trim_end_matches(' ');
        let found = found.help("a percent has no space before its sign: `5%`");
        if !before.ends_with(|it: char| it.is_ascii_digit()) {
            return found;
        }
        let gap = self.span(before.len() as u32, span.end);
        found.fix("remove the space before `%`", gap, self.source.slice(span))
    }

    fn body_on_own_line(&self, before: u32, span: Span) -> Diagnostic {
        let gap = self.token_span(before).after().to(span);
        let found = Diagnostic::new(Code::MISSING_BODY, span, "a body's `{` stands on the line of its word")
            .because("this begins a line")
            .also(self.token_span(before), "it belongs behind this");
        // A comment between the two must not be lost.
        let blank = self.source.slice(gap).trim_end_matches('{').trim().is_empty();
        if blank { found.fix("move `{` to the line before", gap, " {") } else { found }
    }

    fn unclosed_text(&self, kind: &MistakeKind, span: Span) -> Diagnostic {
        let (message, label) = match kind {
            MistakeKind::UnclosedHole => {
                ("expected `}` to close the `${` opened here", "this is not closed on its line")
            }
            MistakeKind::UnclosedBlock => ("expected `\"\"\"` to close the text opened here", "this is never closed"),
            _ => ("expected `\"` to close the text opened here", "this text is not closed on its line"),
        };
        let found = Diagnostic::new(Code::UNCLOSED_TEXT, span, message).because(label);
        match kind {
            MistakeKind::UnclosedText => found.help("a text of several lines stands between `\"\"\"` and `\"\"\"`"),
            _ => found,
        }
    }

    fn unclosed_bracket(&self, opener: u32, close: TokenKind, span: Span) -> Diagnostic {
        let opened = self.token_span(opener);
        let what = match self.kind_at(opener) {
            Some(TokenKind::BodyOpen) => "the body opened here",
            Some(TokenKind::RecordOpen) => "the record opened here",
            Some(TokenKind::ListOpen) => "the list opened here",
            Some(TokenKind::CallOpen) => "the call opened here",
            _ => "what is opened here",
        };
        let close = close.words();
        Diagnostic::new(Code::UNCLOSED_BRACKET, span, format!("expected {close} to close {what}"))
            .because(format!("{close} is missing here"))
            .also(opened, "opened here")
            .fix(format!("insert {close}"), span, close.trim_matches('`'))
    }

    fn stray_closer(&self, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        let opener = match text {
            ")" => "(",
            "]" => "[",
            _ => "{",
        };
        Diagnostic::new(Code::STRAY_CLOSER, span, format!("`{text}` closes nothing"))
            .because(format!("no `{opener}` is open here"))
            .fix(format!("remove `{text}`"), span, "")
    }

    fn unknown_unit(&self, write: Option<&str>, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        let unit = text.trim_start_matches(|it: char| it.is_ascii_digit() || it == '_' || it == '.');
        let found = Diagnostic::new(Code::UNKNOWN_UNIT, span, format!("`{unit}` is no unit"));
        match write {
            Some(write) => found.because(format!("write `{write}`")).fix(format!("write `{write}`"), span, write),
            None => found.help("durations have `ms s m h d w`, sizes `B KB MB GB TB KiB MiB GiB TiB`, shares `%`"),
        }
    }

    fn single_quotes(&self, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        let inner = text.trim_matches('\'');
        let found = Diagnostic::new(Code::SINGLE_QUOTES, span, "a text stands in double quotes");
        let certain = !inner.contains(['"', '\\', '$', '\'']);
        if certain { found.fix(format!("write `\"{inner}\"`"), span, format!("\"{inner}\"")) } else { found }
    }

    fn lopsided(&self, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        let before = self.source.text()[..span.start as usize].ends_with([' ', '\t']);
        let spaced = if before { format!("{text} ") } else { format!(" {text}") };
        Diagnostic::new(Code::OPERATOR_SPACING, span, format!("`{text}` has a space on one side only"))
            .because("a space on both sides, or on neither")
            .fix("put a space on both sides", span, spaced)
    }

    fn unknown_escape(&self, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        Diagnostic::new(Code::UNKNOWN_ESCAPE, span, format!("`{text}` means nothing in a text"))
            .help("write `\\\\` for a backslash; in `r\"…\"` a backslash is itself")
            .fix("write `\\\\`", span, format!("\\{text}"))
    }

    fn bad_literal(&self, what: &str, write: Option<&str>, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        let example = match what {
            "time" => "write a time as `22:00` or `22:00:30`",
            "date" => "write a date as `2026-12-24`",
            _ => "write an instant as `2026-12-24T22:00Z` or `2026-12-24T22:00[Europe/Berlin]`",
        };
        let article = if what.starts_with('i') { "an" } else { "a" };
        let message = match what {
            "instant without a zone" => "an instant says its zone".to_owned(),
            _ => format!("`{text}` is not {article} {what}"),
        };
        let found = Diagnostic::new(Code::BAD_LITERAL, span, message).help(example);
        match write {
            Some(write) => found.fix(format!("write `{write}`"), span, write),
            None => found,
        }
    }

    fn foreign(&self, write: &str, span: Span) -> Diagnostic {
        let text = self.source.slice(span);
        if write == "#" {
            return Diagnostic::new(Code::FOREIGN_OPERATOR, span, "a comment begins with `#`")
                .because("`//` means nothing here")
                .fix("write `#`", span, "#");
        }
        if write == "," {
            return Diagnostic::new(Code::FOREIGN_OPERATOR, span, "an entry ends with its line, or with `,`")
                .because("`;` means nothing here")
                .fix("write `,`", span, ",");
        }
        let spaced = if write == "not" { "not ".to_owned() } else { write.to_owned() };
        Diagnostic::new(Code::FOREIGN_OPERATOR, span, format!("`{text}` is written `{write}` here"))
            .because(format!("write `{write}`"))
            .fix(format!("write `{write}`"), span, spaced)
    }

    fn missing_equals(&self, name: u32, span: Span) -> Diagnostic {
        let text = self.token_text(name);
        let found = Diagnostic::new(Code::MISSING_EQUALS, span, format!("expected `=` after `{text}`"))
            .because("`=` is missing here")
            .fix("insert `=`", span, " =");
        match self.named_record(name) {
            Some(key) => found.help(format!("to give `{key}` a body, leave out the `=` before its `{{`")),
            None => found,
        }
    }

    /// Returns the key in `key = { … }` whose value a token stands in.
    fn named_record(&self, token: u32) -> Option<&str> {
        let mut depth = 0u32;
        let opener = (0..token).rev().find(|it| match self.kind_at(*it) {
            Some(TokenKind::BraceClose) => {
                depth += 1;
                false
            }
            Some(TokenKind::RecordOpen | TokenKind::BodyOpen) if depth > 0 => {
                depth -= 1;
                false
            }
            Some(TokenKind::RecordOpen | TokenKind::BodyOpen) => true,
            _ => false,
        })?;
        let (key, assign) = (opener.checked_sub(2)?, opener - 1);
        let named = self.kind_at(key) == Some(TokenKind::Name) && self.kind_at(assign) == Some(TokenKind::Assign);
        named.then(|| self.token_text(key))
    }

    fn chained(&self, middle: (u32, u32), span: Span) -> Diagnostic {
        let place = self.span(middle.0, middle.1);
        let text = self.source.slice(place);
        let found = Diagnostic::new(Code::CHAINED, span, "comparisons do not chain")
            .because("the comparison before it is complete")
            .help(format!("compare twice, with `and` between: `… {text} and {text} {} …`", self.source.slice(span)));
        let mut found = found;
        let edit = Edit { span: place.after(), text: format!(" and {text}") };
        found.fixes.push(Fix { title: format!("write `and {text}` between them"), edits: vec![edit] });
        found
    }
}
