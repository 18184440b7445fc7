//! Whether a run's records are still the ones that were written. Reads, compares, and repairs nothing.

use smol_str::SmolStr;

use super::acked::{Acked, read_slip};
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

/// Walks the hash chain of a run from its first record to its last, and checks its plan and that nothing is gone that
/// was acknowledged.
pub fn verify(reader: &Reader, run: &str) -> Result<Verified, JournalError> {
    verify_each(reader, run, &mut |_| {})
}

/// The same, and shows each record that holds.
pub fn verify_each(reader: &Reader, run: &str, seen: &mut dyn FnMut(&Stored)) -> Result<Verified, JournalError> {
    // Before the records: a slip that is read after them may know of newer ones.
    let acked = read_slip(reader.path()).unwrap_or_default().into_iter().find(|it| it.run == run);
    let summary = reader.run(run)?;
    let mut verified = Verified { run: summary.id, records: 0, head: Hash::NONE, broken: None };
    let (mut after, mut limit) = (0, PAGE);
    loop {
        let page = match reader.stored(Some(run), after, limit) {
            Ok(page) => page,
            // Record by record the one is found that cannot be read.
            Err(JournalError::Corrupt { .. }) if limit > 1 => {
                limit = 1;
                continue;
            }
            Err(JournalError::Corrupt { why, .. }) => {
                let number = verified.records + 1;
                verified.broken = Some(Broken { seq: after + 1, number, why: format!("it cannot be read: {why}") });
                return Ok(verified);
            }
            Err(error) => return Err(error),
        };
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in &page {
            if let Some(why) = trouble(reader, &verified, acked.as_ref(), stored) {
                verified.broken = Some(Broken { seq: stored.seq, number: stored.number, why });
                return Ok(verified);
            }
            verified.records += 1;
            verified.head = stored.hash;
            seen(stored);
        }
    }
    verified.broken = acked.and_then(|it| gone(&it, verified.records)).or_else(|| nothing(&verified));
    Ok(verified)
}

fn trouble(reader: &Reader, verified: &Verified, acked: Option<&Acked>, stored: &Stored) -> Option<String> {
    let expected = verified.records + 1;
    if stored.number > expected {
        return Some(format!("number {expected} should come here: records were removed, or their order changed"));
    }
    if stored.number < expected {
        return Some(format!("number {expected} should come here: records were inserted, or their order changed"));
    }
    let link = verified.head.link(&stored.run, stored.number, stored.at, &stored.body);
    if link != stored.hash {
        return Some("it was edited: its hash is not that of its content".to_owned());
    }
    if acked.is_some_and(|it| it.number == stored.number && it.hash != stored.hash) {
        return Some("it is not the record that was acknowledged under this number".to_owned());
    }
    match (read_body(&stored.body), expected) {
        (Err(error), _) => Some(format!("it cannot be read: {error}")),
        (Ok(Event::RunStarted(started)), 1) => plan_trouble(reader, &started.plan),
        (Ok(_), 1) => Some("a run begins with `run_started`".to_owned()),
        (Ok(_), _) => None,
    }
}

fn gone(acked: &Acked, records: u64) -> Option<Broken> {
    let why = format!("it was acknowledged and is gone: the run ends with number {records}");
    (acked.number > records).then_some(Broken { seq: acked.seq, number: acked.number, why })
}

fn nothing(verified: &Verified) -> Option<Broken> {
    let why = "a run has at least one record, and this one has none".to_owned();
    (verified.records == 0).then_some(Broken { seq: 0, number: 1, why })
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
