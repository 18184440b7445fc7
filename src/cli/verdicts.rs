//! What came of tests, as it is shown: a line for each, the run's log and the findings for those that failed, and what
//! no test has seen happen.

use super::command::Context;
use super::palette::Paint;
use super::program::show_findings;
use super::terminal::{Format, Terminal};
use super::test::Tested;
use crate::diag::{Diagnostic, Look, as_github, as_json, as_sarif, render};
use crate::model::Test;
use crate::report::{JunitCase, JunitEnd, junit};
use crate::sim::{Coverage, Trial, Verdict};
use crate::source::Sources;
use crate::value::show_duration;

/// What is wanted beside the verdicts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub lists_coverage: bool,
    /// Some tests were left out, so that nothing can be said of what none has seen.
    pub is_filtered: bool,
}

/// How many lines of a log are shown of a test that failed.
const LOG_LINES: usize = 14;

pub(super) fn show(context: &Context, tested: &[Tested], shown: Shown) {
    let terminal = context.terminal;
    let mut coverage = Coverage::default();
    for (_, trial) in tested.iter().flat_map(|it| &it.trials) {
        coverage.merge(trial.coverage.clone());
    }
    match terminal.format {
        Format::Human => {
            show_unsound(context, tested);
            tested
                .iter()
                .for_each(|it| it.trials.iter().for_each(|(test, trial)| show_trial(terminal, it, test, trial)));
            show_coverage(terminal, &coverage, shown);
            terminal.say(&summary(tested));
        }
        Format::Json => terminal.result(&document(tested, &coverage).to_string()),
        Format::Github => {
            for (found, sources) in findings(tested) {
                terminal.result(as_github(std::slice::from_ref(found), sources).trim_end());
            }
        }
        Format::Sarif => {
            let mut log = as_sarif(&[], &Sources::default());
            let results = findings(tested).into_iter().filter_map(|(found, sources)| {
                let mut one = as_sarif(std::slice::from_ref(found), sources);
                one["runs"][0]["results"].as_array_mut().map(std::mem::take)
            });
            log["runs"][0]["results"] = results.flatten().collect();
            terminal.result(&log.to_string());
        }
        Format::Junit => {
            show_unsound(context, tested);
            terminal.result(junit("rollout test", &cases(tested)).trim_end());
        }
    }
}

/// Files that cannot be tested because of errors.
fn show_unsound(context: &Context, tested: &[Tested]) {
    for it in tested.iter().filter(|it| !it.checked.is_sound()) {
        let errors: Vec<Diagnostic> = it.checked.diagnostics.iter().filter(|it| it.is_error()).cloned().collect();
        show_findings(context, &errors, &it.checked.sources);
    }
}

fn findings(tested: &[Tested]) -> Vec<(&Diagnostic, &Sources)> {
    let mut findings = Vec::new();
    for it in tested {
        let of_file = it.checked.diagnostics.iter().filter(|it| it.is_error());
        let of_tests = it.trials.iter().flat_map(|(_, trial)| wrong(trial));
        findings.extend(of_file.chain(of_tests).map(|found| (found, &it.checked.sources)));
    }
    findings
}

fn wrong(trial: &Trial) -> &[Diagnostic] {
    match &trial.verdict {
        Verdict::Passed => &[],
        Verdict::Failed(found) | Verdict::Broken(found) => found,
    }
}

fn show_trial(terminal: &Terminal, tested: &Tested, test: &Test, trial: &Trial) {
    let (paint, word) = match &trial.verdict {
        Verdict::Passed => (Paint::Good, "pass"),
        Verdict::Failed(_) => (Paint::Bad, "FAIL"),
        Verdict::Broken(_) => (Paint::Bad, "BROKEN"),
    };
    let took = trial.outcome.map_or(String::new(), |_| show_duration(trial.took_ms));
    let word = terminal.painted(paint, &format!("{word:<6}"));
    terminal.result(&format!("{word} {took:>10}  {}: {}", tested.file, test.name));
    if trial.has_passed() {
        return;
    }
    show_log(terminal, trial);
    let look = Look { color: terminal.color_out(), width: terminal.width(), unicode: true };
    terminal.result("");
    terminal.result(render(wrong(trial), &tested.checked.sources, look).trim_end());
    terminal.result("");
}

/// The end of the log: that is where what was expected did not come.
fn show_log(terminal: &Terminal, trial: &Trial) {
    let left_out = trial.log.len().saturating_sub(LOG_LINES);
    if left_out > 0 {
        let word = if left_out == 1 { "line" } else { "lines" };
        terminal.result(&terminal.painted(Paint::Quiet, &format!("{:>17}  … {left_out} {word} before", "")));
    }
    for (after_ms, line) in &trial.log[left_out..] {
        let after = terminal.painted(Paint::Quiet, &format!("{:>17}", show_duration(*after_ms)));
        terminal.result(&format!("{after}  {}", terminal.painted(line.tone.into(), &line.text)));
    }
}

fn show_coverage(terminal: &Terminal, coverage: &Coverage, shown: Shown) {
    let unseen: Vec<_> = coverage.unseen().collect();
    if shown.lists_coverage {
        for it in &unseen {
            terminal.result(&format!("{}:{}: `{}` {}", it.file, it.line, it.entry, it.aspect.unseen()));
        }
    } else if shown.is_filtered || coverage.is_empty() {
        return;
    }
    let seen = coverage.len() - unseen.len();
    let line =
        format!("Seen by the tests: {seen} of {} ways that conditions, undos and branches can go.", coverage.len());
    let more = if unseen.is_empty() || shown.lists_coverage { "" } else { " `--coverage` lists the others." };
    terminal.say(&format!("{line}{more}"));
}

fn summary(tested: &[Tested]) -> String {
    let trials: Vec<&Trial> = tested.iter().flat_map(|it| it.trials.iter().map(|(_, trial)| trial)).collect();
    let passed = trials.iter().filter(|it| it.has_passed()).count();
    let unsound = tested.iter().filter(|it| !it.checked.is_sound()).count();
    let tests = if trials.len() == 1 { "1 test".to_owned() } else { format!("{} tests", trials.len()) };
    let failed = trials.len() - passed;
    let verdict =
        if failed == 0 { format!("{tests} passed.") } else { format!("{tests}: {passed} passed, {failed} failed.") };
    match unsound {
        0 => verdict,
        1 => format!("{verdict} One file has errors."),
        _ => format!("{verdict} {unsound} files have errors."),
    }
}

fn result_word(trial: &Trial) -> &'static str {
    match trial.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "failed",
        Verdict::Broken(_) => "broken",
    }
}

fn document(tested: &[Tested], coverage: &Coverage) -> serde_json::Value {
    let mut tests = Vec::new();
    for it in tested {
        for (test, trial) in &it.trials {
            let place = it.checked.sources.get(test.span.source).line_column(test.span.start);
            let log = trial.log.iter().map(|(ms, line)| serde_json::json!({ "after_ms": ms, "text": line.text }));
            tests.push(serde_json::json!({
                "file": it.file,
                "name": test.name,
                "line": place.line,
                "result": result_word(trial),
                "outcome": trial.outcome,
                "took_ms": trial.took_ms,
                "events": trial.events,
                "diagnostics": as_json(wrong(trial), &it.checked.sources)["diagnostics"],
                "log": log.collect::<Vec<_>>(),
            }));
        }
    }
    let unseen = coverage.unseen().map(
        |it| serde_json::json!({ "file": it.file, "line": it.line, "entry": it.entry, "says": it.aspect.unseen() }),
    );
    let unsound = tested.iter().filter(|it| !it.checked.is_sound());
    let unsound: Vec<_> = unsound
        .flat_map(|it| as_json(&it.checked.diagnostics, &it.checked.sources)["diagnostics"].as_array().cloned())
        .flatten()
        .collect();
    let count = |word: &str| tests.iter().filter(|it| it["result"] == word).count();
    let numbers = serde_json::json!({
        "tests": tests.len(), "passed": count("passed"), "failed": count("failed"), "broken": count("broken"),
    });
    let unseen: Vec<_> = unseen.collect();
    let seen = serde_json::json!({ "ways": coverage.len(), "seen": coverage.len() - unseen.len(), "unseen": unseen });
    serde_json::json!({ "version": 1, "tests": tests, "diagnostics": unsound, "coverage": seen, "summary": numbers })
}

fn cases(tested: &[Tested]) -> Vec<JunitCase> {
    let mut cases = Vec::new();
    for it in tested {
        if !it.checked.is_sound() {
            let end = JunitEnd::Failed("the file has errors, so that its tests cannot be played".to_owned());
            cases.push(JunitCase { group: it.file.clone(), name: "check".to_owned(), took_ms: 0, end });
        }
        let look = Look { color: false, width: 100, unicode: true };
        for (test, trial) in &it.trials {
            let failure = (!trial.has_passed()).then(|| {
                let messages: Vec<&str> = wrong(trial).iter().map(|it| it.message.as_str()).collect();
                format!("{}\n\n{}", messages.join("; "), render(wrong(trial), &it.checked.sources, look).trim_end())
            });
            let end = failure.map_or(JunitEnd::Passed, JunitEnd::Failed);
            let took_ms = trial.took_ms.max(0) as u64;
            cases.push(JunitCase { group: it.file.clone(), name: test.name.to_string(), took_ms, end });
        }
    }
    cases
}
