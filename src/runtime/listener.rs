//! The engine's end of the control socket. Whoever connects is known by what the kernel says of them. The folder's
//! owner and root may do everything; others get here only if the owner shares the folder, and may answer what people
//! are asked. Converts, decides nothing.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use super::folder::StateFolder;
use super::message::{EngineStatus, Hello, Request, Response, VERSION};
use super::person::person;
use super::recorder::{Recorder, ToRecord};
use super::{HostHandle, Unheard};
use crate::engine::{Command, Person};
use crate::journal::read_deep;

/// Opens the socket of a folder; only the holder of its lock may.
pub fn open(folder: &StateFolder) -> io::Result<UnixListener> {
    let path = folder.socket();
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let short = super::client::short_path(folder)?;
    let listener = UnixListener::bind(short.path())?;
    let mode = if folder.is_shared() { 0o660 } else { 0o600 };
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    Ok(listener)
}

/// Held by every guest that is being answered: whoever has it alone knows that all answers are said.
pub type Answering = Arc<RwLock<()>>;

/// Serves everybody who connects, until it is dropped.
pub async fn serve(listener: UnixListener, host: HostHandle, recorder: Arc<Recorder>, answering: Answering) {
    let mut guests = JoinSet::new();
    loop {
        tokio::select! {
            connection = listener.accept() => match connection {
                Ok((stream, _)) => {
                    guests.spawn(receive(stream, host.clone(), Arc::clone(&recorder), Arc::clone(&answering)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection to the control socket failed");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
            Some(ended) = guests.join_next() => match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a control connection broke"),
                Err(error) => tracing::error!(%error, "a control connection ended by a bug"),
            },
        }
    }
}

async fn receive(
    stream: UnixStream,
    host: HostHandle,
    recorder: Arc<Recorder>,
    answering: Answering,
) -> io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let ours = rustix::process::geteuid().as_raw();
    let (read, write) = stream.into_split();
    let answers_only = uid != ours && uid != 0;
    let mut guest =
        Guest { host, recorder, answering, by: person(uid), answers_only, lines: BufReader::new(read), write };
    guest.serve().await
}

/// One connection.
struct Guest {
    host: HostHandle,
    recorder: Arc<Recorder>,
    answering: Answering,
    by: Person,
    /// Somebody else's engine: only what people are asked may be answered.
    answers_only: bool,
    lines: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

impl Guest {
    async fn serve(&mut self) -> io::Result<()> {
        let Some(hello) = self.hear::<Hello>().await? else { return Ok(()) };
        if hello.rollout_control != VERSION {
            let why = format!("this engine speaks control version {VERSION}, not {}", hello.rollout_control);
            return self.say(&refused(why)).await;
        }
        let welcome = self.status().await.map_or(Response::Leaving, Response::Welcome);
        self.say(&welcome).await?;
        while let Some(request) = self.hear::<Request>().await? {
            if self.answers_only && !is_answer(&request) {
                self.say(&refused("this engine belongs to somebody else".to_owned())).await?;
                continue;
            }
            if let Request::Subscribe { run } = request {
                return self.show(run.as_deref()).await;
            }
            let answering = Arc::clone(&self.answering);
            let _until_said = answering.read().await;
            let response = self.answer(request).await;
            self.say(&response).await?;
        }
        Ok(())
    }

    async fn answer(&self, request: Request) -> Response {
        let by = self.by.clone();
        let answer = match request {
            Request::Start(mut start) => {
                start.by = by;
                start.plan.index();
                self.host.start(*start).await.map(|run| Response::Started { run })
            }
            Request::Command { run, command } => self.host.command(&run, by, command).await.map(|()| Response::Done),
            Request::Adopt { run } => self.host.adopt(&run).await.map(|()| Response::Done),
            Request::Record(asked) => return self.record(asked, by).await,
            Request::Status => self.status().await.map(Response::Status),
            Request::Subscribe { .. } => unreachable!("subscribing is no question with one answer"),
        };
        answer.unwrap_or_else(|error| match error {
            Unheard::Refused(why) => refused(why),
            Unheard::NotStarted(refusal) => Response::NotStarted(refusal),
            Unheard::Journal(error) => refused(error.to_string()),
            Unheard::Leaving => Response::Leaving,
        })
    }

    /// Keeps a number that somebody pushes.
    async fn record(&self, asked: ToRecord, by: Person) -> Response {
        let recorder = Arc::clone(&self.recorder);
        let recorded = tokio::task::spawn_blocking(move || recorder.record(asked, by)).await;
        match recorded.expect("recording does not panic") {
            Ok(recorded) => Response::Recorded(recorded),
            Err(error) => refused(error.to_string()),
        }
    }

    async fn status(&self) -> Result<EngineStatus, Unheard> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(EngineStatus { version, control: VERSION, pid: std::process::id(), runs: self.host.runs().await? })
    }

    /// Shows updates until the guest goes, falls behind, or the engine leaves.
    async fn show(&mut self, run: Option<&str>) -> io::Result<()> {
        let mut updates = self.host.watch(run);
        self.say(&Response::Subscribed).await?;
        let mut gone = String::new();
        loop {
            tokio::select! {
                update = updates.recv() => match update {
                    Some(update) => self.say(&Response::Update(update)).await?,
                    None => return Ok(()),
                },
                read = self.lines.read_line(&mut gone) => if read? == 0 { return Ok(()) },
            }
        }
    }

    async fn hear<T: serde::de::DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let mut line = Vec::new();
        if self.lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        match read_deep(&line) {
            Ok(said) => Ok(Some(said)),
            Err(error) => {
                self.say(&refused(format!("that cannot be understood: {error}"))).await?;
                Ok(None)
            }
        }
    }

    async fn say(&mut self, response: &Response) -> io::Result<()> {
        self.write.write_all(&line(response)).await
    }
}

/// Whether something is said to what people are asked; anybody may say that, and the run knows whom it has asked.
fn is_answer(request: &Request) -> bool {
    match request {
        Request::Command { command, .. } => {
            matches!(command.wish(), Command::Approve { .. } | Command::Reject { .. } | Command::Confirm { .. })
        }
        Request::Status => true,
        Request::Start(_) | Request::Adopt { .. } | Request::Subscribe { .. } | Request::Record(_) => false,
    }
}

fn refused(why: String) -> Response {
    Response::Refused { why }
}

/// Writes one line.
pub(super) fn line(said: &impl Serialize) -> Arc<[u8]> {
    let mut line = serde_json::to_vec(said).expect("what is said is plain data");
    line.push(b'\n');
    line.into()
}
