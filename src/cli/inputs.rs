//! What a rollout is planned with, as words of the command line. Reads none of it.

use std::path::PathBuf;

use clap::Args;

use super::program::{Wanted, split_name};
use crate::value::At;

/// Where the values of inputs come from.
#[derive(Debug, Args)]
pub struct Inputs {
    /// A value for an input; may be said several times
    #[arg(long = "input", short = 'i', value_name = "NAME=VALUE")]
    pub input: Vec<String>,
    /// A file with values for inputs: a record, as JSON or YAML
    #[arg(long, value_name = "FILE")]
    pub inputs: Option<PathBuf>,
    /// Values that the rollout itself has under this name
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Take fleets to hold only targets for which this holds: `target.zone == "eu"`
    #[arg(long, value_name = "CONDITION")]
    pub only: Option<String>,
}

impl Inputs {
    /// Returns what is wanted of `FILE#NAME` with these inputs.
    pub fn wanted<'a>(&'a self, word: &'a str, at: Option<At>) -> Wanted<'a> {
        let (file, rollout) = split_name(word);
        Wanted {
            file,
            rollout,
            inputs: &self.input,
            inputs_file: self.inputs.as_deref(),
            profile: self.profile.as_deref(),
            only: self.only.as_deref(),
            at,
        }
    }
}
