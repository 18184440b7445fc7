//! The report of one run: from its account to a document. What is long is cut, and says so.

use super::page::{Block, Mood, Page, Span, code, plain};
use super::post_mortem::draft;
use super::scenes::{metric_plot, stage_plot};
use super::spark::spark;
use super::told_people::people;
use super::words::{Words, outcome_word, status_word, truth_word};
use crate::engine::{Evidence, Truth};
use crate::value::show_roughly;
use crate::view::{Account, Note, Spread, TargetAccount, VerdictAccount};

/// More rows than this of one table are only counted.
const ROWS_MAX: usize = 300;

/// More evidence than this of one verdict is only counted.
const EVIDENCE_MAX: usize = 4;

/// Returns the report of a run; times are those of a zone.
pub(super) fn told(account: &Account, zone: &str) -> Page {
    let words = Words { zone };
    let ended = account.outcome.unwrap_or(account.state).replace('_', " ");
    let mut page = Page::new(format!("{} {}: {ended}", account.rollout, account.run));
    lead(&mut page, account, words);
    stages(&mut page, account, words);
    targets(&mut page, account);
    failures(&mut page, account, words);
    metrics(&mut page, account, words);
    verdicts(&mut page, account, words);
    people(&mut page, account, words);
    notes(&mut page, account, words);
    what_is_left(&mut page, account);
    figures(&mut page, account);
    if account.wants_post_mortem() {
        page.heading(2, "Post-mortem (draft)");
        draft(&mut page, account, words, 3);
    }
    journal(&mut page, account);
    page
}

fn lead(page: &mut Page, account: &Account, words: Words) {
    let mut facts = vec![("Outcome".to_owned(), vec![outcome_word(account)])];
    let mut fact = |name: &str, value: Vec<Span>| facts.push((name.to_owned(), value));
    if let Some(why) = &account.why {
        fact("Why", plain(why));
    }
    fact("Started by", plain(&account.by));
    if let Some(reason) = &account.reason {
        fact("Reason", plain(reason));
    }
    fact("Started", plain(words.maybe(account.started)));
    fact("Ended", plain(words.maybe(account.finished)));
    if let Some(until) = account.retained_until {
        fact("Can be taken back until", plain(words.moment(until)));
    }
    if let Some(took) = account.took_ms {
        fact("Took", plain(show_roughly(took)));
    }
    if let Some(forecast) = account.forecast {
        fact("Expected to end", plain(words.foreseen(forecast)));
    }
    fact("Done", plain(format!("{}%", account.percent)));
    fact("File", code(&account.file));
    if let Some(profile) = &account.profile {
        fact("Profile", code(profile));
    }
    for (name, value) in &account.inputs {
        fact(&format!("Input {name}"), code(value));
    }
    if !account.strategies.is_empty() {
        let named: Vec<String> =
            account.strategies.iter().map(|it| format!("{} as {}", it.strategy, it.path)).collect();
        fact("Strategy", code(named.join(", ")));
    }
    fact("Plan", code(&account.plan));
    fact("Times", plain(format!("those of {}", words.zone)));
    page.blocks.push(Block::Facts(facts));
}

fn stages(page: &mut Page, account: &Account, words: Words) {
    let rows = account.stages.iter().map(|it| {
        let risk = it.risk.as_ref().map(|risk| format!("risk {risk}"));
        let how: Vec<String> = it.doc.iter().cloned().chain(risk).chain(it.how.iter().cloned()).collect();
        let done = if it.failed > 0 {
            format!("{} of {}, {} failed", it.done, it.total, it.failed)
        } else {
            format!("{} of {}", it.done, it.total)
        };
        let took = it.took_ms.map_or_else(String::new, show_roughly);
        let expected = it.forecast.map_or_else(String::new, |it| words.foreseen(it));
        vec![
            code(&it.path),
            vec![status_word(it.status)],
            plain(done),
            plain(words.maybe(it.began)),
            plain(words.maybe(it.ended)),
            plain(took),
            plain(expected),
            plain(how.join("; ")),
        ]
    });
    page.heading(2, "Stages");
    if let Some(plot) = stage_plot(account, words.zone) {
        page.blocks.push(Block::Picture(Box::new(plot)));
    }
    let head = ["Stage", "State", "Done", "Began", "Ended", "Took", "Expected to end", "How"];
    page.table("Each stage, and when it was to end when the run began", &head, rows.collect());
}

fn targets(page: &mut Page, account: &Account) {
    let row = |it: &TargetAccount| {
        let changed = if it.changed { "yes" } else { "no" };
        vec![plain(&it.name), vec![status_word(it.status)], plain(changed), code(it.stages.join(", "))]
    };
    let rows = account.targets.iter().take(ROWS_MAX).map(row).collect();
    let changed = account.targets.iter().filter(|it| it.changed).count();
    let caption = format!("{} targets, {changed} of them changed{}", account.targets.len(), cut(account.targets.len()));
    page.section("Targets", &caption, &["Target", "Left as", "Changed", "Stages"], rows);
}

fn failures(page: &mut Page, account: &Account, words: Words) {
    let rows = account.failures.iter().take(ROWS_MAX).map(|it| {
        let kind = it.kind.replace('_', " ");
        vec![plain(words.moment(it.at)), vec![Span::Word(Mood::Bad, kind)], code(&it.path), plain(&it.why)]
    });
    let caption = format!("What failed, where and why{}", cut(account.failures.len()));
    page.section("Failures", &caption, &["When", "What", "Where", "Why"], rows.collect());
    let rows = account.undone.iter().take(ROWS_MAX).map(|it| vec![plain(words.moment(it.at)), code(&it.path)]);
    page.section(
        "Taken back",
        &format!("What was undone{}", cut(account.undone.len())),
        &["When", "Where"],
        rows.collect(),
    );
    if !account.needs_hands.is_empty() {
        page.heading(2, "Left for people");
        page.text("This could not be undone, and is as it was left:");
        page.blocks.push(Block::List(account.needs_hands.iter().map(code).collect()));
    }
}

fn metrics(page: &mut Page, account: &Account, words: Words) {
    let mut rows = Vec::new();
    for measured in &account.metrics {
        for series in measured.series.iter() {
            let Some(it) = measured.summary(series) else { continue };
            let numbers: Vec<f64> = series.points.iter().filter_map(|(_, value)| value.as_number()).collect();
            let of = if it.subject.is_empty() { it.metric } else { format!("{}({})", it.metric, it.subject) };
            let cells = [it.samples.to_string(), it.least, it.mean, it.most, it.now, spark(&numbers)];
            rows.push(std::iter::once(code(of)).chain(cells.into_iter().map(plain)).collect());
        }
    }
    let count = rows.len();
    rows.truncate(ROWS_MAX);
    let caption = format!("What conditions saw of each metric{}", cut(count));
    page.section("Metrics", &caption, &["Metric", "Samples", "Least", "Mean", "Most", "Last", "Trend"], rows);
    let limits = account.metrics.iter().flat_map(|it| it.limits.iter().map(move |limit| (&it.metric, limit)));
    let limits = limits
        .take(ROWS_MAX)
        .map(|(metric, it)| vec![code(metric.as_str()), code(&it.rule), plain(it.bound.to_string())]);
    page.table("Limits that they were held to", &["Metric", "Rule", "Limit"], limits.collect());
    for plot in account.metrics.iter().filter_map(|it| metric_plot(account, it, words.zone)) {
        page.blocks.push(Block::Picture(Box::new(plot)));
    }
}

fn verdicts(page: &mut Page, account: &Account, words: Words) {
    let row = |it: &VerdictAccount| {
        let condition = format!("{} {}", it.kind, it.condition);
        let counts = format!("{} asked, {} violated, {} unknown", it.asked, it.violated, it.unknown);
        let last = vec![truth_word(it.truth)];
        vec![
            code(&it.path),
            code(condition.trim()),
            last,
            plain(counts),
            plain(words.moment(it.last)),
            seen(&it.evidence),
        ]
    };
    // What did not hold says more than what did.
    let mut sorted: Vec<&VerdictAccount> = account.verdicts.iter().collect();
    sorted.sort_by_key(|it| it.violated + it.unknown == 0);
    let rows = sorted.into_iter().take(ROWS_MAX).map(row).collect();
    let caption = format!("Every gate, check, watch and guard{}", cut(account.verdicts.len()));
    page.section("Verdicts", &caption, &["Where", "Condition", "Last", "Count", "Last asked", "Seen"], rows);
}

/// What speaks loudest of what was seen, each with what it was compared with.
fn seen(evidence: &[Evidence]) -> Vec<Span> {
    let rank = |it: &&Evidence| match it.truth {
        Truth::Violated => 0,
        Truth::Unknown => 1,
        Truth::Holds => 2,
    };
    let mut sorted: Vec<&Evidence> = evidence.iter().filter(|it| it.bound.is_some() || it.value.is_none()).collect();
    sorted.sort_by_key(rank);
    let mut parts: Vec<String> = Vec::new();
    for it in sorted.iter().take(EVIDENCE_MAX) {
        let why = if it.why.is_empty() { String::new() } else { format!(" ({})", it.why) };
        parts.push(format!("{}{why}", it.what));
    }
    if let Some(more @ 1..) = sorted.len().checked_sub(EVIDENCE_MAX) {
        parts.push(format!("and {more} more"));
    }
    plain(parts.join("; "))
}

fn notes(page: &mut Page, account: &Account, words: Words) {
    let rows = account
        .windows
        .iter()
        .take(ROWS_MAX)
        .map(|it| vec![code(&it.path), plain(words.moment(it.from)), plain(words.maybe(it.until)), plain(&it.why)]);
    let caption = format!("What waited for its window{}", cut(account.windows.len()));
    page.section("Windows", &caption, &["Where", "From", "Until", "Why"], rows.collect());
    let rows =
        account.exposures.iter().map(|it| vec![plain(it.kind), code(&it.subject), plain(format!("{}%", it.percent))]);
    page.section("Shares", "What was set, and how it was left", &["Kind", "Of", "Share"], rows.collect());
    let row = |it: &Note| {
        let to = it.channel.as_ref().map_or_else(|| code(&it.path), code);
        vec![plain(words.moment(it.at)), to, plain(&it.text)]
    };
    let list = |notes: &[Note]| notes.iter().take(ROWS_MAX).map(row).collect();
    page.section(
        "Warnings",
        &format!("What deserves a look{}", cut(account.warnings.len())),
        &["When", "Where", "What"],
        list(&account.warnings),
    );
    page.section(
        "Notices",
        &format!("What was said to channels{}", cut(account.notices.len())),
        &["When", "To", "Text"],
        list(&account.notices),
    );
    page.section(
        "Notes",
        &format!("What the rollout wrote down{}", cut(account.notes.len())),
        &["When", "Where", "Text"],
        list(&account.notes),
    );
}

fn what_is_left(page: &mut Page, account: &Account) {
    let rows = account.kept.iter().take(ROWS_MAX).map(|it| {
        let of = it.target.as_deref().unwrap_or("the rollout");
        let value = it.value.as_ref().map_or_else(|| plain("taken away"), code);
        vec![plain(of), code(&it.key), value]
    });
    page.section(
        "Kept",
        &format!("What later runs read{}", cut(account.kept.len())),
        &["Of", "Key", "Value"],
        rows.collect(),
    );
    let verification = &account.verification;
    if account.verdicts.is_empty() && verification.afterwards.is_none() {
        return;
    }
    page.heading(2, "Verification");
    let mut text =
        format!("{} conditions held when they were asked last, {} did not.", verification.held, verification.not_held);
    if let Some(afterwards) = verification.afterwards {
        text.push_str(&format!(" What is looked at afterwards is {}.", afterwards));
    }
    page.text(text);
}

fn figures(page: &mut Page, account: &Account) {
    let words = Words { zone: "UTC" };
    let figures = &account.figures;
    let shown = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), show_roughly);
    let facts = [
        ("Time to 100%", shown(figures.to_all_ms)),
        ("First failure", words.maybe(figures.first_failure)),
        ("Time to recover", shown(figures.to_recover_ms)),
        ("Targets changed", figures.targets_changed.to_string()),
        ("Targets affected by failures", figures.targets_affected.to_string()),
        ("Lead time of approvals", shown(Spread::of(figures.lead_ms.clone()).map(|it| it.most))),
    ];
    page.heading(2, "Figures");
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), plain(value)));
    page.blocks.push(Block::Facts(facts.collect()));
}

fn journal(page: &mut Page, account: &Account) {
    page.heading(2, "Proof");
    let journal = &account.journal;
    let mut text = plain(format!(
        "This was told from {} records of the journal, {} to {}. Their hash chain ends in ",
        journal.records, journal.first_seq, journal.last_seq
    ));
    text.push(Span::Code(journal.head.clone()));
    text.push(Span::Plain("; ".to_owned()));
    text.push(Span::Code(format!("rollout audit {}", account.run)));
    text.push(Span::Plain(" checks it.".to_owned()));
    page.blocks.push(Block::Text(text));
}

/// Says that a table was cut, if it was.
pub(super) fn cut(count: usize) -> String {
    if count > ROWS_MAX { format!(" (the first {ROWS_MAX} of {count})") } else { String::new() }
}
