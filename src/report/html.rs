//! A document as one HTML file that needs no other: no script, nothing from outside, its own colours by day and by
//! night, and on paper. Says to those who do not see it what the others see.

use std::fmt::Write;

use super::clean::{clean, xml};
use super::page::{Block, Mood, Page, Span, Table};

const STYLE: &str = include_str!("page.css");

/// Returns a document as HTML.
pub(super) fn html(page: &Page) -> String {
    let title = xml(&page.title);
    let mut text = format!(
        concat!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
            "<meta name=\"color-scheme\" content=\"light dark\">\n",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
            "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n"
        ),
        title, STYLE, title
    );
    for (number, block) in page.blocks.iter().enumerate() {
        text.push_str(&written(block, number));
        text.push('\n');
    }
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

fn written(block: &Block, number: usize) -> String {
    match block {
        Block::Heading(depth, title) => format!("<h{depth} id=\"s{number}\">{}</h{depth}>", xml(title)),
        Block::Text(spans) => format!("<p>{}</p>", inline(spans)),
        Block::List(items) => {
            let items: String = items.iter().map(|it| format!("<li>{}</li>", inline(it))).collect();
            format!("<ul>{items}</ul>")
        }
        Block::Facts(facts) => {
            let facts = facts.iter().map(|(name, it)| format!("<dt>{}</dt><dd>{}</dd>", xml(name), inline(it)));
            format!("<dl>{}</dl>", facts.collect::<String>())
        }
        Block::Table(table) => tabled(table),
        Block::Picture(plot) => format!("<figure>{}</figure>", plot.svg(&format!("p{number}"))),
        Block::Lines(lines) => {
            let lines: String = lines.iter().map(|it| format!("{}\n", xml(&clean(it)))).collect();
            format!("<pre tabindex=\"0\">{lines}</pre>")
        }
    }
}

/// A table that is wider than the page is moved sideways on its own, by keys as well.
fn tabled(table: &Table) -> String {
    let caption = xml(&table.caption);
    let mut text = format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\n<table>\n<caption>{caption}</caption>\n<thead><tr>"
    );
    for it in &table.head {
        let _ = write!(text, "<th scope=\"col\">{}</th>", xml(it));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        text.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let cell = inline(cell);
            // The first cell names its row.
            let _ = match at {
                0 => write!(text, "<th scope=\"row\">{cell}</th>"),
                _ => write!(text, "<td>{cell}</td>"),
            };
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody>\n</table>\n</div>");
    text
}

fn inline(spans: &[Span]) -> String {
    let written = spans.iter().map(|it| match it {
        Span::Plain(text) => spaced(text),
        Span::Code(text) if text.is_empty() => String::new(),
        Span::Code(text) => format!("<code>{}</code>", xml(text)),
        Span::Word(mood, text) => format!("<span class=\"word {}\">{}</span>", class(*mood), xml(text)),
    });
    written.collect()
}

/// A space at the end of one stretch parts it from the next.
fn spaced(text: &str) -> String {
    let space = if text.ends_with(' ') { " " } else { "" };
    format!("{}{space}", xml(text))
}

fn class(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => "good",
        Mood::Careful => "careful",
        Mood::Bad => "bad",
        Mood::Quiet => "quiet",
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::{code, plain};
    use super::*;

    #[test]
    fn a_hostile_text_stays_a_text() {
        let mut page = Page::new("</title><script>alert(1)</script>");
        page.heading(2, "<b>");
        page.table("\" onload=\"x", &["one"], vec![vec![plain("<img src=x>")], vec![code("</code>")]]);
        page.blocks.push(Block::Lines(vec!["</pre><script>".to_owned()]));
        let text = html(&page);
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("onload=\"x"), "{text}");
        assert!(text.contains("&lt;/pre&gt;&lt;script&gt;"), "{text}");
    }

    #[test]
    fn nothing_comes_from_outside() {
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
