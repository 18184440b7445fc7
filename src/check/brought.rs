//! What `use` brings in: all names of another file, one of them, or all together under one name.

use super::checker::Checker;
use super::declare::Declared;
use super::files::Use;
use super::frame::Sense;
use crate::diag::{Code, Diagnostic, nearest};
use crate::source::Span;

impl<'t> Checker<'t> {
    pub fn bring_in(&mut self, module: usize, used: &'t Use) {
        match (&used.name, &used.alias) {
            (None, Some((alias, span))) => self.enter_name(module, alias, Sense::Module(used.module), *span),
            (None, None) => self.bring_in_all(module, used),
            (Some((name, span)), alias) => match self.tables[used.module].get(name.as_str()).cloned() {
                Some((sense @ Sense::Declared(_), _)) => {
                    let (here, span) = alias.as_ref().map_or((name, *span), |(alias, span)| (alias, *span));
                    self.enter_name(module, here, sense, span);
                }
                _ => self.say_no_member(used.module, name, *span),
            },
        }
    }

    pub fn bring_in_all(&mut self, module: usize, used: &Use) {
        let own = |it: &(usize, &Declared<'t>)| it.1.module == used.module;
        let names: Vec<(usize, &'t str)> =
            self.declared.iter().enumerate().filter(own).map(|(id, it)| (id, it.name)).collect();
        for (id, name) in names {
            self.enter_name(module, name, Sense::Declared(id), used.span);
        }
    }

    /// Says that a file declares no such name.
    pub fn say_no_member(&mut self, module: usize, name: &str, span: Span) {
        let path = self.files.modules[module].path.clone();
        let names: Vec<&str> = self.tables[module].keys().copied().collect();
        let meant = nearest(name, names);
        self.say(Diagnostic::new(Code::NO_MEMBER, span, format!("`{path}` declares no `{name}`")).suggest(span, meant));
    }

    /// Finds what a file declares under a name.
    pub fn member(&mut self, module: usize, name: &str) -> Option<usize> {
        match self.tables[module].get(name) {
            Some((Sense::Declared(id), _)) if self.declared[*id].module == module => Some(*id),
            _ => None,
        }
    }
}
