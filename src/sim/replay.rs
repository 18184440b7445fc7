//! A cast for looking back: everything that is done goes well at once, and what is asked is answered from the past.

use super::{Asked, Cast};
use crate::engine::{Answer, Done, Event, Job, ProbeJob, Probed, Run};
use crate::plan::Plan;
use crate::value::At;

/// Answers questions as of the instant at which they are asked, until the past is over.
pub struct Replay<'a> {
    answer: &'a mut dyn FnMut(&ProbeJob, At) -> Probed,
    until: At,
    is_over: bool,
}

impl<'a> Replay<'a> {
    /// Makes a cast with whoever knows the past, up to an instant.
    pub fn new(until: At, answer: &'a mut dyn FnMut(&ProbeJob, At) -> Probed) -> Replay<'a> {
        Replay { answer, until, is_over: false }
    }
}

impl Cast for Replay<'_> {
    fn answer(&mut self, asked: &Asked) -> (i64, Answer) {
        let answer = match asked.job {
            Job::Probes { probes } => {
                Answer::Probed { results: probes.iter().map(|it| (self.answer)(it, asked.now)).collect() }
            }
            Job::Command(_) | Job::Http(_) | Job::Router(_) | Job::Notice(_) => Answer::Done(Done::default()),
        };
        (0, answer)
    }

    fn hear(&mut self, _plan: &Plan, _run: &Run, at: At, event: &Event) {
        // One that nobody knows anything of would go on for ever.
        self.is_over |= at >= self.until && matches!(event, Event::Evaluated { .. });
    }

    fn is_lost(&self) -> bool {
        self.is_over
    }
}
