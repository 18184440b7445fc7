//! Checklists: what people tick off item by item, where they stand or declared once for several places.

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::spot::Spot;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Ask, AskKind, Expr, ExprKind};
use crate::schema::{Place, word};
use crate::source::Span;
use crate::syntax::{self, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

/// A checklist of a file: what it holds, and what the places that go through it may change.
pub(super) struct DeclaredChecklist {
    title: Expr,
    of: Option<Expr>,
    kind: AskKind,
    unmet: Ask,
}

impl<'t> Checker<'t> {
    /// `checklist "title" by PEOPLE { … }`, or a declared one by its name.
    pub(super) fn checklist(&mut self, parts: &Parts<'t>) -> Option<Ask> {
        let items: Vec<syntax::Expr<'t>> = parts.entry.items().collect();
        let (first, of) = match items[..] {
            [_, first] => (first, None),
            [_, first, by, who] => {
                self.expect_by(parts, by)?;
                (first, Some(self.people(who)))
            }
            _ => {
                self.say_shape(parts.row, parts.entry.span(), "`checklist` needs a title, and `by` whom");
                return None;
            }
        };
        if let Some(id) = self.declared_named(first).filter(|it| self.declared[*it].kind == Declaration::Checklist) {
            return self.checklist_again(parts, id, of);
        }
        let text = self.typed(first, &Type::Text);
        let Some(of) = of else {
            self.say_shape(parts.row, parts.entry.span(), "this does not say `by` whom");
            return None;
        };
        let kind = self.checklist_kind(parts);
        Some(self.unmet(parts, kind, of, Some(text)))
    }

    /// One that is declared in the file; the place may say by whom, and what happens otherwise.
    fn checklist_again(&mut self, parts: &Parts<'t>, id: usize, of: Option<Expr>) -> Option<Ask> {
        self.declared[id].used = true;
        let listed = parts.property("items").map(|(_, entry)| entry.span());
        let stray = parts.entries.iter().filter(|it| !it.is_broken()).map(|it| it.span()).chain(listed);
        for span in stray.collect::<Vec<_>>() {
            let problem = Diagnostic::new(Code::SHAPE, span, "this checklist has its items where it is declared");
            self.say(problem.also(self.declared[id].name_span, "declared here"));
        }
        let name = self.declared[id].name;
        let declared = self.declared_checklist(id)?;
        let Some(of) = of.or(declared.of) else {
            let message = format!("nothing says `by` whom `{name}` is gone through");
            let problem = Diagnostic::new(Code::SHAPE, parts.entry.span(), message);
            self.say(problem.help(format!("write `checklist {name} by PEOPLE`, or say it where it is declared")));
            return None;
        };
        let own = self.unmet(parts, declared.kind, of, Some(declared.title));
        let said = |name: &str| parts.property(name).is_some();
        let base = declared.unmet;
        Some(Ask {
            within: own.within.or(base.within),
            on_timeout: if said("on_timeout") { own.on_timeout } else { base.on_timeout },
            on_reject: if said("on_reject") { own.on_reject } else { base.on_reject },
            otherwise: own.otherwise.or(base.otherwise),
            ..own
        })
    }

    /// Reads `checklist NAME "title" by PEOPLE { … }`; title and people may be left out.
    pub(super) fn declared_checklist(&mut self, id: usize) -> Option<DeclaredChecklist> {
        let Declared { entry, module, .. } = self.declared[id];
        self.within(module, |it| it.at_spot(Spot::default(), |it| it.checklist_entry(entry)))
    }

    fn checklist_entry(&mut self, entry: Entry<'t>) -> Option<DeclaredChecklist> {
        let row = word(Place::File, "checklist").expect("the table has checklists");
        let parts = self.parts(row, entry);
        let items: Vec<syntax::Expr<'t>> = entry.items().skip(1).collect();
        let (name, title, by) = match items[..] {
            [name] => (name, None, None),
            [name, title] => (name, Some(title), None),
            [name, by, who] => (name, None, Some((by, who))),
            [name, title, by, who] => (name, Some(title), Some((by, who))),
            _ => {
                self.say_shape(row, entry.span(), "a checklist has a name, a title, and `by` whom");
                return None;
            }
        };
        let of = match by {
            Some((by, who)) => {
                self.expect_by(&parts, by)?;
                Some(self.people(who))
            }
            None => None,
        };
        let title = match title {
            Some(title) => self.typed(title, &Type::Text),
            None => Expr::value(Value::text(name.text().replace('_', " ")), name.span()),
        };
        let kind = self.checklist_kind(&parts);
        let nobody = Expr::new(ExprKind::Bad, entry.span());
        let unmet = self.unmet(&parts, AskKind::Confirm, nobody, None);
        Some(DeclaredChecklist { title, of, kind, unmet })
    }

    /// What is on it: texts in its body, and those of a list.
    fn checklist_kind(&mut self, parts: &Parts<'t>) -> AskKind {
        let list = self.setting(parts, "items");
        if parts.entries.is_empty() && list.is_none() && !parts.entry.is_broken() {
            self.say_nothing_on_it(parts.entry.head().span());
        }
        if let Some(list) =
            list.as_ref().filter(|it| it.known().and_then(Value::as_list).is_some_and(<[Value]>::is_empty))
        {
            self.say_nothing_on_it(list.span);
        }
        AskKind::Checklist { items: self.checklist_items(parts), list }
    }

    fn say_nothing_on_it(&mut self, span: Span) {
        let problem = Diagnostic::new(Code::MISSING, span, "this checklist has no items");
        self.say(problem.help("write them into its body: `{ \"On-call told\" }`"));
    }

    fn checklist_items(&mut self, parts: &Parts<'t>) -> Vec<Expr> {
        let mut items: Vec<Expr> = Vec::new();
        for entry in parts.entries.iter().filter(|it| !it.is_broken()) {
            let head = entry.head();
            let alone = entry.items().nth(1).is_none() && entry.value().is_none() && entry.body().is_none();
            if !alone || !matches!(head.kind(), Tree::Text(_)) {
                let problem =
                    Diagnostic::new(Code::SHAPE, entry.span(), "a checklist holds its items: texts in quotes");
                self.say(problem.help("write `\"On-call told\"`"));
                continue;
            }
            let item = self.typed(head, &Type::Text);
            if let Some(before) = items.iter().find(|it| it.known().is_some() && it.known() == item.known()) {
                let problem = Diagnostic::new(Code::PROPERTY_TWICE, head.span(), "this item is on the list twice");
                self.say(problem.also(before.span, "first given here"));
            }
            items.push(item);
        }
        items
    }
}
