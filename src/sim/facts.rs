//! What an expectation asks of a run that has come to its end, or to a rest: each fact as a value, and in words.

use smol_str::SmolStr;

use super::chronicle::Chronicle;
use super::units::{is_meant, nodes_named, written};
use super::{Played, Stopped};
use crate::engine::{Cause, Ending, Event, Outcome, PauseReason, explain, first_failure, seen_from_outside};
use crate::eval::{Answer, Scope, Silence};
use crate::model::{
    Fact, FactUse, FleetId, FleetSource, Halt, History, LocalId, Program, RunField, StageField, UnitRef,
};
use crate::plan::{Place, Plan};
use crate::value::{At, Value, show_duration};

/// A run that has ended, as expectations see it.
pub(super) struct Facts<'a> {
    pub program: &'a Program,
    pub plan: &'a Plan,
    pub played: &'a Played,
    pub chronicle: Chronicle,
    pub start: At,
    pub end: At,
}

impl<'a> Facts<'a> {
    pub fn of(program: &'a Program, plan: &'a Plan, played: &'a Played, start: At) -> Facts<'a> {
        // What is done while a success can still be taken back is no part of how long it took.
        let retained = played.events.iter().find(|(_, it)| matches!(it, Event::Retained { .. }));
        let succeeded = played.outcome == Ok(Outcome::Succeeded);
        let end = retained.filter(|_| succeeded).or(played.events.last()).map_or(start, |(at, _)| *at);
        Facts { program, plan, played, chronicle: Chronicle::of(&played.events), start, end }
    }

    /// Returns how the run ended, or that it rests.
    pub fn outcome(&self) -> &'static str {
        match &self.played.outcome {
            Ok(outcome) => outcome.name(),
            Err(Stopped::Stuck | Stopped::Lost | Stopped::TooLong | Stopped::Broken(_)) => {
                if self.played.run.paused().is_some() { "paused" } else { "waiting" }
            }
        }
    }

    /// Returns how the run ended, and why.
    pub fn outcome_in_words(&self) -> String {
        let failure = first_failure(&self.played.run).map(|(place, cause)| {
            let place = place.map_or(String::new(), |it| format!("`{}`: ", self.plan.path(it)));
            format!("{place}{}", explain(self.plan, &self.played.run, cause))
        });
        let paused = match self.played.run.paused() {
            Some(PauseReason::Said { message, .. }) => Some(message.clone()),
            Some(PauseReason::Asked { reason }) => reason.clone(),
            Some(
                PauseReason::Failed { .. }
                | PauseReason::Interrupted { .. }
                | PauseReason::Unanswered { .. }
                | PauseReason::Rejected { .. },
            )
            | None => None,
        };
        match failure.or(paused) {
            Some(why) => format!("was `{}`: {why}", self.outcome()),
            None => format!("was `{}`", self.outcome()),
        }
    }

    pub fn value(&self, fact: &Fact) -> Value {
        let count = |count: usize| Value::Int(count as i64);
        match fact {
            Fact::Outcome => Value::text(self.outcome()),
            Fact::Took => Value::Duration(self.end.since_ms(self.start)),
            Fact::At(halt, unit) => Value::Bool(self.is_at(*halt, unit)),
            Fact::Ever(history, unit) => Value::Bool(self.chronicle.ever(self.plan, unit, *history)),
            Fact::Targets(history, unit) => {
                let places = self.chronicle.those(self.plan, unit, *history);
                Value::list(
                    places.iter().filter_map(|it| self.plan.target_of(*it)).map(|it| Value::Text(it.name.clone())),
                )
            }
            Fact::Count(history, unit) => count(self.chronicle.those(self.plan, unit, *history).len()),
            Fact::Attempts(unit) => count(self.chronicle.attempts(self.plan, unit) as usize),
            Fact::Begins(unit) => self.since_start(self.chronicle.begins(self.plan, unit)),
            Fact::Ends(unit) => self.since_start(self.chronicle.ends(self.plan, unit)),
            Fact::Logged(text) => Value::Bool(self.chronicle.logged.iter().any(|it| it.contains(text.as_str()))),
        }
    }

    /// What never happened is not known to be early or late.
    fn since_start(&self, at: Option<At>) -> Value {
        at.map_or(Value::Unknown, |it| Value::Duration(it.since_ms(self.start)))
    }

    /// Returns what a fact was, in words that go on after its name.
    pub fn in_words(&self, fact: &Fact) -> String {
        match fact {
            Fact::Outcome => self.outcome_in_words(),
            Fact::Took => format!("was {}", show_duration(self.end.since_ms(self.start))),
            Fact::At(halt, _) => self.halted_in_words(*halt),
            Fact::Ever(history, unit) => self.ever_in_words(*history, unit),
            Fact::Targets(history, unit) => {
                let places = self.chronicle.those(self.plan, unit, *history);
                format!("{}: {}", history.name(), self.some(&places))
            }
            Fact::Count(history, unit) => {
                let places = self.chronicle.those(self.plan, unit, *history);
                format!("was {}: {}", places.len(), self.some(&places))
            }
            Fact::Attempts(_) => format!("was {}", self.value(fact)),
            Fact::Begins(unit) => match self.chronicle.begins(self.plan, unit) {
                Some(at) => format!("was {}", show_duration(at.since_ms(self.start))),
                None => "it never began".to_owned(),
            },
            Fact::Ends(unit) => match self.chronicle.ends(self.plan, unit) {
                Some(at) => format!("was {}", show_duration(at.since_ms(self.start))),
                None => "it never ended".to_owned(),
            },
            Fact::Logged(_) => match self.chronicle.logged.as_slice() {
                [] => "nothing was logged".to_owned(),
                [one] => format!("the one line was \"{one}\""),
                [.., last] => format!("of {} lines the last was \"{last}\"", self.chronicle.logged.len()),
            },
        }
    }

    fn ever_in_words(&self, history: History, unit: &UnitRef) -> String {
        let asked_about = self.chronicle.asked_about(self.plan, unit, history);
        let those = self.chronicle.those(self.plan, unit, history);
        let word = history.name();
        if those.is_empty() {
            return match history {
                History::Undone if asked_about.is_empty() => "it never began, so nothing was undone".to_owned(),
                _ => format!("nothing of it was {word}"),
            };
        }
        if asked_about.len() == 1 {
            let at = if history == History::Started { self.chronicle.begins(self.plan, unit) } else { None };
            return match at {
                Some(at) => format!("it began {} after the start", show_duration(at.since_ms(self.start))),
                None => format!("it was {word}"),
            };
        }
        let others: Vec<Place> = asked_about.iter().filter(|it| !those.contains(it)).copied().collect();
        match others.is_empty() {
            true => format!("all {} were {word}", those.len()),
            false => format!("{} of {} were {word}: not {}", those.len(), asked_about.len(), self.some(&others)),
        }
    }

    fn some(&self, places: &[Place]) -> String {
        const SHOWN: usize = 4;
        let name =
            |it: &Place| self.plan.target_of(*it).map_or_else(|| written(self.plan, *it), |it| it.name.to_string());
        let names: Vec<String> = places.iter().take(SHOWN).map(name).collect();
        match (names.is_empty(), places.len().saturating_sub(SHOWN)) {
            (true, _) => "none".to_owned(),
            (false, 0) => names.join(", "),
            (false, more) => format!("{} and {more} more", names.join(", ")),
        }
    }

    /// Returns the places to blame for a halt.
    fn blamed(&self, halt: Halt) -> Vec<Place> {
        let run = &self.played.run;
        match halt {
            Halt::Failed => self.failures(),
            Halt::Paused => match run.paused() {
                Some(
                    PauseReason::Said { place, .. }
                    | PauseReason::Unanswered { place }
                    | PauseReason::Rejected { place },
                ) => vec![*place],
                Some(PauseReason::Failed { place } | PauseReason::Interrupted { place }) => {
                    let mut places = self.failures();
                    places.push(*place);
                    places
                }
                Some(PauseReason::Asked { .. }) | None => Vec::new(),
            },
            Halt::Waits if self.played.outcome.is_err() && run.paused().is_none() => self.awaited(),
            Halt::Waits => Vec::new(),
        }
    }

    /// Returns where the first failure was; where too many failed, everything that did.
    fn failures(&self) -> Vec<Place> {
        let Some((Some(place), cause)) = first_failure(&self.played.run) else { return Vec::new() };
        if !matches!(cause, Cause::TooMany { .. }) {
            return vec![place];
        }
        let failed = self.played.events.iter().filter_map(|(_, event)| match event {
            Event::Ended { place, ending: Ending::Failed { cause } } if !matches!(cause, Cause::Within { .. }) => {
                Some(*place)
            }
            _ => None,
        });
        failed.filter(|it| self.plan.is_within(*it, place)).chain([place]).collect()
    }

    /// Returns the places where people are asked and have not answered.
    fn awaited(&self) -> Vec<Place> {
        self.played.run.requests().map(|(place, _)| place).collect()
    }

    fn is_at(&self, halt: Halt, unit: &UnitRef) -> bool {
        let nodes = nodes_named(self.plan, unit);
        self.blamed(halt).into_iter().any(|blamed| {
            let mut around = std::iter::once(blamed).chain(self.plan.all_around(blamed));
            around.any(|it| nodes.contains(&it.node)) && is_meant(self.plan, unit, blamed)
        })
    }

    fn halted_in_words(&self, halt: Halt) -> String {
        let blamed = self.blamed(halt);
        match (halt, blamed.first()) {
            (Halt::Failed, None) => "nothing failed".to_owned(),
            (Halt::Paused, None) => "the run is not paused".to_owned(),
            (Halt::Waits, None) => "the run waits for nobody".to_owned(),
            (_, Some(place)) => format!("was `{}`", written(self.plan, *place)),
        }
    }
}

/// The scope of one expectation: its facts, and the run as a whole.
pub(super) struct Asking<'a> {
    pub facts: &'a Facts<'a>,
    pub uses: &'a [FactUse],
}

impl Asking<'_> {
    fn run_scope(&self) -> impl Scope + '_ {
        seen_from_outside(self.facts.plan, &self.facts.played.run, self.facts.end)
    }
}

impl Scope for Asking<'_> {
    fn local(&self, local: LocalId) -> Answer {
        let asked = self.uses.iter().find(|it| it.local == local).ok_or(Silence::NotKnownHere)?;
        Ok(self.facts.value(&asked.fact))
    }

    fn fleet(&self, fleet: FleetId) -> Answer {
        match &self.facts.program.fleet(fleet).source {
            FleetSource::Targets(targets) => {
                Ok(Value::list(targets.iter().map(|it| Value::Target(std::sync::Arc::new(it.clone())))))
            }
            FleetSource::Command { .. } | FleetSource::Expr(_) => self.run_scope().fleet(fleet),
        }
    }

    fn kept(&self, target: Option<&Value>, key: &str) -> Answer {
        self.run_scope().kept(target, key)
    }

    fn run(&self, field: RunField) -> Answer {
        self.run_scope().run(field)
    }

    fn touched(&self, stage: Option<&str>) -> Answer {
        self.run_scope().touched(stage)
    }

    fn stage(&self, path: &str, field: StageField) -> Answer {
        self.run_scope().stage(path, field)
    }

    fn output(&self, path: &str, target: Option<&Value>, key: &str) -> Result<Option<SmolStr>, Silence> {
        self.run_scope().output(path, target, key)
    }

    fn today(&self) -> Answer {
        self.run_scope().today()
    }
}
