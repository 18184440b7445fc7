//! The part of a report that is about people: what they were asked, what they said, what they did by themselves; and
//! the checklists as a document of their own.

use super::page::{Block, Mood, Page, Span, code, plain};
use super::words::Words;
use crate::value::show_roughly;
use crate::view::{Account, Decision};

/// Adds what people were asked and what they did.
pub(super) fn people(page: &mut Page, account: &Account, words: Words) {
    let rows = account.decisions.iter().map(|it| {
        let asked = it.text.clone().unwrap_or_default();
        let lead = it.lead_ms.map_or_else(|| "-".to_owned(), show_roughly);
        vec![code(&it.path), plain(it.kind), plain(asked), vec![outcome(it)], plain(said(it, words)), plain(lead)]
    });
    let head = ["Where", "Kind", "Question", "Outcome", "Answers", "Lead time"];
    page.section("Approvals and checklists", "What people were asked, and what they said", &head, rows.collect());
    for decision in account.decisions.iter().filter(|it| !it.items.is_empty()) {
        items(page, decision, words);
    }
    let rows = account.interventions.iter().map(|it| {
        let what = match &it.reason {
            Some(reason) => format!("{}: {reason}", it.what),
            None => it.what.to_owned(),
        };
        let path = if it.path.is_empty() { plain("the run") } else { code(&it.path) };
        vec![plain(words.moment(it.at)), plain(&it.by), path, plain(what)]
    });
    page.section("Interventions", "What people did by themselves", &["When", "Who", "Where", "What"], rows.collect());
}

/// Returns every checklist and every approval, with who answered and when.
pub(super) fn checklist(account: &Account, zone: &str) -> Page {
    let words = Words { zone };
    let mut page = Page::new(format!("Checklists and approvals of {} {}", account.rollout, account.run));
    if account.decisions.is_empty() {
        page.text("Nobody was asked for anything in this run.");
    }
    for decision in &account.decisions {
        page.heading(2, &decision.path);
        let question = decision.text.clone().unwrap_or_else(|| decision.kind.to_owned());
        let who = decision.people.join(", ");
        page.text(format!("{question} ({} of {who}, asked {})", decision.need, words.moment(decision.asked)));
        items(&mut page, decision, words);
        let answers = decision.answers.iter().filter(|it| it.said != "ticked").map(|it| {
            let reason = it.reason.as_ref().map_or_else(String::new, |it| format!(": {it}"));
            plain(format!("{} by {}, {}{reason}", it.said, it.by, words.moment(it.at)))
        });
        let answers: Vec<Vec<Span>> = answers.collect();
        if !answers.is_empty() {
            page.blocks.push(Block::List(answers));
        }
        page.blocks.push(Block::Text(vec![Span::Plain("Outcome: ".to_owned()), outcome(decision)]));
    }
    page
}

fn items(page: &mut Page, decision: &Decision, words: Words) {
    let rows = decision.items.iter().map(|it| {
        let state = match it.by {
            Some(_) => Span::Word(Mood::Good, "ticked".to_owned()),
            None => Span::Word(Mood::Careful, "open".to_owned()),
        };
        vec![plain(&it.text), vec![state], plain(it.by.clone().unwrap_or_default()), plain(words.maybe(it.at))]
    });
    let caption = format!("Items of {}", decision.text.as_deref().unwrap_or(&decision.path));
    page.table(caption, &["Item", "State", "By", "When"], rows.collect());
}

fn outcome(decision: &Decision) -> Span {
    let mood = match decision.outcome {
        "given" => Mood::Good,
        "rejected" | "expired" => Mood::Bad,
        _ => Mood::Careful,
    };
    Span::Word(mood, decision.outcome.to_owned())
}

fn said(decision: &Decision, words: Words) -> String {
    let answers = decision.answers.iter().map(|it| {
        let reason = it.reason.as_ref().map_or_else(String::new, |it| format!(": {it}"));
        format!("{} {} {}{reason}", it.by, it.said, words.moment(it.at))
    });
    answers.collect::<Vec<_>>().join("; ")
}
