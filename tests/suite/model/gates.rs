//! Conditions as the language says it: three answers, what a gate demands, what absent data counts as, what has to last.
//! Knows readings and when they were taken; asks nobody.

use super::fortune::Reading;
use super::saga::{Condition, Missing, Source, Term};

/// Some: it holds or is violated; none: nobody knows.
pub type Truth = Option<bool>;

/// What was seen of a threshold: when, whether its condition was so, and as the how many-th thing of the run.
pub type Samples = Vec<(i64, Truth, u64)>;

/// One look at a condition.
pub struct Look<'a> {
    pub condition: &'a Condition,
    /// What each source said; none: it was not asked.
    pub readings: Vec<Option<Reading>>,
    /// What the threshold has come to by now.
    pub lasting: Truth,
}

impl Condition {
    /// Returns which of its sources are asked.
    pub fn asked(&self) -> Vec<bool> {
        let mut asked = vec![false; self.sources.len()];
        let mut lasts = false;
        self.rules.iter().for_each(|it| it.term.asks(&mut asked, &mut lasts));
        if let Some((term, _)) = self.threshold.as_ref().filter(|_| lasts) {
            term.asks(&mut asked, &mut lasts);
        }
        asked
    }

    pub fn uses_threshold(&self) -> bool {
        let mut lasts = false;
        self.rules.iter().for_each(|it| it.term.asks(&mut vec![false; self.sources.len()], &mut lasts));
        lasts
    }
}

impl Term {
    fn asks(&self, asked: &mut [bool], lasts: &mut bool) {
        match self {
            Term::Up(at) | Term::Below(at, _) | Term::Above(at, _) => asked[*at] = true,
            Term::Lasting => *lasts = true,
            Term::Not(term) => term.asks(asked, lasts),
            Term::And(left, right) | Term::Or(left, right) => {
                left.asks(asked, lasts);
                right.asks(asked, lasts);
            }
        }
    }
}

impl Look<'_> {
    /// Returns what a gate, or the one condition that stands by itself, comes to.
    pub fn truth(&self) -> Truth {
        if self.condition.dry_run {
            return Some(true);
        }
        let rules = self.condition.rules.iter().filter(|it| it.demand != "warn");
        all(rules.map(|rule| match self.of(&rule.term) {
            None if self.fails(&rule.term) => Some(false),
            truth if rule.demand == "forbid" => truth.map(|it| !it),
            truth => truth,
        }))
    }

    pub fn of(&self, term: &Term) -> Truth {
        match term {
            Term::Up(at) => self.number(*at).map(|it| it >= 30),
            Term::Below(at, bound) => self.number(*at).map(|it| it < *bound),
            Term::Above(at, bound) => self.number(*at).map(|it| it > *bound),
            Term::Lasting => self.lasting,
            Term::Not(term) => self.of(term).map(|it| !it),
            Term::And(left, right) => and(self.of(left), self.of(right)),
            Term::Or(left, right) => and(self.of(left).map(|it| !it), self.of(right).map(|it| !it)).map(|it| !it),
        }
    }

    fn number(&self, at: usize) -> Option<i64> {
        match (self.readings[at], &self.condition.sources[at]) {
            (Some(Reading::Number(number)), _) => Some(number),
            (Some(Reading::Absent), Source::Metric { missing: Missing::Value(value) }) => Some(*value),
            (Some(Reading::Absent | Reading::Silent) | None, _) => None,
        }
    }

    /// Whether it hangs on data that is absent and must not be.
    fn fails(&self, term: &Term) -> bool {
        match term {
            Term::Up(_) => false,
            Term::Below(at, _) | Term::Above(at, _) => {
                let must_be = matches!(self.condition.sources[*at], Source::Metric { missing: Missing::Fail });
                must_be && self.readings[*at] == Some(Reading::Absent)
            }
            Term::Lasting => self.condition.threshold.as_ref().is_some_and(|(term, _)| self.fails(term)),
            Term::Not(term) => self.fails(term),
            Term::And(left, right) | Term::Or(left, right) => self.fails(left) || self.fails(right),
        }
    }
}

fn and(left: Truth, right: Truth) -> Truth {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, _) | (_, None) => None,
        (Some(true), Some(true)) => Some(true),
    }
}

fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut all = Some(true);
    for truth in truths {
        all = and(all, truth);
    }
    all
}

/// Samples that lie further apart say nothing of the time between them.
const REACH_MS: i64 = 2 * 3_600_000;

/// Whether something has been so in every sample for so long; the last of them is taken now. Samples from before the
/// last change say nothing.
pub fn lasting(samples: &Samples, changed: Option<u64>, wanted_ms: i64) -> Truth {
    let mut samples: Vec<_> = samples.iter().filter(|(.., nth)| changed.is_none_or(|it| *nth > it)).collect();
    if let Some(gap) = samples.windows(2).rposition(|it| it[1].0 - it[0].0 > REACH_MS) {
        samples.drain(..=gap);
    }
    let (Some((first, ..)), Some((now, ..))) = (samples.first(), samples.last()) else { return None };
    let from = now - wanted_ms;
    if *first > from {
        return None;
    }
    // What was seen last before that stretch is how it was when the stretch began.
    let begins = samples.iter().rposition(|(at, ..)| *at <= from).unwrap_or(0);
    all(samples[begins..].iter().map(|(_, truth, _)| *truth))
}
