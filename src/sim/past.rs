//! How long things took in earlier runs: by their paths without targets, so that another plan of the same rollout can
//! use it. Told of events; reads no journal.

use std::collections::BTreeMap;

use super::Took;
use crate::engine::{Answer, Ending, Event};
use crate::plan::{Place, Plan};
use crate::value::At;

/// What earlier runs show.
#[derive(Debug, Clone, Default)]
pub struct Past {
    by_path: BTreeMap<String, Tally>,
}

#[derive(Debug, Clone, Copy)]
struct Tally {
    count: i64,
    sum_ms: i64,
    least_ms: i64,
    most_ms: i64,
}

impl Past {
    /// Takes in the events of one run that are there, in order.
    pub fn take_in<'e>(&mut self, plan: &Plan, events: impl Iterator<Item = (At, &'e Event)>) {
        let mut begun: BTreeMap<Place, At> = BTreeMap::new();
        for (at, event) in events {
            if let Event::Asked { place, verify: false, .. } | Event::ApprovalRequested { place, .. } = event {
                begun.insert(*place, at);
            }
            if let Event::Answered { place, .. } | Event::Ended { place, .. } = event
                && let Some(since) = begun.remove(place)
                && went_well(event)
            {
                self.add(plan.node_path(place.node), at.since_ms(since));
            }
        }
    }

    fn add(&mut self, path: String, ms: i64) {
        let ms = ms.max(0);
        let tally = self.by_path.entry(path).or_insert(Tally { count: 0, sum_ms: 0, least_ms: i64::MAX, most_ms: 0 });
        tally.count += 1;
        tally.sum_ms = tally.sum_ms.saturating_add(ms);
        tally.least_ms = tally.least_ms.min(ms);
        tally.most_ms = tally.most_ms.max(ms);
    }

    /// Returns how long something took: the least, the mean and the most.
    pub fn of(&self, path: &str) -> Option<Took> {
        let it = self.by_path.get(path)?;
        Some(Took { least_ms: it.least_ms, likely_ms: it.sum_ms / it.count, most_ms: it.most_ms })
    }
}

/// What failed says nothing of how long success takes.
fn went_well(event: &Event) -> bool {
    matches!(event, Event::Answered { answer: Answer::Done(_), .. } | Event::Ended { ending: Ending::Done, .. })
}
