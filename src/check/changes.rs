//! Which entries change something in the world, and so which loops take their targets.

use std::collections::HashMap;

use super::checker::Checker;
use crate::model::{Act, Action, Entry, EntryKind, HttpAct, LocalId};

/// For each action whether it changes something; none while that is worked out.
struct Changes<'a> {
    actions: &'a [Action],
    known: Vec<Option<bool>>,
}

impl<'t> Checker<'t> {
    /// Works out which loops take their targets, where that was not said.
    pub fn settle_takes(&mut self) {
        let actions = std::mem::take(&mut self.program.actions);
        let mut changes = Changes { known: vec![None; actions.len()], actions: &actions };
        for rollout in &mut self.program.rollouts {
            for stage in &mut rollout.stages {
                settle(&mut stage.body, &mut changes, &self.loops_said);
            }
        }
        let mut settled = actions.clone();
        for action in &mut settled {
            settle(&mut action.body, &mut changes, &self.loops_said);
        }
        self.program.actions = settled;
    }
}

fn settle(entries: &mut [Entry], changes: &mut Changes<'_>, said: &HashMap<LocalId, bool>) {
    for entry in entries {
        match &mut entry.kind {
            EntryKind::Loop(it) => {
                it.takes = said.get(&it.local).copied().unwrap_or_else(|| changes.any(&it.body));
                settle(&mut it.body, changes, said);
                settle(&mut it.after_wave, changes, said);
            }
            EntryKind::Step(it) => settle(&mut it.body, changes, said),
            EntryKind::Parallel(body) | EntryKind::Block { body, .. } => settle(body, changes, said),
            EntryKind::Save(it) => settle(&mut it.body, changes, said),
            EntryKind::Act(_) | EntryKind::Call(..) | EntryKind::Child(_) => {}
        }
    }
}

impl Changes<'_> {
    fn any(&mut self, entries: &[Entry]) -> bool {
        entries.iter().any(|it| self.one(it))
    }

    fn one(&mut self, entry: &Entry) -> bool {
        match &entry.kind {
            EntryKind::Act(act) => changes(act),
            EntryKind::Step(it) => self.any(&it.body),
            EntryKind::Loop(it) => self.any(&it.body) || self.any(&it.after_wave),
            EntryKind::Parallel(body) | EntryKind::Block { body, .. } => self.any(body),
            // A recovery point is made before the change.
            EntryKind::Save(_) => false,
            EntryKind::Child(_) => true,
            EntryKind::Call(action, _) => match self.known.get(action.index()).copied() {
                Some(Some(known)) => known,
                Some(None) => {
                    // An action that calls itself was reported; here it only has to end.
                    self.known[action.index()] = Some(false);
                    let actions = self.actions;
                    let found = actions.get(action.index()).is_some_and(|it| self.any(&it.body));
                    self.known[action.index()] = Some(found);
                    found
                }
                None => false,
            },
        }
    }
}

/// Returns whether an action at the leaves changes something.
pub(super) fn changes(act: &Act) -> bool {
    match act {
        Act::Run(_) | Act::Exec(_) => true,
        Act::Http(HttpAct { method, .. }) => method != "GET" && method != "HEAD",
        Act::Check(_)
        | Act::Require { .. }
        | Act::Wait { .. }
        | Act::WaitUntil { .. }
        | Act::Log { .. }
        | Act::Fail { .. }
        | Act::Pause { .. }
        | Act::Restore { .. }
        | Act::Keep(_) => false,
    }
}
