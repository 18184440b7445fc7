//! The documents of a run: read from the journal, written beside the file. Made from nothing but what is remembered, so
//! that writing them again gives the same, and whoever finds them missing can.

use std::path::Path;

use super::attempt_name::AttemptName;
use super::folder::StateFolder;
use super::shelf::{Document, POST_MORTEM, RECORD, Shelved, shelve};
use crate::engine::Event;
use crate::journal::{JournalError, RunSummary, Shelves, Told, told};
use crate::plan::Plan;
use crate::report::{
    GraphFormat, ReportFormat, checklist, draw, graph_of, log, post_mortem, report, rollback_plan, samples_csv,
    samples_json,
};
use crate::value::At;

/// What steps printed is cut beyond this.
const PRINTED_MAX: usize = 16 << 20;

/// Documents are read in many places: their times are those of no place.
const ZONE: &str = "UTC";

/// Writes the documents of a run, and returns what is to be remembered of that; none if the run wants none.
///
/// # Errors
/// If the journal cannot be read.
pub fn file(
    run: &RunSummary,
    shelves: &Shelves<'_>,
    printed: &dyn Fn(&Plan) -> String,
    now: At,
) -> Result<Option<Event>, JournalError> {
    let told = told(run, shelves, now)?;
    let Some(wanted) = &told.artifacts else { return Ok(None) };
    let wanted = match wanted {
        Ok(wanted) => wanted.clone(),
        Err(why) => {
            let failure = Some(format!("its name has no value: {why}"));
            return Ok(Some(Event::Filed { folder: String::new(), instead_of: None, failure }));
        }
    };
    let documents = documents(&told, printed(&told.plan));
    let filed = match shelve(Path::new(&told.plan.folder), &wanted, &run.id, &documents) {
        Ok(Shelved::AsWanted) => Event::Filed { folder: wanted, instead_of: None, failure: None },
        Ok(Shelved::Instead(folder)) => Event::Filed { folder, instead_of: Some(wanted), failure: None },
        Err(why) => Event::Filed { folder: wanted, instead_of: None, failure: Some(why) },
    };
    Ok(Some(filed))
}

fn documents(told: &Told, printed: String) -> Vec<Document> {
    let Told { plan, account, .. } = told;
    let graph = graph_of(plan);
    let mut documents = vec![
        Document { name: "plan.txt", text: draw(&graph, GraphFormat::Text) },
        Document { name: "plan.svg", text: draw(&graph, GraphFormat::Svg) },
        Document { name: "rollback-plan.md", text: rollback_plan(plan, account) },
        Document { name: "checklist.md", text: checklist(account, ZONE) },
        Document { name: "log.txt", text: log(account) },
        Document { name: "steps.log", text: printed },
        Document { name: "metrics.csv", text: samples_csv(account) },
        Document { name: "metrics.json", text: samples_json(account) },
        Document { name: "report.md", text: report(account, ReportFormat::Markdown, ZONE) },
        Document { name: "report.html", text: report(account, ReportFormat::Html, ZONE) },
        Document { name: RECORD, text: report(account, ReportFormat::Json, ZONE) },
    ];
    if account.wants_post_mortem() {
        documents.push(Document { name: POST_MORTEM, text: post_mortem(account, ZONE) });
    }
    documents
}

/// Returns what the steps of a run printed, each under its path, as it was logged: without what is secret.
pub fn printed(state: &StateFolder, run: &str, plan: &Plan) -> String {
    let mut text = String::new();
    for name in AttemptName::all_of(state, run).unwrap_or_default() {
        let Ok(bytes) = std::fs::read(name.log(state, run)) else { continue };
        if text.len() + bytes.len() > PRINTED_MAX {
            text.push_str("… the rest is too long; see `rollout logs` …\n");
            break;
        }
        text.push_str(&format!("== {} (attempt {}) ==\n", plan.path(name.place), name.attempt));
        text.push_str(&String::from_utf8_lossy(&bytes));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}
