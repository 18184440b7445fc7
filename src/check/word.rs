//! Entries by the schema: which word an entry is, which of its entries are properties, and what may stand where.

use super::checker::Checker;
use super::declare::Declaration;
use super::frame::Sense;
use crate::diag::{Code, Diagnostic, nearest};
use crate::schema::{
    Kind, Meaning, Place, PropertyRow, WordRow, owners, places_of, property, property_names, word, word_names,
};
use crate::source::Span;
use crate::syntax::{Entry, Expr, ExprKind, Name};

/// An entry taken apart: its properties by the schema, and the other entries of its body.
pub(super) struct Parts<'t> {
    pub row: &'static WordRow,
    pub entry: Entry<'t>,
    pub properties: Vec<(&'static PropertyRow, Entry<'t>)>,
    pub entries: Vec<Entry<'t>>,
}

impl<'t> Parts<'t> {
    /// Returns the value of a property, if it is set.
    pub fn value(&self, name: &str) -> Option<Expr<'t>> {
        self.property(name).and_then(|(_, entry)| entry.value())
    }

    pub fn property(&self, name: &str) -> Option<(&'static PropertyRow, Entry<'t>)> {
        self.properties.iter().copied().find(|(row, _)| row.name == name)
    }
}

/// Returns the name of a property, if an entry is one: `key = value`.
pub(super) fn property_name(entry: Entry<'_>) -> Option<Name<'_>> {
    let mut items = entry.items();
    let name = items.next()?.as_name()?;
    let alone = items.next().is_none() && entry.body().is_none() && entry.type_().is_none();
    (alone && entry.value().is_some()).then_some(name)
}

impl<'t> Checker<'t> {
    /// Splits the body of an entry into its properties and the rest. Reports properties that are unknown, given
    /// twice, or belong elsewhere.
    pub fn parts(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Parts<'t> {
        let mut parts = Parts { row, entry, properties: Vec::new(), entries: Vec::new() };
        for inner in entry.body().into_iter().flat_map(|it| it.entries()) {
            match property_name(inner) {
                None => parts.entries.push(inner),
                Some(_) if inner.is_broken() => {}
                Some(name) if row.body == Some(Place::Call) && property(row, name.text()).is_none() => {
                    parts.entries.push(inner);
                }
                Some(name) => self.add_property(&mut parts, name, inner),
            }
        }
        self.allow(&parts);
        parts
    }

    fn add_property(&mut self, parts: &mut Parts<'t>, name: Name<'t>, entry: Entry<'t>) {
        let Some(row) = property(parts.row, name.text()) else {
            if !self.say_body_as_record(parts.row, entry) {
                self.say_no_property(parts.row, name);
            }
            return;
        };
        if row.kind == Kind::Attempts && self.say_body_as_record(parts.row, entry) {
            return;
        }
        if let Some((_, before)) = parts.property(row.name) {
            let problem = Diagnostic::new(Code::PROPERTY_TWICE, name.span(), format!("`{}` is given twice", row.name));
            self.say(problem.because("here again").also(before.head().span(), "first given here"));
            return;
        }
        if row.meaning == Meaning::Later && parts.row.meaning == Meaning::Now {
            // What it holds is read all the same, as far as anything reads it.
            self.say_later(row.name, name.span());
        }
        parts.properties.push((row, entry));
    }

    /// Says that a word which takes a body is given a record, if that is so: `undo = { … }`.
    fn say_body_as_record(&mut self, row: &'static WordRow, entry: Entry<'t>) -> bool {
        let (Some(name), Some(value)) = (entry.head().as_name(), entry.value()) else { return false };
        let inner = word(row.body.unwrap_or(Place::Settings), name.text()).filter(|it| it.body.is_some());
        let (Some(inner), ExprKind::Record(_)) = (inner, value.kind()) else { return false };
        let message = format!("`{}` takes a body, not a value", inner.name);
        let assign = Span { start: name.span().end, end: value.span().start, ..name.span() };
        let problem = Diagnostic::new(Code::SHAPE, assign, message).because("no `=` before a body");
        let problem = problem.help(format!("it is written `{}`", inner.shape));
        self.say(problem.fix("remove `=`", assign, " "));
        true
    }

    fn say_no_property(&mut self, row: &'static WordRow, name: Name<'t>) {
        let (text, span) = (name.text(), name.span());
        if let Some(near) = nearest(text, property_names(row)) {
            let message = format!("`{}` has no property `{text}`", row.name);
            self.say(Diagnostic::new(Code::NO_PROPERTY, span, message).suggest(span, Some(near)));
            return;
        }
        let owners = owners(text);
        if owners.is_empty() {
            let problem = Diagnostic::new(Code::NO_PROPERTY, span, format!("`{}` has no property `{text}`", row.name));
            let own: Vec<String> = property_names(row).map(|it| format!("`{it}`")).collect();
            self.say(problem.help(format!("it has {}", own.join(", "))));
        } else {
            let message = format!("`{text}` is no property of `{}`", row.name);
            let shown: Vec<String> = owners.iter().take(4).map(|it| format!("`{it}`")).collect();
            let problem = Diagnostic::new(Code::FOREIGN_PROPERTY, span, message);
            self.say(problem.help(format!("it belongs to {}", shown.join(", "))));
        }
    }

    fn allow(&mut self, parts: &Parts<'t>) {
        let Some(value) = parts.value("allow") else { return };
        let ExprKind::List(args) = value.kind() else {
            self.say(Diagnostic::new(Code::SHAPE, value.span(), "`allow` is a list of codes: `[W0012]`"));
            return;
        };
        let within = parts.entry.span();
        for code in args.iter().filter_map(|it| it.value) {
            self.report.allow(within, code.text().trim_matches('"'));
        }
    }

    /// Finds the word that an entry begins with. Reports one that is unknown, stands in the wrong place, or is not
    /// performed yet.
    pub fn word_of(&mut self, entry: Entry<'t>, place: Place) -> Option<&'static WordRow> {
        let name = entry.head().as_name()?;
        let row = word(place, name.text());
        match row {
            Some(row) if row.meaning == Meaning::Later => {
                self.say_later(row.name, name.span());
                None
            }
            Some(row) => Some(row),
            None => {
                self.unknown_word(entry, place);
                None
            }
        }
    }

    /// Says that this version cannot perform something yet.
    pub fn say_later(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` is known, but this version cannot perform it yet");
        self.say(Diagnostic::new(Code::LATER, span, message));
    }

    /// Says why an entry cannot stand here.
    pub fn unknown_word(&mut self, entry: Entry<'t>, place: Place) {
        let head = entry.head();
        let Some(name) = called_name(head) else {
            let message = format!("{} holds words and properties, not bare values", place.words());
            self.say(Diagnostic::new(Code::UNKNOWN_WORD, head.span(), message));
            return;
        };
        let (text, span) = (name.text(), name.span());
        if let Some(name) = property_name(entry) {
            self.say_stray_property(name, place);
            return;
        }
        let places = places_of(text);
        if !places.is_empty() {
            self.say_misplaced(text, span, place, &places);
            return;
        }
        if let Some(help) = self.call_instead(text) {
            let message = format!("`{text}` is no word of the language");
            self.say(Diagnostic::new(Code::UNKNOWN_WORD, span, message).help(help));
            return;
        }
        let near = nearest(text, word_names(place));
        let problem = Diagnostic::new(Code::UNKNOWN_WORD, span, format!("unknown word `{text}`"));
        self.say(match near {
            Some(near) => problem.suggest(span, Some(near)),
            None => problem.because(format!("not a word that stands in {}", place.words())),
        });
    }

    /// What to write where a name of the program stands like a word.
    fn call_instead(&mut self, name: &str) -> Option<String> {
        Some(match self.sense(name)? {
            Sense::Slot(_) => format!("place the block: `do {name}(…)`"),
            Sense::Declared(id) => match self.declared[id].kind {
                Declaration::Action(_) => format!("call the action: `{name}(…)`"),
                Declaration::Probe(_) => format!("ask the probe: `check {name}(…)`"),
                Declaration::Threshold(_) | Declaration::Gate(_) => format!("ask it: `check {name}(…)`"),
                Declaration::Strategy => format!("apply the strategy: `apply {name} as … {{ … }}`"),
                Declaration::Checklist => format!("go through the checklist: `checklist {name}`"),
                Declaration::Rollout(_) => format!("run the rollout: `call {name} {{ … }}`"),
                Declaration::Router(_) => format!("set its share: `traffic 10% {{ via = {name} }}`"),
                Declaration::Flag(_) => format!("set its share: `flag {name} = 10%`"),
                Declaration::Channel(_) => format!("say something there: `notify {name} \"…\"`"),
                Declaration::Let
                | Declaration::Type
                | Declaration::Secret
                | Declaration::People
                | Declaration::Fleet(_)
                | Declaration::Window
                | Declaration::Metric(_)
                | Declaration::Later(_) => return None,
            },
            Sense::Local(_) | Sense::Value { .. } | Sense::Secret(_) | Sense::Callable { .. } | Sense::Module(_) => {
                return None;
            }
        })
    }

    fn say_stray_property(&mut self, name: Name<'t>, place: Place) {
        let owners = owners(name.text());
        let message = format!("{} has no property `{}`", place.words(), name.text());
        let problem = Diagnostic::new(Code::NO_PROPERTY, name.span(), message);
        let shown: Vec<String> = owners.iter().take(4).map(|it| format!("`{it}`")).collect();
        self.say(match shown.is_empty() {
            true => problem.help(format!("to name a value, write `let {} = …`", name.text())),
            false => problem.help(format!("it belongs to {}", shown.join(", "))),
        });
    }

    fn say_misplaced(&mut self, text: &str, span: Span, place: Place, places: &[Place]) {
        let mut shown: Vec<&str> = places.iter().map(|it| it.words()).collect();
        shown.dedup();
        shown.truncate(4);
        let message = format!("`{text}` may not stand in {}", place.words());
        self.say(Diagnostic::new(Code::MISPLACED, span, message).help(format!("it stands in {}", shown.join(", "))));
    }

    /// Says that an entry is not written as its word is.
    pub fn say_shape(&mut self, row: &'static WordRow, span: Span, message: impl Into<String>) {
        self.say(Diagnostic::new(Code::SHAPE, span, message).help(format!("it is written `{}`", row.shape)));
    }

    /// Reports what an entry has and its word never takes.
    pub fn expect_plain(&mut self, row: &'static WordRow, entry: Entry<'t>, items: usize) -> bool {
        let count = entry.items().count();
        if count > items {
            let extra = entry.items().nth(items).expect("there are more items");
            self.say_shape(row, extra.span(), format!("`{}` takes nothing here", row.name));
            return false;
        }
        if count < items {
            self.say_shape(row, entry.head().span().after(), format!("`{}` is not complete", row.name));
            return false;
        }
        true
    }
}

/// Returns the name with which an entry begins, alone or called.
pub(super) fn called_name(head: Expr<'_>) -> Option<Name<'_>> {
    match head.kind() {
        ExprKind::Name(name) => Some(name),
        ExprKind::Call { callee, .. } => callee.as_name(),
        _ => None,
    }
}
