//! How others talk to the loop: questions with answers. Replays for it what an earlier life left, so that the loop
//! itself never waits for the disk that long.

use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::{mpsc, oneshot};

use super::audience::{Audience, Update};
use super::folder::StateFolder;
use super::leftover;
use super::message::LiveRun;
use super::news::{Adopted, Heeded, News, StartRefusal, StartRequest};
use super::recorder::{Recorded, Recorder, ToRecord, Unrecorded};
use crate::engine::{Command, Person, Run, apply};
use crate::journal::{Journal, JournalError};
use crate::value::At;

/// The way to a host.
#[derive(Clone)]
pub struct HostHandle {
    tell: mpsc::UnboundedSender<News>,
    audience: Audience,
    journal: Arc<dyn Journal>,
    state: Arc<Path>,
    recorder: Arc<Recorder>,
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
        state: &Path,
    ) -> HostHandle {
        let recorder = Arc::new(Recorder::new(&StateFolder::at(state).expect("the folder of an engine has a path")));
        HostHandle { tell, audience, journal, state: state.into(), recorder }
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
        let (journal, id) = (Arc::clone(&self.journal), SmolStr::new(run));
        let replayed = tokio::task::spawn_blocking(move || replay(&*journal, id, wish)).await;
        let adopted = Box::new(replayed.expect("replaying does not panic")?);
        leftover::end_all(&adopted.id, &self.state).await;
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

    /// Keeps a number that somebody pushes.
    pub async fn record(&self, asked: ToRecord, by: Person) -> Result<Recorded, Unheard> {
        let recorder = Arc::clone(&self.recorder);
        let recorded = tokio::task::spawn_blocking(move || recorder.record(asked, by)).await;
        recorded.expect("recording does not panic").map_err(|error| match error {
            Unrecorded::Journal(error) => Unheard::Journal(error),
            Unrecorded::Refused(_) | Unrecorded::Folder(_) => Unheard::Refused(error.to_string()),
        })
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
    Ok(Adopted { id, plan: Arc::new(plan), run, last, superseded, wish })
}
