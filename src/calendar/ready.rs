//! A window made ready to be asked, and what it is asked.

use super::declared::Declared;
use super::phase::Phase;
use crate::value::{At, Window, WindowRules};

/// A window that can be asked at any instant. Made once, asked often.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub(super) tree: Tree,
    rules: WindowRules,
}

/// What it is made of.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Declared(Box<Declared>),
    Both(Box<Tree>, Box<Tree>),
    Either(Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
}

impl Calendar {
    /// Makes a window ready.
    ///
    /// # Errors
    /// A sentence without a period when a zone or a cron expression in it cannot be read.
    pub fn of(window: &Window) -> Result<Calendar, String> {
        Ok(Calendar { tree: Tree::of(window)?, rules: window.rules() })
    }

    /// Returns whether the window is open at an instant.
    pub fn is_open(&self, at: At) -> bool {
        self.tree.is_open(at)
    }

    /// Returns what holds around its close.
    pub fn rules(&self) -> WindowRules {
        self.rules
    }

    pub(super) fn phase(&self, at: At) -> Phase {
        self.tree.phase(at)
    }
}

impl Tree {
    fn of(window: &Window) -> Result<Tree, String> {
        Ok(match window {
            Window::Declared(declared) => Tree::Declared(Box::new(Declared::of(declared)?)),
            Window::Both(a, b) => Tree::Both(Box::new(Tree::of(a)?), Box::new(Tree::of(b)?)),
            Window::Either(a, b) => Tree::Either(Box::new(Tree::of(a)?), Box::new(Tree::of(b)?)),
            Window::Not(of) => Tree::Not(Box::new(Tree::of(of)?)),
        })
    }

    pub(super) fn is_open(&self, at: At) -> bool {
        match self {
            Tree::Declared(declared) => declared.is_open(at),
            Tree::Both(a, b) => a.is_open(at) && b.is_open(at),
            Tree::Either(a, b) => a.is_open(at) || b.is_open(at),
            Tree::Not(of) => !of.is_open(at),
        }
    }

    fn phase(&self, at: At) -> Phase {
        match self {
            Tree::Declared(declared) => declared.phase(at),
            Tree::Both(a, b) => a.phase(at).and(b.phase(at)),
            Tree::Either(a, b) => a.phase(at).or(b.phase(at)),
            Tree::Not(of) => of.phase(at).not(),
        }
    }
}
