//! Targets that are written in the program, each with its labels.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::checker::Checker;
use super::exprs::Typed;
use super::fleets::LabelTypes;
use super::word::property_name;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{ExprKind, FleetId, FleetSource};
use crate::source::Span;
use crate::syntax::{self, Entry, ExprKind as Tree, Name};
use crate::value::{Record, Target, Type};

impl<'t> Checker<'t> {
    pub fn inline(&mut self, fleet: FleetId, entry: Entry<'t>, declared: LabelTypes, targets: &[Entry<'t>]) {
        if targets.is_empty() {
            let problem = Diagnostic::new(Code::MISSING, entry.head().span(), "this fleet has no targets");
            self.say(problem.help("add `target NAME { … }` entries, or read them: `= csv(\"file\")`"));
        }
        let mut labels = declared.clone();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut list = Vec::new();
        for target in targets {
            let Some((name, span)) = self.target_name(*target) else { continue };
            if let Some(before) = seen.insert(name.clone(), span) {
                self.say_clash(&name, span, before);
                continue;
            }
            let record = self.target_labels(*target, &declared, &mut labels);
            let fleet = self.program.fleets[fleet.index()].name.clone();
            list.push(Target { fleet, name: SmolStr::new(name), labels: record });
        }
        for (name, of) in &mut labels {
            if list.iter().any(|it| !it.labels.contains_key(name)) {
                *of = of.clone().optional();
            }
        }
        self.set_fleet(fleet, FleetSource::Targets(list), labels, false);
    }

    pub fn target_name(&mut self, entry: Entry<'t>) -> Option<(String, Span)> {
        let item = entry.items().nth(1);
        let name = match item.map(|it| (it.kind(), it.span())) {
            Some((Tree::Name(name), span)) => Some((name.text().to_owned(), span)),
            Some((Tree::Text(text), span)) => text.plain().map(|it| (it, span)),
            _ => None,
        };
        if name.is_none() {
            self.say(Diagnostic::new(Code::SHAPE, entry.span(), "`target` needs a name: `target berlin { … }`"));
        }
        name
    }

    pub fn target_labels(&mut self, entry: Entry<'t>, declared: &LabelTypes, labels: &mut LabelTypes) -> Record {
        let mut record = Record::new();
        for inner in entry.body().into_iter().flat_map(|it| it.entries()).filter(|it| !it.is_broken()) {
            let (Some(name), Some(value)) = (property_name(inner), inner.value()) else {
                self.say(Diagnostic::new(Code::SHAPE, inner.span(), "a target has labels: `region = \"eu\"`"));
                continue;
            };
            let typed = self.label_value(name, value, declared);
            let Some(known) = typed.expr.known().cloned() else {
                if !matches!(typed.expr.kind, ExprKind::Bad) {
                    self.say(Diagnostic::new(
                        Code::NOT_KNOWN,
                        value.span(),
                        "a label must be known when the file is checked",
                    ));
                }
                continue;
            };
            self.join_label(name, typed.of, labels);
            if record.insert(SmolStr::new(name.text()), known).is_some() {
                let message = format!("`{}` is given twice", name.text());
                self.say(Diagnostic::new(Code::PROPERTY_TWICE, name.span(), message));
            }
        }
        record
    }

    pub fn label_value(&mut self, name: Name<'t>, value: syntax::Expr<'t>, declared: &LabelTypes) -> Typed {
        match declared.get(name.text()) {
            Some(want) => Typed { expr: self.typed(value, want), of: want.clone() },
            None if declared.is_empty() => self.expr(value, None),
            None => {
                let near = nearest(name.text(), declared.keys().map(SmolStr::as_str));
                let message = format!("`labels` does not list `{}`", name.text());
                self.say(Diagnostic::new(Code::NO_FIELD, name.span(), message).suggest(name.span(), near));
                Typed::bad(value.span())
            }
        }
    }

    pub fn join_label(&mut self, name: Name<'t>, of: Type, labels: &mut LabelTypes) {
        match labels.get_mut(name.text()) {
            None => {
                labels.insert(SmolStr::new(name.text()), of);
            }
            Some(known) => match known.join(&of) {
                Some(joined) => *known = joined,
                None => {
                    let message = format!(
                        "`{}` is {} on another target, and here {}",
                        name.text(),
                        known.described(),
                        of.described()
                    );
                    self.say(Diagnostic::new(Code::BAD_LABEL, name.span(), message));
                }
            },
        }
    }
}
