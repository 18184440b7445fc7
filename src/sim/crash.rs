//! The same run again, with the engine dying after events: the ending must not change.

use super::play::{Played, play};
use super::{Luck, Stopped};
use crate::engine::Event;
use crate::plan::{KeptValues, Plan};
use crate::value::At;

/// What dies with the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Only the engine: what runs goes on, and answers later.
    EngineOnly,
    /// What ran as well: nobody knows how far it came.
    StepsLost,
}

/// Plays a run with crashes after some events, and holds it against the one without.
///
/// # Errors
/// A sentence: the run did not end, or ended otherwise.
pub fn crashed(plan: &Plan, kept: &KeptValues, luck: Luck, after: impl Fn(usize) -> bool) -> Result<Played, String> {
    let calm = play(plan, kept, luck, &mut |_| None);
    let stormy = play(plan, kept, luck, &mut |event| after(event).then_some(Crash::EngineOnly));
    match (&calm.outcome, &stormy.outcome) {
        (Ok(calm), Ok(stormy)) if calm == stormy => {}
        (_, Err(Stopped::Broken(broken))) => return Err(broken.clone()),
        (calm, stormy) => return Err(format!("without crashes it ended {calm:?}, with them {stormy:?}")),
    }
    let meaning = |played: &Played| -> Vec<_> {
        played.events.iter().map(|it| it.1.clone()).filter(|it| *it != Event::Recovered).collect()
    };
    if meaning(&calm) != meaning(&stormy) && at_once(&calm) != at_once(&stormy) {
        let (calm, stormy) = (at_once(&calm), at_once(&stormy));
        let differing = calm.iter().zip(&stormy).find(|(one, other)| one != other);
        return Err(format!("what was remembered differs from the run without crashes: {differing:?}"));
    }
    Ok(stormy)
}

/// Returns what was remembered, by when. What rings at the very instant of a crash is heard by the next life at once,
/// also if something else of that instant would have come before it.
fn at_once(played: &Played) -> Vec<(At, String)> {
    let events = played.events.iter().filter(|it| it.1 != Event::Recovered);
    let mut all: Vec<(At, String)> = events.map(|(at, event)| (*at, format!("{event:?}"))).collect();
    all.sort();
    all
}
