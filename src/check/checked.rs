//! The verb of this room, and what it answers. Total: whatever the texts hold, there is an answer.

use super::checker::Checker;
use super::files;
use crate::diag::{Allowed, Diagnostic};
use crate::model::Program;
use crate::source::{Asked, Sources, World};

/// What came of checking a file and all that it uses.
#[derive(Debug, Clone)]
pub struct Checked {
    pub sources: Sources,
    /// The meaning of the files; not for a plan if there is an error.
    pub program: Program,
    /// By file and place, each once.
    pub diagnostics: Vec<Diagnostic>,
    /// The warnings that entries allow, also of those that only a plan shows.
    pub allowed: Allowed,
    /// What was read, so that a watcher knows what to look at.
    pub reads: Vec<Asked>,
}

impl Checked {
    /// Returns whether a plan may be made of the program.
    pub fn is_sound(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks a file and everything it uses.
pub fn check(world: &dyn World, path: &str) -> Checked {
    let files = files::load(world, path);
    let (program, report, mut reads) = Checker::new(&files, world).run();
    let (diagnostics, allowed) = report.finish();
    reads.extend(files.reads.iter().cloned());
    reads.sort();
    reads.dedup();
    Checked { sources: files.sources, program, diagnostics, allowed, reads }
}
