//! When things first happened in a simulated run: what timelines and wishes count from.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::units::nodes_named;
use crate::engine::{Ending, Event, Waiting};
use crate::model::{Base, History, Moment, UnitRef};
use crate::plan::{NodeId, Place, Plan};
use crate::value::At;

/// The first times of everything that some moment counts from.
#[derive(Debug)]
pub(super) struct Moments {
    start: At,
    paused: Option<At>,
    watched: Vec<Watched>,
    /// For each node those of the watched that it is one of.
    by_node: BTreeMap<NodeId, Vec<usize>>,
}

#[derive(Debug)]
struct Watched {
    history: History,
    unit: UnitRef,
    /// Whether it happens for targets.
    for_targets: bool,
    first: Option<At>,
    first_for: BTreeMap<SmolStr, At>,
}

impl Moments {
    pub fn new(start: At) -> Moments {
        Moments { start, paused: None, watched: Vec::new(), by_node: BTreeMap::new() }
    }

    pub fn start(&self) -> At {
        self.start
    }

    /// Begins to watch for what a moment counts from.
    pub fn watch(&mut self, plan: &Plan, moment: &Moment) {
        let Base::First(history, unit) = &moment.base else { return };
        if self.find(*history, unit).is_some() {
            return;
        }
        let nodes = nodes_named(plan, unit);
        let for_targets = nodes.iter().any(|it| plan.target_of(Place::new(*it, crate::plan::Slot::ONLY)).is_some());
        nodes.into_iter().for_each(|it| self.by_node.entry(it).or_default().push(self.watched.len()));
        let (unit, first_for) = (unit.clone(), BTreeMap::new());
        self.watched.push(Watched { history: *history, unit, for_targets, first: None, first_for });
    }

    fn find(&self, history: History, unit: &UnitRef) -> Option<&Watched> {
        self.watched.iter().find(|it| it.history == history && it.unit == *unit)
    }

    /// Hears what happened; returns whether something happened for the first time.
    pub fn hear(&mut self, plan: &Plan, at: At, event: &Event) -> bool {
        if let Event::Paused { .. } = event
            && self.paused.is_none()
        {
            self.paused = Some(at);
            return true;
        }
        if self.watched.is_empty() {
            return false;
        }
        let mut news = false;
        for (history, place) in histories(event) {
            for index in self.by_node.get(&place.node).into_iter().flatten() {
                let watched = &mut self.watched[*index];
                if watched.history != history {
                    continue;
                }
                if let Some(target) = plan.target_of(place)
                    && !watched.first_for.contains_key(&target.name)
                {
                    watched.first_for.insert(target.name.clone(), at);
                    news = true;
                }
                news |= watched.first.is_none();
                watched.first.get_or_insert(at);
            }
        }
        news
    }

    /// Returns the instant of a moment, once it is known; what happens for each target counts for the one that is
    /// asked about.
    pub fn instant(&self, moment: &Moment, about: &[SmolStr]) -> Option<At> {
        let base = match &moment.base {
            Base::Start => self.start,
            Base::Paused => self.paused?,
            Base::First(history, unit) => {
                let watched = self.find(*history, unit)?;
                match &unit.target {
                    Some(target) => *watched.first_for.get(target)?,
                    None if watched.for_targets && !about.is_empty() => {
                        *about.iter().find_map(|it| watched.first_for.get(it))?
                    }
                    None => watched.first?,
                }
            }
        };
        Some(base.plus_ms(moment.offset_ms))
    }
}

/// Returns what an event says has happened, and where.
pub(super) fn histories(event: &Event) -> impl Iterator<Item = (History, Place)> {
    let (first, second) = match event {
        // What waits for its delay, its date or its window has not begun.
        Event::Waiting { why: Waiting::Delay | Waiting::NotBefore | Waiting::Window, .. } | Event::Held { .. } => {
            (None, None)
        }
        Event::Began { place, .. }
        | Event::Asked { place, .. }
        | Event::Waiting { place, .. }
        | Event::ApprovalRequested { place, .. } => (Some((History::Started, *place)), None),
        Event::Ended { place, ending } => {
            let ended = match ending {
                Ending::Done => Some((History::Done, *place)),
                Ending::Failed { .. } | Ending::Tolerated { .. } => Some((History::Failed, *place)),
                Ending::Dropped => None,
            };
            (Some((History::Started, *place)), ended)
        }
        Event::Skipped { place, .. } => (Some((History::Skipped, *place)), None),
        Event::Undone { place } => (Some((History::Undone, *place)), None),
        Event::RunStarted(_)
        | Event::Answered { .. }
        | Event::Evaluated { .. }
        | Event::Baseline { .. }
        | Event::Warned { .. }
        | Event::WaveAdvanced { .. }
        | Event::Closing { .. }
        | Event::Kept { .. }
        | Event::Logged { .. }
        | Event::ExposureRead { .. }
        | Event::Exposed { .. }
        | Event::Noticed { .. }
        | Event::Paused { .. }
        | Event::Resumed { .. }
        | Event::Retried { .. }
        | Event::RollbackStarted { .. }
        | Event::UndoBegan { .. }
        | Event::UndoFailed { .. }
        | Event::Recovered
        | Event::Filed { .. }
        | Event::Approved { .. }
        | Event::Rejected { .. }
        | Event::Ticked { .. }
        | Event::Confirmed { .. }
        | Event::Expired { .. }
        | Event::Claimed { .. }
        | Event::Entered { .. }
        | Event::Opened { .. }
        | Event::Shut { .. }
        | Event::Advanced { .. }
        | Event::OnHold { .. }
        | Event::HoldLifted { .. }
        | Event::Retained { .. }
        | Event::Finishing { .. }
        | Event::RunFinished { .. } => (None, None),
    };
    first.into_iter().chain(second)
}
