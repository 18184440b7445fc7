//! The outline of a rollout: every stage, step and entry with its path, as a test may name it. Knows the program, and
//! nothing of plans: what a loop runs over is not asked.

use smol_str::SmolStr;

use crate::model::{Act, Entry, EntryKind, LabelType, PathPart, Program, RolloutId, Stage, UnitRef};

/// Everything in a rollout that has a path.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    pub units: Vec<OutlineUnit>,
}

#[derive(Debug, Clone)]
pub(super) struct OutlineUnit {
    pub path: Vec<PathPart>,
    pub kind: OutlineKind,
    /// Whether it happens once for each element of a loop.
    pub looped: bool,
    /// What it declares beside `stdout` and `code`.
    pub outputs: Vec<LabelType>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutlineKind {
    Stage,
    /// A command or request is, or stands in it.
    Work,
    /// The world is not asked to do anything.
    Other,
}

/// No outline has more units: past that a program multiplies itself.
const UNITS_MAX: usize = 50_000;

const DEPTH_MAX: usize = 64;

impl Outline {
    pub fn of(program: &Program, rollout: RolloutId) -> Outline {
        let mut drawing = Drawing { program, outline: Outline::default(), path: Vec::new(), looped: false };
        drawing.rollout(rollout, true);
        drawing.outline
    }

    /// Returns the units that a path means.
    pub fn named<'o>(&'o self, unit: &'o UnitRef) -> impl Iterator<Item = &'o OutlineUnit> {
        self.units.iter().filter(|it| unit.fits(&it.path))
    }

    /// Returns whether a path means anything.
    pub fn has(&self, path: &str) -> bool {
        let unit = UnitRef { path: SmolStr::new(path), target: None };
        self.named(&unit).next().is_some()
    }

    /// Returns the paths as tests write them.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.units.iter().map(|it| written(&it.path)).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

/// Writes a path without what may be left out.
fn written(path: &[PathPart]) -> String {
    let last = path.len().saturating_sub(1);
    let shown = path.iter().enumerate().filter(|(at, it)| !it.may_be_left_out || *at == last);
    let names = shown.map(|(_, it)| it.name.rsplit_once('~').map_or(it.name.as_str(), |(word, _)| word));
    names.collect::<Vec<_>>().join(".")
}

struct Drawing<'p> {
    program: &'p Program,
    outline: Outline,
    path: Vec<PathPart>,
    looped: bool,
}

impl Drawing<'_> {
    fn rollout(&mut self, id: RolloutId, is_root: bool) {
        let Some(rollout) = self.program.rollouts.get(id.index()) else { return };
        rollout.stages.iter().for_each(|it| self.stage(it));
        self.block("rollback", &rollout.rollback);
        if is_root {
            rollout.hooks.iter().for_each(|it| self.block(&format!("on~{}", it.event.name()), &it.body));
            self.block("finally", &rollout.finally);
        }
    }

    fn stage(&mut self, stage: &Stage) {
        let mark = self.path.len();
        self.path.extend(stage.path.split('.').map(|it| part(it, false)));
        self.add(OutlineKind::Stage, &[]);
        self.entries(&stage.body);
        self.block("rollback", &stage.rollback);
        self.path.truncate(mark);
    }

    fn add(&mut self, kind: OutlineKind, outputs: &[LabelType]) {
        let unit = OutlineUnit { path: self.path.clone(), kind, looped: self.looped, outputs: outputs.to_vec() };
        self.outline.units.push(unit);
    }

    /// Entries under a name of their own, if there are any.
    fn block(&mut self, name: &str, entries: &[Entry]) {
        if !entries.is_empty() {
            self.unit(name, false, &[], |it| it.entries(entries));
        }
    }

    /// Adds a unit and what stands in it; it is work if anything in it is.
    fn unit(&mut self, name: &str, may_be_left_out: bool, outputs: &[LabelType], within: impl FnOnce(&mut Self)) {
        self.path.push(part(name, may_be_left_out));
        let at = self.outline.units.len();
        self.add(OutlineKind::Other, outputs);
        within(self);
        let works = self.outline.units[at + 1..].iter().any(|it| it.kind == OutlineKind::Work);
        if works {
            self.outline.units[at].kind = OutlineKind::Work;
        }
        self.path.pop();
    }

    fn entries(&mut self, entries: &[Entry]) {
        let loops = entries.iter().filter(|it| matches!(it.kind, EntryKind::Loop(_))).count();
        for entry in entries {
            if self.outline.units.len() < UNITS_MAX && self.path.len() < DEPTH_MAX {
                self.entry(entry, loops == 1);
            }
        }
    }

    fn entry(&mut self, entry: &Entry, only_loop: bool) {
        let name = entry.name.as_str();
        match &entry.kind {
            EntryKind::Act(act) => {
                self.path.push(part(name, false));
                let works = matches!(**act, Act::Run(_) | Act::Exec(_) | Act::Http(_) | Act::Traffic(_));
                self.add(if works { OutlineKind::Work } else { OutlineKind::Other }, &[]);
                self.path.pop();
            }
            EntryKind::Step(step) => self.unit(name, false, &step.outputs, |it| {
                it.entries(&step.body);
                it.block("undo", &step.undo);
            }),
            EntryKind::Call(action, _) => {
                let Some(action) = self.program.actions.get(action.index()) else { return };
                self.unit(name, false, &action.outputs, |it| {
                    it.entries(&action.body);
                    it.block("undo", &action.undo);
                });
            }
            EntryKind::Loop(it) => {
                let looped = std::mem::replace(&mut self.looped, true);
                if only_loop {
                    self.entries(&it.body);
                } else {
                    self.unit(name, true, &[], |drawing| drawing.entries(&it.body));
                }
                self.looped = looped;
                self.block("after_wave", &it.after_wave);
            }
            EntryKind::Parallel(body) => self.unit(name, true, &[], |it| it.entries(body)),
            EntryKind::Save(save) => self.unit(name, false, &[], |it| {
                it.entries(&save.body);
                it.block("restore", &save.restore);
            }),
            EntryKind::Child(child) => self.unit(name, false, &[], |it| it.rollout(child.rollout, false)),
            EntryKind::Block { body, .. } => self.unit(name, true, &[], |it| it.entries(body)),
        }
    }
}

fn part(name: &str, may_be_left_out: bool) -> PathPart {
    PathPart { name: SmolStr::new(name), may_be_left_out }
}
