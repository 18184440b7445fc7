//! Findings for people: drawn with the lines they are about. Decides colours and widths by what it is told, and
//! prints nothing.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::{Diagnostic, Label, Severity};
use crate::source::{Source, Sources};

/// How findings are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub color: bool,
    /// In columns.
    pub width: usize,
    /// Whether lines are drawn with box characters rather than ASCII.
    pub unicode: bool,
}

/// Past so many findings the rest is only counted.
const SHOWN_MAX: usize = 50;

/// Draws findings, one after another, with a line of what was left out.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, look: Look) -> String {
    let handler = handler(look);
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN_MAX) {
        let report = Report::new(diagnostic, sources);
        handler.render_report(&mut text, &report).expect("writing to a string does not fail");
        text.push('\n');
    }
    if let Some(left @ 1..) = diagnostics.len().checked_sub(SHOWN_MAX) {
        text.push_str(&format!("… and {left} more.\n"));
    }
    text
}

fn handler(look: Look) -> GraphicalReportHandler {
    let styles = if look.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let characters = if look.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(look.width.max(40))
        .with_links(false)
        .with_context_lines(1)
        .without_syntax_highlighting()
}

/// One finding as the drawer wants it.
struct Report<'a> {
    code: String,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    source: Indexed<'a>,
    labels: Vec<LabeledSpan>,
    /// Places in other files, each a small report of its own.
    elsewhere: Vec<Report<'a>>,
}

impl<'a> Report<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Report<'a> {
        let here = diagnostic.primary.span.source;
        let (near, far): (Vec<&Label>, Vec<&Label>) = diagnostic.labels.iter().partition(|it| it.span.source == here);
        let primary = labeled(&diagnostic.primary, true);
        Report {
            code: diagnostic.code.to_string(),
            severity: diagnostic.severity,
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            source: Indexed(sources.get(here)),
            labels: std::iter::once(primary).chain(near.iter().map(|it| labeled(it, false))).collect(),
            elsewhere: far.iter().map(|it| Report::elsewhere(it, sources)).collect(),
        }
    }

    fn elsewhere(label: &'a Label, sources: &'a Sources) -> Report<'a> {
        Report {
            code: String::new(),
            severity: Severity::Hint,
            message: &label.text,
            help: None,
            source: Indexed(sources.get(label.span.source)),
            labels: vec![LabeledSpan::new_with_span(None, label.span.range())],
            elsewhere: Vec::new(),
        }
    }
}

fn labeled(label: &Label, primary: bool) -> LabeledSpan {
    let text = (!label.text.is_empty()).then(|| label.text.clone());
    match primary {
        true => LabeledSpan::new_primary_with_span(text, label.span.range()),
        false => LabeledSpan::new_with_span(text, label.span.range()),
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.code.is_empty()).then(|| Box::new(&self.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Hint => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.map(|it| Box::new(it) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        let elsewhere = self.elsewhere.iter().map(|it| it as &dyn miette::Diagnostic);
        (!self.elsewhere.is_empty()).then(|| Box::new(elsewhere) as Box<dyn Iterator<Item = _>>)
    }
}

/// A source whose lines are found by its index: drawing a thousand labels does not read the text a thousand times.
struct Indexed<'a>(&'a Source);

impl SourceCode for Indexed<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let source = self.0;
        let text_len = source.text().len();
        if span.offset() + span.len() > text_len {
            return Err(MietteError::OutOfBounds);
        }
        let line = source.line_of(span.offset() as u32);
        let last = source.line_of((span.offset() + span.len().saturating_sub(1)) as u32);
        let first_shown = line.saturating_sub(before as u32);
        let last_shown = (last + after as u32).min(source.line_count() - 1);
        let start = if before == 0 { span.offset() } else { source.line_range(first_shown).start };
        let end = if after == 0 { span.offset() + span.len() } else { source.line_range(last_shown).end };
        let end = end.max(span.offset() + span.len());
        let column = start - source.line_range(source.line_of(start as u32)).start;
        Ok(Box::new(MietteSpanContents::new_named(
            source.path().to_owned(),
            &source.text().as_bytes()[start..end],
            (start, end - start).into(),
            source.line_of(start as u32) as usize,
            column,
            (last_shown - first_shown + 1) as usize,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::source::Span;

    #[test]
    fn a_finding_shows_its_line_its_reason_and_its_help() {
        let mut sources = Sources::default();
        let id = sources.add("a.rollout", "rollout web {\n  stgae x {}\n}\n");
        let span = Span::new(id, 16, 21);
        let found =
            Diagnostic::new(Code::SYNTAX, span, "unknown word `stgae`").because("here").suggest(span, Some("stage"));
        let text = render(&[found], &sources, Look { color: false, width: 80, unicode: false });
        for part in ["E0100", "unknown word `stgae`", "a.rollout:2:3", "stgae x", "here", "did you mean `stage`?"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
