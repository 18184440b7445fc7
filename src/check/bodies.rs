//! Bodies: entries one after another, each by its word, or the call of an action.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::checker::{Checker, Weight};
use super::declare::Declaration;
use super::word::{Parts, called_name};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Act, Entry, EntryKind};
use crate::schema::{Meaning, Place, WordRow};
use crate::source::Span;
use crate::syntax::{self, Args, ExprKind as Tree};

/// The names that a body has given its entries so far.
#[derive(Default)]
struct Given {
    counts: HashMap<SmolStr, u32>,
    /// Where steps and saves stand, each of which has a name of its own.
    named: HashMap<SmolStr, Span>,
}

impl Given {
    /// Returns `word~n` for what has no name.
    fn numbered(&mut self, word: &str) -> SmolStr {
        let count = self.counts.entry(SmolStr::new(word)).or_default();
        *count += 1;
        SmolStr::new(format!("{word}~{count}"))
    }

    /// Returns the name itself the first time, and numbers it after that.
    fn called(&mut self, name: &str) -> SmolStr {
        let count = self.counts.entry(SmolStr::new(name)).or_default();
        *count += 1;
        if *count == 1 { SmolStr::new(name) } else { SmolStr::new(format!("{name}~{count}")) }
    }
}

/// The call of an action: it has what every entry may have, and nothing of its own.
const CALLED: WordRow = WordRow {
    name: "call",
    places: &[Place::Stage],
    shape: "ACTION(arguments) { … }",
    body: Some(Place::Settings),
    doc: "Calls an action.",
    properties: &[],
    meaning: Meaning::Now,
};

/// Words that the entry around a body reads itself.
const READ_BY_OWNER: &[&str] = &["undo", "retry", "outputs", "after_wave"];

impl<'t> Checker<'t> {
    /// Lowers the entries of a body. Names that it binds end with it.
    pub fn body(&mut self, entries: &[syntax::Entry<'t>], place: Place) -> Vec<Entry> {
        let Some(first) = entries.first() else { return Vec::new() };
        let at = first.head().span();
        self.deeper(Weight::Body, at, |it| it.body_entries(entries, place)).unwrap_or_default()
    }

    fn body_entries(&mut self, entries: &[syntax::Entry<'t>], place: Place) -> Vec<Entry> {
        let mut spot = self.spot.clone();
        spot.place = place;
        let mark = self.mark();
        let mut given = Given::default();
        let lowered = self.at_spot(spot, |it| {
            let mut lowered: Vec<Entry> = Vec::with_capacity(entries.len());
            for entry in entries.iter().filter(|it| !it.is_broken()) {
                it.warn_unreachable(lowered.last(), *entry);
                lowered.extend(it.entry(*entry, place, &mut given));
            }
            lowered
        });
        self.forget_quietly(mark, entries.iter().any(|it| it.is_broken()));
        lowered
    }

    fn warn_unreachable(&mut self, before: Option<&Entry>, entry: syntax::Entry<'t>) {
        let fails = before.filter(|it| {
            it.when.is_none() && matches!(&it.kind, EntryKind::Act(act) if matches!(**act, Act::Fail { .. }))
        });
        if let Some(fails) = fails {
            let (at, span) = (entry.head().span(), fails.span);
            let problem = Diagnostic::new(Code::UNREACHABLE, at, "this is never reached");
            self.say(problem.also(span, "fails before it").help("give the `fail` a `when`, or remove what follows"));
        }
    }

    fn entry(&mut self, entry: syntax::Entry<'t>, place: Place, given: &mut Given) -> Option<Entry> {
        match entry.head().kind() {
            Tree::Call { callee, args } => self.call_entry(entry, callee, args, place, given),
            Tree::Name(_) => {
                let row = self.word_of(entry, place)?;
                if READ_BY_OWNER.contains(&row.name) {
                    return None;
                }
                if row.name == "let" {
                    self.bind_let(row, entry);
                    return None;
                }
                self.word_entry(row, entry, given)
            }
            _ => {
                self.unknown_word(entry, place);
                None
            }
        }
    }

    /// An entry that begins with a word.
    fn word_entry(&mut self, row: &'static WordRow, entry: syntax::Entry<'t>, given: &mut Given) -> Option<Entry> {
        let parts = self.parts(row, entry);
        self.refuse_value(row, entry);
        self.with_when(&parts, |it| {
            let (name, kind) = it.named_kind(&parts, given)?;
            Some((name, kind))
        })
    }

    fn refuse_value(&mut self, row: &'static WordRow, entry: syntax::Entry<'t>) {
        if let (Some(value), false) = (entry.value(), matches!(row.name, "keep" | "flag")) {
            self.say_shape(row, value.span(), format!("`{}` takes no value", row.name));
        }
        if let (Some(body), None) = (entry.body(), row.body) {
            self.say_shape(row, body.span(), format!("`{}` has no body", row.name));
        }
    }

    /// Lowers an entry under its `when`.
    fn with_when(
        &mut self,
        parts: &Parts<'t>,
        work: impl FnOnce(&mut Checker<'t>) -> Option<(SmolStr, EntryKind)>,
    ) -> Option<Entry> {
        let when = self.setting(parts, "when");
        if let Some(crate::value::Value::Bool(false)) = when.as_ref().and_then(|it| it.known()) {
            let span = parts.entry.head().span();
            self.say(Diagnostic::new(Code::UNREACHABLE, span, "this never happens").because("its `when` never holds"));
        }
        let made = match &when {
            Some(when) => self.knowing(&when.clone(), true, work),
            None => work(self),
        };
        let (name, kind) = made?;
        Some(Entry { name, when, kind, span: parts.entry.head().span().to(parts.entry.span()) })
    }

    fn named_kind(&mut self, parts: &Parts<'t>, given: &mut Given) -> Option<(SmolStr, EntryKind)> {
        let (row, entry) = (parts.row, parts.entry);
        Some(match row.name {
            "step" => {
                let name = self.own_name(parts, given)?;
                let kind = self.step(parts, &name);
                (name, kind)
            }
            "save" => {
                let name = self.own_name(parts, given)?;
                let kind = self.save(parts, &name);
                (name, kind)
            }
            "for" => {
                let name = if self.spot.shows_loops { given.numbered("for") } else { SmolStr::default() };
                let kind = self.under(&name, |it| it.for_loop(parts))?;
                (name, kind)
            }
            "parallel" => {
                self.expect_plain(row, entry, 1);
                let name = given.numbered("parallel");
                let body = self.under(&name, |it| it.body(&parts.entries, Place::Parallel));
                (name, EntryKind::Parallel(body))
            }
            "do" => self.place_slot(parts, |name| given.called(name))?,
            "call" => {
                let kind = self.child(row, entry)?;
                let called = entry.items().nth(1).map_or("call", |it| it.text());
                (given.called(called.rsplit('.').next().unwrap_or(called)), kind)
            }
            word => {
                let name = given.numbered(word);
                let act = self.act(row, parts)?;
                (name, EntryKind::Act(Box::new(act)))
            }
        })
    }

    /// Returns the name of a step or save, which no other entry of the body has.
    fn own_name(&mut self, parts: &Parts<'t>, given: &mut Given) -> Option<SmolStr> {
        let item = parts.entry.items().nth(1);
        let Some(name) = item.and_then(|it| it.as_name()).filter(|_| parts.entry.items().count() == 2) else {
            self.say_shape(parts.row, parts.entry.head().span(), format!("`{}` needs a name", parts.row.name));
            return None;
        };
        if let Some(before) = given.named.insert(SmolStr::new(name.text()), name.span()) {
            self.say_clash(name.text(), name.span(), before);
        }
        Some(SmolStr::new(name.text()))
    }

    /// The call of an action on a line of its own.
    fn call_entry(
        &mut self,
        entry: syntax::Entry<'t>,
        callee: syntax::Expr<'t>,
        args: Args<'t>,
        place: Place,
        given: &mut Given,
    ) -> Option<Entry> {
        let id = self.declared_named(callee);
        let action = id.filter(|id| matches!(self.declared[*id].kind, Declaration::Action(_)));
        let Some(id) = action else {
            self.say_no_action(entry, callee, id, place);
            return None;
        };
        if entry.items().nth(1).is_some() || entry.value().is_some() {
            self.say(Diagnostic::new(Code::SHAPE, entry.span(), "a call stands alone: `deploy(site)`"));
            return None;
        }
        let parts = self.parts(&CALLED, entry);
        self.refuse_entries(&parts);
        self.with_when(&parts, |it| {
            let name = given.called(it.declared[id].name);
            let kind = it.call_action(id, args, &name, entry.head().span());
            Some((name, kind))
        })
    }

    fn say_no_action(&mut self, entry: syntax::Entry<'t>, callee: syntax::Expr<'t>, id: Option<usize>, place: Place) {
        let Some(name) = called_name(entry.head()) else {
            if let Tree::Field { of, name } = callee.kind()
                && let Some(module) = of.as_name().and_then(|it| self.module_named(it.text()))
            {
                return self.say_no_member(module, name.text(), name.span());
            }
            return self.unknown_word(entry, place);
        };
        let (text, span) = (name.text(), name.span());
        if let Some(id) = id {
            let (kind, at) = (self.declared[id].kind, self.declared[id].name_span);
            if let Declaration::Later(_) = kind {
                return;
            }
            let problem =
                Diagnostic::new(Code::WRONG_THING, span, format!("`{text}` is {}, not an action", kind.words()));
            let help = match kind {
                Declaration::Probe(_) | Declaration::Threshold(_) | Declaration::Gate(_) => {
                    format!("ask it: `check {text}(…)`")
                }
                Declaration::Rollout(_) => format!("run it: `call {text} {{ … }}`"),
                Declaration::Strategy => format!("apply it: `apply {text} as … {{ … }}`"),
                Declaration::Router(_) => format!("set its share: `traffic 10% {{ via = {text} }}`"),
                Declaration::Checklist => format!("go through it: `checklist {text}`"),
                Declaration::Let
                | Declaration::Type
                | Declaration::Secret
                | Declaration::People
                | Declaration::Flag(_)
                | Declaration::Channel(_)
                | Declaration::Fleet(_)
                | Declaration::Metric(_)
                | Declaration::Window
                | Declaration::Action(_)
                | Declaration::Later(_) => "only actions are called on a line of their own".to_owned(),
            };
            return self.say(problem.also(at, "declared here").help(help));
        }
        if matches!(self.sense(text), Some(super::frame::Sense::Slot(_))) {
            let problem = Diagnostic::new(Code::WRONG_THING, span, format!("`{text}` is a block, not an action"));
            return self.say(problem.help(format!("write `do {text}(…)`")).fix(
                "write `do`",
                span,
                format!("do {text}"),
            ));
        }
        let actions = self.declared.iter().filter(|it| matches!(it.kind, Declaration::Action(_))).map(|it| it.name);
        let near = nearest(text, actions);
        let problem = Diagnostic::new(Code::UNKNOWN_NAME, span, format!("no action is named `{text}`"));
        self.say(problem.suggest(span, near));
    }
}
