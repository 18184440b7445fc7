//! Checked · check: from the text of some files to their meaning: imports, names, types, lints.
//!
//! - `checked`: the verb, and what it answers
//! - `files`, `path`: the files a program is made of; what `use` brings in
//! - `report`: findings, each once and in order
//! - `checker`: what is known while checking; the phases
//! - `declare`, `names`, `frame`: what each name stands for, and where
//! - `word`: entries by the schema: words, properties, what may stand where
//! - `types`: types as they are written
//! - `exprs`, `operators`, `texts`, `calls`, `chains`, `lists`, `narrow`, `mismatch`, `fold`: expressions
//! - `lets`, `inputs`, `secrets`, `fleets`, `rows`, `probes`, `actions`: declarations
//! - `settings`, `acts`, `scripts`: what stands at the leaves
//! - `spot`, `bodies`, `steps`, `loops`, `stages`, `rollouts`, `strategies`: the flow
//! - `units`, `kept`: what steps leave, for this run and for later ones
//! - `cycles`, `changes`, `lints`, `unused`: what only the whole program shows

mod actions;
mod acts;
mod bodies;
mod calls;
mod chains;
mod changes;
mod checked;
mod checker;
mod cycles;
mod declare;
mod exprs;
mod files;
mod fleets;
mod fold;
mod frame;
mod inputs;
mod kept;
mod lets;
mod lints;
mod lists;
mod loops;
mod mismatch;
mod names;
mod narrow;
mod operators;
mod path;
mod probes;
mod report;
mod rollouts;
mod rows;
mod scripts;
mod secrets;
mod settings;
mod spot;
mod stages;
mod steps;
mod strategies;
mod texts;
mod types;
mod units;
mod unused;
mod word;

pub use checked::{Checked, check};
