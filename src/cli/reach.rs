//! The living engine of a folder, or becoming it. Whoever comes second talks to whoever came first.

use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::failure::Failure;
use crate::engine::{Command, Person};
use crate::runtime::{
    Client, ClientError, Engine, EngineSettings, HostHandle, StartRequest, StateFolder, Unheard, Update, Updates,
};

/// The engine, here or there.
pub enum Reached {
    Here(Engine),
    There(StateFolder, Client),
}

/// A way to the engine that can be shared while it is followed.
#[derive(Clone)]
pub enum Way {
    Here(HostHandle),
    There(StateFolder),
}

/// Updates as they come, from here or there.
pub enum Feed {
    Here(mpsc::Receiver<Update>),
    There(Updates),
}

/// How long an engine may take to come or to go.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Finds the living engine of a folder, or becomes it.
pub async fn reach(folder: &StateFolder, jobs: usize) -> Result<Reached, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(engine) = Engine::begin(folder, &EngineSettings { jobs })? {
            return Ok(Reached::Here(engine));
        }
        match Client::connect(folder).await {
            Ok(client) => return Ok(Reached::There(folder.clone(), client)),
            Err(ClientError::NoEngine) if Instant::now() < deadline => tokio::time::sleep(LOOK_EVERY).await,
            Err(ClientError::NoEngine) => {
                let message = format!("an engine holds `{}` and does not answer", folder.path().display());
                return Err(
                    Failure::usage(message).hint("Look for a `rollout` process that hangs, or wait for it to end.")
                );
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Reached {
    pub fn way(&self) -> Way {
        match self {
            Reached::Here(engine) => Way::Here(engine.host().clone()),
            Reached::There(folder, _) => Way::There(folder.clone()),
        }
    }

    /// Whether the engine is still there.
    pub async fn is_alive(&self) -> bool {
        match self {
            Reached::Here(_) => true,
            Reached::There(folder, _) => !matches!(Client::connect(folder).await, Err(ClientError::NoEngine)),
        }
    }

    /// Begins a run; an engine that is on its way out is said to be gone.
    pub async fn start(&mut self, request: StartRequest) -> Result<Option<SmolStr>, Failure> {
        match self {
            Reached::Here(engine) => Ok(Some(engine.host().start(request).await?)),
            Reached::There(_, client) => match client.start(request).await {
                Ok(run) => Ok(Some(run)),
                Err(ClientError::NoEngine | ClientError::Broken(_)) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }
}

impl Way {
    pub async fn command(&self, run: &str, by: Person, command: Command) -> Result<(), Failure> {
        match self {
            Way::Here(host) => match host.command(run, by, command).await {
                Err(Unheard::Refused(why)) => Err(Failure::usage(why)),
                other => Ok(other?),
            },
            Way::There(folder) => Ok(Client::connect(folder).await?.command(run, command).await?),
        }
    }

    pub async fn adopt(&self, run: &str) -> Result<(), Failure> {
        match self {
            Way::Here(host) => Ok(host.adopt(run).await?),
            Way::There(folder) => Ok(Client::connect(folder).await?.adopt(run).await?),
        }
    }

    /// Takes a seat for one run, or for all.
    pub async fn watch(&self, run: Option<&str>) -> Result<Feed, Failure> {
        match self {
            Way::Here(host) => Ok(Feed::Here(host.watch(run))),
            Way::There(folder) => Ok(Feed::There(Client::connect(folder).await?.subscribe(run).await?)),
        }
    }

    /// Returns whether nothing goes on in a run; none if it is not driven.
    pub async fn is_at_rest(&self, run: &str) -> Result<Option<bool>, Failure> {
        match self {
            Way::Here(host) => Ok(host.is_at_rest(run).await?),
            Way::There(folder) => {
                let status = Client::connect(folder).await?.status;
                Ok(status.runs.iter().find(|it| it.id == run).map(|it| it.at_rest))
            }
        }
    }
}

impl Feed {
    /// Returns the next update; nothing once the engine has gone, or we fell too far behind.
    pub async fn next(&mut self) -> Option<Update> {
        match self {
            Feed::Here(updates) => updates.recv().await,
            Feed::There(updates) => updates.next().await,
        }
    }
}

/// Connects to an engine that is coming up.
pub async fn connect(folder: &StateFolder) -> Result<Client, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Client::connect(folder).await {
            Ok(client) => return Ok(client),
            Err(ClientError::NoEngine) if Instant::now() < deadline => tokio::time::sleep(LOOK_EVERY).await,
            Err(error) => return Err(error.into()),
        }
    }
}
