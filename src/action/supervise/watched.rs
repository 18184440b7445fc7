//! An attempt whose supervisor was begun, as the engine sees it: waited for, asked to end, and read when it is over.
//! Letting go of it changes nothing for the command.

use std::future::Future;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::time::Duration;

use rustix::process::{Signal, pidfd_send_signal};
use tokio::net::unix::pipe::Receiver;
use tokio::time::MissedTickBehavior;

use super::claim::{Files, Trace};
use super::tail::Tail;
use crate::action::attempt::Live;
use crate::action::fault::{ended as was_ended, fault};
use crate::engine::{Answer, Done, Fault, FaultKind};

/// How often what is printed is looked at while somebody hears it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A supervisor that is held.
pub struct Watched {
    /// Not a pipe but a handle of the supervisor, which becomes readable when it ends; nothing is ever read.
    supervisor: Receiver,
    files: Files,
}

/// What an engine finds of an attempt that an earlier one began.
pub enum Found {
    /// Its supervisor lives.
    UnderWay(Watched),
    Ended(Result<Done, Fault>),
    /// It never began, and never will.
    NeverBegun,
    /// Nobody knows whether it ran to its end.
    Lost,
}

impl Found {
    /// Returns the answer to what is over and known; else gives it back.
    pub fn answer(self) -> Result<Answer, Found> {
        match self {
            Found::Ended(Ok(done)) => Ok(Answer::Done(done)),
            Found::Ended(Err(fault)) => Ok(Answer::Fault(fault)),
            Found::NeverBegun => Ok(Answer::Fault(fault(FaultKind::NotBegun, "it had not begun when the engine died"))),
            Found::UnderWay(_) | Found::Lost => Err(self),
        }
    }

    /// Looks for the supervisor of an attempt, or what it left. One that has not begun will not begin any more.
    ///
    /// # Errors
    /// If its files cannot be read, or the attempt cannot be fenced.
    pub fn look(files: &Files) -> io::Result<Found> {
        loop {
            match files.look()? {
                Trace::Alive(supervisor) => match supervisor.hold() {
                    Some(held) => return Ok(Found::UnderWay(Watched::new(held, files.clone())?)),
                    // It has just ended, and has left its result, or not.
                    None => std::thread::sleep(Duration::from_millis(1)),
                },
                Trace::Ended(result) => return Ok(Found::Ended(result)),
                Trace::Fenced => return Ok(Found::NeverBegun),
                Trace::Lost => return Ok(Found::Lost),
                // Somebody may have begun meanwhile: then it is looked at again.
                Trace::Nothing => {
                    files.fence()?;
                }
            }
        }
    }

    /// Looks what an attempt has left from before the host died: only a result says anything then.
    ///
    /// # Errors
    /// If its files cannot be read.
    pub fn look_after_restart(files: &Files) -> io::Result<Found> {
        Ok(files.read_result()?.map_or(Found::Lost, Found::Ended))
    }
}

impl Watched {
    pub(super) fn new(supervisor: OwnedFd, files: Files) -> io::Result<Watched> {
        Ok(Watched { supervisor: Receiver::from_owned_fd_unchecked(supervisor)?, files })
    }

    /// Waits until it is over, and shows what is printed meanwhile. When `ended` comes first, the supervisor is asked
    /// to end the command. Returns nothing if nobody knows how it ended.
    pub(in crate::action) async fn wait(
        self,
        step: &str,
        live: &dyn Live,
        mut ended: Pin<&mut (dyn Future<Output = ()> + Send)>,
    ) -> Option<Result<Done, Fault>> {
        let mut tail = Tail::new(&self.files);
        let mut is_asked = false;
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        loop {
            tokio::select! {
                _ = self.supervisor.readable() => break,
                () = ended.as_mut(), if !is_asked => {
                    is_asked = true;
                    // One that has ended needs no signal.
                    pidfd_send_signal(self.supervisor.as_fd(), Signal::USR1).ok();
                }
                _ = ticks.tick() => tail.show(step, live),
            }
        }
        tail.close(step, live);
        let found = Found::look(&self.files);
        match found {
            Ok(Found::Ended(result)) => Some(result),
            Ok(Found::NeverBegun) if is_asked => Some(Err(was_ended())),
            Ok(Found::NeverBegun) => Some(Err(never_begun())),
            // Nobody else can have begun it, and ours is gone.
            Ok(Found::UnderWay(_) | Found::Lost) => None,
            Err(error) => {
                tracing::error!(%error, "what a step left could not be read");
                None
            }
        }
    }
}

fn never_begun() -> Fault {
    let message = "its supervisor ended before the command began: see whether the state folder can be written to";
    fault(FaultKind::Unreachable, message)
}
