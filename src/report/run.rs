//! What is written about one run, each in the formats it has: the report, the record, the draft of a post-mortem, the
//! checklists, the way back, the samples. Gives texts; never learns where they go.

use std::fmt::Write;

use super::cases::cases;
use super::html::html;
use super::junit;
use super::markdown::markdown;
use super::page::{Page, code, plain};
use super::plan::drawn;
use crate::engine::exposure_kind;
use crate::plan::{NodeId, NodeKind, Place, Plan, Role, Slot};
use crate::value::show_roughly;
use crate::view::Account;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    Markdown,
    /// One file that needs no other.
    Html,
    /// The deployment record.
    Json,
    Junit,
}

/// Returns the report of a run; times are those of a zone.
pub fn report(account: &Account, format: ReportFormat, zone: &str) -> String {
    match format {
        ReportFormat::Markdown => markdown(&super::told::told(account, zone)),
        ReportFormat::Html => html(&super::told::told(account, zone)),
        ReportFormat::Json => record(account),
        ReportFormat::Junit => junit(&account.rollout, &cases(account)),
    }
}

/// Returns the deployment record: one JSON document.
fn record(account: &Account) -> String {
    let text = serde_json::to_string_pretty(account).expect("an account is plain data");
    format!("{text}\n")
}

/// Returns the draft of a post-mortem as Markdown.
pub fn post_mortem(account: &Account, zone: &str) -> String {
    markdown(&super::post_mortem::post_mortem(account, zone))
}

/// Returns what people were asked as Markdown.
pub fn checklist(account: &Account, zone: &str) -> String {
    markdown(&super::told_people::checklist(account, zone))
}

/// Returns what a person would have read while it ran, a line each.
pub fn log(account: &Account) -> String {
    let lines = account.log.iter().map(|(at, text)| format!("{at} {}\n", super::clean::clean(text)));
    lines.collect()
}

/// Returns how the rollout is taken back, as Markdown: in which order, and what is done there.
pub fn rollback_plan(plan: &Plan, account: &Account) -> String {
    let mut page = Page::new(format!("The way back of {} {}", account.rollout, account.run));
    if let Some(ms) = account.rollback_ms {
        page.text(format!("Taking everything back once all is done takes about {}.", show_roughly(ms)));
    }
    page.text(
        "What is completed, and what is half-way, is taken back in this order: stages against their order, within a target the latest first.",
    );
    let nodes = (0..plan.nodes.len() as u32).rev().map(NodeId);
    let rows: Vec<_> = nodes.filter_map(|it| way_back(plan, it)).collect();
    if rows.is_empty() {
        page.text("No step of this rollout has a way back.");
    }
    page.table("Each step that has a way back, the last first", &["Step", "Times", "Way back"], rows);
    page.blocks.push(super::page::Block::Text(
        [plain("Taken back by hand with "), code(format!("rollout rollback {}", account.run)), plain(".")].concat(),
    ));
    markdown(&page)
}

/// A step and what takes it back; none if nothing does.
fn way_back(plan: &Plan, id: NodeId) -> Option<Vec<Vec<super::page::Span>>> {
    let what = match plan.node(id).undo {
        Some(undo) => acts_beneath(plan, undo).join("; "),
        None if exposure_kind(plan, Place::new(id, Slot::ONLY)).is_some() && !is_in_undo(plan, id) => {
            "returns to the share that was there before".to_owned()
        }
        None => return None,
    };
    Some(vec![code(plan.node_path(id)), plain(plan.slots(id).to_string()), plain(what)])
}

fn is_in_undo(plan: &Plan, id: NodeId) -> bool {
    let mut around = plan.all_around(Place::new(id, Slot::ONLY));
    around.any(|it| plan.node(it.node).kind == NodeKind::Sequence(Role::Undo))
}

fn acts_beneath(plan: &Plan, id: NodeId) -> Vec<String> {
    let inner = (id.0..plan.node(id).end.0).map(NodeId);
    let acts = inner.filter(|it| matches!(plan.node(*it).kind, NodeKind::Act(_)));
    acts.map(|it| drawn(plan, it).caption()).collect()
}

/// Returns every sample as CSV, the oldest first.
pub fn samples_csv(account: &Account) -> String {
    let mut text = "at,metric,subject,value,shown\n".to_owned();
    for (at, metric, subject, value) in samples(account) {
        let number = value.as_number().unwrap_or_default();
        let _ = writeln!(text, "{at},{},{},{number},{}", cell(metric), cell(subject), cell(&value.to_string()));
    }
    text
}

/// Returns every sample and every limit as JSON.
pub fn samples_json(account: &Account) -> String {
    let samples = samples(account).into_iter().map(|(at, metric, subject, value)| {
        serde_json::json!({ "at": at.to_string(), "metric": metric, "subject": subject, "value": value.as_number(), "shown": value.to_string() })
    });
    let limits = account.metrics.iter().flat_map(|it| it.limits.iter().map(move |limit| (&it.metric, limit)));
    let limits = limits.map(|(metric, it)| {
        serde_json::json!({ "metric": metric, "rule": it.rule, "bound": it.bound.as_number(), "shown": it.bound.to_string(), "warns": it.warns })
    });
    let document = serde_json::json!({
        "version": 1,
        "run": account.run,
        "samples": samples.collect::<Vec<_>>(),
        "limits": limits.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

type Sample<'a> = (crate::value::At, &'a str, &'a str, &'a crate::value::Value);

fn samples(account: &Account) -> Vec<Sample<'_>> {
    let mut samples: Vec<Sample<'_>> = Vec::new();
    for measured in &account.metrics {
        for series in &measured.series {
            let points = series.points.iter();
            samples.extend(points.map(|(at, value)| (*at, measured.metric.as_str(), series.subject.as_str(), value)));
        }
    }
    samples.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    samples
}

/// A cell as RFC 4180 has it; one that a spreadsheet would take for a formula is a text.
fn cell(text: &str) -> String {
    let text = super::clean::clean(text);
    let is_formula = text.starts_with(['=', '+', '@']);
    let text = if is_formula { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(cell("=cmd()"), "'=cmd()");
        assert_eq!(cell("a\nb"), "a b");
    }
}
