//! Shares and notices where people and programs read of them: in status, in lines, in events.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::line::{Line, Tone};
use super::{Board, Split};
use crate::engine::{Event, ExposureKind, exposure_kind};
use crate::plan::{Place, Plan};

/// A share that a run has set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExposureStatus {
    /// `traffic` or `flag`.
    pub kind: &'static str,
    /// The router, with what it is about, or the flag.
    pub subject: String,
    pub percent: f64,
}

/// As a person reads it: `traffic edge 25%`.
impl std::fmt::Display for ExposureStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.kind, self.subject, crate::value::Value::Percent(self.percent))
    }
}

impl Board {
    /// Returns the shares that the run has set.
    pub fn exposures(&self) -> Vec<ExposureStatus> {
        let shares = self.run.exposures();
        let shown = shares.map(|(kind, subject, share)| ExposureStatus {
            kind: kind_name(kind),
            subject: subject.to_owned(),
            percent: share.percent(),
        });
        shown.collect()
    }
}

/// Returns what a user gets of a flag; none if there is no such flag.
pub fn decision<'b>(board: &'b Board, flag: &str, unit: &str) -> Option<&'b str> {
    let flag = board.plan.flags.iter().find(|it| it.name == flag)?;
    Some(Split::of_flag(flag, board.run.flag_share(&flag.name)).side(unit).variant)
}

pub(super) fn kind_name(kind: ExposureKind) -> &'static str {
    match kind {
        ExposureKind::Traffic => "traffic",
        ExposureKind::Flag => "flag",
    }
}

/// Returns the public form of an event about a share or a notice.
pub(super) fn exposure_public(plan: &Plan, event: &Event) -> (String, Option<Place>, Json) {
    let kind = |place: &Place| exposure_kind(plan, *place).map(kind_name);
    match event {
        Event::ExposureRead { place, subject, share } => {
            let more = json!({"kind": kind(place), "subject": subject, "percent": share});
            ("exposure_read".to_owned(), Some(*place), more)
        }
        Event::Exposed { place, subject, share, before } => {
            let more = json!({"kind": kind(place), "subject": subject, "percent": share, "before": before});
            ("exposed".to_owned(), Some(*place), more)
        }
        Event::Noticed { place, channel, message } => {
            ("noticed".to_owned(), Some(*place), json!({"channel": channel, "message": message}))
        }
        _ => unreachable!("only what is about shares and notices comes here"),
    }
}

/// Returns what there is to read of an event about a share or a notice.
pub(super) fn exposure_line(board: &Board, event: &Event) -> Option<Line> {
    let text = match event {
        Event::Exposed { place, subject, share, before } => {
            let kind = exposure_kind(&board.plan, *place).map_or("share", kind_name);
            format!("{kind} {subject}: {share}, was {before}.")
        }
        Event::Noticed { channel, message, .. } => format!("notice to {channel}: {message}"),
        _ => return None,
    };
    Some(Line { tone: Tone::Plain, text })
}
