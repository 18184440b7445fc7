//! `rollout demo`: two minutes for a newcomer. Five small sites on this machine, visitors, and two rollouts over them:
//! one is fine, one is not and is taken back. Installs nothing, and reaches nothing but loopback.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;

use super::command::Context;
use super::demo_site::{BROKEN, Site, WINDOW, keep_visiting};
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;

/// Show what this is: five small sites on this machine, load, a rollout that is fine, and one that is taken back
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where its files go, and stay for you to play with
    #[arg(long, value_name = "DIR", default_value = "rollout-demo")]
    into: PathBuf,
}

const FILE: &str = include_str!("demo.rollout");

const NAMES: [&str; 5] = ["berlin", "boston", "lagos", "osaka", "quito"];

pub async fn run(context: &Context<'_>, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = arguments.into;
    if folder.exists() {
        let message = format!("`{}` is there already", folder.display());
        return Err(Failure::usage(message).hint("Remove it, or choose another place with `--into DIR`."));
    }
    std::fs::create_dir_all(&folder)?;
    play(context, &folder).await
}

async fn play(context: &Context<'_>, folder: &Path) -> Result<Exit, Failure> {
    let mut sites = Vec::new();
    for name in NAMES {
        let site = Site::open(name).await?;
        tokio::spawn(keep_visiting(site.clone()));
        sites.push(site);
    }
    let rows: String = sites.iter().map(|it| format!("{},{}\n", it.name, it.port)).collect();
    std::fs::write(folder.join("sites.csv"), format!("name,port\n{rows}"))?;
    std::fs::write(folder.join("shop.rollout"), FILE)?;

    let say = |title: &str, text: &str| {
        context.terminal.result(&format!("\n{} {text}\n", context.terminal.painted(Paint::Strong, title)));
    };
    say(
        "Five sites serve version 1.0.0",
        "to some visitors each, here on this machine. This file brings them a new version:",
    );
    context.terminal.result(FILE.split("\ntest ").next().unwrap_or(FILE));
    say("First, what would happen:", "`rollout plan shop.rollout --input version=2.0.0`");
    rollout(context, folder, &["plan", "shop.rollout", "--input", "version=2.0.0"]).await?;
    say("Version 2.0.0 is fine.", "One site gets it and is watched; then the others do.");
    rollout(context, folder, &["run", "shop.rollout", "--input", "version=2.0.0"]).await?;
    show(context, &sites);
    say(&format!("Version {BROKEN} fails one request in eleven."), "Only visitors of the first site are to see that.");
    rollout(context, folder, &["run", "shop.rollout", "--input", &format!("version={BROKEN}")]).await?;
    // What the visitors saw meanwhile is forgotten by then.
    tokio::time::sleep(WINDOW).await;
    show(context, &sites);
    say("What decided:", "`rollout why`");
    rollout(context, folder, &["why"]).await?;
    say("And all of that can be tested before it is real:", "`rollout test shop.rollout`");
    rollout(context, folder, &["test", "shop.rollout"]).await?;
    say("That was it.", &format!("The file and both runs are in `{}`: try `rollout history` there.", folder.display()));
    Ok(Exit::Done)
}

/// Says a command of our own, as its user would.
async fn rollout(context: &Context<'_>, folder: &Path, words: &[&str]) -> Result<(), Failure> {
    let program = std::env::current_exe()?;
    let mut command = tokio::process::Command::new(program);
    command.args(words).current_dir(folder).stdin(Stdio::null());
    command.arg("--color").arg(if context.terminal.color_out() { "always" } else { "never" });
    command.env("ROLLOUT_STATE", ".rollout").kill_on_drop(true);
    command.status().await?;
    Ok(())
}

fn show(context: &Context, sites: &[Site]) {
    let row = |site: &Site| {
        let (ratio, p95_ms) = site.health();
        format!(
            "  {:<8} {:<7} {:>5.1} % errors, 95 of 100 within {p95_ms} ms",
            site.name,
            site.version(),
            100.0 * ratio
        )
    };
    context.terminal.result("");
    sites.iter().for_each(|it| context.terminal.result(&row(it)));
}
