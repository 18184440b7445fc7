//! Limits that never or always apply: beyond what a value can be, at odds with each other, or behind a stricter one. Looks
//! at comparisons of what is measured with what is known.

use super::checker::Checker;
use super::looks::Flow;
use super::ranges::{Range, range};
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, Comparison, Demand, Entry, EntryKind, Expr, ExprKind, Gate, LocalId, MetricId, Rule};
use crate::value::{Type, Value};

/// What is measured, of what: the arguments as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Subject(MetricId, Vec<String>);

/// The values for which a comparison holds: all on one side of a limit, which may be one of them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Side {
    above: bool,
    limit: f64,
    with_limit: bool,
}

/// A comparison of something measured with something known.
#[derive(Debug, Clone)]
struct Limit<'e> {
    subject: Subject,
    side: Side,
    expr: &'e Expr,
}

/// Names that stand for arguments, as they are written where something is asked.
type Given = Vec<(LocalId, String)>;

impl Side {
    fn not(self) -> Side {
        Side { above: !self.above, with_limit: !self.with_limit, ..self }
    }

    /// Whether no value is on both sides.
    fn excludes(self, other: Side) -> bool {
        let (low, high) = if self.above { (self, other) } else { (other, self) };
        let touch = low.limit == high.limit && !(low.with_limit && high.with_limit);
        self.above != other.above && (low.limit > high.limit || touch)
    }
}

impl<'t> Checker<'t> {
    /// Looks at every condition of the program.
    pub fn lint_limits(&mut self, flow: &Flow, gates: &[Gate]) {
        let mut found = Vec::new();
        for threshold in &self.program.thresholds {
            self.judge_condition(&threshold.condition, &mut found);
        }
        for gate in gates {
            gate.rules.iter().for_each(|it| self.judge_condition(&it.condition, &mut found));
            self.judge_rules(&gate.rules, &mut found);
        }
        for action in flow.actions {
            self.judge_entries(&action.body, &mut found);
        }
        for stage in flow.rollouts.iter().flat_map(|it| &it.stages) {
            self.judge_entries(&stage.body, &mut found);
        }
        found.into_iter().for_each(|it| self.say_own(it));
    }

    fn judge_entries(&self, entries: &[Entry], found: &mut Vec<Diagnostic>) {
        for entry in entries {
            match &entry.kind {
                EntryKind::Act(act) => match &**act {
                    Act::Check(it) => self.judge_condition(&it.condition, found),
                    Act::Watch(it) | Act::Guard(it) => self.judge_condition(&it.condition, found),
                    Act::Require { condition, .. } => self.judge_condition(condition, found),
                    _ => {}
                },
                EntryKind::Step(it) => self.judge_entries(&it.body, found),
                EntryKind::Loop(it) => {
                    self.judge_entries(&it.body, found);
                    self.judge_entries(&it.after_wave, found);
                }
                EntryKind::Parallel(body) | EntryKind::Block { body, .. } => self.judge_entries(body, found),
                EntryKind::Save(it) => self.judge_entries(&it.body, found),
                EntryKind::Call(..) | EntryKind::Child(_) => {}
            }
        }
    }

    fn judge_condition(&self, condition: &Expr, found: &mut Vec<Diagnostic>) {
        condition.walk(&mut |it| match &it.kind {
            ExprKind::Compare(op, a, b) => found.extend(self.judge_comparison(it, *op, a, b)),
            ExprKind::And(a, b) => found.extend(self.judge_pair(a, b, true)),
            ExprKind::Or(a, b) => found.extend(self.judge_pair(a, b, false)),
            _ => {}
        });
    }

    /// A comparison with a number beyond all that a value can be.
    fn judge_comparison(&self, whole: &Expr, op: Comparison, a: &Expr, b: &Expr) -> Option<Diagnostic> {
        let metrics = &self.program.metrics;
        let is_negative = |it: &Expr| it.known().and_then(Value::as_number).is_some_and(|it| it < 0.0);
        if is_negative(a) || is_negative(b) || (a.known().is_some() && b.known().is_some()) {
            // Whoever writes a negative limit measures something that can be negative.
            return None;
        }
        let always = holds(op, range(a, metrics), range(b, metrics))?;
        let measured = if a.known().is_some() { b } else { a };
        let Range { least, most } = range(measured, metrics);
        let shown = |it: f64| shown(it, measured, metrics);
        let text = self.files.sources.slice(whole.span);
        let message = format!("`{text}` {} holds", if always { "always" } else { "never" });
        let because = match (least.is_finite(), most.is_finite()) {
            (true, true) => format!("this is between {} and {}", shown(least), shown(most)),
            (true, false) => format!("this is never below {}", shown(least)),
            (false, _) => format!("this is never above {}", shown(most)),
        };
        Some(
            Diagnostic::new(Code::NO_LIMIT, whole.span, message)
                .because(because)
                .help("write a limit that it can cross"),
        )
    }

    /// Two limits of one value that are asked together: nothing is on both sides, or everything is on one of them.
    fn judge_pair(&self, a: &Expr, b: &Expr, both: bool) -> Option<Diagnostic> {
        let (first, second) = (self.limits(a, both), self.limits(b, both));
        let clash = |a: &Limit, b: &Limit| {
            let (one, other) = if both { (a.side, b.side) } else { (a.side.not(), b.side.not()) };
            a.subject == b.subject && one.excludes(other)
        };
        let (a, b) = first.iter().find_map(|a| Some((a, second.iter().find(|b| clash(a, b))?)))?;
        let said = |it: &Limit| self.files.sources.slice(it.expr.span);
        let (message, because) = match both {
            true => (format!("`{}` and `{}` never hold together", said(a), said(b)), "no value is on both sides"),
            false => {
                (format!("one of `{}` and `{}` always holds", said(a), said(b)), "every value is on one of the sides")
            }
        };
        let problem = Diagnostic::new(Code::NO_LIMIT, b.expr.span, message).because(because);
        Some(problem.also(a.expr.span, "the other limit"))
    }

    /// Rules of one gate at odds: no value passes, or the gate has failed before it would warn.
    fn judge_rules(&self, rules: &[Rule], found: &mut Vec<Diagnostic>) {
        let demanded: Vec<(Limit, Side)> = rules.iter().flat_map(|rule| self.demanded(rule)).collect();
        for (at, (limit, side)) in demanded.iter().enumerate() {
            let other =
                demanded[..at].iter().find(|(it, before)| it.subject == limit.subject && before.excludes(*side));
            if let Some((before, _)) = other {
                let problem =
                    Diagnostic::new(Code::NO_LIMIT, limit.expr.span, "no value passes both this and another rule");
                found.push(
                    problem.because("this wants what the other refuses").also(before.expr.span, "the other rule"),
                );
            }
        }
        for rule in rules.iter().filter(|it| it.demand == Demand::Warn) {
            let Some(warning) = self.limit(&rule.condition, &Vec::new()) else { continue };
            let stricter =
                demanded.iter().find(|(it, side)| it.subject == warning.subject && side.excludes(warning.side));
            if let Some((before, _)) = stricter {
                let problem =
                    Diagnostic::new(Code::NO_LIMIT, warning.expr.span, "this never warns before the gate fails");
                let problem =
                    problem.because("the stricter limit is the other one").also(before.expr.span, "this fails first");
                found.push(problem.help("warn before it is too late: take a limit that is crossed earlier"));
            }
        }
    }

    /// Returns what must hold for a rule to pass.
    fn demanded<'e>(&'e self, rule: &'e Rule) -> Vec<(Limit<'e>, Side)> {
        match rule.demand {
            Demand::Require => self.limits(&rule.condition, true).into_iter().map(|it| (it.clone(), it.side)).collect(),
            Demand::Forbid => {
                self.limits(&rule.condition, false).into_iter().map(|it| (it.clone(), it.side.not())).collect()
            }
            Demand::Warn => Vec::new(),
        }
    }

    /// Returns the limits that a condition is made of, all joined by `and`, or all by `or`.
    fn limits<'e>(&'e self, expr: &'e Expr, both: bool) -> Vec<Limit<'e>> {
        match &expr.kind {
            ExprKind::And(a, b) if both => [self.limits(a, both), self.limits(b, both)].concat(),
            ExprKind::Or(a, b) if !both => [self.limits(a, both), self.limits(b, both)].concat(),
            _ => self.limit(expr, &Vec::new()).into_iter().collect(),
        }
    }

    /// Reads a comparison of a metric with a number, also by way of a threshold that needs no time.
    fn limit<'e>(&'e self, expr: &'e Expr, given: &Given) -> Option<Limit<'e>> {
        match &expr.kind {
            ExprKind::Compare(op, a, b) => {
                let (measured, known, op) = match (a.known(), b.known()) {
                    (None, Some(known)) => (a, known, *op),
                    (Some(known), None) => (b, known, flipped(*op)?),
                    _ => return None,
                };
                let ExprKind::Metric(metric, arguments) = &measured.kind else { return None };
                let subject = Subject(*metric, arguments.iter().map(|it| self.written(it, given)).collect());
                Some(Limit { subject, side: side(op, known.as_number()?)?, expr })
            }
            ExprKind::Threshold(id, arguments) => {
                let threshold = self.program.thresholds.get(id.index()).filter(|it| it.sustained.is_none())?;
                let arguments = arguments.iter().map(|it| self.written(it, given));
                let given: Given = threshold.params.iter().map(|it| it.local).zip(arguments).collect();
                let limit = self.limit(&threshold.condition, &given)?;
                Some(Limit { expr, ..limit })
            }
            _ => None,
        }
    }

    fn written(&self, expr: &Expr, given: &Given) -> String {
        let bound = match expr.kind {
            ExprKind::Local(local) => given.iter().find(|it| it.0 == local).map(|it| it.1.clone()),
            _ => None,
        };
        bound.unwrap_or_else(|| self.files.sources.slice(expr.span).to_owned())
    }
}

/// Returns whether a comparison of numbers within two ranges always or never holds.
fn holds(op: Comparison, a: Range, b: Range) -> Option<bool> {
    match op {
        Comparison::Greater if a.most <= b.least => Some(false),
        Comparison::Greater if a.least > b.most => Some(true),
        Comparison::GreaterEqual if a.most < b.least => Some(false),
        Comparison::GreaterEqual if a.least >= b.most => Some(true),
        Comparison::Less | Comparison::LessEqual => holds(flipped(op)?, b, a),
        Comparison::Equal if a.most < b.least || b.most < a.least => Some(false),
        Comparison::NotEqual if a.most < b.least || b.most < a.least => Some(true),
        Comparison::Greater | Comparison::GreaterEqual | Comparison::Equal | Comparison::NotEqual | Comparison::In => {
            None
        }
    }
}

/// The same comparison read from its right to its left.
fn flipped(op: Comparison) -> Option<Comparison> {
    match op {
        Comparison::Less => Some(Comparison::Greater),
        Comparison::LessEqual => Some(Comparison::GreaterEqual),
        Comparison::Greater => Some(Comparison::Less),
        Comparison::GreaterEqual => Some(Comparison::LessEqual),
        Comparison::Equal | Comparison::NotEqual => Some(op),
        Comparison::In => None,
    }
}

fn side(op: Comparison, limit: f64) -> Option<Side> {
    match op {
        Comparison::Less => Some(Side { above: false, limit, with_limit: false }),
        Comparison::LessEqual => Some(Side { above: false, limit, with_limit: true }),
        Comparison::Greater => Some(Side { above: true, limit, with_limit: false }),
        Comparison::GreaterEqual => Some(Side { above: true, limit, with_limit: true }),
        Comparison::Equal | Comparison::NotEqual | Comparison::In => None,
    }
}

/// Writes a number as what is measured.
fn shown(number: f64, measured: &Expr, metrics: &[crate::model::Metric]) -> String {
    let metric = match &measured.kind {
        ExprKind::Metric(id, _) => metrics.get(id.index()),
        ExprKind::Before(before) => metrics.get(before.metric.index()),
        ExprKind::Trend(trend) => metrics.get(trend.metric.index()),
        _ => None,
    };
    let value = match metric.map(|it| &it.of) {
        Some(Type::Percent) => Value::Percent(number),
        Some(Type::Duration) => Value::Duration(number as i64),
        Some(Type::Size) => Value::Size(number.max(0.0) as u64),
        _ => Value::Number(number),
    };
    value.to_string()
}
