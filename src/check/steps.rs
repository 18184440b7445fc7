//! Steps, saves, calls of actions and of rollouts: units with a name and a way back.

use smol_str::SmolStr;

use super::actions::labels_of;
use super::checker::Checker;
use super::cycles::Callee;
use super::declare::{Declaration, Declared};
use super::settings::is_word;
use super::word::Parts;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Child, Entry, EntryKind, Expr, LabelType, Retry, Save, Step};
use crate::schema::{Place, WordRow, word};
use crate::source::Span;
use crate::syntax::{self, Args};
use crate::value::Type;

/// What a step and an action have in common beside their body.
#[derive(Default)]
pub(super) struct UnitSettings {
    pub undo: Vec<Entry>,
    pub undo_retry: Option<Retry>,
    pub retry: Option<Retry>,
    pub timeout: Option<Expr>,
    pub takes: Option<Expr>,
    pub during: Option<Expr>,
    pub outputs: Vec<LabelType>,
}

impl<'t> Checker<'t> {
    /// Reads what a step or an action says beside its body: `undo`, `retry`, `timeout`, `takes`, `during`, `outputs`.
    pub fn unit_settings(&mut self, parts: &Parts<'t>) -> UnitSettings {
        let retry = self.retry(parts);
        let timeout = self.duration(parts, "timeout");
        let takes = self.setting(parts, "takes");
        let during = self.during(parts);
        let (undo, undo_retry) = self.undo(parts);
        let outputs = self.outputs_of(parts);
        UnitSettings { undo, undo_retry, retry, timeout, takes, during, outputs: labels_of(&outputs) }
    }

    fn undo(&mut self, parts: &Parts<'t>) -> (Vec<Entry>, Option<Retry>) {
        let mut blocks = parts.entries.iter().copied().filter(|it| is_word(*it, "undo"));
        let Some(block) = blocks.next() else { return (Vec::new(), None) };
        let name = parts.entry.items().nth(1).map(|it| it.span());
        let places = [Some(parts.entry.span()), name];
        self.undo_said.extend(places.into_iter().flatten().map(|it| (it.source, it.start)));
        if let Some(second) = blocks.next() {
            let problem = Diagnostic::new(Code::PROPERTY_TWICE, second.head().span(), "`undo` is given twice");
            self.say(problem.also(block.head().span(), "first given here"));
        }
        let place = parts.row.body.unwrap_or(Place::Step);
        let Some(row) = word(place, "undo") else { return (Vec::new(), None) };
        let inner = self.parts(row, block);
        let retry = self.retry(&inner);
        let mut spot = self.spot.clone();
        spot.undoing = true;
        let body = self.at_spot(spot, |it| it.under("undo", |it| it.body(&inner.entries, Place::Undo)));
        (body, retry)
    }

    fn outputs_of(&mut self, parts: &Parts<'t>) -> Vec<(SmolStr, Type)> {
        let block = parts.entries.iter().copied().find(|it| is_word(*it, "outputs")).and_then(|it| it.body());
        let names = block.map(|it| self.typed_names(it)).unwrap_or_default();
        names.into_iter().map(|(name, of)| (SmolStr::new(name.text()), of)).collect()
    }

    pub fn step(&mut self, parts: &Parts<'t>, name: &str) -> EntryKind {
        let outputs = self.outputs_of(parts);
        let (body, unit) = self.under(name, |it| {
            let body = it.body(&parts.entries, Place::Step);
            let unit = it.unit_settings(parts);
            it.leave_unit(name, parts.entry.head().span().to(parts.entry.span()), outputs, false);
            (body, unit)
        });
        let UnitSettings { undo, undo_retry, retry, timeout, takes, during, outputs } = unit;
        EntryKind::Step(Box::new(Step { body, undo, undo_retry, retry, timeout, takes, during, outputs }))
    }

    pub fn save(&mut self, parts: &Parts<'t>, name: &str) -> EntryKind {
        let is_restore = |it: &syntax::Entry<'t>| is_word(*it, "restore") && it.body().is_some();
        let (restores, entries): (Vec<_>, Vec<_>) = parts.entries.iter().copied().partition(is_restore);
        let save = self.under(name, |it| {
            let body = it.body(&entries, Place::Save);
            it.leave_unit(name, parts.entry.span(), Vec::new(), true);
            let mut spot = it.spot.clone();
            spot.undoing = true;
            let inner: Vec<syntax::Entry<'t>> =
                restores.iter().flat_map(|it| it.body()).flat_map(|it| it.entries()).collect();
            let restore = it.at_spot(spot, |it| it.under("restore", |it| it.body(&inner, Place::Restore)));
            Save { body, restore }
        });
        if restores.is_empty() {
            let message = format!("the save `{name}` has no way back");
            let problem = Diagnostic::new(Code::MISSING, parts.entry.head().span(), message);
            self.say(problem.help("add `restore { … }`"));
        }
        EntryKind::Save(Box::new(save))
    }

    /// Lowers the call of an action.
    pub fn call_action(&mut self, id: usize, args: Args<'t>, name: &str, span: crate::source::Span) -> EntryKind {
        let declared: Declared<'t> = self.declared[id];
        let Declaration::Action(action) = declared.kind else { return EntryKind::Parallel(Vec::new()) };
        let signature = self.signature(id);
        let values = self.arguments(declared.name, declared.name_span, &signature, args);
        self.found_call(Callee::Action(action), span);
        let outputs = self.action_outputs(id);
        self.under(name, |it| it.leave_unit(name, span, outputs, false));
        EntryKind::Call(action, values)
    }

    /// Lowers `call ROLLOUT { … }`.
    pub fn child(&mut self, row: &'static WordRow, entry: syntax::Entry<'t>) -> Option<EntryKind> {
        let tree = entry.items().nth(1);
        let Some(tree) = tree.filter(|_| entry.items().count() == 2) else {
            self.say_shape(row, entry.span(), "`call` needs the name of a rollout");
            return None;
        };
        let Some(id) = self.declared_named(tree) else {
            let known: Vec<&str> = self.tables[self.module()].keys().copied().collect();
            let near = nearest(tree.text(), known);
            let message = format!("no rollout is named `{}`", tree.text());
            self.say(Diagnostic::new(Code::UNKNOWN_NAME, tree.span(), message).suggest(tree.span(), near));
            return None;
        };
        let declared = self.declared[id];
        let Declaration::Rollout(rollout) = declared.kind else {
            let message = format!("`{}` is {}, and `call` runs rollouts", declared.name, declared.kind.words());
            self.say(
                Diagnostic::new(Code::WRONG_THING, tree.span(), message).also(declared.name_span, "declared here"),
            );
            return None;
        };
        self.found_call(Callee::Rollout(rollout), tree.span());
        self.refuse_what_only_a_run_has(declared.entry, declared.name, tree.span());
        let signature = self.signature(id);
        let inputs = self.input_values(entry, &signature, "`call`");
        for param in &signature.params {
            if param.default.is_none() && !inputs.iter().any(|(it, _)| *it == param.name) {
                let message = format!("`{}` needs the input `{}`", declared.name, param.name);
                self.say(Diagnostic::new(Code::ARGUMENTS, tree.span(), message).also(param.span, "the input"));
            }
        }
        Some(EntryKind::Child(Box::new(Child { rollout, inputs })))
    }

    /// What belongs to a run as a whole is not performed for a rollout that is called, and is never passed over.
    fn refuse_what_only_a_run_has(&mut self, entry: syntax::Entry<'t>, name: &str, span: Span) {
        const OF_RUNS: [&str; 2] = ["afterwards", "every"];
        const EVENTS_OF_RUNS: [&str; 2] = ["paused", "cancelled"];
        for inner in entry.body().into_iter().flat_map(|it| it.entries()) {
            let event = inner.items().nth(1).and_then(|it| it.as_name());
            let of_run = event.is_some_and(|it| EVENTS_OF_RUNS.contains(&it.text()));
            let head = inner.head().as_name();
            let head = head.filter(|it| OF_RUNS.contains(&it.text()) || it.text() == "on" && of_run);
            if let Some(head) = head {
                let message =
                    format!("`{name}` has `{}`, which this version does not perform when it is called", head.text());
                let problem =
                    Diagnostic::new(Code::LATER, span, message).also(head.span(), "this belongs to a run of its own");
                self.say(problem.help("put it into the rollout that calls"));
            }
        }
    }
}
