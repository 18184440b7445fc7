//! Routers that do as they are told: the share that was set last is the one that is read.

use std::collections::BTreeMap;

use crate::engine::{Answer, Done, Job, Share};

/// What each router was last set to.
#[derive(Debug, Clone, Default)]
pub struct Routers {
    shares: BTreeMap<String, Share>,
}

impl Routers {
    /// Returns what the world answers to a job, if the routers have a part in it; nothing was set before.
    pub fn answered(&mut self, job: &Job, answer: Answer) -> Answer {
        let (Job::Router(job), Answer::Done(done)) = (job, &answer) else { return answer };
        match job.set {
            Some(share) => {
                self.shares.insert(job.router.clone(), share);
                answer
            }
            None => {
                let share = self.share(&job.router);
                Answer::Done(Done { stdout: share.to_string(), ..done.clone() })
            }
        }
    }

    pub fn share(&self, router: &str) -> Share {
        self.shares.get(router).copied().unwrap_or(Share::NONE)
    }
}
