//! Slots of strategies: what the caller fills in, and where the strategy places it.

use std::rc::Rc;

use smol_str::SmolStr;

use super::calls::count_of;
use super::checker::Checker;
use super::declare::ParamFacts;
use super::exprs::local_of;
use super::frame::{Fill, Sense, Slot};
use super::word::{Parts, called_name};
use crate::diag::{Code, Diagnostic};
use crate::model::{EntryKind, Expr, FleetId, LocalId};
use crate::schema::{Place, word};
use crate::syntax::{self, Entry, ExprKind as Tree, Name};
use crate::value::Type;

impl<'t> Checker<'t> {
    /// What the caller fills into a slot: `deploy(site) { … }`.
    pub fn fill(&mut self, entry: Entry<'t>, param: &ParamFacts, params: &[Type]) -> Option<Sense<'t>> {
        if entry.body().is_none() || entry.value().is_some() {
            let problem =
                Diagnostic::new(Code::SLOT, entry.head().span(), format!("`{}` is a block, to be filled", param.name));
            self.say(problem.help(format!("write `{}(…) {{ … }}`", param.name)));
            return None;
        }
        let names = fill_names(entry);
        if names.len() != params.len() {
            let count = count_of(params.len(), "name");
            let message = format!("the block `{}` has {count}, and here are {}", param.name, names.len());
            let problem = Diagnostic::new(Code::SLOT, entry.head().span(), message);
            self.say(problem.also(param.span, format!("is {}", param.of.described())));
            return None;
        }
        let fill = Fill { frame: self.at, entry };
        Some(Sense::Slot(Rc::new(Slot { params: params.to_vec(), fill: Some(fill) })))
    }

    /// Returns what fills the slot that an entry places, as names are looked up in a frame.
    pub fn fill_of(&self, entry: Entry<'t>, frame: usize) -> Option<Fill<'t>> {
        let name = called_name(entry.items().nth(1)?)?;
        match self.frames[frame].names.get(name.text()).map(|it| &it.sense) {
            Some(Sense::Slot(slot)) => slot.fill,
            _ => None,
        }
    }

    /// Lowers `do slot(arguments)`: what the caller filled in, with the slot's names bound.
    pub fn place_slot(
        &mut self,
        parts: &Parts<'t>,
        name: impl FnOnce(&str) -> SmolStr,
    ) -> Option<(SmolStr, EntryKind)> {
        let item = parts.entry.items().nth(1).filter(|_| parts.entry.items().count() == 2);
        let called = item.and_then(called_name);
        let (Some(item), Some(called)) = (item, called) else {
            self.say_shape(parts.row, parts.entry.head().span(), "`do` needs a slot");
            return None;
        };
        let Some(Sense::Slot(slot)) = self.sense(called.text()) else {
            let message = format!("no slot is named `{}`", called.text());
            let problem = Diagnostic::new(Code::UNKNOWN_NAME, called.span(), message);
            self.say(problem.help("a slot is a parameter of type `block` of the strategy around it"));
            return None;
        };
        let args = self.slot_arguments(item, &slot);
        let path = name(called.text());
        let kind = match slot.fill {
            Some(fill) => self.under(&path, |it| it.filled(fill, &slot.params, args)),
            None => EntryKind::Block { binds: Vec::new(), body: Vec::new() },
        };
        Some((path, kind))
    }

    pub fn slot_arguments(&mut self, item: syntax::Expr<'t>, slot: &Slot<'t>) -> Vec<Expr> {
        let values: Vec<syntax::Expr<'t>> = match item.kind() {
            Tree::Call { args, .. } => args.iter().filter_map(|it| it.value).collect(),
            _ => Vec::new(),
        };
        if values.len() != slot.params.len() {
            let message =
                format!("this block takes {}, and here are {}", count_of(slot.params.len(), "argument"), values.len());
            self.say(Diagnostic::new(Code::ARGUMENTS, item.span(), message));
        }
        values.iter().zip(&slot.params).map(|(tree, of)| self.typed(*tree, of)).collect()
    }

    /// Lowers the caller's entries where the caller's names are in sight.
    pub fn filled(&mut self, fill: Fill<'t>, params: &[Type], args: Vec<Expr>) -> EntryKind {
        let facts: Vec<Vec<FleetId>> = args.iter().map(|it| self.fleets_of_value(it)).collect();
        let before = std::mem::replace(&mut self.at, fill.frame);
        let mark = self.mark();
        let mut spot = self.spot.clone();
        let mut binds: Vec<(LocalId, Expr)> = Vec::new();
        for (((name, of), arg), fleets) in fill_names(fill.entry).into_iter().zip(params).zip(args).zip(facts) {
            let local = self.bind_local(name, of.clone(), None);
            self.locals[local.index()].fleets = fleets;
            if *of == Type::Target {
                spot.target = Some(local);
            }
            binds.push((local, arg));
        }
        let row = word(Place::Rollout, "finally").expect("the table has `finally`");
        let parts = self.parts(row, fill.entry);
        let body = self.at_spot(spot, |it| it.body(&parts.entries, Place::Slot));
        self.forget(mark);
        self.at = before;
        EntryKind::Block { binds, body }
    }

    pub fn fleets_of_value(&self, expr: &Expr) -> Vec<FleetId> {
        local_of(expr).map(|it| self.locals[it.index()].fleets.clone()).unwrap_or_default()
    }
}

/// Returns the names that a filled slot gives its arguments.
fn fill_names(entry: Entry<'_>) -> Vec<Name<'_>> {
    match entry.head().kind() {
        Tree::Call { args, .. } => {
            args.iter().filter_map(|it| it.value.and_then(|it| it.as_name()).or(it.name)).collect()
        }
        _ => Vec::new(),
    }
}
