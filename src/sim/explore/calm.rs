//! Long stretches in which only samples are taken and nothing comes of them. Most of their steps are alike, so a search
//! looks at the first of them and then at fewer and fewer; it never knows what is sampled.

use super::mishap::Mishap;
use super::scene::Scene;
use crate::engine::Event;
use crate::plan::Plan;
use crate::value::At;

/// How many steps in a row are all looked at.
const NEAR: usize = 8;

/// Of how many samples one is held against the states seen before.
const APART: i64 = 16;

/// How many steps in a row nothing has come of.
#[derive(Debug, Default)]
pub(super) struct Calm {
    steps: usize,
    /// How many samples were taken meanwhile.
    samples: usize,
    /// When the last sample was taken, and whether it is the first of its stretch of `APART`.
    last: Option<At>,
    is_mark: bool,
    /// Whether questions are passed over, so that each that is left is looked at.
    leaps: bool,
}

impl Calm {
    pub fn hear(&mut self, events: &[Event], now: At) {
        if !events.iter().all(is_calm) {
            *self = Calm::default();
            return;
        }
        self.steps += 1;
        self.is_mark = false;
        if events.iter().any(|it| matches!(it, Event::Evaluated { .. })) {
            self.samples += 1;
            self.is_mark = self.last.is_none_or(|last| begins_stretch(last, now));
            self.last = Some(now);
        }
    }

    /// Lets what asks in a scene pass over questions that are answered alike.
    pub fn leap(&mut self, plan: &Plan, scene: &mut Scene, events: &[Event]) {
        self.leaps |= scene.leap(plan, events);
    }

    /// Whether some mishaps are not tried in this stretch.
    pub fn is_thinned(&self) -> bool {
        self.leaps || self.is_long()
    }

    /// Whether there is a mishap that would not be tried now.
    fn is_long(&self) -> bool {
        self.steps > NEAR && !self.leaps && !self.samples.is_power_of_two()
    }

    /// Whether a mishap is tried here: at every sample of the first, then at the 8th, 16th, 32nd and so on.
    pub fn is_worth(&self, mishap: &Mishap) -> bool {
        match mishap {
            Mishap::Violated { .. } | Mishap::Unknown { .. } | Mishap::Lost { .. } | Mishap::Crash => !self.is_long(),
            Mishap::Fails { .. } | Mishap::Rejected { .. } | Mishap::Silent { .. } => true,
        }
    }

    /// Whether the state need not be held against those seen before. A ring is found all the same, some rounds later.
    pub fn may_be_passed_over(&self) -> bool {
        self.steps > NEAR && !self.leaps && !self.is_mark
    }
}

/// Whether a sample is the first of its stretch. Stretches are counted from a fixed instant, so that two ways to the same
/// state come to the same marks.
fn begins_stretch(last: At, now: At) -> bool {
    let length_ms = now.since_ms(last).max(1) * APART;
    now.0.div_euclid(length_ms) != last.0.div_euclid(length_ms)
}

fn is_calm(event: &Event) -> bool {
    matches!(
        event,
        Event::Asked { .. }
            | Event::Answered { .. }
            | Event::Evaluated { .. }
            | Event::Waiting { .. }
            | Event::Baseline { .. }
    )
}
