//! What followed runs look like: lines as things happen, bars where they may move, and at the end what became of a
//! run and what can be done now.

use smol_str::SmolStr;

use super::palette::Paint;
use super::progress::Progress;
use super::terminal::Terminal;
use crate::journal::Record;
use crate::runtime::Clock;
use crate::value::show_duration;
use crate::view::{Board, EventFacts, line, public_event};

/// Where followed runs are shown.
pub struct Screen<'t> {
    terminal: &'t Terminal,
    progress: Progress,
    clock: Clock,
    /// Whether lines say which run they are about.
    names_runs: bool,
}

impl<'t> Screen<'t> {
    pub fn new(terminal: &'t Terminal, names_runs: bool) -> Screen<'t> {
        let progress = Progress::new(terminal.moves, terminal.color_err());
        Screen { terminal, progress, clock: Clock::start(), names_runs }
    }

    pub fn moves(&self) -> bool {
        self.terminal.moves
    }

    /// Shows a record that the board has just heard.
    pub fn show(&self, board: &Board, record: &Record) {
        if self.terminal.is_json() {
            let hash = record.hash.to_string();
            let facts = EventFacts { seq: record.seq, run: &record.run, at: record.at, hash: &hash };
            self.terminal.result(&public_event(board.plan(), facts, &record.event).to_string());
        } else if let Some(line) = line(board, record.at, &record.event) {
            let text = self.terminal.painted(line.tone.into(), &line.text);
            let text = format!("{} {text}", self.terminal.painted(Paint::Quiet, &self.when(board, record)));
            self.progress.above(|| self.terminal.result(&text));
        }
    }

    /// How long after the run's start, and which run where there are several.
    fn when(&self, board: &Board, record: &Record) -> String {
        let seconds = record.at.since_ms(board.began().unwrap_or(record.at)) / 1000;
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if self.names_runs { format!("{} {time}", record.run) } else { time }
    }

    /// Shows a line that a step printed, to whoever wants to see it.
    pub fn printed(&self, path: &str, text: &str) {
        if self.terminal.verbose > 0 && !self.terminal.is_json() {
            let text = format!("{} {text}", self.terminal.painted(Paint::Quiet, &format!("{path} |")));
            self.progress.above(|| self.terminal.result(&text));
        }
    }

    pub fn draw(&mut self, run: &SmolStr, board: &Board) {
        self.progress.draw(run, board, self.clock.now());
    }

    pub fn say(&self, text: &str) {
        self.progress.above(|| self.terminal.say(text));
    }

    /// Says what became of a run, and what can be done now.
    pub fn conclude(&mut self, run: &SmolStr, board: &Board) {
        self.progress.finish(run);
        match board.run().finished() {
            Some(outcome) => {
                let took = board.took_ms().map_or_else(String::new, |it| format!(" after {}", show_duration(it)));
                self.say(&format!("Run {run} ended{took}: {}.", outcome.name().replace('_', " ")));
                for place in board.run().stuck() {
                    self.say(&format!("  by hand: {}", board.plan().path(place)));
                }
            }
            None => self.say_how_to_go_on(run, board),
        }
    }

    fn say_how_to_go_on(&self, run: &str, board: &Board) {
        if board.run().is_retained() {
            let until = board.run().retained_until().map_or_else(String::new, |it| format!(" until {it}"));
            return self.say(&format!("Run {run} succeeded. Take it back{until} with `rollout rollback {run}`."));
        }
        for hold in board.waiting_for().iter().filter(|it| it.is_of_people()) {
            self.say(&format!("Run {run} waits: {}.", hold.what));
        }
        let state = board.run();
        let forward: Vec<String> = match state.awaiting().next() {
            Some(place) => state.ways_on(board.plan(), place).iter().filter(|it| **it != "rollback").collect(),
            None => vec![&"resume"],
        }
        .into_iter()
        .map(|it| format!("`rollout {it} {run}`"))
        .collect();
        let ways = forward.join(", ");
        self.say(&if state.can_roll_back() {
            format!("Go on with {ways}, or take everything back with `rollout rollback {run}`.")
        } else {
            format!("Go on with {ways}.")
        });
    }
}
