//! What all runs ask the world about: one question under way is asked once, however many want its answer, and so is one
//! that was asked a moment ago. Holds the store of what was recorded. Knows no run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::Client;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::fault::{duration_text, fault};
use super::http::{self, Reply};
use super::vault::Vault;
use crate::engine::{Fault, FaultKind, HttpJob};
use crate::journal::Samples;

/// Questions that lie no further apart are asked at the same instant, as far as a source can tell.
const SAME_INSTANT: Duration = Duration::from_millis(50);

/// The sources of numbers.
#[derive(Default)]
pub struct Sources {
    store: Option<PathBuf>,
    samples: OnceLock<Samples>,
    asked: Mutex<BTreeMap<String, Arc<Flight>>>,
}

/// One question: when it was first asked, and its answer once there is one.
struct Flight {
    began: Instant,
    answer: OnceCell<Result<Reply, Fault>>,
}

impl Sources {
    /// Reads what was recorded from a store, which is opened when it is first asked.
    pub fn with_samples(store: PathBuf) -> Sources {
        Sources { store: Some(store), ..Sources::default() }
    }

    /// Returns what was recorded.
    pub(super) fn samples(&self) -> Result<&Samples, String> {
        if let Some(samples) = self.samples.get() {
            return Ok(samples);
        }
        let store = self.store.as_deref().ok_or("nothing can be recorded here")?;
        let opened = Samples::open(store).map_err(|error| error.to_string())?;
        Ok(self.samples.get_or_init(|| opened))
    }

    /// Asks a question that changes nothing, or waits for the answer to one like it that is under way. If whoever asked
    /// first goes away, the next in line asks.
    pub(super) async fn ask(&self, client: &Client, job: &HttpJob, vault: &Vault) -> Result<Reply, Fault> {
        let flight = self.flight(key(job, vault)?);
        let answer = flight.answer.get_or_init(|| http::send(client, job, vault));
        match tokio::time::timeout(Duration::from_millis(job.timeout_ms), answer).await {
            Ok(answer) => answer.clone(),
            Err(_) => {
                let patience = duration_text(job.timeout_ms);
                Err(fault(FaultKind::TimedOut, format!("no answer within {patience}")))
            }
        }
    }

    fn flight(&self, key: String) -> Arc<Flight> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // One that nobody waits for any more has nobody who would bring it to its end.
        asked.retain(|_, it| {
            if it.answer.initialized() { it.began.elapsed() < SAME_INSTANT } else { Arc::strong_count(it) > 1 }
        });
        let begin = || Arc::new(Flight { began: Instant::now(), answer: OnceCell::new() });
        Arc::clone(asked.entry(key).or_insert_with(begin))
    }
}

/// Returns what makes two questions the same: where they go and everything that is sent, secrets as well. How long
/// somebody waits for the answer does not.
fn key(job: &HttpJob, vault: &Vault) -> Result<String, Fault> {
    let mut key = format!("{}\n{}\n", job.method, job.url);
    for (name, value) in &job.headers {
        key.push_str(&format!("{name}: {}\n", vault.resolve(value)?));
    }
    if let Some(body) = &job.body {
        key.push_str(&format!("\n{}", vault.resolve(body)?));
    }
    Ok(key)
}
