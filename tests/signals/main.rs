//! What a rollout listens to and tells, for real: servers from the distribution's packages, started for one test and
//! ended with it. A server that is not installed fails its test and says how to get it.

#![allow(clippy::disallowed_methods, reason = "tests are the world around the rooms")]

mod alerts;
mod authorities;
mod backtest;
mod canary;
mod crew;
mod demo;
mod examples;
mod factories;
mod finance;
mod mail;
mod metrics;
mod numbers;
mod probes;
mod reach;
mod recorded;
mod requests;
mod routers;
mod server;
mod site;
#[path = "../suite/stage.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod stage;
mod vision;
mod watched;
