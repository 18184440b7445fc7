//! How a condition is asked and decided: what the world is asked, what came of it, and the evidence for the verdict.
//! What a verdict means for the action that wanted it is decided where that action is.

use std::cell::RefCell;

use super::here::Probing;
use super::known::{Answers, Known, Question, Questions};
use super::measure::Notes;
use super::trending::Trended;
use super::turn::Turn;
use super::{Cause, Event, Evidence, Job, Probed, Truth};
use crate::eval::{self, Fuel};
use crate::model::{Act, Expr, Interrupted, ThresholdId};
use crate::plan::Place;
use crate::value::Value;

/// No verdict is remembered with more lines of evidence; the worst are kept.
const EVIDENCE_MAX: usize = 64;

impl Turn<'_> {
    /// Asks the world everything that a condition asks; one that asks nothing is decided at once.
    pub fn ask_condition(&mut self, place: Place, condition: &Expr) {
        match self.probes(condition, place) {
            Ok(probes) if probes.is_empty() => self.decide_condition(place, condition, &[]),
            Ok(probes) => self.ask(place, false, Job::Probes { probes }),
            Err(cause) => self.fail(place, cause),
        }
    }

    pub(super) fn questions(&self, condition: &Expr, place: Place) -> Result<Questions, Cause> {
        Ok(self.asked_for(condition, place)?.0)
    }

    /// Returns what a condition asks, and the sustained thresholds that it asks for.
    fn asked_for(&self, condition: &Expr, place: Place) -> Result<(Questions, Lasting), Cause> {
        let questions = RefCell::new(Questions::default());
        let notes = RefCell::new(Notes::default());
        let here = self.here(place, Probing::Collect(&questions)).noting(&notes);
        eval::condition(condition, &here, &mut Fuel::default()).map_err(super::here::wrong)?;
        Ok((questions.into_inner(), notes.into_inner().lasting))
    }

    /// The world has answered, one result for each question.
    pub fn probed(&mut self, place: Place, act: &Act, verifying: bool, results: &[Probed]) {
        let settings = act.settings();
        let condition = match (act, settings.and_then(|it| it.interrupted.as_ref())) {
            (_, Some(Interrupted::Verify(condition))) if verifying => condition,
            (Act::Check(check), _) => &check.condition,
            (Act::Watch(watch) | Act::Guard(watch), _) => &watch.condition,
            (Act::Require { condition, .. }, _) => condition,
            _ => return,
        };
        self.decide_condition(place, condition, results);
    }

    /// Evaluates a condition with what the world answered, and says what it saw.
    fn decide_condition(&mut self, place: Place, condition: &Expr, results: &[Probed]) {
        match self.verdict(place, condition, results) {
            Ok(verdict) => {
                for (what, value) in verdict.baselines {
                    self.emit(Event::Baseline { place, what, value });
                }
                let (truth, evidence, streaks) = (verdict.truth, verdict.evidence, verdict.streaks);
                self.emit(Event::Evaluated { place, truth, evidence, streaks });
                self.judge(place, truth);
            }
            Err(cause) => self.fail(place, cause),
        }
    }

    fn verdict(&self, place: Place, condition: &Expr, results: &[Probed]) -> Result<Verdict, Cause> {
        let (questions, lasting) = self.asked_for(condition, place)?;
        let known = questions.iter().zip(results).map(|(question, result)| self.known(question, result)).collect();
        let answers = questions.answered(known);
        let notes = RefCell::new(Notes::default());
        let here = self.here(place, Probing::Answered(&answers)).noting(&notes);
        let truth = eval::condition(condition, &here, &mut Fuel::default()).map_err(super::here::wrong)?;
        // Whatever decided, all that was asked for was sampled: `good and not slow` samples `slow` in bad times too.
        let unseen = RefCell::new(Notes::default());
        let here = self.here(place, Probing::Answered(&answers)).noting(&unseen);
        for (threshold, arguments) in lasting {
            let _ = here.threshold_truth(threshold, &arguments);
        }
        let mut notes = notes.into_inner();
        notes.sample_too(unseen.into_inner());
        let truth = notes.settled(truth.into());
        notes.plain(self.shown(condition, place), truth);
        let mut evidence: Vec<Evidence> =
            answers.iter().zip(results).map(|((question, known), result)| self.seen(question, known, result)).collect();
        evidence.append(&mut notes.rules);
        Ok(Verdict { truth, evidence: worst(evidence), baselines: self.taken(&answers), streaks: notes.streaks })
    }

    /// Turns what the world said into what is known: absent data is what its metric says.
    fn known(&self, question: &Question, result: &Probed) -> Known {
        use crate::model::Missing;
        if let Some(trended) = self.trend_of(question, result) {
            return trended.map_or(Known::Unknown, |it| Known::Value(it.value));
        }
        match result {
            Probed::Holds => Known::Truth(Truth::Holds),
            Probed::Violated { .. } => Known::Truth(Truth::Violated),
            Probed::Unknown { .. } => Known::Unknown,
            Probed::Sampled { value, .. } => Known::Value(value.clone()),
            Probed::Series { values, .. } => Known::Series(values.clone()),
            // A group without samples is the judge's to weigh.
            Probed::Absent { .. } if matches!(question, Question::Series { .. }) => Known::Series(Vec::new()),
            Probed::Absent { .. } => match question.metric().map(|it| &self.plan.metrics[it.index()].missing) {
                Some(Missing::Fail) => Known::Fails,
                Some(Missing::Value(value)) => Known::Value(value.clone()),
                Some(Missing::Unknown) | None => Known::Unknown,
            },
        }
    }

    /// Returns what samples say of a trend, where one was asked for.
    fn trend_of(&self, question: &Question, result: &Probed) -> Option<Result<Trended, String>> {
        let Question::Trend { metric, arguments, rise } = question else { return None };
        match result {
            Probed::Series { values, times } => Some(self.trended((*metric, arguments), *rise, (values, times))),
            Probed::Holds
            | Probed::Violated { .. }
            | Probed::Unknown { .. }
            | Probed::Sampled { .. }
            | Probed::Absent { .. } => None,
        }
    }

    fn seen(&self, question: &Question, known: &Known, result: &Probed) -> Evidence {
        let trended = self.trend_of(question, result);
        let (truth, why, value) = match (known, result) {
            (Known::Value(value), Probed::Series { .. }) => {
                let told = trended.and_then(Result::ok).map(|it| it.told);
                (Truth::Holds, told.unwrap_or_default(), Some(value.clone()))
            }
            (Known::Unknown, Probed::Series { .. }) => {
                let why = trended.and_then(Result::err).unwrap_or_default();
                (Truth::Unknown, why, None)
            }
            (Known::Truth(truth), Probed::Violated { why }) => (*truth, why.clone(), None),
            (Known::Truth(truth), _) => (*truth, String::new(), None),
            (Known::Series(values), _) => (Truth::Holds, format!("{} samples", values.len()), None),
            (Known::Value(value), Probed::Sampled { note: Some(note), .. }) => {
                (Truth::Holds, format!("{}; {note}", value.brief()), Some(value.clone()))
            }
            (Known::Value(value), _) => (Truth::Holds, value.brief().to_string(), Some(value.clone())),
            (Known::Fails, Probed::Absent { why }) => (Truth::Violated, why.clone(), None),
            (Known::Unknown, Probed::Unknown { why } | Probed::Absent { why }) => (Truth::Unknown, why.clone(), None),
            (Known::Unknown | Known::Fails, _) => (Truth::Unknown, String::new(), None),
        };
        Evidence { what: question.shown(self.plan), truth, why, value, bound: None, margin: None, warns: false }
    }

    /// Returns what was before the change, where it was learned now and stays as it is.
    fn taken(&self, answers: &Answers) -> Vec<(String, Value)> {
        let baselines = answers.iter().filter_map(|(question, known)| match (question, known) {
            (Question::Before { arguments, .. }, Known::Value(value)) => {
                super::measure::first_change(self.plan, self.run, arguments)?;
                Some((question.shown(self.plan), value.clone()))
            }
            _ => None,
        });
        baselines.collect()
    }

    /// Returns a condition as a person wrote it.
    pub fn shown(&self, condition: &Expr, place: Place) -> String {
        use crate::model::ExprKind;
        use crate::plan::NodeKind;
        if let NodeKind::Act(act) = &self.plan.node(place.node).kind {
            match &**act {
                Act::Check(check) => return check.shown.clone(),
                Act::Watch(watch) | Act::Guard(watch) => return watch.shown.clone(),
                _ => {}
            }
        }
        match &condition.kind {
            ExprKind::Probe(probe, _) => format!("`{}`", self.plan.probes[probe.index()].name),
            ExprKind::Gate(gate, _) => format!("`{}`", self.plan.gates[gate.index()].name),
            ExprKind::Threshold(threshold, _) => format!("`{}`", self.plan.thresholds[threshold.index()].name),
            _ => "the condition".to_owned(),
        }
    }
}

/// Sustained thresholds, with what they are called with.
type Lasting = Vec<(ThresholdId, Vec<Value>)>;

/// What came of a condition.
struct Verdict {
    truth: Truth,
    evidence: Vec<Evidence>,
    baselines: Vec<(String, Value)>,
    streaks: Vec<(String, Truth)>,
}

/// Keeps what speaks loudest, in its order: what is violated, then what is unknown, then what is nearest to its limit.
fn worst(evidence: Vec<Evidence>) -> Vec<Evidence> {
    if evidence.len() <= EVIDENCE_MAX {
        return evidence;
    }
    let rank = |it: &Evidence| match it.truth {
        Truth::Violated => 0,
        Truth::Unknown => 1,
        Truth::Holds if it.margin.is_some() => 2,
        Truth::Holds => 3,
    };
    let mut order: Vec<usize> = (0..evidence.len()).collect();
    order.sort_by_key(|at| (rank(&evidence[*at]), *at));
    let mut kept: Vec<usize> = order.into_iter().take(EVIDENCE_MAX).collect();
    kept.sort_unstable();
    kept.into_iter().map(|at| evidence[at].clone()).collect()
}
