//! `rollout new`: a file to begin with, that checks and runs as it is.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;

/// Write a commented file to begin with
#[derive(Debug, Args)]
pub struct Arguments {
    /// The name of the rollout; the file is called after it
    name: String,
}

/// The file, with `NAME` where the name goes.
const STARTER: &str = include_str!("starter.rollout");

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let path = PathBuf::from(&arguments.name);
    let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
    let name = stem.replace([' ', '.'], "_");
    if !is_name(&name) {
        let message = format!("`{}` cannot be the name of a rollout", arguments.name);
        return Err(
            Failure::usage(message).hint("A name begins with a letter and goes on with letters, digits, `_` and `-`.")
        );
    }
    let path = path.with_file_name(format!("{stem}.rollout"));
    let text = STARTER.replace("NAME", &name);
    let shown = path.display();
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    match made.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => {
            context.terminal.say(&format!(
                "Wrote `{shown}`. Look at it, then say `rollout test {shown}` and `rollout plan {shown}`."
            ));
            Ok(Exit::Done)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Failure::usage(format!("`{shown}` is there already")).hint("Choose another name; nothing was written."))
        }
        Err(error) => Err(Failure::usage(format!("could not write `{shown}`: {error}"))),
    }
}

fn is_name(name: &str) -> bool {
    let begins = name.chars().next().is_some_and(|it| it.is_alphabetic() || it == '_');
    begins && !name.ends_with('-') && name.chars().all(|it| it.is_alphanumeric() || it == '_' || it == '-')
}
