//! Several verdicts together: groups, their weights, a score from 0 to 100, and what it says of the canary.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Amount, Label, Mode, Rule, Samples, Verdict, judge};
use crate::eval::Truth;

/// One metric among several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: SmolStr,
    /// Metrics of one group share its weight.
    pub group: SmolStr,
    /// The weight of its group, out of 100; the first metric of a group that says one says it for all. None: what the
    /// others leave, in equal parts.
    #[serde(default)]
    pub weight: Option<Amount>,
    /// Judged and shown, and left out of the score.
    #[serde(default)]
    pub muted: bool,
    #[serde(default)]
    pub rule: Rule,
}

/// What a score must reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scoring {
    /// Default: sound.
    pub mode: Mode,
    /// The least score that passes. Default: 95.
    pub pass: Amount,
    /// The least score that is no failure. Default: 75.
    pub marginal: Amount,
}

/// What all metrics together say, with the evidence of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// From 0 to 100, with two decimals.
    pub score: f64,
    /// Whether the canary passes, fails, or neither is known.
    pub truth: Truth,
    /// In words, without a period.
    pub reason: String,
    pub groups: Vec<GroupScore>,
    pub metrics: Vec<JudgedMetric>,
}

/// One metric and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedMetric {
    pub metric: Metric,
    pub verdict: Verdict,
}

/// What the metrics of one group say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupScore {
    pub group: SmolStr,
    /// From 0 to 100; none: nothing is known of any of its metrics.
    pub score: Option<f64>,
    /// Its share of the whole, out of 100.
    pub weight: f64,
}

impl Default for Scoring {
    fn default() -> Scoring {
        let amount = |number| Amount::try_from(number).expect("these are amounts");
        Scoring { mode: Mode::Sound, pass: amount(95.0), marginal: amount(75.0) }
    }
}

/// Judges several metrics and scores them together.
pub fn judge_all(metrics: Vec<(Metric, Samples)>, scoring: &Scoring) -> Judgement {
    let judged = |(metric, samples): (Metric, Samples)| {
        let verdict = judge(&samples, &metric.rule);
        JudgedMetric { metric, verdict }
    };
    score(metrics.into_iter().map(judged).collect(), scoring)
}

/// Scores metrics that have been judged.
pub fn score(metrics: Vec<JudgedMetric>, scoring: &Scoring) -> Judgement {
    let counted: Vec<&JudgedMetric> = metrics.iter().filter(|it| !it.metric.muted).collect();
    let groups = group_scores(&counted);
    let (score, truth, reason) = match spoiled(&counted, scoring.mode) {
        Some((truth, reason)) => (0.0, truth, reason),
        None => weighed(&groups, &counted, scoring),
    };
    Judgement { score, truth, reason, groups, metrics }
}

/// Returns what is said where no score is worked out.
fn spoiled(counted: &[&JudgedMetric], mode: Mode) -> Option<(Truth, String)> {
    if let Some(critical) = counted.iter().find(|it| it.verdict.critical && it.verdict.label != Label::Pass) {
        return Some((Truth::Violated, format!("`{}`: {}", critical.metric.name, critical.verdict.reason)));
    }
    let unknown = counted.iter().filter(|it| says_nothing(&it.verdict)).count();
    let is_unknown = unknown * 2 >= counted.len();
    is_unknown.then(|| {
        let truth = match mode {
            Mode::Sound => Truth::Unknown,
            Mode::Compatible => Truth::Violated,
        };
        (truth, format!("{unknown} of {} metrics have too little data", counted.len()))
    })
}

fn weighed(groups: &[GroupScore], counted: &[&JudgedMetric], scoring: &Scoring) -> (f64, Truth, String) {
    let score = match scoring.mode {
        Mode::Sound => sound_score(groups),
        Mode::Compatible => compatible_score(groups),
    };
    let score = (score * 100.0).round() / 100.0;
    let (pass, marginal) = (scoring.pass.get(), scoring.marginal.get());
    let untold = counted.iter().find(|it| it.metric.rule.critical && says_nothing(&it.verdict));
    if let (Some(untold), Mode::Sound) = (untold, scoring.mode)
        && score >= marginal
    {
        let reason = format!("nothing is known of `{}`, which is critical", untold.metric.name);
        return (score, Truth::Unknown, reason);
    }
    if score >= pass {
        (score, Truth::Holds, format!("the score {score} reaches {pass}"))
    } else if score >= marginal {
        (score, Truth::Unknown, format!("the score {score} reaches {marginal} and not {pass}"))
    } else {
        (score, Truth::Violated, format!("the score {score} is below {marginal}"))
    }
}

/// Weighs the groups of which something is known.
fn sound_score(groups: &[GroupScore]) -> f64 {
    let known = || groups.iter().filter_map(|it| Some((it.score?, it.weight)));
    let weight: f64 = known().map(|(_, weight)| weight).sum();
    if weight > 0.0 { known().map(|(score, weight)| score * weight).sum::<f64>() / weight } else { 0.0 }
}

/// Counts a group of which nothing is known as if all was well, as the judge that release engineers know does.
fn compatible_score(groups: &[GroupScore]) -> f64 {
    groups.iter().map(|it| it.score.unwrap_or(100.0) * it.weight / 100.0).sum()
}

fn group_scores(counted: &[&JudgedMetric]) -> Vec<GroupScore> {
    let mut groups: BTreeMap<&SmolStr, Vec<&JudgedMetric>> = BTreeMap::new();
    for judged in counted {
        groups.entry(&judged.metric.group).or_default().push(judged);
    }
    let said = |group: &[&JudgedMetric]| group.iter().find_map(|it| it.metric.weight).map(Amount::get);
    let all_said: f64 = groups.values().filter_map(|it| said(it)).sum();
    let unsaid = groups.values().filter(|it| said(it).is_none()).count();
    let left = (100.0 - all_said).max(0.0) / unsaid.max(1) as f64;
    let score = |(group, metrics): (&&SmolStr, &Vec<&JudgedMetric>)| GroupScore {
        group: (*group).clone(),
        score: group_score(metrics),
        weight: said(metrics).unwrap_or(left),
    };
    groups.iter().map(score).collect()
}

fn group_score(group: &[&JudgedMetric]) -> Option<f64> {
    let told = group.iter().filter(|it| !says_nothing(&it.verdict)).count();
    let passed = group.iter().filter(|it| it.verdict.label == Label::Pass).count();
    (told > 0).then(|| 100.0 * passed as f64 / told as f64)
}

fn says_nothing(verdict: &Verdict) -> bool {
    verdict.label == Label::NoData && !verdict.failed
}
