//! What entries allow: warnings that are not told of within them. Knows places and codes, never why.

use super::{Diagnostic, Severity};
use crate::source::Span;

/// The places that say `allow = […]`, each with a code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    places: Vec<(Span, String)>,
}

impl Allowed {
    /// Leaves out warnings of this code within this place.
    pub fn add(&mut self, within: Span, code: &str) {
        self.places.push((within, code.to_owned()));
    }

    /// Returns whether a finding is not to be told of. An error always is.
    pub fn silences(&self, diagnostic: &Diagnostic) -> bool {
        let span = diagnostic.span();
        let is_around = |it: &Span| span.source == it.source && it.start <= span.start && span.end <= it.end;
        let mut fitting = self.places.iter().filter(|(within, _)| is_around(within));
        diagnostic.severity != Severity::Error && fitting.any(|(_, code)| diagnostic.code.0.eq_ignore_ascii_case(code))
    }
}
