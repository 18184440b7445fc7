//! A document as Markdown, as forges show it. What has a meaning there is written so that it has none.

use std::fmt::Write;

use super::clean::clean;
use super::page::{Block, Page, Span, Table};

/// Returns a document as Markdown.
pub(super) fn markdown(page: &Page) -> String {
    let mut text = format!("# {}\n", escaped(&page.title));
    for block in &page.blocks {
        if let Some(written) = written(block) {
            text.push('\n');
            text.push_str(&written);
        }
    }
    text
}

fn written(block: &Block) -> Option<String> {
    Some(match block {
        Block::Heading(depth, title) => format!("{} {}\n", "#".repeat(usize::from(*depth)), escaped(title)),
        Block::Text(spans) => format!("{}\n", inline(spans)),
        Block::List(items) => items.iter().map(|it| format!("- {}\n", inline(it))).collect(),
        Block::Facts(facts) => {
            let rows = facts.iter().map(|(name, value)| format!("| {} | {} |\n", escaped(name), cell(value)));
            format!("| | |\n| --- | --- |\n{}", rows.collect::<String>())
        }
        Block::Table(table) => tabled(table),
        Block::Lines(lines) => fenced(lines),
        // What a picture shows is in the tables beside it.
        Block::Picture(_) => return None,
    })
}

fn tabled(table: &Table) -> String {
    let mut text = format!("{}:\n\n", escaped(&table.caption));
    let _ = writeln!(text, "| {} |", table.head.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(table.head.len()));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|it| cell(it)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// A fence that no line of the text can close.
fn fenced(lines: &[String]) -> String {
    let longest = lines.iter().map(|it| longest_run(it, '`')).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let body: String = lines.iter().map(|it| format!("{}\n", clean(it))).collect();
    format!("{fence}text\n{body}{fence}\n")
}

fn inline(spans: &[Span]) -> String {
    spans.iter().map(span).collect()
}

/// A bar would end a cell, in code as well.
fn cell(spans: &[Span]) -> String {
    let written = spans.iter().map(|it| match it {
        Span::Code(text) => span(&Span::Code(text.replace('|', "¦"))),
        other => span(other),
    });
    written.collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => {
            let space = if text.ends_with(' ') { " " } else { "" };
            format!("{}{space}", escaped(text))
        }
        Span::Word(_, text) => {
            let text = escaped(text);
            if text.trim().is_empty() { text } else { format!("**{}**", text.trim()) }
        }
        Span::Code(text) => coded(text),
    }
}

fn coded(text: &str) -> String {
    let text = clean(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let room = if text.contains('`') { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|it| it != of).map(str::len).max().unwrap_or(0)
}

fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for it in clean(text).chars() {
        match it {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            // A mention would call somebody.
            '@' => written.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                written.push('\\');
                written.push(it);
            }
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::super::page::{code, plain};
    use super::*;

    #[test]
    fn a_hostile_text_stays_a_text() {
        let mut page = Page::new("a <b> *c*");
        page.blocks.push(Block::Text(plain("[x](http://e) <img> @dana\n# no")));
        page.table("rows", &["one", "two"], vec![vec![plain("a|b"), code("a|`b`")]]);
        page.blocks.push(Block::Lines(vec!["```".to_owned(), "</text>".to_owned()]));
        assert_eq!(
            markdown(&page),
            concat!(
                "# a &lt;b&gt; \\*c\\*\n\n\\[x\\](http://e) &lt;img&gt; &#64;dana \\# no\n\n",
                "rows:\n\n| one | two |\n| --- | --- |\n| a\\|b | `` a¦`b` `` |\n\n````text\n```\n</text>\n````\n"
            )
        );
    }
}
