//! Who looks on, and what they are shown: records as they become durable, and lines as steps print them.
//! Nobody is waited for: whoever falls too far behind is let go, and comes back with the position they have reached.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use tokio::sync::mpsc;

use crate::journal::Record;

/// One thing to look at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "update", rename_all = "snake_case")]
pub enum Update {
    Recorded(Arc<Record>),
    /// A step printed a line.
    Printed {
        run: SmolStr,
        path: Arc<str>,
        stream: Stream,
        text: Arc<str>,
    },
    /// The run has ended, or nothing goes on until a person does something.
    Rested {
        run: SmolStr,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// Everybody who looks on.
#[derive(Clone, Default)]
pub struct Audience {
    seats: Arc<Mutex<Vec<Seat>>>,
}

struct Seat {
    /// None: all runs.
    run: Option<SmolStr>,
    updates: mpsc::Sender<Update>,
}

/// How far somebody may fall behind.
const PATIENCE: usize = 16_384;

impl Update {
    pub fn run(&self) -> &SmolStr {
        match self {
            Update::Recorded(record) => &record.run,
            Update::Printed { run, .. } | Update::Rested { run } => run,
        }
    }
}

impl Audience {
    /// Takes a seat; the updates end when the engine does, or when too many were not taken.
    pub fn join(&self, run: Option<SmolStr>) -> mpsc::Receiver<Update> {
        let (updates, seen) = mpsc::channel(PATIENCE);
        self.seats().push(Seat { run, updates });
        seen
    }

    pub fn show(&self, update: &Update) {
        self.seats().retain(|seat| {
            let wanted = seat.run.as_ref().is_none_or(|run| run == update.run());
            !wanted || seat.updates.try_send(update.clone()).is_ok()
        });
    }

    pub fn is_empty(&self) -> bool {
        self.seats().is_empty()
    }

    /// Sends everybody home.
    pub fn dismiss(&self) {
        self.seats().clear();
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Vec<Seat>> {
        self.seats.lock().expect("nobody panics while showing")
    }
}
