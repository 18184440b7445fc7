//! Every example and every strategy of the standard library: it checks without a finding, it can be planned, and
//! on virtual time it comes to an end, whatever fails and wherever the engine dies.

use std::path::{Path, PathBuf};

use rollout::check::{Checked, check};
use rollout::diag::{Look, render};
use rollout::engine::Outcome;
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, Plan, PlanRequest, plan, read_inputs};
use rollout::sim::{Luck, Odds, crashed, play};
use rollout::source::{LIBRARY, ReadFailure, World};
use rollout::value::{At, Value};

/// The files of this project, and no environment and no commands.
pub struct Disk;

impl World for Disk {
    fn read(&self, path: &str) -> Result<String, ReadFailure> {
        std::fs::read_to_string(path).map_err(|_| ReadFailure::Missing)
    }

    fn variable(&self, _name: &str) -> Result<Option<String>, ReadFailure> {
        Ok(None)
    }

    fn command(&self, _argv: &[String], _folder: &str) -> Result<String, ReadFailure> {
        Err(ReadFailure::NotNow)
    }

    fn neighbours(&self, _path: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Returns every example of the project, in order.
pub fn examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).expect("there are examples") {
        let folder = folder.expect("a folder can be read").path();
        let files = std::fs::read_dir(&folder).expect("an example is a folder");
        found.extend(
            files
                .map(|it| it.expect("a file can be read").path())
                .filter(|it| it.extension().is_some_and(|it| it == "rollout")),
        );
    }
    found.sort();
    found
}

pub fn relative(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    path.strip_prefix(root).expect("it lies in the project").display().to_string()
}

pub fn without_findings(path: &str) -> Checked {
    let checked = check(&Disk, path);
    let look = Look { color: false, width: 110, unicode: true };
    let drawn = render(&checked.diagnostics, &checked.sources, look);
    assert!(checked.diagnostics.is_empty(), "{path} has findings:\n{drawn}");
    checked
}

/// Plans the last rollout of a checked file, with the defaults of its inputs.
pub fn planned(checked: &Checked, file: &str, kept: &KeptValues) -> Plan {
    let rollout = RolloutId(checked.program.rollouts.len() as u32 - 1);
    let given = checked.program.rollout(rollout).inputs.iter().filter(|it| it.default.is_none());
    // What has no default in the examples is a version.
    let words = given.map(|it| (it.name.to_string(), "2.1.0".to_owned())).collect();
    let given = GivenInputs { words, ..GivenInputs::default() };
    let inputs = read_inputs(checked.program.rollout(rollout), &given, &Disk);
    let inputs = inputs.unwrap_or_else(|it| panic!("{file}: {it:?}"));
    let request = PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout,
        file,
        folder: env!("CARGO_MANIFEST_DIR"),
        inputs,
        profile: None,
        now: At(1_795_392_000_000),
        world: &Disk,
        kept,
        only: None,
    };
    plan(&request).unwrap_or_else(|wrong| {
        let look = Look { color: false, width: 110, unicode: true };
        panic!("{file} cannot be planned:\n{}", render(&wrong, &checked.sources, look))
    })
}

/// A world in which anything may go wrong, and most things do not.
const SHAKY: Odds = Odds {
    job_fails: 60,
    probe_violated: 80,
    probe_unknown: 40,
    person_rejects: 150,
    person_silent: 250,
    person_late: 400,
};

/// Examples that watch for so long that a play takes as many events as all others together.
pub const LASTS_FOR_DAYS: [&str; 4] = ["vision", "weekly", "factories", "canary"];

/// What earlier runs have left, where an example is about the next one.
pub fn left_before(file: &str) -> KeptValues {
    let mut left = KeptValues::new();
    if file.contains("vision") {
        let fleet = std::fs::read_to_string("examples/vision/factories.csv").expect("the fleet is there");
        let names = fleet.lines().skip(1).filter_map(|it| it.split(',').next());
        left.extend(names.map(|it| ((Some(it.into()), "version".into()), Value::text("2.0.9"))));
    }
    left
}

#[test]
fn every_example_checks_without_a_finding() {
    let examples = examples();
    assert!(examples.len() >= 6, "only {} examples", examples.len());
    for path in examples {
        without_findings(&relative(&path));
    }
}

#[test]
fn every_module_of_the_library_checks_without_a_finding() {
    for (name, _) in LIBRARY {
        without_findings(&format!("stdlib/{name}.rollout"));
    }
}

#[test]
fn every_example_succeeds_when_nothing_goes_wrong() {
    for path in examples() {
        let file = relative(&path);
        let kept = left_before(&file);
        let plan = planned(&without_findings(&file), &file, &kept);
        let played = play(&plan, &kept, Luck { seed: 1, odds: Odds::NONE }, &mut |_| None);
        assert_eq!(played.outcome, Ok(Outcome::Succeeded), "{file}");
    }
}

#[test]
fn every_example_ends_the_same_when_the_engine_dies_after_any_event() {
    for path in examples() {
        let file = relative(&path);
        let kept = left_before(&file);
        let plan = planned(&without_findings(&file), &file, &kept);
        let seeds = if LASTS_FOR_DAYS.iter().any(|it| file.contains(it)) { 2 } else { 10 };
        for seed in 0..seeds {
            let luck = Luck { seed, odds: SHAKY };
            let calm = play(&plan, &kept, luck, &mut |_| None);
            // A run of days has thousands of samples, and a play for each of them would take hours.
            let stride = (calm.events.len() / 1_000 * 100).max(1);
            for event in (1..=calm.events.len()).step_by(stride) {
                crashed(&plan, &kept, luck, |at| at == event)
                    .unwrap_or_else(|broken| panic!("{file}, seed {seed}, crash after event {event}: {broken}"));
            }
        }
    }
}

/// Side by side, because it is a thousand runs of each with twenty deaths of the engine. Of what lasts for days a few,
/// because one of them takes as long as hundreds of the others; more with `ROLLOUT_STORMS=100`.
#[test]
fn every_example_ends_the_same_after_a_thousand_storms() {
    let days = std::env::var("ROLLOUT_STORMS").ok().and_then(|it| it.parse().ok()).unwrap_or(10);
    let storm = |path: PathBuf| {
        let file = relative(&path);
        let kept = left_before(&file);
        let plan = planned(&without_findings(&file), &file, &kept);
        let seeds = if LASTS_FOR_DAYS.iter().any(|it| file.contains(it)) { days } else { 1_000 };
        for seed in 0..seeds {
            let luck = Luck { seed, odds: SHAKY };
            let events = play(&plan, &kept, luck, &mut |_| None).events.len();
            let mut random = fastrand::Rng::with_seed(seed);
            let points: Vec<usize> = (0..20).map(|_| random.usize(1..=events)).collect();
            crashed(&plan, &kept, luck, |at| points.contains(&at))
                .unwrap_or_else(|broken| panic!("{file}, seed {seed}, crashes after {points:?}: {broken}"));
        }
    };
    std::thread::scope(|scope| {
        for path in examples() {
            scope.spawn(|| storm(path));
        }
    });
}

/// A guard had failed while a watch beside it was asking: the watch looked once more before it let go, but not after a
/// crash.
#[test]
fn a_storm_over_the_weeks_is_remembered_as_calm_weather() {
    let file = "examples/weekly/finance.rollout";
    let kept = left_before(file);
    let plan = planned(&without_findings(file), file, &kept);
    let points = [34, 4, 33, 51, 57, 85, 50, 73, 29, 71, 22, 63, 90, 87, 2, 48, 61, 62, 59, 21];
    crashed(&plan, &kept, Luck { seed: 29, odds: SHAKY }, |at| points.contains(&at)).expect("the same is remembered");
}
