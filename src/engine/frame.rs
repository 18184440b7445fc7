//! What is known of a place while it is under way, forwards or backwards; with its end it is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Request, Waiting, WatchFrame};
use crate::plan::NodeId;
use crate::value::{At, Closing};

/// A place that is under way, forwards or backwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub begun: At,
    /// The attempt that is or was last under way; 0 before the first. Of an action it is never used again, even when
    /// a person has it tried from the start.
    pub attempt: u32,
    /// How often it was tried since it last began.
    pub tries: u32,
    /// Whether the question of this attempt is open.
    pub asked: bool,
    /// Whether the open question only verifies an interrupted attempt.
    pub verifying: bool,
    pub waits: Option<(At, Waiting)>,
    /// When its window closes, and what that means.
    pub closes: Option<(At, Closing)>,
    /// Until when nothing begins in it, because its window has closed.
    pub shut: Option<At>,
    /// Whether somebody let it begin although its window is shut.
    pub glass: bool,
    pub timeout: Option<At>,
    pub deadline: Option<At>,
    /// Why nothing new starts beneath it.
    pub closing: Option<Cause>,
    /// The next child of a sequence.
    pub cursor: u32,
    /// What people are asked here.
    pub request: Option<Box<Request>>,
    pub shape: Shape,
    pub undo: Option<UndoFrame>,
}

/// What a frame needs by the kind of its node.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Plain,
    Graph(GraphFrame),
    Loop(LoopFrame),
    Watch(WatchFrame),
    /// A share that was set and is to be read back.
    Set,
}

/// The stages of a rollout that is under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphFrame {
    /// Stages whose turn it is.
    pub open: BTreeSet<NodeId>,
    /// For stages that have begun to be waited for: how many others are still missing.
    pub missing: BTreeMap<NodeId, u32>,
    /// Stages that failed and about which nothing was decided.
    pub failed: BTreeSet<NodeId>,
    pub ended: u32,
    pub total: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoopFrame {
    /// The first slot of this loop's elements.
    pub first: u32,
    pub count: u32,
    /// How many elements have begun.
    pub next: u32,
    /// How many of them are under way.
    pub live: u32,
    pub wave: u32,
    /// Whether the body after this wave has begun.
    pub after_wave: bool,
    pub failed: u32,
    pub failed_in_wave: u32,
    /// When the next element may begin.
    pub not_before: Option<At>,
    /// Elements whose turn has come and whose window is shut; they hold no place among those side by side.
    pub shut: ShutOut,
    /// The slots of elements that failed, and that the loop could not look away from.
    pub untolerated: BTreeSet<u32>,
}

/// Slots that wait for a window, and when each is looked at again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShutOut {
    until: BTreeMap<u32, At>,
    /// The same by instant: few windows open for many.
    openings: BTreeMap<At, BTreeSet<u32>>,
}

impl ShutOut {
    pub fn insert(&mut self, slot: u32, until: At) {
        self.remove(slot);
        self.until.insert(slot, until);
        self.openings.entry(until).or_default().insert(slot);
    }

    /// Takes a slot out; returns whether it was one.
    pub fn remove(&mut self, slot: u32) -> bool {
        let Some(until) = self.until.remove(&slot) else { return false };
        if let Some(slots) = self.openings.get_mut(&until) {
            slots.remove(&slot);
            if slots.is_empty() {
                self.openings.remove(&until);
            }
        }
        true
    }

    /// Returns the first slot whose time has come.
    pub fn first_due(&self, now: At) -> Option<u32> {
        self.openings.range(..=now).filter_map(|(_, slots)| slots.first().copied()).min()
    }

    pub fn contains(&self, slot: u32) -> bool {
        self.until.contains_key(&slot)
    }

    pub fn len(&self) -> usize {
        self.until.len()
    }

    pub fn is_empty(&self) -> bool {
        self.until.is_empty()
    }
}

/// A place that is being taken back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UndoFrame {
    /// Whether its own way back has ended.
    pub own_done: bool,
    /// How many parts of it are being taken back.
    pub live: u32,
    /// Of a loop: from this slot on every element was looked at.
    pub looked_from: Option<u32>,
    /// Whether a part of it could not be taken back.
    pub stuck: bool,
    /// How often its own way back has failed.
    pub failed: u32,
    /// Why, if it is a target whose failure is tolerated.
    pub tolerated: Option<Cause>,
}

impl Frame {
    pub(super) fn new(begun: At) -> Frame {
        Frame {
            begun,
            attempt: 0,
            tries: 0,
            asked: false,
            verifying: false,
            waits: None,
            closes: None,
            shut: None,
            glass: false,
            timeout: None,
            deadline: None,
            closing: None,
            cursor: 0,
            request: None,
            shape: Shape::Plain,
            undo: None,
        }
    }

    pub(super) fn as_loop(&self) -> Option<&LoopFrame> {
        match &self.shape {
            Shape::Loop(it) => Some(it),
            Shape::Plain | Shape::Graph(_) | Shape::Watch(_) | Shape::Set => None,
        }
    }

    /// Returns every instant at which this frame wants to be looked at.
    pub(super) fn alarms(&self) -> impl Iterator<Item = At> + '_ {
        let not_before = self.as_loop().and_then(|it| it.not_before);
        let until = self.request.as_ref().and_then(|it| it.until);
        let closes = self.closes.map(|(at, _)| at);
        let own = [self.waits.map(|(at, _)| at), self.timeout, self.deadline, closes, self.shut];
        own.into_iter().chain([not_before, until]).flatten()
    }
}
