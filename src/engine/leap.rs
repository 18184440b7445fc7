//! Questions that a search passes over: as long as the world answers alike, a condition comes out alike, so what asks
//! again and again may ask next where that can change. Runs that are performed never leap.

use super::frame::Frame;
use super::measure::GAP_MAX_MS;
use super::turn::Turn;
use super::{Event, Run, Step, Truth, Waiting};
use crate::model::{Act, Check, Otherwise, Watch};
use crate::plan::{NodeKind, Place, Plan};
use crate::value::{At, Value};

/// So many of the first questions of a watch or check are never passed over.
const NEAR: i64 = 4;

/// Lets a watch or check that waits ask later than it would, if the world is going to answer as it just did.
///
/// What holds is sampled the eighth, sixteenth, thirty-second time and so on, and the last; what is not known, or is to
/// hold within a time, where the truth can change, or as often where nobody can tell when that is. Samples are counted
/// from the beginning, so that two ways to the same state meet again. False, and nothing changes, where each answer
/// counts.
pub fn leap(plan: &Plan, run: &mut Run, now: At, place: Place) -> bool {
    let NodeKind::Act(act) = &plan.node(place.node).kind else { return false };
    let mut turn = Turn { plan, run, now, step: Step::default() };
    let later = match &**act {
        Act::Watch(watch) | Act::Guard(watch) => turn.later_sample(place, watch),
        Act::Check(check) => turn.later_question(place, check),
        _ => None,
    };
    let Some((until, why)) = later else { return false };
    turn.emit(Event::Waiting { place, until, why });
    true
}

impl Turn<'_> {
    fn later_sample(&self, place: Place, watch: &Watch) -> Option<(At, Waiting)> {
        let (frame, until) = self.waiting_for(place, Waiting::Sample)?;
        if watch.pass_in_a_row.is_some() || watch.otherwise == Some(Otherwise::Hold) {
            return None;
        }
        let numbers = self.watch_numbers(place, watch).ok()?;
        let first = frame.begun.plus_ms(numbers.settle_ms);
        let number = Some(until.since_ms(first) / numbers.every_ms).filter(|it| *it > NEAR)?;
        let state = frame.as_watch()?;
        let later = match state.last? {
            Truth::Violated => return None,
            Truth::Holds => {
                let most = (GAP_MAX_MS / 2 / numbers.every_ms).max(1);
                first.plus_ms(doubled(number).min((number / most + 1) * most) * numbers.every_ms)
            }
            Truth::Unknown => {
                let lost = state.unknown_since.map(|it| it.plus_ms(numbers.unknown_ms));
                match self.may_change(lost) {
                    Some(at) => on_grid(until, at, numbers.every_ms),
                    None => first.plus_ms(doubled(number) * numbers.every_ms),
                }
            }
        };
        let end = numbers.lasts_ms.map(|ms| first.plus_ms(ms)).filter(|it| *it >= until);
        let later = end.map_or(later, |end| later.min(end));
        (later > until).then_some((later, Waiting::Sample))
    }

    fn later_question(&self, place: Place, check: &Check) -> Option<(At, Waiting)> {
        let (frame, until) = self.waiting_for(place, Waiting::Again)?;
        if check.otherwise == Some(Otherwise::Hold) {
            return None;
        }
        let ms = |it: &Option<crate::model::Expr>| it.as_ref().map(|it| self.duration_ms(it, place)).transpose();
        let (settle_ms, within_ms) = (ms(&check.settle).ok()?.unwrap_or(0), ms(&check.within).ok()??);
        let every_ms = ms(&check.every).ok()?.unwrap_or(super::acts::CHECK_EVERY_MS).max(1);
        let first = frame.begun.plus_ms(settle_ms);
        let number = Some(until.since_ms(first) / every_ms).filter(|it| *it > NEAR)?;
        let last = frame.begun.plus_ms(within_ms);
        let later = match self.may_change(Some(last)) {
            Some(at) => on_grid(until, at, every_ms),
            None => first.plus_ms(doubled(number) * every_ms),
        };
        let later = later.min(last);
        (later > until).then_some((later, Waiting::Again))
    }

    fn waiting_for(&self, place: Place, why: Waiting) -> Option<(&Frame, At)> {
        let frame = self.run.frames.get(&place)?;
        frame.waits.filter(|it| it.1 == why).map(|(until, _)| (frame, until))
    }

    /// Returns the earliest instant at which the same answers may mean something else: when something has been sampled,
    /// or left unchanged, for long enough, and whatever else is due. None if nobody can tell.
    fn may_change(&self, due: Option<At>) -> Option<At> {
        let sustained = self.plan.thresholds.iter().filter_map(|it| it.sustained.as_ref());
        let lengths: Option<Vec<i64>> = sustained.map(|it| it.known().and_then(Value::as_duration_ms)).collect();
        let begun = self.run.streaks.values().flat_map(|it| it.stretches()).map(|(at, _)| at);
        let since: Vec<At> = begun.chain(self.run.changed.values().map(|it| it.last)).collect();
        let covered = lengths?.into_iter().flat_map(|ms| since.iter().map(move |it| it.plus_ms(ms)));
        covered.chain(due).filter(|it| *it > self.now).min()
    }
}

fn doubled(number: i64) -> i64 {
    (number as u64).next_power_of_two() as i64
}

/// Returns the first instant of those at an even distance that is not before another.
fn on_grid(first: At, wanted: At, every_ms: i64) -> At {
    let missing_ms = wanted.since_ms(first).max(0);
    first.plus_ms((missing_ms + every_ms - 1) / every_ms * every_ms)
}
