//! Whether a freeze holds a window shut, and not merely its hours.

use super::Calendar;
use super::ready::Tree;
use crate::value::At;

impl Calendar {
    /// Returns whether a freeze holds it shut at an instant, whatever its hours are.
    pub fn is_frozen(&self, at: At) -> bool {
        self.tree.is_frozen(at)
    }
}

impl Tree {
    fn is_frozen(&self, at: At) -> bool {
        match self {
            Tree::Declared(declared) => declared.freezes.at(at, &declared.zone).is_some(),
            Tree::Both(a, b) => a.is_frozen(at) || b.is_frozen(at),
            Tree::Either(a, b) => a.is_frozen(at) && b.is_frozen(at),
            // What stands under `not` says when to stay away: its freezes open rather than shut.
            Tree::Not(_) => false,
        }
    }
}
