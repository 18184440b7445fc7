//! How the run waits for people: what they are asked, who may answer, and what follows from what they say. Who
//! somebody is was settled before: a name here is the operating system's, never a claim.

use smol_str::SmolStr;

use super::request::{Request, Unmet};
use super::turn::Turn;
use super::{Cause, Ending, Event, PauseReason, Person};
use crate::model::{Ask, AskKind, Expr, OnUnmet, Otherwise, names_in};
use crate::plan::Place;
use crate::value::{At, Value};

impl<'p> Turn<'p> {
    /// Asks people; at once a failure if there can never be enough of them.
    pub fn ask_people(&mut self, place: Place, ask: &Ask) {
        let until = ask.within.as_ref().map(|it| self.duration_ms(it, place)).transpose();
        let until = until.map(|it| it.map(|ms| self.now.plus_ms(ms)));
        match until.and_then(|until| self.request_of(place, ask, until)) {
            Ok(event) => self.emit(event),
            Err(cause) => self.fail(place, cause),
        }
    }

    fn request_of(&self, place: Place, ask: &Ask, until: Option<At>) -> Result<Event, Cause> {
        let text = ask.text.as_ref().map(|it| self.text(it, place)).transpose()?;
        let (of, author) = self.who_may(place, ask)?;
        let mut items = Vec::new();
        let need = match &ask.kind {
            AskKind::Approve { need, .. } => self.value(need, place)?.as_int().unwrap_or(1).max(1) as u32,
            AskKind::Checklist { items: written, list } => {
                items = written.iter().map(|it| self.text(it, place)).collect::<Result<Vec<_>, _>>()?;
                items.extend(self.listed(list.as_ref(), place)?);
                items.len() as u32
            }
            AskKind::Confirm => 1,
        };
        let people = if items.is_empty() { need as usize } else { 1 };
        if of.len() < people {
            let but = author.map_or(String::new(), |it| format!(", because {it} started the run"));
            let message = format!("{people} have to answer and only {} may{but}", of.len());
            return Err(Cause::Value { message });
        }
        Ok(Event::ApprovalRequested { place, of, need, until, text, items })
    }

    /// Returns the items that come from a list.
    fn listed(&self, list: Option<&Expr>, place: Place) -> Result<Vec<String>, Cause> {
        let Some(list) = list else { return Ok(Vec::new()) };
        let value = self.value(list, place)?;
        match value.as_list() {
            Some([]) => Err(Cause::Value { message: "nothing is on this checklist".to_owned() }),
            items => Ok(items.unwrap_or_default().iter().map(Value::to_string).collect()),
        }
    }

    /// Returns the names of those who may answer, each once, and the author if that is why one is missing.
    fn who_may(&self, place: Place, ask: &Ask) -> Result<(Vec<SmolStr>, Option<SmolStr>), Cause> {
        let mut names = names_in(&self.value(&ask.of, place)?);
        let four_eyes = matches!(ask.kind, AskKind::Approve { author_may: false, .. });
        let author = self.run.started_by().map(|it| it.0.clone()).filter(|it| four_eyes && names.contains(it));
        names.retain(|it| Some(it) != author.as_ref());
        Ok((names, author))
    }

    /// Goes on as far as the answers, and the time, let it.
    pub fn go_on_ask(&mut self, place: Place, ask: &Ask) {
        let Some(request) = self.run.request(place).cloned() else { return };
        if request.left() == 0 {
            return self.end(place, Ending::Done);
        }
        match request.unmet {
            None if request.until.is_some_and(|it| it <= self.now) => self.emit(Event::Expired { place }),
            None => {}
            Some(_) if request.paused && self.run.paused.is_some() => {}
            Some(_) if request.paused => self.ask_people(place, ask),
            Some(ref unmet) => self.go_on_unmet(place, ask, &request, unmet),
        }
    }

    /// It was refused, or too few have answered in time.
    fn go_on_unmet(&mut self, place: Place, ask: &Ask, request: &Request, unmet: &Unmet) {
        let (then, why, cause) = match unmet {
            Unmet::Expired => {
                let begun = self.run.frames.get(&place).map_or(self.now, |it| it.begun);
                let after_ms = request.until.unwrap_or(self.now).since_ms(begun);
                let cause = Cause::Unanswered { missing: request.left(), after_ms };
                (ask.on_timeout, PauseReason::Unanswered { place }, cause)
            }
            Unmet::Rejected { by, reason } => {
                let cause = Cause::Rejected { by: by.clone(), reason: reason.clone() };
                (ask.on_reject, PauseReason::Rejected { place }, cause)
            }
        };
        match (then, ask.otherwise) {
            // What is taken back, or has come to its end, already has its way.
            (OnUnmet::Pause | OnUnmet::Rollback, _) if !self.is_forward() => self.fail(place, cause),
            (OnUnmet::Pause, _) => self.emit(Event::Paused { why, by: None }),
            (OnUnmet::Rollback, _) => {
                self.fail(place, cause);
                self.emit(Event::RollbackStarted { place: Place::ROOT, cause: Cause::Within { place } });
            }
            (OnUnmet::Fail, Some(Otherwise::Warn)) => self.end(place, Ending::Done),
            (OnUnmet::Fail, Some(Otherwise::Hold)) => match self.request_of(place, ask, None) {
                Ok(event) => self.emit(event),
                Err(cause) => self.fail(place, cause),
            },
            (
                OnUnmet::Fail,
                None | Some(Otherwise::Rollback | Otherwise::RollbackStage | Otherwise::Pause | Otherwise::Stop),
            ) => self.fail(place, cause),
        }
    }

    pub fn approve(&mut self, by: Person, path: Option<&str>, reason: Option<String>) -> Result<(), String> {
        let open = self.open_request(path, |it| matches!(it, AskKind::Approve { .. }))?;
        let Open { place, ask, request, path } = &open;
        if !matches!(ask.kind, AskKind::Approve { .. }) {
            return Err(format!("`{path}` is {}: say `confirm`", ask.kind.noun()));
        }
        self.refuse_unasked(&by, &open)?;
        if request.approved.contains(&by) {
            let others: Vec<&SmolStr> = request.missing().collect();
            return Err(format!("{} has approved already: now it is up to {}", by.0, listed(&others)));
        }
        let left = request.left() - 1;
        self.emit(Event::Approved { place: *place, by, reason, left });
        Ok(())
    }

    pub fn reject(&mut self, by: Person, path: Option<&str>, reason: Option<String>) -> Result<(), String> {
        let open = self.open_request(path, |_| true)?;
        self.refuse_unasked(&by, &open)?;
        self.emit(Event::Rejected { place: open.place, by, reason });
        Ok(())
    }

    /// Says yes to a question, or ticks one item of a checklist off.
    pub fn confirm(
        &mut self,
        by: Person,
        path: Option<&str>,
        item: Option<&str>,
        reason: Option<String>,
    ) -> Result<(), String> {
        let open = self.open_request(path, |it| !matches!(it, AskKind::Approve { .. }))?;
        let Open { place, ask, request, path } = &open;
        match (&ask.kind, item) {
            (AskKind::Approve { .. }, _) => return Err(format!("`{path}` is an approval: say `approve`")),
            (AskKind::Confirm, Some(_)) => return Err(format!("`{path}` is a confirmation: it has no items")),
            (AskKind::Confirm, None) => {
                self.refuse_unasked(&by, &open)?;
                self.emit(Event::Confirmed { place: *place, by, reason });
            }
            (AskKind::Checklist { .. }, item) => {
                self.refuse_unasked(&by, &open)?;
                let at = item_of(request, item, path)?;
                let (text, left) = (request.items[at as usize].clone(), request.left() - 1);
                self.emit(Event::Ticked { place: *place, item: at, text, by, reason, left });
            }
        }
        Ok(())
    }

    /// Refuses whoever is not asked, or comes too late.
    fn refuse_unasked(&self, by: &Person, open: &Open<'p>) -> Result<(), String> {
        let Open { ask, request, path, .. } = open;
        if !request.of.contains(&by.0) {
            let all: Vec<&SmolStr> = request.of.iter().collect();
            let is_author = matches!(ask.kind, AskKind::Approve { author_may: false, .. })
                && self.run.started_by().is_some_and(|it| it == by);
            let why = if is_author { "started the run" } else { "is not asked" };
            return Err(format!("{} {why}: `{path}` is up to {}", by.0, listed(&all)));
        }
        match &request.unmet {
            Some(Unmet::Rejected { by, .. }) => {
                Err(format!("{} has rejected `{path}`: say `resume` to ask again", by.0))
            }
            Some(Unmet::Expired) | None => Ok(()),
        }
    }

    /// Returns what is meant by a path, or what is open if that is only one thing.
    fn open_request(&self, path: Option<&str>, suits: impl Fn(&AskKind) -> bool) -> Result<Open<'p>, String> {
        let all: Vec<Open<'p>> = self.open_requests().collect();
        if all.is_empty() {
            return Err("nothing waits for people".to_owned());
        }
        let shown = |all: &[&Open<'p>]| all.iter().map(|it| format!("`{}`", it.path)).collect::<Vec<_>>().join(", ");
        let meant: Vec<&Open<'p>> =
            all.iter().filter(|it| path.is_none_or(|path| self.is_meant(it.place, path))).collect();
        let suited: Vec<&Open<'p>> = meant.iter().copied().filter(|it| suits(&it.ask.kind)).collect();
        match (&meant[..], &suited[..]) {
            ([one], _) | (_, [one]) => Ok((*one).clone()),
            ([], _) => {
                let path = path.unwrap_or_default();
                Err(format!(
                    "nothing at `{path}` waits for people, but {} does",
                    shown(&all.iter().collect::<Vec<_>>())
                ))
            }
            (several, _) => Err(format!("several things wait for people, say which: {}", shown(several))),
        }
    }

    fn open_requests(&self) -> impl Iterator<Item = Open<'p>> + '_ {
        self.run.requests().filter_map(|(place, request)| {
            let ask = self.plan.ask_at(place.node)?;
            let path = self.plan.path(place);
            (self.closing_around(place).is_none()).then(|| Open { place, ask, request: request.clone(), path })
        })
    }

    /// Whether a place is meant by a path: its own, or that of something around it.
    fn is_meant(&self, place: Place, path: &str) -> bool {
        std::iter::once(place).chain(self.plan.all_around(place)).any(|it| self.plan.is_called(it, path))
    }
}

/// A question that is open.
#[derive(Clone)]
struct Open<'p> {
    place: Place,
    ask: &'p Ask,
    request: Request,
    path: String,
}

/// Returns which item is meant: by its number from 1, its text, or the beginning of it.
fn item_of(request: &Request, item: Option<&str>, path: &str) -> Result<u32, String> {
    let open = || request.open_items().map(|(at, it)| format!("{} `{it}`", at + 1)).collect::<Vec<_>>().join(", ");
    let Some(item) = item else { return Err(format!("say which item of `{path}`: {}", open())) };
    let by_number = item.parse::<usize>().ok().and_then(|it| it.checked_sub(1)).filter(|it| *it < request.items.len());
    let by_text = || request.items.iter().position(|it| it == item);
    let wanted = item.to_lowercase();
    let mut beginning = request.items.iter().enumerate().filter(|(_, it)| it.to_lowercase().starts_with(&wanted));
    let by_beginning = || match (beginning.next(), beginning.next()) {
        (Some((at, _)), None) => Some(at),
        _ => None,
    };
    let Some(at) = by_number.or_else(by_text).or_else(by_beginning) else {
        return Err(format!("`{path}` has no item `{item}`; open are {}", open()));
    };
    match request.ticked.get(&(at as u32)) {
        Some(by) => Err(format!("{} has ticked `{}` off already", by.0, request.items[at])),
        None => Ok(at as u32),
    }
}

/// Joins names for a sentence.
fn listed(names: &[&SmolStr]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.to_string(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|it| it.as_str()).collect();
            format!("{} or {last}", first.join(", "))
        }
    }
}
