//! The judge: two sides and a rule become a label with everything that led to it. Total: whatever comes in, a verdict
//! comes out, and what cannot be judged never passes.

use serde::{Deserialize, Serialize};

use super::ranking::Ranking;
use super::samples::Side;
use super::shift::Shift;
use super::sparse::{self, Counted};
use super::way::Way;
use super::{
    Interval, Margin, Margins, Missing, Mode, Rule, SAMPLES_MAX, Samples, Summary, compatible, effect, reason, sound,
};

/// What one metric says of the canary, and why. This is also what is remembered of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub label: Label,
    /// Whether this alone fails the canary.
    pub critical: bool,
    /// Whether it counts as failed because data that must be there is not.
    pub failed: bool,
    pub mode: Mode,
    pub basis: Basis,
    /// Where the shift from baseline to canary lies; none: no interval is as sure as it should be.
    pub interval: Option<Interval>,
    /// The shift that fits best.
    pub estimate: Option<f64>,
    /// How large the difference is; none: it cannot be told.
    pub effect: Option<f64>,
    /// In words, without a period.
    pub reason: String,
    /// How far it is from another label.
    pub margins: Margins,
    pub canary: Summary,
    pub baseline: Summary,
}

/// The verdict in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Pass,
    High,
    Low,
    NoData,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A side has no samples.
    Empty,
    /// More samples than are judged.
    TooMany,
    /// Too few samples to be as sure as asked, or to pass.
    TooFew,
    /// Each side is one number, and nothing tells chance from a difference; only `compatible` needs that.
    Tied,
    /// Both sides are the same, in whatever order.
    Same,
    /// The interval of the shift.
    Interval,
    /// What was counted where most samples are zero.
    Counts,
}

impl Label {
    pub fn name(self) -> &'static str {
        match self {
            Label::Pass => "pass",
            Label::High => "high",
            Label::Low => "low",
            Label::NoData => "no_data",
        }
    }
}

/// A verdict before it is put into words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finding {
    pub label: Label,
    pub basis: Basis,
    pub critical: bool,
    pub failed: bool,
    pub shift: Option<Shift>,
    pub effect: Option<f64>,
    pub counted: Option<Counted>,
}

/// Judges one metric.
pub fn judge(samples: &Samples, rule: &Rule) -> Verdict {
    if samples.canary.len().max(samples.baseline.len()) > SAMPLES_MAX {
        let none = Side::clean(&[], rule);
        return verdict(Finding::nothing(Basis::TooMany), rule, &none, &none);
    }
    let (canary, baseline) = (Side::clean(&samples.canary, rule), Side::clean(&samples.baseline, rule));
    let finding = if canary.is_empty() || baseline.is_empty() {
        without_data(rule)
    } else if canary.sorted == baseline.sorted || canary.is_constant() && canary.ends() == baseline.ends() {
        same(&canary, &baseline, rule)
    } else {
        compare(&canary, &baseline, rule)
    };
    verdict(finding, rule, &canary, &baseline)
}

fn verdict(finding: Finding, rule: &Rule, canary: &Side, baseline: &Side) -> Verdict {
    let reason = reason::of(&finding, rule, canary, baseline);
    let Finding { label, basis, critical, failed, shift, effect, .. } = finding;
    Verdict {
        label,
        critical,
        failed,
        mode: rule.mode,
        basis,
        interval: shift.and_then(|it| it.interval),
        estimate: shift.map(|it| it.estimate),
        effect,
        reason,
        margins: shift.map(|it| Margins::of(it, effect, rule)).unwrap_or_default(),
        canary: canary.summary(),
        baseline: baseline.summary(),
    }
}

/// No data is not good data, unless nothing measured means that nothing happened.
fn without_data(rule: &Rule) -> Finding {
    match rule.nan {
        Missing::Replace => Finding { label: Label::Pass, ..Finding::nothing(Basis::Empty) },
        Missing::Remove => {
            let failed = rule.must_have_data && !rule.critical;
            Finding { critical: rule.critical, failed, ..Finding::nothing(Basis::Empty) }
        }
    }
}

fn same(canary: &Side, baseline: &Side, rule: &Rule) -> Finding {
    match are_too_few(canary, baseline, rule) {
        true => Finding::nothing(Basis::TooFew),
        false => Finding { label: Label::Pass, ..Finding::nothing(Basis::Same) },
    }
}

fn compare(canary: &Side, baseline: &Side, rule: &Rule) -> Finding {
    match rule.mode {
        Mode::Compatible => compare_compatibly(canary, baseline, rule),
        Mode::Sound => compare_soundly(canary, baseline, rule),
    }
}

fn compare_compatibly(canary: &Side, baseline: &Side, rule: &Rule) -> Finding {
    let noisy = (canary.is_constant() && baseline.is_constant())
        .then(|| (compatible::with_noise(canary), compatible::with_noise(baseline)));
    let (x, y) = noisy.as_ref().map_or((&canary.sorted, &baseline.sorted), |(x, y)| (x, y));
    let ranking = Ranking { canary: x, baseline: y };
    let shift = compatible::shift(ranking, rule.confidence);
    let effect = effect::effect_of(ranking, rule.effect, rule.mode);
    if shift.interval.is_none() {
        return Finding { critical: rule.critical, ..Finding::nothing(Basis::Tied) };
    }
    let pass = Finding { label: Label::Pass, shift: Some(shift), effect, ..Finding::nothing(Basis::Interval) };
    by_interval(shift, effect, rule).map_or(pass, |way| pass.moved(way, rule))
}

fn compare_soundly(canary: &Side, baseline: &Side, rule: &Rule) -> Finding {
    let ranking = Ranking { canary: &canary.sorted, baseline: &baseline.sorted };
    let shift = sound::shift(ranking, rule.confidence);
    let effect = effect::effect_of(ranking, rule.effect, rule.mode);
    let counted = sparse::counted(ranking);
    let found = Finding { shift: Some(shift), effect, counted, ..Finding::nothing(Basis::Interval) };
    if let Some(way) = by_interval(shift, effect, rule) {
        return found.moved(way, rule);
    }
    let more = counted.and_then(|it| sparse::way(it, ranking, rule.confidence));
    if let Some(way) = more.filter(|way| way.is_minded(rule.direction) && way.counts(effect, rule.allowed())) {
        return Finding { basis: Basis::Counts, ..found }.moved(way, rule);
    }
    // Few samples may convict, as the interval allows for their number; they never acquit.
    let is_unsure = shift.interval.is_none() || are_too_few(canary, baseline, rule);
    let (label, basis) = if is_unsure { (Label::NoData, Basis::TooFew) } else { (Label::Pass, Basis::Interval) };
    Finding { label, basis, ..found }
}

/// Returns the way in which the canary has moved, if the rule minds it: wholly beyond what is tolerated, and far enough.
fn by_interval(shift: Shift, effect: Option<f64>, rule: &Rule) -> Option<Way> {
    let has_moved = |way: &Way| {
        let is_beyond = Margin::of(*way, shift, effect, rule).is_some_and(|it| it.interval > 0.0);
        is_beyond && way.counts(effect, rule.allowed())
    };
    Way::BOTH.into_iter().find(has_moved)
}

fn are_too_few(canary: &Side, baseline: &Side, rule: &Rule) -> bool {
    canary.sorted.len().min(baseline.sorted.len()) < rule.samples_to_pass() as usize
}

impl Finding {
    fn nothing(basis: Basis) -> Finding {
        Finding {
            label: Label::NoData,
            basis,
            critical: false,
            failed: false,
            shift: None,
            effect: None,
            counted: None,
        }
    }

    fn moved(self, way: Way, rule: &Rule) -> Finding {
        let label = match way {
            Way::High => Label::High,
            Way::Low => Label::Low,
        };
        let critical = rule.critical().is_some_and(|bounds| way.counts(self.effect, bounds));
        Finding { label, critical, ..self }
    }
}
