//! What tests have seen happen: conditions that held and that did not, undos, and entries with a `when`. Merged over
//! tests by where things are written.

use std::collections::BTreeMap;

use super::Played;
use crate::engine::{Event, Truth};
use crate::model::Act;
use crate::plan::{NodeKind, Plan};
use crate::source::Sources;

/// What may happen at an entry and is worth a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    Passes,
    Fails,
    /// Its `when` holds.
    Runs,
    IsSkipped,
    IsUndone,
}

impl Aspect {
    /// Says that it never happened, in words that go on after the entry.
    pub fn unseen(self) -> &'static str {
        match self {
            Aspect::Passes => "never passes",
            Aspect::Fails => "never fails",
            Aspect::Runs => "never runs",
            Aspect::IsSkipped => "is never skipped",
            Aspect::IsUndone => "is never undone",
        }
    }
}

/// One thing that may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub file: String,
    pub line: u32,
    /// The entry's first line.
    pub entry: String,
    pub aspect: Aspect,
    /// Whether it has happened.
    pub happened: bool,
}

/// Everything that may happen, by where it is written.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    seen: BTreeMap<(String, u32, Aspect), Seen>,
}

/// The longest piece of an entry that is shown.
const ENTRY_CHARS: usize = 60;

impl Coverage {
    /// Adds what may happen in a plan, and what of it did happen.
    pub fn add(&mut self, plan: &Plan, played: &Played, sources: &Sources) {
        for node in &plan.nodes {
            let source = sources.get(node.span.source);
            if source.path().starts_with("std.") {
                continue;
            }
            for aspect in
                aspects(&node.kind, node.when.as_ref().is_some_and(|it| it.known().is_none()), node.undo.is_some())
            {
                let (file, start) = (source.path().to_owned(), node.span.start);
                let first = source.text()[start as usize..].lines().next().unwrap_or_default().trim_end();
                let entry: String = first.chars().take(ENTRY_CHARS).collect();
                let entry = entry.trim_end_matches(['{', ' ']).to_owned();
                let seen = Seen { file: file.clone(), line: node.line, entry, aspect, happened: false };
                self.seen.entry((file, start, aspect)).or_insert(seen);
            }
        }
        for (_, event) in &played.events {
            if let Some((node, aspect)) = happened(event) {
                let node = plan.node(node);
                let file = sources.get(node.span.source).path().to_owned();
                if let Some(seen) = self.seen.get_mut(&(file, node.span.start, aspect)) {
                    seen.happened = true;
                }
            }
        }
    }

    /// Adds what others have seen.
    pub fn merge(&mut self, other: Coverage) {
        for (key, seen) in other.seen {
            self.seen.entry(key).and_modify(|it| it.happened |= seen.happened).or_insert(seen);
        }
    }

    /// Returns what no test has seen, in the order of the files.
    pub fn unseen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.values().filter(|it| !it.happened)
    }

    pub fn len(&self) -> usize {
        self.seen.len()
    }

    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

fn aspects(kind: &NodeKind, branches: bool, undoes: bool) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    if matches!(kind, NodeKind::Act(act) if matches!(**act, Act::Check(_) | Act::Require { .. } | Act::Watch(_) | Act::Guard(_)))
    {
        aspects.extend([Aspect::Passes, Aspect::Fails]);
    }
    if branches {
        aspects.extend([Aspect::Runs, Aspect::IsSkipped]);
    }
    if undoes {
        aspects.push(Aspect::IsUndone);
    }
    aspects
}

/// Returns what an event has shown, and of which node.
fn happened(event: &Event) -> Option<(crate::plan::NodeId, Aspect)> {
    match event {
        Event::Evaluated { place, truth: Truth::Holds, .. } => Some((place.node, Aspect::Passes)),
        Event::Evaluated { place, truth: Truth::Violated | Truth::Unknown, .. } => Some((place.node, Aspect::Fails)),
        Event::Skipped { place, by: None, .. } => Some((place.node, Aspect::IsSkipped)),
        Event::Began { place, .. } | Event::Asked { place, .. } => Some((place.node, Aspect::Runs)),
        Event::Undone { place } | Event::UndoFailed { place, .. } => Some((place.node, Aspect::IsUndone)),
        _ => None,
    }
}
