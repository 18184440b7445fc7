//! What happened to each place of a run, read off its events once it has ended.

use std::collections::BTreeMap;

use super::moments::histories;
use super::units::{is_meant, nodes_named};
use crate::engine::Event;
use crate::model::{History, UnitRef};
use crate::plan::{NodeId, NodeKind, Place, Plan, Role};
use crate::value::At;

/// What happened, by place.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    places: BTreeMap<Place, Page>,
    /// How often the world was asked there.
    asked: BTreeMap<Place, u32>,
    pub logged: Vec<String>,
}

#[derive(Debug, Default)]
struct Page {
    /// The first time of each.
    first: BTreeMap<History, At>,
    ended: Option<At>,
}

impl Chronicle {
    pub fn of(events: &[(At, Event)]) -> Chronicle {
        let mut chronicle = Chronicle::default();
        for (at, event) in events {
            for (history, place) in histories(event) {
                let page = chronicle.places.entry(place).or_default();
                page.first.entry(history).or_insert(*at);
                if matches!(history, History::Done | History::Failed) {
                    page.ended = Some(*at);
                }
            }
            match event {
                Event::Asked { place, verify: false, .. } => *chronicle.asked.entry(*place).or_default() += 1,
                Event::Logged { message, .. } => chronicle.logged.push(message.clone()),
                Event::Evaluated { evidence, .. } => {
                    chronicle.logged.extend(evidence.iter().filter(|it| it.warns).map(|it| it.what.clone()));
                }
                _ => {}
            }
        }
        chronicle
    }

    fn is(&self, place: Place, history: History) -> bool {
        self.places.get(&place).is_some_and(|it| it.first.contains_key(&history))
    }

    /// Returns every place that a unit means, whether anything happened there or not.
    pub fn places(&self, plan: &Plan, unit: &UnitRef) -> Vec<Place> {
        let mut places = Vec::new();
        for node in nodes_named(plan, unit) {
            // The slots of what is known only late are those that something happened in.
            let last =
                self.places.range(Place::new(node, crate::plan::Slot(0))..).take_while(|(it, _)| it.node == node);
            let seen = last.last().map_or(0, |(it, _)| it.slot.0 + 1);
            let slots = (0..plan.slots(node).max(seen)).map(|it| Place::new(node, crate::plan::Slot(it)));
            places.extend(slots.filter(|it| is_meant(plan, unit, *it)));
        }
        places
    }

    /// Returns those places of a unit to which something has happened.
    pub fn those(&self, plan: &Plan, unit: &UnitRef, history: History) -> Vec<Place> {
        self.places(plan, unit).into_iter().filter(|it| self.is(*it, history)).collect()
    }

    /// Returns whether something happened to a unit: to one, or to all of its places, as its word says.
    pub fn ever(&self, plan: &Plan, unit: &UnitRef, history: History) -> bool {
        let asked_about = self.asked_about(plan, unit, history);
        let mut all = asked_about.iter().map(|it| self.is(*it, history));
        match history {
            History::Started | History::Failed => all.any(|it| it),
            History::Done | History::Skipped | History::Undone => !asked_about.is_empty() && all.all(|it| it),
        }
    }

    /// Returns the places that count: only what has begun can be undone.
    pub fn asked_about(&self, plan: &Plan, unit: &UnitRef, history: History) -> Vec<Place> {
        let mut places = self.places(plan, unit);
        if history == History::Undone {
            places.retain(|it| self.is(*it, History::Started));
        }
        places
    }

    pub fn begins(&self, plan: &Plan, unit: &UnitRef) -> Option<At> {
        let first = |it: &Place| self.places.get(it)?.first.get(&History::Started).copied();
        self.places(plan, unit).iter().filter_map(first).min()
    }

    pub fn ends(&self, plan: &Plan, unit: &UnitRef) -> Option<At> {
        self.places(plan, unit).iter().filter_map(|it| self.places.get(it)?.ended).max()
    }

    /// Returns how often something of a unit was tried, at most at one place; its way back is not counted.
    pub fn attempts(&self, plan: &Plan, unit: &UnitRef) -> u32 {
        let mut most = 0;
        for node in nodes_named(plan, unit) {
            let range = Place::new(node, crate::plan::Slot(0))..Place::new(plan.node(node).end, crate::plan::Slot(0));
            let own = self.asked.range(range).filter(|(it, _)| is_meant(plan, unit, **it));
            let forwards = own.filter(|(it, _)| !is_way_back(plan, it.node, node));
            most = forwards.map(|(_, count)| *count).max().unwrap_or(0).max(most);
        }
        most
    }
}

fn is_way_back(plan: &Plan, node: NodeId, within: NodeId) -> bool {
    let mut at = node;
    while at != within && at != NodeId::ROOT {
        if plan.node(at).kind == NodeKind::Sequence(Role::Undo) {
            return true;
        }
        at = plan.node(at).parent;
    }
    false
}
