//! Tests: the rollout that is tried, when it begins, what is given and what is expected.

use std::rc::Rc;

use smol_str::SmolStr;

use super::chains::links;
use super::checker::Checker;
use super::declare::Declaration;
use super::outline::Outline;
use super::spot::Spot;
use super::word::Parts;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{FactUse, FleetSource, RolloutId, Test, UnitRef};
use crate::schema::{Place, WordRow, word};
use crate::source::Span;
use crate::syntax::{self, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

/// What the test that is read now tries.
pub(super) struct Tried {
    pub rollout: SmolStr,
    pub outline: Rc<Outline>,
    /// What the expectation that is read now asks for.
    pub facts: Vec<FactUse>,
}

/// A unit where a test names it; which target it is about may be worked out only when the run has ended.
pub(super) struct Meant<'t> {
    pub unit: UnitRef,
    pub of: Option<syntax::Expr<'t>>,
    pub span: Span,
}

impl<'t> Checker<'t> {
    /// Reads the tests of the program's own file.
    pub fn check_tests(&mut self) {
        let files = self.files;
        let Some(module) = files.modules.first() else { return };
        let row = word(Place::File, "test").expect("the table has tests");
        let is_test = |it: &Entry<'t>| it.head().as_name().is_some_and(|name| name.text() == "test");
        let mut names: Vec<(SmolStr, Span)> = Vec::new();
        for entry in module.tree.entries().filter(is_test).filter(|it| !it.is_broken()) {
            let spot = Spot { place: Place::Test, ..Spot::default() };
            let test = self.within(0, |it| it.at_spot(spot, |it| it.check_test(row, entry)));
            self.tried = None;
            let Some(test) = test else { continue };
            if let Some((_, before)) = names.iter().find(|(name, _)| *name == test.name) {
                self.say_clash(&test.name, test.span, *before);
            }
            names.push((test.name.clone(), test.span));
            self.program.tests.push(test);
        }
    }

    fn check_test(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Test> {
        let (name, span) = self.test_name(row, entry)?;
        let parts = self.parts(row, entry);
        self.refuse_strange_words(&parts);
        let start = parts.value("start").and_then(|it| self.constant(it, &Type::Instant));
        let (rollout, call, inputs) = self.call_of(&parts, span)?;
        let givens = self.of_word_in(&parts, "given").into_iter().filter_map(|it| self.given(it)).collect();
        let expected = self.of_word_in(&parts, "expect");
        if expected.is_empty() && !parts.entries.iter().any(|it| it.is_broken()) {
            let problem = Diagnostic::new(Code::MISSING, span, "this test expects nothing");
            self.say(problem.help("add what must come of it: `expect outcome == succeeded`"));
        }
        let expects = expected.into_iter().filter_map(|it| self.expectation(it)).collect();
        let start = match start {
            Some(Value::Instant(at)) => Some(at),
            _ => None,
        };
        Some(Test { name, rollout, inputs, start, givens, expects, span, call })
    }

    fn test_name(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<(SmolStr, Span)> {
        let item = entry.items().nth(1).filter(|_| entry.items().count() == 2 && entry.value().is_none());
        let text = item.and_then(|it| match it.kind() {
            Tree::Text(text) => text.plain().map(|text| (SmolStr::new(text), it.span())),
            _ => None,
        });
        if text.is_none() {
            self.say_shape(row, entry.head().span(), "`test` needs a name in quotes");
        }
        text
    }

    fn refuse_strange_words(&mut self, parts: &Parts<'t>) {
        for entry in parts.entries.iter().filter(|it| !it.is_broken()) {
            if self.word_of(*entry, Place::Test).is_none() && entry.head().as_name().is_none() {
                self.unknown_word(*entry, Place::Test);
            }
        }
    }

    fn of_word_in(&self, parts: &Parts<'t>, name: &str) -> Vec<Entry<'t>> {
        let has_word = |it: &&Entry<'t>| it.head().as_name().is_some_and(|head| head.text() == name);
        parts.entries.iter().filter(|it| !it.is_broken()).filter(has_word).copied().collect()
    }

    #[allow(clippy::type_complexity, reason = "the three parts of one line")]
    fn call_of(
        &mut self,
        parts: &Parts<'t>,
        test: Span,
    ) -> Option<(RolloutId, Span, Vec<(SmolStr, crate::model::Expr)>)> {
        let calls = self.of_word_in(parts, "call");
        let Some(call) = calls.first().copied() else {
            let problem = Diagnostic::new(Code::MISSING, test, "this test tries no rollout");
            self.say(problem.help("say which: `call ROLLOUT { input = value }`"));
            return None;
        };
        if let Some(second) = calls.get(1) {
            let problem = Diagnostic::new(Code::PROPERTY_TWICE, second.head().span(), "a test tries one rollout");
            self.say(problem.also(call.head().span(), "first given here"));
        }
        let row = word(Place::Test, "call").expect("the table has `call`");
        let Some(item) = call.items().nth(1).filter(|_| call.items().count() == 2) else {
            self.say_shape(row, call.head().span(), "`call` needs a rollout");
            return None;
        };
        let id = self.declared_named(item);
        let Some((id, rollout)) = id.and_then(|id| match self.declared[id].kind {
            Declaration::Rollout(rollout) => Some((id, rollout)),
            _ => None,
        }) else {
            let rollouts = self.declared.iter().filter(|it| matches!(it.kind, Declaration::Rollout(_)));
            let near = nearest(item.text(), rollouts.map(|it| it.name));
            let message = format!("no rollout is named `{}`", item.text());
            self.say(Diagnostic::new(Code::UNKNOWN_NAME, item.span(), message).suggest(item.span(), near));
            return None;
        };
        let signature = self.signature(id);
        let inputs = self.input_values(call, &signature, "a call");
        for (name, expr) in &inputs {
            let (name, span) = (name.clone(), expr.span);
            if expr.known().is_none() && !matches!(expr.kind, crate::model::ExprKind::Bad) {
                let message = format!("`{name}` must be known when the file is checked");
                self.say(Diagnostic::new(Code::NOT_KNOWN, span, message));
            }
        }
        let missing = |it: &&super::declare::ParamFacts| {
            it.default.is_none()
                && !matches!(it.of, Type::Optional(_) | Type::Any)
                && !inputs.iter().any(|(name, _)| *name == it.name)
        };
        for param in signature.params.iter().filter(missing) {
            let message = format!("`{}` needs `{}`", item.text(), param.name);
            let problem = Diagnostic::new(Code::MISSING, item.span(), message).also(param.span, "the input");
            self.say(problem.help(format!("say it: `call {} {{ {} = … }}`", item.text(), param.name)));
        }
        let outline = Rc::new(Outline::of(&self.program, rollout));
        self.tried = Some(Tried { rollout: SmolStr::new(self.declared[id].name), outline, facts: Vec::new() });
        Some((rollout, call.span(), inputs))
    }

    /// Returns the unit that a path names, without a word if it is no path.
    pub fn as_unit(&self, tree: syntax::Expr<'t>) -> Option<Meant<'t>> {
        let (path, of) = match tree.kind() {
            Tree::Text(text) => (text.plain()?.replace('/', "."), None),
            Tree::Paren(inner) => return self.as_unit(inner),
            _ => {
                let links = links(tree)?;
                let names: Vec<&str> = links.iter().map(|it| it.name.text()).collect();
                (names.join("."), links.iter().find_map(|it| it.index))
            }
        };
        let unit = UnitRef { path: SmolStr::new(path), target: None };
        Some(Meant { unit, of, span: tree.span() })
    }

    /// Returns whether the rollout that is tried has something with this path.
    pub fn has_unit(&self, path: &str) -> bool {
        self.tried.as_ref().is_some_and(|it| it.outline.has(path))
    }

    /// Reads the path of a unit that must be there.
    pub fn unit_meant(&mut self, tree: syntax::Expr<'t>) -> Option<Meant<'t>> {
        let Some(meant) = self.as_unit(tree) else {
            let problem = Diagnostic::new(Code::SHAPE, tree.span(), "a stage or a step is needed here");
            self.say(problem.help("write its path: `pilot.deploy`, or `pilot.deploy[berlin]`"));
            return None;
        };
        let outline = Rc::clone(&self.tried.as_ref()?.outline);
        let looped: Vec<bool> = outline.named(&meant.unit).map(|it| it.looped).collect();
        if looped.is_empty() {
            self.say_no_unit(&meant.unit.path, meant.span);
            return None;
        }
        if let Some(of) = meant.of
            && !looped.contains(&true)
        {
            let message = format!("`{}` happens once, and not for each target", meant.unit.path);
            self.say(Diagnostic::new(Code::SHAPE, of.span(), message).help(format!("write `{}`", meant.unit.path)));
            return None;
        }
        let target = meant.of.and_then(|it| self.target_written(it));
        Some(Meant { unit: UnitRef { target, ..meant.unit }, ..meant })
    }

    /// Says that a path leads nowhere.
    pub fn say_no_unit(&mut self, path: &str, span: Span) {
        let Some(tried) = &self.tried else { return };
        let paths = tried.outline.paths();
        let message = format!("`{}` has no stage and no step `{path}`", tried.rollout);
        let tail = path.rsplit('.').next().unwrap_or(path);
        let ends_alike = paths.iter().find(|it| it.rsplit('.').next() == Some(tail)).map(String::as_str);
        let near = nearest(path, paths.iter().map(String::as_str)).or(ends_alike).map(str::to_owned);
        let stages: Vec<String> = paths.iter().filter(|it| !it.contains('.')).map(|it| format!("`{it}`")).collect();
        let problem = Diagnostic::new(Code::UNKNOWN_NAME, span, message);
        self.say(match near {
            Some(near) => problem.suggest(span, Some(&near)),
            None => problem.help(format!("it has {}", stages.join(", "))),
        });
    }

    /// Returns the target that is written by its name, bare or in quotes; none if it is an expression.
    pub fn target_written(&mut self, tree: syntax::Expr<'t>) -> Option<SmolStr> {
        let name = match tree.kind() {
            Tree::Name(name) if !self.is_bound(name.text()) => SmolStr::new(name.text()),
            Tree::Text(text) => SmolStr::new(text.plain()?),
            _ => return None,
        };
        self.check_target(&name, tree.span());
        Some(name)
    }

    /// Reports a name that no target has, if all targets are known.
    pub fn check_target(&mut self, name: &str, span: Span) {
        let Some(names) = self.target_names() else { return };
        if !names.iter().any(|it| it == name) {
            let problem = Diagnostic::new(Code::UNKNOWN_NAME, span, format!("no fleet has a target `{name}`"));
            self.say(problem.suggest(span, nearest(name, names.iter().map(SmolStr::as_str))));
        }
    }

    /// Returns the names of all targets, if no fleet is listed by a command.
    fn target_names(&self) -> Option<Vec<SmolStr>> {
        let mut names = Vec::new();
        for fleet in &self.program.fleets {
            match &fleet.source {
                FleetSource::Targets(targets) => names.extend(targets.iter().map(|it| it.name.clone())),
                FleetSource::Command { .. } => return None,
                FleetSource::Expr(_) => {}
            }
        }
        Some(names)
    }

    /// Returns a target by its name, as far as it is known while checking.
    pub fn known_target(&self, name: &str) -> Option<Value> {
        let lists = self.program.fleets.iter().filter_map(|it| match &it.source {
            FleetSource::Targets(targets) => Some(targets),
            FleetSource::Command { .. } | FleetSource::Expr(_) => None,
        });
        let found = lists.flatten().find(|it| it.name == name);
        found.map(|it| Value::Target(std::sync::Arc::new(it.clone())))
    }
}
