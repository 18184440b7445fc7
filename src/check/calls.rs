//! Calls in expressions: built-in functions, and what is asked of the world.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, ParamFacts, Signature};
use super::exprs::Typed;
use super::frame::{Means, Sense};
use super::path::joined;
use crate::diag::{Code, Diagnostic, nearest};
use crate::eval::builtin_type;
use crate::model::{Builtin, Expr, ExprKind, TextPart};
use crate::source::{Asked, Span};
use crate::syntax::{self, Arg, Args, ExprKind as Tree};
use crate::value::{Callable, Type, Value, Word};

/// Functions that the language has and this version cannot perform yet.
const LATER: &[&str] = &["slack", "email", "webhook", "haproxy", "nginx", "ssh"];

impl<'t> Checker<'t> {
    pub fn call_expr(&mut self, tree: syntax::Expr<'t>, callee: syntax::Expr<'t>, args: Args<'t>) -> Typed {
        let span = tree.span();
        if let Tree::Field { of, name } = callee.kind()
            && let Some(module) = of.as_name().and_then(|it| self.module_named(it.text()))
        {
            return match self.member(module, name.text()) {
                Some(id) => self.declared_call(id, callee, args, span),
                None => {
                    self.say_no_member(module, name.text(), name.span());
                    Typed::bad(span)
                }
            };
        }
        let Some(name) = callee.as_name() else {
            self.say(Diagnostic::new(Code::WRONG_THING, callee.span(), "only functions and probes are called"));
            return Typed::bad(span);
        };
        if name.text() == "kept" {
            let message = "`kept(…)` says which key: `kept(site).version`";
            self.say(Diagnostic::new(Code::SHAPE, span, message));
            return Typed::bad(span);
        }
        if name.text() == "before" && !self.is_bound("before") {
            return self.before_call(args, span);
        }
        if name.text() == "trend" && !self.is_bound("trend") {
            return self.trend_call(args, span);
        }
        if let Some(builtin) = Builtin::from_name(name.text()) {
            return self.builtin_call(builtin, args, span);
        }
        if LATER.contains(&name.text()) && !self.is_bound(name.text()) {
            self.say_later(name.text(), name.span());
            return Typed::bad(span);
        }
        match self.sense(name.text()) {
            Some(Sense::Declared(id)) => self.declared_call(id, callee, args, span),
            Some(Sense::Callable { of, asks }) => self.param_call(&of, asks, args, span),
            Some(_) => self.say_not_callable(name.text(), "a value", name.span()),
            None => {
                self.say_unknown_call(name.text(), name.span());
                args.iter().filter_map(|it| it.value).for_each(|it| {
                    self.expr(it, None);
                });
                Typed::bad(span)
            }
        }
    }

    /// Returns the file that a name stands for.
    pub fn module_named(&mut self, name: &str) -> Option<usize> {
        if self.frames[self.at].names.contains_key(name) {
            return None;
        }
        match self.tables[self.module()].get(name) {
            Some((Sense::Module(module), _)) => Some(*module),
            _ => None,
        }
    }

    fn say_not_callable(&mut self, name: &str, what: &str, span: Span) -> Typed {
        let problem = Diagnostic::new(Code::WRONG_THING, span, format!("`{name}` is {what}, and is not called"));
        self.say(match what {
            "an action" => problem.help("an action stands on a line of its own"),
            _ => problem,
        });
        Typed::bad(span)
    }

    fn declared_call(&mut self, id: usize, callee: syntax::Expr<'t>, args: Args<'t>, span: Span) -> Typed {
        let declared = self.declared[id];
        self.declared[id].used = true;
        if let Some(askable) = declared.kind.askable() {
            let signature = self.signature(id);
            let args = self.arguments(declared.name, declared.name_span, &signature, args);
            let of = (*self.askable_type(id, askable).gives).clone();
            return self.asked(askable, of, args, span);
        }
        match declared.kind {
            Declaration::Window => {
                let signature = self.signature(id);
                let args = self.arguments(declared.name, declared.name_span, &signature, args);
                self.window_called(id, args, span)
            }
            Declaration::Later(_) => Typed::bad(span),
            Declaration::Let
            | Declaration::Type
            | Declaration::Secret
            | Declaration::People
            | Declaration::Checklist
            | Declaration::Fleet(_)
            | Declaration::Probe(_)
            | Declaration::Metric(_)
            | Declaration::Threshold(_)
            | Declaration::Gate(_)
            | Declaration::Action(_)
            | Declaration::Strategy
            | Declaration::Router(_)
            | Declaration::Flag(_)
            | Declaration::Channel(_)
            | Declaration::Rollout(_) => self.say_not_callable(declared.name, declared.kind.words(), callee.span()),
        }
    }

    /// A strategy's parameter that is called.
    fn param_call(&mut self, of: &Callable, asks: Option<Means>, args: Args<'t>, span: Span) -> Typed {
        let given = args.len();
        if given != of.params.len() {
            let message = format!("this takes {}, and here are {given}", count_of(of.params.len(), "argument"));
            self.say(Diagnostic::new(Code::ARGUMENTS, span, message));
        }
        let values: Vec<syntax::Expr<'t>> = args.iter().filter_map(|it| it.value).collect();
        let args = values.iter().zip(&of.params).map(|(tree, want)| self.typed(*tree, want)).collect();
        match asks {
            Some(Means::Asked(askable)) => self.asked(askable, (*of.gives).clone(), args, span),
            Some(Means::Window(id)) => self.window_called(id, args, span),
            None if of.word == Word::Window => Typed::new(ExprKind::Bad, Type::window(), span),
            None => Typed::new(ExprKind::Bad, (*of.gives).clone(), span),
        }
    }

    fn builtin_call(&mut self, builtin: Builtin, args: Args<'t>, span: Span) -> Typed {
        let names = param_names(builtin);
        let mut slots: Vec<Option<(syntax::Expr<'t>, Typed)>> = Vec::new();
        for arg in args {
            let Some(tree) = arg.value else { continue };
            let typed = self.expr(tree, None);
            match arg.name {
                None => slots.push(Some((tree, typed))),
                Some(name) => match names.iter().position(|it| *it == name.text()) {
                    Some(at) => {
                        slots.resize(slots.len().max(at + 1), None);
                        slots[at] = Some((tree, typed));
                    }
                    None => {
                        let message = format!("`{}` has no parameter `{}`", builtin.row().name, name.text());
                        let near = nearest(name.text(), names.iter().copied());
                        self.say(Diagnostic::new(Code::ARGUMENTS, name.span(), message).suggest(name.span(), near));
                        return Typed::bad(span);
                    }
                },
            }
        }
        let given: Vec<(syntax::Expr<'t>, Typed)> = slots.into_iter().flatten().collect();
        self.builtin_of(builtin, given, span)
    }

    fn builtin_of(&mut self, builtin: Builtin, given: Vec<(syntax::Expr<'t>, Typed)>, span: Span) -> Typed {
        for (tree, typed) in &given {
            match &typed.of {
                Type::Secret(of) => {
                    self.say_shown_secret(&typed.expr, of);
                    return Typed::bad(span);
                }
                Type::Optional(of) if builtin != Builtin::Env => {
                    self.say_absent(tree.span(), tree.text(), of);
                    return Typed::bad(span);
                }
                _ => {}
            }
        }
        if builtin == Builtin::Raw {
            self.warn_raw(span);
        }
        if builtin == Builtin::Matches
            && let Some((tree, Typed { expr, .. })) = given.get(1)
            && let Some(Value::Text(pattern)) = expr.known()
            && !self.check_pattern(pattern, tree.span())
        {
            return Typed::bad(span);
        }
        let types: Vec<Type> = given.iter().map(|(_, typed)| typed.of.clone()).collect();
        match builtin_type(builtin, &types) {
            Ok(of) => {
                let mut args: Vec<Expr> = given.into_iter().map(|(_, typed)| typed.expr).collect();
                if builtin == Builtin::File {
                    args.iter_mut().for_each(|it| self.place_path(it));
                }
                self.folded(Typed::new(ExprKind::Builtin(builtin, args), of, span))
            }
            Err(wrong) => {
                let at = wrong.argument.and_then(|at| given.get(at)).map_or(span, |(tree, _)| tree.span());
                let problem = Diagnostic::new(Code::ARGUMENTS, at, wrong.message);
                self.say(problem.help(format!("it is written `{}`", builtin.row().signature)));
                Typed::bad(span)
            }
        }
    }

    /// Makes a path one that is seen from where the tool was started: it was written as seen from its file.
    fn place_path(&mut self, path: &mut Expr) {
        let folder = self.files.modules[self.module()].folder().to_owned();
        let kind = std::mem::replace(&mut path.kind, ExprKind::Bad);
        path.kind = match kind {
            ExprKind::Value(Value::Text(text)) => {
                let placed = joined(&folder, &text);
                self.reads.push(Asked::File(placed.clone()));
                ExprKind::Value(Value::text(placed))
            }
            kind if folder.is_empty() => kind,
            kind => {
                let rest = Expr::new(kind, path.span);
                ExprKind::Text(vec![TextPart::Chunk(SmolStr::new(format!("{folder}/"))), TextPart::Hole(rest)])
            }
        };
    }

    /// Lowers the arguments of something that is declared, in the order of its parameters.
    pub fn arguments(&mut self, name: &str, declared: Span, signature: &Signature, args: Args<'t>) -> Vec<Expr> {
        let params = &signature.params;
        let mut values: Vec<Option<Expr>> = vec![None; params.len()];
        let mut position = 0;
        for arg in args {
            let Some(at) = self.param_of(name, declared, params, &arg, &mut position) else { continue };
            let Some(tree) = arg.value else { continue };
            let value = self.typed(tree, &params[at].of);
            if values[at].is_some() {
                let message = format!("`{}` is given twice", params[at].name);
                self.say(Diagnostic::new(Code::ARGUMENTS, arg.span, message).also(params[at].span, "the parameter"));
            }
            values[at] = Some(value);
        }
        let closing = args.span();
        let missing = |(param, value): &(&ParamFacts, &Option<Expr>)| value.is_none() && param.default.is_none();
        for (param, _) in params.iter().zip(&values).filter(missing) {
            let problem = Diagnostic::new(Code::ARGUMENTS, closing, format!("`{name}` needs `{}`", param.name));
            let problem = problem.because(format!("`{}`, {}, is missing", param.name, param.of.described()));
            self.say(problem.also(param.span, "the parameter"));
        }
        let filled = params.iter().zip(values).map(|(param, value)| value.or_else(|| param.default.clone()));
        filled.map(|it| it.unwrap_or_else(|| Expr::new(ExprKind::Bad, closing))).collect()
    }

    /// Finds the parameter that an argument is for.
    fn param_of(
        &mut self,
        name: &str,
        declared: Span,
        params: &[ParamFacts],
        arg: &Arg<'t>,
        position: &mut usize,
    ) -> Option<usize> {
        let Some(given) = arg.name else {
            *position += 1;
            if *position > params.len() {
                let message = format!("`{name}` takes {}", count_of(params.len(), "argument"));
                let problem = Diagnostic::new(Code::ARGUMENTS, arg.span, message).because("one too many");
                self.say(problem.also(declared, "declared here"));
                return None;
            }
            return Some(*position - 1);
        };
        let at = params.iter().position(|it| it.name == given.text());
        if at.is_none() {
            let near = nearest(given.text(), params.iter().map(|it| it.name.as_str()));
            let message = format!("`{name}` has no parameter `{}`", given.text());
            let problem = Diagnostic::new(Code::ARGUMENTS, given.span(), message).suggest(given.span(), near);
            self.say(problem.also(declared, "declared here"));
        }
        at
    }
}

/// Writes a count with its noun.
pub(super) fn count_of(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}s"),
        1 => format!("one {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// Returns the names of a function's parameters, as its signature writes them.
fn param_names(builtin: Builtin) -> Vec<&'static str> {
    let signature = builtin.row().signature;
    let inside = signature.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
    inside.split(", ").filter_map(|it| it.split_once(':')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_the_names_of_the_signature() {
        assert_eq!(param_names(Builtin::Env), ["name", "default"]);
        assert_eq!(param_names(Builtin::Len), ["of"]);
    }
}
