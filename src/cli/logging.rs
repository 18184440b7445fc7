//! What the program says of itself, to stderr: quiet unless asked. Results never go through here.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use super::failure::Failure;

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Begins to log.
///
/// # Errors
/// If the filter cannot be understood.
pub fn begin(filter: Option<&str>, format: LogFormat, color: bool) -> Result<(), Failure> {
    // What the journal warns of is for whoever looks on: something on the disk was not as it should be.
    let filter = EnvFilter::try_new(filter.unwrap_or("error,rollout::journal=warn")).map_err(|error| {
        Failure::usage(format!("the log filter cannot be understood: {error}"))
            .hint("Say a level, or a part and a level: `--log rollout::runtime=debug`.")
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(color).init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
