//! What a test gives: kept values, variables, probes over time, how steps go, what people do, when the engine dies.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::Declaration;
use super::outline::OutlineKind;
use super::word::{Parts, property_name};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Conduct, Fails, Given, MetricMeans, Moment, Says, Which, Wish};
use crate::schema::{Place, PropertyRow, WordRow, property, word};
use crate::source::Span;
use crate::syntax::{self, Arg, Args, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

/// The properties of a step's `given`.
const OF_STEPS: &[&str] = &["takes", "fails", "exits", "stdout", "outputs", "on", "at", "after", "by", "rejects"];

const OF_ENGINE: &[&str] = &["crashes", "reboots"];

impl<'t> Checker<'t> {
    /// Reads one `given`.
    pub fn given(&mut self, entry: Entry<'t>) -> Option<Given> {
        let row = word(Place::Test, "given").expect("the table has `given`");
        let Some(subject) = entry.items().nth(1).filter(|_| entry.items().count() == 2) else {
            self.say_shape(row, entry.head().span(), "`given` needs one subject");
            return None;
        };
        let says = match subject.kind() {
            Tree::Call { callee, args } => self.given_call(entry, callee, args),
            Tree::Name(name) => match name.text() {
                "kept" => self.given_kept(entry, None),
                "env" => self.given_variables(entry),
                "operator" => Some(Says::Operator(self.wishes(entry))),
                "engine" => self.given_engine(row, entry),
                _ => self.given_named(row, entry, subject),
            },
            _ => self.given_named(row, entry, subject),
        };
        Some(Given { says: says?, span: entry.span() })
    }

    /// A probe without parameters, or a unit.
    fn given_named(&mut self, row: &'static WordRow, entry: Entry<'t>, subject: syntax::Expr<'t>) -> Option<Says> {
        let is_unit = self.as_unit(subject).is_some_and(|it| self.has_unit(&it.unit.path));
        let source = if is_unit { None } else { self.source_named(subject) };
        match source {
            Some(id) => self.given_source(entry, id, subject.span(), Vec::new()),
            None => self.given_unit(row, entry, subject),
        }
    }

    fn given_call(&mut self, entry: Entry<'t>, callee: syntax::Expr<'t>, args: Args<'t>) -> Option<Says> {
        let arguments: Vec<Arg<'t>> = args.iter().collect();
        if callee.as_name().is_some_and(|it| it.text() == "kept") {
            let [one] = arguments[..] else {
                self.say(Diagnostic::new(Code::ARGUMENTS, args.span(), "`kept(…)` takes one target, or `*`"));
                return None;
            };
            let whose = self.which(one.value?, &Type::Target)?;
            return self.given_kept(entry, Some(whose));
        }
        let Some(id) = self.source_named(callee) else {
            self.say_no_source(callee);
            return None;
        };
        self.given_source(entry, id, callee.span(), arguments)
    }

    /// Finds what is asked over time: a probe or a metric.
    fn source_named(&mut self, tree: syntax::Expr<'t>) -> Option<usize> {
        let used: Vec<bool> = self.declared.iter().map(|it| it.used).collect();
        let found = self.declared_named(tree);
        // A given alone makes nothing useful.
        self.declared.iter_mut().zip(used).for_each(|(it, used)| it.used = used);
        found.filter(|id| self.source_type(*id).is_some())
    }

    /// Returns what a thing answers when it is asked, if that can be given over time.
    fn source_type(&self, id: usize) -> Option<Type> {
        match self.declared[id].kind {
            Declaration::Probe(_) => Some(Type::Bool),
            Declaration::Metric(metric) => Some(self.program.metrics.get(metric.index())?.of.clone()),
            Declaration::Threshold(_) | Declaration::Gate(_) => None,
            Declaration::Let
            | Declaration::Type
            | Declaration::Secret
            | Declaration::People
            | Declaration::Checklist
            | Declaration::Window
            | Declaration::Fleet(_)
            | Declaration::Action(_)
            | Declaration::Strategy
            | Declaration::Router(_)
            | Declaration::Flag(_)
            | Declaration::Channel(_)
            | Declaration::Rollout(_)
            | Declaration::Later(_) => None,
        }
    }

    fn is_formula(&self, id: usize) -> bool {
        let Declaration::Metric(metric) = self.declared[id].kind else { return false };
        let metric = self.program.metrics.get(metric.index());
        metric.is_some_and(|it| matches!(it.means, MetricMeans::Formula(_)))
    }

    fn say_no_source(&mut self, callee: syntax::Expr<'t>) {
        let sources = (0..self.declared.len()).filter(|it| self.source_type(*it).is_some());
        let names: Vec<&str> = sources.map(|it| self.declared[it].name).chain(["kept"]).collect();
        let near = nearest(callee.text(), names.iter().copied());
        let message = format!("nothing that is asked is named `{}`", callee.text());
        let problem = Diagnostic::new(Code::UNKNOWN_NAME, callee.span(), message);
        let all: Vec<String> = names.iter().map(|it| format!("`{it}(*)`")).collect();
        self.say(match near {
            Some(near) => problem.suggest(callee.span(), Some(near)),
            None => problem.help(format!("give one of {}", all.join(", "))),
        });
    }

    fn given_source(&mut self, entry: Entry<'t>, id: usize, at: Span, arguments: Vec<Arg<'t>>) -> Option<Says> {
        let (name, of) = (self.declared[id].name, self.source_type(id)?);
        if self.is_formula(id) {
            let problem = Diagnostic::new(Code::WRONG_THING, at, format!("`{name}` is worked out from other metrics"));
            self.say(
                problem.also(self.declared[id].name_span, "its formula").help("give the metrics that it is made of"),
            );
            return None;
        }
        let params = self.signature(id).params.clone();
        if arguments.len() != params.len() {
            let stars = vec!["*"; params.len()].join(", ");
            let message = format!("`{name}` takes {}", super::calls::count_of(params.len(), "argument"));
            let problem =
                Diagnostic::new(Code::ARGUMENTS, at, message).also(self.declared[id].name_span, "declared here");
            self.say(problem.help(format!("write `given {name}({stars})` for all of them")));
            return None;
        }
        let mut which = Vec::new();
        for (arg, param) in arguments.iter().zip(&params) {
            which.push(self.which(arg.value?, &param.of)?);
        }
        self.timeline(entry, name, which, &of).map(Says::Source)
    }

    /// Reads an argument: `*`, a target by its name, or a value.
    fn which(&mut self, tree: syntax::Expr<'t>, of: &Type) -> Option<Which> {
        if matches!(tree.kind(), Tree::Star) {
            return Some(Which::Any);
        }
        if *of == Type::Target {
            if let Some(name) = self.target_written(tree) {
                return Some(Which::Is(name));
            }
            let problem = Diagnostic::new(Code::SHAPE, tree.span(), "a target is given by its name");
            self.say(problem.help("write `berlin`, `\"berlin\"`, or `*` for every target"));
            return None;
        }
        self.constant(tree, of).map(|it| Which::Is(SmolStr::new(it.to_string())))
    }

    fn given_kept(&mut self, entry: Entry<'t>, whose: Option<Which>) -> Option<Says> {
        let mut values: Vec<(SmolStr, Value)> = Vec::new();
        for inner in entry.body().into_iter().flat_map(|it| it.entries()).filter(|it| !it.is_broken()) {
            let (Some(name), Some(tree)) = (property_name(inner), inner.value()) else {
                self.say(Diagnostic::new(Code::SHAPE, inner.span(), "what is kept is written `key = value`"));
                continue;
            };
            let Some((of, by_target, by_rollout)) = self.kept_key(name.text()) else {
                self.say_never_kept(name.text(), name.span());
                continue;
            };
            if whose.is_some() && !by_target || whose.is_none() && !by_rollout {
                let write = if by_target { "given kept(*)" } else { "given kept" };
                let message =
                    format!("`{}` is kept for {}", name.text(), if by_target { "each target" } else { "the rollout" });
                let problem = Diagnostic::new(Code::NEVER_KEPT, name.span(), message);
                self.say(problem.help(format!("write `{write} {{ {} = … }}`", name.text())));
                continue;
            }
            if let Some(value) = self.constant(tree, &of) {
                self.refuse_second(name.text(), name.span(), values.iter().any(|(it, _)| it == name.text()));
                values.push((SmolStr::new(name.text()), value));
            }
        }
        Some(Says::Kept { whose, values })
    }

    fn refuse_second(&mut self, name: &str, span: Span, is_second: bool) {
        if is_second {
            self.say(Diagnostic::new(Code::PROPERTY_TWICE, span, format!("`{name}` is given twice")));
        }
    }

    fn given_variables(&mut self, entry: Entry<'t>) -> Option<Says> {
        let mut values = Vec::new();
        for inner in entry.body().into_iter().flat_map(|it| it.entries()).filter(|it| !it.is_broken()) {
            let (Some(name), Some(tree)) = (property_name(inner), inner.value()) else {
                self.say(Diagnostic::new(Code::SHAPE, inner.span(), "a variable is written `NAME = \"value\"`"));
                continue;
            };
            let value = self.constant(tree, &Type::Text)?;
            values.push((SmolStr::new(name.text()), value));
        }
        Some(Says::Variables(values))
    }

    fn given_engine(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Says> {
        let parts = self.parts(row, entry);
        self.refuse_others(&parts, OF_ENGINE, "the engine");
        let crashes = self.durations(&parts, "crashes");
        let reboots = self.durations(&parts, "reboots");
        Some(Says::Engine { crashes, reboots })
    }

    fn durations(&mut self, parts: &Parts<'t>, name: &str) -> Vec<i64> {
        let value = parts.value(name).and_then(|it| self.constant(it, &Type::list(Type::Duration)));
        let list = value.as_ref().and_then(Value::as_list).unwrap_or_default();
        list.iter().filter_map(Value::as_duration_ms).collect()
    }

    fn wishes(&mut self, entry: Entry<'t>) -> Vec<(Moment, Wish)> {
        let mut wishes = Vec::new();
        for inner in entry.body().into_iter().flat_map(|it| it.entries()).filter(|it| !it.is_broken()) {
            let (1, Some(value)) = (inner.items().count(), inner.value()) else {
                let problem = Diagnostic::new(Code::SHAPE, inner.span(), "what an operator does has its time");
                self.say(problem.help("write `2h = rollback`"));
                continue;
            };
            let Some(at) = self.moment(inner.head()) else { continue };
            wishes.extend(self.wish(value).map(|wish| (at, wish)));
        }
        wishes
    }

    fn wish(&mut self, tree: syntax::Expr<'t>) -> Option<Wish> {
        if let Tree::Call { callee, args } = tree.kind()
            && callee.as_name().is_some_and(|it| it.text() == "goto")
        {
            return self.goto(args);
        }
        let plain = tree.as_name().and_then(|it| Wish::PLAIN.into_iter().find(|wish| wish.name() == it.text()));
        if plain.is_none() {
            let words = Wish::PLAIN.iter().map(|it| SmolStr::new(it.name()));
            let names: Vec<SmolStr> = words.chain([SmolStr::new("goto(STAGE)")]).collect();
            self.say_no_value(tree.text(), &names, tree.span());
        }
        plain
    }

    fn goto(&mut self, args: Args<'t>) -> Option<Wish> {
        let arguments: Vec<Arg<'t>> = args.iter().collect();
        let [Arg { value: Some(stage), .. }] = arguments[..] else {
            self.say(Diagnostic::new(Code::ARGUMENTS, args.span(), "`goto(…)` takes one stage"));
            return None;
        };
        let meant = self.unit_meant(stage)?;
        let outline = std::rc::Rc::clone(&self.tried.as_ref()?.outline);
        if !outline.named(&meant.unit).any(|it| it.kind == OutlineKind::Stage) {
            let message = format!("`{}` is no stage", meant.unit.path);
            self.say(Diagnostic::new(Code::WRONG_THING, stage.span(), message).help("a run goes to a stage"));
            return None;
        }
        Some(Wish::Goto(meant.unit.path))
    }

    fn refuse_others(&mut self, parts: &Parts<'t>, own: &[&str], what: &str) {
        for (row, entry) in parts.properties.clone() {
            if !own.contains(&row.name) && row.name != "allow" {
                let message = format!("`{}` says nothing about {what}", row.name);
                let all: Vec<String> = own.iter().map(|it| format!("`{it}`")).collect();
                let problem = Diagnostic::new(Code::FOREIGN_PROPERTY, entry.head().span(), message);
                self.say(problem.help(format!("it has {}", all.join(", "))));
            }
        }
        self.refuse_entries(parts);
    }

    /// How a step goes.
    fn given_unit(&mut self, row: &'static WordRow, entry: Entry<'t>, subject: syntax::Expr<'t>) -> Option<Says> {
        let meant = self.unit_meant(subject)?;
        let parts = self.parts(row, entry);
        let outline = std::rc::Rc::clone(&self.tried.as_ref()?.outline);
        if outline.named(&meant.unit).all(|it| it.kind == OutlineKind::Stage) {
            let message = format!("the stage `{}` does nothing by itself", meant.unit.path);
            let problem = Diagnostic::new(Code::WRONG_THING, subject.span(), message);
            self.say(problem.help("say how one of its steps goes: `given STAGE.STEP { … }`"));
            return None;
        }
        self.refuse_others(&parts, OF_STEPS, "a step");
        if let Some(of) = meant.of
            && meant.unit.target.is_none()
        {
            let problem = Diagnostic::new(Code::SHAPE, of.span(), "a target is given by its name");
            self.say(problem.help("write `[berlin]`, or `on = [berlin, paris]` among the properties"));
            return None;
        }
        let declared: Vec<_> = outline.named(&meant.unit).flat_map(|it| it.outputs.clone()).collect();
        let conduct = Box::new(self.conduct(&parts, &declared));
        Some(Says::Unit { unit: meant.unit, conduct })
    }

    fn conduct(&mut self, parts: &Parts<'t>, declared: &[crate::model::LabelType]) -> Conduct {
        let duration = |it: &mut Self, name: &str| {
            let value = parts.value(name).and_then(|tree| it.constant(tree, &Type::Duration));
            value.and_then(|it| it.as_duration_ms()).map(|ms| ms.max(0))
        };
        Conduct {
            on: parts.value("on").map(|it| self.target_list(it)),
            takes_ms: duration(self, "takes"),
            fails: parts.value("fails").and_then(|it| self.fails(it)),
            exits: parts.value("exits").and_then(|it| self.constant(it, &Type::Int)).and_then(|it| it.as_int()),
            stdout: parts
                .value("stdout")
                .and_then(|it| self.constant(it, &Type::Text))
                .and_then(|it| it.as_text().cloned()),
            outputs: parts.value("outputs").map(|it| self.given_outputs(it, declared)).unwrap_or_default(),
            at: parts.value("at").and_then(|it| self.moment(it)),
            after_ms: duration(self, "after"),
            by: parts.value("by").map(|it| self.names(it)),
            rejects: self.known_bool(parts, "rejects").unwrap_or(false),
        }
    }

    fn fails(&mut self, tree: syntax::Expr<'t>) -> Option<Fails> {
        let typed = self.expr(tree, None);
        match typed.expr.known() {
            Some(Value::Bool(true)) => Some(Fails::Always(None)),
            Some(Value::Text(message)) => Some(Fails::Always(Some(message.clone()))),
            Some(Value::Int(count)) if (1..=1000).contains(count) => Some(Fails::First(*count as u32)),
            Some(Value::Bool(false) | Value::Int(0)) => Some(Fails::First(0)),
            Some(_) | None => {
                if !matches!(typed.expr.kind, crate::model::ExprKind::Bad) {
                    let message = format!("`fails` cannot be {}", typed.of.described());
                    let problem = Diagnostic::new(Code::MISMATCH, tree.span(), message);
                    self.say(problem.help("write `true`, how many attempts fail: `2`, or a message"));
                }
                None
            }
        }
    }

    /// Reads one name, or a list of names, of targets.
    fn target_list(&mut self, tree: syntax::Expr<'t>) -> Vec<SmolStr> {
        let names = self.names(tree);
        let spans: Vec<Span> = match tree.kind() {
            Tree::List(args) => args.iter().filter_map(|it| it.value).map(|it| it.span()).collect(),
            _ => vec![tree.span()],
        };
        names.iter().zip(spans).for_each(|(name, span)| self.check_target(name, span));
        names
    }

    /// Reads one name, or a list of names, bare or in quotes.
    fn names(&mut self, tree: syntax::Expr<'t>) -> Vec<SmolStr> {
        match tree.kind() {
            Tree::List(args) => args.iter().filter_map(|it| it.value).flat_map(|it| self.names(it)).collect(),
            Tree::Name(name) => vec![SmolStr::new(name.text())],
            _ => {
                let value = self.constant(tree, &Type::Text);
                value.and_then(|it| it.as_text().cloned()).into_iter().collect()
            }
        }
    }

    fn given_outputs(&mut self, tree: syntax::Expr<'t>, declared: &[crate::model::LabelType]) -> Vec<(SmolStr, Value)> {
        let Tree::Record(body) = tree.kind() else {
            let problem = Diagnostic::new(Code::SHAPE, tree.span(), "outputs are written as a record");
            self.say(problem.help("write `outputs = { url = \"…\" }`"));
            return Vec::new();
        };
        let mut outputs = Vec::new();
        for inner in body.entries().filter(|it| !it.is_broken()) {
            let (Some(name), Some(value)) = (property_name(inner), inner.value()) else { continue };
            let Some(output) = declared.iter().find(|it| it.name == name.text()) else {
                let message = format!("this step has no output `{}`", name.text());
                let near = nearest(name.text(), declared.iter().map(|it| it.name.as_str()));
                self.say(Diagnostic::new(Code::NO_FIELD, name.span(), message).suggest(name.span(), near));
                continue;
            };
            if let Some(value) = self.constant(value, &output.of) {
                outputs.push((output.name.clone(), value));
            }
        }
        outputs
    }
}

/// Returns the row of `ramp`, the one property that a timeline has beside its points.
pub(super) fn ramp_row() -> &'static PropertyRow {
    let given = word(Place::Test, "given").expect("the table has `given`");
    property(given, "ramp").expect("`given` has `ramp`")
}
