//! A share as one user or request meets it: its bucket, and what it gets. It follows from the share alone, so it is the
//! same wherever and however often it is asked. Knows no journal.

use serde::Serialize;

use super::exposure::kind_name;
use crate::bucket::{Exposure, place, variant};
use crate::engine::{ExposureKind, Share};
use crate::model::Flag;

/// How a share divides all users or requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Split<'p> {
    kind: ExposureKind,
    subject: &'p str,
    salt: &'p str,
    share: Share,
    /// What those get who are not exposed.
    default: &'p str,
    /// What the exposed get, each as likely as the others.
    others: Vec<&'p str>,
}

/// On which side of a split a unit is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side<'p> {
    /// `flag` or `traffic`.
    pub kind: &'static str,
    pub subject: &'p str,
    pub unit: String,
    pub bucket: u32,
    /// The share that is exposed now.
    pub percent: f64,
    pub exposed: bool,
    /// What it gets.
    pub variant: &'p str,
}

impl<'p> Split<'p> {
    pub fn of_flag(flag: &'p Flag, share: Share) -> Split<'p> {
        Split {
            kind: ExposureKind::Flag,
            subject: &flag.name,
            salt: &flag.salt,
            share,
            default: &flag.default,
            others: flag.variants.iter().filter(|it| **it != flag.default).map(|it| it.as_str()).collect(),
        }
    }

    /// Of a router's traffic, by what it is about: `edge`, `local(ny)`. It has no salt.
    pub fn of_traffic(subject: &'p str, share: Share) -> Split<'p> {
        Split { kind: ExposureKind::Traffic, subject, salt: "", share, default: "stable", others: vec!["canary"] }
    }

    /// Returns where a user, a session or a request is.
    pub fn side(&self, unit: &str) -> Side<'p> {
        let stands = place(self.salt, self.subject, unit);
        let exposure = Exposure::of_percent(self.share.percent()).unwrap_or(Exposure::NONE);
        let drawn = variant(stands, &vec![1; self.others.len()]).map(|at| self.others[at]);
        let given = drawn.filter(|_| exposure.holds(stands.bucket));
        Side {
            kind: kind_name(self.kind),
            subject: self.subject,
            unit: unit.to_owned(),
            bucket: stands.bucket.number(),
            percent: self.share.percent(),
            exposed: given.is_some(),
            variant: given.unwrap_or(self.default),
        }
    }
}
