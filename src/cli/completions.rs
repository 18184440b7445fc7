//! `rollout completions`: the words of the command line, for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::command::{Cli, Context};
use super::exit::Exit;
use super::failure::Failure;

/// Print completions for a shell
#[derive(Debug, Args)]
pub struct Arguments {
    shell: Shell,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "rollout", &mut script);
    context.terminal.result(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}
