//! Strategies: each is read once by itself, and once more for each `apply`, with its parameters bound to what the
//! caller gives and its slots filled with the caller's entries.

use std::rc::Rc;

use smol_str::SmolStr;

use super::checker::{Checker, Weight};
use super::declare::{Declaration, Declared, ParamFacts, declared_params};
use super::frame::{Frame, Reading, Sense, Slot};
use super::spot::Spot;
use super::stages::Stages;
use super::word::Parts;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Applied, Expr};
use crate::schema::{Place, WordRow, word};
use crate::source::Span;
use crate::syntax::{self, Entry, Name};
use crate::value::{Callable, Type, Value, Word};

impl<'t> Checker<'t> {
    /// Reads every strategy by itself.
    pub fn check_strategies(&mut self) {
        for id in self.declared_where(|it| it == Declaration::Strategy) {
            let Declared { entry, module, .. } = self.declared[id];
            let row = word(Place::File, "strategy").expect("the table has strategies");
            let frame = Frame { reading: Reading::Abstract, ..Frame::new(module) };
            self.applying.push(id);
            self.in_frame(frame, |it| {
                let parts = it.parts(row, entry);
                it.begin_stages(&parts.entries);
                let mark = it.mark();
                it.bind_abstract(id);
                let spot = Spot { place: Place::Strategy, ..Spot::default() };
                let mut stages = Stages::default();
                it.at_spot(spot, |it| it.stage_entries(&parts.entries, Place::Strategy, &mut stages));
                it.resolve_after(stages);
                it.forget_quietly(mark, parts.entries.iter().any(|it| it.is_broken()));
            });
            self.applying.pop();
        }
    }

    /// Does something with a frame of its own.
    fn in_frame<T>(&mut self, frame: Frame<'t>, work: impl FnOnce(&mut Checker<'t>) -> T) -> T {
        self.frames.push(frame);
        let before = std::mem::replace(&mut self.at, self.frames.len() - 1);
        let answer = work(self);
        self.at = before;
        self.frames.pop();
        answer
    }

    pub fn params_with_names(&self, id: usize) -> Vec<(ParamFacts, Name<'t>)> {
        let args = declared_params(self.declared[id].entry).into_iter().flat_map(|it| it.iter());
        let names = args.filter_map(|arg| arg.name.or_else(|| arg.value.and_then(|it| it.as_name())));
        self.signature(id).params.iter().cloned().zip(names).collect()
    }

    /// Binds a strategy's parameters to nothing but their types.
    fn bind_abstract(&mut self, id: usize) {
        for (param, name) in self.params_with_names(id) {
            let worth = Some("the parameter");
            let sense = match param.of {
                Type::Callable(Callable { word: Word::Block, params, .. }) => {
                    Sense::Slot(Rc::new(Slot { params, fill: None }))
                }
                Type::Callable(of) if of.word != Word::Window || !of.params.is_empty() => {
                    Sense::Callable { of, asks: None }
                }
                of => Sense::Local(self.new_local(of)),
            };
            self.bind_param(name, sense, worth);
        }
    }

    /// Lowers `apply STRATEGY as NAME { … }`.
    pub fn apply(&mut self, row: &'static WordRow, entry: Entry<'t>, stages: &mut Stages<'t>) {
        let Some((id, name, span)) = self.apply_head(row, entry) else { return };
        if self.applying.contains(&id) {
            let Declared { name, name_span, .. } = self.declared[id];
            let problem = Diagnostic::new(Code::CALL_CYCLE, span, format!("the strategy `{name}` applies itself"));
            // Said although the strategy is read once more: the circle shows only by then.
            self.report.add(problem.also(name_span, "declared here"));
            return;
        }
        if !self.may_expand(span) {
            return;
        }
        let after = self.apply_property(entry, id, "after").map(|it| self.after_names(it));
        let when = self.apply_property(entry, id, "when").map(|it| self.typed(it, &Type::Bool));
        let first = stages.list.len();
        let known = when.clone().unwrap_or_else(|| Expr::value(Value::Bool(true), span));
        self.deeper(Weight::Body, span, |it| {
            it.knowing(&known, true, |it| it.apply_to(entry, id, &name, span, stages));
        });
        stages.hold_back(first, after.as_deref(), when.as_ref());
    }

    fn apply_to(&mut self, entry: Entry<'t>, id: usize, name: &str, span: Span, stages: &mut Stages<'t>) {
        let caller = self.at;
        let given = self.apply_arguments(entry, id, span);
        let Declared { entry: strategy, module, .. } = self.declared[id];
        let path = format!("{}{name}", self.frames[caller].prefix);
        let prefix = SmolStr::new(format!("{path}."));
        stages.applied.push(Applied { strategy: SmolStr::new(self.declared[id].name), path: path.into() });
        let reading = match self.frames[caller].reading {
            Reading::Abstract => Reading::Abstract,
            Reading::File | Reading::Applied { .. } => Reading::Applied { frame: caller, at: span },
        };
        let frame = Frame { prefix, muted: true, reading, ..Frame::new(module) };
        self.applying.push(id);
        self.in_frame(frame, |it| {
            let row = word(Place::File, "strategy").expect("the table has strategies");
            let parts = it.parts(row, strategy);
            it.expect_stages(&parts);
            for (name, sense) in given {
                it.bind_param(name, sense, None);
            }
            it.stage_entries(&parts.entries, Place::Strategy, stages);
        });
        self.applying.pop();
    }

    /// The plain names of a strategy's stages are known before they are read.
    fn expect_stages(&mut self, parts: &Parts<'t>) {
        for entry in parts.entries.iter().filter(|it| super::settings::is_word(**it, "stage")) {
            if let Some(name) = entry.items().nth(1).and_then(|it| it.as_name()) {
                let path = SmolStr::new(format!("{}{}", self.frames[self.at].prefix, name.text()));
                self.stage_names.insert(path, name.span());
            }
        }
    }

    fn apply_head(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<(usize, SmolStr, Span)> {
        let items: Vec<syntax::Expr<'t>> = entry.items().collect();
        let (tree, alias) = match items[..] {
            [_, tree] => (tree, None),
            [_, tree, word, alias] if word.as_name().is_some_and(|it| it.text() == "as") => (tree, alias.as_name()),
            _ => {
                self.say_shape(row, entry.head().span(), "`apply` needs a strategy and a name");
                return None;
            }
        };
        let Some(id) = self.declared_named(tree) else {
            let strategies = self.declared.iter().filter(|it| it.kind == Declaration::Strategy).map(|it| it.name);
            let near = nearest(tree.text(), strategies);
            let message = format!("no strategy is named `{}`", tree.text());
            self.say(Diagnostic::new(Code::UNKNOWN_NAME, tree.span(), message).suggest(tree.span(), near));
            return None;
        };
        let declared = self.declared[id];
        if declared.kind != Declaration::Strategy {
            let message = format!("`{}` is {}, not a strategy", declared.name, declared.kind.words());
            self.say(
                Diagnostic::new(Code::WRONG_THING, tree.span(), message).also(declared.name_span, "declared here"),
            );
            return None;
        }
        let name = alias.map_or(declared.name, |it| it.text());
        Some((id, SmolStr::new(name), tree.span()))
    }

    /// Reports what only the arguments of an `apply` make wrong, there and not in the strategy.
    pub fn say_applied(&mut self, diagnostic: Diagnostic) {
        let (mut frame, mut problem) = (self.at, diagnostic);
        while let Reading::Applied { frame: caller, at } = self.frames[frame].reading {
            let inner = problem.primary.clone();
            problem.primary.span = at;
            problem.labels.push(crate::diag::Label { span: inner.span, text: "in the strategy".to_owned() });
            frame = caller;
        }
        if !self.frames[frame].muted {
            self.report.add(problem);
        }
    }
}
