//! Secrets by name, loaded once from where the rollout says they are. Values leave only for the process, header or
//! body that asked for them by name; they are never shown, not even while debugging.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use smol_str::SmolStr;
use thiserror::Error;

use super::environment::Environment;
use super::fault::fault;
use super::mask::Mask;
use super::supervise::Secrets;
use crate::engine::{Fault, FaultKind, Piece, SecretText};

/// A shorter value could not be masked without masking innocent text.
pub const SECRET_BYTES_MIN: usize = 8;

const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a secret is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of whoever starts the run.
    Env(String),
    File(PathBuf),
    /// A program and its arguments; the secret is what it prints.
    Command {
        argv: Vec<String>,
        folder: PathBuf,
    },
}

/// Why a secret is not there.
#[derive(Debug, Error)]
pub enum SecretFailure {
    #[error("the variable `{0}` is not set")]
    NotSet(String),
    #[error("the file `{path}` could not be read: {error}")]
    NotRead { path: String, error: std::io::Error },
    #[error("`{program}` did not give it: {why}")]
    NotGiven { program: String, why: String },
    #[error("it is not UTF-8 text")]
    NotText,
    #[error("it has fewer than {SECRET_BYTES_MIN} bytes, so it could not be masked in output")]
    TooShort,
}

/// The secrets of one run.
pub struct Vault {
    values: BTreeMap<SmolStr, String>,
    /// Why the others are not there.
    gone: BTreeMap<SmolStr, String>,
    mask: Mask,
    /// The same for supervisors, which hide them as well.
    secrets: Secrets,
}

impl Vault {
    /// A vault with nothing in it.
    pub fn empty() -> Vault {
        Vault::of(BTreeMap::new(), BTreeMap::new())
    }

    /// Fetches each declared secret. One that cannot be had is named in the second part, and again whenever it is
    /// asked for.
    pub async fn load(
        declared: &[(SmolStr, SecretSource)],
        environment: &Environment,
    ) -> (Vault, Vec<(SmolStr, SecretFailure)>) {
        let mut values = BTreeMap::new();
        let mut failures = Vec::new();
        for (name, source) in declared {
            match fetch(source, environment).await {
                Ok(value) => drop(values.insert(name.clone(), value)),
                Err(failure) => failures.push((name.clone(), failure)),
            }
        }
        let gone = failures.iter().map(|(name, failure)| (name.clone(), failure.to_string())).collect();
        (Vault::of(values, gone), failures)
    }

    fn of(values: BTreeMap<SmolStr, String>, gone: BTreeMap<SmolStr, String>) -> Vault {
        let mask = Mask::new(values.values().map(String::as_str));
        let secrets = Secrets::new(values.values().cloned());
        Vault { values, gone, mask, secrets }
    }

    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Returns the text with its secrets in place.
    pub fn resolve(&self, text: &SecretText) -> Result<String, Fault> {
        let mut resolved = String::new();
        for piece in &text.0 {
            match piece {
                Piece::Plain(text) => resolved.push_str(text),
                Piece::Secret(name) => resolved.push_str(self.value(name)?),
            }
        }
        Ok(resolved)
    }

    fn value(&self, name: &SmolStr) -> Result<&str, Fault> {
        self.values.get(name).map(String::as_str).ok_or_else(|| {
            let why = self.gone.get(name).map_or("it was not declared", String::as_str);
            fault(FaultKind::Missing, format!("the secret `{name}` is not there: {why}"))
        })
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.debug_struct("Vault").field("names", &self.values.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

async fn fetch(source: &SecretSource, environment: &Environment) -> Result<String, SecretFailure> {
    let mut value = match source {
        SecretSource::Env(name) => variable(name, environment)?,
        SecretSource::File(path) => {
            let read = tokio::fs::read(path).await;
            let failed = |error| SecretFailure::NotRead { path: path.display().to_string(), error };
            String::from_utf8(read.map_err(failed)?).map_err(|_| SecretFailure::NotText)?
        }
        SecretSource::Command { argv, folder } => ask(argv, folder).await?,
    };
    // Files and commands end their last line; the secret does not.
    let length = value.trim_end_matches(['\n', '\r']).len();
    value.truncate(length);
    if value.len() < SECRET_BYTES_MIN { Err(SecretFailure::TooShort) } else { Ok(value) }
}

fn variable(name: &str, environment: &Environment) -> Result<String, SecretFailure> {
    let value = environment.get(name).ok_or_else(|| SecretFailure::NotSet(name.to_owned()))?;
    value.to_str().map(str::to_owned).ok_or(SecretFailure::NotText)
}

async fn ask(argv: &[String], folder: &Path) -> Result<String, SecretFailure> {
    let program = argv.first().cloned().unwrap_or_default();
    let failed = |why: String| SecretFailure::NotGiven { program: program.clone(), why };
    let Some((_, arguments)) = argv.split_first() else { return Err(failed("no program is named".to_owned())) };
    let mut command = tokio::process::Command::new(&program);
    command.args(arguments).current_dir(folder).stdin(std::process::Stdio::null()).kill_on_drop(true);
    // Its standard error may hold anything, and is not masked yet.
    command.stderr(std::process::Stdio::null());
    let output = tokio::time::timeout(COMMAND_TIMEOUT, command.output()).await;
    let output =
        output.map_err(|_| failed("no answer within 30s".to_owned()))?.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    String::from_utf8(output.stdout).map_err(|_| SecretFailure::NotText)
}
