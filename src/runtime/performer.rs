//! Whoever does jobs in the world, as the host sees them. The host knows what was asked and when it is to end.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::watch;

use crate::action::Found;
use crate::engine::{Answer, Fault, FaultKind, Job};
use crate::plan::{Place, Plan};

/// Does jobs: for real, or as a test has it.
pub trait Perform: Send + Sync + 'static {
    /// Does one job and returns what came of it; never fails otherwise.
    fn perform(&self, asked: Asked) -> Pin<Box<dyn Future<Output = Answer> + Send>>;

    /// Makes ready for a run, with the variables of whoever starts it; after a restart there are none but our own.
    fn prepare(&self, run: &SmolStr, plan: &Arc<Plan>, variables: Option<BTreeMap<SmolStr, String>>);

    /// Lets go of what was made ready.
    fn forget(&self, run: &SmolStr);

    /// Looks what became of questions that an earlier engine left open; none of them is begun after that.
    fn recall(&self, _run: SmolStr, open: Vec<Open>) -> Pin<Box<dyn Future<Output = Vec<Recalled>> + Send>> {
        let recalled = open.into_iter().map(|Open { place, attempt, .. }| Recalled::unknown(place, attempt)).collect();
        Box::pin(std::future::ready(recalled))
    }

    /// Hears that an answer is durable: what else was kept of it is not needed any more.
    fn recorded(&self, _run: &SmolStr, _place: Place, _attempt: u32) {}
}

/// A question that an earlier engine left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub place: Place,
    pub attempt: u32,
    /// Whether it was asked of a command that outlives the engine.
    pub is_supervised: bool,
}

/// What became of it.
pub struct Recalled {
    pub place: Place,
    pub attempt: u32,
    pub found: Recall,
}

pub enum Recall {
    Answered(Answer),
    /// It is under way, or has just ended.
    UnderWay(Found),
}

impl Recalled {
    /// Nobody knows.
    pub fn unknown(place: Place, attempt: u32) -> Recalled {
        let message = "the engine died meanwhile, and nobody knows whether it ran to its end".to_owned();
        let answer = Answer::Fault(Fault { kind: FaultKind::Unknown, message, code: None });
        Recalled { place, attempt, found: Recall::Answered(answer) }
    }
}

/// One question to the world.
pub struct Asked {
    pub run: SmolStr,
    pub plan: Arc<Plan>,
    pub place: Place,
    pub attempt: u32,
    pub work: Work,
    pub ended: Ended,
}

/// What there is to do.
pub enum Work {
    Job(Box<Job>),
    /// Only to stay with what an earlier engine began.
    Attend(Found),
}

/// Tells a job that it is to end; it still answers.
#[derive(Clone)]
pub struct Ended(pub(super) watch::Receiver<bool>);

impl Ended {
    /// Resolves when the job is to end.
    pub async fn wait(&mut self) {
        // If the host is gone nobody waits for the answer either.
        let _ = self.0.wait_for(|it| *it).await;
    }
}
