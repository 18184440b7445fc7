//! Bars on a terminal: one for the run, one for each stage that is under way. Drawn on stderr, gone at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use smol_str::SmolStr;

use crate::plan::NodeId;
use crate::value::{At, show_duration};
use crate::view::Board;

/// The bars of one or more runs; none where nothing may move.
pub struct Progress {
    all: MultiProgress,
    runs: BTreeMap<SmolStr, Bars>,
    moves: bool,
    color: bool,
}

struct Bars {
    run: ProgressBar,
    stages: BTreeMap<NodeId, ProgressBar>,
}

/// A stage names so many of the steps that run in it.
const NAMED_MAX: usize = 3;

impl Progress {
    pub fn new(moves: bool, color: bool) -> Progress {
        Progress { all: MultiProgress::new(), runs: BTreeMap::new(), moves, color }
    }

    /// Writes lines without tearing the bars.
    pub fn above(&self, write: impl FnOnce()) {
        if self.moves { self.all.suspend(write) } else { write() }
    }

    /// Draws a run as it is now.
    pub fn draw(&mut self, id: &SmolStr, board: &Board, now: At) {
        if !self.moves {
            return;
        }
        let (all, color) = (&self.all, self.color);
        let bars = self.runs.entry(id.clone()).or_insert_with(|| Bars::new(all, color));
        let (done, total) = board.counts();
        bars.run.set_length(u64::from(total));
        bars.run.set_position(u64::from(done));
        bars.run.set_prefix(format!("{} {id}", board.plan().rollout));
        bars.run.set_message(headline(board, now));
        let live: Vec<_> = board.stages().iter().filter(|it| it.began.is_some() && it.ended.is_none()).collect();
        bars.stages.retain(|node, bar| {
            let stays = live.iter().any(|it| it.node == *node);
            if !stays {
                bar.finish_and_clear();
            }
            stays
        });
        let active = board.active();
        for stage in live {
            let bar = bars.stages.entry(stage.node).or_insert_with(|| {
                let bar = all.add(ProgressBar::new(0));
                bar.set_style(style(color, "  {prefix:<16!} {bar:24} {pos}/{len}  {msg}"));
                bar.set_prefix(board.plan().node_path(stage.node));
                bar
            });
            bar.set_length(u64::from(stage.total));
            bar.set_position(u64::from(stage.done));
            let end = board.plan().node(stage.node).end;
            let here = active.iter().filter(|(place, _)| (stage.node..end).contains(&place.node));
            bar.set_message(names(board, here.map(|(place, _)| *place)));
        }
    }

    /// Takes a run's bars away.
    pub fn finish(&mut self, id: &SmolStr) {
        if let Some(bars) = self.runs.remove(id) {
            bars.stages.values().for_each(ProgressBar::finish_and_clear);
            bars.run.finish_and_clear();
        }
    }
}

impl Bars {
    fn new(all: &MultiProgress, color: bool) -> Bars {
        let run = all.add(ProgressBar::new(0));
        run.set_style(style(color, "{spinner} {prefix} {percent:>3}%  {elapsed}  {msg}"));
        run.enable_steady_tick(Duration::from_millis(200));
        Bars { run, stages: BTreeMap::new() }
    }
}

fn style(color: bool, template: &str) -> ProgressStyle {
    let template = if color { template.replace("{bar:24}", "{bar:24.green}") } else { template.to_owned() };
    ProgressStyle::with_template(&template).expect("the template is well formed").progress_chars("=> ")
}

fn headline(board: &Board, now: At) -> String {
    let mut words = Vec::new();
    match board.state() {
        "running" => {}
        other => words.push(other.replace('_', " ")),
    }
    if let Some(eta) = board.eta(now) {
        // Seconds are as exact as a guess can be.
        let left_ms = eta.since_ms(now) / 1000 * 1000;
        words.push(format!("about {} left", show_duration(left_ms.max(1000))));
    }
    let asked = board.waiting_for().into_iter().find(|it| it.is_of_people());
    match board.soonest_wait() {
        _ if asked.is_some() => words.extend(asked.map(|it| it.what)),
        _ if board.run().paused().is_some() => words.extend(board.waiting_for().into_iter().take(1).map(|it| it.what)),
        Some((place, until)) if board.active().is_empty() => {
            let left_ms = (until.since_ms(now) / 1000 * 1000).max(1000);
            words.push(format!("{} waits {}", board.plan().path(place), show_duration(left_ms)));
        }
        Some(_) | None => {}
    }
    words.join(", ")
}

fn names(board: &Board, places: impl Iterator<Item = crate::plan::Place>) -> String {
    let mut paths: Vec<String> = places.take(NAMED_MAX + 1).map(|it| board.plan().path(it)).collect();
    let more = paths.len() > NAMED_MAX;
    paths.truncate(NAMED_MAX);
    let dots = if more { " …" } else { "" };
    format!("{}{dots}", paths.join(" "))
}
