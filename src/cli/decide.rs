//! `rollout approve`, `reject`, `confirm`: what people say to what a run asks them. Who says it is the operating
//! system's user, whatever the words claim.

use clap::Args;

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::settle::state_folder;
use super::steer::{self, Which, Wish};
use crate::engine::Command;
use crate::runtime::{Client, ClientError, StateFolder};

/// Say yes to an approval that a run waits for
#[derive(Debug, Args)]
pub struct ApproveArguments {
    #[command(flatten)]
    which: Which,
    /// What is approved; the only thing that is open when unnamed
    path: Option<String>,
}

/// Say no to what a run asks
#[derive(Debug, Args)]
pub struct RejectArguments {
    #[command(flatten)]
    which: Which,
    /// What is rejected; the only thing that is open when unnamed
    path: Option<String>,
}

/// Say yes to a question, or tick an item of a checklist off
#[derive(Debug, Args)]
pub struct ConfirmArguments {
    #[command(flatten)]
    which: Which,
    /// What is confirmed; the only thing that is open when unnamed
    path: Option<String>,
    /// The item of a checklist: its number, its text, or the beginning of it
    item: Option<String>,
    /// The same where run and path are left out
    #[arg(long = "item", value_name = "ITEM", conflicts_with = "item")]
    only_item: Option<String>,
}

impl From<ApproveArguments> for Wish {
    fn from(ApproveArguments { which, path }: ApproveArguments) -> Wish {
        which.wish("has your approval", |reason| Command::Approve { path, reason })
    }
}

impl From<RejectArguments> for Wish {
    fn from(RejectArguments { which, path }: RejectArguments) -> Wish {
        which.wish("has your no", |reason| Command::Reject { path, reason })
    }
}

impl From<ConfirmArguments> for Wish {
    fn from(ConfirmArguments { which, path, item, only_item }: ConfirmArguments) -> Wish {
        let item = item.or(only_item);
        which.wish("has your confirmation", |reason| Command::Confirm { path, item, reason })
    }
}

pub async fn run(context: &Context<'_>, wish: Wish) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = state_folder(context.globals)?;
    if folder.is_ours() { steer::run(context, wish).await } else { tell_engine(context, &folder, wish).await }
}

/// In somebody else's folder there is only the engine to talk to, and only while it lives.
async fn tell_engine(context: &Context<'_>, folder: &StateFolder, wish: Wish) -> Result<Exit, Failure> {
    let mut client = match Client::connect(folder).await {
        Ok(client) => client,
        Err(ClientError::NoEngine) => {
            let message = format!("no engine can be reached in `{}`, which is not yours", folder.path().display());
            let hint = "Its owner has to run one, and to share the folder with a group of yours: `chmod 2750 DIR`.";
            return Err(Failure::usage(message).hint(hint));
        }
        Err(error) => return Err(error.into()),
    };
    let run = match (wish.run, &client.status.runs[..]) {
        (Some(run), _) => run,
        (None, [only]) => only.id.to_string(),
        (None, []) => return Err(Failure::usage("there is no live run")),
        (None, several) => {
            let names: Vec<String> = several.iter().map(|it| format!("`{}` ({})", it.id, it.rollout)).collect();
            return Err(
                Failure::usage("several runs are live: say which").hint(format!("There are {}.", names.join(", ")))
            );
        }
    };
    client.command(&run, wish.command).await?;
    context.terminal.say(&format!("Run {run} {}.", wish.done));
    Ok(Exit::Done)
}
