//! The log of a simulated run, as a person would have read it: what is asked again and again with the same answer is
//! told once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Played;
use crate::engine::{Event, Truth};
use crate::plan::{Place, Plan};
use crate::value::At;
use crate::view::{Board, Line, line};

/// Returns the lines of a run, each with its time since the start.
pub fn log_of(plan: Plan, played: &Played, start: At) -> Vec<(i64, Line)> {
    let mut board = Board::new(Arc::new(plan));
    let mut told: BTreeMap<Place, Truth> = BTreeMap::new();
    let mut log = Vec::new();
    for (at, event) in &played.events {
        board.hear(*at, event);
        if let Event::Evaluated { place, truth, .. } = event
            && told.insert(*place, *truth) == Some(*truth)
            && *truth != Truth::Holds
        {
            continue;
        }
        log.extend(line(&board, *at, event).map(|it| (at.since_ms(start), it)));
    }
    log
}
