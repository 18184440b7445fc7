//! The world as the language sees it, for real: files, variables, and at plan time the answers of commands.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::runtime::group_members;
use crate::source::{ReadFailure, World};

const LIMIT_MIB: u64 = 16;

/// The disk below one folder, which relative paths are relative to.
#[derive(Debug, Clone)]
pub struct Disk {
    folder: PathBuf,
    /// Whether variables and commands are looked at: only when a plan is made.
    plans: bool,
}

impl Disk {
    /// For checking: files only.
    pub fn checking(folder: &Path) -> Disk {
        Disk { folder: folder.to_owned(), plans: false }
    }

    /// For planning: variables and commands as well.
    pub fn planning(folder: &Path) -> Disk {
        Disk { folder: folder.to_owned(), plans: true }
    }
}

impl World for Disk {
    fn read(&self, path: &str) -> Result<String, ReadFailure> {
        let file = File::open(self.folder.join(path)).map_err(other)?;
        let mut bytes = Vec::new();
        file.take((LIMIT_MIB << 20) + 1).read_to_end(&mut bytes).map_err(other)?;
        if bytes.len() as u64 > LIMIT_MIB << 20 {
            return Err(ReadFailure::TooLarge { limit_mib: LIMIT_MIB });
        }
        String::from_utf8(bytes).map_err(|error| ReadFailure::NotText { offset: error.utf8_error().valid_up_to() })
    }

    fn variable(&self, name: &str) -> Result<Option<String>, ReadFailure> {
        if !self.plans {
            return Err(ReadFailure::NotNow);
        }
        match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(ReadFailure::NotText { offset: 0 }),
        }
    }

    fn command(&self, argv: &[String], folder: &str) -> Result<String, ReadFailure> {
        if !self.plans {
            return Err(ReadFailure::NotNow);
        }
        let Some((program, arguments)) = argv.split_first() else {
            return Err(ReadFailure::Other("no program is named".to_owned()));
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.join(folder)).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = command.output().map_err(other)?;
        if !output.status.success() {
            return Err(ReadFailure::Other(format!("`{program}` ended with {}", output.status)));
        }
        String::from_utf8(output.stdout)
            .map_err(|error| ReadFailure::NotText { offset: error.utf8_error().valid_up_to() })
    }

    fn members(&self, role: &str) -> Result<Vec<String>, ReadFailure> {
        if self.plans { Ok(group_members(role)) } else { Err(ReadFailure::NotNow) }
    }

    fn neighbours(&self, path: &str) -> Vec<String> {
        let parent = Path::new(path).parent().unwrap_or(Path::new(""));
        let Ok(entries) = std::fs::read_dir(self.folder.join(parent)) else { return Vec::new() };
        let names = entries.flatten().filter_map(|it| it.file_name().into_string().ok());
        let mut paths: Vec<String> = names.filter_map(|it| parent.join(it).to_str().map(str::to_owned)).collect();
        paths.sort();
        paths
    }
}

fn other(error: io::Error) -> ReadFailure {
    if error.kind() == io::ErrorKind::NotFound { ReadFailure::Missing } else { ReadFailure::Other(error.to_string()) }
}
