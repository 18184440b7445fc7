//! The command line: one file per command. Reads words, asks the rooms, shows what they say; decides nothing.
//!
//! - `command`: the commands and what is said to all of them; the way in
//! - `exit`: how a command ends, for the shell
//! - `failure`: why a command did not do what it was asked
//! - `palette`: colours, one row each
//! - `terminal`: what is shown where: results to stdout, talk to stderr
//! - `logging`: what the program says of itself
//! - `disk`: the world as the language sees it, for real
//! - `settle`: where the state is, and which run is meant
//! - `reach`: the living engine, or becoming it
//! - `interrupt`: Ctrl-C and its kin
//! - `follow`: runs while they run
//! - `screen`: what followed runs look like
//! - `progress`: bars on a terminal
//! - `only`: a condition on targets, from the command line
//! - `inputs`: what a rollout is planned with, in words
//! - `program`: from words and a file to a plan
//! - `new`, `check`, `explain`: commands about files
//! - `plan`, `graph`, `forecast`: what would happen, and when
//! - `why`: a verdict, explained
//! - `window`, `window_name`: when work may begin
//! - `tail`, `suppose`: a file with something after its end, and a plan under suppositions
//! - `test`, `verdicts`, `simulate`, `explore`: what happens on virtual time, and how that is shown
//! - `demo`, `demo_site`: two minutes for a newcomer
//! - `run`, `engine`, `resume_all`: commands that drive
//! - `steer`, `rollback`, `decide`: commands that a living run hears
//! - `exposed`: what one user gets of a flag or of traffic
//! - `status`, `watch`, `logs`, `events`, `history`: commands that look
//! - `report`, `kpi`: what happened in a run, and how well all go
//! - `period`: since when and until when
//! - `audit`: whether the record is still what was written, and who did what
//! - `doctor`, `checkup`: what is wrong with this set-up
//! - `samples`: columns of samples from files
//! - `backtest`, `gate_call`, `past`, `backtest_shown`: a gate over a while that is past
//! - `record`: a number, pushed
//! - `judge`: samples compared without a run
//! - `limits`, `completions`: help

mod audit;
mod backtest;
mod backtest_shown;
mod check;
mod checkup;
mod command;
mod completions;
mod decide;
mod demo;
mod demo_site;
mod disk;
mod doctor;
mod engine;
mod events;
mod exit;
mod explain;
mod explore;
mod exposed;
mod failure;
mod follow;
mod forecast;
mod gate_call;
mod graph;
mod history;
mod inputs;
mod interrupt;
mod judge;
mod kpi;
mod limits;
mod logging;
mod logs;
mod new;
mod only;
mod palette;
mod past;
mod period;
mod plan;
mod program;
mod progress;
mod proof;
mod reach;
mod record;
mod report;
mod resume_all;
mod rollback;
mod run;
mod samples;
mod screen;
mod settle;
mod simulate;
mod status;
mod steer;
mod suppose;
mod tail;
mod terminal;
mod test;
mod verdicts;
mod watch;
mod why;
mod window;
mod window_name;

pub use command::main;
