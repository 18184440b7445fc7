//! How long each command and request takes: as its step says, as earlier runs show, or as is assumed where nothing
//! says. Knows plans and earlier runs, and no world.

use std::collections::BTreeMap;

use super::Past;
use super::conduct::leaves;
use crate::plan::{NodeId, NodeKind, Plan};
use crate::value::{Value, show_duration};

/// How well things go while everything succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Everything takes its least, and people answer at once.
    Least,
    Likely,
    /// Everything takes its most, and people answer just in time.
    Most,
}

impl Pace {
    pub const ALL: [Pace; 3] = [Pace::Least, Pace::Likely, Pace::Most];
}

/// How long something takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    pub least_ms: i64,
    pub likely_ms: i64,
    pub most_ms: i64,
}

/// What is taken for granted of a step of which nothing is known.
const ASSUMED: Took = Took { least_ms: 1_000, likely_ms: 60_000, most_ms: 300_000 };

impl Took {
    pub(super) fn at(self, pace: Pace) -> i64 {
        match pace {
            Pace::Least => self.least_ms,
            Pace::Likely => self.likely_ms,
            Pace::Most => self.most_ms,
        }
    }

    fn shared(self, among: usize) -> Took {
        let among = (among as i64).max(1);
        Took { least_ms: self.least_ms / among, likely_ms: self.likely_ms / among, most_ms: self.most_ms / among }
    }

    /// A duration, or a range from the least to the most with its middle between them.
    fn said(takes: &Value) -> Option<Took> {
        match takes {
            Value::Duration(ms) => Some(Took { least_ms: *ms, likely_ms: *ms, most_ms: *ms }),
            Value::Range(range) => {
                let (least_ms, most_ms) = (range.0.as_duration_ms()?, range.1.as_duration_ms()?);
                Some(Took { least_ms, likely_ms: i64::midpoint(least_ms, most_ms), most_ms })
            }
            _ => None,
        }
    }
}

/// The times of a plan.
pub(super) struct Times<'a> {
    /// For each command and request that something is known of.
    known: BTreeMap<NodeId, Took>,
    past: &'a Past,
}

impl<'a> Times<'a> {
    pub fn of(plan: &Plan, past: &'a Past) -> Times<'a> {
        let mut times = Times { known: BTreeMap::new(), past };
        // From the outermost step inwards: the nearest has the last word.
        for id in (0..plan.nodes.len() as u32).map(NodeId) {
            times.learn(plan, id);
        }
        times
    }

    fn learn(&mut self, plan: &Plan, id: NodeId) {
        let node = plan.node(id);
        match &node.kind {
            NodeKind::Step(step) => {
                let Some(took) = step.takes.as_ref().and_then(|it| it.known()).and_then(Took::said) else { return };
                // What a way back takes is not said anywhere: as long as the way there.
                for unit in [Some(id), node.undo].into_iter().flatten() {
                    let leaves = leaves(plan, unit);
                    let share = took.shared(leaves.len());
                    self.known.extend(leaves.into_iter().map(|it| (it, share)));
                }
            }
            NodeKind::Act(_) => {
                if let Some(took) = self.past.of(&plan.node_path(id)) {
                    self.known.entry(id).or_insert(took);
                }
            }
            NodeKind::Rollout { .. }
            | NodeKind::Child(_)
            | NodeKind::Stage(_)
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Sequence(_) => {}
        }
    }

    /// Returns how long a command or request takes; none if nothing is known of it.
    pub fn known(&self, node: NodeId) -> Option<Took> {
        self.known.get(&node).copied()
    }

    /// Returns how long people took to answer a question in earlier runs.
    pub fn people(&self, path: &str) -> Option<i64> {
        self.past.of(path).map(|it| it.likely_ms)
    }

    /// Returns what to take for granted where nothing is known, and how to say so.
    pub fn assumed() -> (Took, String) {
        let [least, likely, most] = [ASSUMED.least_ms, ASSUMED.likely_ms, ASSUMED.most_ms].map(show_duration);
        (ASSUMED, format!("a step without `takes` that never ran here takes {least} to {most}, likely {likely}"))
    }
}
