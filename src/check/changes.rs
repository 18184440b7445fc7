//! Which entries change something in the world, and so which loops take their targets.

use std::collections::HashMap;

use super::checker::Checker;
use crate::model::{Act, Action, ActionId, Entry, EntryKind, HttpAct, LocalId};

impl<'t> Checker<'t> {
    /// Works out which loops take their targets, where that was not said.
    pub fn settle_takes(&mut self) {
        let known = actions_that(&self.program.actions, &changes_itself);
        let said = &self.loops_said;
        for rollout in &mut self.program.rollouts {
            rollout.stages.iter_mut().for_each(|it| settle(&mut it.body, &known, said));
        }
        self.program.actions.iter_mut().for_each(|it| settle(&mut it.body, &known, said));
    }
}

/// Whether entries do something themselves; names the actions that they call.
pub(super) type Does<'d> = dyn Fn(&[Entry], &mut dyn FnMut(ActionId)) -> bool + 'd;

/// Works out for each action whether it does something, itself or by way of those that it calls.
pub(super) fn actions_that(actions: &[Action], does: &Does) -> Vec<bool> {
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); actions.len()];
    let mut known = vec![false; actions.len()];
    let mut open: Vec<usize> = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        let mut call = |it: ActionId| callers.get_mut(it.index()).into_iter().for_each(|it| it.push(index));
        if does(&action.body, &mut call) {
            known[index] = true;
            open.push(index);
        }
    }
    while let Some(index) = open.pop() {
        for caller in std::mem::take(&mut callers[index]) {
            if !std::mem::replace(&mut known[caller], true) {
                open.push(caller);
            }
        }
    }
    known
}

fn settle(entries: &mut [Entry], known: &[bool], said: &HashMap<LocalId, bool>) {
    for entry in entries {
        match &mut entry.kind {
            EntryKind::Loop(it) => {
                it.takes = said.get(&it.local).copied().unwrap_or_else(|| any_changes(&it.body, known));
                settle(&mut it.body, known, said);
                settle(&mut it.after_wave, known, said);
            }
            EntryKind::Step(it) => settle(&mut it.body, known, said),
            EntryKind::Parallel(body) | EntryKind::Block { body, .. } => settle(body, known, said),
            EntryKind::Save(it) => settle(&mut it.body, known, said),
            EntryKind::Act(_) | EntryKind::Call(..) | EntryKind::Child(_) => {}
        }
    }
}

fn any_changes(entries: &[Entry], known: &[bool]) -> bool {
    let mut called = false;
    changes_itself(entries, &mut |it| called |= known.get(it.index()).copied().unwrap_or(false)) || called
}

/// Returns whether entries change something themselves, and names the actions that they call.
pub(super) fn changes_itself(entries: &[Entry], calls: &mut dyn FnMut(ActionId)) -> bool {
    let mut found = false;
    for entry in entries {
        found |= match &entry.kind {
            EntryKind::Act(act) => changes(act),
            EntryKind::Step(it) => changes_itself(&it.body, calls),
            EntryKind::Loop(it) => changes_itself(&it.body, calls) | changes_itself(&it.after_wave, calls),
            EntryKind::Parallel(body) | EntryKind::Block { body, .. } => changes_itself(body, calls),
            // A recovery point is made before the change.
            EntryKind::Save(_) => false,
            EntryKind::Child(_) => true,
            EntryKind::Call(action, _) => {
                calls(*action);
                false
            }
        };
    }
    found
}

/// Returns whether an action at the leaves changes something.
pub(super) fn changes(act: &Act) -> bool {
    match act {
        Act::Run(_) | Act::Exec(_) | Act::Traffic(_) | Act::Flag(_) => true,
        Act::Http(HttpAct { method, .. }) => method != "GET" && method != "HEAD",
        Act::Check(_)
        | Act::Watch(_)
        | Act::Guard(_)
        | Act::Require { .. }
        | Act::Wait { .. }
        | Act::WaitUntil { .. }
        | Act::Log { .. }
        | Act::Fail { .. }
        | Act::Pause { .. }
        | Act::Restore { .. }
        | Act::Keep(_)
        | Act::Ask(_)
        | Act::Notify(_) => false,
    }
}
