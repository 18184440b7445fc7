//! What the files declare: each name once, brought together with what `use` brings in.

use std::collections::HashMap;
use std::rc::Rc;

use smol_str::SmolStr;

use super::checker::Checker;
use super::frame::Sense;
use crate::diag::{Code, Diagnostic};
use crate::model::{
    ActionId, Builtin, ChannelId, Expr, FlagId, FleetId, GateId, MetricId, ProbeId, RolloutId, RouterId, ThresholdId,
};
use crate::schema::{Meaning, Place, word};
use crate::source::Span;
use crate::syntax::{Args, Entry, ExprKind, Name};
use crate::value::{Type, Weekday};

/// Something that a file declares.
#[derive(Clone, Copy)]
pub(super) struct Declared<'t> {
    pub name: &'t str,
    pub name_span: Span,
    pub entry: Entry<'t>,
    pub module: usize,
    pub kind: Declaration,
    pub used: bool,
}

/// What kind of thing it is, with its number in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declaration {
    Let,
    Type,
    Secret,
    People,
    Checklist,
    Fleet(FleetId),
    Probe(ProbeId),
    Metric(MetricId),
    Threshold(ThresholdId),
    Gate(GateId),
    Action(ActionId),
    Window,
    Strategy,
    Rollout(RolloutId),
    Router(RouterId),
    Flag(FlagId),
    Channel(ChannelId),
    /// Known, but not performed yet.
    Later(&'static str),
}

/// What a declaration takes.
#[derive(Debug, Clone, Default)]
pub(super) struct Signature {
    pub params: Vec<ParamFacts>,
}

/// A parameter of a probe, an action or a strategy, or an input of a rollout.
#[derive(Debug, Clone)]
pub(super) struct ParamFacts {
    pub name: SmolStr,
    pub of: Type,
    pub default: Option<Expr>,
    pub span: Span,
}

/// How many things of each kind are declared.
#[derive(Debug, Default)]
pub(super) struct Tally {
    fleets: u32,
    probes: u32,
    metrics: u32,
    thresholds: u32,
    gates: u32,
    actions: u32,
    rollouts: u32,
    routers: u32,
    flags: u32,
    channels: u32,
}

impl Tally {
    /// Gives a thing the next number of its kind.
    fn number(&mut self, kind: Declaration) -> Declaration {
        let next = |count: &mut u32| {
            *count += 1;
            *count - 1
        };
        match kind {
            Declaration::Fleet(_) => Declaration::Fleet(FleetId(next(&mut self.fleets))),
            Declaration::Probe(_) => Declaration::Probe(ProbeId(next(&mut self.probes))),
            Declaration::Metric(_) => Declaration::Metric(MetricId(next(&mut self.metrics))),
            Declaration::Threshold(_) => Declaration::Threshold(ThresholdId(next(&mut self.thresholds))),
            Declaration::Gate(_) => Declaration::Gate(GateId(next(&mut self.gates))),
            Declaration::Action(_) => Declaration::Action(ActionId(next(&mut self.actions))),
            Declaration::Rollout(_) => Declaration::Rollout(RolloutId(next(&mut self.rollouts))),
            Declaration::Router(_) => Declaration::Router(RouterId(next(&mut self.routers))),
            Declaration::Flag(_) => Declaration::Flag(FlagId(next(&mut self.flags))),
            Declaration::Channel(_) => Declaration::Channel(ChannelId(next(&mut self.channels))),
            Declaration::Let
            | Declaration::Type
            | Declaration::Secret
            | Declaration::People
            | Declaration::Checklist
            | Declaration::Window
            | Declaration::Strategy
            | Declaration::Later(_) => kind,
        }
    }
}

impl Declaration {
    /// Names the thing with its article.
    pub fn words(self) -> &'static str {
        match self {
            Declaration::Let => "a value",
            Declaration::Type => "a type",
            Declaration::Secret => "a secret",
            Declaration::People => "people",
            Declaration::Checklist => "a checklist",
            Declaration::Fleet(_) => "a fleet",
            Declaration::Probe(_) => "a probe",
            Declaration::Metric(_) => "a metric",
            Declaration::Threshold(_) => "a threshold",
            Declaration::Gate(_) => "a gate",
            Declaration::Action(_) => "an action",
            Declaration::Window => "a window",
            Declaration::Strategy => "a strategy",
            Declaration::Rollout(_) => "a rollout",
            Declaration::Router(_) => "a router",
            Declaration::Flag(_) => "a flag",
            Declaration::Channel(_) => "a channel",
            Declaration::Later(word) => word,
        }
    }

    fn of(word: &str) -> Option<Declaration> {
        Some(match word {
            "let" => Declaration::Let,
            "type" => Declaration::Type,
            "secret" => Declaration::Secret,
            "people" => Declaration::People,
            "checklist" => Declaration::Checklist,
            "fleet" => Declaration::Fleet(FleetId(0)),
            "probe" => Declaration::Probe(ProbeId(0)),
            "metric" => Declaration::Metric(MetricId(0)),
            "threshold" => Declaration::Threshold(ThresholdId(0)),
            "gate" => Declaration::Gate(GateId(0)),
            "action" => Declaration::Action(ActionId(0)),
            "window" => Declaration::Window,
            "strategy" => Declaration::Strategy,
            "rollout" => Declaration::Rollout(RolloutId(0)),
            "router" => Declaration::Router(RouterId(0)),
            "flag" => Declaration::Flag(FlagId(0)),
            "channel" => Declaration::Channel(ChannelId(0)),
            _ => return None,
        })
    }
}

/// Names that the language itself gives a meaning.
const TAKEN: &[(&str, &str)] = &[
    ("true", "a condition that holds"),
    ("false", "a condition that does not hold"),
    ("null", "what is absent"),
    ("kept", "what earlier runs left"),
    ("run", "the run itself"),
    ("loop", "the enclosing loop"),
    ("wave", "the wave that just ended"),
    ("touched", "the targets that this stage has touched"),
    ("date", "the date on which the run started"),
    ("rest", "the targets that nothing before takes"),
];

impl<'t> Checker<'t> {
    /// Collects what each file declares, then what each `use` brings in.
    pub fn declare(&mut self) {
        for module in 0..self.files.modules.len() {
            self.tables.push(HashMap::new());
            self.at = module;
            let entries = self.files.modules[module].tree.entries();
            entries.for_each(|entry| self.declare_entry(module, entry));
        }
        for module in 0..self.files.modules.len() {
            self.at = module;
            for index in 0..self.files.modules[module].uses.len() {
                let files = self.files;
                self.bring_in(module, &files.modules[module].uses[index]);
            }
        }
    }

    fn declare_entry(&mut self, module: usize, entry: Entry<'t>) {
        let head = entry.head().as_name();
        let Some(row) = head.and_then(|name| word(Place::File, name.text())) else {
            if !entry.is_broken() {
                self.unknown_word(entry, Place::File);
            }
            return;
        };
        // A test has no name that anything else could use.
        if matches!(row.name, "use" | "test") || entry.is_broken() && entry.items().nth(1).is_none() {
            return;
        }
        if row.meaning == Meaning::Later {
            self.say_later(row.name, entry.head().span());
        }
        let kind = Declaration::of(row.name).unwrap_or(Declaration::Later(row.name));
        match declared_name(entry) {
            Some(name) => self.declare_name(module, entry, name, kind),
            None if row.meaning == Meaning::Later || entry.is_broken() => {}
            None => self.say(
                Diagnostic::new(Code::SHAPE, entry.head().span(), format!("`{}` needs a name", row.name))
                    .help(format!("it is written `{}`", row.shape)),
            ),
        }
    }

    fn declare_name(&mut self, module: usize, entry: Entry<'t>, name: Name<'t>, kind: Declaration) {
        let kind = self.tally.number(kind);
        if kind.askable().is_some() || kind == Declaration::Window {
            self.refuse_builtin(name);
        }
        self.refuse_taken(name.text(), name.span());
        let id = self.declared.len();
        let (text, name_span) = (name.text(), name.span());
        self.declared.push(Declared { name: text, name_span, entry, module, kind, used: false });
        self.enter_name(module, text, Sense::Declared(id), name_span);
    }

    fn refuse_builtin(&mut self, name: Name<'t>) {
        if Builtin::from_name(name.text()).is_some() {
            let message = format!("`{}` is a function that is built in", name.text());
            self.say(Diagnostic::new(Code::TAKEN, name.span(), message).help("choose another name"));
        }
    }

    /// Reports a name that the language itself gives a meaning, and returns whether it is one.
    pub fn refuse_taken(&mut self, name: &str, span: Span) -> bool {
        let day = Weekday::from_name(name).map(|_| "a day of the week");
        let taken = TAKEN.iter().find(|(taken, _)| *taken == name).map(|(_, means)| *means).or(day);
        if let Some(means) = taken {
            let message = format!("`{name}` cannot be a name of yours");
            self.say(Diagnostic::new(Code::TAKEN, span, message).because(format!("means {means}")));
        }
        taken.is_some()
    }

    pub fn enter_name(&mut self, module: usize, name: &'t str, sense: Sense<'t>, span: Span) {
        if let Some((_, before)) = self.tables[module].get(name) {
            let before = *before;
            self.say_clash(name, span, before);
            self.clashed.insert((module, name));
        } else {
            self.tables[module].insert(name, (sense, span));
        }
    }

    /// Says that a name stands for two things.
    pub fn say_clash(&mut self, name: &str, span: Span, before: Span) {
        let problem = Diagnostic::new(Code::CLASH, span, format!("`{name}` stands for two things here"));
        self.say(problem.because("here again").also(before, format!("`{name}` is already this")).help("rename one"));
    }

    /// Returns the declarations of one kind with their numbers, in the order of the files.
    pub fn declared_where(&self, which: impl Fn(Declaration) -> bool) -> Vec<usize> {
        let chosen = self.declared.iter().enumerate().filter(|(_, it)| which(it.kind));
        chosen.map(|(id, _)| id).collect()
    }

    /// Returns what a declaration takes.
    pub fn signature(&self, id: usize) -> Rc<Signature> {
        self.signatures.get(&id).cloned().unwrap_or_default()
    }
}

/// Returns the name that an entry declares: its second item, or what is called there.
pub(super) fn declared_name(entry: Entry<'_>) -> Option<Name<'_>> {
    let item = entry.items().nth(1)?;
    match item.kind() {
        ExprKind::Name(name) => Some(name),
        ExprKind::Call { callee, .. } => callee.as_name(),
        _ => None,
    }
}

/// Returns the parameters that an entry declares.
pub(super) fn declared_params(entry: Entry<'_>) -> Option<Args<'_>> {
    match entry.items().nth(1)?.kind() {
        ExprKind::Call { args, .. } => Some(args),
        _ => None,
    }
}
