//! The whole record of a run, held against everything that vouches for it: its chain, its signed heads, its row; and
//! the journal as a file, with what is kept beside the records. Reads, compares, and repairs nothing.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::acked::read_slip;
use super::contract::exclusive_of;
use super::record::read_body;
use super::seal::{Head, Verifier};
use super::{Broken, Hash, JournalError, Reader, RunSummary, verify_each};
use crate::engine::{Event, Outcome};
use crate::value::{At, Value};

/// What the audit of one run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    pub run: SmolStr,
    pub records: u64,
    /// Where its chain ends.
    pub head: Hash,
    /// The first record that does not hold.
    pub broken: Option<Broken>,
    /// The heads that are signed and fit.
    pub signed: Vec<Head>,
    /// The key they are signed with; none for a run of a version that signed nothing.
    pub signer: Option<String>,
    /// What is wrong beside the chain, each a sentence without a period.
    pub findings: Vec<String>,
}

impl Audit {
    pub fn is_clean(&self) -> bool {
        self.broken.is_none() && self.findings.is_empty()
    }
}

/// What a chain says of its run.
#[derive(Default)]
struct Told {
    links: BTreeMap<u64, Hash>,
    first: Option<(At, Event)>,
    finished: Option<(At, Outcome)>,
    retained: bool,
}

/// Audits a run; with a key from elsewhere its heads have to be signed by that one.
pub fn audit(reader: &Reader, run: &str, trusted: Option<&Verifier>) -> Result<Audit, JournalError> {
    let summary = reader.run(run)?;
    let heads = reader.heads(run)?;
    let signer = reader.signer(run)?;
    let mut told = Told::default();
    let verified = verify_each(reader, run, &mut |stored| {
        if heads.iter().any(|(number, _)| *number == stored.number) {
            told.links.insert(stored.number, stored.hash);
        }
        match read_body(&stored.body) {
            Ok(event @ Event::RunStarted(_)) if stored.number == 1 => told.first = Some((stored.at, event)),
            Ok(Event::RunFinished { outcome, .. }) => told.finished = Some((stored.at, outcome)),
            Ok(Event::Retained { .. }) => told.retained = true,
            Ok(_) | Err(_) => {}
        }
    })?;
    let mut audit = Audit {
        run: verified.run,
        records: verified.records,
        head: verified.head,
        broken: verified.broken,
        signed: Vec::new(),
        signer,
        findings: Vec::new(),
    };
    audit.look_at_heads(&heads, &told, trusted);
    if audit.broken.is_none() {
        let exclusive = if told.retained { None } else { exclusive_of(&reader.plan(&summary.plan)?) };
        audit.look_at_row(&summary, &told, exclusive);
    }
    Ok(audit)
}

impl Audit {
    fn look_at_heads(&mut self, heads: &[(u64, String)], told: &Told, trusted: Option<&Verifier>) {
        let Some(signer) = &self.signer else {
            if !heads.is_empty() {
                self.findings.push("it has signed heads, and names no key for them".to_owned());
            }
            return;
        };
        let Ok(own) = Verifier::parse(signer) else {
            return self.findings.push("the key that it names is none".to_owned());
        };
        if trusted.is_some_and(|it| *it != own) {
            self.findings.push("it was signed with another key than the one that is trusted".to_owned());
        }
        for (number, note) in heads {
            match trusted.unwrap_or(&own).open(note) {
                Ok(head) if head.run != self.run || head.number != *number => {
                    self.findings.push(format!("the signed head at record {number} belongs elsewhere"));
                }
                Ok(head) if told.links.get(number).is_some_and(|it| *it != head.hash) => {
                    self.findings.push(format!("record {number} is not the one that was signed"));
                }
                Ok(_) if *number > self.records && self.broken.is_none() => {
                    self.findings.push(format!("record {number} was signed and is gone: the run was cut short"));
                }
                Ok(head) => self.signed.push(head),
                Err(error) => self.findings.push(format!("the signed head at record {number}: {error}")),
            }
        }
        let is_signed_at_its_end = self.signed.iter().any(|it| it.number == self.records);
        if self.broken.is_none() && told.finished.is_some() && !is_signed_at_its_end {
            self.findings.push("it has ended, and its end is not signed".to_owned());
        }
    }

    fn look_at_row(&mut self, summary: &RunSummary, told: &Told, exclusive: Option<String>) {
        let Some((at, Event::RunStarted(started))) = &told.first else { return };
        let mut differs = |what: &str, is_same: bool| {
            if !is_same {
                self.findings.push(format!("its row says another {what} than its records"));
            }
        };
        differs("name", summary.id == started.run);
        differs("rollout", summary.rollout == started.rollout);
        differs("plan", summary.plan == started.plan);
        differs("person", summary.by == started.by);
        differs("reason", summary.reason == started.reason);
        differs("exclusion", summary.exclusive == exclusive);
        differs("beginning", summary.started == *at);
        differs("end", summary.finished == told.finished.map(|(at, _)| at));
        differs("outcome", summary.outcome == told.finished.map(|(_, outcome)| outcome));
    }
}

/// Audits the journal as a file; returns what is wrong, each a sentence without a period.
pub fn audit_file(reader: &Reader) -> Result<Vec<String>, JournalError> {
    let mut findings: Vec<String> =
        reader.integrity()?.into_iter().map(|it| format!("the file is damaged: {it}")).collect();
    let runs = reader.runs()?;
    for acked in read_slip(reader.path()).unwrap_or_default() {
        if !runs.iter().any(|it| it.id == acked.run) {
            let (run, number, seq) = (acked.run, acked.number, acked.seq);
            findings.push(format!("run `{run}` is gone: its record {number} (position {seq}) was acknowledged"));
        }
    }
    findings.extend(kept_that_differs(reader, &runs)?);
    Ok(findings)
}

/// What is kept has to be what the records come to.
fn kept_that_differs(reader: &Reader, runs: &[RunSummary]) -> Result<Vec<String>, JournalError> {
    type Slot = (SmolStr, Option<SmolStr>, SmolStr);
    let mut wanted: BTreeMap<Slot, Value> = BTreeMap::new();
    let rollouts: BTreeMap<&str, &SmolStr> = runs.iter().map(|it| (it.id.as_str(), &it.rollout)).collect();
    let mut after = 0;
    loop {
        let page = reader.stored(None, after, 4096)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in &page {
            let Ok(Event::Kept { target, key, value, .. }) = read_body(&stored.body) else { continue };
            let Some(rollout) = rollouts.get(stored.run.as_str()) else { continue };
            wanted.insert(((*rollout).clone(), target, key), value);
        }
    }
    wanted.retain(|_, value| !value.is_null());
    let mut findings = Vec::new();
    let names: std::collections::BTreeSet<&SmolStr> = runs.iter().map(|it| &it.rollout).collect();
    for rollout in names {
        let found = reader.kept(rollout)?;
        let mine = wanted.iter().filter(|((of, ..), _)| of == rollout);
        let same = mine.clone().count() == found.len()
            && found
                .iter()
                .all(|it| wanted.get(&(rollout.clone(), it.target.clone(), it.key.clone())) == Some(&it.value));
        if !same {
            findings.push(format!("what `{rollout}` has kept is not what its records say"));
        }
    }
    Ok(findings)
}
