//! A run as cases that a build server shows: its stages, its gates, and what people were asked.

use super::{JunitCase, JunitEnd};
use crate::engine::Truth;
use crate::view::{Account, Decision, StageAccount, VerdictAccount};

/// Returns a case for each stage, each condition and each question to people.
pub(super) fn cases(account: &Account) -> Vec<JunitCase> {
    let group = |name: &str| format!("{}.{name}", account.rollout);
    let why = account.why.clone().unwrap_or_default();
    let stages = account.stages.iter().map(|it| JunitCase {
        group: group("stages"),
        name: it.path.clone(),
        took_ms: it.took_ms.unwrap_or(0).max(0) as u64,
        end: of_stage(it, account, &why),
    });
    let gates = account.verdicts.iter().map(|it| JunitCase {
        group: group("gates"),
        name: format!("{}: {} {}", it.path, it.kind, it.condition).trim_end().to_owned(),
        took_ms: it.last.0.since_ms(it.first.0).max(0) as u64,
        end: of_verdict(it),
    });
    let people = account.decisions.iter().map(|it| JunitCase {
        group: group("people"),
        name: format!("{}: {}", it.path, it.text.as_deref().unwrap_or(it.kind)),
        took_ms: it.lead_ms.unwrap_or(0).max(0) as u64,
        end: of_decision(it),
    });
    stages.chain(gates).chain(people).collect()
}

fn of_stage(stage: &StageAccount, account: &Account, why: &str) -> JunitEnd {
    match stage.status {
        "done" => JunitEnd::Passed,
        "waiting" | "skipped" | "running" => JunitEnd::Skipped,
        status => {
            let beneath = format!("{}/", stage.path);
            let inner = account.failures.iter().filter(|it| it.path == stage.path || it.path.starts_with(&beneath));
            let lines: Vec<String> = inner.take(20).map(|it| format!("{}: {}", it.path, it.why)).collect();
            let first = lines.first().cloned().unwrap_or_else(|| why.to_owned());
            JunitEnd::Failed(format!("{status}: {first}\n{}", lines.join("\n")).trim_end().to_owned())
        }
    }
}

fn of_verdict(verdict: &VerdictAccount) -> JunitEnd {
    let word = match verdict.truth {
        Truth::Holds => return JunitEnd::Passed,
        Truth::Violated => "violated",
        Truth::Unknown => "unknown",
    };
    let seen = verdict.evidence.iter().filter(|it| it.truth != Truth::Holds);
    let seen: Vec<String> = seen.map(|it| format!("{} ({})", it.what, it.why)).collect();
    JunitEnd::Failed(format!(
        "{word}: {} of {} times\n{}",
        verdict.violated + verdict.unknown,
        verdict.asked,
        seen.join("\n")
    ))
}

fn of_decision(decision: &Decision) -> JunitEnd {
    match decision.outcome {
        "given" => JunitEnd::Passed,
        "rejected" | "expired" => {
            let said = decision.answers.last().and_then(|it| it.reason.clone()).unwrap_or_default();
            JunitEnd::Failed(format!("{}: {said}", decision.outcome))
        }
        _ => JunitEnd::Skipped,
    }
}
