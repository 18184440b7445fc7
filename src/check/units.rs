//! What steps, saves and calls leave for what comes after: by stage, by name, with their paths.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::checker::Checker;
use crate::model::LocalId;
use crate::source::Span;
use crate::value::Type;

/// Something with a name that leaves outputs.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub path: SmolStr,
    /// The loops in which it stands, outermost first.
    pub loops: Vec<LocalId>,
    /// What it declares beside `stdout` and `code`.
    pub outputs: Vec<(SmolStr, Type)>,
    pub is_save: bool,
    pub span: Span,
    /// The frame in which its name is written.
    pub frame: usize,
}

/// The units of one stage by name; two of the same name are both kept, so that a use can be refused.
pub(super) type Units = HashMap<SmolStr, Vec<Unit>>;

/// The units of all stages so far.
#[derive(Debug, Default)]
pub(super) struct StageUnits {
    /// The stages that are complete, by path.
    pub stages: HashMap<SmolStr, Units>,
    /// Those of the stage, or the action, that is read now.
    pub here: Units,
    /// The path of the stage that is read now.
    pub stage: Option<SmolStr>,
}

impl StageUnits {
    /// Returns the names that may be meant where an output is used.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.stages.keys().chain(self.here.keys()).map(SmolStr::as_str)
    }
}

impl<'t> Checker<'t> {
    /// Remembers a unit whose body was read; `self.path` is its path.
    pub fn leave_unit(&mut self, name: &str, span: Span, outputs: Vec<(SmolStr, Type)>, is_save: bool) {
        let unit = Unit {
            path: SmolStr::new(self.path.trim_start_matches('.')),
            loops: self.spot.loops.clone(),
            outputs,
            is_save,
            span,
            frame: self.at,
        };
        let unit = Unit { path: self.unit_path(&unit.path), ..unit };
        self.units.here.entry(SmolStr::new(name)).or_default().push(unit);
    }

    /// Within an action paths begin with a dot: they go on where it is called.
    fn unit_path(&self, path: &str) -> SmolStr {
        if self.spot.in_action.is_some() { SmolStr::new(format!(".{path}")) } else { SmolStr::new(path) }
    }
}
