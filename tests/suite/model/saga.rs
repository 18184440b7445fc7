//! A rollout as the plain reading sees it, and how one is drawn from a seed. Knows neither text nor meaning.

use fastrand::Rng;

pub type Said = Option<&'static str>;

#[derive(Debug, Clone)]
pub struct Saga {
    pub on_failure: &'static str,
    pub tolerate: Option<u32>,
    pub stages: Vec<Stage>,
    pub finally: bool,
}

#[derive(Debug, Clone)]
pub struct Stage {
    /// None: after the stage before.
    pub after: Option<Vec<usize>>,
    pub skipped: bool,
    pub delay_min: i64,
    pub on_failure: Said,
    /// `undo_with_run = false`.
    pub stays: bool,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub enum Entry {
    Step(Step),
    Parallel(Vec<Entry>),
    Loop(Loop),
    Check(Check),
    Watch(Watch),
    Ask(Ask),
    Require(Condition),
}

#[derive(Debug, Clone)]
pub struct Step {
    pub number: u32,
    pub commands: u32,
    pub attempts: u32,
    pub skipped: bool,
    pub undo: Option<Undo>,
}

#[derive(Debug, Clone)]
pub struct Undo {
    pub commands: u32,
    /// None: as the step has.
    pub attempts: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct Loop {
    pub number: u32,
    pub targets: usize,
    pub at_once: Option<usize>,
    /// Where each wave ends.
    pub waves: Option<Vec<usize>>,
    pub tolerate: u32,
    pub body: Vec<Entry>,
    pub after_wave: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub struct Check {
    pub condition: Condition,
    pub settle_min: i64,
    pub within_min: Option<i64>,
    pub every_min: i64,
    pub otherwise: Said,
    pub skipped: bool,
}

#[derive(Debug, Clone)]
pub struct Watch {
    pub condition: Condition,
    pub settle_min: i64,
    /// A whole number of minutes; so many samples and one more.
    pub lasts_min: i64,
    pub fail_after: Option<u32>,
    pub fail_in_a_row: Option<u32>,
    pub pass_in_a_row: Option<u32>,
    pub unknown_min: i64,
    pub on_unknown: &'static str,
    pub otherwise: Said,
}

#[derive(Debug, Clone)]
pub struct Ask {
    pub number: u32,
    pub need: u32,
    /// With seven seconds more, so that nothing else is due at the same instant.
    pub within_min: Option<i64>,
    pub on_timeout: &'static str,
    pub on_reject: &'static str,
    pub otherwise: Said,
}

/// Something that is asked of the world; its sources are named after its number.
#[derive(Debug, Clone)]
pub struct Condition {
    pub number: u32,
    pub sources: Vec<Source>,
    /// What a gate demands, or the one condition that stands by itself.
    pub rules: Vec<Rule>,
    pub is_gate: bool,
    pub dry_run: bool,
    /// The condition that has to last, and for how many minutes.
    pub threshold: Option<(Term, i64)>,
}

#[derive(Debug, Clone)]
pub enum Source {
    Probe,
    Metric { missing: Missing },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Unknown,
    Fail,
    Value(i64),
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub demand: &'static str,
    pub term: Term,
}

#[derive(Debug, Clone)]
pub enum Term {
    /// A probe holds.
    Up(usize),
    Below(usize, i64),
    Above(usize, i64),
    Lasting,
    Not(Box<Term>),
    And(Box<Term>, Box<Term>),
    Or(Box<Term>, Box<Term>),
}

/// Draws a saga.
pub fn saga(seed: u64) -> Saga {
    let mut draw = Draw { random: Rng::with_seed(seed), number: 0, is_crowded: false };
    let on_failure = draw.one_of(&["rollback", "rollback", "stop", "pause"]);
    let tolerate = draw.now_and_then(6).then(|| draw.random.u32(0..3));
    let count = draw.random.usize(1..5);
    let stages = (0..count).map(|at| draw.stage(at)).collect();
    Saga { on_failure, tolerate, stages, finally: draw.random.bool() }
}

impl Loop {
    /// Returns how many go side by side: one, or with waves as many as the largest has, unless it is said.
    pub fn lanes(&self) -> usize {
        let sizes = |ends: &Vec<usize>| ends.iter().zip([0].iter().chain(ends)).map(|(end, start)| end - start).max();
        self.at_once.or_else(|| sizes(self.waves.as_ref()?)).unwrap_or(1)
    }
}

struct Draw {
    random: Rng,
    number: u32,
    /// Whether like elements go side by side: then nothing may be due in all of them at one instant.
    is_crowded: bool,
}

const OTHERWISE: [&str; 5] = ["rollback", "rollback_stage", "pause", "stop", "warn"];

impl Draw {
    fn now_and_then(&mut self, of: u32) -> bool {
        self.random.u32(0..of) == 0
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.random.usize(0..words.len())]
    }

    fn next(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    fn stage(&mut self, at: usize) -> Stage {
        let after = match self.random.u32(0..4) {
            0 => Some(Vec::new()),
            1 if at > 1 => Some((0..at).filter(|_| self.random.bool()).collect()),
            _ => None,
        };
        let count = self.random.usize(1..4);
        Stage {
            after,
            skipped: self.now_and_then(10),
            delay_min: if self.now_and_then(4) { self.random.i64(1..30) } else { 0 },
            on_failure: self.now_and_then(4).then(|| self.one_of(&["rollback", "rollback_stage", "pause", "stop"])),
            stays: self.now_and_then(6),
            entries: (0..count).map(|_| self.entry(0)).collect(),
        }
    }

    /// Draws an entry, in so many loops.
    fn entry(&mut self, depth: u32) -> Entry {
        match self.random.u32(0..12) {
            0 | 1 if depth == 0 => Entry::Loop(self.a_loop(depth)),
            2 | 3 if depth < 2 => Entry::Loop(self.a_loop(depth)),
            4 => {
                let count = self.random.usize(2..4);
                Entry::Parallel((0..count).map(|_| self.part()).collect())
            }
            5 => Entry::Check(self.check()),
            6 => Entry::Watch(self.watch()),
            7 if self.random.bool() => Entry::Require(self.condition()),
            8 => Entry::Ask(self.ask()),
            _ => Entry::Step(self.step()),
        }
    }

    fn part(&mut self) -> Entry {
        match self.random.u32(0..4) {
            0 => Entry::Check(self.check()),
            _ => Entry::Step(self.step()),
        }
    }

    fn step(&mut self) -> Step {
        let attempts = if self.now_and_then(3) { self.random.u32(2..4) } else { 1 };
        let undo = (!self.now_and_then(5)).then(|| Undo {
            commands: self.random.u32(1..3),
            attempts: self.now_and_then(4).then(|| self.random.u32(1..4)),
        });
        let (number, commands) = (self.next(), self.random.u32(1..3));
        Step { number, commands, attempts, skipped: self.now_and_then(10), undo }
    }

    fn a_loop(&mut self, depth: u32) -> Loop {
        let targets = self.random.usize(1..if depth == 0 { 6 } else { 4 });
        let waves = self.now_and_then(3).then(|| {
            let first = self.random.usize(1..=targets);
            if first == targets { vec![targets] } else { vec![first, targets] }
        });
        let after_wave = match &waves {
            Some(_) if self.now_and_then(3) => vec![Entry::Check(self.check())],
            Some(_) | None => Vec::new(),
        };
        let at_once = (!self.now_and_then(3)).then(|| self.random.usize(1..=targets));
        let (number, tolerate, count) = (self.next(), self.random.u32(0..3), self.random.usize(1..4));
        let mut it = Loop { number, targets, at_once, waves, tolerate, body: Vec::new(), after_wave };
        let was_crowded = self.is_crowded;
        self.is_crowded |= it.lanes() > 1;
        it.body = (0..count).map(|_| self.entry(depth + 1)).collect();
        self.is_crowded = was_crowded;
        it
    }

    fn check(&mut self) -> Check {
        let settle_min = if self.now_and_then(3) { self.random.i64(1..4) } else { 0 };
        Check {
            condition: self.condition(),
            settle_min,
            within_min: (!self.now_and_then(4)).then(|| settle_min + self.random.i64(1..20)),
            every_min: self.random.i64(1..6),
            otherwise: self.now_and_then(3).then(|| self.one_of(&OTHERWISE)),
            skipped: self.now_and_then(12),
        }
    }

    fn watch(&mut self) -> Watch {
        let fail_in_a_row = self.now_and_then(3).then(|| self.random.u32(2..4));
        let fail_after = (fail_in_a_row.is_none() || self.now_and_then(3)).then(|| self.random.u32(1..6));
        Watch {
            condition: self.condition(),
            settle_min: if self.now_and_then(3) { self.random.i64(1..4) } else { 0 },
            lasts_min: self.random.i64(2..12),
            fail_after,
            fail_in_a_row,
            pass_in_a_row: self.now_and_then(5).then(|| self.random.u32(1..5)),
            unknown_min: self.random.i64(1..6),
            on_unknown: self.one_of(&["pause", "fail", "hold"]),
            otherwise: self.now_and_then(3).then(|| self.one_of(&OTHERWISE)),
        }
    }

    fn ask(&mut self) -> Ask {
        let unmet = ["pause", "fail", "fail", "rollback"];
        Ask {
            number: self.next(),
            need: self.random.u32(1..3),
            within_min: (!self.is_crowded && self.random.bool()).then(|| self.random.i64(5..60)),
            on_timeout: self.one_of(&unmet),
            on_reject: self.one_of(&unmet),
            otherwise: self
                .now_and_then(3)
                .then(|| self.one_of(&["rollback", "rollback_stage", "pause", "stop", "warn", "hold"])),
        }
    }

    fn condition(&mut self) -> Condition {
        let number = self.next();
        let is_gate = self.now_and_then(2);
        let rules = if is_gate { self.random.usize(1..4) } else { 1 };
        let count = self.random.usize(1..4);
        let sources: Vec<Source> = (0..count).map(|_| self.source()).collect();
        let threshold = self.now_and_then(4).then(|| (self.leaf(&sources, false), self.random.i64(1..4)));
        let lasting = threshold.is_some();
        let rules = (0..rules)
            .map(|_| Rule {
                demand: if is_gate { self.one_of(&["require", "require", "forbid", "warn"]) } else { "require" },
                term: self.term(&sources, lasting, 2),
            })
            .collect();
        Condition { number, sources, rules, is_gate, dry_run: is_gate && self.now_and_then(12), threshold }
    }

    fn source(&mut self) -> Source {
        match self.random.u32(0..6) {
            0 | 1 => Source::Probe,
            2 => Source::Metric { missing: Missing::Fail },
            3 => Source::Metric { missing: Missing::Value(self.random.i64(0..100)) },
            _ => Source::Metric { missing: Missing::Unknown },
        }
    }

    fn term(&mut self, sources: &[Source], lasting: bool, depth: u32) -> Term {
        let kind = if depth == 0 { 9 } else { self.random.u32(0..10) };
        let mut part = || Box::new(self.term(sources, lasting, depth.saturating_sub(1)));
        match kind {
            0 => Term::Not(part()),
            1 | 2 => Term::And(part(), part()),
            3 | 4 => Term::Or(part(), part()),
            _ => self.leaf(sources, lasting),
        }
    }

    fn leaf(&mut self, sources: &[Source], lasting: bool) -> Term {
        if lasting && self.random.bool() {
            return Term::Lasting;
        }
        let at = self.random.usize(0..sources.len());
        match (&sources[at], self.random.bool()) {
            (Source::Probe, _) => Term::Up(at),
            // Most of them hold, so that a run gets somewhere.
            (Source::Metric { .. }, true) => Term::Below(at, self.random.i64(50..100)),
            (Source::Metric { .. }, false) => Term::Above(at, self.random.i64(0..40)),
        }
    }
}
