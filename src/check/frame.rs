//! Where names are looked up: one frame for each file, and one for each time a strategy's body is read.

use std::collections::HashMap;
use std::rc::Rc;

use smol_str::SmolStr;

use super::gates::Askable;
use crate::model::{Expr, FleetId, LocalId};
use crate::source::Span;
use crate::syntax::Entry;
use crate::value::{Callable, Type};

/// The names of one body and of all around it, up to the file.
pub(super) struct Frame<'t> {
    /// The file in which the text stands.
    pub module: usize,
    pub names: HashMap<&'t str, Bound<'t>>,
    /// The names in the order in which they were bound, so that a body can be left, each with what a clash hides.
    pub order: Vec<(&'t str, Option<Bound<'t>>)>,
    /// Whether findings are left out, because they were reported when the strategy was read.
    pub muted: bool,
    pub reading: Reading,
    /// What stands before the names of stages: `web.`.
    pub prefix: SmolStr,
    /// Expressions known to be present here, as `narrow` writes them.
    pub present: Vec<String>,
}

/// How the text of a frame is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    File,
    /// A strategy by itself, with nothing known of its arguments.
    Abstract,
    /// A strategy with the arguments of an `apply`, which the other frame's text holds at this place.
    Applied {
        frame: usize,
        at: Span,
    },
}

/// A name with what it stands for.
pub(super) struct Bound<'t> {
    pub sense: Sense<'t>,
    pub span: Span,
    /// What a reader calls it, if it is worth saying that it is never used.
    pub worth: Option<&'static str>,
    pub used: bool,
}

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Sense<'t> {
    Local(LocalId),
    /// A `let`, or a strategy's parameter with its argument.
    Value {
        expr: Rc<Expr>,
        of: Type,
    },
    Secret(SmolStr),
    /// A strategy's parameter that is called; what it stands for, once that is known.
    Callable {
        of: Callable,
        asks: Option<Means>,
    },
    Slot(Rc<Slot<'t>>),
    /// Something that the file, or one that it uses, declares.
    Declared(usize),
    /// Another file under a name.
    Module(usize),
}

/// What a parameter that is called stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Asked(Askable),
    /// The number of the declaration.
    Window(usize),
}

/// A strategy's slot and what the caller filled into it.
pub(super) struct Slot<'t> {
    pub params: Vec<Type>,
    pub fill: Option<Fill<'t>>,
}

/// What stands in a slot.
#[derive(Clone, Copy)]
pub(super) struct Fill<'t> {
    /// Where its names are looked up.
    pub frame: usize,
    pub entry: Entry<'t>,
}

/// What is known of a local.
#[derive(Debug, Clone)]
pub(super) struct LocalFacts {
    pub of: Type,
    /// The fleets that a target may be of; empty if that is not known.
    pub fleets: Vec<FleetId>,
}

impl<'t> Frame<'t> {
    pub fn new(module: usize) -> Frame<'t> {
        let (names, order, present) = (HashMap::new(), Vec::new(), Vec::new());
        Frame { module, names, order, muted: false, reading: Reading::File, prefix: SmolStr::default(), present }
    }
}
