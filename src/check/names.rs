//! What a name stands for where it is used: bound names first, then what the file declares. Nothing is shadowed: a
//! name that would be is reported with both places.

use std::rc::Rc;

use super::checker::Checker;
use super::frame::{Bound, Sense};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{BUILTINS, Expr, LocalId};
use crate::source::Span;
use crate::syntax::Name;
use crate::value::Type;

impl<'t> Checker<'t> {
    /// Binds a name until the body that is read now is left.
    pub fn bind(&mut self, name: &'t str, span: Span, sense: Sense<'t>, worth: Option<&'static str>) {
        let before = self.bound_at(name);
        self.enter(name, before, Bound { sense, span, worth, used: false });
    }

    /// Binds a parameter. Parameters open a scope: each may have the name of something that a file declares, and
    /// stands for it from there on.
    pub fn bind_param(&mut self, name: Name<'t>, sense: Sense<'t>, worth: Option<&'static str>) {
        let before = self.frames[self.at].names.get(name.text()).map(|it| it.span);
        self.enter(name.text(), before, Bound { sense, span: name.span(), worth, used: false });
    }

    fn enter(&mut self, name: &'t str, before: Option<Span>, mut bound: Bound<'t>) {
        if self.refuse_taken(name, bound.span) {
            bound.worth = None;
        }
        if let Some(before) = before {
            self.say_clash(name, bound.span, before);
            bound.worth = None;
        }
        // Also after a clash: what follows means the nearer of the two, and is not wrong once more.
        let frame = self.frame();
        let hidden = frame.names.insert(name, bound);
        frame.order.push((name, hidden));
    }

    fn bound_at(&self, name: &str) -> Option<Span> {
        let frame = &self.frames[self.at];
        let bound = frame.names.get(name).map(|it| it.span);
        bound.or_else(|| self.tables[frame.module].get(name).map(|(_, span)| *span))
    }

    /// Binds a new local.
    pub fn bind_local(&mut self, name: Name<'t>, of: Type, worth: Option<&'static str>) -> LocalId {
        let local = self.new_local(of);
        self.bind(name.text(), name.span(), Sense::Local(local), worth);
        local
    }

    /// Binds a name to an expression.
    pub fn bind_value(&mut self, name: Name<'t>, expr: Expr, of: Type, worth: Option<&'static str>) {
        let sense = Sense::Value { expr: Rc::new(expr), of };
        self.bind(name.text(), name.span(), sense, worth);
    }

    /// Remembers how many names there are, to come back to.
    pub fn mark(&self) -> usize {
        self.frames[self.at].order.len()
    }

    /// Forgets the names that were bound since the mark; says which of them were never used.
    pub fn forget(&mut self, mark: usize) {
        while self.frames[self.at].order.len() > mark {
            let frame = self.frame();
            let (name, hidden) = frame.order.pop().expect("there are more names than the mark says");
            let bound = match hidden {
                Some(mut hidden) => {
                    hidden.used = true;
                    frame.names.insert(name, hidden)
                }
                None => frame.names.remove(name),
            };
            if let Some(Bound { span, worth: Some(worth), used: false, .. }) = bound {
                self.say_unused(name, span, worth);
            }
        }
    }

    /// Says that a name is never used.
    pub fn say_unused(&mut self, name: &str, span: Span, worth: &str) {
        let problem = Diagnostic::new(Code::UNUSED, span, format!("{worth} `{name}` is never used"));
        self.say(problem.because("not used").help("remove it, or use it"));
    }

    /// Returns what a name stands for, and remembers that it is used.
    pub fn sense(&mut self, name: &str) -> Option<Sense<'t>> {
        let at = self.at;
        if let Some(bound) = self.frames[at].names.get_mut(name) {
            bound.used = true;
            return Some(bound.sense.clone());
        }
        let (sense, _) = self.tables[self.frames[at].module].get(name)?;
        let sense = sense.clone();
        if let Sense::Declared(id) = sense {
            self.declared[id].used = true;
        }
        Some(sense)
    }

    /// Returns whether a name stands for anything, without using it.
    pub fn is_bound(&self, name: &str) -> bool {
        self.bound_at(name).is_some()
    }

    /// Says that a name stands for nothing, with one that may have been meant.
    pub fn say_unknown(&mut self, name: &str, span: Span, help: Option<String>) {
        self.say_unknown_as(name, span, help, false);
    }

    /// Says that no function or probe has a name.
    pub fn say_unknown_call(&mut self, name: &str, span: Span) {
        self.say_unknown_as(name, span, None, true);
    }

    fn say_unknown_as(&mut self, name: &str, span: Span, help: Option<String>, called: bool) {
        let problem = Diagnostic::new(Code::UNKNOWN_NAME, span, format!("nothing here is named `{name}`"));
        let problem = match (self.near(name, called), help) {
            (Some(near), _) => {
                // Whoever meant it uses it.
                self.sense(&near);
                problem.suggest(span, Some(&near))
            }
            (None, Some(help)) => problem.help(help),
            (None, None) => problem,
        };
        self.say(problem);
    }

    /// Returns the name in sight that is nearest to a misspelt one.
    fn near(&self, name: &str, called: bool) -> Option<String> {
        let frame = &self.frames[self.at];
        let bound = frame.names.keys().copied();
        let declared = self.tables[frame.module].keys().copied();
        let units = self.units.names();
        let builtins = BUILTINS.iter().filter(|_| called).map(|row| row.name);
        nearest(name, bound.chain(declared).chain(units).chain(builtins)).map(str::to_owned)
    }
}
