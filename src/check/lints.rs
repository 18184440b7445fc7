//! What is allowed and seldom meant: changes that nothing can undo.

use std::collections::HashSet;

use super::changes::changes;
use super::checker::Checker;
use super::looks::Flow;
use crate::diag::{Code, Diagnostic};
use crate::model::{ActionId, Entry, EntryKind, OnFailure, Rollout, Stage};
use crate::source::Span;

/// A walk over what a stage does, as far as its way back goes.
#[derive(Clone, Copy)]
struct Walk {
    /// Within a loop: what is done is done to many.
    looped: bool,
}

impl<'t> Checker<'t> {
    /// Looks for what is allowed and seldom meant.
    pub fn lint(&mut self) {
        let rollouts = std::mem::take(&mut self.program.rollouts);
        let mut called: HashSet<ActionId> = HashSet::new();
        for rollout in &rollouts {
            self.lint_holds(rollout);
            for stage in rollout.stages.iter().filter(|it| can_roll_back(rollout, it)) {
                self.lint_undo(&stage.body, Walk { looped: false }, &mut called);
            }
        }
        let (actions, gates) = (std::mem::take(&mut self.program.actions), std::mem::take(&mut self.program.gates));
        let flow = Flow::of(&rollouts, &actions, &gates);
        self.lint_production(&flow);
        self.lint_limits(&flow, &gates);
        self.lint_samples(&rollouts);
        self.lint_settles(&flow, &gates);
        self.lint_window_fits(&flow);
        (self.program.rollouts, self.program.actions, self.program.gates) = (rollouts, actions, gates);
    }

    fn lint_undo(&mut self, entries: &[Entry], walk: Walk, called: &mut HashSet<ActionId>) {
        for entry in entries {
            match &entry.kind {
                EntryKind::Act(act) if walk.looped && changes(act) && !act.goes_back() => {
                    self.warn_no_undo(
                        entry.span,
                        "this changes a target, and nothing undoes it",
                        "put it into a step with an `undo`",
                    );
                }
                EntryKind::Step(step) if step.undo.is_empty() => {
                    if !self.says_undo(entry.span) && step.body.iter().any(is_change) {
                        let message = format!("nothing undoes the step `{}`", entry.name);
                        self.warn_no_undo(
                            entry.span,
                            &message,
                            "add `undo { … }`; an empty one says that there is nothing to undo",
                        );
                    }
                }
                EntryKind::Call(action, _) => {
                    if called.insert(*action) {
                        self.lint_action(*action);
                    }
                }
                EntryKind::Loop(it) => {
                    self.lint_undo(&it.body, Walk { looped: true }, called);
                    self.lint_undo(&it.after_wave, walk, called);
                }
                EntryKind::Parallel(body) | EntryKind::Block { body, .. } => self.lint_undo(body, walk, called),
                EntryKind::Act(_) | EntryKind::Step(_) | EntryKind::Save(_) | EntryKind::Child(_) => {}
            }
        }
    }

    fn lint_action(&mut self, id: ActionId) {
        let action = self.program.action(id);
        if action.undo.is_empty() && !self.says_undo(action.span) && action.body.iter().any(is_change) {
            let (message, span) = (format!("nothing undoes the action `{}`", action.name), action.span);
            let help = "add `undo { … }`; an empty one says that there is nothing to undo";
            self.warn_no_undo(span, &message, help);
        }
    }

    /// Returns whether the unit that begins here says how it is undone, be it by nothing.
    fn says_undo(&self, unit: Span) -> bool {
        self.undo_said.contains(&(unit.source, unit.start))
    }

    fn warn_no_undo(&mut self, span: Span, message: &str, help: &str) {
        let head = Span { end: span.end.min(self.line_end(span)), ..span };
        let problem = Diagnostic::new(Code::NO_UNDO, head, message).because("a rollback leaves it as it is");
        self.say_own(problem.help(help));
    }

    /// Reports a finding, unless it is about the library: who uses that cannot mend it.
    pub fn say_own(&mut self, diagnostic: Diagnostic) {
        let own = self.files.modules.iter().find(|it| it.tree.source() == diagnostic.span().source);
        if own.is_some_and(|it| !it.is_library()) {
            self.say(diagnostic);
        }
    }

    /// Returns where the first line of a place ends.
    fn line_end(&self, span: Span) -> u32 {
        let source = self.files.sources.get(span.source);
        source.line_range(source.line_of(span.start)).end as u32
    }
}

/// Whether a failure undoes what the stage did, entry by entry.
fn can_roll_back(rollout: &Rollout, stage: &Stage) -> bool {
    let on_failure = stage.on_failure.unwrap_or(rollout.on_failure);
    let undoes = matches!(on_failure, OnFailure::Rollback | OnFailure::RollbackStage);
    undoes && stage.undo_with_run && stage.rollback.is_empty() && rollout.rollback.is_empty()
}

fn is_change(entry: &Entry) -> bool {
    match &entry.kind {
        EntryKind::Act(act) => changes(act) && !act.goes_back(),
        EntryKind::Parallel(body) | EntryKind::Block { body, .. } => body.iter().any(is_change),
        EntryKind::Loop(it) => it.body.iter().any(is_change),
        EntryKind::Step(_) | EntryKind::Call(..) | EntryKind::Save(_) | EntryKind::Child(_) => false,
    }
}
