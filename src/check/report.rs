//! Findings, each once and in order; those that an entry allows are left out. Knows no rules.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Severity};
use crate::source::Span;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    list: Vec<Diagnostic>,
    seen: HashSet<(Span, Code, String)>,
    allowed: Vec<(Span, String)>,
}

impl Report {
    /// Adds a finding unless it is there.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        let key = (diagnostic.span(), diagnostic.code, diagnostic.message.clone());
        if self.seen.insert(key) {
            self.list.push(diagnostic);
        }
    }

    /// Leaves out warnings of this code within this place.
    pub fn allow(&mut self, within: Span, code: &str) {
        self.allowed.push((within, code.to_owned()));
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// Returns the findings by file and place.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        if self.has_errors() {
            // What is wrong may be what would have used them.
            self.list.retain(|it| it.code != Code::UNUSED && it.code != Code::UNUSED_IMPORT);
        }
        let allowed = std::mem::take(&mut self.allowed);
        self.list.retain(|it| it.severity == Severity::Error || !allowed.iter().any(|allow| is_allowed(allow, it)));
        self.list.sort_by_key(|it| (it.span().source, it.span().start, it.span().end, it.code));
        self.list
    }
}

fn is_allowed((within, code): &(Span, String), diagnostic: &Diagnostic) -> bool {
    let span = diagnostic.span();
    let inside = span.source == within.source && within.start <= span.start && span.end <= within.end;
    inside && diagnostic.code.0.eq_ignore_ascii_case(code)
}
