//! The one door through which the language reads: files, and at plan time the environment and the
//! answers of commands. Whoever opens it decides what lies behind; the language never knows.

use std::collections::BTreeMap;

use thiserror::Error;

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadFailure {
    #[error("there is no such file")]
    Missing,
    #[error("the file is larger than {limit_mib} MiB")]
    TooLarge { limit_mib: u64 },
    #[error("the file is not UTF-8 text (byte {offset} is not)")]
    NotText { offset: usize },
    /// This world never runs a command or looks at the environment, as when checking.
    #[error("this is not read while checking")]
    NotNow,
    #[error("{0}")]
    Other(String),
}

/// What a program asked of the world, so that a watcher knows what to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    File(String),
    Variable(String),
    Command(Vec<String>),
}

/// The world as the language sees it. Paths are as the program has them, already joined to the folder
/// of the file that names them.
pub trait World {
    /// Reads a text file of at most 16 MiB.
    fn read(&self, path: &str) -> Result<String, ReadFailure>;

    /// Reads an environment variable; `Ok(None)` if it is not set. `NotNow` while checking.
    fn variable(&self, name: &str) -> Result<Option<String>, ReadFailure>;

    /// Runs a command without a shell and returns its output. `NotNow` while checking.
    fn command(&self, argv: &[String], folder: &str) -> Result<String, ReadFailure>;

    /// Returns the names of those who have a role; `NotNow` while checking.
    fn members(&self, _role: &str) -> Result<Vec<String>, ReadFailure> {
        Err(ReadFailure::NotNow)
    }

    /// Returns the paths in a folder that a misspelt path may have meant.
    fn neighbours(&self, path: &str) -> Vec<String>;
}

/// A world of texts by path, for tests, editors with unsaved buffers, and documents.
#[derive(Debug, Clone, Default)]
pub struct MemoryWorld {
    pub files: BTreeMap<String, String>,
    pub variables: BTreeMap<String, String>,
    /// Answers of commands by their words joined with spaces.
    pub commands: BTreeMap<String, String>,
    /// Who has each role.
    pub roles: BTreeMap<String, Vec<String>>,
}

impl MemoryWorld {
    pub fn with(mut self, path: &str, text: &str) -> MemoryWorld {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }
}

impl World for MemoryWorld {
    fn read(&self, path: &str) -> Result<String, ReadFailure> {
        self.files.get(path).cloned().ok_or(ReadFailure::Missing)
    }

    fn variable(&self, name: &str) -> Result<Option<String>, ReadFailure> {
        Ok(self.variables.get(name).cloned())
    }

    fn command(&self, argv: &[String], _folder: &str) -> Result<String, ReadFailure> {
        self.commands.get(&argv.join(" ")).cloned().ok_or(ReadFailure::NotNow)
    }

    fn members(&self, role: &str) -> Result<Vec<String>, ReadFailure> {
        Ok(self.roles.get(role).cloned().unwrap_or_default())
    }

    fn neighbours(&self, _path: &str) -> Vec<String> {
        self.files.keys().cloned().collect()
    }
}
