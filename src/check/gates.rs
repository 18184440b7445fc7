//! Gates: conditions that are asked together, each with what it demands. And what may be asked at all: probes,
//! metrics, thresholds and gates, by their names.

use std::sync::Arc;

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::exprs::Typed;
use super::scripts::shown;
use super::settings::is_word;
use super::spot::Spot;
use crate::diag::{Code, Diagnostic};
use crate::model::{Demand, Expr, ExprKind, Gate, GateId, MetricId, ProbeId, Rule, ThresholdId};
use crate::schema::{Place, word};
use crate::source::Span;
use crate::syntax::Entry;
use crate::value::{Callable, Type, Word};

/// Something that is asked about the world by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Askable {
    Probe(ProbeId),
    Metric(MetricId),
    Threshold(ThresholdId),
    Gate(GateId),
}

impl Declaration {
    /// Returns what is asked by this name, if it is asked at all.
    pub fn askable(self) -> Option<Askable> {
        match self {
            Declaration::Probe(id) => Some(Askable::Probe(id)),
            Declaration::Metric(id) => Some(Askable::Metric(id)),
            Declaration::Threshold(id) => Some(Askable::Threshold(id)),
            Declaration::Gate(id) => Some(Askable::Gate(id)),
            Declaration::Let
            | Declaration::Type
            | Declaration::Secret
            | Declaration::Fleet(_)
            | Declaration::People
            | Declaration::Checklist
            | Declaration::Action(_)
            | Declaration::Window
            | Declaration::Strategy
            | Declaration::Rollout(_)
            | Declaration::Router(_)
            | Declaration::Flag(_)
            | Declaration::Channel(_)
            | Declaration::Later(_) => None,
        }
    }
}

impl Askable {
    fn word(self) -> Word {
        match self {
            Askable::Probe(_) => Word::Probe,
            Askable::Metric(_) => Word::Metric,
            Askable::Threshold(_) => Word::Threshold,
            Askable::Gate(_) => Word::Gate,
        }
    }

    fn expr(self, args: Vec<Expr>) -> ExprKind {
        match self {
            Askable::Probe(id) => ExprKind::Probe(id, args),
            Askable::Metric(id) => ExprKind::Metric(id, args),
            Askable::Threshold(id) => ExprKind::Threshold(id, args),
            Askable::Gate(id) => ExprKind::Gate(id, args),
        }
    }
}

impl<'t> Checker<'t> {
    /// Returns the type of a declared thing that is asked: `gate(target)`, `metric<duration>(target)`.
    pub fn askable_type(&self, id: usize, askable: Askable) -> Callable {
        let params = self.signature(id).params.iter().map(|it| it.of.clone()).collect();
        let gives = match askable {
            Askable::Metric(_) => self.measure_of(id),
            Askable::Probe(_) | Askable::Threshold(_) | Askable::Gate(_) => Type::Bool,
        };
        Callable { word: askable.word(), params, gives: Arc::new(gives) }
    }

    /// Asks something, or refuses it where nothing is asked.
    pub fn asked(&mut self, askable: Askable, of: Type, args: Vec<Expr>, span: Span) -> Typed {
        if !self.spot.asking {
            let message = format!("a {} cannot be asked here", askable.word().name());
            let problem = Diagnostic::new(Code::ASKED_HERE, span, message);
            self.say(problem.help("ask it on a line of its own: `check …`, `watch …` or `require …`"));
            return Typed::new(ExprKind::Bad, of, span);
        }
        Typed::new(askable.expr(args), of, span)
    }

    /// Reads every gate.
    pub fn check_gates(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Gate(_))) {
            let Declared { module, .. } = self.declared[id];
            self.within(module, |it| it.check_gate(id));
        }
    }

    fn check_gate(&mut self, id: usize) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "gate").expect("the table has gates");
        let parts = self.parts(row, entry);
        let mark = self.mark();
        let params = self.bind_params(id);
        let dry_run = self.known_bool(&parts, "dry_run").unwrap_or(false);
        let spot = Spot { place: Place::Gate, ..Spot::default() };
        let (judges, lines): (Vec<Entry<'t>>, Vec<Entry<'t>>) =
            parts.entries.iter().copied().filter(|it| !it.is_broken()).partition(|it| is_word(*it, "judge"));
        let (rules, judge) = self.at_spot(spot, |it| {
            let rules: Vec<Rule> = lines.into_iter().filter_map(|entry| it.rule(entry)).collect();
            (rules, judges.first().and_then(|entry| it.judge(*entry)))
        });
        if let Some(second) = judges.get(1) {
            let problem = Diagnostic::new(Code::PROPERTY_TWICE, second.head().span(), "a gate has one `judge`");
            self.say(problem.also(judges[0].head().span(), "first given here").help("make a second gate of it"));
        }
        let broken = parts.entries.iter().any(|it| it.is_broken());
        if parts.entries.is_empty() && !entry.is_broken() {
            let problem = Diagnostic::new(Code::MISSING, name_span, format!("the gate `{name}` demands nothing"));
            self.say(problem.help("give it a `require`, a `forbid`, a `warn` or a `judge`"));
        }
        self.forget_quietly(mark, broken);
        self.program.gates.push(Gate { name: SmolStr::new(name), params, rules, judge, dry_run, span: name_span });
    }

    fn rule(&mut self, entry: Entry<'t>) -> Option<Rule> {
        let row = self.word_of(entry, Place::Gate)?;
        let demand = match row.name {
            "require" => Demand::Require,
            "forbid" => Demand::Forbid,
            _ => Demand::Warn,
        };
        if !self.expect_plain(row, entry, 2) {
            return None;
        }
        let tree = entry.items().nth(1)?;
        let condition = self.condition(tree);
        Some(Rule { demand, condition, shown: shown(tree) })
    }
}
