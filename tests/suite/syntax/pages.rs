//! The page of each syntax error: its failing snippet is told with its code, its other snippets are valid.

use rollout::diag::CODES;

use super::{findings, tree};

/// Returns the snippets of a page with the words behind their fence.
fn snippets(page: &str) -> Vec<(&str, String)> {
    let mut parts = page.split("```");
    let mut snippets = Vec::new();
    while let (Some(_), Some(code)) = (parts.next(), parts.next()) {
        let (fence, text) = code.split_once('\n').expect("a fence ends its line");
        snippets.push((fence, text.to_owned()));
    }
    snippets
}

#[test]
fn every_page_shows_its_error_and_how_it_is_mended() {
    for row in CODES.iter().filter(|it| it.code.0.starts_with("E01")) {
        let title = format!("# {}: ", row.code);
        assert!(row.page.starts_with(&title), "{} has a title", row.code);
        let snippets = snippets(row.page);
        assert!(snippets.iter().any(|it| it.0 == "rollout"), "{} shows what is right", row.code);
        for (fence, text) in snippets {
            match fence {
                "rollout" => assert_eq!(findings(&text), Vec::<String>::new(), "{}", row.code),
                "rollout,fails" => {
                    let codes: Vec<_> = tree(&text).errors().iter().map(|it| it.code).collect();
                    assert_eq!(codes, [row.code], "{text}");
                }
                other => panic!("{} has a fence `{other}`", row.code),
            }
        }
    }
}
