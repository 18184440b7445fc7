//! Every program on a page is what the page takes it for: right, an excerpt that can be read, or one that fails.

use rollout::check::check;
use rollout::diag::{Look, render};
use rollout::source::{Source, SourceId};
use rollout::syntax::parse;

use super::pages::{Block, Complaints, Page, pages};

#[test]
fn every_program_is_what_its_page_takes_it_for() {
    let mut complaints = Complaints::default();
    let mut programs = 0;
    // The pages of codes are held to more, in a test of their own.
    for page in pages().iter().filter(|it| !it.path.starts_with("docs/errors/")) {
        for block in page.blocks().iter().filter(|it| it.is_program()) {
            programs += 1;
            if let Err(failure) = holds(page, block) {
                complaints.add(page, block.line, failure);
            }
        }
    }
    assert!(programs > 20, "only {programs} programs stand on the pages");
}

fn holds(page: &Page, block: &Block) -> Result<(), String> {
    let plain = ["rollout", "part", "fails"];
    let word = block.info.split(',').find(|it| !plain.contains(it) && !it.starts_with("file="));
    if let Some(word) = word {
        return Err(format!("a program is marked `{word}`"));
    }
    if block.has("part") {
        let source = Source::new(SourceId(0), "part.rollout", block.text.as_str());
        let tree = parse(&source);
        let messages: Vec<&str> = tree.errors().iter().map(|it| it.message.as_str()).collect();
        return if messages.is_empty() { Ok(()) } else { Err(messages.join("; ")) };
    }
    let name = block.word("file=").unwrap_or_else(|| "main.rollout".to_owned());
    let checked = check(&page.world().with(&name, &block.text), &name);
    let look = Look { color: false, width: 110, unicode: true };
    let drawn = || render(&checked.diagnostics, &checked.sources, look);
    match (block.has("fails"), checked.is_sound()) {
        (true, true) => Err("it is said to fail and does not".to_owned()),
        (false, false) => Err(format!("it does not check:\n{}", drawn())),
        (true, false) | (false, true) => Ok(()),
    }
}
