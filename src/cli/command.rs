//! The commands and what is said to all of them; the way in.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::exit::Exit;
use super::failure::Failure;
use super::logging::{self, LogFormat};
use super::terminal::{ColorChoice, Format, Terminal};
use super::{
    audit, check, completions, decide, demo, doctor, engine, events, explain, explore, exposed, graph, history, judge,
    kpi, limits, logs, new, plan, report, resume_all, rollback, simulate, status, steer, test, watch, why, window,
};
use crate::action::{begin_spawner, supervise_what_is_told};

/// Declarative rollouts over fleets of targets.
#[derive(Debug, Parser)]
#[command(name = "rollout", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// What is said to every command.
#[derive(Debug, Args)]
pub struct Globals {
    /// Where runs are remembered [default: `.rollout/` beside the nearest `.git`, or here]
    #[arg(long, global = true, value_name = "DIR", env = "ROLLOUT_STATE")]
    pub state: Option<PathBuf>,
    /// How results are written
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "human",
        hide_possible_values = true,
        value_name = "human|json|github|sarif|junit"
    )]
    pub format: Format,
    /// When colours are used
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        hide_possible_values = true,
        value_name = "auto|always|never"
    )]
    pub color: ColorChoice,
    /// Say only what was asked for
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show what steps print as well
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What the program says of itself, as a level or `part=level`
    #[arg(long, global = true, value_name = "FILTER", env = "ROLLOUT_LOG")]
    pub log: Option<String>,
    /// How it says so
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        hide_possible_values = true,
        value_name = "text|json"
    )]
    pub log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    New(new::Arguments),
    Check(check::Arguments),
    Test(test::Arguments),
    Simulate(simulate::Arguments),
    Explore(explore::Arguments),
    Plan(plan::Arguments),
    Graph(graph::Arguments),
    Why(why::Arguments),
    Window(window::Arguments),
    Run(super::run::Arguments),
    Status(status::Arguments),
    Watch(watch::Arguments),
    Logs(logs::Arguments),
    Events(events::Arguments),
    Approve(decide::ApproveArguments),
    Reject(decide::RejectArguments),
    Confirm(decide::ConfirmArguments),
    Pause(steer::PauseArguments),
    Resume(steer::ResumeArguments),
    Retry(steer::RetryArguments),
    Skip(steer::SkipArguments),
    Advance(steer::AdvanceArguments),
    Hold(steer::HoldArguments),
    Goto(steer::GotoArguments),
    Rollback(rollback::Arguments),
    Cancel(steer::CancelArguments),
    ResumeAll(resume_all::Arguments),
    History(history::Arguments),
    Report(report::Arguments),
    Kpi(kpi::Arguments),
    Decide(exposed::Arguments),
    Record(super::record::Arguments),
    Backtest(super::backtest::Arguments),
    Audit(audit::Arguments),
    Judge(judge::Arguments),
    Doctor(doctor::Arguments),
    Explain(explain::Arguments),
    Limits(limits::Arguments),
    Completions(completions::Arguments),
    #[command(hide = true)]
    Engine(engine::Arguments),
    /// Stay with one command, told on standard input
    #[command(hide = true)]
    Supervise,
}

impl Command {
    /// Whether it may become the engine of a folder.
    fn may_drive(&self) -> bool {
        match self {
            Command::Run(_)
            | Command::Engine(_)
            | Command::ResumeAll(_)
            | Command::Approve(_)
            | Command::Reject(_)
            | Command::Confirm(_)
            | Command::Pause(_)
            | Command::Resume(_)
            | Command::Retry(_)
            | Command::Skip(_)
            | Command::Advance(_)
            | Command::Hold(_)
            | Command::Goto(_)
            | Command::Rollback(_)
            | Command::Cancel(_) => true,
            Command::New(_)
            | Command::Demo(_)
            | Command::Audit(_)
            | Command::Doctor(_)
            | Command::Check(_)
            | Command::Test(_)
            | Command::Simulate(_)
            | Command::Explore(_)
            | Command::Plan(_)
            | Command::Graph(_)
            | Command::Why(_)
            | Command::Window(_)
            | Command::Status(_)
            | Command::Watch(_)
            | Command::Logs(_)
            | Command::Events(_)
            | Command::History(_)
            | Command::Report(_)
            | Command::Kpi(_)
            | Command::Decide(_)
            | Command::Record(_)
            | Command::Backtest(_)
            | Command::Judge(_)
            | Command::Explain(_)
            | Command::Limits(_)
            | Command::Completions(_)
            | Command::Supervise => false,
        }
    }
}

/// What a command finds when it begins.
pub struct Context<'a> {
    pub globals: &'a Globals,
    pub terminal: &'a Terminal,
}

/// Reads the words of the command line and does what they say.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are results; clap knows which stream each belongs to.
            let _ = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return exit.into();
        }
    };
    // Forked while there is one thread, and collected when everything else is over.
    let forks = cli.command.may_drive() && std::env::var_os("ROLLOUT_SPAWNER").is_none_or(|it| it != "off");
    let _spawner = forks.then(begin_spawner).and_then(Result::ok);
    let globals = &cli.globals;
    let terminal = Terminal::new(globals.color, globals.format, globals.quiet, globals.verbose);
    let began = logging::begin(globals.log.as_deref(), globals.log_format, terminal.color_err());
    let context = Context { globals, terminal: &terminal };
    match began.and_then(|()| obey(cli.command, &context)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            terminal.fail(&failure);
            failure.exit.into()
        }
    }
}

fn obey(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::New(it) => new::run(context, it),
        Command::Check(it) => check::run(context, it),
        Command::Test(it) => test::run(context, it),
        Command::Demo(it) => on_runtime(demo::run(context, it)),
        Command::Simulate(it) => simulate::run(context, it),
        Command::Explore(it) => explore::run(context, it),
        Command::Plan(it) => plan::run(context, it),
        Command::Graph(it) => graph::run(context, it),
        Command::Why(it) => on_runtime(why::run(context, it)),
        Command::Window(it) => window::run(context, it),
        Command::Explain(it) => explain::run(context, it),
        Command::Run(it) => on_runtime(super::run::run(context, it)),
        Command::Status(it) => on_runtime(status::run(context, it)),
        Command::Watch(it) => on_runtime(watch::run(context, it)),
        Command::Logs(it) => on_runtime(logs::run(context, it)),
        Command::Events(it) => on_runtime(events::run(context, it)),
        Command::Approve(it) => on_runtime(decide::run(context, it.into())),
        Command::Reject(it) => on_runtime(decide::run(context, it.into())),
        Command::Confirm(it) => on_runtime(decide::run(context, it.into())),
        Command::Pause(it) => on_runtime(steer::run(context, it.into())),
        Command::Resume(it) => on_runtime(steer::run(context, it.into())),
        Command::Retry(it) => on_runtime(steer::run(context, it.into())),
        Command::Skip(it) => on_runtime(steer::run(context, it.into())),
        Command::Advance(it) => on_runtime(steer::run(context, it.into())),
        Command::Hold(it) => on_runtime(steer::run(context, it.into())),
        Command::Goto(it) => on_runtime(steer::run(context, it.into())),
        Command::Rollback(it) => on_runtime(rollback::run(context, it)),
        Command::Cancel(it) => on_runtime(steer::run(context, it.into())),
        Command::ResumeAll(it) => on_runtime(resume_all::run(context, it)),
        Command::History(it) => history::run(context, it),
        Command::Report(it) => report::run(context, it),
        Command::Kpi(it) => kpi::run(context, it),
        Command::Backtest(it) => super::backtest::run(context, it),
        Command::Decide(it) => exposed::run(context, it),
        Command::Record(it) => on_runtime(super::record::run(context, it)),
        Command::Audit(it) => audit::run(context, &it),
        Command::Doctor(it) => on_runtime(doctor::run(context, it)),
        Command::Judge(it) => judge::run(context, it),
        Command::Limits(it) => limits::run(context, it),
        Command::Completions(it) => completions::run(context, it),
        Command::Engine(it) => on_runtime(engine::run(context, it)),
        Command::Supervise => Ok(supervise_what_is_told().map(|()| Exit::Done)?),
    }
}

/// Runs what waits for the world.
fn on_runtime(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("rollout").build()?;
    let exit = runtime.block_on(work);
    // Whatever still blocks a thread, such as a read from a terminal, is not waited for.
    runtime.shutdown_background();
    exit
}

impl Context<'_> {
    /// Refuses formats that only findings have.
    pub fn needs_plain_format(&self) -> Result<(), Failure> {
        match self.terminal.format {
            Format::Human | Format::Json => Ok(()),
            Format::Github | Format::Sarif | Format::Junit => {
                Err(Failure::usage("this format is for findings and tests only").hint("Say `--format json` here."))
            }
        }
    }
}
