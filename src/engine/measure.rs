//! Metrics, thresholds and gates as a place sees them: what is asked of the world, what is compared, how long it has
//! been so. Knows samples and no sources.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};

use super::here::{Here, Probing};
use super::known::{Known, Question};
use super::{Evidence, Run, Truth};
use crate::eval::{self, Answer, Called, Fuel, Silence, Stretch};
use crate::model::{Comparison, Demand, Gate, GateId, Metric, MetricId, MetricMeans, Rule, Threshold, ThresholdId};
use crate::plan::Plan;
use crate::value::{At, Sum, Value, arithmetic, briefly};

/// What is written down while a condition is evaluated, for its evidence.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// One for each line of a gate, each threshold, and at last for the condition itself.
    pub rules: Vec<Evidence>,
    /// The comparisons of the rule that is being evaluated.
    compared: Vec<Compared>,
    /// Whether data was absent that counts as a violation.
    fails: bool,
    /// What is not known yet, in words.
    lacking: Option<String>,
    /// What each sustained threshold came to now, each once.
    pub streaks: Vec<(String, Truth)>,
    sampled: BTreeSet<String>,
    /// The sustained thresholds that something was asked for.
    pub lasting: Vec<(ThresholdId, Vec<Value>)>,
}

/// One comparison that was made.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    how: Comparison,
    left: Value,
    right: Value,
    truth: Truth,
}

impl Notes {
    pub fn compare(&mut self, how: Comparison, left: &Value, right: &Value, truth: Truth) {
        const COMPARED_MAX: usize = 4_096;
        if self.compared.len() < COMPARED_MAX {
            self.compared.push(Compared { how, left: left.clone(), right: right.clone(), truth });
        }
    }

    /// Adds the samples of thresholds that the verdict did not hang on.
    pub fn sample_too(&mut self, others: Notes) {
        for (threshold, truth) in others.streaks {
            if self.sampled.insert(threshold.clone()) {
                self.streaks.push((threshold, truth));
            }
        }
    }

    /// Returns what a condition comes to once absent data that fails is counted.
    pub fn settled(&mut self, truth: Truth) -> Truth {
        if std::mem::take(&mut self.fails) && truth == Truth::Unknown { Truth::Violated } else { truth }
    }

    /// Writes down the condition itself, if it compared something outside of every gate.
    pub fn plain(&mut self, what: String, truth: Truth) {
        if !self.compared.is_empty() {
            let compared = std::mem::take(&mut self.compared);
            let lacking = self.lacking.take();
            self.rules.push(ruled(what, truth, truth, &compared, lacking));
        }
    }
}

/// Returns the evidence of a rule: the comparison that made it what it is, its limit, and how far it is from it.
fn ruled(what: String, demanded: Truth, condition: Truth, compared: &[Compared], lacking: Option<String>) -> Evidence {
    let decisive = compared.iter().find(|it| it.truth == condition).or(compared.first());
    let Some(it) = decisive else {
        return Evidence {
            what,
            truth: demanded,
            why: String::new(),
            value: None,
            bound: None,
            margin: None,
            warns: false,
        };
    };
    let margin = distance(&it.left, &it.right);
    let (left, right) = briefly(&it.left, &it.right);
    let why = match (&margin, lacking) {
        (_, Some(lacking)) if condition == Truth::Unknown => lacking,
        (Some(margin), _) => format!("{left} against {right}, {} from it", margin.brief()),
        (None, _) => format!("{left} {} {right}", sign(it.how)),
    };
    let (value, bound) = (Some(it.left.clone()), Some(it.right.clone()));
    Evidence { what, truth: demanded, why, value, bound, margin, warns: false }
}

/// Returns how far two values are apart.
fn distance(left: &Value, right: &Value) -> Option<Value> {
    match arithmetic(Sum::Sub, left, right).ok()? {
        Value::Int(int) => Some(Value::Int(int.saturating_abs())),
        Value::Number(number) => Some(Value::Number(short(number.abs()))),
        Value::Percent(points) => Some(Value::Percent(short(points.abs()))),
        Value::Duration(ms) => Some(Value::Duration(ms.saturating_abs())),
        Value::Size(size) => Some(Value::Size(size)),
        _ => None,
    }
}

/// A difference is no more exact than what it is of.
fn short(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

fn sign(how: Comparison) -> &'static str {
    match how {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => ">=",
        Comparison::In => "in",
    }
}

/// Writes something declared with what it is called with. It is remembered under this: a target whose name another
/// fleet has as well is written with its own fleet.
pub(super) fn called(plan: &Plan, name: &str, arguments: &[Value]) -> String {
    if arguments.is_empty() {
        return name.to_owned();
    }
    let written = |it: &Value| match it.as_target() {
        Some(target) if plan.namesakes.contains(&target.name) => format!("{}.{}", target.fleet, target.name),
        Some(_) | None => it.to_string(),
    };
    let arguments: Vec<String> = arguments.iter().map(written).collect();
    format!("{name}({})", arguments.join(", "))
}

/// Returns the places in the plan's table of the targets that something is about; none: it is about all of them.
fn subjects(plan: &Plan, arguments: &[Value]) -> Vec<u32> {
    let targets = arguments.iter().filter_map(Value::as_target);
    targets.filter_map(|it| plan.target_numbers.get(&(it.fleet.clone(), it.name.clone())).copied()).collect()
}

/// Returns the changes to a subject: those of its targets, or all of them.
fn changes<'r>(plan: &Plan, run: &'r Run, arguments: &[Value]) -> impl Iterator<Item = Changed> + 'r {
    let of = subjects(plan, arguments);
    let all = of.is_empty();
    let some = of.into_iter().filter_map(|it| run.changed.get(&it));
    some.chain(run.changed.values().take_while(move |_| all)).copied()
}

/// Returns when the first change to a subject began, if one has.
pub(super) fn first_change(plan: &Plan, run: &Run, arguments: &[Value]) -> Option<At> {
    changes(plan, run, arguments).map(|it| it.first).min()
}

/// Returns when the last change to a subject began, if one has.
pub(super) fn last_change(plan: &Plan, run: &Run, arguments: &[Value]) -> Option<At> {
    changes(plan, run, arguments).map(|it| it.last).max()
}

impl Run {
    /// Returns when any target was last changed.
    pub(super) fn last_changed(&self) -> Option<At> {
        self.changed.values().map(|it| it.last).max()
    }
}

impl Here<'_> {
    /// Returns what is known of a question, or writes it down.
    pub fn ask(&self, question: Question) -> Value {
        match self.probing {
            Probing::Blind => Value::Unknown,
            Probing::Collect(questions) => {
                questions.borrow_mut().add(self.plan, question);
                Value::Unknown
            }
            Probing::Answered(answers) => match answers.of(self.plan, &question) {
                Some(Known::Truth(Truth::Holds)) => Value::Bool(true),
                Some(Known::Truth(Truth::Violated)) => Value::Bool(false),
                Some(Known::Value(value)) => value.clone(),
                Some(Known::Fails) => {
                    if let Some(notes) = self.notes {
                        notes.borrow_mut().fails = true;
                    }
                    Value::Unknown
                }
                Some(Known::Truth(Truth::Unknown) | Known::Unknown | Known::Series(_)) | None => Value::Unknown,
            },
        }
    }

    /// Returns the samples that were asked for, or writes down that they are wanted.
    pub fn series(&self, question: Question) -> Option<Vec<f64>> {
        if let Probing::Answered(answers) = self.probing
            && let Some(Known::Series(values)) = answers.of(self.plan, &question)
        {
            return Some(values.clone());
        }
        self.ask(question);
        None
    }

    pub fn metric_value(&self, id: MetricId, arguments: &[Value]) -> Answer {
        let metric: &Metric = &self.plan.metrics[id.index()];
        match &metric.means {
            MetricMeans::Formula(formula) => {
                let scope = Called::new(self, &metric.params, arguments);
                eval::eval(formula, &scope, &mut Fuel::default()).map_err(|it| Silence::Cannot(it.message))
            }
            MetricMeans::Prometheus { .. }
            | MetricMeans::Http { .. }
            | MetricMeans::Alertmanager { .. }
            | MetricMeans::Command(_)
            | MetricMeans::Recorded { .. } => {
                Ok(self.ask(Question::Metric { metric: id, arguments: arguments.to_vec() }))
            }
        }
    }

    /// Returns a metric's mean before the first change: as it was learned, or as it is asked now.
    pub fn value_before(&self, id: MetricId, arguments: &[Value], stretch: Stretch) -> Answer {
        let metric: &Metric = &self.plan.metrics[id.index()];
        if let MetricMeans::Formula(formula) = &metric.means {
            let past = Past { here: self, stretch };
            let scope = Called::new(&past, &metric.params, arguments);
            return eval::eval(formula, &scope, &mut Fuel::default()).map_err(|it| Silence::Cannot(it.message));
        }
        let question = Question::Before { metric: id, arguments: arguments.to_vec(), stretch };
        if let Some(value) = self.run.baselines.get(&question.shown(self.plan)) {
            return Ok(value.clone());
        }
        Ok(self.ask(question))
    }

    pub fn threshold_truth(&self, id: ThresholdId, arguments: &[Value]) -> Answer {
        let threshold: &Threshold = &self.plan.thresholds[id.index()];
        let scope = Called::new(self, &threshold.params, arguments);
        let truth = eval::condition(&threshold.condition, &scope, &mut Fuel::default());
        let now: Truth = truth.map_err(|it| Silence::Cannot(it.message))?.into();
        let Some(sustained) = &threshold.sustained else { return Ok(now.value()) };
        let wanted = eval::eval(sustained, &scope, &mut Fuel::default()).map_err(|it| Silence::Cannot(it.message))?;
        let wanted_ms = wanted.as_duration_ms().unwrap_or(0).max(0);
        if wanted_ms == 0 {
            return Ok(now.value());
        }
        let key = called(self.plan, &threshold.name, arguments);
        let since = last_change(self.plan, self.run, arguments);
        if let (Some(notes), Probing::Collect(_)) = (self.notes, &self.probing) {
            notes.borrow_mut().lasting.push((id, arguments.to_vec()));
            // Whatever its past says, what stands beside it is asked as well.
            return Ok(Value::Unknown);
        }
        let truth = match self.run.streaks.get(&key) {
            Some(streak) => streak.sustained(now, self.now, since, wanted_ms),
            None => Truth::Unknown,
        };
        if let (Some(notes), Probing::Answered(_)) = (self.notes, &self.probing) {
            let mut notes = notes.borrow_mut();
            if truth == Truth::Unknown {
                let wanted = Value::Duration(wanted_ms);
                notes.lacking = Some(format!("{key}: not {wanted} of samples yet since the last change"));
            }
            if notes.sampled.insert(key.clone()) {
                notes.streaks.push((key, now));
            }
        }
        Ok(truth.value())
    }

    pub fn gate_truth(&self, id: GateId, arguments: &[Value]) -> Answer {
        let gate: &Gate = &self.plan.gates[id.index()];
        let scope = Called::new(self, &gate.params, arguments);
        let mut all = Truth::Holds;
        for rule in &gate.rules {
            let demanded = self.rule(gate, rule, arguments, &scope)?;
            all = all.and(demanded);
        }
        if let Some(judge) = &gate.judge {
            all = all.and(self.judged(gate, judge, arguments, &scope)?);
        }
        Ok(if gate.dry_run { Value::Bool(true) } else { all.value() })
    }

    /// Returns whether what a rule demands is so, and writes down what it compared.
    fn rule(&self, gate: &Gate, rule: &Rule, arguments: &[Value], scope: &Called<'_>) -> Result<Truth, Silence> {
        let outer = self.notes.map(|it| std::mem::take(&mut it.borrow_mut().compared));
        let truth = eval::condition(&rule.condition, scope, &mut Fuel::default());
        let truth: Truth = truth.map_err(|it| Silence::Cannot(it.message))?.into();
        let Some(notes) = self.notes else { return Ok(rule.demand.of(truth)) };
        let mut notes = notes.borrow_mut();
        let fails = std::mem::take(&mut notes.fails) && truth == Truth::Unknown && rule.demand != Demand::Warn;
        let demanded = if fails { Truth::Violated } else { rule.demand.of(truth) };
        let compared = std::mem::replace(&mut notes.compared, outer.unwrap_or_default());
        let lacking = notes.lacking.take();
        let said = match rule.demand {
            Demand::Warn => truth.not(),
            Demand::Require | Demand::Forbid => demanded,
        };
        let dry = if gate.dry_run { " (dry run)" } else { "" };
        let what = format!("{}{dry}: {} {}", called(self.plan, &gate.name, arguments), rule.demand.name(), rule.shown);
        if said != Truth::Unknown || rule.demand != Demand::Warn {
            let warns = said != Truth::Holds && (gate.dry_run || rule.demand == Demand::Warn);
            notes.rules.push(Evidence { warns, ..ruled(what, said, truth, &compared, lacking) });
        }
        Ok(demanded)
    }
}

impl Demand {
    /// Returns whether what is demanded is so.
    fn of(self, condition: Truth) -> Truth {
        match self {
            Demand::Require => condition,
            Demand::Forbid => condition.not(),
            Demand::Warn => Truth::Holds,
        }
    }
}

/// The scope of a formula whose metrics are taken before the change.
struct Past<'h> {
    here: &'h Here<'h>,
    stretch: Stretch,
}

impl eval::Scope for Past<'_> {
    fn metric(&self, metric: MetricId, arguments: &[Value]) -> Answer {
        self.here.value_before(metric, arguments, self.stretch)
    }

    /// Where it was going then is not asked.
    fn trend(&self, _metric: MetricId, _arguments: &[Value], _rise: eval::Rise) -> Answer {
        Ok(Value::Unknown)
    }

    fn before(&self, metric: MetricId, arguments: &[Value], stretch: Stretch) -> Answer {
        self.here.value_before(metric, arguments, stretch)
    }

    fn fleet(&self, fleet: crate::model::FleetId) -> Answer {
        eval::Scope::fleet(self.here, fleet)
    }
}

/// How a sustained condition has been, sample by sample: when each stretch of one truth began. What changes a target ends
/// a stretch, because no sample reaches across it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Streak {
    runs: VecDeque<Phase>,
    last: At,
}

/// Samples that lie further apart say nothing of the time between.
pub(super) const GAP_MAX_MS: i64 = 2 * 3_600_000;

/// One truth, from its first sample on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Phase {
    first: At,
    truth: Truth,
    /// When any target had last been changed by then.
    changed: Option<At>,
}

impl Phase {
    /// Whether all of its samples were taken after a change, also where that was at the same instant.
    fn is_after(&self, changed: At) -> bool {
        self.first > changed || self.changed.is_some_and(|it| it >= changed)
    }
}

impl Streak {
    /// Returns when each stretch of one truth began.
    pub fn stretches(&self) -> impl Iterator<Item = (At, Truth)> + '_ {
        self.runs.iter().map(|it| (it.first, it.truth))
    }

    /// Adds a sample, taken when any target was last changed at some time.
    pub fn sample(&mut self, at: At, truth: Truth, changed: Option<At>) {
        const RUNS_MAX: usize = 256;
        if self.is_too_far(at) {
            self.runs.clear();
        }
        let is_cut = changed.is_some_and(|changed| changed >= self.last);
        self.last = at;
        if is_cut || self.runs.back().is_none_or(|it| it.truth != truth) {
            self.runs.push_back(Phase { first: at, truth, changed });
        }
        if self.runs.len() > RUNS_MAX {
            self.runs.pop_front();
        }
    }

    /// Samples that lie too far apart say nothing of the time between.
    fn is_too_far(&self, at: At) -> bool {
        at.since_ms(self.last) > GAP_MAX_MS
    }

    /// Returns whether a condition has held for so long, this sample included: unknown until there are samples over
    /// the whole time, all of them taken since the last change.
    fn sustained(&self, now: Truth, at: At, changed: Option<At>, wanted_ms: i64) -> Truth {
        let from = at.plus_ms(-wanted_ms);
        let since = || self.runs.iter().filter(|it| changed.is_none_or(|changed| it.is_after(changed)));
        if self.is_too_far(at) || since().next().is_none_or(|it| it.first > from) {
            return Truth::Unknown;
        }
        let ends = since().skip(1).map(|it| it.first).chain([at]);
        let overlapping = since().zip(ends).filter(|(_, end)| *end > from).map(|(it, _)| it.truth);
        overlapping.fold(now, Truth::and)
    }
}

/// When a target was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changed {
    pub first: At,
    pub last: At,
}

impl Truth {
    pub(super) fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::Violated, _) | (_, Truth::Violated) => Truth::Violated,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (Truth::Holds, Truth::Holds) => Truth::Holds,
        }
    }

    pub(super) fn not(self) -> Truth {
        match self {
            Truth::Holds => Truth::Violated,
            Truth::Violated => Truth::Holds,
            Truth::Unknown => Truth::Unknown,
        }
    }

    fn value(self) -> Value {
        match self {
            Truth::Holds => Value::Bool(true),
            Truth::Violated => Value::Bool(false),
            Truth::Unknown => Value::Unknown,
        }
    }
}

impl From<eval::Truth> for Truth {
    fn from(truth: eval::Truth) -> Truth {
        match truth {
            eval::Truth::Holds => Truth::Holds,
            eval::Truth::Violated => Truth::Violated,
            eval::Truth::Unknown => Truth::Unknown,
        }
    }
}

/// What is written down of a condition that is evaluated here.
pub(super) type Noting<'a> = Option<&'a RefCell<Notes>>;
