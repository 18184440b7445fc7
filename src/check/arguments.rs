//! What an `apply` gives a strategy: values, probes by their names, filled slots.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::checker::Checker;
use super::declare::{Declaration, ParamFacts};
use super::frame::{Means, Sense};
use super::word::{called_name, property_name};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Expr, ExprKind};
use crate::schema::{Place, property, word};
use crate::source::Span;
use crate::syntax::{self, Entry, Name};
use crate::value::{Callable, Type, Word};

impl<'t> Checker<'t> {
    /// Lowers what the caller gives, for each parameter of the strategy.
    pub fn apply_arguments(&mut self, entry: Entry<'t>, id: usize, span: Span) -> Vec<(Name<'t>, Sense<'t>)> {
        let params = self.params_with_names(id);
        let mut given: Vec<(Name<'t>, Sense<'t>)> = Vec::new();
        let mut seen: HashSet<&'t str> = HashSet::new();
        for inner in entry.body().into_iter().flat_map(|it| it.entries()).filter(|it| !it.is_broken()) {
            let Some(name) = called_name(inner.head()) else {
                self.say(Diagnostic::new(Code::SHAPE, inner.span(), "`apply` holds arguments and filled slots"));
                continue;
            };
            if !seen.insert(name.text()) {
                let message = format!("`{}` is given twice", name.text());
                self.say(Diagnostic::new(Code::PROPERTY_TWICE, name.span(), message));
                continue;
            }
            let Some((param, param_name)) = params.iter().find(|(it, _)| it.name == name.text()) else {
                self.say_no_param(id, name, &params);
                continue;
            };
            let sense = self.apply_argument(inner, param).unwrap_or_else(|| bad_argument(inner.span()));
            given.push((*param_name, sense));
        }
        for (param, name) in &params {
            if !given.iter().any(|(it, _)| it.text() == name.text()) {
                let sense = self.missing_argument(id, param, span);
                given.push((*name, sense));
            }
        }
        given
    }

    /// Returns what an `apply` says of itself, such as `after`: a parameter of the strategy with that name goes first.
    pub fn apply_property(&self, entry: Entry<'t>, id: usize, name: &str) -> Option<syntax::Expr<'t>> {
        if self.signature(id).params.iter().any(|it| it.name == name) {
            return None;
        }
        let mut entries = entry.body()?.entries().filter(|it| !it.is_broken());
        entries.find(|it| property_name(*it).is_some_and(|it| it.text() == name))?.value()
    }

    pub fn say_no_param(&mut self, id: usize, name: Name<'t>, params: &[(ParamFacts, Name<'t>)]) {
        let strategy = self.declared[id];
        if is_of_apply(name.text()) {
            return;
        }
        let near = nearest(name.text(), params.iter().map(|(it, _)| it.name.as_str()));
        let message = format!("`{}` has no parameter `{}`", strategy.name, name.text());
        let problem = Diagnostic::new(Code::ARGUMENTS, name.span(), message).suggest(name.span(), near);
        self.say(problem.also(strategy.name_span, "declared here"));
    }

    pub fn missing_argument(&mut self, id: usize, param: &ParamFacts, span: Span) -> Sense<'t> {
        if let Some(default) = &param.default {
            return Sense::Value { expr: Rc::new(default.clone()), of: param.of.clone() };
        }
        let (strategy, name) = (self.declared[id].name, &param.name);
        let code = if is_block(&param.of) { Code::SLOT } else { Code::ARGUMENTS };
        let help = match &param.of {
            of if is_block(of) => format!("fill it: `{name}(…) {{ … }}`"),
            _ => format!("add `{name} = …`"),
        };
        let message = format!("`{strategy}` needs `{name}`, {}", param.of.described());
        self.say(Diagnostic::new(code, span, message).also(param.span, "the parameter").help(help));
        bad_argument(span)
    }

    pub fn apply_argument(&mut self, entry: Entry<'t>, param: &ParamFacts) -> Option<Sense<'t>> {
        match &param.of {
            Type::Callable(Callable { word: Word::Block, params, .. }) => self.fill(entry, param, params),
            Type::Callable(of) if !param.of.is_window() => {
                let tree = self.argument_value(entry, param)?;
                self.callable(tree, of)
            }
            of => {
                let tree = self.argument_value(entry, param)?;
                let expr = self.typed(tree, of);
                let expr = self.of_bearable_size(expr);
                Some(Sense::Value { expr: Rc::new(expr), of: of.clone() })
            }
        }
    }

    pub fn argument_value(&mut self, entry: Entry<'t>, param: &ParamFacts) -> Option<syntax::Expr<'t>> {
        let value = property_name(entry).and(entry.value());
        if value.is_none() {
            let message = format!("`{}` is {}, which is given as a value", param.name, param.of.described());
            let problem = Diagnostic::new(Code::SHAPE, entry.head().span(), message);
            self.say(problem.help(format!("write `{} = …`", param.name)));
        }
        value
    }

    /// Something that is asked, or a window, by its name.
    pub fn callable(&mut self, tree: syntax::Expr<'t>, want: &Callable) -> Option<Sense<'t>> {
        if let Some(name) = tree.as_name()
            && let Some(Sense::Callable { of, asks }) = self.sense(name.text())
        {
            self.expect_callable(tree, &of, want)?;
            return Some(Sense::Callable { of: want.clone(), asks });
        }
        let id = self.declared_named(tree);
        if let Some(id) = id
            && let Some(askable) = self.declared[id].kind.askable()
        {
            let of = self.askable_type(id, askable);
            self.expect_callable(tree, &of, want)?;
            return Some(Sense::Callable { of: want.clone(), asks: Some(Means::Asked(askable)) });
        }
        match id.map(|it| (it, self.declared[it].kind)) {
            Some((id, Declaration::Window)) => {
                let params = self.signature(id).params.iter().map(|it| it.of.clone()).collect();
                let of = Callable { word: Word::Window, params, gives: Arc::new(Type::Bool) };
                self.expect_callable(tree, &of, want)?;
                Some(Sense::Callable { of: want.clone(), asks: Some(Means::Window(id)) })
            }
            Some((_, Declaration::Later(_))) => None,
            Some((id, kind)) => {
                let message = format!("`{}` is {}, and a {want} is needed", tree.text(), kind.words());
                let at = self.declared[id].name_span;
                self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message).also(at, "declared here"));
                None
            }
            None => {
                let typed = self.expr(tree, None);
                if !matches!(typed.of, Type::Any) {
                    let message = format!("this is {}, and a {want} is needed", typed.of.described());
                    self.say(
                        Diagnostic::new(Code::MISMATCH, tree.span(), message)
                            .help(format!("name a {}", want.word.name())),
                    );
                }
                None
            }
        }
    }

    pub fn expect_callable(&mut self, tree: syntax::Expr<'t>, of: &Callable, want: &Callable) -> Option<()> {
        if Type::Callable(of.clone()).fits(&Type::Callable(want.clone())) {
            return Some(());
        }
        let message = format!("this is a {of}, and a {want} is needed");
        self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message));
        None
    }
}

/// Whether a name is that of a property which every `apply` has.
fn is_of_apply(name: &str) -> bool {
    word(Place::Rollout, "apply").is_some_and(|row| property(row, name).is_some())
}

fn bad_argument<'t>(span: Span) -> Sense<'t> {
    Sense::Value { expr: Rc::new(Expr::new(ExprKind::Bad, span)), of: Type::Any }
}

fn is_block(of: &Type) -> bool {
    matches!(of, Type::Callable(callable) if callable.word == Word::Block)
}
