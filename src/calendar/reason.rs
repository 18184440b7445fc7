//! Why a window is open or shut, in a sentence: which freeze, which days, which hours. Decides nothing.

use std::fmt::Write;

use super::Calendar;
use super::declared::Declared;
use super::ready::Tree;
use super::zone::local;
use crate::value::{At, Freeze, Opening, Opens, TimeOfDay, Weekday};

impl Calendar {
    /// Says why the window is open, or what holds it shut; without a period.
    pub fn reason(&self, at: At) -> String {
        self.tree.reason(at)
    }

    /// Says what holds the window shut, if it is.
    pub fn held_by(&self, at: At) -> Option<String> {
        (!self.is_open(at)).then(|| self.reason(at))
    }
}

impl Tree {
    fn reason(&self, at: At) -> String {
        let is_open = self.is_open(at);
        match self {
            Tree::Declared(declared) => declared.reason(at, is_open),
            // Of two that are needed the one that is shut decides, of two of which one is enough the one that is open.
            Tree::Both(a, b) | Tree::Either(a, b) => joined(a, b, at, is_open),
            Tree::Not(of) => of.reason(at),
        }
    }
}

/// The reasons of those parts that are as the whole is.
fn joined(a: &Tree, b: &Tree, at: At, is_open: bool) -> String {
    let parts = [a, b].into_iter().filter(|it| it.is_open(at) == is_open);
    let reasons: Vec<String> = parts.map(|it| it.reason(at)).collect();
    reasons.join(", and ")
}

impl Declared {
    fn reason(&self, at: At, is_open: bool) -> String {
        let (name, zone) = (&self.window.name, &self.zone.name);
        if let Some(freeze) = self.freezes.at(at, &self.zone) {
            return format!("`{name}` is frozen {}", frozen(freeze, zone));
        }
        let now = local(at, zone, "%a %H:%M").to_lowercase();
        let state = if is_open { "open" } else { "shut" };
        let rule = match &self.window.opens {
            Opens::Hours(openings) => hours(openings),
            Opens::Cron { fields, lasts_ms } => {
                format!("at `{fields}` for {}", crate::value::show_duration(*lasts_ms))
            }
        };
        format!("`{name}` is {state}: it is {now} in {zone}, and it opens {rule}")
    }
}

fn frozen(freeze: Freeze, zone: &str) -> String {
    match freeze {
        Freeze::Days(first, last) if first == last => format!("on {} in {zone}", first.0),
        Freeze::Days(first, last) => format!("from {} to {} in {zone}", first.0, last.0),
        Freeze::Instants(from, to) => {
            let show = |it: At| local(it, zone, "%Y-%m-%d %H:%M");
            format!("from {} to {} in {zone}", show(from), show(to))
        }
    }
}

/// The hours of all openings: `mon..fri 22:00..06:00 and sat the whole day`.
fn hours(openings: &[Opening]) -> String {
    let whole = |it: &Opening| it.from == TimeOfDay(0) && it.to == TimeOfDay(86_400);
    let mut text = String::new();
    for (at, opening) in openings.iter().enumerate() {
        let between = if at == 0 { "" } else { " and " };
        let days = days(&opening.days);
        let _ = match whole(opening) {
            true => write!(text, "{between}{days} the whole day"),
            false => write!(text, "{between}{days} {}..{}", opening.from, opening.to),
        };
    }
    text
}

/// Days of the week as a person writes them: `mon..fri`, `sat, sun`, `every day`.
fn days(days: &[Weekday]) -> String {
    if days.len() == 7 {
        return "every day".to_owned();
    }
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    let mut runs: Vec<(Weekday, Weekday)> = Vec::new();
    for day in sorted {
        match runs.last_mut() {
            Some(run) if run.1 as usize + 1 == day as usize => run.1 = day,
            _ => runs.push((day, day)),
        }
    }
    let show = |(first, last): &(Weekday, Weekday)| match *last as usize - *first as usize {
        0 => first.name().to_owned(),
        1 => format!("{}, {}", first.name(), last.name()),
        _ => format!("{}..{}", first.name(), last.name()),
    };
    runs.iter().map(show).collect::<Vec<_>>().join(", ")
}
