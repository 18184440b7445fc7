//! `rollout explain`: the page of a code.

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::diag::{CODES, code_row, nearest};

/// Tell more about a code such as E0203
#[derive(Debug, Args)]
pub struct Arguments {
    /// The code; without one: all codes
    code: Option<String>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let Some(code) = arguments.code else {
        for row in CODES {
            context.terminal.result(&format!("{}  {}", row.code, row.title));
        }
        return Ok(Exit::Done);
    };
    let Some(row) = code_row(code.trim()) else {
        let near = nearest(&code.to_uppercase(), CODES.iter().map(|it| it.code.0));
        let hint = near.map_or_else(
            || "`rollout explain` lists all codes.".to_owned(),
            |near| format!("Did you mean `{near}`? `rollout explain` lists all codes."),
        );
        return Err(Failure::usage(format!("there is no code `{code}`")).hint(hint));
    };
    if context.terminal.is_json() {
        let page = serde_json::json!({ "code": row.code.0, "title": row.title, "page": row.page });
        context.terminal.result(&page.to_string());
    } else {
        context.terminal.result(row.page.trim_end());
    }
    Ok(Exit::Done)
}
