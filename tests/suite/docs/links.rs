//! Every link and every path on a page leads somewhere, and the book's index leads everywhere.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use regex::Regex;

use super::pages::{Complaints, Page, page, pages, root};

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("it is a pattern");
    let mut complaints = Complaints::default();
    for page in &pages() {
        for (line, text) in page.prose() {
            for found in link.captures_iter(text) {
                if let Err(failure) = leads_somewhere(page, &found[1]) {
                    complaints.add(page, line, failure);
                }
            }
        }
    }
}

fn leads_somewhere(from: &Page, link: &str) -> Result<(), String> {
    if link.starts_with("http://") || link.starts_with("https://") {
        return Ok(());
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let path = if file.is_empty() { from.path.clone() } else { beside(&from.path, file) };
    if !root().join(&path).exists() {
        return Err(format!("the link `{link}` leads nowhere"));
    }
    match anchor {
        Some(anchor) if !anchors(&page(path.clone())).contains(anchor) => Err(format!("`{path}` has no `#{anchor}`")),
        Some(_) | None => Ok(()),
    }
}

/// Returns the path, from the root, of a file that is named beside a page.
fn beside(page: &str, file: &str) -> String {
    let mut path = PathBuf::from(page);
    path.pop();
    for component in Path::new(file).components() {
        match component {
            Component::ParentDir => assert!(path.pop(), "`{file}` on `{page}` leaves the project"),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path.display().to_string()
}

/// Returns the anchors of a page's headings, as forges make them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let headings = page.prose().into_iter().filter_map(|(_, line)| line.strip_prefix('#'));
    let titles = headings.map(|it| it.trim_start_matches('#').trim().to_lowercase());
    let kept = |it: &char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_');
    titles.map(|it| it.chars().filter(kept).map(|it| if it == ' ' { '-' } else { it }).collect()).collect()
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let path = Regex::new(r"\b(?:examples|stdlib|tests|src|grammar|docs|editors|benches)/[\w./-]*\w/?")
        .expect("it is a pattern");
    let mut complaints = Complaints::default();
    for page in &pages() {
        for (line, text) in (1..).zip(page.text.lines()).filter(|(_, it)| !it.contains("](")) {
            for found in path.find_iter(text) {
                // What a rollout leaves there is not part of the project.
                let made = ["sites", "hosts", "pool", "servers", "factories"];
                let inside = Path::new(found.as_str())
                    .components()
                    .nth(2)
                    .is_some_and(|it| made.iter().any(|made| it.as_os_str() == *made));
                if !inside && !root().join(found.as_str()).exists() {
                    complaints.add(page, line, format!("there is no `{}`", found.as_str()));
                }
            }
        }
    }
}

#[test]
fn the_index_of_the_book_names_every_page() {
    let index = page("docs/SUMMARY.md".to_owned());
    for page in pages().iter().filter(|it| it.path.starts_with("docs/") && !it.path.starts_with("docs/errors/")) {
        let name = page.path.trim_start_matches("docs/");
        assert!(name == "SUMMARY.md" || index.text.contains(&format!("]({name})")), "`docs/SUMMARY.md` lacks `{name}`");
    }
}
