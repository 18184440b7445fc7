//! `rollout test`: plays the tests of some files on virtual time, side by side. Runs no command and sends no request.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;

use super::check::files_in;
use super::command::Context;
use super::disk::Disk;
use super::exit::Exit;
use super::failure::Failure;
use super::verdicts::{Shown, show};
use crate::check::{Checked, check};
use crate::model::Test;
use crate::sim::{Trial, TrialRequest, try_out};

/// Play the tests of files on virtual time. Runs no command and sends no request
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files, or folders that are walked for `.rollout` files [default: .]
    paths: Vec<PathBuf>,
    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// List what no test has seen happen
    #[arg(long)]
    coverage: bool,
}

/// A file with what came of its tests.
pub(super) struct Tested {
    pub file: String,
    pub checked: Checked,
    /// In the order in which they are written.
    pub trials: Vec<(Test, Trial)>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let paths = if arguments.paths.is_empty() { vec![PathBuf::from(".")] } else { arguments.paths };
    let here = std::env::current_dir()?;
    let folder = here.to_str().ok_or_else(|| Failure::usage("the current folder is not named in UTF-8"))?;
    let disk = Disk::checking(&here);
    let mut tested = Vec::new();
    for file in files_in(&paths)? {
        let file =
            file.to_str().ok_or_else(|| Failure::usage(format!("`{}` is not named in UTF-8", file.display())))?;
        let checked = check(&disk, file);
        tested.push(Tested { file: file.to_owned(), checked, trials: Vec::new() });
    }
    let filter = arguments.filter.as_deref();
    play(&mut tested, &disk, folder, filter);
    let count: usize = tested.iter().map(|it| it.trials.len()).sum();
    let is_sound = tested.iter().all(|it| it.checked.is_sound());
    if count == 0 && is_sound {
        let failure = match filter {
            Some(filter) => Failure::usage(format!("no test has `{filter}` in its name")),
            None => Failure::usage("there is no test here"),
        };
        return Err(
            failure.hint("A test is written `test \"name\" { call ROLLOUT { }, expect outcome == succeeded }`.")
        );
    }
    let have_passed = tested.iter().flat_map(|it| &it.trials).all(|(_, trial)| trial.has_passed());
    show(context, &tested, Shown { lists_coverage: arguments.coverage, is_filtered: filter.is_some() });
    Ok(if have_passed && is_sound { Exit::Done } else { Exit::Findings })
}

/// Plays every test, on as many threads as the machine has to offer.
fn play(tested: &mut [Tested], disk: &Disk, folder: &str, filter: Option<&str>) {
    let wanted = |it: &Test| filter.is_none_or(|filter| it.name.contains(filter));
    let all: Vec<(usize, &Test)> = tested
        .iter()
        .enumerate()
        .filter(|(_, it)| it.checked.is_sound())
        .flat_map(|(at, it)| it.checked.program.tests.iter().filter(|it| wanted(it)).map(move |test| (at, test)))
        .collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Trial)>> = Mutex::new(Vec::new());
    let work = || {
        while let Some((at, test)) = all.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            let Tested { file, checked, .. } = &tested[at];
            let request =
                TrialRequest { program: &checked.program, sources: &checked.sources, file, folder, world: disk };
            let trial = try_out(request, test);
            let index = all.iter().position(|(_, it)| std::ptr::eq(*it, test)).expect("it is one of them");
            done.lock().expect("no test panics while it holds this").push((index, trial));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(all.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().expect("no test panics while it holds this");
    done.sort_by_key(|(index, _)| *index);
    let played: Vec<(usize, Test, Trial)> =
        done.into_iter().map(|(index, trial)| (all[index].0, all[index].1.clone(), trial)).collect();
    for (at, test, trial) in played {
        tested[at].trials.push((test, trial));
    }
}
