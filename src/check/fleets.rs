//! Fleets: where their targets are read from, and which labels these have.

use std::collections::HashMap;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::files::unreadable;
use super::fold::fleets_in;
use super::path::joined;
use super::rows::{Row, RowFormat, read_rows};
use super::spot::Spot;
use crate::diag::{Code, Diagnostic};
use crate::eval::read_as;
use crate::model::{Expr, ExprKind, Fleet, FleetId, FleetSource, LabelType};
use crate::schema::{Place, word};
use crate::source::{Asked, Span};
use crate::syntax::{self, Args, Entry, ExprKind as Tree};
use crate::value::{Target, Type};

/// The labels of one fleet, with their types.
pub(super) type LabelTypes = IndexMap<SmolStr, Type>;

impl<'t> Checker<'t> {
    /// Reads every fleet: first those that list targets, then those that choose from others.
    pub fn check_fleets(&mut self) {
        let ids = self.declared_where(|it| matches!(it, Declaration::Fleet(_)));
        for id in &ids {
            let Declared { name, name_span, entry, .. } = self.declared[*id];
            let source = FleetSource::Targets(Vec::new());
            let (doc, name) = (entry.docs(), SmolStr::new(name));
            self.program.fleets.push(Fleet { name, source, labels: Vec::new(), doc, span: name_span });
        }
        let (choices, lists): (Vec<usize>, Vec<usize>) =
            ids.into_iter().partition(|id| is_choice(self.declared[*id].entry));
        for id in lists.iter().chain(&choices) {
            let Declared { entry, module, kind, .. } = self.declared[*id];
            if let Declaration::Fleet(fleet) = kind {
                self.within(module, |it| it.check_fleet(fleet, entry));
            }
        }
        self.refuse_circles();
    }

    fn check_fleet(&mut self, fleet: FleetId, entry: Entry<'t>) {
        let row = word(Place::File, "fleet").expect("the table has fleets");
        let parts = self.parts(row, entry);
        let mut declared = LabelTypes::new();
        let mut targets = Vec::new();
        for inner in parts.entries.into_iter().filter(|it| !it.is_broken()) {
            match self.word_of(inner, Place::Fleet).map(|it| it.name) {
                Some("labels") => declared.extend(self.label_types(inner)),
                Some(_) => targets.push(inner),
                None => {}
            }
        }
        match entry.value() {
            Some(value) => {
                for stray in &targets {
                    let problem =
                        Diagnostic::new(Code::SHAPE, stray.head().span(), "this fleet is read from elsewhere");
                    self.say(problem.help("write its targets there, or leave the `= …` away"));
                }
                self.check_source(fleet, value, declared);
            }
            None if entry.is_broken() => {}
            None => self.inline(fleet, entry, declared, &targets),
        }
    }

    fn label_types(&mut self, entry: Entry<'t>) -> LabelTypes {
        let names = entry.body().map(|it| self.typed_names(it)).unwrap_or_default();
        names.into_iter().map(|(name, of)| (SmolStr::new(name.text()), of)).collect()
    }

    fn check_source(&mut self, fleet: FleetId, value: syntax::Expr<'t>, declared: LabelTypes) {
        if let Tree::Call { callee, args } = value.kind()
            && let Some(name) = callee.as_name()
        {
            match name.text() {
                "csv" => return self.read_file(fleet, RowFormat::Csv, value, args, declared),
                "json" => return self.read_file(fleet, RowFormat::Json, value, args, declared),
                "yaml" => return self.read_file(fleet, RowFormat::Yaml, value, args, declared),
                "command" => return self.ask_command(fleet, value, args, declared),
                "http" => return self.say_later("http", name.span()),
                _ => {}
            }
        }
        self.choose(fleet, value, declared);
    }

    fn read_file(
        &mut self,
        fleet: FleetId,
        format: RowFormat,
        value: syntax::Expr<'t>,
        args: Args<'t>,
        declared: LabelTypes,
    ) {
        let Some(path) = self.constant_texts(args).and_then(|it| it.into_iter().next()) else {
            let message = "a fleet's file is named by one text";
            self.say(Diagnostic::new(Code::SHAPE, value.span(), message).help("write `csv(\"factories.csv\")`"));
            return self.set_fleet(fleet, FleetSource::Targets(Vec::new()), declared, true);
        };
        let path = joined(self.files.modules[self.module()].folder(), &path);
        self.reads.push(Asked::File(path.clone()));
        let span = value.span();
        match self.world.read(&path) {
            Err(failure) => {
                let neighbours = self.world.neighbours(&path);
                self.say(unreadable(&path, span, &failure, &neighbours));
                self.set_fleet(fleet, FleetSource::Targets(Vec::new()), declared, true);
            }
            Ok(text) => match read_rows(format, &text) {
                Ok(rows) => self.read_targets(fleet, &path, rows, declared, span),
                Err(why) => {
                    let message = format!("`{path}` does not list targets");
                    self.say(Diagnostic::new(Code::BAD_ROWS, span, message).because(why));
                    self.set_fleet(fleet, FleetSource::Targets(Vec::new()), declared, true);
                }
            },
        }
    }

    fn read_targets(&mut self, fleet: FleetId, path: &str, rows: Vec<Row>, declared: LabelTypes, span: Span) {
        let labels = labels_of_rows(&rows, &declared);
        let fleet_name = self.program.fleets[fleet.index()].name.clone();
        let mut seen: HashMap<String, String> = HashMap::new();
        let mut targets = Vec::with_capacity(rows.len());
        for row in rows {
            let problem = match seen.insert(row.name.clone(), row.place.clone()) {
                _ if row.name.is_empty() => Some(format!("{} has an empty name", row.place)),
                Some(before) => Some(format!("`{}` stands in {before} and again in {}", row.name, row.place)),
                None => None,
            };
            if let Some(problem) = problem {
                self.say(Diagnostic::new(Code::BAD_ROWS, span, format!("in `{path}`, {problem}")));
                continue;
            }
            let labels = self.read_labels(&row, path, &labels, span);
            targets.push(Target { fleet: fleet_name.clone(), name: SmolStr::new(&row.name), labels });
        }
        self.set_fleet(fleet, FleetSource::Targets(targets), labels, false);
    }

    fn read_labels(&mut self, row: &Row, path: &str, labels: &LabelTypes, span: Span) -> crate::value::Record {
        let mut record = crate::value::Record::new();
        for (label, text) in &row.labels {
            let of = labels.get(label).unwrap_or(&Type::Text);
            match read_as(text, of) {
                Ok(value) if value.is_null() => {}
                Ok(value) => {
                    record.insert(label.clone(), value);
                }
                Err(why) => {
                    let message = format!("in `{path}`, {}: `{label}` is {}, and {why}", row.place, of.described());
                    self.say(Diagnostic::new(Code::BAD_LABEL, span, message));
                }
            }
        }
        for (label, of) in labels {
            let given = row.labels.iter().any(|(it, _)| it == label);
            if !given && !matches!(of, Type::Optional(_)) {
                let message = format!("in `{path}`, {}: there is no `{label}`", row.place);
                let help = format!("add it there, or say that it may be absent: `{label}: {of}?`");
                self.say(Diagnostic::new(Code::BAD_LABEL, span, message).help(help));
            }
        }
        record
    }

    fn ask_command(&mut self, fleet: FleetId, value: syntax::Expr<'t>, args: Args<'t>, declared: LabelTypes) {
        let folder = self.files.modules[self.module()].folder().to_owned();
        match self.constant_texts(args).filter(|it| !it.is_empty()) {
            Some(argv) => {
                self.reads.push(Asked::Command(argv.clone()));
                self.set_fleet(fleet, FleetSource::Command { argv, folder }, declared, false);
            }
            None => {
                let problem =
                    Diagnostic::new(Code::SHAPE, value.span(), "a command is a program and its arguments, as texts");
                self.say(problem.help("write `command(\"inventory\", \"--json\")`"));
                self.set_fleet(fleet, FleetSource::Targets(Vec::new()), declared, true);
            }
        }
    }

    fn choose(&mut self, fleet: FleetId, value: syntax::Expr<'t>, declared: LabelTypes) {
        let expr = self.at_spot(Spot::default(), |it| it.typed(value, &Type::Fleet));
        let mut from = Vec::new();
        let known = self.fleets_of(&expr, &mut from);
        let mut labels = declared;
        for source in &from {
            for label in self.program.fleets[source.index()].labels.clone() {
                labels.entry(label.name).or_insert(label.of);
            }
        }
        self.labels.choose(fleet, from);
        self.set_fleet(fleet, FleetSource::Expr(expr), labels, !known);
    }

    /// Lowers arguments that must all be constant texts; a list stands for its elements.
    pub fn constant_texts(&mut self, args: Args<'t>) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for tree in args.iter().filter_map(|it| it.value) {
            let typed = self.expr(tree, None);
            match typed.expr.known()? {
                crate::value::Value::Text(text) => texts.push(text.to_string()),
                crate::value::Value::List(list) => {
                    for it in list.iter() {
                        texts.push(it.as_text()?.to_string());
                    }
                }
                _ => return None,
            }
        }
        Some(texts)
    }

    pub fn set_fleet(&mut self, fleet: FleetId, source: FleetSource, labels: LabelTypes, open: bool) {
        let types = labels.iter().map(|(name, of)| LabelType { name: name.clone(), of: of.clone() });
        let slot = &mut self.program.fleets[fleet.index()];
        slot.source = source;
        slot.labels = types.collect();
        self.labels.add(fleet, labels, open);
    }

    /// Refuses fleets that choose from themselves.
    fn refuse_circles(&mut self) {
        for fleet in circles(&self.program.fleets) {
            let Fleet { name, span, .. } = &self.program.fleets[fleet.index()];
            let span = *span;
            let problem =
                Diagnostic::new(Code::CONSTANT_CYCLE, span, format!("the fleet `{name}` chooses from itself"));
            self.say(problem);
            let nothing = Expr::new(ExprKind::Bad, span);
            self.program.fleets[fleet.index()].source = FleetSource::Expr(nothing);
        }
    }
}

/// Returns whether a fleet is chosen from others.
fn is_choice(entry: Entry<'_>) -> bool {
    let Some(value) = entry.value() else { return false };
    match value.kind() {
        Tree::Call { callee, .. } => {
            !callee.as_name().is_some_and(|it| matches!(it.text(), "csv" | "json" | "yaml" | "command" | "http"))
        }
        _ => true,
    }
}

/// Returns one fleet of each circle of fleets that are chosen from each other.
fn circles(fleets: &[Fleet]) -> Vec<FleetId> {
    let mut found = Vec::new();
    let mut done = vec![false; fleets.len()];
    let mut on_trail = vec![false; fleets.len()];
    for start in 0..fleets.len() {
        let mut trail: Vec<(usize, Vec<FleetId>)> = Vec::new();
        let mut next = (!done[start]).then_some(start);
        loop {
            if let Some(at) = next.take() {
                (done[at], on_trail[at]) = (true, true);
                let from = if let FleetSource::Expr(expr) = &fleets[at].source { fleets_in(expr) } else { Vec::new() };
                trail.push((at, from));
            }
            let Some((at, from)) = trail.last_mut() else { break };
            match from.pop().map(FleetId::index) {
                Some(before) if on_trail[before] => found.push(FleetId(before as u32)),
                Some(before) => next = (!done[before]).then_some(before),
                None => {
                    on_trail[*at] = false;
                    trail.pop();
                }
            }
        }
    }
    found
}

/// Works out which labels the rows have: the declared ones with their types, others as texts.
fn labels_of_rows(rows: &[Row], declared: &LabelTypes) -> LabelTypes {
    let mut counts: IndexMap<SmolStr, usize> = IndexMap::new();
    for (label, _) in rows.iter().flat_map(|it| &it.labels) {
        *counts.entry(label.clone()).or_default() += 1;
    }
    let mut labels = declared.clone();
    for (label, count) in counts {
        let of = if count == rows.len() { Type::Text } else { Type::Text.optional() };
        labels.entry(label).or_insert(of);
    }
    labels
}
