//! Whoever does jobs in the world, as the host sees them. The host knows what was asked and when it is to end.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::watch;

use crate::engine::{Answer, Job};
use crate::plan::{Place, Plan};

/// Does jobs: for real, or as a test has it.
pub trait Perform: Send + Sync + 'static {
    /// Does one job and returns what came of it; never fails otherwise.
    fn perform(&self, asked: Asked) -> Pin<Box<dyn Future<Output = Answer> + Send>>;

    /// Makes ready for a run, with the variables of whoever starts it; after a restart there are none but our own.
    fn prepare(&self, run: &SmolStr, plan: &Arc<Plan>, variables: Option<BTreeMap<SmolStr, String>>);

    /// Lets go of what was made ready.
    fn forget(&self, run: &SmolStr);
}

/// One question to the world.
pub struct Asked {
    pub run: SmolStr,
    pub plan: Arc<Plan>,
    pub place: Place,
    pub attempt: u32,
    pub job: Box<Job>,
    pub ended: Ended,
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
