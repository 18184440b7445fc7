//! Who acts beside the engine on virtual time: the world that answers, and people. Told what happens; never asked
//! what time it is.

use crate::engine::{Answer, Command, Event, Job, Person, Run};
use crate::plan::{Place, Plan};
use crate::sim::Crash;
use crate::value::At;

/// The world and the people of one simulated run.
pub trait Cast {
    /// Returns what the world answers, and after how many milliseconds.
    fn answer(&mut self, asked: &Asked) -> (i64, Answer);

    /// Hears of something that has happened.
    fn hear(&mut self, _plan: &Plan, _run: &Run, _at: At, _event: &Event) {}

    /// Returns when somebody next does something without being asked.
    fn next_turn(&self) -> Option<At> {
        None
    }

    /// Does what is due without being asked.
    fn take_turn(&mut self, _run: &Run) -> Option<Unasked> {
        None
    }

    /// Returns what a person wants of a run in which nothing happens any more, and after how many milliseconds.
    fn decide(&mut self, _plan: &Plan, _run: &Run) -> Option<(i64, Person, Command)> {
        None
    }

    /// Whether there is no going on, because something was asked that nobody knows an answer to.
    fn is_lost(&self) -> bool {
        false
    }
}

/// A question to the world.
pub struct Asked<'a> {
    pub plan: &'a Plan,
    pub now: At,
    pub place: Place,
    pub attempt: u32,
    pub job: &'a Job,
}

/// Something that nobody waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum Unasked {
    Command(Person, Command),
    Crash(Crash),
}
