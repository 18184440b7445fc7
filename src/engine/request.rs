//! What people were asked at a place and what they have said: the state, and how events change it. Decides nothing.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::apply::Change;
use super::run::Status;
use super::{PauseReason, Person, Run};
use crate::plan::{NodeId, Place, Plan};
use crate::value::At;

/// An open question to people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Who may answer.
    pub of: Vec<SmolStr>,
    /// How many answers it takes: different people, or items of a checklist.
    pub need: u32,
    pub until: Option<At>,
    /// What they are shown.
    pub text: Option<String>,
    /// The items of a checklist.
    pub items: Vec<String>,
    /// Who has said yes.
    pub approved: Vec<Person>,
    /// Who has ticked off which item; counted from 0.
    pub ticked: BTreeMap<u32, Person>,
    pub unmet: Option<Unmet>,
    /// Whether the run was paused over it.
    pub paused: bool,
}

/// Why an answer is not what was hoped for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmet {
    Expired,
    Rejected { by: Person, reason: Option<String> },
}

impl Request {
    /// Returns how many answers are missing.
    pub fn left(&self) -> u32 {
        self.need.saturating_sub((self.approved.len() + self.ticked.len()) as u32)
    }

    /// Returns the items that nobody has ticked off, with their numbers from 0.
    pub fn open_items(&self) -> impl Iterator<Item = (u32, &str)> {
        let items = self.items.iter().enumerate().map(|(at, it)| (at as u32, it.as_str()));
        items.filter(|(at, _)| !self.ticked.contains_key(at))
    }

    /// Returns those who may still answer.
    pub fn missing(&self) -> impl Iterator<Item = &SmolStr> {
        self.of.iter().filter(|it| !self.approved.iter().any(|by| by.0 == **it))
    }
}

impl Run {
    /// Returns what people are asked now, in order.
    pub fn requests(&self) -> impl Iterator<Item = (Place, &Request)> {
        self.frames.iter().filter_map(|(place, frame)| Some((*place, frame.request.as_deref()?)))
    }

    /// Returns whether the run goes on as soon as people answer.
    pub fn awaits_people(&self) -> bool {
        self.requests().any(|(_, it)| it.unmet.is_none())
    }

    /// Returns why the run is paused, as far as that is a failure or a question that a person has to come back to.
    pub(super) fn waits_for_person(&self) -> Option<PauseReason> {
        let failed = self.awaiting.first().map(|it| PauseReason::Failed { place: *it });
        let mut asked = self.requests().filter(|(_, it)| it.paused && it.left() > 0);
        failed.or_else(|| {
            let (place, request) = asked.next()?;
            Some(match request.unmet {
                Some(Unmet::Rejected { .. }) => PauseReason::Rejected { place },
                Some(Unmet::Expired) | None => PauseReason::Unanswered { place },
            })
        })
    }

    /// Returns what people were asked at a place.
    pub fn request(&self, place: Place) -> Option<&Request> {
        self.frames.get(&place)?.request.as_deref()
    }
}

/// How a failure that waits for a decision can be gone on from.
impl Run {
    /// Returns the path of a question at or beneath a place to which nobody has said yes; where it was not asked yet,
    /// without its target. Only those who are asked decide it, so nothing that holds one is skipped.
    pub fn unanswered_in(&self, plan: &Plan, place: Place) -> Option<String> {
        let nodes = (place.node.0..plan.node(place.node).end.0).map(NodeId);
        nodes.filter(|it| plan.ask_at(*it).is_some()).find_map(|node| {
            let beneath = plan.slots_beneath(node, place);
            let mut begun = self.statuses_of(node).filter(|(slot, _)| beneath.contains(&slot.0)).peekable();
            if begun.peek().is_none() {
                return (!beneath.is_empty()).then(|| plan.node_path(node));
            }
            let open = begun.find(|(_, status)| !matches!(status, Status::Done | Status::Skipped));
            open.map(|(slot, _)| plan.path(Place::new(node, slot)))
        })
    }

    /// Returns what a person may say about a failure.
    pub fn ways_on(&self, plan: &Plan, place: Place) -> &'static [&'static str] {
        match (self.unanswered_in(plan, place), self.can_roll_back()) {
            (None, true) => &["retry", "skip", "rollback"],
            (None, false) => &["retry", "skip"],
            (Some(_), true) => &["retry", "rollback"],
            (Some(_), false) => &["retry"],
        }
    }
}

impl Change<'_> {
    /// People are asked, for the first time or again from the start.
    pub fn requested(&mut self, place: Place, request: Request) {
        let until = request.until;
        let frame = self.frame(place);
        let old = frame.request.replace(Box::new(request)).and_then(|it| it.until);
        if let Some(old) = old {
            self.run.alarms.remove(&(old, place));
        }
        self.alarm(until, place);
        self.take_turn(place);
        self.run.set_status(self.plan, place, Status::Live);
        self.run.agenda.insert(place);
    }

    /// Somebody has said something.
    pub fn answered_by_people(&mut self, place: Place, change: impl FnOnce(&mut Request)) {
        if let Some(request) = self.run.frames.get_mut(&place).and_then(|it| it.request.as_deref_mut()) {
            change(request);
            self.run.agenda.insert(place);
        }
    }

    /// The run pauses over an answer that is a no, or did not come.
    pub fn paused_over(&mut self, why: &PauseReason) {
        if let PauseReason::Unanswered { place } | PauseReason::Rejected { place } = why {
            self.answered_by_people(*place, |it| it.paused = true);
        }
    }

    /// A pause over an answer that did not come in time ends when it comes after all.
    pub fn end_pause_over(&mut self, place: Place) {
        if matches!(self.run.paused, Some(PauseReason::Unanswered { place: it } | PauseReason::Rejected { place: it }) if it == place)
        {
            self.end_pause();
        }
    }
}
