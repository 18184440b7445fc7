//! The draft of a post-mortem: what the journal knows of what went wrong, and room for what only people know.

use super::page::{Block, Page, Span, code, plain};
use super::words::{Words, outcome_word};
use crate::value::show_roughly;
use crate::view::{Account, Failure};

/// More lines than this are cut in their middle.
const LINES_MAX: usize = 120;

/// Returns the draft as a document of its own.
pub(super) fn post_mortem(account: &Account, zone: &str) -> Page {
    let mut page = Page::new(format!("Post-mortem of {} {} (draft)", account.rollout, account.run));
    draft(&mut page, account, Words { zone }, 2);
    page
}

/// Adds the draft to a document; its headings have this depth.
pub(super) fn draft(page: &mut Page, account: &Account, words: Words, depth: u8) {
    summary(page, account, words);
    page.heading(depth, "Impact");
    page.blocks.push(Block::List(impact(account, words)));
    page.heading(depth, "Cause");
    cause(page, account, words);
    page.heading(depth, "Timeline");
    page.blocks.push(Block::Lines(timeline(account, words)));
    page.heading(depth, "What was undone");
    undone(page, account);
    page.heading(depth, "Remediation");
    page.text("For people to fill in: what is done so that this does not happen again, by whom, and until when.");
    page.blocks.push(Block::List(vec![plain("Action: … Owner: … Until: …"), plain("Action: … Owner: … Until: …")]));
    page.heading(depth, "Lessons");
    page.text("For people to fill in: what went well, what went badly, and where there was luck.");
}

fn summary(page: &mut Page, account: &Account, words: Words) {
    let mut text = plain(format!(
        "{} was started by {} at {} and ended at {}: ",
        account.rollout,
        account.by,
        words.maybe(account.started),
        words.maybe(account.finished)
    ));
    text.push(outcome_word(account));
    let why = account.why.as_ref().map_or_else(|| ".".to_owned(), |why| format!(". {why}."));
    text.push(Span::Plain(why));
    page.blocks.push(Block::Text(text));
}

fn impact(account: &Account, words: Words) -> Vec<Vec<Span>> {
    let figures = &account.figures;
    let mut impact = vec![plain(format!(
        "{} of {} targets were changed, and failures reached {}.",
        figures.targets_changed,
        account.targets.len(),
        figures.targets_affected
    ))];
    if let Some(first) = figures.first_failure {
        let until = match figures.to_recover_ms {
            Some(ms) => format!("it took {} until everything was as before.", show_roughly(ms)),
            None => "not everything is as before.".to_owned(),
        };
        impact.push(plain(format!("The first failure was at {}; {until}", words.moment(first))));
    }
    let breached = account.verdicts.iter().filter(|it| it.violated > 0);
    impact.extend(breached.take(10).map(|it| {
        let mut item = code(&it.path);
        item.push(Span::Plain(format!(" did not hold {} of {} times.", it.violated, it.asked)));
        item
    }));
    impact
}

fn cause(page: &mut Page, account: &Account, words: Words) {
    let origin: Option<&Failure> = account.failures.first();
    let Some(failure) = origin else {
        return page.text(account.why.clone().unwrap_or_else(|| "Nothing failed.".to_owned()));
    };
    let mut text = plain(format!("At {}, ", words.moment(failure.at)));
    text.extend(code(&failure.path));
    text.push(Span::Plain(format!(" failed: {}.", failure.why)));
    page.blocks.push(Block::Text(text));
    let verdict = account.verdicts.iter().find(|it| it.path == failure.path);
    let seen = verdict.iter().flat_map(|it| &it.evidence);
    let violated = seen.filter(|it| it.truth != crate::engine::Truth::Holds && !it.warns);
    let seen: Vec<Vec<Span>> = violated.take(10).map(|it| plain(format!("{} ({})", it.what, it.why))).collect();
    if !seen.is_empty() {
        page.text("What was seen then:");
        page.blocks.push(Block::List(seen));
    }
    page.text("For people to fill in: why it came to that.");
}

fn timeline(account: &Account, words: Words) -> Vec<String> {
    let line = |(at, text): &(crate::value::At, String)| format!("{}  {text}", words.moment(crate::view::When(*at)));
    let count = account.log.len();
    if count <= LINES_MAX {
        return account.log.iter().map(line).collect();
    }
    let (first, last) = (&account.log[..LINES_MAX / 3], &account.log[count - LINES_MAX * 2 / 3..]);
    let left_out = format!("… {} lines …", count - first.len() - last.len());
    first.iter().map(line).chain([left_out]).chain(last.iter().map(line)).collect()
}

fn undone(page: &mut Page, account: &Account) {
    match account.undone.is_empty() {
        true => page.text("Nothing."),
        false => page.blocks.push(Block::List(account.undone.iter().take(100).map(|it| code(&it.path)).collect())),
    }
    if !account.needs_hands.is_empty() {
        page.text("This could not be undone:");
        page.blocks.push(Block::List(account.needs_hands.iter().map(code).collect()));
    }
}
