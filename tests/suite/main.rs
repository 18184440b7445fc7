//! The suite: everything that is tested from outside the rooms, one file per subject.

#![allow(clippy::disallowed_methods, reason = "tests are the world around the rooms")]

mod action;
mod buckets;
mod commands;
mod corpus;
mod crash;
mod decisions;
mod docs;
mod drive;
mod echoes;
mod examples;
mod exploring;
mod exposure;
mod forecasts;
mod guards;
mod host;
mod journal;
mod judge;
mod judging;
mod lang;
mod notices;
mod people;
mod records;
mod reference;
mod sagas;
mod scenarios;
mod semantics;
mod sessions;
mod shell;
mod stage;
mod supervised;
mod syntax;
mod tidy;
mod toy;
mod trials;
mod windows;
