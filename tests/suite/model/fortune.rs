//! What the world answers and what people say: drawn from a seed for each name, and for each time that it is asked. The
//! engine and the plain reading of the language ask the same one.

use std::cell::RefCell;
use std::collections::BTreeMap;

use fastrand::Rng;

#[derive(Debug)]
pub struct Fortune {
    seed: u64,
    /// How many in a thousand go wrong.
    odds: u32,
    asked: RefCell<BTreeMap<String, u32>>,
}

/// What a metric or a probe says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// From 0 to 99.
    Number(i64),
    /// It answers, and has no data.
    Absent,
    /// It does not answer.
    Silent,
}

/// What people do who are asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// As many as are needed say yes, each after so long.
    Yes {
        after_ms: Vec<i64>,
    },
    No {
        after_ms: i64,
    },
    Silence,
}

impl Fortune {
    pub fn new(seed: u64, odds: u32) -> Fortune {
        Fortune { seed, odds, asked: RefCell::default() }
    }

    /// Returns how long a command takes, and whether it succeeds.
    pub fn command(&self, name: &str) -> (i64, bool) {
        let mut drawn = self.draw(name);
        let takes_ms = drawn.i64(1_000..600_000);
        // Ways back fail less often, so that most of them come to their end.
        let odds = if name.starts_with("undo ") { self.odds / 2 } else { self.odds };
        (takes_ms, name == "last" || drawn.u32(0..1000) >= odds)
    }

    /// Returns how long a question takes to be answered.
    pub fn asking_ms(&self, name: &str) -> i64 {
        self.draw(name).i64(1..2_000)
    }

    pub fn reading(&self, name: &str) -> Reading {
        let mut drawn = self.draw(name);
        match drawn.u32(0..1000) {
            it if it < self.odds / 4 => Reading::Absent,
            it if it < self.odds / 2 => Reading::Silent,
            _ => Reading::Number(drawn.i64(0..100)),
        }
    }

    /// Returns what people say; a question without a limit is always answered, and so is one that is asked again.
    pub fn word(&self, name: &str, need: u32, within_ms: Option<i64>) -> Word {
        let is_first = !self.asked.borrow().contains_key(name);
        let mut drawn = self.draw(name);
        let most_ms = within_ms.unwrap_or(3_600_000);
        let kind = if is_first { drawn.u32(0..8) } else { 7 };
        match (kind, within_ms) {
            (0, _) => Word::No { after_ms: drawn.i64(1_000..most_ms) },
            (1, Some(_)) => Word::Silence,
            (2, Some(_)) => {
                let latest_ms = most_ms + drawn.i64(1_000..3_600_000);
                let mut after_ms: Vec<i64> = (1..need).map(|_| drawn.i64(1_000..most_ms)).collect();
                after_ms.push(latest_ms);
                Word::Yes { after_ms }
            }
            _ => Word::Yes { after_ms: (0..need).map(|_| drawn.i64(1_000..most_ms)).collect() },
        }
    }

    fn draw(&self, name: &str) -> Rng {
        let mut asked = self.asked.borrow_mut();
        let times = asked.entry(name.to_owned()).or_default();
        *times += 1;
        let text = name.bytes().fold(self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211));
        Rng::with_seed(text.wrapping_mul(31).wrapping_add(u64::from(*times)))
    }
}
