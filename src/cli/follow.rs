//! Runs while they run: folds what becomes durable, shows it, passes Ctrl-C on as what it means for a run, and ends
//! when every run has ended or rests until somebody does something.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;

use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupts;
use super::palette::Paint;
use super::progress::Progress;
use super::reach::{Feed, Way};
use super::terminal::Terminal;
use crate::engine::{Command, Outcome};
use crate::journal::{Reader, Record};
use crate::runtime::{Clock, StateFolder, Update, current_person};
use crate::value::show_duration;
use crate::view::{Board, EventFacts, line, public_event};

/// Follows some runs.
pub struct Follow<'t> {
    terminal: &'t Terminal,
    reader: Reader,
    progress: Progress,
    clock: Clock,
    runs: BTreeMap<SmolStr, Followed>,
}

struct Followed {
    board: Board,
    last_seq: u64,
    rests: bool,
    /// How often Ctrl-C was pressed.
    interrupts: u32,
}

/// From where on a run's events are shown.
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
    pub fn new(terminal: &'t Terminal, folder: &StateFolder) -> Result<Follow<'t>, Failure> {
        let reader = Reader::open(&folder.journal())?;
        let progress = Progress::new(terminal.moves, terminal.color_err());
        Ok(Follow { terminal, reader, progress, clock: Clock::start(), runs: BTreeMap::new() })
    }

    /// Follows one run until it ends or rests, and returns how it ended.
    ///
    /// A seat that was taken before the run began misses none of the lines that its first steps print.
    pub async fn one(
        mut self,
        way: &Way,
        run: &str,
        from: From,
        seat: Option<Feed>,
        interrupts: &mut Interrupts,
    ) -> Result<Exit, Failure> {
        self.add(run)?;
        self.watch(way, run, from, seat, interrupts).await?;
        self.progress.finish(&run.into());
        self.conclude(run);
        Ok(Exit::of(self.outcome(run)))
    }

    /// Follows several runs side by side.
    pub async fn all(
        mut self,
        way: &Way,
        runs: &[SmolStr],
        from: From,
        interrupts: &mut Interrupts,
    ) -> Result<Exit, Failure> {
        for run in runs {
            self.add(run)?;
        }
        for run in runs {
            // One after another is enough: the journal holds what the later ones did meanwhile.
            self.watch(way, run, from, None, interrupts).await?;
            self.progress.finish(run);
            self.conclude(run);
        }
        Ok(Exit::worst(runs.iter().map(|it| Exit::of(self.outcome(it)))))
    }

    fn add(&mut self, run: &str) -> Result<(), Failure> {
        let summary = self.reader.run(run)?;
        let board = Board::new(Arc::new(self.reader.plan(&summary.plan)?));
        self.runs.insert(summary.id, Followed { board, last_seq: 0, rests: false, interrupts: 0 });
        Ok(())
    }

    async fn watch(
        &mut self,
        way: &Way,
        run: &str,
        from: From,
        mut seat: Option<Feed>,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let shown_after = match from {
            From::Start => 0,
            From::After(seq) => seq,
        };
        loop {
            // A seat first, then what was written before: so nothing falls between.
            let taken = match seat.take() {
                Some(feed) => Ok(feed),
                None => way.watch(Some(run)).await,
            };
            let at_rest = way.is_at_rest(run).await;
            self.catch_up(run, shown_after)?;
            if self.outcome(run).is_some() {
                return Ok(());
            }
            match (taken, at_rest) {
                (Ok(mut feed), Ok(Some(false))) => {
                    if self.listen(way, run, &mut feed, interrupts).await? {
                        return self.catch_up(run, 0);
                    }
                }
                (Ok(_), Ok(_)) => return Ok(()),
                (Err(_), _) | (_, Err(_)) => return self.abandoned(run),
            }
        }
    }

    /// Listens until the run rests; false if the feed ended before.
    async fn listen(
        &mut self,
        way: &Way,
        run: &str,
        feed: &mut Feed,
        interrupts: &mut Interrupts,
    ) -> Result<bool, Failure> {
        let mut draw = tokio::time::interval(DRAW_EVERY);
        draw.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                update = feed.next() => match update {
                    None => return Ok(false),
                    Some(other) if other.run() != run => {}
                    Some(Update::Recorded(record)) => self.hear(&record),
                    Some(Update::Printed { path, text, .. }) => self.printed(&path, &text),
                    Some(Update::Rested { .. }) => {
                        self.followed(run).rests = true;
                        return Ok(true);
                    }
                },
                () = interrupts.next() => self.interrupted(way, run).await?,
                _ = draw.tick(), if self.terminal.moves => self.draw(run),
            }
        }
    }

    fn followed(&mut self, run: &str) -> &mut Followed {
        self.runs.get_mut(run).expect("only runs that were added are followed")
    }

    fn outcome(&self, run: &str) -> Option<Outcome> {
        self.runs.get(run).and_then(|it| it.board.run().finished())
    }

    /// Takes in what the journal has that was not seen yet.
    fn catch_up(&mut self, run: &str, shown_after: u64) -> Result<(), Failure> {
        loop {
            let after = self.followed(run).last_seq;
            let page = self.reader.records(Some(run), after, PAGE)?;
            let is_last = page.len() < PAGE;
            for record in &page {
                self.take(record, record.seq > shown_after);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn hear(&mut self, record: &Record) {
        if record.seq > self.followed(&record.run).last_seq {
            self.take(record, true);
        }
    }

    fn take(&mut self, record: &Record, shows: bool) {
        let followed = self.runs.get_mut(&record.run).expect("only runs that were added are followed");
        followed.last_seq = record.seq;
        followed.board.hear(record.at, &record.event);
        if shows {
            self.show(record);
        }
    }

    fn show(&self, record: &Record) {
        let board = &self.runs[&record.run].board;
        if self.terminal.is_json() {
            let hash = record.hash.to_string();
            let facts = EventFacts { seq: record.seq, run: &record.run, at: record.at, hash: &hash };
            self.terminal.result(&public_event(board.plan(), facts, &record.event).to_string());
        } else if let Some(line) = line(board, record.at, &record.event) {
            let text = self.terminal.painted(line.tone.into(), &line.text);
            let text = format!("{} {text}", self.terminal.painted(Paint::Quiet, &self.when(record)));
            self.progress.above(|| self.terminal.result(&text));
        }
    }

    /// How long after the run's start, and which run where there are several.
    fn when(&self, record: &Record) -> String {
        let began = self.runs[&record.run].board.began().unwrap_or(record.at);
        let seconds = record.at.since_ms(began) / 1000;
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if self.runs.len() > 1 { format!("{} {time}", record.run) } else { time }
    }

    fn printed(&self, path: &str, text: &str) {
        if self.terminal.verbose > 0 && !self.terminal.is_json() {
            let text = format!("{} {text}", self.terminal.painted(Paint::Quiet, &format!("{path} |")));
            self.progress.above(|| self.terminal.result(&text));
        }
    }

    fn draw(&mut self, run: &str) {
        let now = self.clock.now();
        let followed = &self.runs[run];
        self.progress.draw(&run.into(), &followed.board, now);
    }

    /// Once: what runs ends, and then it rests. Twice: what runs is ended.
    async fn interrupted(&mut self, way: &Way, run: &str) -> Result<(), Failure> {
        let followed = self.followed(run);
        followed.interrupts += 1;
        let is_paused = followed.board.run().paused().is_some();
        let (command, say) = match followed.interrupts {
            1 if !is_paused => (
                Command::Pause { reason: Some("interrupted".to_owned()) },
                "Pausing: what is under way ends first. Press Ctrl-C again to cancel the run.",
            ),
            1 | 2 => (
                Command::Cancel { reason: Some("interrupted twice".to_owned()) },
                "Cancelling: what is under way is ended. Press Ctrl-C again to leave at once.",
            ),
            _ => {
                let message = "left at once: nobody drives the run now".to_owned();
                let hint = "Pick it up again with `rollout resume-all`.".to_owned();
                return Err(Failure { message, hint: Some(hint), exit: Exit::Unfinished });
            }
        };
        self.progress.above(|| self.terminal.say(say));
        if let Err(failure) = way.command(run, current_person(), command).await {
            self.progress.above(|| self.terminal.say(&format!("That cannot be: {}.", failure.message)));
        }
        Ok(())
    }

    /// The engine has gone: what the journal says is all there is.
    fn abandoned(&mut self, run: &str) -> Result<(), Failure> {
        self.catch_up(run, 0)?;
        if self.outcome(run).is_some() || self.followed(run).board.run().paused().is_some() {
            return Ok(());
        }
        let message = format!("the engine that drove `{run}` has died");
        let hint = "Pick it up again with `rollout resume-all`.".to_owned();
        Err(Failure { message, hint: Some(hint), exit: Exit::Unfinished })
    }

    /// Says what became of a run, and what can be done now.
    fn conclude(&self, run: &str) {
        let board = &self.runs[run].board;
        match board.run().finished() {
            Some(outcome) => {
                let took = board.took_ms().map_or_else(String::new, |it| format!(" after {}", show_duration(it)));
                self.terminal.say(&format!("Run {run} ended{took}: {}.", outcome.name().replace('_', " ")));
                for place in board.run().stuck() {
                    self.terminal.say(&format!("  by hand: {}", board.plan().path(place)));
                }
            }
            None => self.say_how_to_go_on(run, board),
        }
    }

    fn say_how_to_go_on(&self, run: &str, board: &Board) {
        for hold in board.waiting_for().iter().filter(|it| it.kind == "person") {
            self.terminal.say(&format!("Run {run} waits: {}.", hold.what));
        }
        let awaits = board.run().awaiting().next().is_some();
        let ways = if awaits {
            format!("`rollout retry {run}`, `rollout skip {run}`")
        } else {
            format!("`rollout resume {run}`")
        };
        self.terminal.say(&format!("Go on with {ways}, or take everything back with `rollout rollback {run}`."));
    }
}
