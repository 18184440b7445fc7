//! Whether a run's records are still the ones that were written. Reads, compares, and repairs nothing.

use smol_str::SmolStr;

use super::reader::Stored;
use super::record::read_body;
use super::{Hash, JournalError, Reader};
use crate::engine::Event;

/// What the check of one run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub run: SmolStr,
    pub records: u64,
    /// Where the chain ends: publish it, and a journal that was cut short shows.
    pub head: Hash,
    /// The first place that does not hold.
    pub broken: Option<Broken>,
}

/// The first record that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub seq: u64,
    pub number: u64,
    /// A sentence without a period.
    pub why: String,
}

const PAGE: usize = 4096;

/// Walks the hash chain of a run from its first record to its last, and checks its plan.
pub fn verify(reader: &Reader, run: &str) -> Result<Verified, JournalError> {
    let summary = reader.run(run)?;
    let mut verified = Verified { run: summary.id, records: 0, head: Hash::NONE, broken: None };
    let mut after = 0;
    loop {
        let page = reader.stored(Some(run), after, PAGE)?;
        let Some(last) = page.last() else { return Ok(verified) };
        after = last.seq;
        for stored in &page {
            if let Some(why) = trouble(reader, &verified, stored) {
                verified.broken = Some(Broken { seq: stored.seq, number: stored.number, why });
                return Ok(verified);
            }
            verified.records += 1;
            verified.head = stored.hash;
        }
    }
}

fn trouble(reader: &Reader, verified: &Verified, stored: &Stored) -> Option<String> {
    let expected = verified.records + 1;
    if stored.number != expected {
        return Some(format!("it is numbered {}, and {expected} comes next", stored.number));
    }
    let link = verified.head.link(&stored.run, stored.number, stored.at, stored.body.as_bytes());
    if link != stored.hash {
        return Some("its hash is not that of its content".to_owned());
    }
    match (read_body(&stored.body), expected) {
        (Err(error), _) => Some(format!("it cannot be read: {error}")),
        (Ok(Event::RunStarted(started)), 1) => plan_trouble(reader, &started.plan),
        (Ok(_), 1) => Some("a run begins with `run_started`".to_owned()),
        (Ok(_), _) => None,
    }
}

fn plan_trouble(reader: &Reader, digest: &str) -> Option<String> {
    match reader.plan_body(digest) {
        Err(error) => Some(error.to_string()),
        Ok(body) if Hash::of(&body).to_string() != digest => {
            Some(format!("its plan is not the one of digest `{digest}`"))
        }
        Ok(_) => None,
    }
}
