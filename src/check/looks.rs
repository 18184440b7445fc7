//! What looks before anything goes on: conditions that decide and people who are asked. And which actions look, or change
//! something, on the way.

use super::changes::{actions_that, changes, changes_itself};
use crate::model::{Act, Action, ActionId, Entry, EntryKind, Expr, ExprKind, Gate, Otherwise, Rollout};

/// The parts of a program that a walk through its flow needs.
pub(super) struct Flow<'p> {
    pub rollouts: &'p [Rollout],
    pub actions: &'p [Action],
    gates: &'p [Gate],
    /// For each action whether it looks, and whether it changes something.
    looking: Vec<bool>,
    changing: Vec<bool>,
}

impl<'p> Flow<'p> {
    pub fn of(rollouts: &'p [Rollout], actions: &'p [Action], gates: &'p [Gate]) -> Flow<'p> {
        let changing = actions_that(actions, &changes_itself);
        let looking = actions_that(actions, &|entries, calls| looks_itself(entries, gates, rollouts, calls));
        Flow { rollouts, actions, gates, looking, changing }
    }

    /// Returns whether something among entries looks, wherever it stands.
    pub fn looks(&self, entries: &[Entry]) -> bool {
        let mut called = false;
        let own = looks_itself(entries, self.gates, self.rollouts, &mut |it| called |= self.action_looks(it));
        own || called
    }

    /// Returns whether an action at the leaves looks.
    pub fn act_looks(&self, act: &Act) -> bool {
        act_looks(act, self.gates)
    }

    pub fn action_looks(&self, action: ActionId) -> bool {
        self.looking.get(action.index()).copied().unwrap_or(false)
    }

    pub fn action_changes(&self, action: ActionId) -> bool {
        self.changing.get(action.index()).copied().unwrap_or(false)
    }

    /// Returns whether something looks before entries first change anything.
    pub fn looks_first(&self, entries: &[Entry]) -> bool {
        self.first(entries) == Some(First::Look)
    }

    fn first(&self, entries: &[Entry]) -> Option<First> {
        entries.iter().find_map(|entry| match &entry.kind {
            EntryKind::Act(act) if self.act_looks(act) => Some(First::Look),
            EntryKind::Act(act) => changes(act).then_some(First::Change),
            EntryKind::Step(it) => self.first(&it.body),
            EntryKind::Loop(it) => self.first(&it.body),
            EntryKind::Parallel(body) | EntryKind::Block { body, .. } => self.first(body),
            EntryKind::Call(action, _) if self.action_changes(*action) => Some(First::Change),
            EntryKind::Call(action, _) => self.action_looks(*action).then_some(First::Look),
            EntryKind::Child(_) => Some(First::Change),
            EntryKind::Save(_) => None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Look,
    Change,
}

/// Returns whether entries look themselves, and names the actions that they call.
fn looks_itself(entries: &[Entry], gates: &[Gate], rollouts: &[Rollout], calls: &mut dyn FnMut(ActionId)) -> bool {
    let mut found = false;
    for entry in entries {
        found |= match &entry.kind {
            EntryKind::Act(act) => act_looks(act, gates),
            EntryKind::Step(it) => looks_itself(&it.body, gates, rollouts, calls),
            EntryKind::Loop(it) => {
                looks_itself(&it.body, gates, rollouts, calls) | looks_itself(&it.after_wave, gates, rollouts, calls)
            }
            EntryKind::Parallel(body) | EntryKind::Block { body, .. } => looks_itself(body, gates, rollouts, calls),
            EntryKind::Call(action, _) => {
                calls(*action);
                false
            }
            // A child that looks anywhere looks before it is done. It may stand in many places: only its own lines count.
            EntryKind::Child(it) => rollouts.get(it.rollout.index()).is_some_and(|it| {
                it.stages.iter().flat_map(|it| &it.body).any(|it| match &it.kind {
                    EntryKind::Child(_) => false,
                    _ => looks_itself(std::slice::from_ref(it), gates, rollouts, calls),
                })
            }),
            EntryKind::Save(_) => false,
        };
    }
    found
}

fn act_looks(act: &Act, gates: &[Gate]) -> bool {
    match act {
        Act::Check(it) => decides(&it.condition, it.otherwise, gates),
        Act::Watch(it) | Act::Guard(it) => decides(&it.condition, it.otherwise, gates),
        Act::Require { .. } | Act::Ask(_) | Act::Pause { .. } => true,
        Act::Run(_)
        | Act::Exec(_)
        | Act::Http(_)
        | Act::Wait { .. }
        | Act::WaitUntil { .. }
        | Act::Log { .. }
        | Act::Fail { .. }
        | Act::Restore { .. }
        | Act::Keep(_)
        | Act::Traffic(_)
        | Act::Flag(_)
        | Act::Notify(_) => false,
    }
}

/// Whether a condition that does not hold stops anything: not where it is only said, nor in a rehearsal.
fn decides(condition: &Expr, otherwise: Option<Otherwise>, gates: &[Gate]) -> bool {
    let is_rehearsed = |it: &Expr| match it.kind {
        ExprKind::Gate(gate, _) => gates.get(gate.index()).is_some_and(|it| it.dry_run),
        _ => false,
    };
    otherwise != Some(Otherwise::Warn) && !is_rehearsed(condition)
}
