//! One test from its text to its verdict: its plan is made, it is played, and what came of it is held against what it
//! expects. Reads files through the door that it is given, and nothing else of the world.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::facts::{Asking, Facts};
use super::{Coverage, Manner, Script, Stopped, Unanswered, log_of, perform};
use crate::diag::{Code, Diagnostic};
use crate::eval::{self, Fuel, NoScope, Truth};
use crate::model::{Expectation, Fact, FleetSource, Given, Program, Says, Test, Which};
use crate::plan::{GivenInputs, KeptValues, Plan, PlanRequest, plan, read_inputs};
use crate::source::{ReadFailure, Sources, World};
use crate::value::{At, Value, show_duration};
use crate::view::Line;

/// What a test needs beside itself.
#[derive(Clone, Copy)]
pub struct TrialRequest<'a> {
    pub program: &'a Program,
    pub sources: &'a Sources,
    pub file: &'a str,
    pub folder: &'a str,
    pub world: &'a dyn World,
}

/// What came of a test.
#[derive(Debug)]
pub struct Trial {
    pub verdict: Verdict,
    /// How the run ended, as the language writes it; none if there was no run.
    pub outcome: Option<&'static str>,
    /// On virtual time.
    pub took_ms: i64,
    /// How many events there were.
    pub events: usize,
    /// The run's log: when, since the start, and what.
    pub log: Vec<(i64, Line)>,
    pub coverage: Coverage,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Passed,
    /// What was expected did not come.
    Failed(Vec<Diagnostic>),
    /// The test itself is not right: it could not be planned, or leaves a question open.
    Broken(Vec<Diagnostic>),
}

/// Where a test says nothing: 2026-01-05T09:00Z, a Monday.
pub const START: At = At(1_767_603_600_000);

/// Plays a test.
pub fn try_out(request: TrialRequest, test: &Test) -> Trial {
    let start = test.start.unwrap_or(START);
    let (plan, kept) = match planned(request, test, start) {
        Ok(planned) => planned,
        Err(wrong) => return Trial::broken(wrong),
    };
    let mut script = Script::new(&plan, &test.givens, start, Manner::Strict);
    let played = perform(&plan, &kept, start, &mut script, &mut |_| None);
    let facts = Facts::of(request.program, &plan, &played, start);
    let verdict = match &played.outcome {
        Err(Stopped::Lost) => Verdict::Broken(unanswered(&script.unanswered, test, start)),
        Err(Stopped::TooLong) => Verdict::Broken(vec![too_long(test)]),
        Err(Stopped::Broken(what)) => Verdict::Broken(vec![own_mistake(test, what)]),
        Ok(_) | Err(Stopped::Stuck) => judged(&facts, test, &script.broken),
    };
    let mut coverage = Coverage::default();
    coverage.add(&plan, &played, request.sources);
    let (outcome, took_ms) = (facts.outcome(), facts.end.since_ms(start));
    let log = log_of(plan, &played, start);
    Trial { verdict, outcome: Some(outcome), took_ms, events: played.events.len(), log, coverage }
}

impl Trial {
    fn broken(wrong: Vec<Diagnostic>) -> Trial {
        let (log, coverage) = (Vec::new(), Coverage::default());
        Trial { verdict: Verdict::Broken(wrong), outcome: None, took_ms: 0, events: 0, log, coverage }
    }

    pub fn has_passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

fn planned(request: TrialRequest, test: &Test, now: At) -> Result<(Plan, KeptValues), Vec<Diagnostic>> {
    let rollout = request.program.rollout(test.rollout);
    let mut typed: Vec<(SmolStr, Value)> = Vec::new();
    for (name, expr) in &test.inputs {
        let value = eval::eval(expr, &NoScope, &mut Fuel::default())
            .map_err(|it| vec![Diagnostic::new(Code::VALUE, it.span, it.message)])?;
        typed.push((name.clone(), value));
    }
    let given = GivenInputs { typed, ..GivenInputs::default() };
    let here = |wrong: Vec<Diagnostic>| -> Vec<Diagnostic> {
        wrong.into_iter().map(|it| it.also(test.call, "in this test")).collect()
    };
    let world = AsGiven { givens: &test.givens, disk: request.world };
    let inputs = read_inputs(rollout, &given, &world).map_err(here)?;
    let kept = given_kept(request.program, &test.givens);
    let plan = plan(&PlanRequest {
        program: request.program,
        sources: request.sources,
        rollout: test.rollout,
        file: request.file,
        folder: request.folder,
        inputs,
        profile: None,
        now,
        world: &world,
        kept: &kept,
        only: None,
    });
    match plan {
        Ok(plan) => Ok((plan, kept)),
        Err(wrong) => Err(wrong.into_iter().map(|it| in_test(it, test)).collect()),
    }
}

/// A finding of the plan, as the test has to hear it.
fn in_test(found: Diagnostic, test: &Test) -> Diagnostic {
    let help = match found.code {
        Code::KEPT_MISSING => {
            let key = found.message.split('`').nth(1).unwrap_or("version").to_owned();
            Some(format!("say in the test what an earlier run left: `given kept(*) {{ {key} = … }}`"))
        }
        _ => None,
    };
    let found = found.also(test.call, "in this test");
    match help {
        Some(help) => found.help(help),
        None => found,
    }
}

/// Returns what earlier runs left, as the scenario says: for every target, then for those that are named.
pub fn given_kept(program: &Program, givens: &[Given]) -> KeptValues {
    let mut kept = KeptValues::new();
    let says = |it: &Given| match &it.says {
        Says::Kept { whose, values } => Some((whose.clone(), values.clone())),
        _ => None,
    };
    let mut all: Vec<_> = givens.iter().filter_map(says).collect();
    all.sort_by_key(|(whose, _)| !matches!(whose, Some(Which::Any)));
    for (whose, values) in all {
        let names: Vec<Option<SmolStr>> = match whose {
            None => vec![None],
            Some(Which::Is(name)) => vec![Some(name)],
            Some(Which::Any) => target_names(program).into_iter().map(Some).collect(),
        };
        for (key, value) in values {
            names.iter().for_each(|name| drop(kept.insert((name.clone(), key.clone()), value.clone())));
        }
    }
    kept
}

fn target_names(program: &Program) -> Vec<SmolStr> {
    let lists = program.fleets.iter().filter_map(|it| match &it.source {
        FleetSource::Targets(targets) => Some(targets),
        FleetSource::Command { .. } | FleetSource::Expr(_) => None,
    });
    lists.flatten().map(|it| it.name.clone()).collect()
}

/// Files as they are, variables as they are given, and no commands.
struct AsGiven<'a> {
    givens: &'a [Given],
    disk: &'a dyn World,
}

impl World for AsGiven<'_> {
    fn read(&self, path: &str) -> Result<String, ReadFailure> {
        self.disk.read(path)
    }

    fn variable(&self, name: &str) -> Result<Option<String>, ReadFailure> {
        let values = self.givens.iter().filter_map(|it| match &it.says {
            Says::Variables(values) => Some(values),
            _ => None,
        });
        Ok(values.flatten().rev().find(|(it, _)| it == name).map(|(_, value)| value.to_string()))
    }

    fn command(&self, argv: &[String], _folder: &str) -> Result<String, ReadFailure> {
        let program = argv.first().map_or("", String::as_str);
        Err(ReadFailure::Other(format!("a test runs no commands, and this fleet is listed by `{program}`")))
    }

    /// In a test every role has three people, so that nothing depends on who has an account here.
    fn members(&self, role: &str) -> Result<Vec<String>, ReadFailure> {
        Ok((1..=3).map(|it| format!("{role}-{it}")).collect())
    }

    fn neighbours(&self, path: &str) -> Vec<String> {
        self.disk.neighbours(path)
    }
}

fn unanswered(all: &[Unanswered], test: &Test, start: At) -> Vec<Diagnostic> {
    let mut lines: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for it in all {
        if lines.contains(&it.line.as_str()) {
            continue;
        }
        lines.push(&it.line);
        let when = show_duration(it.at.since_ms(start));
        let message =
            format!("`{}` is asked {when} after the start, and the test does not say what it answers", it.what);
        let (because, help) = match it.begins_late {
            true => ("what is given for it begins later", "begin its timeline with `0h = …`".to_owned()),
            false => ("nothing is given for it", format!("add `{}`", it.line)),
        };
        found.push(Diagnostic::new(Code::UNANSWERED, test.span, message).because(because).help(help));
    }
    found
}

fn too_long(test: &Test) -> Diagnostic {
    let message = "the run does not come to an end: there are more than five million events";
    Diagnostic::new(Code::UNANSWERED, test.span, message)
        .help("give a deadline, or fewer attempts, to what goes on for ever")
}

fn own_mistake(test: &Test, what: &str) -> Diagnostic {
    let message = format!("the engine broke a promise: {what}");
    Diagnostic::new(Code::UNMET, test.span, message)
        .help("this is a mistake of the engine, not of the test: please report it")
}

fn judged(facts: &Facts, test: &Test, broken: &BTreeMap<usize, At>) -> Verdict {
    let broken = broken.iter().map(|(at, when)| broken_at(facts, test, *at, *when));
    let unmet: Vec<Diagnostic> = broken.chain(test.expects.iter().filter_map(|it| unmet(facts, it))).collect();
    if unmet.is_empty() { Verdict::Passed } else { Verdict::Failed(unmet) }
}

/// What must always hold did not.
fn broken_at(facts: &Facts, test: &Test, which: usize, when: At) -> Diagnostic {
    let always = &facts.plan.always[which];
    let after = show_duration(when.since_ms(facts.start));
    let message = format!("`always {{ {} }}` does not hold", always.shown);
    Diagnostic::new(Code::UNMET, always.span, message)
        .because(format!("not so {after} after the start"))
        .also(test.call, "in this test")
}

/// Returns why an expectation is not met, if it is not.
fn unmet(facts: &Facts, expected: &Expectation) -> Option<Diagnostic> {
    let asking = Asking { facts, uses: &expected.facts };
    let message = match eval::condition(&expected.condition, &asking, &mut Fuel::default()) {
        Ok(Truth::Holds) => return None,
        Ok(Truth::Violated) => "this is not so at the end".to_owned(),
        Ok(Truth::Unknown) => "nobody can say whether this is so at the end".to_owned(),
        Err(wrong) => format!("this has no answer: {}", wrong.message),
    };
    // Each fact says what it was, where it stands; the first of them is the place to look at.
    let place = expected.facts.first().map_or(expected.span, |it| it.span);
    let mut found = Diagnostic::new(Code::UNMET, place, message);
    for (at, it) in expected.facts.iter().enumerate() {
        let words = facts.in_words(&it.fact);
        found = if at == 0 { found.because(words) } else { found.also(it.span, words) };
    }
    let rests = facts.played.outcome.is_err() && expected.facts.iter().any(|it| it.fact == Fact::Outcome);
    Some(match rests && facts.played.run.paused().is_some() {
        true => found.help("say what a person does then: `given operator { paused + 10m = retry }`"),
        false => found,
    })
}
