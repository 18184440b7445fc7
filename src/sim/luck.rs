//! What the world answers and how long it takes: drawn from a seed and the question alone, so that a question has
//! the same answer whenever it is asked.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::engine::{Answer, Done, Fault, FaultKind, Job, ProbeAsk, ProbeJob, Probed};
use crate::plan::Place;
use crate::value::{Type, Value};

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
}

impl Odds {
    /// Everything succeeds.
    pub const NONE: Odds =
        Odds { job_fails: 0, probe_violated: 0, probe_unknown: 0, person_rejects: 0, person_silent: 0 };
}

/// A world that answers from a seed.
#[derive(Debug, Clone, Copy)]
pub struct Luck {
    pub seed: u64,
    pub odds: Odds,
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
            return self.sampled(&ask.of, random);
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
    fn sampled(&self, of: &Type, random: &mut fastrand::Rng) -> Probed {
        let drawn = random.u32(0..1000);
        if drawn < self.odds.probe_unknown {
            return Probed::Unknown { why: "drawn".to_owned() };
        }
        let bad = drawn < self.odds.probe_unknown + self.odds.probe_violated;
        let number = if bad { random.i64(0..100_000) } else { random.i64(0..100) };
        Probed::Sampled {
            value: match of {
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
