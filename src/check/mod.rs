//! Checked · check: from the text of some files to their meaning: imports, names, types, lints.
//!
//! - `checked`: the verb, and what it answers
//! - `files`, `path`: the files a program is made of; what `use` brings in
//! - `report`: findings, each once and in order
//! - `checker`: what is known while checking; the phases
//! - `declare`, `brought`, `names`, `frame`: what each name stands for, and where
//! - `word`: entries by the schema: words, properties, what may stand where
//! - `types`: types as they are written
//! - `exprs`, `operators`, `texts`, `lists`, `records`, `calls`, `chains`, `members`, `outputs`: expressions
//! - `narrow`, `fold`, `mismatch`: what is known to be there, what is constant, what does not fit
//! - `lets`, `inputs`, `secrets`, `fleets`, `targets`, `rows`, `probes`, `actions`, `windows`, `openings`: declarations
//! - `measures`, `pasts`, `sources`, `gates`, `judges`: what is measured, and what is demanded of it
//! - `balancers`: HAProxy and nginx
//! - `routers`, `channels`: shares of traffic and of users, and where notices go
//! - `settings`, `accepted`, `acts`, `watches`, `people`, `scripts`: what stands at the leaves
//! - `spot`, `bodies`, `steps`, `loops`, `stages`, `stage_order`, `rollouts`: the flow
//! - `strategies`, `arguments`, `slots`: stages with parameters
//! - `scenarios`, `outline`, `givens`, `timelines`, `facts`: rollouts tried on virtual time
//! - `units`, `kept`: what steps leave, for this run and for later ones
//! - `cycles`, `changes`, `looks`, `unused`: what only the whole program shows
//! - `lints`, `holds`, `production`, `limits`, `ranges`, `samples`, `settles`, `range_queries`, `window_lints`, `window_fits`: what is
//!   allowed and seldom meant

mod accepted;
mod actions;
mod acts;
mod arguments;
mod balancers;
mod bodies;
mod brought;
mod calls;
mod chains;
mod changes;
mod channels;
mod checked;
mod checker;
mod checklists;
mod cycles;
mod declare;
mod exprs;
mod facts;
mod files;
mod fleets;
mod fold;
mod frame;
mod gates;
mod givens;
mod holds;
mod inputs;
mod judges;
mod kept;
mod lets;
mod limits;
mod lints;
mod lists;
mod looks;
mod loops;
mod measures;
mod members;
mod mismatch;
mod names;
mod narrow;
mod openings;
mod operators;
mod outline;
mod outputs;
mod pasts;
mod path;
mod people;
mod probes;
mod production;
mod range_queries;
mod ranges;
mod records;
mod report;
mod rollouts;
mod routers;
mod rows;
mod samples;
mod scenarios;
mod scripts;
mod secrets;
mod settings;
mod settles;
mod slots;
mod sources;
mod spot;
mod stage_order;
mod stages;
mod steps;
mod strategies;
mod targets;
mod texts;
mod timelines;
mod types;
mod units;
mod unused;
mod watches;
mod window_fits;
mod window_lints;
mod windows;
mod word;

pub use checked::{Checked, check};
