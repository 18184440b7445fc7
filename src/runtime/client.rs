//! The other end of the control socket: asks the engine of a folder, if one lives.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use smol_str::SmolStr;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::audience::Update;
use super::folder::StateFolder;
use super::listener::line;
use super::message::{EngineStatus, Hello, Request, Response, VERSION};
use super::news::{StartRefusal, StartRequest};
use super::recorder::{Recorded, ToRecord};
use crate::engine::Command;

/// A connection to a living engine.
pub struct Client {
    lines: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    /// What the engine said of itself when we came.
    pub status: EngineStatus,
}

/// Why an engine could not be asked, or did not do what it was.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// None lives, or it is on its way out: look again.
    #[error("no engine lives in the state folder")]
    NoEngine,
    #[error("the connection to the engine broke: {0}")]
    Broken(#[from] io::Error),
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    NotStarted(StartRefusal),
    #[error("the engine said something that cannot be understood: {0}")]
    Strange(String),
}

impl Client {
    /// Connects to the engine of a folder.
    pub async fn connect(folder: &StateFolder) -> Result<Client, ClientError> {
        let short = short_path(folder).map_err(|_| ClientError::NoEngine)?;
        let stream = UnixStream::connect(short.path()).await.map_err(|_| ClientError::NoEngine)?;
        let (read, write) = stream.into_split();
        let nobody = EngineStatus { version: String::new(), control: VERSION, pid: 0, runs: Vec::new() };
        let mut client = Client { lines: BufReader::new(read), write, status: nobody };
        client.write.write_all(&line(&Hello { rollout_control: VERSION })).await.map_err(|_| ClientError::NoEngine)?;
        match client.hear().await {
            Ok(Response::Welcome(status)) => client.status = status,
            Ok(Response::Refused { why }) => return Err(ClientError::Refused(why)),
            Ok(other) => return Err(unexpected(&other)),
            Err(ClientError::Broken(_)) => return Err(ClientError::NoEngine),
            Err(error) => return Err(error),
        }
        Ok(client)
    }

    pub async fn start(&mut self, request: StartRequest) -> Result<SmolStr, ClientError> {
        match self.ask(&Request::Start(Box::new(request))).await? {
            Response::Started { run } => Ok(run),
            Response::NotStarted(refusal) => Err(ClientError::NotStarted(refusal)),
            other => Err(unexpected(&other)),
        }
    }

    pub async fn command(&mut self, run: &str, command: Command) -> Result<(), ClientError> {
        self.done(&Request::Command { run: run.into(), command }).await
    }

    pub async fn adopt(&mut self, run: &str) -> Result<(), ClientError> {
        self.done(&Request::Adopt { run: run.into() }).await
    }

    /// Asks for updates from now on, of one run or of all.
    pub async fn subscribe(mut self, run: Option<&str>) -> Result<Updates, ClientError> {
        match self.ask(&Request::Subscribe { run: run.map(SmolStr::new) }).await? {
            Response::Subscribed => Ok(Updates(self)),
            other => Err(unexpected(&other)),
        }
    }

    /// Pushes a number.
    pub async fn record(&mut self, asked: ToRecord) -> Result<Recorded, ClientError> {
        match self.ask(&Request::Record(asked)).await? {
            Response::Recorded(recorded) => Ok(recorded),
            other => Err(unexpected(&other)),
        }
    }

    async fn done(&mut self, request: &Request) -> Result<(), ClientError> {
        match self.ask(request).await? {
            Response::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask(&mut self, request: &Request) -> Result<Response, ClientError> {
        self.write.write_all(&line(request)).await?;
        self.hear().await
    }

    async fn hear<T: DeserializeOwned>(&mut self) -> Result<T, ClientError> {
        let mut said = Vec::new();
        if self.lines.read_until(b'\n', &mut said).await? == 0 {
            return Err(ClientError::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
        crate::journal::read_deep(&said).map_err(|error| ClientError::Strange(error.to_string()))
    }
}

fn unexpected(response: &Response) -> ClientError {
    match response {
        Response::Refused { why } => ClientError::Refused(why.clone()),
        Response::Leaving => ClientError::NoEngine,
        Response::Welcome(_)
        | Response::Started { .. }
        | Response::NotStarted(_)
        | Response::Done
        | Response::Recorded(_)
        | Response::Subscribed
        | Response::Status(_)
        | Response::Update(_) => ClientError::Strange("an answer to another question".to_owned()),
    }
}

/// Updates as they come.
pub struct Updates(Client);

impl Updates {
    /// Returns the next one; nothing once the engine has gone, or has let us go because we fell behind.
    pub async fn next(&mut self) -> Option<Update> {
        match self.0.hear().await {
            Ok(Response::Update(update)) => Some(update),
            _ => None,
        }
    }
}

/// A way to the socket that is short enough for the system, however deep the folder lies.
pub(super) struct ShortPath {
    path: PathBuf,
    // Held open, because the path leads through it.
    _folder: Option<File>,
}

/// The system's bound is 108 bytes with the final zero.
const LONGEST: usize = 100;

pub(super) fn short_path(folder: &StateFolder) -> io::Result<ShortPath> {
    let path = folder.socket();
    if path.as_os_str().len() <= LONGEST {
        return Ok(ShortPath { path, _folder: None });
    }
    let opened = File::open(folder.path())?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/control.sock", opened.as_raw_fd()));
    Ok(ShortPath { path, _folder: Some(opened) })
}

impl ShortPath {
    pub fn path(&self) -> &Path {
        &self.path
    }
}
