//! Why a verdict was what it was, in a few sentences: what was asked, what came of it, and what would have made it the
//! other way round. Reads what the run remembers and nothing else.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Board;
use crate::engine::{Event, Evidence, Truth, WatchFrame, explain, first_failure};
use crate::model::Act;
use crate::plan::{NodeKind, Place};
use crate::value::{At, Compared, Value, briefly, compare};

/// The last verdict at a place.
#[derive(Debug, Clone)]
struct Verdict {
    at: At,
    truth: Truth,
    evidence: Vec<Evidence>,
    watch: Option<WatchFrame>,
}

/// Keeps the last verdict of every place while the events of a run go by.
#[derive(Debug)]
pub struct Verdicts {
    board: Board,
    last: BTreeMap<Place, Verdict>,
    /// Who was held back by a window last, and by what.
    shut: BTreeMap<Place, (At, String)>,
}

/// What there is to say about a verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    pub path: String,
    pub at: Option<String>,
    /// `holds`, `violated`, `unknown`; none if there was no condition.
    pub truth: Option<Truth>,
    /// Sentences.
    pub sentences: Vec<String>,
    pub evidence: Vec<Evidence>,
}

/// More evidence than this is only counted.
const SHOWN_MAX: usize = 8;

impl Verdicts {
    pub fn new(board: Board) -> Verdicts {
        Verdicts { board, last: BTreeMap::new(), shut: BTreeMap::new() }
    }

    /// Takes in what happened.
    pub fn hear(&mut self, at: At, event: &Event) {
        self.board.hear(at, event);
        match event {
            Event::Evaluated { place, truth, evidence, .. } => {
                let watch = self.board.run.frame(*place).and_then(|it| it.as_watch()).cloned();
                self.last.insert(*place, Verdict { at, truth: *truth, evidence: evidence.clone(), watch });
            }
            Event::Held { place, why, .. } => {
                self.shut.insert(*place, (at, why.clone()));
            }
            _ => {}
        }
    }

    /// Explains the last verdict at or beneath a path; without one that for which the run ended or rests, or the last
    /// of all. None if nothing was ever decided there.
    pub fn why(&self, path: Option<&str>) -> Option<Why> {
        let failure = first_failure(&self.board.run);
        let place = match path {
            Some(path) => self.last_at(path)?,
            None => match failure.as_ref().and_then(|(place, _)| *place) {
                Some(place) => place,
                None => self.newest()?,
            },
        };
        let mut sentences = Vec::new();
        let verdict = self.last.get(&place);
        if let Some((_, cause)) = failure.filter(|(at, _)| verdict.is_none() && *at == Some(place)) {
            sentences.push(format!("It failed: {}.", explain(&self.board.plan, &self.board.run, cause)));
        }
        if let (None, Some((at, why))) = (verdict, self.shut.get(&place)) {
            sentences.push(format!("Its window was shut at {at}: {why}."));
        }
        if let Some(verdict) = verdict {
            self.of_verdict(place, verdict, &mut sentences);
        }
        Some(Why {
            path: self.board.plan.path(place),
            at: verdict.map(|it| it.at.to_string()),
            truth: verdict.map(|it| it.truth),
            sentences,
            evidence: verdict.map(|it| it.evidence.clone()).unwrap_or_default(),
        })
    }

    fn last_at(&self, path: &str) -> Option<Place> {
        let beneath = |place: &Place| {
            let rest = self.board.plan.rest_after(*place, path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '~']))
        };
        let decided = self.last.iter().filter(|(place, _)| beneath(place));
        // What went wrong says more than what was well at the same time.
        let worst = decided.max_by_key(|(_, it)| (it.truth != Truth::Holds, it.at)).map(|(place, _)| *place);
        worst.or_else(|| self.shut.iter().filter(|(place, _)| beneath(place)).map(|(place, _)| *place).next_back())
    }

    fn newest(&self) -> Option<Place> {
        self.last.iter().max_by_key(|(_, it)| it.at).map(|(place, _)| *place)
    }

    fn of_verdict(&self, place: Place, verdict: &Verdict, sentences: &mut Vec<String>) {
        let shown = self.shown(place);
        sentences.push(match verdict.truth {
            Truth::Holds => format!("{shown} held at {}.", verdict.at),
            Truth::Violated => format!("{shown} did not hold at {}.", verdict.at),
            Truth::Unknown => format!("It was not known at {} whether {shown} holds.", verdict.at),
        });
        if let Some(watch) = &verdict.watch {
            sentences.push(watched(watch));
        }
        let speaking: Vec<&Evidence> = match verdict.truth {
            Truth::Holds => {
                let warnings = verdict.evidence.iter().filter(|it| it.warns);
                let decided: Vec<&Evidence> = verdict.evidence.iter().filter(|it| !it.warns).collect();
                nearest(&decided).into_iter().chain(warnings).collect()
            }
            Truth::Violated | Truth::Unknown => verdict
                .evidence
                .iter()
                .filter(|it| it.truth == verdict.truth && is_rule(it, &verdict.evidence))
                .collect(),
        };
        sentences.extend(speaking.iter().take(SHOWN_MAX).map(|it| sentence(it)));
        if speaking.iter().any(|it| it.what.contains("trend(")) {
            // What a rule says of a trend is one number; how it was come by is with the samples.
            let trends = verdict.evidence.iter().filter(|it| it.bound.is_none() && it.what.starts_with("trend("));
            let read = trends.filter(|it| it.value.is_some()).take(SHOWN_MAX);
            sentences.extend(read.map(|it| format!("{} is {}.", it.what, it.why)));
        }
        if let Some(more @ 1..) = speaking.len().checked_sub(SHOWN_MAX) {
            sentences.push(format!("The same is so for {more} more."));
        }
    }

    fn shown(&self, place: Place) -> String {
        let text = match &self.board.plan.node(place.node).kind {
            NodeKind::Act(act) => match &**act {
                Act::Check(check) => check.shown.clone(),
                Act::Watch(watch) | Act::Guard(watch) => watch.shown.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        if text.is_empty() { "the condition".to_owned() } else { format!("`{text}`") }
    }
}

/// Whether evidence is a rule of its own, or the only kind there is: a sample that a rule compares speaks through it.
fn is_rule(evidence: &Evidence, all: &[Evidence]) -> bool {
    evidence.bound.is_some() || evidence.value.is_none() || all.iter().all(|it| it.bound.is_none())
}

/// Returns the evidence that came nearest to its limit.
fn nearest<'e>(evidence: &[&'e Evidence]) -> Option<&'e Evidence> {
    let share = |it: &&Evidence| -> Option<f64> {
        let (margin, bound) = (it.margin.as_ref()?.as_number()?, it.bound.as_ref()?.as_number()?);
        Some(if bound == 0.0 { margin.abs() } else { (margin / bound).abs() })
    };
    let measured = evidence.iter().copied().filter(|it| share(it).is_some());
    measured.min_by(|a, b| share(a).partial_cmp(&share(b)).unwrap_or(std::cmp::Ordering::Equal))
}

fn watched(watch: &WatchFrame) -> String {
    let WatchFrame { samples, violated, violated_in_a_row, .. } = watch;
    format!("It was sample {samples}; {violated} were violated, the last {violated_in_a_row} of them in a row.")
}

/// Says what was compared, and what would have made it otherwise.
fn sentence(evidence: &Evidence) -> String {
    let Evidence { what, truth, why, value, bound, margin, warns: _ } = evidence;
    let (Some(value), Some(bound)) = (value, bound) else {
        let because = if why.is_empty() { String::new() } else { format!(": {why}") };
        return match truth {
            Truth::Holds => format!("{what}{because} is fine."),
            Truth::Violated => format!("{what} says no{because}."),
            Truth::Unknown => format!("{what} is not known{because}."),
        };
    };
    let above = matches!(compare(value, bound), Compared::Ordered(std::cmp::Ordering::Greater));
    let (value, bound) = briefly(value, bound);
    let Some(margin) = margin.as_ref().map(Value::brief) else {
        return format!("{what}: {value} was compared with {bound}.");
    };
    let (other, too) = if above { ("less", "much") } else { ("more", "little") };
    match truth {
        Truth::Holds => format!("{what}: {value} against {bound}; {margin} {other} would have been the limit."),
        Truth::Violated => format!("{what}: {value} against {bound}, {margin} too {too}."),
        Truth::Unknown => format!("{what}: {value} against {bound}, and {why}."),
    }
}
