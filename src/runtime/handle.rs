//! How others talk to the loop: questions with answers. Replays for it what an earlier life left, so that the loop
//! itself never waits for the disk that long.

use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::audience::{Audience, Update};
use super::message::LiveRun;
use super::news::{Adopted, Heeded, News, StartRefusal, StartRequest};
use super::performer::{Open, Perform};
use crate::engine::{Command, Person, Run, apply, outstanding};
use crate::journal::{Journal, JournalError};
use crate::model::Act;
use crate::plan::NodeKind;
use crate::value::At;

/// The way to a host.
#[derive(Clone)]
pub struct HostHandle {
    tell: mpsc::UnboundedSender<News>,
    audience: Audience,
    journal: Arc<dyn Journal>,
    performer: Arc<dyn Perform>,
    /// Runs are picked up one after another, so that none is looked at twice.
    picking_up: Arc<Mutex<()>>,
}

/// Why something that a person wanted did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    NotStarted(#[from] StartRefusal),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the engine is on its way out")]
    Leaving,
}

impl HostHandle {
    pub(super) fn new(
        tell: mpsc::UnboundedSender<News>,
        audience: Audience,
        journal: Arc<dyn Journal>,
        performer: Arc<dyn Perform>,
    ) -> HostHandle {
        HostHandle { tell, audience, journal, performer, picking_up: Arc::default() }
    }

    /// Begins a run and returns its name once that is durable.
    pub async fn start(&self, request: StartRequest) -> Result<SmolStr, Unheard> {
        let request = Box::new(request);
        Ok(self.ask(|reply| News::Start { request, reply }).await??)
    }

    /// Passes a person's wish on; a run that nobody drives is picked up for it.
    pub async fn command(&self, run: &str, by: Person, command: Command) -> Result<(), Unheard> {
        let (id, wish) = (SmolStr::new(run), command.clone());
        let heeded = self.ask(|reply| News::Command { run: id, by: by.clone(), command: wish, reply }).await?;
        let heeded = match heeded {
            Heeded::NotDriven => self.pick_up(run, Some((by, command))).await?,
            heeded => heeded,
        };
        match heeded {
            Heeded::Done => Ok(()),
            Heeded::Refused(why) => Err(Unheard::Refused(why)),
            Heeded::NotDriven => Err(Unheard::Refused(format!("`{run}` has ended meanwhile"))),
        }
    }

    /// Picks up an unfinished run that an earlier life left.
    pub async fn adopt(&self, run: &str) -> Result<(), Unheard> {
        self.pick_up(run, None).await.map(drop)
    }

    async fn pick_up(&self, run: &str, wish: Option<(Person, Command)>) -> Result<Heeded, Unheard> {
        let _one = self.picking_up.lock().await;
        if self.is_at_rest(run).await?.is_some() {
            let Some((by, command)) = wish else { return Ok(Heeded::Done) };
            return self.ask(|reply| News::Command { run: run.into(), by, command, reply }).await;
        }
        let (journal, id) = (Arc::clone(&self.journal), SmolStr::new(run));
        let replayed = tokio::task::spawn_blocking(move || replay(&*journal, id, wish)).await;
        let mut adopted = Box::new(replayed.expect("replaying does not panic")?);
        adopted.recalled = self.performer.recall(adopted.id.clone(), open(&adopted)).await;
        self.ask(|reply| News::Adopt { adopted, reply }).await
    }

    /// Returns whether nothing goes on in a run; none if it is not driven here.
    pub async fn is_at_rest(&self, run: &str) -> Result<Option<bool>, Unheard> {
        self.ask(|reply| News::AskRest { run: run.into(), reply }).await
    }

    pub async fn runs(&self) -> Result<Vec<LiveRun>, Unheard> {
        self.ask(|reply| News::AskRuns { reply }).await
    }

    /// Takes a seat for one run or for all.
    pub fn watch(&self, run: Option<&str>) -> mpsc::Receiver<Update> {
        self.audience.join(run.map(SmolStr::new))
    }

    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Lets the host end as soon as all of its runs rest.
    pub fn leave(&self) {
        // A host that is gone has left.
        let _ = self.tell.send(News::Leave);
    }

    async fn ask<T>(&self, news: impl FnOnce(oneshot::Sender<T>) -> News) -> Result<T, Unheard> {
        let (reply, answer) = oneshot::channel();
        self.tell.send(news(reply)).map_err(|_| Unheard::Leaving)?;
        answer.await.map_err(|_| Unheard::Leaving)
    }
}

/// Returns the questions that are open, and which of them were asked of commands. To verify an interrupted attempt a
/// probe is asked instead.
fn open(adopted: &Adopted) -> Vec<Open> {
    let Adopted { plan, run, .. } = adopted;
    let is_supervised = |place| {
        let verifies = run.frame(place).is_some_and(|it| it.verifying);
        let act =
            matches!(&plan.node(place.node).kind, NodeKind::Act(act) if matches!(**act, Act::Run(_) | Act::Exec(_)));
        act && !verifies
    };
    let open = outstanding(run).into_iter();
    open.map(|(place, attempt)| Open { place, attempt, is_supervised: is_supervised(place) }).collect()
}

fn replay(journal: &dyn Journal, id: SmolStr, wish: Option<(Person, Command)>) -> Result<Adopted, Unheard> {
    let summary = journal.run(&id)?;
    if let Some(outcome) = summary.outcome {
        return Err(Unheard::Refused(format!("`{id}` has ended: {}", outcome.name())));
    }
    let plan = journal.plan(&summary.plan)?;
    let mut run = Run::new();
    let mut last = At(0);
    for record in journal.verified(&id)? {
        apply(&plan, &mut run, record.at, &record.event);
        last = record.at;
    }
    let superseded = if run.is_retained() {
        let later = journal.runs()?.into_iter().filter(|it| it.rollout == summary.rollout && it.id != id);
        later.filter(|it| it.started > summary.started).map(|it| it.id).next()
    } else {
        None
    };
    Ok(Adopted { id, plan: Arc::new(plan), run, recalled: Vec::new(), last, superseded, wish })
}
