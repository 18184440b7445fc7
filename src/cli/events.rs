//! `rollout events`: the journal as it is, event by event.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use smol_str::SmolStr;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupts;
use super::palette::Paint;
use super::settle::{reader, run_to_see, state_folder};
use super::terminal::Terminal;
use crate::journal::{Reader, Record};
use crate::plan::Plan;
use crate::view::{EventFacts, public_event};

/// Show the events of a run, or of all
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run; the newest when unnamed
    run: Option<String>,
    /// The events of all runs
    #[arg(long, conflicts_with = "run")]
    all: bool,
    /// Only those after this position
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
    /// Then wait for more, until Ctrl-C
    #[arg(long)]
    follow: bool,
}

const PAGE: usize = 1024;
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let reader = reader(&state_folder(context.globals)?)?;
    let run = match arguments.all {
        true => None,
        false => Some(run_to_see(&reader, arguments.run.as_deref())?.id),
    };
    let mut shown = Shown { terminal: context.terminal, reader, run, after: arguments.after, plans: BTreeMap::new() };
    let mut interrupts = Interrupts::listen()?;
    loop {
        let more = shown.page()?;
        if context.terminal.is_reader_gone() || (!more && !arguments.follow) {
            return Ok(Exit::Done);
        }
        if !more {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = interrupts.next() => return Ok(Exit::Done),
            }
        }
    }
}

struct Shown<'t> {
    terminal: &'t Terminal,
    reader: Reader,
    run: Option<SmolStr>,
    after: u64,
    plans: BTreeMap<SmolStr, Arc<Plan>>,
}

impl Shown<'_> {
    /// Shows what comes next; false if there is nothing.
    fn page(&mut self) -> Result<bool, Failure> {
        let records = self.reader.records(self.run.as_deref(), self.after, PAGE)?;
        for record in &records {
            self.show(record)?;
            self.after = record.seq;
        }
        Ok(!records.is_empty())
    }

    fn show(&mut self, record: &Record) -> Result<(), Failure> {
        let plan = self.plan(&record.run)?;
        let hash = record.hash.to_string();
        let facts = EventFacts { seq: record.seq, run: &record.run, at: record.at, hash: &hash };
        let event = public_event(&plan, facts, &record.event);
        if self.terminal.is_json() {
            self.terminal.result(&event.to_string());
            return Ok(());
        }
        let shown_already = ["seq", "run", "at", "type", "path", "hash"];
        let more: Vec<String> = event
            .fields()
            .filter(|(name, _)| !shown_already.contains(name))
            .map(|(name, value)| format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        let head = format!("{:>6} {} {}", record.seq, event.text("run"), event.text("at"));
        let head = self.terminal.painted(Paint::Quiet, &head);
        let kind = self.terminal.painted(Paint::Strong, event.text("type"));
        let words = [head, kind, event.text("path").to_owned(), more.join(" ")];
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
        self.terminal.result(&words.join(" "));
        Ok(())
    }

    fn plan(&mut self, run: &SmolStr) -> Result<Arc<Plan>, Failure> {
        if let Some(plan) = self.plans.get(run) {
            return Ok(Arc::clone(plan));
        }
        let plan = Arc::new(self.reader.plan(&self.reader.run(run)?.plan)?);
        self.plans.insert(run.clone(), Arc::clone(&plan));
        Ok(plan)
    }
}
