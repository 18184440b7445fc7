//! Strategies: each is read once by itself, and once more for each `apply`, with its parameters bound to what the
//! caller gives and its slots filled with the caller's entries.

use std::rc::Rc;

use smol_str::SmolStr;

use super::calls::count_of;
use super::checker::{Checker, Weight};
use super::declare::{Declaration, Declared, ParamFacts, declared_params};
use super::frame::{Fill, Frame, Reading, Sense, Slot};
use super::mismatch::described;
use super::spot::Spot;
use super::stages::Stages;
use super::word::{Parts, property_name};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{EntryKind, Expr, LocalId};
use crate::schema::{Place, WordRow, word};
use crate::source::Span;
use crate::syntax::{self, Entry, ExprKind as Tree, Name};
use crate::value::{Callable, Type, Word};

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

    fn params_with_names(&self, id: usize) -> Vec<(ParamFacts, Name<'t>)> {
        let args = declared_params(self.declared[id].entry).into_iter().flat_map(|it| it.iter());
        let names = args.filter_map(|arg| arg.name.or_else(|| arg.value.and_then(|it| it.as_name())));
        self.signature(id).params.iter().cloned().zip(names).collect()
    }

    /// Binds a strategy's parameters to nothing but their types.
    fn bind_abstract(&mut self, id: usize) {
        for (param, name) in self.params_with_names(id) {
            let worth = Some("the parameter");
            let (text, span) = (name.text(), name.span());
            match param.of {
                Type::Callable(Callable { word: Word::Block, params, .. }) => {
                    self.bind(text, span, Sense::Slot(Rc::new(Slot { params, fill: None })), worth);
                }
                Type::Callable(of) => self.bind(text, span, Sense::Callable { of, probe: None }, worth),
                of => {
                    self.bind_local(name, of, worth);
                }
            }
        }
    }

    /// Lowers `apply STRATEGY as NAME { … }`.
    pub fn apply(&mut self, row: &'static WordRow, entry: Entry<'t>, stages: &mut Stages) {
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
        self.deeper(Weight::Body, span, |it| it.apply_to(entry, id, &name, span, stages));
    }

    fn apply_to(&mut self, entry: Entry<'t>, id: usize, name: &str, span: Span, stages: &mut Stages) {
        let caller = self.at;
        let given = self.apply_arguments(entry, id, span);
        let Declared { entry: strategy, module, .. } = self.declared[id];
        let prefix = SmolStr::new(format!("{}{name}.", self.frames[caller].prefix));
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
                it.bind(name.text(), name.span(), sense, None);
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

    /// Lowers what the caller gives, for each parameter of the strategy.
    fn apply_arguments(&mut self, entry: Entry<'t>, id: usize, span: Span) -> Vec<(Name<'t>, Sense<'t>)> {
        let params = self.params_with_names(id);
        let mut given: Vec<(Name<'t>, Sense<'t>)> = Vec::new();
        for inner in entry.body().into_iter().flat_map(|it| it.entries()).filter(|it| !it.is_broken()) {
            let Some(name) = super::word::called_name(inner.head()) else {
                self.say(Diagnostic::new(Code::SHAPE, inner.span(), "`apply` holds arguments and filled slots"));
                continue;
            };
            let Some((param, param_name)) = params.iter().find(|(it, _)| it.name == name.text()) else {
                self.say_no_param(id, name, &params);
                continue;
            };
            if given.iter().any(|(it, _)| it.text() == name.text()) {
                self.say(Diagnostic::new(
                    Code::PROPERTY_TWICE,
                    name.span(),
                    format!("`{}` is given twice", name.text()),
                ));
                continue;
            }
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

    fn say_no_param(&mut self, id: usize, name: Name<'t>, params: &[(ParamFacts, Name<'t>)]) {
        let strategy = self.declared[id];
        if matches!(name.text(), "allow") {
            return;
        }
        let near = nearest(name.text(), params.iter().map(|(it, _)| it.name.as_str()));
        let message = format!("`{}` has no parameter `{}`", strategy.name, name.text());
        let problem = Diagnostic::new(Code::ARGUMENTS, name.span(), message).suggest(name.span(), near);
        self.say(problem.also(strategy.name_span, "declared here"));
    }

    fn missing_argument(&mut self, id: usize, param: &ParamFacts, span: Span) -> Sense<'t> {
        if let Some(default) = &param.default {
            return Sense::Value { expr: Rc::new(default.clone()), of: param.of.clone() };
        }
        let (strategy, name) = (self.declared[id].name, &param.name);
        let code = if is_block(&param.of) { Code::SLOT } else { Code::ARGUMENTS };
        let help = match &param.of {
            of if is_block(of) => format!("fill it: `{name}(…) {{ … }}`"),
            _ => format!("add `{name} = …`"),
        };
        let message = format!("`{strategy}` needs `{name}`, {}", described(&param.of));
        self.say(Diagnostic::new(code, span, message).also(param.span, "the parameter").help(help));
        bad_argument(span)
    }

    fn apply_argument(&mut self, entry: Entry<'t>, param: &ParamFacts) -> Option<Sense<'t>> {
        match &param.of {
            Type::Callable(Callable { word: Word::Block, params, .. }) => self.fill(entry, param, params),
            Type::Callable(of) => {
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

    fn argument_value(&mut self, entry: Entry<'t>, param: &ParamFacts) -> Option<syntax::Expr<'t>> {
        let value = property_name(entry).and(entry.value());
        if value.is_none() {
            let message = format!("`{}` is {}, which is given as a value", param.name, described(&param.of));
            let problem = Diagnostic::new(Code::SHAPE, entry.head().span(), message);
            self.say(problem.help(format!("write `{} = …`", param.name)));
        }
        value
    }

    /// A probe, by its name.
    fn callable(&mut self, tree: syntax::Expr<'t>, want: &Callable) -> Option<Sense<'t>> {
        if let Some(name) = tree.as_name()
            && let Some(Sense::Callable { of, probe }) = self.sense(name.text())
        {
            self.expect_callable(tree, &of, want)?;
            return Some(Sense::Callable { of: want.clone(), probe });
        }
        let id = self.declared_named(tree);
        match id.map(|it| (it, self.declared[it].kind)) {
            Some((id, Declaration::Probe(probe))) => {
                let params = self.signature(id).params.iter().map(|it| it.of.clone()).collect();
                let of = Callable { word: Word::Probe, params, gives: std::sync::Arc::new(Type::Bool) };
                self.expect_callable(tree, &of, want)?;
                Some(Sense::Callable { of: want.clone(), probe: Some(probe) })
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
                    let message = format!("this is {}, and a {want} is needed", described(&typed.of));
                    self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message).help("name a probe"));
                }
                None
            }
        }
    }

    fn expect_callable(&mut self, tree: syntax::Expr<'t>, of: &Callable, want: &Callable) -> Option<()> {
        if Type::Callable(of.clone()).fits(&Type::Callable(want.clone())) {
            return Some(());
        }
        let message = format!("this is a {of}, and a {want} is needed");
        self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message));
        None
    }

    /// What the caller fills into a slot: `deploy(site) { … }`.
    fn fill(&mut self, entry: Entry<'t>, param: &ParamFacts, params: &[Type]) -> Option<Sense<'t>> {
        if entry.body().is_none() || entry.value().is_some() {
            let problem =
                Diagnostic::new(Code::SLOT, entry.head().span(), format!("`{}` is a block, to be filled", param.name));
            self.say(problem.help(format!("write `{}(…) {{ … }}`", param.name)));
            return None;
        }
        let names = fill_names(entry);
        if names.len() != params.len() {
            let count = count_of(params.len(), "name");
            let message = format!("the block `{}` has {count}, and here are {}", param.name, names.len());
            let problem = Diagnostic::new(Code::SLOT, entry.head().span(), message);
            self.say(problem.also(param.span, format!("is {}", described(&param.of))));
            return None;
        }
        let fill = Fill { frame: self.at, entry };
        Some(Sense::Slot(Rc::new(Slot { params: params.to_vec(), fill: Some(fill) })))
    }

    /// Returns what fills the slot that an entry places, as names are looked up in a frame.
    pub fn fill_of(&self, entry: Entry<'t>, frame: usize) -> Option<Fill<'t>> {
        let name = super::word::called_name(entry.items().nth(1)?)?;
        match self.frames[frame].names.get(name.text()).map(|it| &it.sense) {
            Some(Sense::Slot(slot)) => slot.fill,
            _ => None,
        }
    }

    /// Lowers `do slot(arguments)`: what the caller filled in, with the slot's names bound.
    pub fn place_slot(
        &mut self,
        parts: &Parts<'t>,
        name: impl FnOnce(&str) -> SmolStr,
    ) -> Option<(SmolStr, EntryKind)> {
        let item = parts.entry.items().nth(1).filter(|_| parts.entry.items().count() == 2);
        let called = item.and_then(super::word::called_name);
        let (Some(item), Some(called)) = (item, called) else {
            self.say_shape(parts.row, parts.entry.head().span(), "`do` needs a slot");
            return None;
        };
        let Some(Sense::Slot(slot)) = self.sense(called.text()) else {
            let message = format!("no slot is named `{}`", called.text());
            let problem = Diagnostic::new(Code::UNKNOWN_NAME, called.span(), message);
            self.say(problem.help("a slot is a parameter of type `block` of the strategy around it"));
            return None;
        };
        let args = self.slot_arguments(item, &slot);
        let path = name(called.text());
        let kind = match slot.fill {
            Some(fill) => self.under(&path, |it| it.filled(fill, &slot.params, args)),
            None => EntryKind::Block { binds: Vec::new(), body: Vec::new() },
        };
        Some((path, kind))
    }

    fn slot_arguments(&mut self, item: syntax::Expr<'t>, slot: &Slot<'t>) -> Vec<Expr> {
        let values: Vec<syntax::Expr<'t>> = match item.kind() {
            Tree::Call { args, .. } => args.iter().filter_map(|it| it.value).collect(),
            _ => Vec::new(),
        };
        if values.len() != slot.params.len() {
            let message =
                format!("this block takes {}, and here are {}", count_of(slot.params.len(), "argument"), values.len());
            self.say(Diagnostic::new(Code::ARGUMENTS, item.span(), message));
        }
        values.iter().zip(&slot.params).map(|(tree, of)| self.typed(*tree, of)).collect()
    }

    /// Lowers the caller's entries where the caller's names are in sight.
    fn filled(&mut self, fill: Fill<'t>, params: &[Type], args: Vec<Expr>) -> EntryKind {
        let facts: Vec<Vec<crate::model::FleetId>> = args.iter().map(|it| self.fleets_of_value(it)).collect();
        let before = std::mem::replace(&mut self.at, fill.frame);
        let mark = self.mark();
        let mut spot = self.spot.clone();
        let mut binds: Vec<(LocalId, Expr)> = Vec::new();
        for (((name, of), arg), fleets) in fill_names(fill.entry).into_iter().zip(params).zip(args).zip(facts) {
            let local = self.bind_local(name, of.clone(), None);
            self.locals[local.index()].fleets = fleets;
            if *of == Type::Target {
                spot.target = Some(local);
            }
            binds.push((local, arg));
        }
        let row = word(Place::Rollout, "finally").expect("the table has `finally`");
        let parts = self.parts(row, fill.entry);
        let body = self.at_spot(spot, |it| it.body(&parts.entries, Place::Slot));
        self.forget(mark);
        self.at = before;
        EntryKind::Block { binds, body }
    }

    fn fleets_of_value(&self, expr: &Expr) -> Vec<crate::model::FleetId> {
        super::exprs::local_of(expr).map(|it| self.locals[it.index()].fleets.clone()).unwrap_or_default()
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

fn bad_argument<'t>(span: Span) -> Sense<'t> {
    Sense::Value { expr: Rc::new(Expr::new(crate::model::ExprKind::Bad, span)), of: Type::Any }
}

fn is_block(of: &Type) -> bool {
    matches!(of, Type::Callable(callable) if callable.word == Word::Block)
}

/// Returns the names that a filled slot gives its arguments.
fn fill_names(entry: Entry<'_>) -> Vec<Name<'_>> {
    match entry.head().kind() {
        Tree::Call { args, .. } => {
            args.iter().filter_map(|it| it.value.and_then(|it| it.as_name()).or(it.name)).collect()
        }
        _ => Vec::new(),
    }
}
