//! Findings for machines: JSON as the interface fixes it, GitHub's workflow commands, SARIF 2.1.0.

use serde_json::{Value, json};

use super::{CODES, Diagnostic, Edit, Label, Severity};
use crate::source::{Sources, Span};

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        }
    }
}

/// Returns what `check --format json` prints. Lines and columns count from 1, columns in Unicode scalar values,
/// offsets in bytes.
pub fn as_json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let count = |severity| diagnostics.iter().filter(|it| it.severity == severity).count();
    json!({
        "version": 1,
        "diagnostics": diagnostics.iter().map(|it| one(it, sources)).collect::<Vec<_>>(),
        "summary": {
            "files": sources.iter().filter(|it| !it.path().starts_with("std.")).count(),
            "errors": count(Severity::Error),
            "warnings": count(Severity::Warning),
        },
    })
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let fixes = diagnostic.fixes.iter().map(|fix| {
        let edits: Vec<Value> = fix.edits.iter().map(|it| edit(it, sources)).collect();
        json!({ "title": fix.title, "edits": edits })
    });
    let primary = Some(&diagnostic.primary).filter(|it| !it.text.is_empty());
    let labels = primary.into_iter().chain(&diagnostic.labels).map(|it| label(it, sources));
    json!({
        "code": diagnostic.code.0,
        "severity": diagnostic.severity.name(),
        "message": diagnostic.message,
        "file": sources.get(diagnostic.span().source).path(),
        "span": span(diagnostic.span(), sources),
        "labels": labels.collect::<Vec<_>>(),
        "help": diagnostic.help,
        "fixes": fixes.collect::<Vec<_>>(),
    })
}

fn edit(edit: &Edit, sources: &Sources) -> Value {
    json!({ "file": sources.get(edit.span.source).path(), "span": span(edit.span, sources), "text": edit.text })
}

fn label(label: &Label, sources: &Sources) -> Value {
    json!({ "file": sources.get(label.span.source).path(), "span": span(label.span, sources), "text": label.text })
}

fn span(span: Span, sources: &Sources) -> Value {
    let at = |offset: u32| {
        let place = sources.get(span.source).line_column(offset);
        json!({ "line": place.line, "column": place.column, "offset": offset })
    };
    json!({ "start": at(span.start), "end": at(span.end) })
}

/// Returns one workflow command a line, which GitHub shows beside the lines of a change.
pub fn as_github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let source = sources.get(diagnostic.span().source);
        let (start, end) = (source.line_column(diagnostic.span().start), source.line_column(diagnostic.span().end));
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "notice",
        };
        let help = diagnostic.help.as_ref().map(|it| format!("\n{it}")).unwrap_or_default();
        text.push_str(&format!(
            "::{command} file={},line={},col={},endLine={},endColumn={},title={}::{}\n",
            property(source.path()),
            start.line,
            start.column,
            end.line,
            end.column,
            property(diagnostic.code.0),
            data(&format!("{}{help}", diagnostic.message)),
        ));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns a SARIF 2.1.0 log with one run.
pub fn as_sarif(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let rules: Vec<Value> = CODES
        .iter()
        .map(|row| json!({ "id": row.code.0, "shortDescription": { "text": row.title }, "help": { "text": row.page } }))
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(|it| sarif_result(it, sources)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "rollout", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn sarif_result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    };
    let related: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|it| {
            let mut place = sarif_place(it.span, sources);
            place["message"] = json!({ "text": it.text });
            place
        })
        .collect();
    let line = sources.get(diagnostic.span().source).line_of(diagnostic.span().start);
    let text = sources.get(diagnostic.span().source);
    // The text of the line rather than its number: the same finding stays itself when lines move.
    let fingerprint = format!("{}:{}", diagnostic.code, text.text()[text.line_range(line)].trim());
    json!({
        "ruleId": diagnostic.code.0,
        "ruleIndex": CODES.iter().position(|row| row.code == diagnostic.code),
        "level": level,
        "message": { "text": diagnostic.message },
        "locations": [sarif_place(diagnostic.span(), sources)],
        "relatedLocations": related,
        "partialFingerprints": { "codeAndLine/v1": fingerprint },
    })
}

fn sarif_place(span: Span, sources: &Sources) -> Value {
    let source = sources.get(span.source);
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": source.path().replace(' ', "%20") },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    })
}
