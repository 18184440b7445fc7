//! People and what they are asked: `people`, `approve`, `confirm`. Knows names as the program has them,
//! and nothing of who has which role.

use std::rc::Rc;

use super::checker::{Checker, Weight};
use super::declare::{Declaration, Declared};
use super::exprs::Typed;
use super::files::unreadable;
use super::lets::LetState;
use super::path::joined;
use super::spot::Spot;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Ask, AskKind, Expr, ExprKind, OnUnmet, names_in};
use crate::schema::{Place, word};
use crate::source::{Asked, Span};
use crate::syntax::{self, Args, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Checks the people and the checklists of the files, also those that nothing uses.
    pub fn check_people(&mut self) {
        for id in self.declared_where(|it| it == Declaration::People) {
            self.people_value(id, self.declared[id].name_span);
        }
        for id in self.declared_where(|it| it == Declaration::Checklist) {
            self.declared_checklist(id);
        }
    }

    /// Returns who a declared name stands for.
    pub fn people_value(&mut self, id: usize, asked: Span) -> Typed {
        let Declared { entry, module, name, name_span, .. } = self.declared[id];
        match self.lets.get(&id).cloned() {
            Some(LetState::Done { expr, .. }) => {
                return Typed { expr: Expr { span: asked, ..(*expr).clone() }, of: Type::People };
            }
            Some(LetState::Open) => {
                let problem = Diagnostic::new(Code::CONSTANT_CYCLE, asked, format!("`{name}` depends on itself"));
                self.say(problem.because("asked for here").also(name_span, "defined here"));
                return Typed::bad(asked);
            }
            None => {}
        }
        self.lets.insert(id, LetState::Open);
        let read = self.deeper(Weight::Declaration, asked, |it| {
            it.within(module, |it| it.at_spot(Spot::default(), |it| it.people_entry(entry)))
        });
        let expr = read.unwrap_or_else(|| Expr::new(ExprKind::Bad, asked));
        self.lets.insert(id, LetState::Done { expr: Rc::new(expr.clone()), of: Type::People });
        Typed { expr, of: Type::People }
    }

    fn people_entry(&mut self, entry: Entry<'t>) -> Expr {
        let row = word(Place::File, "people").expect("the table has people");
        if let Some(body) = entry.body() {
            self.say_shape(row, body.span(), "`people` has no body");
        }
        let Some(value) = entry.value() else {
            if !entry.is_broken() {
                self.say_shape(row, entry.span(), "this does not say who they are");
            }
            return Expr::new(ExprKind::Bad, entry.span());
        };
        match value.kind() {
            Tree::Call { callee, args } if callee.as_name().is_some_and(|it| it.text() == "file") => {
                self.people_of_file(value, args)
            }
            _ => self.people(value),
        }
    }

    /// A file with a name on each line; empty lines and comments are nobody.
    fn people_of_file(&mut self, value: syntax::Expr<'t>, args: Args<'t>) -> Expr {
        let (span, bad) = (value.span(), Expr::new(ExprKind::Bad, value.span()));
        let Some([path]) = self.constant_texts(args).and_then(|it| <[String; 1]>::try_from(it).ok()) else {
            let problem = Diagnostic::new(Code::SHAPE, span, "a file of people is named by one text");
            self.say(problem.help("write `file(\"approvers.txt\")`"));
            return bad;
        };
        let path = joined(self.files.modules[self.module()].folder(), &path);
        self.reads.push(Asked::File(path.clone()));
        match self.world.read(&path) {
            Ok(text) => {
                let lines = text.lines().map(|it| it.split('#').next().unwrap_or_default().trim());
                let names = lines.filter(|it| !it.is_empty()).map(Value::text);
                let expr = Expr::value(Value::list(names), span);
                self.refuse_nobody(&expr, &format!("nobody is named in `{path}`"));
                expr
            }
            Err(failure) => {
                let neighbours = self.world.neighbours(&path);
                self.say(unreadable(&path, span, &failure, &neighbours));
                bad
            }
        }
    }

    /// Lowers an expression that says who may answer.
    pub(super) fn people(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let expr = self.typed(tree, &Type::People);
        self.refuse_nobody(&expr, "nobody is named here, so nobody can ever answer");
        expr
    }

    fn refuse_nobody(&mut self, expr: &Expr, message: &str) {
        match expr.known().map(names_in) {
            Some(names) if names.is_empty() => self.say_out_of_range(expr.span, message),
            Some(names) if names.iter().any(|it| it.trim().is_empty()) => {
                self.say_out_of_range(expr.span, "a name here is empty");
            }
            Some(_) | None => {}
        }
    }

    /// Lowers a question to people.
    pub fn ask(&mut self, parts: &Parts<'t>) -> Option<Ask> {
        match parts.row.name {
            "approve" => self.approve(parts),
            "confirm" => self.confirm(parts),
            _ => self.checklist(parts),
        }
    }

    fn approve(&mut self, parts: &Parts<'t>) -> Option<Ask> {
        self.refuse_entries(parts);
        let author_may = self.known_bool(parts, "author_may").unwrap_or(false);
        let need = self.setting(parts, "need");
        let text = self.setting(parts, "prompt");
        if !self.expect_plain(parts.row, parts.entry, 2) {
            return None;
        }
        let of = self.people(parts.entry.items().nth(1)?);
        let need = need.unwrap_or_else(|| Expr::value(Value::Int(1), parts.entry.head().span()));
        self.check_need(&need, &of);
        if author_may && need.known().and_then(Value::as_int) == Some(1) {
            self.warn_author_alone(parts);
        }
        Some(self.unmet(parts, AskKind::Approve { need, author_may }, of, text))
    }

    fn check_need(&mut self, need: &Expr, of: &Expr) {
        let Some(needed) = need.known().and_then(Value::as_int) else { return };
        if needed < 1 {
            self.say_out_of_range(need.span, "at least one has to approve");
        }
        let Some(names) = of.known().map(names_in).filter(|it| !it.is_empty() && needed > it.len() as i64) else {
            return;
        };
        let message = format!("{needed} have to approve, and there {}", are_only(names.len()));
        let problem = Diagnostic::new(Code::OUT_OF_RANGE, need.span, message).also(of.span, "who may");
        self.say(problem.help("name more people, or need fewer"));
    }

    fn warn_author_alone(&mut self, parts: &Parts<'t>) {
        let span = parts.property("author_may").map_or(parts.entry.head().span(), |(_, entry)| entry.span());
        let problem = Diagnostic::new(Code::AUTHOR_ALONE, span, "who starts the run can give this approval alone");
        self.say(problem.because("so it need not be anybody else's").help("need two, or leave `author_may` away"));
    }

    /// `confirm "question" by PEOPLE`.
    fn confirm(&mut self, parts: &Parts<'t>) -> Option<Ask> {
        self.refuse_entries(parts);
        let items: Vec<syntax::Expr<'t>> = parts.entry.items().collect();
        let [_, question, by, who] = items[..] else {
            self.say_shape(parts.row, parts.entry.span(), "`confirm` needs a question, and `by` whom");
            return None;
        };
        self.expect_by(parts, by)?;
        let text = self.typed(question, &Type::Text);
        let of = self.people(who);
        Some(self.unmet(parts, AskKind::Confirm, of, Some(text)))
    }

    pub(super) fn expect_by(&mut self, parts: &Parts<'t>, by: syntax::Expr<'t>) -> Option<()> {
        if by.as_name().is_some_and(|it| it.text() == "by") {
            return Some(());
        }
        self.say_shape(parts.row, by.span(), "here stands `by`, and then whom");
        None
    }

    /// Adds what happens when the answer is no, or does not come.
    pub(super) fn unmet(&mut self, parts: &Parts<'t>, kind: AskKind, of: Expr, text: Option<Expr>) -> Ask {
        let within = self.duration(parts, "within");
        let on_timeout = self.on_unmet(parts, "on_timeout");
        let on_reject = self.on_unmet(parts, "on_reject");
        let otherwise = self.otherwise(parts);
        let (on_timeout, on_reject) = (on_timeout.unwrap_or(OnUnmet::Pause), on_reject.unwrap_or(OnUnmet::Fail));
        let ask = Ask { kind, of, text, within, on_timeout, on_reject, otherwise };
        self.warn_without_effect(parts, &ask);
        ask
    }

    fn warn_without_effect(&mut self, parts: &Parts<'t>, ask: &Ask) {
        // A checklist that is declared in the file may say the rest there.
        let first = parts.entry.items().nth(1).filter(|_| parts.row.name == "checklist");
        let is_shared = first.is_some_and(|it| !matches!(it.kind(), Tree::Text(_)));
        if let (Some((_, entry)), None, false) = (parts.property("on_timeout"), &ask.within, is_shared) {
            let problem = Diagnostic::new(Code::NO_EFFECT, entry.span(), "`on_timeout` has no effect without `within`");
            self.say(problem.because("it waits for ever").help("add `within = 4h`"));
        }
        let fails = ask.on_timeout == OnUnmet::Fail || ask.on_reject == OnUnmet::Fail;
        if let (Some((_, entry)), false, false) = (parts.property("otherwise"), fails, is_shared) {
            let problem = Diagnostic::new(Code::NO_EFFECT, entry.span(), "`otherwise` has no effect here");
            self.say(problem.because("neither a no nor a time-out fails"));
        }
    }

    fn on_unmet(&mut self, parts: &Parts<'t>, name: &str) -> Option<OnUnmet> {
        let chosen = self.choice(parts, name)?;
        OnUnmet::ALL.into_iter().find(|(_, name)| *name == chosen).map(|it| it.0)
    }
}

fn are_only(count: usize) -> String {
    if count == 1 { "is only one who may".to_owned() } else { format!("are only {count} who may") }
}
