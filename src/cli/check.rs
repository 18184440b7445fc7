//! `rollout check`: what is wrong with some files, once or after every save.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::command::Context;
use super::disk::Disk;
use super::exit::Exit;
use super::failure::Failure;
use super::terminal::Format;
use crate::check::{Checked, check};
use crate::diag::{Diagnostic, Look, as_github, as_json, as_sarif, render};
use crate::report::{JunitCase, JunitEnd, junit};
use crate::runtime::{WatchError, Watcher};
use crate::source::{Asked, Sources};

/// Check files: syntax, names, types, units, lints. Runs no command and sends no request
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, or folders that are walked for `.rollout` files [default: .]
    paths: Vec<PathBuf>,
    /// Check again on every save
    #[arg(long)]
    watch: bool,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let paths = if arguments.paths.is_empty() { vec![PathBuf::from(".")] } else { arguments.paths };
    let files = files_in(&paths)?;
    if files.is_empty() {
        return Err(
            Failure::usage("there is no `.rollout` file here").hint("Name one, or make one with `rollout new`.")
        );
    }
    if arguments.watch {
        return watch(context, &paths);
    }
    let found = check_all(&files)?;
    show(context, &found);
    Ok(found.exit())
}

/// What came of checking several files, each with its own sources.
struct Found {
    checked: Vec<Checked>,
}

impl Found {
    fn count(&self, is_it: impl Fn(&Diagnostic) -> bool) -> usize {
        self.distinct().iter().filter(|(it, _)| is_it(it)).count()
    }

    /// A finding in a file that several others use is one finding.
    fn distinct(&self) -> Vec<(&Diagnostic, &Sources)> {
        let mut seen = BTreeSet::new();
        let all = self.checked.iter().flat_map(|it| it.diagnostics.iter().map(|found| (found, &it.sources)));
        all.filter(|(found, sources)| {
            let path = sources.get(found.span().source).path().to_owned();
            seen.insert((path, found.span().start, found.span().end, found.code, found.message.clone()))
        })
        .collect()
    }

    fn exit(&self) -> Exit {
        if self.count(Diagnostic::is_error) > 0 { Exit::Findings } else { Exit::Done }
    }
}

fn check_all(files: &[PathBuf]) -> Result<Found, Failure> {
    let here = std::env::current_dir()?;
    let world = Disk::checking(&here);
    let checked = files.iter().map(|file| {
        let path =
            file.to_str().ok_or_else(|| Failure::usage(format!("`{}` is not named in UTF-8", file.display())))?;
        Ok(check(&world, path))
    });
    Ok(Found { checked: checked.collect::<Result<_, Failure>>()? })
}

fn show(context: &Context, found: &Found) {
    let terminal = context.terminal;
    let distinct = found.distinct();
    match terminal.format {
        Format::Human => {
            let look = Look { color: terminal.color_out(), width: terminal.width(), unicode: true };
            for (diagnostic, sources) in &distinct {
                terminal.result(render(std::slice::from_ref(*diagnostic), sources, look).trim_end());
                terminal.result("");
            }
            terminal.say(&summary(found));
        }
        Format::Json => terminal.result(&merged(found, as_json).to_string()),
        Format::Github => {
            for (diagnostic, sources) in distinct {
                terminal.result(as_github(std::slice::from_ref(diagnostic), sources).trim_end());
            }
        }
        Format::Sarif => terminal.result(&merged_sarif(found).to_string()),
        Format::Junit => terminal.result(junit("check", &cases(&distinct)).trim_end()),
    }
}

/// Findings as cases that failed.
fn cases(distinct: &[(&Diagnostic, &Sources)]) -> Vec<JunitCase> {
    let case = |(found, sources): &(&Diagnostic, &Sources)| {
        let source = sources.get(found.span().source);
        let place = source.line_column(found.span().start);
        JunitCase {
            group: source.path().to_owned(),
            name: format!("{} at {}:{}", found.code, place.line, place.column),
            took_ms: 0,
            end: JunitEnd::Failed(found.message.clone()),
        }
    };
    distinct.iter().map(case).collect()
}

fn summary(found: &Found) -> String {
    let files = found.checked.len();
    let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    let errors = found.count(Diagnostic::is_error);
    let warnings = found.count(|it| !it.is_error());
    let count = |number: usize, noun: &str| match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    };
    match (errors, warnings) {
        (0, 0) => format!("Checked {files}: nothing to complain about."),
        (0, _) => format!("Checked {files}: {}.", count(warnings, "warning")),
        (_, 0) => format!("Checked {files}: {}.", count(errors, "error")),
        (_, _) => format!("Checked {files}: {} and {}.", count(errors, "error"), count(warnings, "warning")),
    }
}

/// One document for all files: each finding once, with the numbers of all.
fn merged(found: &Found, one: fn(&[Diagnostic], &Sources) -> serde_json::Value) -> serde_json::Value {
    let mut all = Vec::new();
    for (diagnostic, sources) in found.distinct() {
        let mut document = one(std::slice::from_ref(diagnostic), sources);
        if let Some(list) = document["diagnostics"].as_array_mut() {
            all.append(list);
        }
    }
    let files: BTreeSet<&str> = found
        .checked
        .iter()
        .flat_map(|it| it.sources.iter().map(crate::source::Source::path))
        .filter(|it| !it.starts_with("std."))
        .collect();
    serde_json::json!({
        "version": 1,
        "diagnostics": all,
        "summary": {
            "files": files.len(),
            "errors": found.count(Diagnostic::is_error),
            "warnings": found.count(|it| !it.is_error()),
        },
    })
}

fn merged_sarif(found: &Found) -> serde_json::Value {
    let mut log = as_sarif(&[], &Sources::default());
    let mut results = Vec::new();
    for (diagnostic, sources) in found.distinct() {
        let mut one = as_sarif(std::slice::from_ref(diagnostic), sources);
        if let Some(list) = one["runs"][0]["results"].as_array_mut() {
            results.append(list);
        }
    }
    log["runs"][0]["results"] = results.into();
    log
}

/// Returns the `.rollout` files that are meant, in order; folders are walked, hidden ones are not.
pub fn files_in(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files, 0)?;
        } else if !path.exists() {
            let message = format!("there is no file `{}`", path.display());
            return Err(Failure::usage(message).hint("Name a file, or a folder that is walked for `.rollout` files."));
        } else {
            files.push(path.clone());
        }
    }
    files.dedup();
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, depth: u32) -> Result<(), Failure> {
    const DEPTH_MAX: u32 = 32;
    let unreadable = |error| Failure::usage(format!("could not read `{}`: {error}", folder.display()));
    let mut entries =
        std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.') || name == "target" || name == "node_modules";
        let path = if folder == Path::new(".") { PathBuf::from(&name) } else { entry.path() };
        if hidden {
            continue;
        }
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && depth < DEPTH_MAX {
            walk(&path, files, depth + 1)?;
        } else if path.extension().is_some_and(|it| it == "rollout") {
            files.push(path);
        }
    }
    Ok(())
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Failure {
        Failure::usage(error.to_string()).hint(error.hint())
    }
}

/// Checks now and after every save, until it is ended.
fn watch(context: &Context, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let mut watcher = Watcher::new()?;
    let mut before = None;
    loop {
        let files = files_in(paths)?;
        let found = check_all(&files)?;
        // Before it is shown: a save while somebody reads must not be missed.
        watcher.look_at(&read_files(&found, &files))?;
        let now = texts(&found);
        if before.as_ref() != Some(&now) {
            show(context, &found);
            before = Some(now);
        }
        watcher.wait()?;
        if context.terminal.is_reader_gone() {
            return Ok(Exit::Done);
        }
    }
}

fn read_files(found: &Found, files: &[PathBuf]) -> Vec<PathBuf> {
    let read = found.checked.iter().flat_map(|it| &it.reads).filter_map(|it| match it {
        Asked::File(path) => Some(PathBuf::from(path)),
        Asked::Variable(_) | Asked::Command(_) => None,
    });
    let all: BTreeSet<PathBuf> = read.chain(files.iter().cloned()).collect();
    all.into_iter().collect()
}

/// What was found, so that a save that changes nothing says nothing.
fn texts(found: &Found) -> Vec<String> {
    let mut texts: Vec<String> =
        found.distinct().iter().map(|(it, _)| format!("{}{}{:?}", it.code, it.message, it.span())).collect();
    texts.extend(found.checked.iter().flat_map(|it| it.sources.iter()).map(|it| it.text().to_owned()));
    texts
}
