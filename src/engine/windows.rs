//! When work may begin, and what a window's close means for what has begun. Asked when a stage, a loop's element, a
//! step or the rollout begins; watching, waiting and asking people are not work.

use super::turn::Turn;
use super::{Cause, Event, Waiting};
use crate::calendar::{Calendar, LOOK_AHEAD_MS, When};
use crate::model::{Act, Expr, ExprKind};
use crate::plan::{NodeKind, Place, Role};
use crate::value::{At, Closing, Value};

/// Leave to begin, and what the close of the window means to what begins in it.
#[must_use]
pub(super) struct Pass {
    closes: Option<(At, Closing)>,
}

impl Turn<'_> {
    /// Lets something in that is to begin, unless a window holds it back: then that is remembered, and looked at when
    /// it opens.
    pub fn let_in(&mut self, place: Place) -> Option<Pass> {
        match self.calendar(place) {
            Ok(Some(calendar)) if self.hold_back(place, &calendar) => None,
            Ok(Some(calendar)) => Some(self.pass(&calendar)),
            Ok(None) => Some(Pass { closes: None }),
            Err(cause) => {
                self.emit(super::turn::began(place));
                self.fail(place, cause);
                None
            }
        }
    }

    /// What was let in has begun: its window's close is looked out for, if it means anything to it.
    pub fn begun_with(&mut self, place: Place, pass: Pass) {
        if let Some((closes, closing)) = pass.closes {
            self.emit(Event::Opened { place, closes, closing });
        }
    }

    fn pass(&self, calendar: &Calendar) -> Pass {
        let closing = calendar.rules().closing;
        // What somebody let begin in a window that is shut has no close before it.
        if closing == Closing::Finish || !calendar.is_open(self.now) {
            return Pass { closes: None };
        }
        match calendar.closes(self.now, self.horizon()) {
            When::At(at) => Pass { closes: Some((at, closing)) },
            When::NotBefore(_) => Pass { closes: None },
        }
    }

    fn hold_back(&mut self, place: Place, calendar: &Calendar) -> bool {
        let glass = self.run.frames.get(&place).is_some_and(|it| it.glass);
        let held = calendar.held(self.now, self.horizon()).filter(|_| !glass);
        let Some(held) = held else { return false };
        self.emit(Event::Held { place, until: held.until.at(), why: held.why });
        true
    }

    /// Returns the window of a place, ready to be asked.
    pub fn calendar(&self, place: Place) -> Result<Option<Calendar>, Cause> {
        let Some(during) = &self.plan.node(place.node).during else { return Ok(None) };
        match self.value(during, place)? {
            Value::Window(window) => Calendar::of(&window).map(Some).map_err(|message| Cause::Value { message }),
            other => Err(super::here::not_a(&crate::value::Type::window(), &other)),
        }
    }

    fn horizon(&self) -> At {
        self.now.plus_ms(LOOK_AHEAD_MS)
    }

    /// A window may close on what has begun, or open again; returns whether that ends it.
    pub fn past_window(&mut self, place: Place) -> bool {
        let frame = &self.run.frames[&place];
        // What closes already closes once.
        let closes = frame.closes.filter(|(at, _)| *at <= self.now && frame.closing.is_none());
        let Some((at, closing)) = closes else { return false };
        match closing {
            Closing::Finish => false,
            Closing::Pause => {
                self.shut(place);
                false
            }
            Closing::Rollback => {
                self.close(place, Cause::WindowClosed { at }, false);
                true
            }
        }
    }

    /// Nothing more begins in a place until its window opens again.
    fn shut(&mut self, place: Place) {
        let Ok(Some(calendar)) = self.calendar(place) else { return };
        if self.run.frames[&place].shut.is_some_and(|until| until > self.now) {
            return;
        }
        match calendar.held(self.now, self.horizon()) {
            Some(held) => {
                let until = held.until.at().unwrap_or_else(|| self.horizon());
                self.emit(Event::Shut { place, until, why: held.why });
            }
            None => {
                let pass = self.pass(&calendar);
                self.begun_with(place, pass);
            }
        }
    }

    /// Whether the window of something around has closed, and lets nothing more begin.
    pub fn is_shut_around(&self, inside: Place) -> bool {
        let mut around = std::iter::once(inside).chain(self.plan.all_around(inside));
        around.any(|it| self.run.frames.get(&it).is_some_and(|frame| frame.shut.is_some()))
    }

    /// Whether a window is asked before this begins: looking on, waiting and asking people are not work.
    pub fn is_work(&self, place: Place) -> bool {
        let NodeKind::Act(act) = &self.plan.node(place.node).kind else { return true };
        match &**act {
            Act::Check(_) | Act::Watch(_) | Act::Guard(_) | Act::Require { .. } => false,
            Act::Wait { .. } | Act::WaitUntil { .. } | Act::Ask(_) | Act::Log { .. } => false,
            Act::Pause { .. } | Act::Notify(_) => false,
            Act::Run(_) | Act::Exec(_) | Act::Http(_) | Act::Keep(_) | Act::Restore { .. } | Act::Fail { .. } => true,
            Act::Traffic(_) | Act::Flag(_) => true,
        }
    }

    /// Whether a way back has to wait for its window: it does only where the window says so.
    pub fn is_way_back_shut(&mut self, place: Place) -> bool {
        if let Some((until, Waiting::Window)) = self.run.frames[&place].waits
            && until > self.now
        {
            return true;
        }
        let during = self.plan.node(place.node).during.as_ref();
        if during.is_some_and(lets_the_way_back_in) {
            return false;
        }
        match self.calendar(place) {
            Ok(Some(calendar)) if !calendar.rules().rollback_is_exempt => self.hold_back(place, &calendar),
            Ok(_) | Err(_) => false,
        }
    }

    /// The rollout or a called one waits for its window: returns whether it still does.
    pub fn waits_for_window(&mut self, place: Place) -> bool {
        match self.run.frames[&place].waits {
            Some((until, Waiting::Window)) if until > self.now => true,
            Some((_, Waiting::Window)) => {
                let Some(pass) = self.let_in(place) else { return true };
                self.emit(Event::Entered { place });
                self.begun_with(place, pass);
                false
            }
            Some(_) | None => false,
        }
    }

    /// An element of a loop whose window may have opened is looked at by its loop.
    pub fn is_waiting_element(&self, place: Place) -> bool {
        self.plan.node(place.node).kind == NodeKind::Sequence(Role::Target)
            && self.run.frames.get(&place).is_some_and(|it| matches!(it.waits, Some((_, Waiting::Window))))
    }
}

/// Whether a window lets rollbacks in whenever they come, as far as can be told before it is evaluated.
pub(super) fn lets_the_way_back_in(during: &Expr) -> bool {
    match &during.kind {
        ExprKind::Window(form, _) => form.rollback_is_exempt,
        ExprKind::Value(Value::Window(window)) => Calendar::of(window).is_ok_and(|it| it.rules().rollback_is_exempt),
        ExprKind::Not(one) => lets_the_way_back_in(one),
        ExprKind::And(one, other) | ExprKind::Or(one, other) | ExprKind::If(_, one, other) => {
            lets_the_way_back_in(one) && lets_the_way_back_in(other)
        }
        _ => false,
    }
}
