//! Findings, each once and in order; those that an entry allows are left out. Knows no rules.

use std::collections::HashSet;

use crate::diag::{Allowed, Code, Diagnostic};
use crate::source::Span;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    list: Vec<Diagnostic>,
    seen: HashSet<(Span, Code, String)>,
    allowed: Allowed,
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
        self.allowed.add(within, code);
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// Returns the findings by file and place, and what is allowed of those that only a plan shows.
    pub fn finish(mut self) -> (Vec<Diagnostic>, Allowed) {
        if self.has_errors() {
            // What is wrong may be what would have used them.
            self.list.retain(|it| it.code != Code::UNUSED && it.code != Code::UNUSED_IMPORT);
        }
        let allowed = self.allowed;
        self.list.retain(|it| !allowed.silences(it));
        self.list.sort_by_key(|it| (it.span().source, it.span().start, it.span().end, it.code));
        (self.list, allowed)
    }
}
