//! How often a node happens. A node outside every loop happens once; a loop's body once per element, and a loop in
//! a loop's body once per element of each. All of these are slots of one flat row, so that state per target
//! is an index and not a tree.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::LocalId;
use crate::value::{Target, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpaceId(pub u32);

/// One happening of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slot(pub u32);

impl SpaceId {
    /// Where everything outside of loops happens: one slot.
    pub const ROOT: SpaceId = SpaceId(0);
}

impl Slot {
    pub const ONLY: Slot = Slot(0);

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The slots of one loop's body, or of its waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// The space in which the loop itself stands; the root's is itself.
    pub parent: SpaceId,
    /// For each slot of the parent where its own slots begin, and at last where they end.
    pub offsets: Vec<u32>,
    /// What the loop's name stands for in each slot; none in a space of waves.
    pub local: Option<LocalId>,
    pub elements: Elements,
}

/// What a loop runs over, slot by slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elements {
    /// Nothing to bind: the root, or waves.
    None,
    Values(Vec<Value>),
    /// Targets by their place in the plan's table.
    Targets(Vec<u32>),
    /// Known only when the loop begins: `for site in touched`.
    Late,
}

impl Space {
    pub fn root() -> Space {
        Space { parent: SpaceId::ROOT, offsets: vec![0, 1], local: None, elements: Elements::None }
    }

    /// Returns how many slots there are.
    pub fn len(&self) -> u32 {
        self.offsets.last().copied().unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the slots that belong to one slot of the parent.
    pub fn slots_of(&self, parent: Slot) -> std::ops::Range<u32> {
        self.offsets[parent.index()]..self.offsets[parent.index() + 1]
    }

    /// Returns the slot of the parent that a slot belongs to.
    pub fn parent_of(&self, slot: Slot) -> Slot {
        if self.offsets.len() == 2 {
            return Slot::ONLY;
        }
        Slot(self.offsets.partition_point(|start| *start <= slot.0) as u32 - 1)
    }

    /// Returns what the loop's name stands for in a slot, as far as the plan knows.
    pub fn element(&self, slot: Slot, targets: &[Arc<Target>]) -> Option<Value> {
        match &self.elements {
            Elements::None | Elements::Late => None,
            Elements::Values(values) => values.get(slot.index()).cloned(),
            Elements::Targets(indices) => {
                let index = indices.get(slot.index())?;
                Some(Value::Target(Arc::clone(&targets[*index as usize])))
            }
        }
    }
}

/// The numbers of one loop for one slot of its parent, with all shares worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopNumbers {
    /// At most so many side by side, at least 1.
    pub at_once: u32,
    /// How many elements are done when each wave ends; the last is all of them.
    pub waves: Vec<u32>,
    /// How many may fail: in each wave, or (one number) in the whole loop.
    pub tolerate: Vec<u32>,
    /// Whether `tolerate` counts wave by wave.
    pub per_wave: bool,
    pub stagger_ms: i64,
}

impl LoopNumbers {
    /// One element after another, and none may fail.
    pub fn one_by_one(count: u32) -> LoopNumbers {
        LoopNumbers { at_once: 1, waves: vec![count], tolerate: vec![0], per_wave: false, stagger_ms: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ragged_slots_find_their_parent() {
        let space = Space {
            parent: SpaceId(1),
            offsets: vec![0, 2, 2, 5],
            local: None,
            elements: Elements::Values((0..5).map(Value::Int).collect()),
        };
        let parents: Vec<u32> = (0..5).map(|slot| space.parent_of(Slot(slot)).0).collect();
        assert_eq!(parents, [0, 0, 2, 2, 2]);
        assert_eq!(space.slots_of(Slot(1)), 2..2);
    }
}
