//! Where the state is, and which run is meant.

use super::command::{Context, Globals};
use super::failure::Failure;
use crate::engine::KeptValue;
use crate::journal::{JournalError, Reader, RunSummary};
use crate::runtime::StateFolder;

/// Returns the state folder: `--state`, `$ROLLOUT_STATE`, or the one of the nearest project.
pub fn state_folder(globals: &Globals) -> Result<StateFolder, Failure> {
    let folder = match &globals.state {
        Some(path) => StateFolder::at(path)?,
        None => StateFolder::nearest(&std::env::current_dir()?)?,
    };
    Ok(folder)
}

/// Opens the journal of a folder to look at it.
pub fn reader(folder: &StateFolder) -> Result<Reader, Failure> {
    Ok(Reader::open(&folder.journal())?)
}

/// Returns what earlier runs of a rollout have kept; nothing where none has run.
pub fn kept_values(context: &Context, rollout: &str) -> Result<Vec<KeptValue>, Failure> {
    match Reader::open(&state_folder(context.globals)?.journal()) {
        Ok(reader) => Ok(reader.kept(rollout)?),
        Err(JournalError::Absent { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the run that is meant: the named one, or the newest.
pub fn run_to_see(reader: &Reader, named: Option<&str>) -> Result<RunSummary, Failure> {
    match named {
        Some(id) => Ok(reader.run(id)?),
        None => reader
            .newest()?
            .ok_or_else(|| Failure::usage("there is no run yet").hint("Start one with `rollout run FILE`.")),
    }
}

/// Returns the run that is meant by a command that changes something: a named one that is live, or the only live one.
pub fn run_to_steer(reader: &Reader, named: Option<&str>) -> Result<RunSummary, Failure> {
    let Some(id) = named else { return only_live(reader) };
    let run = reader.run(id)?;
    match run.outcome {
        None => Ok(run),
        Some(outcome) => Err(Failure::usage(format!("`{id}` has ended: {}", outcome.name()))
            .hint("A run that has ended cannot be steered.")),
    }
}

fn only_live(reader: &Reader) -> Result<RunSummary, Failure> {
    let mut live = reader.unfinished()?;
    match live.len() {
        0 => Err(Failure::usage("there is no live run").hint("See the ended ones with `rollout history`.")),
        1 => Ok(live.remove(0)),
        _ => {
            let names: Vec<String> = live.iter().map(|it| format!("`{}` ({})", it.id, it.rollout)).collect();
            Err(Failure::usage("several runs are live: say which").hint(format!("There are {}.", names.join(", "))))
        }
    }
}
