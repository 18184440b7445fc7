//! Fields and elements of values, and labels of targets.

use smol_str::SmolStr;

use super::checker::Checker;
use super::exprs::{Typed, local_of};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Expr, ExprKind, Fleet, FleetId, FleetSource};
use crate::source::Span;
use crate::syntax::{self, Name};
use crate::value::Type;

impl<'t> Checker<'t> {
    pub fn say_no_field<'n>(&mut self, what: &str, name: Name<'t>, fields: impl Iterator<Item = &'n str> + Clone) {
        let message = format!("{what} has no field `{}`", name.text());
        let problem = Diagnostic::new(Code::NO_FIELD, name.span(), message);
        let all: Vec<String> = fields.clone().map(|it| format!("`{it}`")).collect();
        self.say(match (nearest(name.text(), fields), all.is_empty()) {
            (Some(near), _) => problem.suggest(name.span(), Some(near)),
            (None, true) => problem,
            (None, false) => problem.help(format!("it has {}", all.join(", "))),
        });
    }

    /// `value.name`.
    pub fn field(&mut self, tree: syntax::Expr<'t>, of: Typed, name: Name<'t>, span: Span) -> Typed {
        let key = SmolStr::new(name.text());
        let field = match &of.of {
            Type::Any => Some(Type::Any),
            Type::Record(record) => record.fields.get(&key).cloned(),
            Type::Map(value) => Some((**value).clone().optional()),
            Type::Target => return self.label(of.expr, name, span),
            Type::Optional(present) => {
                let present = (**present).clone();
                self.say_absent(tree.span(), tree.text(), &present);
                return Typed::bad(span);
            }
            _ => None,
        };
        match field {
            Some(field) => {
                let typed = Typed::new(ExprKind::Field(Box::new(of.expr), key), field, span);
                let typed = self.folded(typed);
                self.maybe_present(typed)
            }
            None => {
                let names: Vec<String> = match &of.of {
                    Type::Record(record) => record.fields.keys().map(SmolStr::to_string).collect(),
                    _ => Vec::new(),
                };
                self.say_no_field(&of.of.described(), name, names.iter().map(String::as_str));
                Typed::bad(span)
            }
        }
    }

    pub fn index(&mut self, tree: syntax::Expr<'t>, index: syntax::Expr<'t>, span: Span) -> Typed {
        let of = self.expr(tree, None);
        let (want, gives) = match &of.of {
            Type::Any => (Type::Any, Type::Any),
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Fleet => (Type::Int, Type::Target),
            Type::Map(value) => (Type::Text, (**value).clone().optional()),
            Type::Record(_) => (Type::Text, Type::Any),
            Type::Optional(present) => {
                let present = (**present).clone();
                self.say_absent(tree.span(), tree.text(), &present);
                return Typed::bad(span);
            }
            other => {
                let message = format!("{} has no elements", other.described());
                self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message));
                return Typed::bad(span);
            }
        };
        let index: Expr = self.typed(index, &want);
        let typed = self.folded(Typed::new(ExprKind::Index(Box::new(of.expr), Box::new(index)), gives, span));
        self.maybe_present(typed)
    }

    /// Returns whether targets of these fleets, or of any if none is named, come from a command.
    fn is_from_command(&self, fleets: &[FleetId]) -> bool {
        let listed = |it: &Fleet| matches!(it.source, FleetSource::Command { .. });
        let all = self.program.fleets.iter().enumerate();
        all.filter(|(at, _)| fleets.is_empty() || fleets.contains(&FleetId(*at as u32))).any(|(_, it)| listed(it))
    }

    /// `site.region`: a label of a target.
    pub fn label(&mut self, of: Expr, name: Name<'t>, span: Span) -> Typed {
        let fleets = match local_of(&of) {
            Some(local) => self.locals[local.index()].fleets.clone(),
            None => Vec::new(),
        };
        match self.labels.find(&fleets, name.text()) {
            Some(label) => {
                let kind = ExprKind::Field(Box::new(of), SmolStr::new(name.text()));
                let typed = self.folded(Typed::new(kind, label, span));
                self.maybe_present(typed)
            }
            None => {
                let names = self.labels.names(&fleets);
                let message = format!("no target here has a label `{}`", name.text());
                let problem = Diagnostic::new(Code::NO_FIELD, name.span(), message);
                let near = nearest(name.text(), names.iter().map(SmolStr::as_str));
                let all: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
                self.say(match near {
                    Some(near) => problem.suggest(name.span(), Some(near)),
                    None if self.is_from_command(&fleets) => {
                        problem.help(format!("say what the command lists: `labels {{ {}: string }}`", name.text()))
                    }
                    None => problem.help(format!("there are {}", all.join(", "))),
                });
                Typed::bad(span)
            }
        }
    }
}
