//! What the world answers and how long it takes: drawn from a seed and the question alone, so that a question has
//! the same answer whenever it is asked.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Asked, Cast, Unasked};
use crate::engine::{
    Answer, Command, Done, Event, Fault, FaultKind, Job, MetricAsk, MetricSource, PauseReason, Person, ProbeAsk,
    ProbeJob, Probed, Run,
};
use crate::plan::{Place, Plan};
use crate::value::{At, Type, Value};

/// How often things go wrong, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odds {
    pub job_fails: u32,
    pub probe_violated: u32,
    pub probe_unknown: u32,
    /// One who is asked says no.
    pub person_rejects: u32,
    /// One who is asked says nothing at all.
    pub person_silent: u32,
    /// One who is asked takes hours to answer rather than minutes.
    pub person_late: u32,
}

impl Odds {
    /// Everything succeeds.
    pub const NONE: Odds =
        Odds { job_fails: 0, probe_violated: 0, probe_unknown: 0, person_rejects: 0, person_silent: 0, person_late: 0 };
}

/// A world that answers from a seed.
#[derive(Debug, Clone, Copy)]
pub struct Luck {
    pub seed: u64,
    pub odds: Odds,
}

/// The world and the people of a run whose fate is drawn.
#[derive(Debug)]
pub(super) struct Fortune {
    luck: Luck,
    decisions: u64,
    /// What people will say, by when and in which order; they live on when the engine dies.
    replies: BTreeMap<(At, u64), (Person, Command)>,
    said: u64,
    /// How often people were asked at each place.
    requests: BTreeMap<Place, u32>,
}

impl Fortune {
    pub fn new(luck: Luck) -> Fortune {
        Fortune { luck, decisions: 0, replies: BTreeMap::new(), said: 0, requests: BTreeMap::new() }
    }

    /// When everybody was silent, somebody who is asked says yes in the end; none if nobody is asked.
    fn persuade(plan: &Plan, run: &Run) -> Option<(i64, Person, Command)> {
        run.requests().find_map(|(place, request)| {
            let ask = plan.ask_at(place.node)?;
            let item = request.open_items().next().map_or(0, |(at, _)| at as usize);
            let by = request.missing().next()?;
            Some((3_600_000, Person(by.clone()), super::people::yes(&ask.kind, plan.path(place), item)))
        })
    }
}

impl Cast for Fortune {
    fn answer(&mut self, asked: &Asked) -> (i64, Answer) {
        self.luck.answer(asked.place, asked.attempt, asked.job)
    }

    /// People hear what they are asked, and will say what they say.
    fn hear(&mut self, plan: &Plan, run: &Run, at: At, event: &Event) {
        let Event::ApprovalRequested { place, .. } = event else { return };
        let Some(request) = run.request(*place) else { return };
        let nth = self.requests.entry(*place).or_default();
        *nth += 1;
        for (after_ms, by, command) in self.luck.replies(plan, *place, *nth, request) {
            self.said += 1;
            self.replies.insert((at.plus_ms(after_ms), self.said), (by, command));
        }
    }

    fn next_turn(&self) -> Option<At> {
        self.replies.keys().next().map(|(at, _)| *at)
    }

    fn take_turn(&mut self, _run: &Run) -> Option<Unasked> {
        self.replies.pop_first().map(|(_, (by, command))| Unasked::Command(by, command))
    }

    /// A person decides what a paused run waits for.
    fn decide(&mut self, plan: &Plan, run: &Run) -> Option<(i64, Person, Command)> {
        let Some(paused) = run.paused() else { return Fortune::persuade(plan, run) };
        self.decisions += 1;
        let command = match paused {
            // In the end a person loses patience.
            _ if self.decisions > 50 => Command::Rollback { reason: None },
            PauseReason::Asked { .. }
            | PauseReason::Said { .. }
            | PauseReason::Unanswered { .. }
            | PauseReason::Rejected { .. }
                if run.awaiting().next().is_none() =>
            {
                Command::Resume { reason: None }
            }
            _ => match self.luck.choose(self.decisions, 4) {
                0 => Command::Skip { path: None, reason: None },
                1 => Command::Rollback { reason: None },
                _ => Command::Retry { path: None, reason: None },
            },
        };
        Some((60_000, Person("sim".into()), command))
    }
}

impl Luck {
    /// Returns what the world answers, and after how many milliseconds.
    pub fn answer(&self, place: Place, attempt: u32, job: &Job) -> (i64, Answer) {
        let mut random = self.random(place, attempt);
        let takes_ms = random.i64(10..600_000);
        let answer = match job {
            Job::Command(_) | Job::Http(_) | Job::Router(_) | Job::Notice(_)
                if random.u32(0..1000) < self.odds.job_fails =>
            {
                let message = "exit code 1".to_owned();
                Answer::Fault(Fault { kind: FaultKind::Refused, message, code: Some(1) })
            }
            Job::Command(_) | Job::Http(_) | Job::Router(_) | Job::Notice(_) => Answer::Done(Done::default()),
            Job::Probes { probes } => {
                Answer::Probed { results: probes.iter().map(|it| self.probed(it, &mut random)).collect() }
            }
        };
        (takes_ms, answer)
    }

    /// Returns a number below a bound for something that a person decides at a point of a run.
    pub fn choose(&self, point: u64, below: u32) -> u32 {
        fastrand::Rng::with_seed(self.seed ^ point.wrapping_mul(0x9E37_79B9_7F4A_7C15)).u32(0..below)
    }

    fn probed(&self, probe: &ProbeJob, random: &mut fastrand::Rng) -> Probed {
        if let ProbeAsk::Metric(ask) = &probe.ask {
            if ask.series {
                let values = (0..60).map(|_| random.i64(0..100) as f64).collect();
                let (from, to) = ask.over.unwrap_or_default();
                let times = (0..60).map(|it| from.plus_ms(to.since_ms(from) * it / 60));
                return Probed::Series { values, times: if ask.timed { times.collect() } else { Vec::new() } };
            }
            return self.sampled(ask, random);
        }
        let drawn = random.u32(0..1000);
        if drawn < self.odds.probe_violated {
            Probed::Violated { why: "drawn".to_owned() }
        } else if drawn < self.odds.probe_violated + self.odds.probe_unknown {
            Probed::Unknown { why: "drawn".to_owned() }
        } else {
            Probed::Holds
        }
    }

    /// Draws a sample: mostly something small, now and then nothing.
    fn sampled(&self, ask: &MetricAsk, random: &mut fastrand::Rng) -> Probed {
        let drawn = random.u32(0..1000);
        if drawn < self.odds.probe_unknown {
            return Probed::Unknown { why: "drawn".to_owned() };
        }
        let bad = drawn < self.odds.probe_unknown + self.odds.probe_violated;
        // Where nothing goes wrong a number never changes, and no alert fires.
        let number = match bad {
            true => random.i64(0..100_000),
            false if matches!(ask.source, MetricSource::Alertmanager { .. }) => 0,
            false if self.odds == Odds::NONE => 50,
            false => random.i64(0..100),
        };
        Probed::Sampled {
            note: None,
            value: match ask.of {
                Type::Percent => Value::Percent(number as f64 / 100.0),
                Type::Duration => Value::Duration(number),
                Type::Size => Value::Size(number.unsigned_abs()),
                Type::Int => Value::Int(number),
                _ => Value::Number(number as f64),
            },
        }
    }

    pub(super) fn random(&self, place: Place, attempt: u32) -> fastrand::Rng {
        // The standard hasher has fixed keys: the same question draws the same number in every process.
        let mut hasher = DefaultHasher::new();
        (self.seed, place, attempt).hash(&mut hasher);
        fastrand::Rng::with_seed(hasher.finish())
    }
}
