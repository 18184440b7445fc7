//! `rollout why`: the last verdict of a run, explained.

use std::sync::Arc;

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::settle::{reader, run_to_see, state_folder};
use crate::view::{Board, Verdicts};

/// Explain the last verdict of a run, or the one at a path
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run; the newest when unnamed
    run: Option<String>,
    /// The verdict at or beneath this path; without it that for which the run ended or rests
    path: Option<String>,
}

const PAGE: usize = 4096;

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let reader = reader(&state_folder(context.globals)?)?;
    let (named, path) = match (arguments.run, arguments.path) {
        // A path alone is about the newest run.
        (Some(only), None) if reader.run(&only).is_err() && only.contains(['/', '.']) => (None, Some(only)),
        both => both,
    };
    let run = run_to_see(&reader, named.as_deref())?;
    let mut verdicts = Verdicts::new(Board::new(Arc::new(reader.plan(&run.plan)?)));
    let mut after = 0;
    loop {
        let page = reader.records(Some(&run.id), after, PAGE)?;
        for record in &page {
            verdicts.hear(record.at, &record.event);
            after = record.seq;
        }
        if page.len() < PAGE {
            break;
        }
    }
    let Some(why) = verdicts.why(path.as_deref()) else {
        let place = path.map_or_else(String::new, |it| format!(" at `{it}`"));
        return Err(Failure::usage(format!("nothing was decided{place} in run `{}`", run.id))
            .hint("`rollout events` shows everything that happened."));
    };
    if context.terminal.is_json() {
        context.terminal.result(&serde_json::to_string(&why).map_err(std::io::Error::from)?);
    } else {
        context.terminal.result(&context.terminal.painted(Paint::Strong, &why.path));
        why.sentences.iter().for_each(|it| context.terminal.result(&format!("  {it}")));
    }
    Ok(Exit::Done)
}
