//! `rollout logs`: what the steps of a run printed.

use std::io::{BufRead, BufReader, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupts;
use super::palette::Paint;
use super::settle::{reader, run_to_see, state_folder};
use crate::plan::Plan;
use crate::runtime::{AttemptName, StateFolder};

/// Show what the steps of a run printed
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run; the newest when unnamed
    run: Option<String>,
    /// Only the steps at or beneath this path
    path: Option<String>,
    /// Then wait for more, until the run ends or Ctrl-C
    #[arg(long)]
    follow: bool,
}

const LOOK_EVERY: Duration = Duration::from_millis(200);

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    let folder = state_folder(context.globals)?;
    let reader = reader(&folder)?;
    let run = run_to_see(&reader, arguments.run.as_deref())?;
    let plan = reader.plan(&run.plan)?;
    let mut interrupts = Interrupts::listen()?;
    let mut open: Vec<OpenLog> = Vec::new();
    let mut shown = 0;
    loop {
        let has_ended = reader.run(&run.id)?.is_finished();
        for name in AttemptName::all_of(&folder, &run.id)? {
            let is_new = open.iter().all(|it| it.name != name);
            if is_new && is_beneath(&plan.path(name.place), arguments.path.as_deref()) {
                open.push(OpenLog::new(&folder, &plan, &run.id, name));
            }
        }
        for log in &mut open {
            shown += log.show(context)?;
        }
        if !arguments.follow || has_ended || context.terminal.is_reader_gone() {
            if shown == 0 && !arguments.follow {
                context.terminal.say("Nothing was printed.");
            }
            return Ok(Exit::Done);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = interrupts.next() => return Ok(Exit::Done),
        }
    }
}

fn is_beneath(path: &str, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted.map(|it| it.trim_end_matches('/')) else { return true };
    path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
}

/// One attempt's log, and how far it was read.
struct OpenLog {
    name: AttemptName,
    path: String,
    file: PathBuf,
    reader: Option<BufReader<std::fs::File>>,
    /// The beginning of a line whose end is still to come.
    begun: Vec<u8>,
}

impl OpenLog {
    fn new(folder: &StateFolder, plan: &Plan, run: &str, name: AttemptName) -> OpenLog {
        let attempt = if name.attempt > 1 { format!(" ({})", name.attempt) } else { String::new() };
        let path = format!("{}{attempt}", plan.path(name.place));
        OpenLog { path, file: name.log(folder, run), name, reader: None, begun: Vec::new() }
    }

    /// Shows what is there and was not shown yet.
    fn show(&mut self, context: &Context) -> Result<usize, Failure> {
        if self.reader.is_none() {
            match std::fs::File::open(&self.file) {
                Ok(file) => self.reader = Some(BufReader::new(file)),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
                Err(error) => return Err(error.into()),
            }
        }
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let head = context.terminal.painted(Paint::Quiet, &format!("{} |", self.path));
        let mut shown = 0;
        while reader.read_until(b'\n', &mut self.begun)? > 0 {
            let is_whole = self.begun.last() == Some(&b'\n');
            // The last line of a step that has ended may have no end.
            if is_whole || reader.fill_buf()?.is_empty() {
                let line = std::mem::take(&mut self.begun);
                let text = String::from_utf8_lossy(&line);
                context.terminal.result(&format!("{head} {}", text.trim_end_matches(['\n', '\r'])));
                shown += 1;
            }
        }
        Ok(shown)
    }
}
