//! Runs while they run: folds what becomes durable, passes Ctrl-C on as what it means for a run, and ends when every
//! run has ended or rests until somebody does something.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::time::MissedTickBehavior;

use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupts;
use super::reach::{Feed, Way};
use super::screen::Screen;
use super::terminal::Terminal;
use crate::engine::{Command, Outcome};
use crate::journal::{Reader, Record};
use crate::runtime::{StateFolder, Update, current_person};
use crate::view::Board;

/// Follows some runs.
pub struct Follow<'t> {
    screen: Screen<'t>,
    reader: Reader,
    runs: BTreeMap<SmolStr, Followed>,
    /// How often Ctrl-C was pressed.
    interrupts: u32,
}

struct Followed {
    board: Board,
    last_seq: u64,
    rests: bool,
}

/// From where on the events of runs are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Start,
    /// What comes after a position.
    After(u64),
}

const PAGE: usize = 4096;
const DRAW_EVERY: Duration = Duration::from_millis(250);

impl<'t> Follow<'t> {
    /// Makes ready to follow runs of a folder.
    pub fn new(terminal: &'t Terminal, folder: &StateFolder, runs: &[SmolStr]) -> Result<Follow<'t>, Failure> {
        let reader = Reader::open(&folder.journal())?;
        let mut followed = BTreeMap::new();
        for run in runs {
            let board = Board::new(Arc::new(reader.plan(&reader.run(run)?.plan)?));
            followed.insert(run.clone(), Followed { board, last_seq: 0, rests: false });
        }
        Ok(Follow { screen: Screen::new(terminal, runs.len() > 1), reader, runs: followed, interrupts: 0 })
    }

    /// Follows until all runs have ended or rest, and returns how they ended.
    ///
    /// A seat that was taken before a run began misses none of the lines that its first steps print.
    pub async fn until_rest(
        mut self,
        way: &Way,
        from: From,
        mut seat: Option<Feed>,
        interrupts: &mut Interrupts,
    ) -> Result<Exit, Failure> {
        let mut shown_after = match from {
            From::Start => 0,
            From::After(seq) => seq,
        };
        loop {
            // A seat first, then what was written before: so nothing falls between.
            let taken = match seat.take() {
                Some(feed) => Ok(feed),
                None => way.watch(self.only_run()).await,
            };
            let rests = self.look_who_rests(way, shown_after).await;
            shown_after = 0;
            let (Ok(mut feed), Ok(())) = (taken, rests) else { return self.abandoned() };
            if self.all_rest() || self.listen(way, &mut feed, interrupts).await? {
                return Ok(self.exit());
            }
        }
    }

    fn only_run(&self) -> Option<&str> {
        let first = self.runs.keys().next().map(SmolStr::as_str);
        first.filter(|_| self.runs.len() == 1)
    }

    fn all_rest(&self) -> bool {
        self.runs.values().all(|it| it.rests)
    }

    fn exit(&self) -> Exit {
        Exit::worst(self.runs.keys().map(|it| Exit::of(self.outcome(it))))
    }

    fn outcome(&self, run: &str) -> Option<Outcome> {
        self.runs[run].board.run().settled()
    }

    /// Whether nothing more comes; one that has succeeded may still be looked after, or be written about.
    fn ended(&self, run: &str) -> bool {
        self.runs[run].board.is_over()
    }

    /// Catches up, and concludes the runs in which nothing goes on any more.
    async fn look_who_rests(&mut self, way: &Way, shown_after: u64) -> Result<(), Failure> {
        let runs: Vec<SmolStr> = self.runs.iter().filter(|(_, it)| !it.rests).map(|(run, _)| run.clone()).collect();
        for run in runs {
            let at_rest = way.is_at_rest(&run).await;
            self.catch_up(&run, shown_after)?;
            if self.ended(&run) || at_rest? != Some(false) {
                self.rested(&run);
            }
        }
        Ok(())
    }

    fn rested(&mut self, run: &SmolStr) {
        if let Some(followed) = self.runs.get_mut(run) {
            followed.rests = true;
            self.screen.conclude(run, &followed.board);
        }
    }

    /// Listens until all runs rest; false if the feed ended before.
    async fn listen(&mut self, way: &Way, feed: &mut Feed, interrupts: &mut Interrupts) -> Result<bool, Failure> {
        let mut draw = tokio::time::interval(DRAW_EVERY);
        draw.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                update = feed.next() => match update {
                    None => return Ok(false),
                    Some(update) if self.runs.contains_key(update.run()) => self.see(update),
                    Some(_) => {}
                },
                () = interrupts.next() => self.interrupted(way).await?,
                _ = draw.tick(), if self.screen.moves() => self.draw(),
            }
            if self.all_rest() {
                return Ok(true);
            }
        }
    }

    fn see(&mut self, update: Update) {
        match update {
            Update::Recorded(record) => {
                let is_new = self.runs.get(&record.run).is_some_and(|it| record.seq > it.last_seq);
                if is_new {
                    self.take(&record, true);
                }
            }
            Update::Printed { path, text, .. } => self.screen.printed(&path, &text),
            Update::Rested { run } => self.rested(&run),
        }
    }

    /// Takes in what the journal has that was not seen yet.
    fn catch_up(&mut self, run: &str, shown_after: u64) -> Result<(), Failure> {
        loop {
            let page = self.reader.records(Some(run), self.runs[run].last_seq, PAGE)?;
            for record in &page {
                self.take(record, record.seq > shown_after);
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn take(&mut self, record: &Record, shows: bool) {
        let Some(followed) = self.runs.get_mut(&record.run) else { return };
        followed.last_seq = record.seq;
        followed.board.hear(record.at, &record.event);
        if shows {
            self.screen.show(&followed.board, record);
        }
    }

    fn draw(&mut self) {
        for (run, followed) in self.runs.iter().filter(|(_, it)| !it.rests) {
            self.screen.draw(run, &followed.board);
        }
    }

    /// Once: what runs ends, and then it rests. Twice: what runs is ended.
    async fn interrupted(&mut self, way: &Way) -> Result<(), Failure> {
        self.interrupts += 1;
        let live: Vec<(SmolStr, bool)> = self
            .runs
            .iter()
            .filter(|(_, it)| !it.rests)
            .map(|(run, it)| (run.clone(), it.board.run().paused().is_some()))
            .collect();
        if !live.is_empty() && live.iter().all(|(run, _)| self.runs[run].board.run().is_retained()) {
            // What is done afterwards goes on with whoever picks it up.
            let message = "it has succeeded, and is not looked after any more".to_owned();
            let hint = "Pick it up again with `rollout resume-all`.".to_owned();
            return Err(Failure { message, hint: Some(hint), exit: Exit::Done });
        }
        let all_paused = live.iter().all(|(_, is_paused)| *is_paused);
        let (command, say) = match self.interrupts {
            1 if !all_paused => (
                Command::Pause { reason: Some("interrupted".to_owned()) },
                "Pausing: what is under way ends first. Press Ctrl-C again to cancel.",
            ),
            1 | 2 => (
                Command::Cancel { reason: Some("interrupted twice".to_owned()) },
                "Cancelling: what is under way is ended. Press Ctrl-C again to leave at once.",
            ),
            _ => {
                let message = "left at once: nobody drives this any more".to_owned();
                let hint = "Pick it up again with `rollout resume-all`.".to_owned();
                return Err(Failure { message, hint: Some(hint), exit: Exit::Unfinished });
            }
        };
        self.screen.say(say);
        let pauses = matches!(command, Command::Pause { .. });
        for (run, _) in live.iter().filter(|(_, is_paused)| !(pauses && *is_paused)) {
            if let Err(failure) = way.command(run, current_person(), command.clone()).await {
                self.screen.say(&format!("That cannot be: {}.", failure.message));
            }
        }
        Ok(())
    }

    /// The engine has gone: what the journal says is all there is.
    fn abandoned(&mut self) -> Result<Exit, Failure> {
        let runs: Vec<SmolStr> = self.runs.iter().filter(|(_, it)| !it.rests).map(|(run, _)| run.clone()).collect();
        for run in &runs {
            self.catch_up(run, 0)?;
            let state = self.runs[run].board.run();
            if state.finished().is_none() && state.paused().is_none() {
                let message = format!("the engine that drove `{run}` has died");
                let hint = "Pick it up again with `rollout resume-all`.".to_owned();
                return Err(Failure { message, hint: Some(hint), exit: Exit::Unfinished });
            }
            self.rested(run);
        }
        Ok(self.exit())
    }
}
